//! SEC-22, 29, 30, 42 to 48, 56: what people register, and what it is good for.

use futures::future::join_all;
use relatch_catcher::Kind;
use relatch_tests::people::{
    AuthenticatorApp, NEW_PASSWORD, enabled, mail_to, number, prove, recovery_codes, register_email, sign_in,
    start_and_send,
};
use relatch_tests::{Backend, Browser, Site};
use serde_json::{Value, json};

on_both_stores!(
    sec_22_two_kinds_for_administrators_and_whoever_has_an_app,
    sec_29_asking_for_a_reset_changes_nothing,
    sec_30_everything_registered_hears_of_every_change,
    sec_30_a_phone_and_the_one_it_replaces_both_hear_of_it,
    sec_30_what_is_told_names_what_happened,
    sec_42_methods_change_only_in_a_fresh_session,
    sec_44_a_seed_is_shown_once_and_stored_sealed,
    sec_45_a_step_of_an_app_is_good_once,
    sec_46_a_removed_method_stops_at_once,
    sec_47_recovery_codes_work_once,
    sec_48_a_phone_serves_five_accounts,
    sec_56_people_end_their_own_sessions,
);

const MAIL: &str = "alice@mail.example.org";

async fn verify(browser: &Browser, proof: Value) -> relatch_tests::Answer {
    browser.post("/api/verify-code/reset", proof).await
}

async fn sec_22_two_kinds_for_administrators_and_whoever_has_an_app(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    // Before there are two kinds, an administrator's reset goes nowhere.
    let browser = site.browser();
    start_and_send(&browser, "admin", relatch_tests::people::ADMIN_PHONE).await;
    assert!(site.messages().await.iter().all(|message| !message.body.contains("get back")), "nothing may be sent");

    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    register_email(&site, &a.browser, MAIL).await;
    let app = AuthenticatorApp::register(&site, &a.browser).await;
    site.advance(3_600);
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let code = site.code_sent_to(&a.phone).await;
    // Six digits are no first proof.
    verify(&browser, json!({ "method": "app", "code": app.code(&site, 0) })).await.expect(409);
    let first = verify(&browser, json!({ "code": code })).await.expect(200).json();
    assert_eq!(first["next"], "verify");
    let kinds: Vec<&str> =
        first["methods"].as_array().unwrap().iter().map(|way| way["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["email", "app"]);
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(409);
    // The same phone, called instead of texted, is not a second kind.
    site.advance(301);
    browser
        .post("/api/send-code/reset", json!({ "delivery": "call", "country": "GB", "number": a.phone }))
        .await
        .expect(202);
    assert!(site.messages().await.iter().all(|message| message.kind != Kind::Voice));
    let second = verify(&browser, json!({ "method": "app", "code": app.code(&site, 0) })).await.expect(200).json();
    assert_eq!(second["next"], "set_password");
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
}

async fn sec_29_asking_for_a_reset_changes_nothing(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    a.browser.get("/api/account").await.expect(401);
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    for _ in 0..20 {
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": a.name, "reason": "locked" })).await.expect(200);
    }
    a.browser.get("/api/account").await.expect(200);
    sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(200);
}

/// Where messages with these words went.
async fn heard(site: &Site, words: &str) -> Vec<String> {
    let messages = site.messages().await;
    let mut to: Vec<String> =
        messages.iter().filter(|message| message.body.contains(words)).map(|message| message.to.clone()).collect();
    to.sort();
    to
}

async fn sec_30_everything_registered_hears_of_every_change(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let heard = async |words: &str| heard(&site, words).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    register_email(&site, &a.browser, MAIL).await;
    assert_eq!(heard("email address was registered").await, [a.phone.as_str(), MAIL]);
    AuthenticatorApp::register(&site, &a.browser).await;
    assert_eq!(heard("app was registered").await, [a.phone.as_str(), MAIL]);
    let account = a.browser.get("/api/account").await.expect(200).json();
    let id = |kind: &str| {
        let methods = account["methods"].as_array().unwrap();
        methods.iter().find(|method| method["kind"] == kind).unwrap()["id"].as_str().unwrap().to_owned()
    };
    a.browser.delete(&format!("/api/account/methods/{}", id("email"))).await.expect(200);
    assert_eq!(heard("email address was removed").await, [a.phone.as_str(), MAIL], "the removed one too");
    a.browser.delete(&format!("/api/account/methods/{}", id("app"))).await.expect(200);
    site.advance(3_600);
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    assert_eq!(heard("password was reset").await, [a.phone.as_str()]);
    let links = site.messages().await.iter().any(|message| message.body.contains("http"));
    assert!(!links, "a message is no place for links");
}

async fn sec_30_a_phone_and_the_one_it_replaces_both_hear_of_it(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let new = "+447400123499";
    a.browser.post("/api/send-code/register", number(new)).await.expect(202);
    let code = site.code_sent_to(new).await;
    a.browser.post("/api/verify-code/register", json!({ "code": code })).await.expect(200);
    assert_eq!(heard(&site, "A phone was registered for your account.").await, [a.phone.as_str(), new]);
    // And the old one is good for nothing any more.
    site.advance(301);
    start_and_send(&site.browser(), &a.name, &a.phone).await;
    assert_eq!(heard(&site, "get back into your account").await, [] as [&str; 0]);
}

async fn sec_30_what_is_told_names_what_happened(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    register_email(&site, &a.browser, MAIL).await;
    recovery_codes(&a.browser).await;
    let everywhere = [a.phone.as_str(), MAIL];
    assert_eq!(heard(&site, "New recovery codes were made for your account.").await, everywhere);
    a.browser.delete("/api/account/recovery-codes").await.expect(200);
    assert_eq!(heard(&site, "The recovery codes of your account were removed.").await, everywhere);
    let change = json!({ "current": a.password, "password": NEW_PASSWORD });
    a.browser.post("/api/set-password/change", change).await.expect(200);
    assert_eq!(heard(&site, "Your password was changed.").await, everywhere);
    // What an administrator did is told like what its owner did.
    admin.sign_in_again(&site).await;
    let path = format!("/api/users/{}", a.id);
    admin.browser.post(&format!("{path}/unlock"), json!({})).await.expect(200);
    assert_eq!(heard(&site, "Your account was unlocked.").await, everywhere);
    admin.browser.post(&format!("{path}/start-reset"), json!({})).await.expect(201);
    assert_eq!(heard(&site, "An administrator started a reset of your password.").await, everywhere);
    admin.browser.delete(&format!("{path}/methods")).await.expect(200);
    assert_eq!(heard(&site, "An administrator removed everything registered for your account.").await, everywhere);
    let subjects: Vec<String> = site
        .messages()
        .await
        .iter()
        .filter(|message| message.to == MAIL && message.body.contains("Was it you?"))
        .filter_map(|message| message.subject.clone())
        .collect();
    let named = [
        "email address was registered",
        "recovery codes were made",
        "recovery codes of your account were removed",
        "password was changed",
        "account was unlocked",
        "started a reset",
        "removed everything",
    ];
    assert_eq!(subjects.len(), named.len(), "{subjects:?}");
    // In any order: each leaves after its answer.
    for words in named {
        assert_eq!(subjects.iter().filter(|subject| subject.contains(words)).count(), 1, "{words} in {subjects:?}");
    }
}

async fn sec_42_methods_change_only_in_a_fresh_session(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let phone = a.browser.get("/api/account").await.expect(200).json()["methods"][0]["id"].as_str().unwrap().to_owned();
    site.advance(301);
    let old = async |answer: relatch_tests::Answer| answer.expect(403).expect_code("step_up_required");
    old(a.browser.post("/api/register/app", json!({})).await).await;
    old(a.browser.post("/api/register/recovery-codes", json!({})).await).await;
    old(a.browser.post("/api/send-code/register", mail_to(MAIL)).await).await;
    old(a.browser.delete(&format!("/api/account/methods/{phone}")).await).await;
    let change = json!({ "current": a.password, "password": NEW_PASSWORD });
    old(a.browser.post("/api/set-password/change", change).await).await;
    assert_eq!(a.browser.get("/api/account").await.expect(200).json()["fresh"], false);
}

async fn sec_44_a_seed_is_shown_once_and_stored_sealed(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let shown = a.browser.post("/api/register/app", json!({})).await.expect(200).json();
    let secret = shown["secret"].as_str().unwrap().replace(' ', "");
    assert_eq!(secret.len(), 32, "160 bits");
    assert!(shown["uri"].as_str().unwrap().contains(&secret));
    assert!(shown["qr"]["path"].as_str().unwrap().starts_with('M'));
    for path in ["/api/register", "/api/account", "/api/sign-in"] {
        assert!(!a.browser.get(path).await.text.contains(&secret), "{path}");
    }
    a.browser.get("/api/register/app").await.expect(405);
    let again = a.browser.post("/api/register/app", json!({})).await.expect(200).json();
    assert_ne!(again["secret"], shown["secret"], "another seed, never the same again");
    for (key, value) in site.dump().await {
        let text = String::from_utf8_lossy(&value).into_owned();
        assert!(!text.contains(&secret) && !key.contains(&secret.to_lowercase()));
    }
    assert!(!site.t.logs().join("\n").contains(&secret));
}

async fn sec_45_a_step_of_an_app_is_good_once(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let app = AuthenticatorApp::register(&site, &a.browser).await;
    site.advance(3_600);
    let signing_in = async || {
        let browser = site.browser();
        browser.post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(200);
        browser
    };
    let with_app = async |browser: &Browser, steps: i64| {
        let proof = json!({ "method": "app", "code": app.code(&site, steps) });
        browser.post("/api/verify-code/sign-in", proof).await.status
    };
    let browser = signing_in().await;
    assert_eq!(with_app(&browser, 1).await, 422, "the next step");
    assert_eq!(with_app(&browser, -2).await, 422, "two steps ago");
    assert_eq!(with_app(&browser, -1).await, 200, "the step before");
    assert_eq!(with_app(&signing_in().await, -1).await, 422, "a second time");
    site.advance(901);
    let mut browsers = Vec::new();
    for _ in 0..12 {
        browsers.push(signing_in().await);
    }
    let answers = join_all(browsers.iter().map(|browser| with_app(browser, 0))).await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
}

async fn sec_46_a_removed_method_stops_at_once(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    register_email(&site, &a.browser, MAIL).await;
    let account = a.browser.get("/api/account").await.expect(200).json();
    let phone = account["methods"].as_array().unwrap().iter().find(|method| method["kind"] == "phone").unwrap();
    let phone = phone["id"].as_str().unwrap();
    a.browser.delete(&format!("/api/account/methods/{phone}")).await.expect(409).expect_code("last_method");
    site.advance(3_600);
    // A code for the address is on its way when the address is removed.
    let stranger = site.browser();
    stranger.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    stranger.post("/api/send-code/reset", mail_to(MAIL)).await.expect(202);
    let code = site.code_sent_to(MAIL).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let account = a.browser.get("/api/account").await.expect(200).json();
    let email = account["methods"].as_array().unwrap().iter().find(|method| method["kind"] == "email").unwrap();
    let email = email["id"].as_str().unwrap();
    a.browser.delete(&format!("/api/account/methods/{email}")).await.expect(200);
    verify(&stranger, json!({ "code": code })).await.expect(422).expect_code("wrong_code");
}

async fn sec_47_recovery_codes_work_once(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let old = recovery_codes(&a.browser).await;
    let codes = recovery_codes(&a.browser).await;
    assert_eq!(codes.len(), 10);
    let start = async || {
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
        browser
    };
    let recover = |code: &str| json!({ "method": "recovery_code", "code": code });
    verify(&start().await, recover(&old[0])).await.expect(422).expect_code("wrong_code");
    let sloppy = codes[0].to_lowercase().replace('-', " ");
    let proven = verify(&start().await, recover(&sloppy)).await.expect(200).json();
    assert_eq!(proven["next"], "set_password");
    verify(&start().await, recover(&codes[0])).await.expect(422);
    let told =
        site.messages().await.iter().any(|message| message.body.contains("recovery code of your account was used"));
    assert!(told, "its owner hears of it");
    let mut browsers = Vec::new();
    for _ in 0..7 {
        browsers.push(start().await);
    }
    let answers = join_all(browsers.iter().map(|browser| verify(browser, recover(&codes[1])))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    // A name nobody has answers alike.
    site.advance(86_400);
    let nobody = site.browser();
    nobody.post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
    let (theirs, nobodys) = (verify(&start().await, recover(&old[1])).await, verify(&nobody, recover(&old[1])).await);
    assert_eq!((theirs.status, theirs.code()), (nobodys.status, nobodys.code()));
    assert!(!site.dump().await.iter().any(|(_, value)| String::from_utf8_lossy(value).contains(&codes[2])));
}

async fn sec_48_a_phone_serves_five_accounts(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, _) = enabled(&site).await;
    for n in 0..4 {
        site.advance(1_201);
        admin.person(&site, &format!("shared{n}"), "+447400123456").await;
    }
    site.advance(1_201);
    let sixth = admin.person(&site, "sixth", "").await;
    sixth.browser.post("/api/send-code/register", number("+447400123456")).await.expect(202);
    let code = site.code_sent_to("+447400123456").await;
    let answer = sixth.browser.post("/api/verify-code/register", json!({ "code": code })).await;
    answer.expect(422).expect_code("number_not_usable");
}

async fn sec_56_people_end_their_own_sessions(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let (first, second) = (site.browser(), site.browser());
    for browser in [&first, &second, &a.browser] {
        sign_in(&site, browser, &a.name, &a.password, &a.phone).await.expect(200);
    }
    let account = a.browser.get("/api/account").await.expect(200).json();
    let sessions = account["sessions"].as_array().unwrap();
    assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
    assert_eq!(sessions.len(), 3);
    let id = |index: usize| sessions[index]["id"].as_str().unwrap();
    a.browser.delete(&format!("/api/account/sessions/{}", id(0))).await.expect(409);
    a.browser.delete(&format!("/api/account/sessions/{}", id(1))).await.expect(200);
    second.get("/api/account").await.expect(401);
    first.get("/api/account").await.expect(200);
    let after = a.browser.post("/api/account/end-other-sessions", json!({})).await.expect(200).json();
    assert_eq!(after["sessions"].as_array().unwrap().len(), 1);
    first.get("/api/account").await.expect(401);
    a.browser.get("/api/account").await.expect(200);
}
