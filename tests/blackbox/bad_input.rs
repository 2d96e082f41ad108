//! What breaks around us: providers, variables, cookies, grants.

use relatch_catcher::{Behaviour, Mode};
use relatch_host::testing::{OutboundEffect, OutboundFault, StoreEffect, StoreFault, When};
use relatch_tests::people::{NEW_PASSWORD, enabled, number, prove, sign_in, start_and_send};
use relatch_tests::{Backend, Site};
use serde_json::json;

on_both_stores!(
    a_failing_provider_is_invisible_and_written_down,
    a_messenger_out_of_reach_is_invisible,
    missing_variables_are_said_in_the_log_only,
    a_crash_after_the_claim_leaves_the_old_password,
    stale_and_foreign_cookies_are_nothing,
);

async fn a_failing_provider_is_invisible_and_written_down(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let send = async || {
        site.advance(3_600);
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
        browser.post("/api/send-code/reset", number(&a.phone)).await.expect(202).fingerprint()
    };
    let before = site.messages().await.len();
    let well = send().await;
    assert_eq!(site.messages().await.len(), before + 1);
    for mode in [Mode::Fail, Mode::Refuse, Mode::Redirect] {
        site.catcher.set_behaviour(Behaviour::of(mode));
        site.t.clear_logs();
        assert_eq!(send().await, well, "{mode:?}");
        assert_eq!(site.messages().await.len(), before + 1, "{mode:?}");
        let logs = site.t.logs().join("\n");
        assert!(logs.contains("status("), "{mode:?} is in the log: {logs}");
        assert!(!logs.contains("7400123456"), "without the number");
    }
    site.catcher.set_behaviour(Behaviour::of(Mode::Ok));
    send().await;
    assert_eq!(site.messages().await.len(), before + 2);
    // Nothing waits for ever: the outbox is empty again.
    let waiting = site.dump().await.into_iter().filter(|(key, _)| key.starts_with("outbox:")).count();
    assert_eq!(waiting, 0);
}

async fn a_messenger_out_of_reach_is_invisible(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let before = site.messages().await.len();
    site.t.break_outbound(OutboundFault {
        component: None,
        host: Some("messenger.spin.internal".to_owned()),
        when: When::Every,
        effect: OutboundEffect::Fail,
    });
    start_and_send(&site.browser(), &a.name, &a.phone).await;
    assert_eq!(site.messages().await.len(), before);
    // A code is never in the store; whoever misses it asks for another.
    assert!(!site.dump().await.iter().any(|(key, _)| key.starts_with("outbox:")));
    site.t.mend();
    site.advance(60);
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    // A notice waits, for whoever sweeps up.
    site.t.break_outbound(OutboundFault {
        component: None,
        host: Some("messenger.spin.internal".to_owned()),
        when: When::Every,
        effect: OutboundEffect::Fail,
    });
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    site.settled().await;
    assert!(site.dump().await.iter().any(|(key, _)| key.starts_with("outbox:")));
    site.t.mend();
}

async fn missing_variables_are_said_in_the_log_only(backend: Backend) {
    for name in ["pepper", "sealing_keys", "lookup_key", "public_origin", "organisation_domain"] {
        let site = Site::start_with(backend, |options| {
            options.variables.insert(name.to_owned(), "nonsense".to_owned());
        })
        .await;
        let answer = site.browser().post("/api/sign-in", json!({ "name": "a", "password": "b" })).await.expect(503);
        assert!(!answer.text.contains(name));
        site.settled().await;
        let logs = site.t.logs().join("\n");
        assert!(logs.contains(&format!("variable {name} is missing or cannot be used")), "{logs}");
        assert!(!logs.contains("nonsense"));
        assert_eq!(site.browser().get("/").await.status, 200, "the pages do not need it");
    }
}

async fn a_crash_after_the_claim_leaves_the_old_password(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    let claim = StoreFault {
        component: Some("set-password".to_owned()),
        key_prefix: Some("claim:".to_owned()),
        ..StoreFault::every(StoreEffect::Kill)
    };
    site.t.break_store(claim);
    let killed = browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await;
    assert!(killed.status >= 500, "{}", killed.status);
    site.t.mend();
    // Spent, not replayable; the old password still works; and a new start succeeds.
    browser
        .post("/api/set-password/reset", json!({ "password": NEW_PASSWORD }))
        .await
        .expect(403)
        .expect_code("grant_spent");
    sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(200);
    site.advance(1_800);
    let again = site.browser();
    prove(&site, &again, &a).await;
    again.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    sign_in(&site, &site.browser(), &a.name, NEW_PASSWORD, &a.phone).await.expect(200);
}

async fn stale_and_foreign_cookies_are_nothing(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let flow = browser.cookie("__Host-sspr_flow").unwrap();
    let code = json!({ "code": "12345678" });
    for at in [0, 10, flow.len() / 2, flow.len() - 1] {
        let mut changed = flow.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let thief = site.browser();
        thief.set_cookie("__Host-sspr_flow", &String::from_utf8(changed).unwrap());
        thief.post("/api/verify-code/reset", code.clone()).await.expect(410).expect_code("flow_expired");
    }
    // A cookie of another deployment, and one of another kind.
    let elsewhere = Site::start_with(backend, |options| {
        options
            .variables
            .insert("sealing_keys".to_owned(), format!("k1:{}", data_encoding::BASE64URL_NOPAD.encode(&[9; 32])));
    })
    .await;
    let foreign = elsewhere.browser();
    foreign.post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
    let thief = site.browser();
    thief.set_cookie("__Host-sspr_flow", &foreign.cookie("__Host-sspr_flow").unwrap());
    thief.post("/api/verify-code/reset", code.clone()).await.expect(410);
    thief.set_cookie("__Host-sspr_flow", &a.browser.cookie("__Host-sspr_sess").unwrap());
    thief.post("/api/verify-code/reset", code).await.expect(410);
    thief.set_cookie("__Host-sspr_sess", &flow);
    assert_eq!(thief.get("/api/sign-in").await.json()["stage"], "signed_out");
}
