//! What administrators do with people.

use super::Ready;
use super::endings::alive;
use super::proofs::{password_proven, signed_in, started};
use super::stage::{Stage, Tried};
use relatch_tests::people::{enabled, opens, recovery_codes, register_email};
use relatch_tests::{Admin, Backend, Browser, Person, Site};
use reqwest::Method;
use serde_json::{Value, json};

on_both_stores!(
    sec_74_faults_in_a_change_of_people_leave_nobody_in_between,
    sec_74_faults_in_an_import_leave_whole_people,
    sec_74_faults_in_help_leave_nobody_in_between,
);

pub const PEOPLE: &[&str] =
    &["POST /api/users", "PATCH /api/users/{id}", "DELETE /api/users/{id}", "POST /api/users/{id}/restore"];
pub const IMPORT: &[&str] = &["POST /api/users/import"];
pub const HELP: &[&str] = &[
    "POST /api/users/{id}/start-reset",
    "POST /api/users/{id}/unlock",
    "POST /api/users/{id}/end-sessions",
    "DELETE /api/users/{id}/methods",
];

/// A person with a session, and an administrator who signed in just now.
pub async fn cast(site: &Site) -> (Admin, Person, Browser) {
    let (admin, a) = enabled(site).await;
    let session = signed_in(site, &a).await;
    register_email(site, &session, "alice@mail.example.org").await;
    recovery_codes(&session).await;
    admin.sign_in_again(site).await;
    (admin, a, session)
}

pub async fn shown(browser: &Browser, id: &str) -> Value {
    browser.get(&format!("/api/users/{id}")).await.expect(200).json()
}

/// Ids of those whom a search finds.
pub async fn found(browser: &Browser, text: &str) -> Vec<String> {
    let found = browser.post("/api/users/search", json!({ "text": text })).await.expect(200).json();
    ids(&found["users"])
}

fn ids(users: &Value) -> Vec<String> {
    users.as_array().expect("users").iter().map(|user| user["id"].as_str().expect("an id").to_owned()).collect()
}

async fn listed(browser: &Browser, path: &str, id: &str) -> bool {
    ids(&browser.get(path).await.expect(200).json()["users"]).iter().any(|other| other == id)
}

async fn sec_74_faults_in_a_change_of_people_leave_nobody_in_between(backend: Backend) {
    let stage = Stage::new(backend).await;
    let (admin, a, session) = cast(&stage.site).await;
    create(&stage, &admin).await;
    edit(&stage, &admin, &a, &session).await;
    delete(&stage, &admin, &a, &session).await;
    restore(&stage, &admin, &a).await;
    stage.all_of(PEOPLE);
}

async fn create(stage: &Stage, admin: &Admin) {
    let site = &stage.site;
    let carol = json!({ "name": "carol", "display_name": "Carol Jones" });
    let ready = Ready::post(stage.twin(&admin.browser), "/api/users", carol, 201, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let there = found(tried.before(), "carol").await;
            assert!(there.len() <= 1 && (there.len() == 1 || !tried.done), "{told}");
            if tried.done {
                let initial = tried.answer.json()["initial_password"].as_str().expect("a password").to_owned();
                assert!(opens(site, "carol", &initial).await, "{told}");
            }
            let again = tried.later(site).await;
            assert_eq!(again.status, if there.is_empty() { 201 } else { 409 }, "{told}, then {}", again.text);
            let there = found(tried.before(), "carol").await;
            assert_eq!(there, found(tried.before(), "jones").await, "{told}");
            assert_eq!(there.len(), 1, "{told}");
            assert!(listed(tried.before(), "/api/users", &there[0]).await, "{told}");
            // Nobody knows a password that was in no answer; she gets one.
            tried.before().post(&format!("/api/users/{}/start-reset", there[0]), json!({})).await.expect(201);
        })
        .await;
}

async fn edit(stage: &Stage, admin: &Admin, a: &Person, session: &Browser) {
    let site = &stage.site;
    let path = format!("/api/users/{}", a.id);
    let wanted = |version: &Value| json!({ "version": version, "display_name": "Zoe Winter", "department": "Law", "blocked": true });
    let before = shown(&admin.browser, &a.id).await;
    let ready = Ready::of(stage.twin(&admin.browser), Method::PATCH, &path, Some(wanted(&before["version"])), 200);
    let what = |page: &Value| ["display_name", "department", "state"].map(|field| page["user"][field].clone());
    let new = [json!("Zoe Winter"), json!("Law"), json!("blocked")];
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let now = shown(tried.before(), &a.id).await;
            let changed = what(&now) == new;
            assert!(changed || (what(&now) == what(&before) && !tried.done), "{now}: {told}");
            assert_eq!(alive(session).await, !changed, "{told}");
            assert_eq!(opens(site, &a.name, &a.password).await, !changed, "{told}");
            let name = if changed { "zoe" } else { "alice" };
            assert_eq!(found(tried.before(), name).await, [a.id.as_str()], "{told}");
            if !changed {
                site.advance(151);
                tried.before().patch(&path, wanted(&now["version"])).await.expect(200);
            }
            assert_eq!(what(&shown(tried.before(), &a.id).await), new, "{told}");
            assert_eq!(found(tried.before(), "winter").await, [a.id.as_str()], "{told}");
            assert!(!alive(session).await && !opens(site, &a.name, &a.password).await, "{told}");
        })
        .await;
}

/// Is the account deleted? Everything that shows it says the same.
async fn deleted(site: &Site, browser: &Browser, a: &Person, told: &str) -> bool {
    let deleted = shown(browser, &a.id).await["user"]["state"] == "deleted";
    assert_eq!(listed(browser, "/api/users/deleted", &a.id).await, deleted, "the deleted: {told}");
    assert_eq!(listed(browser, "/api/users", &a.id).await, !deleted, "the others: {told}");
    assert_eq!(opens(site, &a.name, &a.password).await, !deleted, "{told}");
    deleted
}

async fn delete(stage: &Stage, admin: &Admin, a: &Person, session: &Browser) {
    let site = &stage.site;
    let path = format!("/api/users/{}", a.id);
    let ready = Ready::of(stage.twin(&admin.browser), Method::DELETE, &path, None, 200);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let gone = deleted(site, tried.before(), a, told).await;
            assert!(gone || !tried.done, "{told}");
            assert_eq!(alive(session).await, !gone, "{told}");
            let again = tried.later(site).await;
            assert!(gone || again.status == 200, "{told}, then {}", again.text);
            assert!(deleted(site, tried.before(), a, told).await && !alive(session).await, "{told}");
            tried.before().post(&format!("{path}/restore"), json!({})).await.expect(200);
            assert!(!deleted(site, tried.before(), a, told).await, "{told}");
        })
        .await;
}

async fn restore(stage: &Stage, admin: &Admin, a: &Person) {
    let site = &stage.site;
    let path = format!("/api/users/{}", a.id);
    admin.browser.delete(&path).await.expect(200);
    let ready = Ready::post(stage.twin(&admin.browser), &format!("{path}/restore"), json!({}), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let gone = deleted(site, tried.before(), a, told).await;
            assert!(!(gone && tried.done), "{told}");
            let again = tried.later(site).await;
            assert!(!gone || again.status == 200, "{told}, then {}", again.text);
            assert!(!deleted(site, tried.before(), a, told).await, "{told}");
        })
        .await;
}

async fn sec_74_faults_in_an_import_leave_whole_people(backend: Backend) {
    let stage = Stage::new(backend).await;
    let (admin, a, _) = cast(&stage.site).await;
    let site = &stage.site;
    let rows = "carol,Carol Jones,Sales\nalice,Alice Steele,Law\n";
    let body = json!({ "header": "user_name,display_name,department", "rows": rows, "line": 2, "last": true });
    let ready = Ready::post(stage.twin(&admin.browser), "/api/users/import", body, 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let report = tried.answer.json()["report"].as_array().cloned().unwrap_or_default();
            let there = found(tried.before(), "carol").await;
            let created = report.iter().find(|line| line["result"] == "created");
            assert!(created.is_none() || there.len() == 1, "said to be there: {told}");
            if let Some(initial) = created.and_then(|line| line["initial_password"].as_str()) {
                assert!(opens(site, "carol", initial).await, "{told}");
            }
            let moved = shown(tried.before(), &a.id).await["user"]["department"] == "Law";
            assert!(moved || !report.iter().any(|line| line["result"] == "updated"), "said to be changed: {told}");
            let again = tried.later(site).await.expect(200).json();
            let refused = again["report"].as_array().expect("lines").iter().any(|line| line["result"] == "refused");
            assert!(!refused, "{told}, then {again}");
            assert_eq!(found(tried.before(), "carol").await.len(), 1, "{told}");
            assert_eq!(found(tried.before(), "jones").await.len(), 1, "{told}");
            assert_eq!(shown(tried.before(), &a.id).await["user"]["department"], "Law", "{told}");
        })
        .await;
    stage.all_of(IMPORT);
}

async fn sec_74_faults_in_help_leave_nobody_in_between(backend: Backend) {
    let stage = Stage::new(backend).await;
    let (admin, a, session) = cast(&stage.site).await;
    let start = stage.moment().await;
    start_reset(&stage, &admin, &a).await;
    stage.back_to(&start).await;
    end_sessions(&stage, &admin, &a, &session).await;
    take_methods(&stage, &admin, &a).await;
    unlock(&stage, &admin, &a).await;
    stage.all_of(HELP);
}

async fn start_reset(stage: &Stage, admin: &Admin, a: &Person) {
    let site = &stage.site;
    let path = format!("/api/users/{}/start-reset", a.id);
    let redeemed = async |code: &Value| {
        let proof = json!({ "method": "helpdesk_code", "code": code });
        started(site, a).await.post("/api/verify-code/reset", proof).await.status == 200
    };
    let old = admin.browser.post(&path, json!({})).await.expect(201).json()["code"].clone();
    let ready = Ready::post(stage.twin(&admin.browser), &path, json!({}), 201, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let old_works = redeemed(&old).await;
            assert!(!(old_works && tried.done), "another was made: {told}");
            if tried.done {
                assert!(redeemed(&tried.answer.json()["code"]).await, "{told}");
            }
            let new = tried.later(site).await.expect(201).json()["code"].clone();
            assert!(!redeemed(&old).await && redeemed(&new).await && !redeemed(&new).await, "{told}");
        })
        .await;
}

async fn end_sessions(stage: &Stage, admin: &Admin, a: &Person, session: &Browser) {
    let site = &stage.site;
    let path = format!("/api/users/{}/end-sessions", a.id);
    let ready = Ready::post(stage.twin(&admin.browser), &path, json!({}), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            assert!(!(alive(session).await && tried.done), "said to be over: {told}");
            tried.later(site).await.expect(200);
            assert!(!alive(session).await, "{told}");
            site.advance(1_000);
            assert!(alive(&signed_in(site, a).await).await, "{told}");
        })
        .await;
}

async fn take_methods(stage: &Stage, admin: &Admin, a: &Person) {
    let site = &stage.site;
    let path = format!("/api/users/{}/methods", a.id);
    let ready = Ready::of(stage.twin(&admin.browser), Method::DELETE, &path, None, 200);
    let all = shown(&admin.browser, &a.id).await["registered_kinds"].clone();
    assert_eq!(all, json!(["phone", "email", "recovery_codes"]));
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let left = shown(tried.before(), &a.id).await["registered_kinds"].clone();
            assert!(left == json!([]) || (left == all && !tried.done), "{left} are left: {told}");
            if left == all {
                password_proven(site, a).await;
            }
            tried.later(site).await.expect(200);
            assert_eq!(shown(tried.before(), &a.id).await["registered_kinds"], json!([]), "{told}");
            let view = site.browser().post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await;
            assert_eq!(view.expect(200).json()["stage"], "registration_required", "{told}");
        })
        .await;
}

async fn unlock(stage: &Stage, admin: &Admin, a: &Person) {
    let site = &stage.site;
    for n in 0..11 {
        let wrong = json!({ "name": a.name, "password": format!("not the right one at all {n}") });
        site.browser().post("/api/sign-in", wrong).await.expect(401);
    }
    let path = format!("/api/users/{}/unlock", a.id);
    assert_eq!(shown(&admin.browser, &a.id).await["locked"], true);
    let ready = Ready::post(stage.twin(&admin.browser), &path, json!({}), 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let locked = shown(tried.before(), &a.id).await["locked"] == true;
            assert!(!(locked && tried.done), "{told}");
            assert_eq!(opens(site, &a.name, &a.password).await, !locked, "{told}");
            tried.later(site).await.expect(200);
            assert_eq!(shown(tried.before(), &a.id).await["locked"], false, "{told}");
            assert!(opens(site, &a.name, &a.password).await, "{told}");
        })
        .await;
}
