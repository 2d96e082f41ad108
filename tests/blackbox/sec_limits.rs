//! How often one address, one reset or one person may do a thing: each limit is met on its own, right up to its end.

use relatch_tests::people::{
    Admin, AuthenticatorApp, NEW_PASSWORD, enabled, number, password_given, sign_in, start_and_send,
};
use relatch_tests::site::SETUP_SECRET;
use relatch_tests::{Answer, Backend, Browser, Site};
use serde_json::json;

on_both_stores!(
    sec_45_an_app_is_wrong_five_times_in_a_quarter_of_an_hour,
    sec_59_the_set_up_secret_is_tried_ten_times_from_one_address,
    sec_61_a_reset_sends_three_codes,
    sec_61_ten_codes_an_hour_are_asked_for_from_one_address,
    sec_61_a_password_is_changed_twenty_times_a_day,
    sec_63_twenty_sign_ins_from_one_address,
);

const ONE: [u8; 4] = [127, 42, 0, 1];
const OTHER: [u8; 4] = [127, 42, 0, 2];

fn refused(answer: Answer, code: &str) {
    let answer = answer.expect(429).expect_code(code);
    assert!(answer.headers.contains_key("retry-after"));
}

async fn sec_45_an_app_is_wrong_five_times_in_a_quarter_of_an_hour(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let app = AuthenticatorApp::register(&site, &a.browser).await;
    site.begin_window(900);
    let typed = async |browser: &Browser, code: &str| {
        browser.post("/api/verify-code/sign-in", json!({ "method": "app", "code": code })).await
    };
    let browser = password_given(&site, &a).await;
    for _ in 0..5 {
        typed(&browser, app.wrong_code(&site)).await.expect(422).expect_code("wrong_code");
    }
    refused(typed(&browser, &app.code(&site, 0)).await, "too_many_attempts");
    site.begin_window(900);
    typed(&password_given(&site, &a).await, &app.code(&site, 0)).await.expect(200);
}

async fn sec_59_the_set_up_secret_is_tried_ten_times_from_one_address(backend: Backend) {
    let site = Site::start(backend).await;
    site.begin_window(600);
    let setup = async |address, secret: &str| {
        let first = json!({ "secret": secret, "name": "admin", "display_name": "Ada", "password": NEW_PASSWORD });
        site.browser_at(address).post("/api/setup", first).await
    };
    for n in 0..10 {
        setup(ONE, &format!("{n:032x}")).await.expect(403).expect_code("wrong_secret");
    }
    refused(setup(ONE, SETUP_SECRET).await, "too_many_requests");
    setup(OTHER, SETUP_SECRET).await.expect(201);
}

async fn sec_61_a_reset_sends_three_codes(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    for wait in [31, 61] {
        site.advance(wait);
        browser.post("/api/send-code/reset", number(&a.phone)).await.expect(202);
    }
    let before = site.messages().await.len();
    site.advance(301);
    refused(browser.post("/api/send-code/reset", number(&a.phone)).await, "too_many_codes");
    site.settled().await;
    assert_eq!(site.messages().await.len(), before);
}

async fn sec_61_ten_codes_an_hour_are_asked_for_from_one_address(backend: Backend) {
    let site = Site::start(backend).await;
    Admin::new(&site).await.enable("all", &[]).await;
    site.begin_window(3_600);
    let send = async |address, n: u8| {
        let begun = site.browser();
        begun.post("/api/start-reset", json!({ "name": format!("nobody{n}") })).await.expect(200);
        let browser = site.browser_at(address);
        browser.restore(&begun.remember());
        browser.post("/api/send-code/reset", number(&format!("+4474001234{n:02}"))).await
    };
    for n in 0..10 {
        send(ONE, n).await.expect(202);
    }
    refused(send(ONE, 10).await, "too_many_requests");
    send(OTHER, 11).await.expect(202);
}

async fn sec_61_a_password_is_changed_twenty_times_a_day(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    site.begin_window(86_400);
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let mut current = a.password.clone();
    for n in 0..21 {
        // Each from elsewhere, or the address would be too many.
        let browser = site.browser_at([127, 42, 1, n]);
        browser.restore(&a.browser.remember());
        let next = format!("{NEW_PASSWORD} {n}");
        let change = json!({ "current": current, "password": next });
        let answer = browser.post("/api/set-password/change", change).await;
        if n == 20 {
            return refused(answer, "too_many_requests");
        }
        answer.expect(200);
        a.browser.restore(&browser.remember());
        current = next;
    }
}

async fn sec_63_twenty_sign_ins_from_one_address(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    site.begin_window(600);
    let wrong = async |n: u32| {
        let given = json!({ "name": format!("nobody{n}"), "password": "a guess like any other" });
        site.browser_at(ONE).post("/api/sign-in", given).await
    };
    for n in 0..20 {
        wrong(n).await.expect(401);
    }
    refused(wrong(20).await, "too_many_requests");
    let right = json!({ "name": a.name, "password": a.password });
    refused(site.browser_at(ONE).post("/api/sign-in", right.clone()).await, "too_many_requests");
    site.browser_at(OTHER).post("/api/sign-in", right).await.expect(200);
}
