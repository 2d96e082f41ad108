//! What people prove themselves with, other than a code that is sent: an app, a recovery code, a code of the helpdesk.

use super::Ready;
use super::stage::{Stage, Tried};
use relatch_tests::people::{AuthenticatorApp, NEW_PASSWORD, enabled, opens, prove, recovery_codes, sign_in};
use relatch_tests::{Admin, Backend, Browser, Person, Site};
use serde_json::{Value, json};

on_both_stores!(
    sec_74_faults_in_a_proof_of_a_reset_leave_nothing_that_works_twice,
    sec_74_faults_in_a_second_factor_leave_nothing_that_works_twice,
);

pub const OF_A_RESET: &[&str] = &["POST /api/verify-code/reset"];
pub const OF_A_SIGN_IN: &[&str] = &["POST /api/verify-code/sign-in"];

async fn sec_74_faults_in_a_proof_of_a_reset_leave_nothing_that_works_twice(backend: Backend) {
    let stage = Stage::new(backend).await;
    let (admin, a) = enabled(&stage.site).await;
    let start = stage.moment().await;
    reset_with_app(&stage, &a).await;
    stage.back_to(&start).await;
    reset_with_recovery_code(&stage, &a).await;
    stage.back_to(&start).await;
    reset_with_helpdesk_code(&stage, &admin, &a).await;
    stage.all_of(OF_A_RESET);
}

async fn sec_74_faults_in_a_second_factor_leave_nothing_that_works_twice(backend: Backend) {
    let stage = Stage::new(backend).await;
    let (_, a) = enabled(&stage.site).await;
    let start = stage.moment().await;
    sign_in_with_app(&stage, &a).await;
    stage.back_to(&start).await;
    sign_in_with_recovery_code(&stage, &a).await;
    stage.all_of(OF_A_SIGN_IN);
}

const RESET: &str = "/api/verify-code/reset";
const SIGN_IN: &str = "/api/verify-code/sign-in";

pub fn app_code(code: String) -> Value {
    json!({ "method": "app", "code": code })
}

pub fn recovery_code(code: &str) -> Value {
    json!({ "method": "recovery_code", "code": code })
}

/// A session of now.
pub async fn signed_in(site: &Site, a: &Person) -> Browser {
    let browser = site.browser();
    sign_in(site, &browser, &a.name, &a.password, &a.phone).await.expect(200);
    browser
}

pub async fn started(site: &Site, a: &Person) -> Browser {
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    browser
}

async fn phone_proven(site: &Site, a: &Person) -> Browser {
    let browser = site.browser();
    prove(site, &browser, a).await;
    browser
}

pub async fn password_proven(site: &Site, a: &Person) -> Browser {
    let browser = site.browser();
    let body = json!({ "name": a.name, "password": a.password });
    let asked = browser.post("/api/sign-in", body).await.expect(200).json();
    assert_eq!(asked["stage"], "second_factor_required");
    browser
}

/// It was right once at most, in this browser and another that waited for it as well. How often?
async fn right_once(tried: &Tried<'_>, other: &Browser) -> usize {
    let waiting = other.remember();
    let right = tried.right().await + tried.right_in(other).await;
    other.restore(&waiting);
    assert!(right <= 1, "it was right {right} times: {}", tried.told);
    right
}

/// The last proof is given, and a password chosen.
async fn gets_there(site: &Site, a: &Person, browser: &Browser, proof: Value, told: &str) {
    let next = browser.post(RESET, proof).await.expect(200).json();
    assert_eq!(next["next"], "set_password", "{told}");
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    assert!(opens(site, &a.name, NEW_PASSWORD).await, "{told}");
}

async fn reset_with_app(stage: &Stage, a: &Person) {
    let site = &stage.site;
    let app = AuthenticatorApp::register(site, &signed_in(site, a).await).await;
    site.advance(3_600);
    let other = phone_proven(site, a).await;
    site.advance(301);
    site.amid_claims();
    let browser = phone_proven(site, a).await;
    let ready = Ready::post(browser, RESET, app_code(app.code(site, 0)), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            right_once(tried, &other).await;
            site.advance(10_000);
            let browser = phone_proven(site, a).await;
            gets_there(site, a, &browser, app_code(app.code(site, 0)), &tried.told).await;
        })
        .await;
}

async fn reset_with_recovery_code(stage: &Stage, a: &Person) {
    let site = &stage.site;
    let codes = recovery_codes(&signed_in(site, a).await).await;
    site.advance(3_600);
    let (browser, other) = (started(site, a).await, started(site, a).await);
    let ready = Ready::post(browser, RESET, recovery_code(&codes[0]), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let right = right_once(tried, &other).await;
            site.advance(10_000);
            let late = tried.right_in(&started(site, a).await).await;
            assert!(right + late <= 1, "and again hours later: {}", tried.told);
            gets_there(site, a, &started(site, a).await, recovery_code(&codes[1]), &tried.told).await;
        })
        .await;
}

async fn reset_with_helpdesk_code(stage: &Stage, admin: &Admin, a: &Person) {
    let site = &stage.site;
    let path = format!("/api/users/{}/start-reset", a.id);
    let helped = async || {
        admin.sign_in_again(site).await;
        let code = admin.browser.post(&path, json!({})).await.expect(201).json()["code"].clone();
        json!({ "method": "helpdesk_code", "code": code })
    };
    let code = helped().await;
    let (browser, other) = (started(site, a).await, started(site, a).await);
    let ready = Ready::post(browser, RESET, code, 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            right_once(tried, &other).await;
            site.advance(10_000);
            let code = helped().await;
            assert_eq!(tried.right_in(&started(site, a).await).await, 0, "another was made: {}", tried.told);
            gets_there(site, a, &started(site, a).await, code, &tried.told).await;
        })
        .await;
}

async fn gets_in(browser: &Browser, proof: Value, told: &str) {
    let view = browser.post(SIGN_IN, proof).await.expect(200).json();
    assert_eq!(view["stage"], "signed_in", "{told}");
    browser.get("/api/account").await.expect(200);
}

async fn sign_in_with_app(stage: &Stage, a: &Person) {
    let site = &stage.site;
    let app = AuthenticatorApp::register(site, &signed_in(site, a).await).await;
    site.advance(3_600);
    site.amid_claims();
    let (browser, other) = (password_proven(site, a).await, password_proven(site, a).await);
    let ready = Ready::post(browser, SIGN_IN, app_code(app.code(site, 0)), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            right_once(tried, &other).await;
            site.advance(1_000);
            gets_in(&password_proven(site, a).await, app_code(app.code(site, 0)), &tried.told).await;
        })
        .await;
}

async fn sign_in_with_recovery_code(stage: &Stage, a: &Person) {
    let site = &stage.site;
    let codes = recovery_codes(&signed_in(site, a).await).await;
    site.advance(3_600);
    site.amid_claims();
    let (browser, other) = (password_proven(site, a).await, password_proven(site, a).await);
    let ready = Ready::post(browser, SIGN_IN, recovery_code(&codes[0]), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let right = right_once(tried, &other).await;
            site.advance(1_000);
            let late = tried.right_in(&password_proven(site, a).await).await;
            assert!(right + late <= 1, "and again later: {}", tried.told);
            gets_in(&password_proven(site, a).await, recovery_code(&codes[1]), &tried.told).await;
        })
        .await;
}
