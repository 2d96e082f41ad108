//! Journeys through the API that no SEC number names.

use relatch_tests::people::{NEW_PASSWORD, lock_out, number, prove, sign_in};
use relatch_tests::{Admin, Backend, Site};
use serde_json::json;

on_both_stores!(
    the_seed_story_through_the_api,
    none_selected_and_all_mean_what_they_say,
    lists_and_search_find_people,
    two_administrators_cannot_overwrite_one_another,
    a_call_carries_a_code_too,
    wrong_passwords_lock_and_a_reset_unlocks,
    the_store_keeps_its_contract,
);

async fn the_seed_story_through_the_api(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let created = admin
        .browser
        .post("/api/users", json!({ "name": "mias", "display_name": "Mia Steele" }))
        .await
        .expect(201)
        .json();
    assert_eq!(created["user"]["name"], "mias@contoso.example");
    let initial = created["initial_password"].as_str().unwrap();
    let mia = created["user"]["id"].as_str().unwrap();
    let group = admin.create_group("SSPRTesters", &[mia]).await;
    admin.enable("selected", &[&group]).await;
    let browser = site.browser();
    let view = browser
        .post("/api/sign-in", json!({ "name": "mias@contoso.example", "password": initial }))
        .await
        .expect(200)
        .json();
    assert_eq!(view["stage"], "password_change_required");
    browser
        .post("/api/set-password/sign-in", json!({ "password": initial }))
        .await
        .expect(422)
        .expect_code("password_rejected");
    browser.post("/api/set-password/sign-in", json!({ "password": "short" })).await.expect(422);
    let view = browser
        .post("/api/set-password/sign-in", json!({ "password": "mia and the long way home" }))
        .await
        .expect(200)
        .json();
    assert_eq!(view["stage"], "registration_required");
    browser.post("/api/send-code/register", number("07400 123456")).await.expect(202);
    let code = site.code_sent_to("+447400123456").await;
    browser.post("/api/verify-code/register", json!({ "code": code })).await.expect(200);
    // S43: the browser is closed here, and what was registered stays.
    drop(browser);
    let again = site.browser();
    let view = again
        .post("/api/sign-in", json!({ "name": "mias", "password": "mia and the long way home" }))
        .await
        .expect(200)
        .json();
    assert_eq!(view["stage"], "second_factor_required");
    site.advance(301);
    let person = relatch_tests::Person {
        id: mia.to_owned(),
        name: "mias".to_owned(),
        password: String::new(),
        phone: "+447400123456".to_owned(),
        browser: again,
    };
    let reset = site.browser();
    prove(&site, &reset, &person).await;
    reset.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    let signed_in = sign_in(&site, &site.browser(), "mias", NEW_PASSWORD, "+447400123456").await.expect(200);
    assert_eq!(signed_in.json()["stage"], "signed_in");
}

async fn none_selected_and_all_mean_what_they_say(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let a = admin.person(&site, "alice", "+447400123456").await;
    let b = admin.person(&site, "berta", "+447400222222").await;
    let first = admin.create_group("First", &[&a.id]).await;
    let second = admin.create_group("Second", &[]).await;
    let inner = admin.create_group("Inner", &[&b.id]).await;
    admin.browser.post(&format!("/api/groups/{second}/members"), json!({ "add_groups": [inner] })).await.expect(200);
    for (scope, groups, a_may, b_may) in [
        ("none", vec![], false, false),
        ("selected", vec![first.as_str()], true, false),
        ("selected", vec![second.as_str()], false, true),
        ("selected", vec![first.as_str(), second.as_str()], true, true),
        ("all", vec![], true, true),
    ] {
        admin.sign_in_again(&site).await;
        admin.enable(scope, &groups).await;
        site.advance(3_600);
        for (person, may) in [(&a, a_may), (&b, b_may)] {
            let before = site.messages().await.len();
            relatch_tests::people::start_and_send(&site.browser(), &person.name, &person.phone).await;
            assert_eq!(site.messages().await.len() - before, usize::from(may), "{scope} {groups:?} {}", person.name);
        }
    }
    admin.sign_in_again(&site).await;
    let version = admin.browser.get("/api/enable-group").await.json()["version"].clone();
    for (scope, groups) in [
        ("selected", json!([])),
        ("selected", json!(["0".repeat(32)])),
        ("selected", json!(["x"])),
        ("some", json!([])),
    ] {
        let body = json!({ "scope": scope, "groups": groups, "version": version });
        admin.browser.put("/api/enable-group", body).await.expect(400);
    }
}

async fn lists_and_search_find_people(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    for n in 0..60 {
        admin.create_user(&format!("person{n}")).await;
    }
    let first = admin.browser.get("/api/users").await.expect(200).json();
    assert_eq!(first["users"].as_array().unwrap().len(), 50);
    assert_eq!(first["users"][0]["name"], "person59@contoso.example");
    let rest =
        admin.browser.get(&format!("/api/users?after={}", first["next"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((rest["users"].as_array().unwrap().len(), rest["next"].is_null()), (11, true));
    let search = async |text: &str| {
        let found = admin.browser.post("/api/users/search", json!({ "text": text })).await.expect(200).json();
        found["users"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(search("person17").await, ["person17@contoso.example"]);
    assert_eq!(search("PERSON17 ste").await, ["person17@contoso.example"]);
    assert_eq!(search("ad").await, ["admin@contoso.example"]);
    assert_eq!(search("zz").await, Vec::<String>::new());
    assert_eq!(search("person").await.len(), 50);
    admin.browser.post("/api/users/search", json!({ "text": "a" })).await.expect(400).expect_code("invalid_field");
    for bad in ["/api/users?after=x", "/api/users?before=1", "/api/users?after=1&after=2", "/api/groups?after=-1"] {
        admin.browser.get(bad).await.expect(400);
    }
    admin
        .browser
        .post("/api/users", json!({ "name": "PERSON17", "display_name": "Again" }))
        .await
        .expect(409)
        .expect_code("name_taken");
    admin.browser.post("/api/users", json!({ "name": "eve@evil.example", "display_name": "Eve" })).await.expect(400);
    admin.create_group("Testers", &[]).await;
    admin.browser.post("/api/groups", json!({ "name": "testers" })).await.expect(409).expect_code("group_name_taken");
}

async fn two_administrators_cannot_overwrite_one_another(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let save = |scope: &str, version: u64| json!({ "scope": scope, "groups": [], "version": version });
    admin.browser.put("/api/enable-group", save("all", 0)).await.expect(200);
    let stale = admin.browser.put("/api/enable-group", save("none", 0)).await.expect(409).expect_code("stale_version");
    assert_eq!(
        (stale.json()["current"]["scope"].as_str(), stale.json()["current"]["version"].as_u64()),
        (Some("all"), Some(1))
    );
    // Fifty at once over the same version: one is saved, the others are told.
    let racers =
        (0..50).map(|n| admin.browser.put("/api/enable-group", save(if n % 2 == 0 { "all" } else { "none" }, 1)));
    let answers = futures::future::join_all(racers).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.code() == "stale_version"));
    assert_eq!(admin.browser.get("/api/enable-group").await.json()["version"], 2);
}

async fn a_call_carries_a_code_too(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let a = admin.person(&site, "alice", "+447400123456").await;
    site.advance(3_600);
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    browser
        .post("/api/send-code/reset", json!({ "delivery": "call", "country": "GB", "number": "07400 123456" }))
        .await
        .expect(202);
    let messages = site.messages().await;
    assert_eq!(format!("{:?}", messages.last().unwrap().kind).to_lowercase(), "voice");
    let code = site.code_sent_to(&a.phone).await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
}

async fn wrong_passwords_lock_and_a_reset_unlocks(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let a = admin.person(&site, "alice", "+447400123456").await;
    site.advance(3_600);
    lock_out(&site, &a).await;
    let locked =
        site.browser().post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(401);
    let unknown =
        site.browser().post("/api/sign-in", json!({ "name": "nobody", "password": a.password })).await.expect(401);
    assert_eq!(locked.fingerprint(), unknown.fingerprint());
    // Locked out of signing in is not locked out of getting back in.
    let reset = site.browser();
    prove(&site, &reset, &a).await;
    reset.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    site.browser().post("/api/sign-in", json!({ "name": a.name, "password": NEW_PASSWORD })).await.expect(200);
}

/// The port's contract, over the real backends, as the components use them.
async fn the_store_keeps_its_contract(backend: Backend) {
    let site = Site::start(backend).await;
    let kv = relatch_tests::store::HostKv(site.t.store());
    relatch_store::contract::check(&kv, "contract").await;
    let racers = (0..50).map(|_| relatch_store::Kv::increment(&kv, "contract:race", 1));
    let mut numbers: Vec<i64> = futures::future::join_all(racers).await.into_iter().map(Result::unwrap).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=50).collect::<Vec<i64>>());
}
