//! S32, S38, S49: what policy lets people use, and how many proofs it takes.

use relatch_tests::people::{
    AuthenticatorApp, NEW_PASSWORD, enabled, mail_to, number, prove, recovery_codes, register_email, sign_in, unlock,
};
use relatch_tests::{Admin, Backend, Browser, Site};
use serde_json::json;

on_both_stores!(
    s32_pages_are_saved_with_versions_of_their_own,
    s32_a_policy_nobody_can_meet_is_refused,
    s49_two_proofs_when_policy_wants_two,
    s38_every_kind_gets_somebody_back_in,
    s57_an_app_or_a_recovery_code_signs_in,
    methods_that_policy_forbids_are_not_offered_or_sent,
    s32_people_are_asked_again_whether_it_is_still_right,
    s32_people_are_asked_to_register_only_where_policy_says_so,
    s32_people_hear_of_what_was_done_only_where_policy_says_so,
    s32_the_other_administrators_hear_of_a_reset,
    s32_the_helpdesk_and_the_name_are_shown_to_everybody,
);

async fn s32_pages_are_saved_with_versions_of_their_own(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let policy = admin.browser.get("/api/policy").await.expect(200).json();
    assert_eq!(policy["methods"]["needed"], 1);
    assert_eq!(policy["registration"]["reconfirm_days"], 180);
    admin.policy("methods", json!({ "needed": 2 })).await.expect(200);
    // Another page was not disturbed; the same page was.
    admin.browser.put("/api/policy/registration", policy["registration"].clone()).await.expect(200);
    let stale = admin.browser.put("/api/policy/methods", policy["methods"].clone()).await;
    let stale = stale.expect(409).expect_code("stale_version").json();
    assert_eq!(stale["current"]["needed"], 2);
    admin.policy("notifications", json!({ "administrators": true })).await.expect(200);
    let saved =
        admin.policy("customisation", json!({ "organisation": "Fabrikam", "helpdesk": "help@fabrikam.example" }));
    assert_eq!(saved.await.expect(200).json()["customisation"]["organisation"], "Fabrikam");
    admin.policy("registration", json!({ "reconfirm_days": 731 })).await.expect(400);
    admin.policy("customisation", json!({ "helpdesk": "javascript:alert(1)" })).await.expect(400);
    admin.policy("customisation", json!({ "organisation": "a\nb" })).await.expect(400);
    admin.policy("methods", json!({ "surprise": true })).await.expect(400);
    site.browser().get("/api/policy").await.expect(401);
}

async fn s32_a_policy_nobody_can_meet_is_refused(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let off = json!({ "text": false, "call": false, "email": false, "recovery_codes": false });
    let refused = admin.policy("methods", off).await.expect(422).expect_code("policy_refused").json();
    assert_eq!(refused["reasons"], json!(["no_first_method", "locks_administrators_out"]));
    admin.policy("methods", json!({ "needed": 0 })).await.expect(400);
    admin.policy("methods", json!({ "needed": 3 })).await.expect(400);
}

async fn s49_two_proofs_when_policy_wants_two(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    register_email(&site, &a.browser, "alice@mail.example.org").await;
    admin.sign_in_again(&site).await;
    recovery_codes(&admin.browser).await;
    admin.policy("methods", json!({ "needed": 2 })).await.expect(200);
    site.advance(3_600);
    let browser = site.browser();
    let started = browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200).json();
    assert_eq!((started["step"].clone(), started["steps"].clone()), (json!(1), json!(2)));
    browser.post("/api/send-code/reset", mail_to("Alice@mail.example.org")).await.expect(202);
    let code = site.code_sent_to("alice@mail.example.org").await;
    let first = browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200).json();
    assert_eq!((first["next"].as_str(), first["step"].as_u64()), (Some("verify"), Some(2)));
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(409);
    browser.post("/api/send-code/reset", number(&a.phone)).await.expect(202);
    let code = site.code_sent_to(&a.phone).await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    // Whoever has one kind only is asked for another at the next sign-in.
    admin.sign_in_again(&site).await;
    let b = admin.person(&site, "bob", "").await;
    assert_eq!(b.browser.get("/api/sign-in").await.json()["stage"], "registration_required");
    b.browser.post("/api/send-code/register", number("+447400123499")).await.expect(202);
    let code = site.code_sent_to("+447400123499").await;
    b.browser.post("/api/verify-code/register", json!({ "code": code })).await.expect(200);
    b.browser.post("/api/register/finish", json!({})).await.expect(409).expect_code("registration_incomplete");
    assert_eq!(b.browser.get("/api/register").await.json()["more_needed"], 1);
    recovery_codes(&b.browser).await;
    b.browser.post("/api/register/finish", json!({})).await.expect(200);
}

async fn s38_every_kind_gets_somebody_back_in(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let address = "alice@mail.example.org";
    register_email(&site, &a.browser, address).await;
    let codes = recovery_codes(&a.browser).await;
    let registered = a.browser.get("/api/register").await.expect(200).json();
    assert_eq!(
        (registered["complete"].clone(), registered["recovery_codes"]["left"].clone()),
        (json!(true), json!(10))
    );
    site.advance(3_600);
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    // Not theirs: nothing is sent, and nobody is told.
    browser.post("/api/send-code/reset", mail_to("mallory@mail.example.org")).await.expect(202);
    site.settled().await;
    assert!(site.messages().await.iter().all(|message| message.to != "mallory@mail.example.org"));
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    browser.post("/api/send-code/reset", mail_to(address)).await.expect(202);
    let code = site.code_sent_to(address).await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    let proof = json!({ "method": "recovery_code", "code": codes[7] });
    browser.post("/api/verify-code/reset", proof).await.expect(200);
    browser.post("/api/set-password/reset", json!({ "password": "eight green bottles hanging" })).await.expect(200);
}

async fn s57_an_app_or_a_recovery_code_signs_in(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let app = AuthenticatorApp::register(&site, &a.browser).await;
    let codes = recovery_codes(&a.browser).await;
    site.advance(60);
    let mut replacement = None;
    for proof in
        [json!({ "method": "app", "code": app.code(&site, 0) }), json!({ "method": "recovery_code", "code": codes[0] })]
    {
        let browser = site.browser();
        let view = browser.post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(200);
        assert_eq!(view.json()["stage"], "second_factor_required");
        browser.get("/api/account").await.expect(401);
        let done = browser.post("/api/verify-code/sign-in", proof).await.expect(200).json();
        assert_eq!(done["stage"], "signed_in");
        replacement = done["new_recovery_code"].as_str().map(ToOwned::to_owned);
    }
    // SEC-47: the code that was used is replaced, and the new one works.
    let left = a.browser.get("/api/account").await.expect(200).json()["recovery_codes"]["left"].clone();
    assert_eq!(left, 10);
    let browser = site.browser();
    browser.post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(200);
    let proof = json!({ "method": "recovery_code", "code": replacement.expect("a new code") });
    browser.post("/api/verify-code/sign-in", proof).await.expect(200);
}

async fn methods_that_policy_forbids_are_not_offered_or_sent(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    admin.policy("methods", json!({ "call": false, "email": false })).await.expect(200);
    let browser = site.browser();
    let started = browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200).json();
    assert_eq!(started["methods"], json!([{ "kind": "phone", "deliveries": ["text"] }, { "kind": "recovery_code" }]));
    let call = json!({ "delivery": "call", "country": "GB", "number": a.phone });
    browser.post("/api/send-code/reset", call).await.expect(400);
    browser.post("/api/send-code/reset", mail_to("alice@mail.example.org")).await.expect(400);
    browser.post("/api/send-code/reset", number(&a.phone)).await.expect(202);
}

async fn s32_people_are_asked_again_whether_it_is_still_right(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let view = sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(200).json();
    assert_eq!(view.get("reconfirm"), None);
    site.advance(180 * 86_400);
    let view = sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200).json();
    assert_eq!(view["reconfirm"], true);
    let view = a.browser.post("/api/register/confirm", json!({})).await.expect(200).json();
    assert_eq!(view.get("reconfirm"), None);
    assert_eq!(a.browser.get("/api/sign-in").await.json().get("reconfirm"), None);
}

async fn s32_people_are_asked_to_register_only_where_policy_says_so(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    let stages = [(false, "signed_in"), (true, "registration_required")];
    for (ask, stage) in stages {
        admin.policy("registration", json!({ "ask_at_sign_in": ask })).await.expect(200);
        // Nothing is registered: after the first password of their own, and after every password from then on.
        let name = if ask { "asked" } else { "unasked" };
        let (_, initial) = admin.create_user(name).await;
        let browser = site.browser();
        browser.post("/api/sign-in", json!({ "name": name, "password": initial })).await.expect(200);
        let own = json!({ "password": NEW_PASSWORD });
        let view = browser.post("/api/set-password/sign-in", own).await.expect(200).json();
        assert_eq!(view["stage"], stage, "{name}");
        let view = sign_in(&site, &site.browser(), name, NEW_PASSWORD, "").await.expect(200).json();
        assert_eq!(view["stage"], stage, "{name} again");
    }
    // She has one kind of the two that are wanted: after the code.
    admin.policy("methods", json!({ "needed": 2 })).await.expect(200);
    for (ask, stage) in stages {
        admin.policy("registration", json!({ "ask_at_sign_in": ask })).await.expect(200);
        let view = sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(200).json();
        assert_eq!(view["stage"], stage, "ask: {ask}");
    }
}

async fn s32_people_hear_of_what_was_done_only_where_policy_says_so(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    for (person, expected) in [(false, [].as_slice()), (true, ["reset", "unlocked", "changed"].as_slice())] {
        admin.sign_in_again(&site).await;
        admin.policy("notifications", json!({ "person": person })).await.expect(200);
        let seen = site.messages().await.len();
        let browser = site.browser();
        prove(&site, &browser, &a).await;
        browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
        site.advance(120);
        unlock(&site, &a).await;
        sign_in(&site, &a.browser, &a.name, NEW_PASSWORD, &a.phone).await.expect(200);
        let change = json!({ "current": NEW_PASSWORD, "password": "eight green bottles hanging" });
        a.browser.post("/api/set-password/change", change).await.expect(200);
        let messages = site.messages().await;
        let notices: Vec<&str> = messages
            .iter()
            .skip(seen)
            .filter(|message| message.to == a.phone && message.body.contains("If this was not you"))
            .map(|message| message.body.split(" was ").nth(1).unwrap().split('.').next().unwrap())
            .collect();
        assert_eq!(notices, expected, "person: {person}");
        site.advance(86_400);
    }
}

/// One more, with a phone: the id, and a browser that is signed in.
async fn administrator(site: &Site, admin: &Admin, name: &str, phone: &str) -> (String, Browser) {
    let wanted = json!({ "name": name, "display_name": "Another Admin", "role": "global_administrator" });
    let made = admin.browser.post("/api/users", wanted).await.expect(201).json();
    let browser = site.browser();
    browser.post("/api/sign-in", json!({ "name": name, "password": made["initial_password"] })).await.expect(200);
    let chosen = json!({ "password": "they like long quiet evenings" });
    browser.post("/api/set-password/sign-in", chosen).await.expect(200);
    relatch_tests::people::register(site, &browser, phone).await;
    (made["user"]["id"].as_str().unwrap().to_owned(), browser)
}

async fn s32_the_other_administrators_hear_of_a_reset(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, _) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    recovery_codes(&admin.browser).await;
    let (_, browser) = administrator(&site, &admin, "second", "+447400999001").await;
    let codes = recovery_codes(&browser).await;
    // Whoever may not sign in is not told of what goes on.
    let (blocked, _) = administrator(&site, &admin, "blocked", "+447400999002").await;
    let path = format!("/api/users/{blocked}");
    let version = admin.browser.get(&path).await.expect(200).json()["version"].clone();
    admin.browser.patch(&path, json!({ "version": version, "blocked": true })).await.expect(200);
    admin.policy("notifications", json!({ "administrators": true })).await.expect(200);
    let browser = site.browser();
    let started = browser.post("/api/start-reset", json!({ "name": "second" })).await.expect(200);
    assert_eq!(started.json()["steps"], 1, "as for everybody");
    let proof = json!({ "method": "recovery_code", "code": codes[0] });
    let next = browser.post("/api/verify-code/reset", proof).await.expect(200).json();
    assert_eq!(next["next"], "verify", "administrators prove two kinds");
    site.advance(301);
    browser.post("/api/send-code/reset", number("+447400999001")).await.expect(202);
    let code = site.code_sent_to("+447400999001").await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    let told = site.messages().await;
    let told: Vec<&str> =
        told.iter().filter(|m| m.body.contains("another administrator was reset")).map(|m| m.to.as_str()).collect();
    assert_eq!(told, [relatch_tests::people::ADMIN_PHONE]);
}

async fn s32_the_helpdesk_and_the_name_are_shown_to_everybody(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let shown = site.browser().get("/api/sign-in").await.expect(200).json()["organisation"].clone();
    assert_eq!(shown, json!({ "name": "Contoso", "domain": "contoso.example" }));
    admin
        .policy("customisation", json!({ "organisation": "Fabrikam", "helpdesk": "https://help.fabrikam.example/" }))
        .await
        .expect(200);
    let shown = site.browser().get("/api/sign-in").await.expect(200).json()["organisation"].clone();
    assert_eq!(
        (shown["name"].as_str(), shown["helpdesk"].as_str()),
        (Some("Fabrikam"), Some("https://help.fabrikam.example/"))
    );
}
