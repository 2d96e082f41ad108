//! Groups, who is in them, and for whom resets are enabled.

use super::Ready;
use super::stage::{Stage, Tried};
use super::users::shown;
use relatch_tests::people::enabled;
use relatch_tests::{Admin, Backend, Browser};
use reqwest::Method;
use serde_json::{Value, json};

on_both_stores!(sec_74_faults_in_a_change_of_groups_leave_nobody_half_in);

pub const GROUPS: &[&str] =
    &["POST /api/groups", "PATCH /api/groups/{id}", "POST /api/groups/{id}/members", "PUT /api/enable-group"];

async fn sec_74_faults_in_a_change_of_groups_leave_nobody_half_in(backend: Backend) {
    let stage = Stage::new(backend).await;
    let (admin, a) = enabled(&stage.site).await;
    admin.sign_in_again(&stage.site).await;
    let (b, _) = admin.create_user("bob").await;
    let people = [a.id.as_str(), b.as_str()];
    create(&stage, &admin, people).await;
    let id = admin.create_group("Sales", &[&a.id]).await;
    rename(&stage, &admin, &id).await;
    members(&stage, &admin, &id, people).await;
    scope(&stage, &admin, &id, people).await;
    stage.all_of(GROUPS);
}

async fn group(browser: &Browser, id: &str) -> Value {
    browser.get(&format!("/api/groups/{id}")).await.expect(200).json()
}

/// Ids of the groups that have this name.
async fn named(browser: &Browser, name: &str) -> Vec<String> {
    let groups = browser.get("/api/groups").await.expect(200).json()["groups"].as_array().expect("groups").clone();
    let named = groups.iter().filter(|group| group["name"] == name);
    named.map(|group| group["id"].as_str().expect("an id").to_owned()).collect()
}

/// Who of the two is in it. The group and the people say the same.
async fn who_is_in(browser: &Browser, id: &str, people: [&str; 2], told: &str) -> [bool; 2] {
    let members = group(browser, id).await["members"].as_array().expect("members").clone();
    let mut are_in = [false; 2];
    for (person, is_in) in people.iter().zip(&mut are_in) {
        *is_in = members.iter().any(|member| member["id"] == *person);
        let groups = shown(browser, person).await["groups"].as_array().expect("groups").clone();
        assert_eq!(groups.iter().any(|group| group["id"] == id), *is_in, "the person and the group differ: {told}");
    }
    are_in
}

async fn create(stage: &Stage, admin: &Admin, people: [&str; 2]) {
    let body = json!({ "name": "Law", "members": people });
    let ready = Ready::post(stage.twin(&admin.browser), "/api/groups", body, 201, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let there = named(tried.before(), "Law").await;
            assert!(there.len() <= 1 && (there.len() == 1 || !tried.done), "{told}");
            if let Some(id) = there.first() {
                assert_eq!(who_is_in(tried.before(), id, people, told).await, [true; 2], "{told}");
            }
            let again = tried.later(&stage.site).await;
            assert_eq!(again.status, if there.is_empty() { 201 } else { 409 }, "{told}, then {}", again.text);
            let there = named(tried.before(), "Law").await;
            assert_eq!(there.len(), 1, "{told}");
            assert_eq!(who_is_in(tried.before(), &there[0], people, told).await, [true; 2], "{told}");
        })
        .await;
}

async fn rename(stage: &Stage, admin: &Admin, id: &str) {
    let path = format!("/api/groups/{id}");
    let wanted = |version: &Value| json!({ "version": version, "name": "Sellers", "description": "of everything" });
    let before = group(&admin.browser, id).await["group"].clone();
    let ready = Ready::of(stage.twin(&admin.browser), Method::PATCH, &path, Some(wanted(&before["version"])), 200);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let now = group(tried.before(), id).await["group"].clone();
            let new = now["name"] == "Sellers" && now["description"] == "of everything";
            let old = now["name"] == before["name"] && now["description"] == before["description"];
            assert!(new || (old && !tried.done), "{now}: {told}");
            stage.site.advance(151);
            if old {
                tried.before().patch(&path, wanted(&now["version"])).await.expect(200);
            }
            assert_eq!(group(tried.before(), id).await["group"]["name"], "Sellers", "{told}");
            // The name it had is free, and the one it has is not.
            let of = |name: &str| json!({ "name": name });
            tried.before().post("/api/groups", of("Sellers")).await.expect(409);
            tried.before().post("/api/groups", of("Sales")).await.expect(201);
        })
        .await;
}

async fn members(stage: &Stage, admin: &Admin, id: &str, people: [&str; 2]) {
    let body = json!({ "add_members": [people[1]], "remove_members": [people[0]] });
    let ready = Ready::post(stage.twin(&admin.browser), &format!("/api/groups/{id}/members"), body, 200, "");
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let now = who_is_in(tried.before(), id, people, told).await;
            assert!(now == [false, true] || (now == [true, false] && !tried.done), "{now:?}: {told}");
            tried.later(&stage.site).await.expect(200);
            assert_eq!(who_is_in(tried.before(), id, people, told).await, [false, true], "{told}");
        })
        .await;
}

async fn scope(stage: &Stage, admin: &Admin, id: &str, people: [&str; 2]) {
    let path = "/api/enable-group";
    let wanted = |version: &Value| json!({ "version": version, "scope": "selected", "groups": [id] });
    let before = admin.browser.get(path).await.expect(200).json();
    let ready = Ready::of(stage.twin(&admin.browser), Method::PUT, path, Some(wanted(&before["version"])), 200);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let now = tried.before().get(path).await.expect(200).json();
            let new = now["scope"] == "selected" && now["groups"][0]["id"] == id;
            let old = now["scope"] == before["scope"] && now["groups"] == before["groups"];
            assert!(new || (old && !tried.done), "{now}: {told}");
            let left_out = async || {
                let reasons = shown(tried.before(), people[1]).await["readiness"]["reasons"].clone();
                reasons.as_array().expect("reasons").contains(&json!("reset_not_in_group"))
            };
            assert_eq!(left_out().await, new, "{told}");
            stage.site.advance(151);
            let version = tried.before().get(path).await.expect(200).json()["version"].clone();
            tried.before().put(path, wanted(&version)).await.expect(200);
            assert!(left_out().await, "{told}");
        })
        .await;
}
