//! SEC-49 to 51: sessions.

use relatch_tests::people::{ADMIN_PASSWORD, sign_in};
use relatch_tests::{Admin, Backend, Site};
use serde_json::json;

on_both_stores!(
    sec_49_sessions_are_opaque_hashed_and_rotated,
    sec_50_sessions_end_idle_old_and_signed_out,
    sec_51_half_a_sign_in_has_no_rights,
);

const SESSION: &str = "__Host-sspr_sess";

async fn sec_49_sessions_are_opaque_hashed_and_rotated(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let (_, initial) = admin.create_user("rita").await;
    let browser = site.browser();
    let planted = format!("999999.{}", "A".repeat(43));
    browser.set_cookie(SESSION, &planted);
    assert_eq!(browser.get("/api/sign-in").await.json()["stage"], "signed_out");
    let mut seen = vec![browser.remember()];
    browser.post("/api/sign-in", json!({ "name": "rita", "password": initial })).await.expect(200);
    seen.push(browser.remember());
    browser.post("/api/set-password/sign-in", json!({ "password": "rita likes long evenings" })).await.expect(200);
    seen.push(browser.remember());
    relatch_tests::people::register(&site, &browser, "+447400111111").await;
    let last = browser.cookie(SESSION).unwrap();
    let tokens: Vec<String> = seen.iter().map(|(cookies, _)| cookies[SESSION].clone()).collect();
    for (at, memory) in seen.iter().enumerate() {
        assert_ne!(tokens[at], last);
        let old = site.browser();
        old.restore(memory);
        assert_eq!(old.get("/api/sign-in").await.json()["stage"], "signed_out", "token {at} lives on");
    }
    let secret = last.split_once('.').unwrap().1;
    assert_eq!(secret.len(), 43, "256 bits");
    for (key, value) in site.dump().await {
        assert!(!key.contains(secret) && !String::from_utf8_lossy(&value).contains(secret));
    }
}

async fn sec_50_sessions_end_idle_old_and_signed_out(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let a = admin.person(&site, "alice", "+447400123456").await;
    let stage = async |browser: &relatch_tests::Browser| {
        browser.get("/api/sign-in").await.json()["stage"].as_str().unwrap().to_owned()
    };
    site.advance(1_700);
    assert_eq!(stage(&a.browser).await, "signed_in");
    assert_eq!(stage(&admin.browser).await, "signed_out", "an administrator has fifteen minutes");
    site.advance(1_700);
    assert_eq!(stage(&a.browser).await, "signed_in", "a request keeps it awake");
    site.advance(1_801);
    assert_eq!(stage(&a.browser).await, "signed_out");
    // Never idle, and still over after twelve hours.
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    for _ in 0..28 {
        site.advance(1_500);
        assert_eq!(stage(&a.browser).await, "signed_in");
    }
    site.advance(1_500);
    assert_eq!(stage(&a.browser).await, "signed_out");
    // Signing out kills it on the server, and the browser is told to forget.
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let memory = a.browser.remember();
    let out = a.browser.delete("/api/sign-in").await.expect(204);
    assert_eq!(out.header("clear-site-data"), r#""cache", "cookies", "storage""#);
    a.browser.restore(&memory);
    assert_eq!(stage(&a.browser).await, "signed_out");
}

async fn sec_51_half_a_sign_in_has_no_rights(backend: Backend) {
    let site = Site::start(backend).await;
    let _admin = Admin::new(&site).await;
    site.advance(3_600);
    let half = site.browser();
    let view =
        half.post("/api/sign-in", json!({ "name": "admin", "password": ADMIN_PASSWORD })).await.expect(200).json();
    assert_eq!(view["stage"], "second_factor_required");
    for path in ["/api/users", "/api/groups", "/api/enable-group"] {
        half.get(path).await.expect(401);
    }
    half.get("/api/register").await.expect(409);
    half.post("/api/users", json!({ "name": "eve", "display_name": "Eve" })).await.expect(401);
    half.post("/api/register/finish", json!({})).await.expect(409);
    half.post("/api/send-code/register", relatch_tests::people::number("+447400666666")).await.expect(409);
    half.post("/api/set-password/sign-in", json!({ "password": "eve was here all evening" })).await.expect(409);
    half.post("/api/verify-code/sign-in", json!({ "code": "12345678" })).await.expect(422);
    half.post("/api/send-code/sign-in", json!({ "delivery": "text" })).await.expect(202);
    let right = site.code_sent_to(relatch_tests::people::ADMIN_PHONE).await;
    let wrong = format!("{:08}", (right.parse::<u64>().unwrap() + 1) % 100_000_000);
    for _ in 0..5 {
        half.post("/api/verify-code/sign-in", json!({ "code": wrong })).await;
    }
    half.post("/api/verify-code/sign-in", json!({ "code": right })).await.expect(429);
    site.advance(301);
    assert_eq!(half.get("/api/sign-in").await.json()["stage"], "signed_out", "five minutes and no more");
}
