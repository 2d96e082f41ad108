//! SEC-63, 65: limits that hold, and a store that does not.

use relatch_host::testing::{StoreEffect, StoreFault};
use relatch_tests::people::{number, start_and_send};
use relatch_tests::{Admin, Backend, Site};
use reqwest::Method;
use serde_json::json;

on_both_stores!(sec_63_forged_addresses_do_not_help, sec_65_a_broken_store_is_a_no);

async fn sec_63_forged_addresses_do_not_help(backend: Backend) {
    let site = Site::start(backend).await;
    let forgeries: Vec<String> = (0..200).map(|n| format!("198.51.100.{n}")).collect();
    let browser = site.browser();
    let mut accepted = 0;
    for (n, forged) in forgeries.iter().enumerate() {
        let garbage = "a".to_owned();
        let value = if n % 7 == 0 { &garbage } else { forged };
        let pair = format!("for={value}");
        let extra = [
            ("x-forwarded-for", value.as_str()),
            ("forwarded", pair.as_str()),
            ("x-real-ip", value.as_str()),
            ("spin-client-addr", value.as_str()),
            ("true-client-ip", value.as_str()),
        ];
        let body = json!({ "name": "nobody" }).to_string();
        let answer = browser.send(Method::POST, "/api/start-reset", Some(body), &extra).await;
        accepted += u32::from(answer.status == 200);
        assert!(matches!(answer.status, 200 | 429));
    }
    assert_eq!(accepted, 10);
    site.browser().post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
    site.advance(601);
    browser.post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
    // Behind a proxy we know, the hop before it counts.
    let site = Site::start_with(backend, |options| {
        options.variables.insert("trusted_proxies".to_owned(), "127.0.0.0/8".to_owned());
    })
    .await;
    let proxy = site.browser();
    let through = async |client: &str| {
        let body = json!({ "name": "nobody" }).to_string();
        let forwarded = format!("203.0.113.99, {client}");
        proxy.send(Method::POST, "/api/start-reset", Some(body), &[("x-forwarded-for", &forwarded)]).await.status
    };
    for _ in 0..10 {
        assert_eq!(through("198.51.100.1").await, 200);
    }
    assert_eq!(through("198.51.100.1").await, 429);
    assert_eq!(through("198.51.100.2").await, 200);
}

async fn sec_65_a_broken_store_is_a_no(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let a = admin.person(&site, "alice", "+447400123456").await;
    site.advance(3_600);
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let code = site.code_sent_to(&a.phone).await;
    let sent = site.messages().await.len();
    site.t.break_store(StoreFault::every(StoreEffect::Fail));
    let fresh = site.browser();
    fresh.post("/api/start-reset", json!({ "name": a.name })).await.expect(503).expect_code("unavailable");
    browser.post("/api/send-code/reset", number(&a.phone)).await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(503);
    fresh.post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(503);
    admin.browser.get("/api/users").await.expect(503);
    site.t.mend();
    assert_eq!(site.messages().await.len(), sent);
    // Only the limiter broken: still a no, before anything is hashed or sent.
    let limits = StoreFault { key_prefix: Some("limit:".to_owned()), ..StoreFault::every(StoreEffect::Fail) };
    site.t.break_store(limits);
    fresh.post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(503);
    fresh.post("/api/start-reset", json!({ "name": a.name })).await.expect(503);
    site.t.mend();
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
}
