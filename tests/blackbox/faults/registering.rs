//! A first sign-in, and everything people register.

use super::proofs::{app_code, password_proven, recovery_code, signed_in, started};
use super::stage::{Stage, Tried};
use super::{Ready, registered_email};
use relatch_tests::people::{AuthenticatorApp, enabled, number, opens, recovery_codes, register, sign_in};
use relatch_tests::{Admin, Backend, Browser, Person, Site};
use serde_json::{Value, json};

on_both_stores!(
    sec_74_faults_in_a_first_sign_in_leave_nothing_half_done,
    sec_74_faults_in_what_is_registered_leave_nothing_half_done,
);

pub const AT_FIRST: &[&str] =
    &["POST /api/set-password/sign-in", "POST /api/send-code/register", "POST /api/register/finish"];
pub const LATER: &[&str] = &[
    "POST /api/register/app",
    "POST /api/register/app/confirm",
    "POST /api/register/recovery-codes",
    "POST /api/register/confirm",
    "POST /api/send-code/sign-in",
];

async fn sec_74_faults_in_a_first_sign_in_leave_nothing_half_done(backend: Backend) {
    let stage = Stage::new(backend).await;
    let (admin, _) = enabled(&stage.site).await;
    admin.sign_in_again(&stage.site).await;
    let start = stage.moment().await;
    first_password(&stage, &admin).await;
    stage.back_to(&start).await;
    first_phone(&stage, &admin).await;
    stage.all_of(AT_FIRST);
}

async fn sec_74_faults_in_what_is_registered_leave_nothing_half_done(backend: Backend) {
    let stage = Stage::new(backend).await;
    let (_, a) = enabled(&stage.site).await;
    let start = stage.moment().await;
    app(&stage, &a).await;
    stage.back_to(&start).await;
    codes(&stage, &a).await;
    stage.back_to(&start).await;
    confirmation(&stage, &a).await;
    stage.back_to(&start).await;
    code_to_sign_in(&stage, &a).await;
    stage.all_of(LATER);
}

const CHOSEN: &str = "bob likes long quiet evenings";
const PHONE: &str = "+447400123499";

async fn stage_of(browser: &Browser) -> String {
    browser.get("/api/sign-in").await.expect(200).json()["stage"].as_str().expect("a stage").to_owned()
}

async fn let_in(site: &Site, name: &str, password: &str) -> Browser {
    let browser = site.browser();
    browser.post("/api/sign-in", json!({ "name": name, "password": password })).await.expect(200);
    browser
}

async fn first_password(stage: &Stage, admin: &Admin) {
    let site = &stage.site;
    let (_, initial) = admin.create_user("bob").await;
    let browser = let_in(site, "bob", &initial).await;
    let ready = Ready::post(browser, "/api/set-password/sign-in", json!({ "password": CHOSEN }), 200, CHOSEN);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let new = opens(site, "bob", CHOSEN).await;
            assert_eq!(opens(site, "bob", &initial).await, !new, "neither old nor new, or both: {told}");
            assert!(new || !tried.done, "{told}");
            site.advance(1_000);
            let browser = let_in(site, "bob", if new { CHOSEN } else { &initial }).await;
            if !new {
                assert_eq!(stage_of(&browser).await, "password_change_required", "{told}");
                browser.post("/api/set-password/sign-in", json!({ "password": CHOSEN })).await.expect(200);
            }
            register(site, &browser, PHONE).await;
            assert_eq!(stage_of(&browser).await, "signed_in", "{told}");
        })
        .await;
}

async fn first_phone(stage: &Stage, admin: &Admin) {
    let site = &stage.site;
    let (_, initial) = admin.create_user("bob").await;
    let browser = let_in(site, "bob", &initial).await;
    browser.post("/api/set-password/sign-in", json!({ "password": CHOSEN })).await.expect(200);
    let ready = Ready::post(browser, "/api/send-code/register", number(PHONE), 202, "");
    let gets_in = async || {
        let browser = site.browser();
        let view = sign_in(site, &browser, "bob", CHOSEN, PHONE).await.expect(200).json();
        if view["stage"] == "registration_required" {
            register(site, &browser, PHONE).await;
        }
        stage_of(&browser).await
    };
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            site.advance(1_000);
            assert_eq!(gets_in().await, "signed_in", "{}", tried.told);
        })
        .await;
    ready.browser.post(&ready.path, number(PHONE)).await.expect(202);
    let code = json!({ "code": site.code_sent_to(PHONE).await });
    ready.browser.post("/api/verify-code/register", code).await.expect(200);
    let ready = Ready::post(ready.browser, "/api/register/finish", json!({}), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            assert!(!tried.done || stage_of(&tried.ready.browser).await == "signed_in", "{told}");
            assert!(tried.right().await <= 1, "a registration was finished twice: {told}");
            site.advance(1_000);
            assert_eq!(gets_in().await, "signed_in", "{told}");
        })
        .await;
}

/// Ids of the registered apps, as their owner sees them.
async fn apps(browser: &Browser) -> usize {
    let account = browser.get("/api/account").await.expect(200).json();
    account["methods"].as_array().expect("methods").iter().filter(|method| method["kind"] == "app").count()
}

async fn app(stage: &Stage, a: &Person) {
    let site = &stage.site;
    let other = password_proven(site, a).await;
    let browser = signed_in(site, a).await;
    let ready = Ready::post(browser, "/api/register/app", json!({}), 200, "");
    // The same session registers one afterwards.
    let gets_there = async |tried: &Tried<'_>| {
        site.advance(151);
        if apps(tried.before()).await == 0 {
            AuthenticatorApp::register(site, tried.before()).await;
        }
        assert_eq!(apps(tried.before()).await, 1, "{}", tried.told);
    };
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            assert_eq!(apps(tried.before()).await, 0, "nobody confirmed it: {}", tried.told);
            gets_there(tried).await;
        })
        .await;
    let app = AuthenticatorApp::shown(&ready.browser.post(&ready.path, json!({})).await.expect(200).json());
    let code = app.code(site, 0);
    let ready = Ready::post(ready.browser, "/api/register/app/confirm", json!({ "code": code }), 200, "");
    let waiting = other.remember();
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let registered = apps(tried.before()).await;
            assert!(registered <= 1 && (registered == 1 || !tried.done), "{told}");
            let right = tried.right().await;
            assert!(right <= 1 && registered <= 1, "{told}");
            // What registered it signs nobody in.
            other.restore(&waiting);
            let signed_in = other.post("/api/verify-code/sign-in", app_code(code.clone())).await.status == 200;
            assert!(!signed_in, "the code of the registration worked again: {told}");
            gets_there(tried).await;
        })
        .await;
}

async fn codes_left(browser: &Browser) -> Value {
    browser.get("/api/account").await.expect(200).json()["recovery_codes"]["left"].clone()
}

async fn codes(stage: &Stage, a: &Person) {
    let site = &stage.site;
    let browser = signed_in(site, a).await;
    let old = recovery_codes(&browser).await;
    let works = async |code: &str| {
        let proof = started(site, a).await.post("/api/verify-code/reset", recovery_code(code)).await;
        proof.status == 200
    };
    let ready = Ready::post(browser, "/api/register/recovery-codes", json!({}), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            assert_eq!(codes_left(tried.before()).await, 10, "{told}");
            let old_works = works(&old[0]).await;
            assert!(!(tried.done && old_works), "the old ones are dead: {told}");
            if tried.done {
                assert!(works(tried.answer.json()["codes"][0].as_str().expect("a code")).await, "{told}");
            }
            site.advance(151);
            let new = recovery_codes(tried.before()).await;
            assert_eq!(codes_left(tried.before()).await, 10, "{told}");
            assert!(works(&new[0]).await && !works(&old[1]).await, "{told}");
        })
        .await;
}

async fn confirmation(stage: &Stage, a: &Person) {
    let site = &stage.site;
    site.advance(180 * 86_400);
    let browser = signed_in(site, a).await;
    let asked = async |browser: &Browser| browser.get("/api/sign-in").await.expect(200).json()["reconfirm"] == true;
    assert!(asked(&browser).await);
    let ready = Ready::post(browser, "/api/register/confirm", json!({}), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            assert!(!(tried.done && asked(tried.before()).await), "{told}");
            assert!(registered_email(tried.before()).await.is_none(), "{told}");
            site.advance(151);
            if asked(tried.before()).await {
                tried.before().post("/api/register/confirm", json!({})).await.expect(200);
            }
            assert!(!asked(tried.before()).await, "{told}");
        })
        .await;
}

async fn code_to_sign_in(stage: &Stage, a: &Person) {
    let site = &stage.site;
    let ready =
        Ready::post(password_proven(site, a).await, "/api/send-code/sign-in", json!({ "delivery": "text" }), 202, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            site.advance(1_000);
            let browser = site.browser();
            sign_in(site, &browser, &a.name, &a.password, &a.phone).await.expect(200);
            assert_eq!(stage_of(&browser).await, "signed_in", "{}", tried.told);
        })
        .await;
}
