//! What people end: sessions, and their recovery codes. A session is dead or alive as the answer said.

use super::Ready;
use super::proofs::{recovery_code, signed_in, started};
use super::stage::{Stage, Tried};
use relatch_tests::people::{enabled, recovery_codes};
use relatch_tests::{Backend, Browser, Person};
use reqwest::Method;
use serde_json::json;

on_both_stores!(
    sec_74_faults_in_an_end_of_sessions_leave_them_as_they_are_said_to_be,
    sec_74_faults_in_a_removal_of_recovery_codes_leave_all_or_none,
);

pub const OF_SESSIONS: &[&str] =
    &["DELETE /api/sign-in", "DELETE /api/account/sessions/{id}", "POST /api/account/end-other-sessions"];
pub const OF_CODES: &[&str] = &["DELETE /api/account/recovery-codes"];

/// Is its session good for anything?
pub async fn alive(browser: &Browser) -> bool {
    match browser.get("/api/account").await.status {
        200 => true,
        401 => false,
        other => panic!("the account answered {other}"),
    }
}

async fn sec_74_faults_in_an_end_of_sessions_leave_them_as_they_are_said_to_be(backend: Backend) {
    let stage = Stage::new(backend).await;
    let (_, a) = enabled(&stage.site).await;
    let sessions = [signed_in(&stage.site, &a).await, signed_in(&stage.site, &a).await];
    let browser = signed_in(&stage.site, &a).await;
    let browser = own(&stage, browser, &sessions).await;
    let browser = one(&stage, browser, &sessions).await;
    all_others(&stage, browser, &sessions).await;
    stage.all_of(OF_SESSIONS);
}

async fn own(stage: &Stage, browser: Browser, others: &[Browser; 2]) -> Browser {
    let ready = Ready::of(browser, Method::DELETE, "/api/sign-in", None, 204);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let still = alive(tried.before()).await;
            assert!(!(still && tried.done), "said to be over: {told}");
            assert!(alive(&others[0]).await && alive(&others[1]).await, "{told}");
            tried.later(&stage.site).await.expect(204);
            assert!(!alive(tried.before()).await, "{told}");
        })
        .await;
    ready.browser
}

async fn one(stage: &Stage, browser: Browser, others: &[Browser; 2]) -> Browser {
    let account = browser.get("/api/account").await.expect(200).json();
    let sessions = account["sessions"].as_array().expect("sessions").clone();
    let id = sessions.iter().find(|session| session["current"] == false).expect("another")["id"].clone();
    let path = format!("/api/account/sessions/{}", id.as_str().expect("an id"));
    let ready = Ready::of(browser, Method::DELETE, &path, None, 200);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let living = usize::from(alive(&others[0]).await) + usize::from(alive(&others[1]).await);
            assert!(living == 1 || (living == 2 && !tried.done), "{living} of two live: {told}");
            let again = tried.later(&stage.site).await;
            assert_eq!(again.status, if living == 2 { 200 } else { 404 }, "{told}");
            assert!(alive(tried.before()).await, "{told}");
            assert_ne!(alive(&others[0]).await, alive(&others[1]).await, "{told}");
        })
        .await;
    ready.browser
}

async fn all_others(stage: &Stage, browser: Browser, others: &[Browser; 2]) {
    let ready = Ready::post(browser, "/api/account/end-other-sessions", json!({}), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let still = alive(&others[0]).await;
            assert_eq!(alive(&others[1]).await, still, "one is over and one is not: {told}");
            assert!(!(still && tried.done), "said to be over: {told}");
            tried.later(&stage.site).await.expect(200);
            assert!(!alive(&others[0]).await && !alive(&others[1]).await, "{told}");
            assert!(alive(tried.before()).await, "{told}");
        })
        .await;
}

async fn sec_74_faults_in_a_removal_of_recovery_codes_leave_all_or_none(backend: Backend) {
    let stage = Stage::new(backend).await;
    let (_, a) = enabled(&stage.site).await;
    let browser = signed_in(&stage.site, &a).await;
    removal_of_codes(&stage, browser, &a).await;
    stage.all_of(OF_CODES);
}

async fn removal_of_codes(stage: &Stage, browser: Browser, a: &Person) {
    let site = &stage.site;
    let codes = recovery_codes(&browser).await;
    let left = async |browser: &Browser| {
        let account = browser.get("/api/account").await.expect(200).json();
        account["recovery_codes"]["left"].as_u64().unwrap_or_default()
    };
    let works = async |code: &str| {
        let proof = started(site, a).await.post("/api/verify-code/reset", recovery_code(code)).await;
        proof.status == 200
    };
    let ready = Ready::of(browser, Method::DELETE, "/api/account/recovery-codes", None, 200);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let before = left(tried.before()).await;
            assert!(before == 0 || (before == 10 && !tried.done), "{before} are left: {told}");
            assert_eq!(works(&codes[0]).await, before == 10, "{told}");
            if before == 10 {
                tried.later(site).await.expect(200);
            }
            assert_eq!(left(tried.before()).await, 0, "{told}");
            assert!(!works(&codes[1]).await, "{told}");
        })
        .await;
}
