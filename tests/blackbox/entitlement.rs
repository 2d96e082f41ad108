//! S5-S8, S29: who is entitled, and what everybody is told.

use relatch_tests::people::{enabled, sign_in, start_and_send};
use relatch_tests::{Admin, Backend, Person, Site};
use serde_json::{Value, json};

on_both_stores!(
    s5_s6_s7_s8_a_plan_must_fit_the_kind_of_account,
    s29_a_plan_that_arrives_later_works_on_the_next_try,
    plans_come_by_group_too,
    sec_41_a_password_that_lives_elsewhere_is_never_said_to_be_reset,
);

async fn readiness(admin: &Admin, id: &str) -> Value {
    admin.browser.get(&format!("/api/users/{id}")).await.expect(200).json()["readiness"].clone()
}

async fn give(admin: &Admin, person: &Person, source: &str, plans: &[&str]) -> Value {
    let path = format!("/api/users/{}", person.id);
    let version = admin.browser.get(&path).await.expect(200).json()["version"].clone();
    let change = json!({ "version": version, "source": source, "plans": plans });
    admin.browser.patch(&path, change).await.expect(200).json()["readiness"]["reasons"].clone()
}

async fn s5_s6_s7_s8_a_plan_must_fit_the_kind_of_account(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    // Off by default: nobody needs a plan.
    assert_eq!(readiness(&admin, &a.id).await, json!({ "able": true, "reasons": [] }));
    admin.policy("entitlement", json!({ "check": true })).await.expect(200);
    let not_entitled = "reset_not_entitled";
    let elsewhere = "reset_no_writeback";
    for (source, plan, reasons) in [
        ("cloud", "p1", json!([])),
        ("cloud", "p2", json!([])),
        ("cloud", "business_standard", json!([])),
        ("cloud", "business_premium", json!([not_entitled])),
        ("on_premises", "p1", json!([elsewhere])),
        ("on_premises", "p2", json!([elsewhere])),
        ("on_premises", "business_premium", json!([elsewhere])),
        ("on_premises", "business_standard", json!([not_entitled, elsewhere])),
    ] {
        assert_eq!(give(&admin, &a, source, &[plan]).await, reasons, "{source} with {plan}");
    }
    // S6: with the right plan, registration is still needed.
    let b = admin.person(&site, "ben", "").await;
    assert_eq!(give(&admin, &b, "cloud", &["p1"]).await, json!(["reset_nothing_registered"]));
    // The two rules are data.
    admin.policy("entitlement", json!({ "cloud": ["business_premium"] })).await.expect(200);
    assert_eq!(give(&admin, &a, "cloud", &["p1"]).await, json!([not_entitled]));
    let nobody = json!({ "cloud": [], "on_premises": [] });
    admin.policy("entitlement", nobody).await.expect(422).expect_code("policy_refused");
}

async fn s29_a_plan_that_arrives_later_works_on_the_next_try(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    admin.policy("entitlement", json!({ "check": true })).await.expect(200);
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let own = a.browser.get("/api/account").await.expect(200).json()["readiness"].clone();
    assert_eq!(own, json!({ "able": false, "reasons": ["reset_not_entitled"] }));
    // A stranger learns nothing: same answers, nothing sent.
    site.advance(120);
    let sent = site.messages().await.len();
    start_and_send(&site.browser(), &a.name, &a.phone).await;
    assert_eq!(site.messages().await.len(), sent);
    admin.sign_in_again(&site).await;
    give(&admin, &a, "cloud", &["p1"]).await;
    site.advance(120);
    let sent = site.messages().await.len();
    start_and_send(&site.browser(), &a.name, &a.phone).await;
    assert_eq!(site.messages().await.len(), sent + 1);
}

async fn plans_come_by_group_too(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    let inner = admin.create_group("Inner", &[&a.id]).await;
    let outer = admin.create_group("Outer", &[]).await;
    let plans = json!({ "check": true, "groups": [{ "group": outer, "plans": ["p2"] }] });
    let saved = admin.policy("entitlement", plans).await.expect(200).json();
    assert_eq!(saved["group_names"][0]["name"], "Outer");
    assert_eq!(readiness(&admin, &a.id).await["able"], false);
    let nest = json!({ "add_groups": [inner] });
    admin.browser.post(&format!("/api/groups/{outer}/members"), nest).await.expect(200);
    assert_eq!(readiness(&admin, &a.id).await["able"], true);
    admin.remove_member(&inner, &a.id).await;
    assert_eq!(readiness(&admin, &a.id).await["able"], false);
    let unknown = json!({ "groups": [{ "group": "0".repeat(32), "plans": ["p1"] }] });
    admin.policy("entitlement", unknown).await.expect(400).expect_code("invalid_field");
}

async fn sec_41_a_password_that_lives_elsewhere_is_never_said_to_be_reset(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    let browser = site.browser();
    relatch_tests::people::prove(&site, &browser, &a).await;
    admin.sign_in_again(&site).await;
    give(&admin, &a, "on_premises", &["p1"]).await;
    // Also in a reset that had begun before.
    let late = json!({ "password": "a new password that must not be set" });
    browser.post("/api/set-password/reset", late).await.expect(403).expect_code("grant_spent");
    let path = format!("/api/users/{}/start-reset", a.id);
    admin.browser.post(&path, json!({})).await.expect(409).expect_code("reset_elsewhere");
    sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(200);
}
