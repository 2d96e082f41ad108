//! A clock that jumps back by an hour and on again: nothing that was over or used up lives again, nothing that was
//! made is good for longer than its life, and nothing breaks meanwhile.

use relatch_tests::people::{
    AuthenticatorApp, NEW_PASSWORD, enabled, lock_out, prove, recovery_codes, sign_in, start_and_send,
};
use relatch_tests::site::{ORIGIN, SWEEP_SECRET};
use relatch_tests::{Backend, Browser, Site};
use reqwest::Method;
use serde_json::{Value, json};

on_both_stores!(
    a_code_lives_no_longer_when_the_clock_jumps_back,
    a_grant_is_spent_once_whatever_the_clock_does,
    a_session_that_is_over_stays_over_when_the_clock_jumps_back,
    a_lock_holds_when_the_clock_jumps_back,
    what_was_used_stays_used_when_the_clock_jumps_back,
    every_page_answers_after_the_clock_jumped_back,
);

const HOUR: u64 = 3_600;

/// Nothing panicked, and nobody was told that something broke.
fn unbroken(site: &Site) {
    let broke = |line: &String| line.contains("panicked") || line.split(' ').nth(2).is_some_and(|s| s.starts_with('5'));
    assert_eq!(site.t.logs().into_iter().find(broke), None);
}

async fn a_code_lives_no_longer_when_the_clock_jumps_back(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let waiting = async || {
        let browser = site.browser();
        start_and_send(&browser, &a.name, &a.phone).await;
        let code = json!({ "code": site.code_sent_to(&a.phone).await });
        (browser, code)
    };
    // Too early is as bad as too late; and then what is left of its five minutes is left.
    let (browser, code) = waiting().await;
    site.set_back(HOUR);
    browser.post("/api/verify-code/reset", code.clone()).await.expect(410);
    site.advance(HOUR + 200);
    browser.post("/api/verify-code/reset", code).await.expect(200);
    // One that is over does not come back, neither with the clock nor after it.
    let (browser, code) = waiting().await;
    site.advance(301);
    site.set_back(HOUR);
    browser.post("/api/verify-code/reset", code.clone()).await.expect(410);
    site.advance(HOUR);
    browser.post("/api/verify-code/reset", code).await.expect(410);
    unbroken(&site);
}

async fn a_grant_is_spent_once_whatever_the_clock_does(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let set = async |browser: &Browser, password: &str| {
        browser.post("/api/set-password/reset", json!({ "password": password })).await
    };
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    let copy = browser.remember();
    site.set_back(HOUR);
    set(&browser, NEW_PASSWORD).await.expect(403).expect_code("grant_spent");
    site.advance(HOUR);
    browser.restore(&copy);
    set(&browser, NEW_PASSWORD).await.expect(200);
    for jump in [HOUR, 0] {
        site.set_back(jump);
        browser.restore(&copy);
        set(&browser, "eight green bottles hanging").await.expect(403).expect_code("grant_spent");
        site.advance(jump);
    }
    // Five minutes that have passed do not begin again.
    site.advance(120);
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    let copy = browser.remember();
    site.advance(301);
    for jump in [HOUR, 0] {
        site.set_back(jump);
        browser.restore(&copy);
        set(&browser, "eight green bottles hanging").await.expect(403).expect_code("grant_spent");
        site.advance(jump);
    }
    unbroken(&site);
}

async fn a_session_that_is_over_stays_over_when_the_clock_jumps_back(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    a.browser.get("/api/account").await.expect(200);
    // One that begins in an hour is none; its owner signs in again, or waits.
    site.set_back(HOUR);
    a.browser.get("/api/account").await.expect(401);
    site.advance(HOUR);
    a.browser.get("/api/account").await.expect(200);
    // Half an hour idle.
    site.advance(1_801);
    site.set_back(HOUR);
    a.browser.get("/api/account").await.expect(401);
    site.advance(HOUR);
    a.browser.get("/api/account").await.expect(401);
    unbroken(&site);
}

async fn a_lock_holds_when_the_clock_jumps_back(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let guess = async |password: &str| {
        site.browser().post("/api/sign-in", json!({ "name": a.name, "password": password })).await.status
    };
    lock_out(&site, &a).await;
    assert_eq!(guess(&a.password).await, 401, "locked");
    site.set_back(HOUR);
    for n in 0..3 {
        assert_eq!(guess(&format!("another wrong one {n}")).await, 401);
        assert_eq!(guess(&a.password).await, 401, "no guess is given away");
    }
    // What was tried meanwhile made it no longer.
    site.advance(HOUR + 60);
    assert_eq!(guess(&a.password).await, 200);
    unbroken(&site);
}

async fn what_was_used_stays_used_when_the_clock_jumps_back(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let app = AuthenticatorApp::register(&site, &a.browser).await;
    let codes = recovery_codes(&a.browser).await;
    site.advance(HOUR);
    let proof = async |proof: Value| {
        let browser = site.browser();
        browser.post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(200);
        browser.post("/api/verify-code/sign-in", proof).await.status
    };
    let shown = json!({ "method": "app", "code": app.code(&site, 0) });
    let recovery = json!({ "method": "recovery_code", "code": codes[0] });
    assert_eq!(proof(shown.clone()).await, 200);
    assert_eq!(proof(recovery.clone()).await, 200);
    site.set_back(HOUR);
    assert_eq!(proof(shown.clone()).await, 422, "the code of an hour to come");
    assert_eq!(proof(recovery.clone()).await, 422);
    site.advance(HOUR);
    assert_eq!(proof(shown).await, 422, "and the same half minute once more");
    assert_eq!(proof(recovery).await, 422);
    unbroken(&site);
}

async fn every_page_answers_after_the_clock_jumped_back(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    start_and_send(&site.browser(), &a.name, &a.phone).await;
    admin.sign_in_again(&site).await;
    admin.browser.post("/api/audit/usage/count", json!({})).await.expect(200);
    site.set_back(HOUR);
    for jump in [0, HOUR] {
        site.advance(jump);
        admin.sign_in_again(&site).await;
        for path in
            ["/api/account", "/api/register", "/api/policy", "/api/enable-group", "/api/users", "/api/audit/usage"]
        {
            admin.browser.get(path).await.expect(200);
        }
        admin.browser.get(&format!("/api/users/{}", a.id)).await.expect(200);
        admin.browser.post("/api/audit/search", json!({ "from": site.now().rfc3339() })).await.expect(200);
        admin.browser.post("/api/audit/usage/count", json!({})).await.expect(200);
        admin.policy("methods", json!({})).await.expect(200);
        let bearer = format!("Bearer {SWEEP_SECRET}");
        let headers = [("content-type", "application/json"), ("origin", ORIGIN), ("authorization", bearer.as_str())];
        site.browser().raw(Method::POST, "/internal/sweep", &headers, b"{}".to_vec()).await.expect(200);
        // A phone that was written to an hour from now is not kept waiting for that.
        start_and_send(&site.browser(), &a.name, &a.phone).await;
    }
    unbroken(&site);
}
