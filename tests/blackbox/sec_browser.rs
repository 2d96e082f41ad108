//! SEC-52 to 55: browsers.

use relatch_tests::site::ORIGIN;
use relatch_tests::{Admin, Answer, Backend, Site};
use reqwest::Method;
use serde_json::json;

on_both_stores!(
    sec_52_only_our_own_pages_may_write,
    sec_53_there_is_no_cors,
    sec_54_methods_and_paths_that_are_not_there,
    sec_55_the_headers_are_on_every_answer,
);

const WRITES: [(&str, &str); 5] = [
    ("/api/start-reset", r#"{"name":"admin"}"#),
    ("/api/send-code/reset", r#"{"delivery":"text","country":"GB","number":"07400999000"}"#),
    ("/api/sign-in", r#"{"name":"admin","password":"a calm harbour at first light"}"#),
    ("/api/set-password/reset", r#"{"password":"seven green bottles standing"}"#),
    ("/api/setup", r#"{"secret":"x","name":"x","display_name":"x","password":"x"}"#),
];

async fn sec_52_only_our_own_pages_may_write(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    site.t.mark();
    let stranger = site.browser();
    for (path, body) in WRITES {
        for headers in [
            vec![("content-type", "application/json")],
            vec![("content-type", "application/json"), ("origin", "null")],
            vec![("content-type", "application/json"), ("origin", "https://evil.example")],
            vec![("content-type", "application/json"), ("origin", "http://localhost:3000.evil.example")],
            vec![("content-type", "application/json"), ("origin", ORIGIN), ("sec-fetch-site", "cross-site")],
            vec![("content-type", "application/json"), ("origin", ORIGIN), ("sec-fetch-site", "same-site")],
        ] {
            stranger
                .raw(Method::POST, path, &headers, body.as_bytes().to_vec())
                .await
                .expect(403)
                .expect_code("cross_site");
        }
        for media in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "",
        ] {
            let headers = [("content-type", media), ("origin", ORIGIN)];
            stranger.raw(Method::POST, path, &headers, body.as_bytes().to_vec()).await.expect(415);
        }
        assert!(matches!(stranger.raw(Method::GET, path, &[], Vec::new()).await.status, 200 | 405));
    }
    assert_eq!(site.t.counts().commits, 0, "none of it had an effect");
    // Signed in, the token must come along as well.
    let user = json!({ "name": "eve", "display_name": "Eve" }).to_string();
    for token in ["", "wrong"] {
        admin
            .browser
            .send(Method::POST, "/api/users", Some(user.clone()), &[("x-csrf-token", token)])
            .await
            .expect(403)
            .expect_code("csrf_failed");
    }
    admin.browser.send(Method::DELETE, "/api/sign-in", None, &[("x-csrf-token", "")]).await.expect(403);
    assert_eq!(admin.browser.get("/api/sign-in").await.json()["stage"], "signed_in");
}

async fn sec_53_there_is_no_cors(backend: Backend) {
    let site = Site::start(backend).await;
    let browser = site.browser();
    for path in ["/api/sign-in", "/api/start-reset", "/api/users", "/", "/api/nowhere"] {
        for origin in ["https://evil.example", "null", ORIGIN] {
            let headers = [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "content-type"),
            ];
            let preflight = browser.raw(Method::OPTIONS, path, &headers, Vec::new()).await;
            assert!(matches!(preflight.status, 404 | 405), "{path} {}", preflight.status);
            let read = browser.raw(Method::GET, path, &[("origin", origin)], Vec::new()).await;
            for answer in [preflight, read] {
                assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{path}");
            }
        }
    }
}

async fn sec_54_methods_and_paths_that_are_not_there(backend: Backend) {
    let site = Site::start(backend).await;
    let browser = site.browser();
    for path in [
        "/api/start-reset",
        "/api/send-code/reset",
        "/api/verify-code/sign-in",
        "/api/set-password/reset",
        "/api/register",
        "/api/users",
        "/api/groups",
        "/api/enable-group",
        "/api/setup",
        "/api/sign-in",
        "/",
    ] {
        for method in [Method::TRACE, Method::OPTIONS] {
            browser.raw(method, path, &[], Vec::new()).await.expect(405).expect_code("method_not_allowed");
        }
        let answer = browser.raw(Method::PATCH, path, &[("origin", ORIGIN)], Vec::new()).await.expect(405);
        assert!(!answer.header("allow").is_empty(), "{path}");
    }
    for path in [
        "/api",
        "/api/",
        "/api/nowhere",
        "/api/users/x/y/z",
        "/api/messenger",
        "/deliver",
        "/internal",
        "/nowhere",
        "/.git/config",
        "/spin.toml",
        "/index.json",
    ] {
        let answer = browser.raw(Method::GET, path, &[], Vec::new()).await.expect(404);
        if path.starts_with("/api") {
            answer.expect_code("not_found");
        }
    }
    for path in ["/api/sign-in", "/api/setup", "/", "/reset"] {
        let (head, get) = (
            browser.raw(Method::HEAD, path, &[], Vec::new()).await,
            browser.raw(Method::GET, path, &[], Vec::new()).await,
        );
        assert_eq!((head.status, head.text.as_str()), (get.status, ""));
    }
    site.t.mark();
    browser.raw(Method::HEAD, "/api/start-reset", &[], Vec::new()).await.expect(405);
    assert_eq!(site.t.counts().commits, 0);
}

const COMMON: [(&str, &str); 5] = [
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

fn api_headers(answer: &Answer) {
    for (name, value) in COMMON {
        assert_eq!(answer.header(name), value, "{name} on {} {}", answer.status, answer.text);
    }
    assert_eq!(
        answer.header("content-security-policy"),
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("vary"), "Origin, Sec-Fetch-Site, Cookie");
    for leak in ["server", "x-powered-by", "x-xss-protection", "access-control-allow-origin"] {
        assert!(!answer.headers.contains_key(leak), "{leak}");
    }
    if matches!(answer.status, 429 | 503) {
        assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
    }
}

async fn sec_55_the_headers_are_on_every_answer(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let browser = site.browser();
    let mut statuses = std::collections::BTreeSet::new();
    let mut judge = |answer: Answer| {
        api_headers(&answer);
        statuses.insert(answer.status);
    };
    judge(browser.get("/api/sign-in").await);
    judge(browser.post("/api/start-reset", json!({})).await);
    judge(browser.get("/api/users").await);
    judge(browser.raw(Method::POST, "/api/sign-in", &[], Vec::new()).await);
    judge(browser.get("/api/nowhere").await);
    judge(browser.get("/api/start-reset").await);
    judge(
        admin
            .browser
            .post("/api/setup", json!({ "secret": "x", "name": "x", "display_name": "x", "password": "x" }))
            .await,
    );
    judge(browser.post("/api/send-code/reset", relatch_tests::people::number("07400999000")).await);
    judge(browser.post("/api/start-reset", json!({ "name": "x".repeat(9_000) })).await);
    judge(
        browser
            .raw(Method::POST, "/api/sign-in", &[("origin", ORIGIN), ("content-type", "text/plain")], Vec::new())
            .await,
    );
    judge(browser.post("/api/start-reset", json!({ "name": "nobody" })).await);
    judge(browser.post("/api/send-code/reset", relatch_tests::people::number("07400999000")).await);
    judge(browser.post("/api/verify-code/reset", json!({ "code": "12345678" })).await);
    for _ in 0..12 {
        judge(browser.post("/api/start-reset", json!({ "name": "nobody" })).await);
    }
    judge(browser.delete("/api/sign-in").await);
    site.t.break_store(relatch_host::testing::StoreFault::every(relatch_host::testing::StoreEffect::Fail));
    judge(site.browser().post("/api/start-reset", json!({ "name": "nobody" })).await);
    site.t.mend();
    for wanted in [200, 202, 204, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 503] {
        assert!(statuses.contains(&wanted), "{wanted} was not provoked: {statuses:?}");
    }
    for path in ["/", "/signin", "/register", "/ssprsetup", "/reset", "/sspr", "/admin", "/setup", "/nowhere"] {
        let page = browser.raw(Method::GET, path, &[], Vec::new()).await;
        for (name, value) in COMMON {
            assert_eq!(page.header(name), value, "{name} on {path}");
        }
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';")
                && policy.contains("frame-ancestors 'none'")
                && policy.contains("trusted-types 'none'"),
            "{policy}"
        );
        assert_eq!(page.header("cross-origin-embedder-policy"), "require-corp");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(page.header("permissions-policy").contains("publickey-credentials-get=(self)"));
        assert!(page.header("content-type").starts_with("text/html"));
    }
}
