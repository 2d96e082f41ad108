//! SEC-21, 23 to 28, 43: the order of things, and whom they are about.

use futures::future::join_all;
use relatch_tests::people::{NEW_PASSWORD, enabled, number, prove, sign_in, start_and_send};
use relatch_tests::{Admin, Backend, Site};
use serde_json::json;

on_both_stores!(
    sec_21_steps_only_in_their_order,
    sec_23_a_grant_is_single_use_and_tied_to_its_browser,
    sec_24_a_reset_signs_nobody_in_and_keeps_the_second_factor,
    sec_25_a_reset_ends_sessions_flows_codes_and_grants,
    sec_26_the_account_is_fixed_at_start,
    sec_27_a_message_has_one_recipient_the_stored_one,
    sec_28_look_alike_names_reach_nobody,
    sec_43_a_phone_counts_only_once_it_is_proven,
);

async fn sec_21_steps_only_in_their_order(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let nothing = site.browser();
    let code = json!({ "code": "12345678" });
    let password = json!({ "password": NEW_PASSWORD });
    nothing.post("/api/send-code/reset", number(&a.phone)).await.expect(410);
    nothing.post("/api/verify-code/reset", code.clone()).await.expect(410);
    nothing.post("/api/set-password/reset", password.clone()).await.expect(403);
    let started = site.browser();
    started.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    started.post("/api/verify-code/reset", code.clone()).await.expect(409).expect_code("wrong_step");
    started.post("/api/set-password/reset", password.clone()).await.expect(409).expect_code("wrong_step");
    started.post("/api/send-code/reset", number(&a.phone)).await.expect(202);
    started.post("/api/set-password/reset", password.clone()).await.expect(409).expect_code("wrong_step");
    let right = site.code_sent_to(&a.phone).await;
    // Asking for another way after START leads nowhere near a password.
    site.advance(31);
    started
        .post("/api/send-code/reset", json!({ "delivery": "call", "country": "GB", "number": a.phone }))
        .await
        .expect(202);
    started.post("/api/set-password/reset", password.clone()).await.expect(409);
    started.post("/api/verify-code/reset", json!({ "code": right })).await.expect(422);
    let right = site.code_sent_to(&a.phone).await;
    started.post("/api/verify-code/reset", json!({ "code": right })).await.expect(200);
    started.post("/api/verify-code/reset", json!({ "code": right })).await.expect(409);
    started.post("/api/send-code/reset", number(&a.phone)).await.expect(409);
    // No step of a reset opens a step of a sign-in, or the other way round.
    started.post("/api/set-password/sign-in", password.clone()).await.expect(401);
    started.post("/api/verify-code/sign-in", code.clone()).await.expect(401);
    started.post("/api/send-code/register", number(&a.phone)).await.expect(401);
    a.browser.post("/api/set-password/reset", password.clone()).await.expect(403);
    started.post("/api/set-password/reset", password).await.expect(200);
}

async fn sec_23_a_grant_is_single_use_and_tied_to_its_browser(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    let other = site.browser();
    other.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    other.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(409);
    site.browser().post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(403);
    let passwords: Vec<String> = (0..50).map(|n| format!("{NEW_PASSWORD} number {n}")).collect();
    let granted = browser.remember();
    let attempts = passwords.iter().map(|password| {
        let racer = site.browser();
        racer.restore(&granted);
        async move { racer.post("/api/set-password/reset", json!({ "password": password })).await.status }
    });
    let answers = join_all(attempts).await;
    let winners: Vec<usize> = (0..50).filter(|at| answers[*at] == 200).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 200 | 403)), "{answers:?}");
    let winner = winners[0];
    let loser = (winner + 1) % 50;
    let signed_in = sign_in(&site, &site.browser(), &a.name, &passwords[winner], &a.phone).await;
    assert_eq!(signed_in.status, 200);
    sign_in(&site, &site.browser(), &a.name, &passwords[loser], &a.phone).await.expect(401);
    sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(401);
}

async fn sec_24_a_reset_signs_nobody_in_and_keeps_the_second_factor(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    let done = browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    let cookies: Vec<_> = done.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().to_owned()).collect();
    assert!(
        cookies.iter().all(|cookie| !cookie.starts_with("__Host-sspr_sess=") || cookie.contains("Max-Age=0")),
        "{cookies:?}"
    );
    assert_eq!(browser.get("/api/sign-in").await.json()["stage"], "signed_out");
    let view =
        browser.post("/api/sign-in", json!({ "name": a.name, "password": NEW_PASSWORD })).await.expect(200).json();
    assert_eq!(view["stage"], "second_factor_required");
    assert_eq!(view["methods"][0]["kind"], "phone");
}

async fn sec_25_a_reset_ends_sessions_flows_codes_and_grants(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let (one, two) = (site.browser(), site.browser());
    for browser in [&one, &two] {
        sign_in(&site, browser, &a.name, &a.password, &a.phone).await.expect(200);
        assert_eq!(browser.get("/api/register").await.status, 200);
        site.advance(120);
    }
    site.advance(300);
    // A second flow that already holds a grant, and a third that waits for its code.
    let second = site.browser();
    prove(&site, &second, &a).await;
    site.advance(120);
    let first = site.browser();
    prove(&site, &first, &a).await;
    site.advance(121);
    let third = site.browser();
    start_and_send(&third, &a.name, &a.phone).await;
    let waiting = site.code_sent_to(&a.phone).await;
    first.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    for browser in [&one, &two] {
        assert_eq!(browser.get("/api/sign-in").await.json()["stage"], "signed_out");
        browser.get("/api/register").await.expect(401);
    }
    second.post("/api/set-password/reset", json!({ "password": "another password altogether" })).await.expect(403);
    assert_ne!(third.post("/api/verify-code/reset", json!({ "code": waiting })).await.status, 200);
    sign_in(&site, &site.browser(), &a.name, NEW_PASSWORD, &a.phone).await.expect(200);
}

async fn sec_26_the_account_is_fixed_at_start(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    let b = admin.person(&site, "berta", "+447400222222").await;
    site.advance(3_600);
    let before = site.messages().await.len();
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    for field in ["name", "user", "account", "id", "email", "to", "subject", "phone", "method_owner"] {
        let mut body = number(&a.phone);
        body[field] = json!(b.name);
        browser.post("/api/send-code/reset", body).await.expect(400).expect_code("invalid_body");
        browser.post("/api/verify-code/reset", json!({ "code": "12345678", field: b.name })).await.expect(400);
        browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD, field: b.name })).await.expect(400);
    }
    assert_eq!(site.messages().await.len(), before);
    // B's number in A's flow: nothing goes out, to anybody.
    browser.post("/api/send-code/reset", number(&b.phone)).await.expect(202);
    assert_eq!(site.messages().await.len(), before);
    prove(&site, &site.browser(), &a).await;
    sign_in(&site, &site.browser(), &b.name, &b.password, &b.phone).await.expect(200);
}

async fn sec_27_a_message_has_one_recipient_the_stored_one(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let before = site.messages().await.len();
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    let evil = "+447400666666";
    for body in [
        format!(r#"{{"delivery":"text","country":"GB","number":["{}","{evil}"]}}"#, a.phone),
        format!(r#"{{"delivery":"text","country":"GB","number":"{}","number":"{evil}"}}"#, a.phone),
        format!(r#"{{"delivery":"text","country":"GB","number":"{evil}","number":"{}"}}"#, a.phone),
        format!(r#"{{"delivery":["text","call"],"country":"GB","number":"{}"}}"#, a.phone),
    ] {
        browser
            .send(reqwest::Method::POST, "/api/send-code/reset", Some(body), &[])
            .await
            .expect(400)
            .expect_code("invalid_body");
    }
    for text in [
        format!("{},{evil}", a.phone),
        format!("{};{evil}", a.phone),
        format!("{}|{evil}", a.phone),
        format!("{}%0a{evil}", a.phone),
        format!("{}\nCc: {evil}", a.phone),
        format!("{} {evil}", a.phone),
    ] {
        browser.post("/api/send-code/reset", number(&text)).await.expect(400);
    }
    assert_eq!(site.messages().await.len(), before);
    browser.post(&format!("/api/send-code/reset?number={evil}"), number(&a.phone)).await.expect(202);
    let sent = site.messages().await;
    assert_eq!(sent.len(), before + 1);
    assert_eq!(sent[before].to, a.phone);
}

async fn sec_28_look_alike_names_reach_nobody(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let mike = admin.person(&site, "mike", "+447400123456").await;
    let before = site.messages().await.len();
    site.advance(3_600);
    for name in [
        "m\u{131}ke",
        "mi\u{212a}e",
        "ｍike",
        "mi\u{200d}ke",
        "mike\u{301}",
        "m\u{456}ke",
        "mike@contoso.\u{435}xample",
        "mike@contoso.example\u{200b}",
        "\u{17f}mike",
        "mi\u{df}ke",
    ] {
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": name })).await.expect(200);
        browser.post("/api/send-code/reset", number(&mike.phone)).await.expect(202);
        assert_eq!(site.messages().await.len(), before, "{name}");
        site.browser().post("/api/sign-in", json!({ "name": name, "password": mike.password })).await.expect(401);
    }
    // One canonicalisation, and it is ASCII: case and the missing domain.
    let browser = site.browser();
    start_and_send(&browser, " MIKE@Contoso.Example ", &mike.phone).await;
    assert_eq!(site.messages().await.len(), before + 1);
}

async fn sec_43_a_phone_counts_only_once_it_is_proven(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let (_, initial) = admin.create_user("rita").await;
    let browser = site.browser();
    browser.post("/api/sign-in", json!({ "name": "rita", "password": initial })).await.expect(200);
    browser.post("/api/set-password/sign-in", json!({ "password": "rita likes long evenings" })).await.expect(200);
    let (x, y) = ("+447400111111", "+447400222222");
    browser.post("/api/send-code/register", number(x)).await.expect(202);
    let code_x = site.code_sent_to(x).await;
    // Unproven: no reset code goes there.
    let stranger = site.browser();
    let before = site.messages().await.len();
    start_and_send(&stranger, "rita", x).await;
    assert_eq!(site.messages().await.len(), before);
    browser.post("/api/register/finish", json!({})).await.expect(409).expect_code("registration_incomplete");
    // Changing one's mind: only the number whose code was used is registered.
    site.advance(120);
    browser.post("/api/send-code/register", number(y)).await.expect(202);
    let code_y = site.code_sent_to(y).await;
    browser.post("/api/verify-code/register", json!({ "code": code_x })).await.expect(422);
    let registered = browser.post("/api/verify-code/register", json!({ "code": code_y })).await.expect(200).json();
    assert_eq!(registered["registered"]["hint"], "+44 •••• ••2222");
    site.advance(3_600);
    let before = site.messages().await.len();
    start_and_send(&site.browser(), "rita", x).await;
    assert_eq!(site.messages().await.len(), before);
    start_and_send(&site.browser(), "rita", y).await;
    assert_eq!(site.messages().await.len(), before + 1);
}
