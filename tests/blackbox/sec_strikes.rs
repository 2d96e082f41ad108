//! SEC-18: a hundred wrong answers in a row close a method until it is registered anew.

use relatch_tests::people::{
    AuthenticatorApp, NEW_PASSWORD, enabled, mail_to, password_given, recovery_codes, register, register_email,
    sign_in, start_and_send,
};
use relatch_tests::{Backend, Browser, Person, Site};
use serde_json::json;

on_both_stores!(
    sec_18_a_hundred_wrong_codes_close_the_phone_for_resets,
    sec_18_a_hundred_wrong_codes_close_the_app_at_sign_in,
    sec_18_a_hundred_wrong_passwords_close_new_devices,
);

const MAIL: &str = "alice@mail.example.org";
const DAY: u64 = 86_400;

async fn wrong_code(browser: &Browser) {
    browser.post("/api/verify-code/reset", json!({ "code": "00000000" })).await.expect(422).expect_code("wrong_code");
}

/// Ten wrong codes, in two flows; then it is the next day.
async fn ten_wrong_codes(site: &Site, a: &Person) {
    for _ in 0..2 {
        let browser = site.browser();
        start_and_send(&browser, &a.name, &a.phone).await;
        site.settled().await;
        for _ in 0..5 {
            wrong_code(&browser).await;
        }
        // A notice leaves a moment after the answer; the clock must not jump past it.
        site.settled().await;
        site.advance(301);
    }
    site.advance(DAY);
}

async fn notices(site: &Site, words: &str) -> usize {
    site.settled().await;
    site.messages().await.iter().filter(|message| message.body.contains(words)).count()
}

async fn sec_18_a_hundred_wrong_codes_close_the_phone_for_resets(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    register_email(&site, &a.browser, MAIL).await;
    // Messages to the phone wait for one another.
    site.advance(3_600);
    for day in 1..=10 {
        assert_eq!(notices(&site, "closed after 100 wrong codes").await, 0, "before day {day}");
        ten_wrong_codes(&site, &a).await;
    }
    assert_eq!(notices(&site, "Your phone was closed after 100 wrong codes").await, 2, "phone and address hear of it");

    // Refused like a number that is not theirs: nothing is sent.
    let codes = notices(&site, "get back into your account").await;
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    assert_eq!(notices(&site, "get back into your account").await, codes);
    wrong_code(&browser).await;

    // Signing in is another matter (SEC-66), and the owner sees what happened.
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let account = a.browser.get("/api/account").await.expect(200).json();
    assert_eq!(account["methods"][0]["closed_for"], json!(["reset"]), "{account}");
    assert!(account["activity"].to_string().contains("method_closed:phone"), "{account}");

    // Registered again, the same number is good again.
    site.advance(60);
    register(&site, &a.browser, &a.phone).await;
    site.advance(3_600);
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let code = site.code_sent_to(&a.phone).await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);

    // The other way to get back was open all the time.
    site.advance(DAY);
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    browser.post("/api/send-code/reset", mail_to(MAIL)).await.expect(202);
    let code = site.code_sent_to(MAIL).await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
}

async fn sec_18_a_hundred_wrong_codes_close_the_app_at_sign_in(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let app = AuthenticatorApp::register(&site, &a.browser).await;
    let saved = recovery_codes(&a.browser).await;
    for day in 0..10 {
        for part in 0..2 {
            site.advance(if part == 0 { DAY } else { 1_800 });
            let browser = password_given(&site, &a).await;
            for _ in 0..5 {
                let typed = json!({ "method": "app", "code": app.wrong_code(&site) });
                let answer = browser.post("/api/verify-code/sign-in", typed).await;
                answer.expect(422).expect_code("wrong_code");
            }
            site.settled().await;
        }
        assert_eq!(notices(&site, "Your app was closed after 100 wrong codes").await, usize::from(day == 9));
    }
    site.advance(DAY);
    let browser = password_given(&site, &a).await;
    let typed = json!({ "method": "app", "code": app.code(&site, 0) });
    browser.post("/api/verify-code/sign-in", typed).await.expect(409).expect_code("method_closed");
    let typed = json!({ "method": "recovery_code", "code": saved[0] });
    browser.post("/api/verify-code/sign-in", typed).await.expect(200);
    // A new app is open.
    let app = AuthenticatorApp::register(&site, &browser).await;
    site.advance(60);
    let browser = password_given(&site, &a).await;
    let typed = json!({ "method": "app", "code": app.code(&site, 0) });
    browser.post("/api/verify-code/sign-in", typed).await.expect(200);
}

async fn sec_18_a_hundred_wrong_passwords_close_new_devices(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let attempt = async |browser: &Browser, password: &str| {
        browser.post("/api/sign-in", json!({ "name": a.name, "password": password })).await.status
    };
    // Relatch counts the hundredth exactly (lockout.rs); a few more here, for one guess in 21,845 is free.
    for n in 0..104 {
        assert_eq!(attempt(&site.browser(), &format!("wrong guess number {n}")).await, 401);
        if n >= 9 {
            site.advance(3_601);
        }
    }
    site.advance(30 * DAY);
    assert_eq!(attempt(&site.browser(), &a.password).await, 401, "closed, however long one waits");
    assert_eq!(attempt(&a.browser, &a.password).await, 200, "the owner's device is counted apart");
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let code = site.code_sent_to(&a.phone).await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    assert_eq!(attempt(&site.browser(), NEW_PASSWORD).await, 200);
}
