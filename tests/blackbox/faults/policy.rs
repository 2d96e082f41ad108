//! The pages of the policy, and the logo.

use super::Ready;
use super::stage::{Stage, Tried};
use relatch_tests::people::Admin;
use relatch_tests::{Backend, Browser};
use reqwest::Method;
use serde_json::{Value, json};

on_both_stores!(
    sec_74_faults_in_a_save_of_any_page_of_policy_leave_it_old_or_new,
    sec_74_faults_in_a_change_of_logo_leave_one_that_loads,
);

pub const PAGES: &[&str] = &[
    "PUT /api/policy/methods",
    "PUT /api/policy/registration",
    "PUT /api/policy/customisation",
    "PUT /api/policy/passwords",
    "PUT /api/policy/entitlement",
];
pub const LOGO: &[&str] = &["PUT /api/policy/logo", "DELETE /api/policy/logo"];

async fn page(browser: &Browser, name: &str) -> Value {
    browser.get("/api/policy").await.expect(200).json()[name].clone()
}

async fn sec_74_faults_in_a_save_of_any_page_of_policy_leave_it_old_or_new(backend: Backend) {
    let stage = Stage::new(backend).await;
    let admin = Admin::new(&stage.site).await;
    for (name, fields) in [
        ("methods", json!({ "call": false, "countries": ["GB", "IE"] })),
        ("registration", json!({ "ask_at_sign_in": false, "reconfirm_days": 90 })),
        ("customisation", json!({ "organisation": "Fabrikam", "colour": "#0f6cbd" })),
        ("passwords", json!({ "own_words": ["fabrikam"], "history": 5 })),
        ("entitlement", json!({ "check": true, "cloud": ["p1"] })),
    ] {
        save(&stage, &admin, name, &fields).await;
    }
    stage.all_of(PAGES);
}

async fn save(stage: &Stage, admin: &Admin, name: &str, fields: &Value) {
    let path = format!("/api/policy/{name}");
    let over = |before: &Value| {
        let mut wanted = before.clone();
        for (field, value) in fields.as_object().expect("fields") {
            wanted[field] = value.clone();
        }
        wanted
    };
    let same =
        |one: &Value, other: &Value| fields.as_object().expect("fields").keys().all(|field| one[field] == other[field]);
    let before = page(&admin.browser, name).await;
    assert!(!same(&before, fields), "{name} is to be changed");
    let ready = Ready::of(stage.twin(&admin.browser), Method::PUT, &path, Some(over(&before)), 200);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let now = page(tried.before(), name).await;
            assert!(same(&now, fields) || (same(&now, &before) && !tried.done), "{now}: {told}");
            stage.site.advance(151);
            tried.before().put(&path, over(&now)).await.expect(200);
            assert!(same(&page(tried.before(), name).await, fields), "{told}");
        })
        .await;
}

const PATH: &str = "/api/policy/logo";
/// Two pixels.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADUlEQVR4nGPgz9kLRAAHMwJxcy0usAAAAABJRU5ErkJggg==";

/// The number of the logo, which loads; 0 if there is none.
async fn logo(browser: &Browser, told: &str) -> u64 {
    let number = page(browser, "customisation").await["logo"].as_u64().expect("a number");
    let shown = browser.get("/api/sign-in").await.expect(200).json()["organisation"]["logo"].clone();
    if number == 0 {
        assert_eq!(shown, Value::Null, "{told}");
    } else {
        let path = format!("/api/logo/{number}");
        assert_eq!(shown, path, "{told}");
        assert_eq!(browser.get(&path).await.status, 200, "a logo that does not load: {told}");
    }
    number
}

async fn sec_74_faults_in_a_change_of_logo_leave_one_that_loads(backend: Backend) {
    let stage = Stage::new(backend).await;
    let admin = Admin::new(&stage.site).await;
    let version = async |browser: &Browser| page(browser, "customisation").await["version"].clone();
    let put = |version: &Value| json!({ "png": PNG, "version": version });
    admin.browser.put(PATH, put(&version(&admin.browser).await)).await.expect(200);
    let first = logo(&admin.browser, "").await;

    let body = put(&version(&admin.browser).await);
    let ready = Ready::of(stage.twin(&admin.browser), Method::PUT, PATH, Some(body), 200);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let now = logo(tried.before(), told).await;
            assert!(now != 0 && (now != first || !tried.done), "{now}: {told}");
            stage.site.advance(151);
            tried.before().put(PATH, put(&version(tried.before()).await)).await.expect(200);
            let after = logo(tried.before(), told).await;
            assert!(after != 0 && after != now, "{told}");
        })
        .await;

    let body = json!({ "version": version(&admin.browser).await });
    let ready = Ready::of(stage.twin(&admin.browser), Method::DELETE, PATH, Some(body), 200);
    stage
        .break_each(&ready, async |tried: &Tried<'_>| {
            let told = &tried.told;
            let now = logo(tried.before(), told).await;
            assert!(now == 0 || (now == first && !tried.done), "{now}: {told}");
            stage.site.advance(151);
            let body = json!({ "version": version(tried.before()).await }).to_string();
            tried.before().send(Method::DELETE, PATH, Some(body), &[]).await.expect(200);
            assert_eq!(logo(tried.before(), told).await, 0, "{told}");
        })
        .await;
    stage.all_of(LOGO);
}
