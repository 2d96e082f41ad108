//! S2, SEC-40, SEC-66: freeing a locked account, and changing a known password.

use relatch_tests::people::{NEW_PASSWORD, enabled, lock_out, number, sign_in};
use relatch_tests::{Backend, Browser, Person, Site};
use serde_json::json;

on_both_stores!(
    s2_a_locked_account_is_freed_and_the_password_stays,
    s2_an_unlock_may_become_a_new_password,
    sec_40_a_change_needs_the_current_password,
    sec_66_neither_path_locks_the_other,
);

async fn locked_out(site: &Site, person: &Person) {
    lock_out(site, person).await;
    let right = json!({ "name": person.name, "password": person.password });
    site.browser().post("/api/sign-in", right).await.expect(401);
}

async fn proven(site: &Site, person: &Person, reason: &str) -> (Browser, String) {
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": person.name, "reason": reason })).await.expect(200);
    browser.post("/api/send-code/reset", number(&person.phone)).await.expect(202);
    let code = site.code_sent_to(&person.phone).await;
    let answer = browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200).json();
    (browser, answer["next"].as_str().unwrap().to_owned())
}

async fn s2_a_locked_account_is_freed_and_the_password_stays(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    locked_out(&site, &a).await;
    let (forgot, next) = proven(&site, &a, "forgot").await;
    assert_eq!(next, "set_password");
    forgot.post("/api/unlock", json!({})).await.expect(409).expect_code("wrong_step");
    site.advance(3_600);
    locked_out(&site, &a).await;
    let (browser, next) = proven(&site, &a, "locked").await;
    assert_eq!(next, "unlock");
    let copy = browser.remember();
    browser.post("/api/unlock", json!({})).await.expect(200);
    let told = site.messages().await.iter().any(|message| message.body.contains("Your account was unlocked"));
    assert!(told);
    // The grant is spent, also in a browser that kept the cookie.
    browser.restore(&copy);
    browser.post("/api/unlock", json!({})).await.expect(403).expect_code("grant_spent");
    sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(200);
}

async fn s2_an_unlock_may_become_a_new_password(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    locked_out(&site, &a).await;
    let (browser, _) = proven(&site, &a, "locked").await;
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    sign_in(&site, &site.browser(), &a.name, NEW_PASSWORD, &a.phone).await.expect(200);
}

async fn sec_40_a_change_needs_the_current_password(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let other = site.browser();
    sign_in(&site, &other, &a.name, &a.password, &a.phone).await.expect(200);
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let change = async |current: &str, password: &str| {
        a.browser.post("/api/set-password/change", json!({ "current": current, "password": password })).await
    };
    a.browser.post("/api/set-password/change", json!({ "password": NEW_PASSWORD })).await.expect(400);
    change("not the right one at all", NEW_PASSWORD).await.expect(403).expect_code("wrong_password");
    change(&a.password, &a.password).await.expect(422).expect_code("password_rejected");
    change(&a.password, "password1").await.expect(422).expect_code("password_rejected");
    other.get("/api/account").await.expect(200);
    change(&a.password, NEW_PASSWORD).await.expect(200);
    a.browser.get("/api/account").await.expect(200);
    other.get("/api/account").await.expect(401);
    site.browser().post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(401);
    sign_in(&site, &site.browser(), &a.name, NEW_PASSWORD, &a.phone).await.expect(200);
}

async fn sec_66_neither_path_locks_the_other(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    // Wrong codes until the day is used up: signing in goes on.
    for _ in 0..3 {
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
        browser.post("/api/send-code/reset", number(&a.phone)).await.expect(202);
        for _ in 0..5 {
            browser.post("/api/verify-code/reset", json!({ "code": "00000000" })).await;
        }
        site.advance(400);
    }
    sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(200);
    // Wrong passwords until sign-in is locked: a reset goes on, the next day.
    site.advance(86_400);
    locked_out(&site, &a).await;
    let (browser, _) = proven(&site, &a, "locked").await;
    browser.post("/api/unlock", json!({})).await.expect(200);
    // And the lock itself ends.
    locked_out(&site, &a).await;
    site.advance(3_601);
    sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(200);
}
