//! What one person's doing takes from another: turns, texts and tries. And what proofs are worth that have had their day.

use relatch_tests::people::{
    NEW_PASSWORD, enabled, mail_to, number, opens, prove, recovery_codes, register_email, sign_in, start_and_send,
};
use relatch_tests::{Backend, Browser, Person, Site};
use serde_json::json;

on_both_stores!(
    sec_3_a_registration_does_not_say_whose_number_was_texted,
    sec_46_what_replaced_a_proof_does_not_inherit_it,
    sec_46_the_last_recovery_code_is_worth_as_much_as_the_first,
    sec_61_what_people_are_told_of_has_an_end,
    sec_61_who_has_no_turn_takes_nothing_from_others,
    sec_62_no_calls_for_sign_ins_where_they_are_off,
    sec_63_an_address_that_was_wrong_thirty_times_is_not_looked_at,
    sec_66_what_is_sent_for_resets_takes_nothing_from_sign_ins,
);

const MAIL: &str = "alice@mail.example.org";

/// Signed in anew, and so fresh enough to change what is registered.
async fn fresh(site: &Site, person: &Person) {
    sign_in(site, &person.browser, &person.name, &person.password, &person.phone).await.expect(200);
}

/// Whoever is signed in must not see, by being refused, that a number they typed in a reset was the right one.
async fn sec_3_a_registration_does_not_say_whose_number_was_texted(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    let curious = admin.person(&site, "curious", "+447400123777").await;
    site.advance(3_600);
    fresh(&site, &curious).await;
    start_and_send(&site.browser(), &a.name, &a.phone).await;
    start_and_send(&site.browser(), &a.name, "+447400123555").await;
    site.settled().await;
    curious.browser.post("/api/send-code/register", number(&a.phone)).await.expect(202);
    site.advance(31);
    curious.browser.post("/api/send-code/register", number("+447400123555")).await.expect(202);
}

async fn sec_46_what_replaced_a_proof_does_not_inherit_it(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    fresh(&site, &a).await;
    register_email(&site, &a.browser, MAIL).await;
    // A thief with the mailbox holds a grant when the owner registers another address.
    let thief = async || {
        site.advance(3_600);
        let thief = site.browser();
        thief.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
        thief.post("/api/send-code/reset", mail_to(MAIL)).await.expect(202);
        let code = site.code_sent_to(MAIL).await;
        thief.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
        thief
    };
    let replaced = thief().await;
    // (No text went there for an hour, so no time passes, and the grant lives.)
    fresh(&site, &a).await;
    register_email(&site, &a.browser, "alice@elsewhere.example.org").await;
    let password = json!({ "password": NEW_PASSWORD });
    replaced.post("/api/set-password/reset", password.clone()).await.expect(403).expect_code("grant_spent");
    // And so when an administrator switches off what it was proven with.
    fresh(&site, &a).await;
    register_email(&site, &a.browser, MAIL).await;
    let off = thief().await;
    admin.sign_in_again(&site).await;
    admin.policy("methods", json!({ "email": false })).await.expect(200);
    off.post("/api/set-password/reset", password).await.expect(403).expect_code("grant_spent");
    assert!(opens(&site, &a.name, &a.password).await);
}

async fn sec_46_the_last_recovery_code_is_worth_as_much_as_the_first(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    fresh(&site, &a).await;
    let codes = recovery_codes(&a.browser).await;
    for (at, code) in codes.iter().enumerate() {
        // Nine walks are left unfinished, a few a day; the tenth has the last code.
        site.advance(30_000);
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
        let proof = json!({ "method": "recovery_code", "code": code });
        browser.post("/api/verify-code/reset", proof).await.expect(200);
        if at + 1 == codes.len() {
            browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
        }
    }
    assert!(opens(&site, &a.name, NEW_PASSWORD).await);
}

/// A notice is a text, and a text costs money: what causes one is counted, wherever it comes from.
async fn sec_61_what_people_are_told_of_has_an_end(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    fresh(&site, &a).await;
    let before = site.messages().await.len();
    let mut made = Vec::new();
    for n in 0..25 {
        let browser = site.browser_at([127, 40, 0, n]);
        browser.restore(&a.browser.remember());
        made.push(browser.post("/api/register/recovery-codes", json!({})).await);
    }
    assert_eq!(made.iter().filter(|answer| answer.status == 200).count(), 20);
    for refused in &made[20..] {
        assert_eq!((refused.status, refused.code().as_str()), (429, "too_many_requests"));
        assert!(refused.headers.contains_key("retry-after"));
    }
    site.settled().await;
    assert_eq!(site.messages().await.len() - before, 20, "and nobody was told nothing of what was done");
    // What was made last still works, and a helpdesk is counted apart from the person.
    admin.sign_in_again(&site).await;
    let unlock = format!("/api/users/{}/unlock", a.id);
    for n in 0..25 {
        let expected = if n < 20 { 200 } else { 429 };
        admin.browser.post(&unlock, json!({})).await.expect(expected);
    }
    site.advance(86_400);
    admin.sign_in_again(&site).await;
    admin.browser.post(&unlock, json!({})).await.expect(200);
}

async fn sec_61_who_has_no_turn_takes_nothing_from_others(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    let other = admin.person(&site, "other", "+447400123777").await;
    site.advance(3_600);
    site.amid_claims();
    fresh(&site, &a).await;
    fresh(&site, &other).await;
    let free = "+447400661000";
    a.browser.post("/api/send-code/register", number("+447400660000")).await.expect(202);
    // Too soon for another: neither the number nor what new numbers may cost is touched.
    site.t.mark();
    a.browser.post("/api/send-code/register", number(free)).await.expect(429).expect_code("too_soon");
    assert_eq!(site.t.counts().commits, 1, "the address, and nothing else");
    other.browser.post("/api/send-code/register", number(free)).await.expect(202);
}

async fn sec_62_no_calls_for_sign_ins_where_they_are_off(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    admin.policy("methods", json!({ "call": false })).await.expect(200);
    let begun = |browser: Browser| async {
        let answer = browser.post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(200);
        (answer.json(), browser)
    };
    let call = json!({ "delivery": "call" });
    let (session, browser) = begun(site.browser()).await;
    assert_eq!(session["deliveries"], json!(["text"]));
    browser.post("/api/send-code/sign-in", call.clone()).await.expect(400).expect_code("invalid_field");
    browser.post("/api/send-code/sign-in", json!({ "delivery": "text" })).await.expect(202);
    // Where neither is on, what was registered stays good.
    site.advance(3_600);
    admin.sign_in_again(&site).await;
    admin.policy("methods", json!({ "text": false })).await.expect(200);
    let (session, browser) = begun(site.browser()).await;
    assert_eq!(session["deliveries"], json!(["text", "call"]));
    browser.post("/api/send-code/sign-in", call).await.expect(202);
}

async fn sec_63_an_address_that_was_wrong_thirty_times_is_not_looked_at(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    site.advance(3_600);
    let prober = site.browser_at([127, 41, 0, 1]);
    prober.post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
    let wrong = json!({ "method": "helpdesk_code", "code": "ABCD-EFGH-IJKL-MNOP" });
    for _ in 0..30 {
        prober.post("/api/verify-code/reset", wrong.clone()).await.expect(422);
    }
    // Whatever comes now costs nothing, is not written down, and is not compared.
    site.t.mark();
    let refused = prober.post("/api/verify-code/reset", wrong).await.expect(429).expect_code("too_many_requests");
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(site.t.counts().commits, 0);
    let owner = site.browser_at([127, 41, 0, 1]);
    start_and_send(&owner, &a.name, &a.phone).await;
    let code = json!({ "code": site.code_sent_to(&a.phone).await });
    owner.post("/api/verify-code/reset", code.clone()).await.expect(429);
    // From anywhere else, and in the next hour, it is as right as before.
    let elsewhere = site.browser_at([127, 41, 0, 2]);
    elsewhere.restore(&owner.remember());
    elsewhere.post("/api/verify-code/reset", code).await.expect(200);
    site.advance(3_600);
    prove(&site, &site.browser_at([127, 41, 0, 1]), &a).await;
}

async fn sec_66_what_is_sent_for_resets_takes_nothing_from_sign_ins(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    site.advance(86_400);
    // A stranger has all five of the hour sent.
    for _ in 0..5 {
        start_and_send(&site.browser(), &a.name, &a.phone).await;
        site.advance(301);
    }
    let browser = site.browser();
    browser.post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(200);
    browser.post("/api/send-code/sign-in", json!({ "delivery": "text" })).await.expect(202);
    let code = site.code_sent_to(&a.phone).await;
    browser.post("/api/verify-code/sign-in", json!({ "code": code })).await.expect(200);
}
