//! SEC-77, S4: what happened can be said afterwards, and what it was good for.

use relatch_tests::people::{NEW_PASSWORD, enabled, prove, sign_in, start_and_send, unlock};
use relatch_tests::{Admin, Backend, Site};
use serde_json::{Value, json};

on_both_stores!(
    sec_77_a_whole_day_can_be_told_afterwards,
    an_export_says_the_same_in_two_formats,
    s4_usage_is_counted,
    s2_an_unlock_is_written_down_and_counted_as_an_unlock,
    every_page_of_policy_that_is_saved_is_written_down,
    a_change_of_scope_is_written_down,
    my_account_says_what_was_done_with_it,
);

async fn search(admin: &Admin, filter: Value) -> Vec<Value> {
    let mut filter = filter;
    let mut all = Vec::new();
    loop {
        let page = admin.browser.post("/api/audit/search", filter.clone()).await.expect(200).json();
        all.extend(page["events"].as_array().unwrap().clone());
        if page["next"].is_null() {
            return all;
        }
        filter["before"] = page["next"].clone();
    }
}

/// Usage, once everything is counted.
async fn counted(admin: &Admin) -> Value {
    let mut usage = admin.browser.get("/api/audit/usage").await.expect(200).json();
    for _ in 0..20 {
        if usage["up_to_date"] == true && usage["accounts"]["progress"] == 1.0 {
            break;
        }
        usage = admin.browser.post("/api/audit/usage/count", json!({})).await.expect(200).json();
    }
    usage
}

/// The sum of the thirty days.
fn sum(usage: &Value, field: &str) -> u64 {
    usage["days"].as_array().unwrap().iter().map(|day| day[field].as_u64().unwrap()).sum()
}

async fn sec_77_a_whole_day_can_be_told_afterwards(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    let begun = site.now().rfc3339();
    let browser = site.browser();
    browser.post("/api/sign-in", json!({ "name": a.name, "password": "not the right one" })).await.expect(401);
    let evil = json!({ "name": "no\r\nbody", "password": "x" });
    site.browser().post("/api/sign-in", evil).await;
    prove(&site, &browser, &a).await;
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    site.advance(60);
    start_and_send(&site.browser(), "nobody", &a.phone).await;
    sign_in(&site, &a.browser, &a.name, NEW_PASSWORD, &a.phone).await.expect(200);
    admin.sign_in_again(&site).await;
    admin.policy("notifications", json!({ "person": true })).await.expect(200);
    let (user, _) = admin.create_user("mias").await;
    let hers = search(&admin, json!({ "person": a.id, "from": begun })).await;
    let kinds: Vec<&str> = hers.iter().rev().map(|event| event["kind"].as_str().unwrap()).collect();
    let expected = [
        "sign_in_failed",
        "reset_started",
        "code_requested",
        "code_accepted",
        "password_reset",
        "code_requested",
        "signed_in",
    ];
    for kind in expected {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    let strangers = search(&admin, json!({ "kinds": ["reset_started"], "from": begun })).await;
    assert!(strangers.iter().any(|event| event["result"] == "unknown_account"));
    let made = search(&admin, json!({ "kinds": ["user_created"], "from": begun })).await;
    assert_eq!((made.len(), &made[0]["target"]["id"]), (1, &json!(user)));
    assert_eq!(made[0]["actor"]["name"], "admin@contoso.example");
    for event in search(&admin, json!({})).await {
        assert!(event["at"].as_str().unwrap().ends_with('Z'));
        assert!(!event["client"].as_str().unwrap().is_empty() || event["kind"] == "delivery_failed", "{event}");
        assert_eq!(event["request"].as_str().unwrap().len(), 16, "{event}");
        let text = event.to_string();
        assert!(!text.contains("7400123456") && !text.contains("\\r"), "{text}");
    }
    // Nobody but administrators, and nothing to change: there is no other route.
    a.browser.post("/api/audit/search", json!({})).await.expect(403);
    site.browser().post("/api/audit/search", json!({})).await.expect(401);
    admin.browser.delete("/api/audit/search").await.expect(405);
    admin.browser.post("/api/audit/search", json!({ "from": "yesterday" })).await.expect(400);
}

async fn an_export_says_the_same_in_two_formats(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let events = search(&admin, json!({})).await;
    let ndjson = admin.browser.post("/api/audit/export", json!({ "format": "ndjson" })).await.expect(200).json();
    let lines: Vec<Value> =
        ndjson["text"].as_str().unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, events);
    let csv = admin.browser.post("/api/audit/export", json!({ "format": "csv" })).await.expect(200).json();
    assert_eq!(csv["text"].as_str().unwrap().lines().count(), events.len() + 1);
}

async fn s4_usage_is_counted(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    start_and_send(&site.browser(), "nobody", &a.phone).await;
    site.advance(3_600);
    admin.sign_in_again(&site).await;
    let usage = counted(&admin).await;
    assert_eq!(usage["accounts"]["total"], 2, "{usage}");
    assert_eq!(usage["accounts"]["enabled"], 2);
    assert_eq!(usage["accounts"]["registered"], 2);
    // The administrator has one kind of method and would need two.
    assert_eq!(usage["accounts"]["capable"], 1);
    let days = usage["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!((sum(&usage, "resets"), usage["calls_saved"].as_u64().unwrap()), (1, 1));
    assert_eq!(days.iter().map(|day| day["reset_methods"]["phone"].as_u64().unwrap()).sum::<u64>(), 1);
    let refusals = usage["refusals"].as_array().unwrap();
    assert!(refusals.iter().any(|refused| refused["reason"] == "unknown_account"), "{usage}");
    // Counting again counts nothing twice.
    let again = admin.browser.post("/api/audit/usage/count", json!({})).await.expect(200).json();
    assert_eq!(again["days"], usage["days"]);
    a.browser.get("/api/audit/usage").await.expect(401);
}

async fn s2_an_unlock_is_written_down_and_counted_as_an_unlock(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    unlock(&site, &a).await;
    site.advance(60);
    // An administrator's unlock is another matter: it saved nobody a call.
    admin.sign_in_again(&site).await;
    admin.browser.post(&format!("/api/users/{}/unlock", a.id), json!({})).await.expect(200);
    let freed = search(&admin, json!({ "kinds": ["account_unlocked", "password_reset"] })).await;
    let freed: Vec<[&Value; 4]> = freed
        .iter()
        .map(|event| [&event["kind"], &event["result"], &event["actor"]["name"], &event["target"]["id"]])
        .collect();
    let (own, admins) = (json!("alice@contoso.example"), json!("admin@contoso.example"));
    let (kind, id) = (json!("account_unlocked"), json!(a.id));
    let expected = [[&kind, &json!("by_administrator"), &admins, &id], [&kind, &json!("done"), &own, &id]];
    assert_eq!(freed, expected);
    site.advance(3_600);
    admin.sign_in_again(&site).await;
    let usage = counted(&admin).await;
    assert_eq!((sum(&usage, "unlocks"), sum(&usage, "resets")), (1, 0), "{usage}");
    assert_eq!(usage["calls_saved"], 1);
}

/// Who did it and what it says, oldest first.
async fn told(admin: &Admin, kind: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let events = search(admin, json!({ "kinds": [kind] })).await;
    events.iter().rev().map(|event| (text(&event["actor"]["name"]), text(&event["result"]))).collect()
}

async fn every_page_of_policy_that_is_saved_is_written_down(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let pages = ["methods", "registration", "notifications", "customisation", "passwords", "entitlement"];
    for page in pages {
        admin.policy(page, json!({})).await.expect(200);
    }
    let version = admin.browser.get("/api/policy").await.expect(200).json()["customisation"]["version"].clone();
    let no_logo = json!({ "version": version }).to_string();
    admin.browser.send(reqwest::Method::DELETE, "/api/policy/logo", Some(no_logo), &[]).await.expect(200);
    // What was refused was not changed.
    admin.policy("methods", json!({ "needed": 3 })).await.expect(400);
    admin.policy("methods", json!({ "version": 0 })).await.expect(409);
    let events = told(&admin, "policy_changed").await;
    let first: u64 = events[0].1.rsplit('_').next().unwrap().parse().expect("a number");
    let expected: Vec<(String, String)> = pages
        .into_iter()
        .chain(["logo"])
        .zip(first..)
        .map(|(page, revision)| ("admin@contoso.example".to_owned(), format!("{page}_revision_{revision}")))
        .collect();
    assert_eq!(events, expected);
}

async fn a_change_of_scope_is_written_down(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let group = admin.create_group("Pilot", &[]).await;
    let mut expected = Vec::new();
    for (scope, groups) in [("selected", vec![group.as_str()]), ("all", vec![]), ("none", vec![])] {
        admin.enable(scope, &groups).await;
        let version = admin.browser.get("/api/enable-group").await.expect(200).json()["version"].clone();
        expected.push(("admin@contoso.example".to_owned(), format!("version_{version}")));
    }
    let stale = json!({ "scope": "all", "groups": [], "version": 0 });
    admin.browser.put("/api/enable-group", stale).await.expect(409);
    assert_eq!(told(&admin, "scope_changed").await, expected);
}

async fn my_account_says_what_was_done_with_it(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    site.advance(60);
    admin.sign_in_again(&site).await;
    let path = format!("/api/users/{}", a.id);
    let version = admin.browser.get(&path).await.expect(200).json()["version"].clone();
    admin.browser.patch(&path, json!({ "version": version, "department": "Sales" })).await.expect(200);
    site.advance(60);
    sign_in(&site, &a.browser, &a.name, NEW_PASSWORD, &a.phone).await.expect(200);
    let activity = a.browser.get("/api/account").await.expect(200).json()["activity"].clone();
    let what: Vec<(&str, &str)> = activity
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["what"].as_str().unwrap(), line["by"].as_str().unwrap()))
        .collect();
    assert_eq!(what[0], ("edited", "administrator"));
    assert_eq!(what[1], ("password_reset", "self"));
    assert!(what.contains(&("method_registered:phone", "self")), "{what:?}");
    assert!(what.contains(&("created", "administrator")), "{what:?}");
}
