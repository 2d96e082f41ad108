//! SEC-68 to 71, 73, 76: input, errors, storage, neighbours.

use futures::stream::{self, StreamExt};
use relatch_catcher::{Behaviour, Mode};
use relatch_tests::corpus::{BROKEN_BODIES, HOOK_PATHS, NASTY_NAMES};
use relatch_tests::people::{NEW_PASSWORD, enabled, number, prove, start_and_send};
use relatch_tests::site::ORIGIN;
use relatch_tests::{Admin, Backend, Site};
use reqwest::Method;
use serde_json::json;

on_both_stores!(
    sec_68_bodies_are_read_strictly,
    sec_69_nothing_is_injected_through_identifiers,
    sec_70_errors_say_nothing_about_the_inside,
    sec_71_the_dump_holds_nothing_in_clear,
    sec_73_requests_share_nothing,
    sec_76_hooks_are_not_there_and_redirects_are_not_followed,
);

const JSON: [(&str, &str); 2] = [("content-type", "application/json"), ("origin", ORIGIN)];

async fn sec_68_bodies_are_read_strictly(backend: Backend) {
    let site = Site::start(backend).await;
    let browser = site.browser();
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(5_00), "]".repeat(500));
    for path in ["/api/start-reset", "/api/sign-in", "/api/setup"] {
        for body in BROKEN_BODIES.into_iter().chain([deep.as_bytes()]) {
            let answer = browser.raw(Method::POST, path, &JSON, body.to_vec()).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (400, "invalid_body"),
                "{path} {}",
                String::from_utf8_lossy(body)
            );
        }
    }
    let large = vec![b' '; 8_193];
    browser.raw(Method::POST, "/api/start-reset", &JSON, large).await.expect(413);
    let whole = site.browser().answered(json!({ "name": "nobody" })).await.unwrap().to_string().into_bytes();
    let padded = [whole.clone(), vec![b' '; 8_192 - whole.len()]].concat();
    browser.raw(Method::POST, "/api/start-reset", &JSON, padded).await.expect(200);
}

async fn sec_69_nothing_is_injected_through_identifiers(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let long = "x".repeat(4_000);
    let before = site.dump().await.len();
    for text in NASTY_NAMES.into_iter().chain([long.as_str()]) {
        let named = site.browser().post("/api/start-reset", json!({ "name": text })).await;
        assert!(matches!(named.status, 200 | 400), "{text} {}", named.status);
        let sign_in = site.browser().post("/api/sign-in", json!({ "name": text, "password": text })).await;
        assert!(matches!(sign_in.status, 400 | 401), "{text} {}", sign_in.status);
        admin.browser.post("/api/users", json!({ "name": text, "display_name": "x" })).await.expect(400);
        let shown = admin.browser.post("/api/users/search", json!({ "text": text })).await;
        assert!(matches!(shown.status, 200 | 400));
        if !text.contains(['\r', '\n']) && text.is_ascii() {
            for name in ["__Host-sspr_sess", "__Host-sspr_flow", "__Host-relatch_device"] {
                let stranger = site.browser();
                stranger.set_cookie(name, text);
                assert_eq!(stranger.get("/api/sign-in").await.json()["stage"], "signed_out");
                stranger.post("/api/verify-code/reset", json!({ "code": "12345678" })).await.expect(410);
            }
        }
    }
    // Names that are shown are shown as text; the log has no line of anybody's making.
    let odd = admin
        .browser
        .post("/api/users", json!({ "name": "odd", "display_name": "<img src=x onerror=alert(1)>" }))
        .await
        .expect(201);
    assert_eq!(odd.json()["user"]["display_name"], "<img src=x onerror=alert(1)>");
    assert!(
        !site.t.logs().iter().any(|line| line.contains("X-Evil") || line.contains("jndi") || line.contains("onerror"))
    );
    assert!(site.dump().await.len() > before);
    for (key, _) in site.dump().await {
        assert!(key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b":_-".contains(&b)), "{key}");
    }
}

async fn sec_70_errors_say_nothing_about_the_inside(backend: Backend) {
    let site = Site::start(backend).await;
    let browser = site.browser();
    site.t.break_store(relatch_host::testing::StoreFault::every(relatch_host::testing::StoreEffect::Fail));
    let broken = browser.post("/api/start-reset", json!({ "name": "nobody" })).await.expect(503);
    site.t.mend();
    let id = broken.json()["request_id"].as_str().unwrap().to_owned();
    assert_eq!(id, broken.header("x-request-id"));
    site.settled().await;
    let logs = site.t.logs();
    assert!(
        logs.iter().any(|line| line.contains(&id) && line.contains("store failed")),
        "the log has the cause under the same id"
    );
    let mut said = broken.text;
    for (path, body) in
        [("/api/sign-in", json!({})), ("/api/verify-code/reset", json!({ "code": "1" })), ("/api/setup", json!([]))]
    {
        said.push_str(&browser.post(path, body).await.text);
    }
    for inside in [
        "serde", "line 1", "column", "sqlite", "redis", "Redis", "panicked", "src/", "rust", "wasm", "spin", "Store",
        "backend", "0.1.0",
    ] {
        assert!(!said.contains(inside), "{inside} in {said}");
    }
}

async fn sec_71_the_dump_holds_nothing_in_clear(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let a = admin.person(&site, "canaria", "+447400123456").await;
    site.advance(3_600);
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    let codes: Vec<String> = site.messages().await.iter().filter_map(relatch_tests::site::any_code_in).collect();
    let canaries: Vec<&str> = codes
        .iter()
        .map(String::as_str)
        .chain(["canaria", "contoso", "Steele", "7400123456", NEW_PASSWORD, "argon2", "phone", "127."])
        .collect();
    let dump = site.dump().await;
    assert!(dump.len() > 30);
    for (key, value) in dump {
        for canary in &canaries {
            assert!(!value.windows(canary.len()).any(|window| window == canary.as_bytes()), "{canary} under {key}");
        }
    }
}

async fn sec_73_requests_share_nothing(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let people =
        [admin.person(&site, "alice", "+447400123456").await, admin.person(&site, "berta", "+447400222222").await];
    let rounds = if backend == Backend::Sqlite { 2_000 } else { 500 };
    let answers: Vec<(usize, String)> = stream::iter(0..rounds)
        .map(|n| {
            let person = &people[n % 2];
            async move {
                (
                    n % 2,
                    person
                        .browser
                        .get(if n % 3 == 0 { "/api/register" } else { "/api/sign-in" })
                        .await
                        .expect(200)
                        .text,
                )
            }
        })
        .buffer_unordered(16)
        .collect()
        .await;
    for (whose, text) in answers {
        let (own, other) = if whose == 0 { ("3456", "2222") } else { ("2222", "3456") };
        assert!(text.contains(own) && !text.contains(other), "{text}");
    }
    // Messages too: each flow's code goes to its own person.
    site.advance(3_600);
    let senders = people.iter().map(|person| {
        let browser = site.browser();
        async move {
            browser.post("/api/start-reset", json!({ "name": person.name })).await.expect(200);
            browser.post("/api/send-code/reset", number(&person.phone)).await.expect(202);
            browser
        }
    });
    let browsers = futures::future::join_all(senders).await;
    for (person, browser) in people.iter().zip(&browsers) {
        let code = site.code_sent_to(&person.phone).await;
        browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
    }
}

async fn sec_76_hooks_are_not_there_and_redirects_are_not_followed(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    for path in HOOK_PATHS {
        for method in [Method::GET, Method::POST] {
            let headers = [("content-type", "application/json"), ("origin", ORIGIN)];
            let status = site.browser().raw(method, path, &headers, b"{}".to_vec()).await.status;
            assert!(matches!(status, 404 | 405), "{path}: {status}");
        }
    }
    // A provider that sends us elsewhere is one that did not deliver.
    site.catcher.set_behaviour(Behaviour::of(Mode::Redirect));
    site.t.clear_logs();
    start_and_send(&site.browser(), &a.name, &a.phone).await;
    site.settled().await;
    let lines = site.t.logs().join("\n");
    assert!(lines.contains("text status(302)"), "{lines}");
    assert!(!lines.contains("unreachable"), "nobody went where it pointed: {lines}");
}
