//! SEC-57 to 60: administrators.

use relatch_tests::corpus::PATH_TRICKS;
use relatch_tests::people::{NEW_PASSWORD, prove, sign_in, start_and_send};
use relatch_tests::site::SETUP_SECRET;
use relatch_tests::{Admin, Backend, Site};
use reqwest::Method;
use serde_json::json;

on_both_stores!(
    sec_57_only_administrators_administer,
    sec_58_privileged_fields_are_refused,
    sec_59_there_is_no_default_account,
    sec_60_a_change_of_group_counts_at_once,
);

async fn sec_57_only_administrators_administer(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let a = admin.person(&site, "alice", "+447400123456").await;
    let group = admin.create_group("Testers", &[&a.id]).await;
    let granted = site.browser();
    site.advance(301);
    prove(&site, &granted, &a).await;
    let calls = [
        (Method::GET, "/api/users".to_owned(), None),
        (Method::GET, format!("/api/users/{}", a.id), None),
        (
            Method::POST,
            "/api/users".to_owned(),
            Some(json!({ "name": "eve", "display_name": "Eve", "role": "global_administrator" })),
        ),
        (Method::POST, "/api/users/search".to_owned(), Some(json!({ "text": "al" }))),
        (Method::GET, "/api/groups".to_owned(), None),
        (Method::GET, format!("/api/groups/{group}"), None),
        (Method::POST, "/api/groups".to_owned(), Some(json!({ "name": "Mine", "description": "" }))),
        (Method::POST, format!("/api/groups/{group}/members"), Some(json!({ "add_members": [a.id] }))),
        (Method::GET, "/api/enable-group".to_owned(), None),
        (Method::PUT, "/api/enable-group".to_owned(), Some(json!({ "scope": "none", "groups": [], "version": 1 }))),
    ];
    for (method, path, body) in &calls {
        let body = body.as_ref().map(ToString::to_string);
        site.browser().send(method.clone(), path, body.clone(), &[]).await.expect(401);
        granted.send(method.clone(), path, body.clone(), &[]).await.expect(401);
        a.browser.send(method.clone(), path, body, &[]).await.expect(403).expect_code("not_allowed");
    }
    for path in PATH_TRICKS {
        for browser in [&a.browser, &site.browser()] {
            let status = browser.raw(Method::GET, path, &[], Vec::new()).await.status;
            assert!(matches!(status, 400 | 401 | 403 | 404), "{path}: {status}");
        }
    }
    // Objects of others: an id that is none, and one of another kind.
    admin.browser.get(&format!("/api/users/{group}")).await.expect(404);
    admin.browser.get(&format!("/api/groups/{}", a.id)).await.expect(404);
    assert_eq!(admin.browser.get("/api/enable-group").await.json()["scope"], "all");
}

async fn sec_58_privileged_fields_are_refused(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let bodies = [
        ("/api/users", json!({ "name": "eve", "display_name": "Eve" })),
        ("/api/groups", json!({ "name": "Mine", "description": "" })),
        ("/api/sign-in", json!({ "name": "eve", "password": "x" })),
        ("/api/start-reset", json!({ "name": "eve" })),
        ("/api/register/finish", json!({})),
    ];
    for (path, body) in bodies {
        for field in ["id", "roles", "verified", "mfa", "password_hash", "is_admin", "generation", "must_change"] {
            let mut body = body.clone();
            body[field] = json!(true);
            admin.browser.post(path, body).await.expect(400).expect_code("invalid_body");
        }
    }
    // An administrator never chooses or sees somebody's password (SEC-31's first half).
    admin
        .browser
        .post("/api/users", json!({ "name": "eve", "display_name": "Eve", "password": NEW_PASSWORD }))
        .await
        .expect(400);
    admin
        .browser
        .post("/api/users", json!({ "name": "eve", "display_name": "Eve", "role": "superuser" }))
        .await
        .expect(400);
    assert_eq!(admin.browser.get("/api/users").await.json()["users"].as_array().unwrap().len(), 1);
}

async fn sec_59_there_is_no_default_account(backend: Backend) {
    let site = Site::start(backend).await;
    let first =
        |secret: &str| json!({ "secret": secret, "name": "admin", "display_name": "Ada", "password": NEW_PASSWORD });
    for (name, password) in [("admin", "admin"), ("admin", ""), ("root", "root"), ("administrator", "password")] {
        site.browser().post("/api/sign-in", json!({ "name": name, "password": password })).await.expect(401);
    }
    for secret in ["", "admin", &SETUP_SECRET[1..], &format!("{SETUP_SECRET} ")] {
        site.browser().post("/api/setup", first(secret)).await.expect(403).expect_code("wrong_secret");
    }
    assert_eq!(site.browser().get("/api/setup").await.json()["needed"], true);
    // Fifty at once: one administrator.
    let racers = (0..50).map(|n| {
        let browser = site.browser();
        let body = json!({ "secret": SETUP_SECRET, "name": format!("admin{n}"), "display_name": "Ada", "password": NEW_PASSWORD });
        async move { browser.post("/api/setup", body).await.status }
    });
    let answers = futures::future::join_all(racers).await;
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    site.browser().post("/api/setup", first(SETUP_SECRET)).await.expect(409).expect_code("already_set_up");
    assert_eq!(site.browser().get("/api/setup").await.json()["needed"], false);
    // A weak or missing secret is not used at all.
    for weak in ["", "short", "123456789012345678901"] {
        let site = Site::start_with(backend, |options| {
            options.variables.insert("setup_secret".to_owned(), weak.to_owned());
        })
        .await;
        site.browser().post("/api/setup", first(weak)).await.expect(503);
    }
}

async fn sec_60_a_change_of_group_counts_at_once(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let a = admin.person(&site, "alice", "").await;
    let group = admin.create_group("Testers", &[&a.id]).await;
    admin.enable("selected", &[&group]).await;
    let browser = site.browser();
    sign_in(&site, &browser, &a.name, &a.password, "").await.expect(200);
    let phone = "+447400123456";
    relatch_tests::people::register(&site, &browser, phone).await;
    let a = relatch_tests::Person { phone: phone.to_owned(), ..a };
    site.advance(301);
    // Removed after VERIFY: the grant is worth nothing.
    let proven = site.browser();
    prove(&site, &proven, &a).await;
    admin.remove_member(&group, &a.id).await;
    proven
        .post("/api/set-password/reset", json!({ "password": NEW_PASSWORD }))
        .await
        .expect(403)
        .expect_code("grant_spent");
    // Back in the group through a nested one: works, and stops with the nesting.
    let inner = admin.create_group("Inner", &[&a.id]).await;
    let nest = json!({ "add_groups": [inner] });
    admin.browser.post(&format!("/api/groups/{group}/members"), nest).await.expect(200);
    site.advance(301);
    let waiting = site.browser();
    start_and_send(&waiting, &a.name, &a.phone).await;
    let code = site.code_sent_to(&a.phone).await;
    admin.browser.post(&format!("/api/groups/{group}/members"), json!({ "remove_groups": [inner] })).await.expect(200);
    waiting.post("/api/verify-code/reset", json!({ "code": code })).await.expect(422).expect_code("wrong_code");
    admin
        .browser
        .post(&format!("/api/groups/{inner}/members"), json!({ "add_groups": [inner] }))
        .await
        .expect(409)
        .expect_code("group_cycle");
}
