//! What concerns nobody in particular: set-up, the sweep, the count of usage, bot checks.

use super::Ready;
use super::endings::alive;
use super::proofs::signed_in;
use super::stage::{Stage, Tried};
use super::users::found;
use relatch_tests::Backend;
use relatch_tests::people::{ADMIN_PASSWORD, enabled, opens, start_and_send};
use relatch_tests::site::{SETUP_SECRET, SWEEP_SECRET};
use reqwest::Method;
use serde_json::{Value, json};

on_both_stores!(
    sec_74_faults_in_set_up_leave_one_administrator_or_none,
    sec_74_faults_in_a_sweep_leave_what_lives,
    sec_74_faults_in_a_count_of_usage_count_nothing_twice,
    sec_74_faults_in_a_bot_check_keep_nobody_out,
);

pub const SET_UP: &[&str] = &["POST /api/setup"];
pub const SWEEP: &[&str] = &["POST /internal/sweep"];
pub const COUNT: &[&str] = &["POST /api/audit/usage/count"];
pub const BOT_CHECK: &[&str] = &["POST /api/start-reset/bot-check"];

async fn sec_74_faults_in_set_up_leave_one_administrator_or_none(backend: Backend) {
    let stage = Stage::new(backend).await;
    let site = &stage.site;
    let first = |name: &str| {
        let (secret, password) = (SETUP_SECRET, ADMIN_PASSWORD);
        json!({ "secret": secret, "name": name, "display_name": "Ada", "password": password, "country": "GB" })
    };
    let ready = Ready::post(site.browser(), "/api/setup", first("admin"), 201, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let there = opens(site, "admin", ADMIN_PASSWORD).await;
            assert!(there || !tried.done, "{told}");
            site.advance(1_000);
            let needed = site.browser().get("/api/setup").await.expect(200).json()["needed"] == true;
            assert_eq!(needed, !there, "{told}");
            // Whoever comes next is the first administrator only if there is none.
            let next = site.browser().post("/api/setup", first("other")).await;
            assert_eq!(next.status, if there { 409 } else { 201 }, "{told}, then {}", next.text);
            site.browser().post("/api/setup", first("third")).await.expect(409).expect_code("already_set_up");
            let mut administrators = 0;
            for name in ["admin", "other", "third"] {
                administrators += usize::from(opens(site, name, ADMIN_PASSWORD).await);
            }
            assert_eq!(administrators, 1, "{told}");
        })
        .await;
    stage.all_of(SET_UP);
}

async fn sec_74_faults_in_a_sweep_leave_what_lives(backend: Backend) {
    let stage = Stage::new(backend).await;
    let site = &stage.site;
    let (admin, a) = enabled(site).await;
    admin.sign_in_again(site).await;
    let (gone, _) = admin.create_user("carol").await;
    admin.browser.delete(&format!("/api/users/{gone}")).await.expect(200);
    start_and_send(&site.browser(), "nobody", "+447400123456").await;
    site.advance(31 * 86_400);
    let session = signed_in(site, &a).await;
    admin.sign_in_again(site).await;
    let ready = Ready::post(site.browser(), "/internal/sweep", json!({}), 200, "");
    let ready = Ready { headers: vec![("authorization", format!("Bearer {SWEEP_SECRET}"))], ..ready };
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            site.advance(151);
            let mut left = 100;
            while tried.ready.send().await.expect(200).json()["more"] == true {
                left -= 1;
                assert!(left > 0, "there is always more: {told}");
            }
            let again = tried.ready.send().await.expect(200).json();
            assert_eq!((&again["removed"], &again["purged"]), (&json!(0), &json!(0)), "{told}");
            assert!(alive(&session).await, "{told}");
            assert_eq!(found(&admin.browser, "alice").await, [a.id.as_str()], "{told}");
            let deleted = admin.browser.get("/api/users/deleted").await.expect(200).json();
            assert_eq!(deleted["users"], json!([]), "{told}");
            admin.browser.get(&format!("/api/users/{gone}")).await.expect(404);
            admin.create_user("carol").await;
        })
        .await;
    stage.all_of(SWEEP);
}

/// What must be the same however often it was counted.
fn sums(usage: &Value) -> Value {
    let days = usage["days"].as_array().expect("days");
    let of = |field: &str| days.iter().filter_map(|day| day[field].as_u64()).sum::<u64>();
    let accounts = ["total", "enabled", "registered", "capable"].map(|field| usage["accounts"][field].clone());
    json!({ "resets": of("resets"), "changes": of("changes"), "sign_ins": of("sign_ins"), "accounts": accounts,
        "refusals": usage["refusals"] })
}

async fn sec_74_faults_in_a_count_of_usage_count_nothing_twice(backend: Backend) {
    let stage = Stage::new(backend).await;
    let site = &stage.site;
    let (admin, a) = enabled(site).await;
    start_and_send(&site.browser(), "nobody", "+447400123456").await;
    signed_in(site, &a).await;
    // By then it has settled what happened.
    site.advance(3_600);
    admin.sign_in_again(site).await;
    let path = "/api/audit/usage/count";
    let counted = async || {
        for _ in 0..20 {
            let usage = admin.browser.post(path, json!({})).await.expect(200).json();
            if usage["up_to_date"] == true && usage["accounts"]["progress"] == 1.0 {
                return sums(&usage);
            }
        }
        panic!("the count never ends");
    };
    let start = stage.moment().await;
    let right = counted().await;
    assert!(right["sign_ins"].as_u64() > Some(0) && right["accounts"][0] == 2, "{right}");
    stage.back_to(&start).await;
    let ready = Ready::of(stage.twin(&admin.browser), Method::POST, path, Some(json!({})), 200);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            site.advance(151);
            assert_eq!(counted().await, right, "{}", tried.told);
        })
        .await;
    stage.all_of(COUNT);
}

async fn sec_74_faults_in_a_bot_check_keep_nobody_out(backend: Backend) {
    let stage = Stage::new(backend).await;
    let ready = Ready::post(stage.site.browser(), "/api/start-reset/bot-check", json!({}), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let answer = tried.ready.browser.post("/api/start-reset", json!({ "name": "nobody" })).await;
            assert_eq!(answer.status, 200, "{}", tried.told);
        })
        .await;
    stage.all_of(BOT_CHECK);
}
