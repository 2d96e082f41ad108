//! SEC-75, A39: what has ended goes, and nothing comes back to life by it.

use relatch_host::Timer;
use relatch_store::keys::end_of;
use relatch_tests::people::{NEW_PASSWORD, enabled, prove, start_and_send};
use relatch_tests::site::{ORIGIN, SWEEP_SECRET};
use relatch_tests::{Answer, Backend, Site};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

on_both_stores!(
    sec_75_a_sweep_removes_what_strangers_left,
    a39_nothing_is_good_again_after_a_sweep,
    sec_76_a_sweep_is_for_whoever_has_the_secret,
    a_deleted_account_is_purged_after_thirty_days,
    the_host_sweeps_by_itself,
);

const DAY: u64 = 86_400;
/// By then every key that ends has ended, and its day of grace is over.
const LONG: u64 = 5 * DAY;

async fn ask(site: &Site, secret: &str) -> Answer {
    let bearer = format!("Bearer {secret}");
    let headers = [("content-type", "application/json"), ("origin", ORIGIN), ("authorization", bearer.as_str())];
    site.browser().raw(Method::POST, "/internal/sweep", &headers, b"{}".to_vec()).await
}

async fn sweep(site: &Site) -> serde_json::Value {
    ask(site, SWEEP_SECRET).await.expect(200).json()
}

async fn keys(site: &Site) -> Vec<String> {
    site.dump().await.into_iter().map(|(key, _)| key).filter(|key| !key.starts_with("event:")).collect()
}

async fn strangers(site: &Site) {
    for n in 0..20 {
        let browser = site.browser_at([127, 9, 9, n]);
        start_and_send(&browser, &format!("nobody{n}"), "+447400123456").await;
        browser.post("/api/verify-code/reset", json!({ "code": "12345678" })).await;
        let wrong = json!({ "name": format!("nobody{n}"), "password": "not the right one" });
        browser.post("/api/sign-in", wrong).await.expect(401);
    }
}

async fn sec_75_a_sweep_removes_what_strangers_left(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    strangers(&site).await;
    site.settled().await;
    let ending = async || keys(&site).await.into_iter().filter(|key| end_of(key).is_some()).count();
    let before = ending().await;
    assert!(before > 100, "{before}");
    assert_eq!(sweep(&site).await["removed"], 0, "nothing has ended");
    site.advance(LONG);
    let done = sweep(&site).await;
    assert_eq!((done["removed"].as_u64(), done["more"].as_bool()), (Some(before as u64), Some(false)));
    assert_eq!(ending().await, 0);
    // Everybody is still who they were.
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
}

async fn a39_nothing_is_good_again_after_a_sweep(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let code = site.code_sent_to(&a.phone).await;
    let waiting = browser.remember();
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
    let proven = browser.remember();
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    let session = a.browser.remember();
    for wait in [0, 3_600, DAY, 3 * DAY] {
        site.advance(wait);
        sweep(&site).await;
        browser.restore(&waiting);
        let again = browser.post("/api/verify-code/reset", json!({ "code": code })).await;
        assert!(again.status >= 400, "after {wait}: {}", again.text);
        browser.restore(&proven);
        let again = browser.post("/api/set-password/reset", json!({ "password": "yet another password here" })).await;
        assert!(again.status >= 400, "after {wait}: {}", again.text);
        a.browser.restore(&session);
        a.browser.get("/api/account").await.expect(401);
    }
}

async fn sec_76_a_sweep_is_for_whoever_has_the_secret(backend: Backend) {
    let site = Site::start(backend).await;
    let nothing = site.browser().post("/internal/nothing", json!({})).await.status;
    assert_eq!(nothing, 405, "what the pages' component says of a POST");
    for secret in ["", "wrong", &SWEEP_SECRET[1..]] {
        ask(&site, secret).await.expect(404).expect_code("not_found");
    }
    let none = Site::start_with(backend, |options| {
        options.variables.insert("sweep_secret".to_owned(), String::new());
    })
    .await;
    ask(&none, "").await.expect(404);
    let weak = Site::start_with(backend, |options| {
        options.variables.insert("sweep_secret".to_owned(), "short".to_owned());
    })
    .await;
    ask(&weak, "short").await.expect(503);
}

async fn a_deleted_account_is_purged_after_thirty_days(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    let group = admin.create_group("Testers", &[&a.id]).await;
    admin.browser.delete(&format!("/api/users/{}", a.id)).await.expect(200);
    site.advance(29 * DAY);
    assert_eq!(sweep(&site).await["purged"], 0);
    site.advance(2 * DAY);
    assert_eq!(sweep(&site).await["purged"], 1);
    let sealed = site.dump().await;
    // (The words of the search, sealed as well, lead nowhere any more.)
    let sealed = sealed.iter().filter(|(key, _)| !key.starts_with("find:"));
    let readable = sealed.filter_map(|(key, value)| site.unseal(key, value)).map(|value| value.to_string());
    let left: Vec<String> = readable.filter(|text| text.contains("alice") || text.contains("7400123456")).collect();
    assert!(left.is_empty(), "{left:?}");
    admin.sign_in_again(&site).await;
    admin.browser.get(&format!("/api/groups/{group}")).await.expect(200);
    admin.browser.get("/api/users").await.expect(200);
    admin.create_user("alice").await;
}

async fn the_host_sweeps_by_itself(backend: Backend) {
    let site = Site::start_with(backend, |options| {
        options.timer = Some(Timer {
            every: Duration::from_millis(200),
            path: "/internal/sweep".to_owned(),
            secret: "sweep_secret".to_owned(),
            origin: "public_origin".to_owned(),
        });
    })
    .await;
    strangers(&site).await;
    site.settled().await;
    site.advance(LONG);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if !keys(&site).await.iter().any(|key| end_of(key).is_some()) {
            return;
        }
    }
    panic!("nothing was swept");
}
