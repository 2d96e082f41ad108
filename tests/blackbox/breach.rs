//! A new password that is known from a breach elsewhere.

use relatch_catcher::{BREACHED, Behaviour, Mode};
use relatch_tests::people::{NEW_PASSWORD, enabled, prove, sign_in};
use relatch_tests::{Admin, Answer, Backend, Person, Site};
use serde_json::json;

on_both_stores!(
    nobody_is_asked_unless_policy_says_so,
    a_reset_to_a_breached_password_is_refused,
    a_first_sign_in_and_a_change_are_checked_too,
    a_list_that_is_down_keeps_nobody_out,
);

/// As [`enabled`], with the check on; the administrator is signed in.
async fn checked(site: &Site) -> (Admin, Person) {
    let (admin, a) = enabled(site).await;
    admin.sign_in_again(site).await;
    admin.policy("passwords", json!({ "breach_check": true })).await.expect(200);
    site.catcher.clear();
    (admin, a)
}

#[track_caller]
fn is_breached(answer: Answer) {
    let problem = answer.expect(422).expect_code("password_rejected").json();
    assert_eq!((problem["field"].clone(), problem["reasons"].clone()), (json!("password"), json!(["breached"])));
}

async fn nobody_is_asked_unless_policy_says_so(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    browser.post("/api/set-password/reset", json!({ "password": BREACHED[0] })).await.expect(200);
    assert!(site.catcher.queries().is_empty());
}

async fn a_reset_to_a_breached_password_is_refused(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = checked(&site).await;
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    // What is refused anyway is asked of nobody.
    browser.post("/api/set-password/reset", json!({ "password": "short" })).await.expect(422);
    assert!(site.catcher.queries().is_empty());
    is_breached(browser.post("/api/set-password/reset", json!({ "password": BREACHED[0] })).await);
    // It cost no grant.
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    let queries = site.catcher.queries();
    assert_eq!(queries.len(), 2);
    assert!(queries.iter().all(|query| query.len() == 5), "nothing but five digits leaves: {queries:?}");
}

async fn a_first_sign_in_and_a_change_are_checked_too(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = checked(&site).await;
    let (_, initial) = admin.create_user("bob").await;
    let browser = site.browser();
    browser.post("/api/sign-in", json!({ "name": "bob", "password": initial })).await.expect(200);
    is_breached(browser.post("/api/set-password/sign-in", json!({ "password": BREACHED[1] })).await);
    browser.post("/api/set-password/sign-in", json!({ "password": NEW_PASSWORD })).await.expect(200);
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let change = |password: &str| json!({ "current": a.password, "password": password });
    is_breached(a.browser.post("/api/set-password/change", change(BREACHED[0])).await);
    a.browser.post("/api/set-password/change", change(NEW_PASSWORD)).await.expect(200);
}

async fn a_list_that_is_down_keeps_nobody_out(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = checked(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let mut current = a.password.as_str();
    for (mode, next) in [(Mode::Fail, BREACHED[0]), (Mode::Limit, BREACHED[1]), (Mode::Redirect, BREACHED[0])] {
        site.catcher.set_behaviour(Behaviour::of(mode));
        let body = json!({ "current": current, "password": next });
        a.browser.post("/api/set-password/change", body).await.expect(200);
        current = next;
    }
    assert_eq!(site.catcher.queries().len(), 3);
}
