//! Users, groups and roles, as administrators of each kind meet them.

use relatch_tests::browser::Browser;
use relatch_tests::people::{NEW_PASSWORD, Person, enabled, sign_in, start_and_send};
use relatch_tests::{Admin, Backend, Site};
use serde_json::{Value, json};

on_both_stores!(
    users_are_edited_over_the_version_that_was_read,
    deleted_users_come_back_for_thirty_days,
    the_last_administrator_cannot_go,
    each_role_may_do_what_it_is_for,
    sec_31_an_administrator_starts_a_reset_and_never_sees_the_password,
    sec_19_a_link_spends_nothing_by_being_looked_at,
    sec_20_links_are_built_from_configuration_only,
    sec_56_an_administrator_ends_somebodys_sessions,
    taking_methods_away_stops_them_at_once,
    s25_a_dynamic_group_follows_its_rule,
    a_csv_is_imported_line_by_line,
);

async fn shown(admin: &Admin, id: &str) -> Value {
    admin.browser.get(&format!("/api/users/{id}")).await.expect(200).json()
}

/// Gives somebody a role; their browser is signed in again.
async fn promote(site: &Site, admin: &Admin, person: &Person, role: &str) {
    let version = shown(admin, &person.id).await["version"].clone();
    admin
        .browser
        .patch(&format!("/api/users/{}", person.id), json!({ "version": version, "roles": [role] }))
        .await
        .expect(200);
    sign_in(site, &person.browser, &person.name, &person.password, &person.phone).await.expect(200);
}

async fn users_are_edited_over_the_version_that_was_read(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let (id, _) = admin.create_user("mias").await;
    let path = format!("/api/users/{id}");
    let version = shown(&admin, &id).await["version"].clone();
    let change = json!({ "version": version, "display_name": "Mia Stone", "department": "Sales", "country": "gb",
        "source": "cloud", "plans": ["p1"] });
    let changed = admin.browser.patch(&path, change.clone()).await.expect(200).json();
    assert_eq!(changed["user"]["department"], "Sales");
    assert_eq!(changed["user"]["country"], "GB");
    assert_eq!(changed["activity"][0]["what"], "edited");
    let stale = admin.browser.patch(&path, change).await.expect(409).expect_code("stale_version").json();
    assert_eq!(stale["current"]["user"]["display_name"], "Mia Stone");
    let found = admin.browser.post("/api/users/search", json!({ "text": "stone" })).await.expect(200).json();
    assert_eq!(found["users"][0]["id"], id);
    let version = changed["version"].clone();
    for bad in [json!({ "country": "GBR" }), json!({ "plans": ["p9"] }), json!({ "department": "x".repeat(65) })] {
        let mut body = bad;
        body["version"] = version.clone();
        admin.browser.patch(&path, body).await.expect(400).expect_code("invalid_field");
    }
    assert_eq!(shown(&admin, &id).await["version"], version);
}

async fn deleted_users_come_back_for_thirty_days(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    let path = format!("/api/users/{}", a.id);
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let deleted = admin.browser.delete(&path).await.expect(200).json();
    assert_eq!(deleted["user"]["state"], "deleted");
    a.browser.get("/api/account").await.expect(401);
    site.browser().post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(401);
    let sent = site.messages().await.len();
    site.advance(120);
    start_and_send(&site.browser(), &a.name, &a.phone).await;
    assert_eq!(site.messages().await.len(), sent, "nothing is sent to a deleted account");
    admin.sign_in_again(&site).await;
    let list = admin.browser.get("/api/users/deleted").await.expect(200).json();
    assert_eq!(list["users"].as_array().unwrap().len(), 1);
    admin.browser.post("/api/users", json!({ "name": a.name, "display_name": "B" })).await.expect(409);
    admin.browser.post(&format!("{path}/restore"), json!({})).await.expect(200);
    sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(200);
    admin.browser.delete(&path).await.expect(200);
    site.advance(30 * 86_400 + 1);
    admin.sign_in_again(&site).await;
    admin.browser.post(&format!("{path}/restore"), json!({})).await.expect(409).expect_code("not_restorable");
    admin.browser.post("/api/users", json!({ "name": a.name, "display_name": "B" })).await.expect(201);
}

async fn the_last_administrator_cannot_go(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let me = admin.browser.post("/api/users/search", json!({ "text": "admin" })).await.expect(200).json();
    let me = me["users"][0]["id"].as_str().unwrap().to_owned();
    admin.browser.delete(&format!("/api/users/{me}")).await.expect(409).expect_code("not_yourself");
    let second = admin.person(&site, "second", "+447400123777").await;
    promote(&site, &admin, &second, "global_administrator").await;
    let version = shown(&admin, &me).await["version"].clone();
    let demote = json!({ "version": version, "roles": [] });
    second.browser.patch(&format!("/api/users/{me}"), demote).await.expect(200);
    // The first is nobody now, and the second cannot be taken away by anybody.
    admin.browser.get("/api/users").await.expect(403);
    let version = second.browser.get(&format!("/api/users/{}", second.id)).await.expect(200).json()["version"].clone();
    let own = json!({ "version": version, "blocked": true });
    second.browser.patch(&format!("/api/users/{}", second.id), own).await.expect(409).expect_code("not_yourself");
}

async fn each_role_may_do_what_it_is_for(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let mia = admin.person(&site, "mia", "+447400123001").await;
    let cases =
        [("reader", 403, 403, 403), ("helpdesk", 200, 403, 403), ("authentication_administrator", 200, 200, 403)];
    for (at, (role, help, methods, manage)) in cases.into_iter().enumerate() {
        let who = admin.person(&site, &format!("staff{at}"), &format!("+44740012310{at}")).await;
        promote(&site, &admin, &who, role).await;
        let browser = &who.browser;
        for path in ["/api/users", "/api/groups", "/api/policy", "/api/enable-group", "/api/audit/usage"] {
            browser.get(path).await.expect(200);
        }
        let mia_path = format!("/api/users/{}", mia.id);
        browser.post(&format!("{mia_path}/end-sessions"), json!({})).await.expect(help);
        browser.post(&format!("{mia_path}/unlock"), json!({})).await.expect(help);
        browser.delete(&format!("{mia_path}/methods")).await.expect(methods);
        browser.delete(&mia_path).await.expect(manage);
        browser.post("/api/users", json!({ "name": "x", "display_name": "X" })).await.expect(manage);
        browser.post("/api/groups", json!({ "name": "x" })).await.expect(manage);
        let version = shown(&admin, &mia.id).await["version"].clone();
        let rise = json!({ "version": version, "roles": ["global_administrator"] });
        browser.patch(&mia_path, rise).await.expect(manage);
        // Nobody but a global administrator touches somebody who has a role.
        browser.post(&format!("/api/users/{}/start-reset", who.id), json!({})).await.expect(403);
    }
}

async fn sec_31_an_administrator_starts_a_reset_and_never_sees_the_password(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    // Nothing registered, password reset enabled for nobody: just whom a helpdesk must help.
    let mia = admin.person(&site, "mia", "").await;
    let path = format!("/api/users/{}/start-reset", mia.id);
    admin.browser.post(&path, json!({ "password": "chosen by the admin" })).await.expect(400);
    let version = shown(&admin, &mia.id).await["version"].clone();
    let change = json!({ "version": version, "password": "chosen by the admin" });
    admin.browser.patch(&format!("/api/users/{}", mia.id), change).await.expect(400);
    let old = admin.browser.post(&path, json!({})).await.expect(201).json()["code"].as_str().unwrap().to_owned();
    let code = admin.browser.post(&path, json!({})).await.expect(201).json()["code"].as_str().unwrap().to_owned();
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": mia.name })).await.expect(200);
    let redeem = async |browser: &Browser, code: &str| {
        browser.post("/api/verify-code/reset", json!({ "method": "helpdesk_code", "code": code })).await
    };
    redeem(&browser, &old).await.expect(422).expect_code("wrong_code");
    let next = redeem(&browser, &code).await.expect(200).json();
    assert_eq!(next["next"], "set_password");
    let again = site.browser();
    again.post("/api/start-reset", json!({ "name": mia.name })).await.expect(200);
    redeem(&again, &code).await.expect(422);
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    site.browser().post("/api/sign-in", json!({ "name": mia.name, "password": NEW_PASSWORD })).await.expect(200);
    // A code is refused alike for a stranger, and dies with its day.
    let stranger = site.browser();
    stranger.post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
    redeem(&stranger, &code).await.expect(422).expect_code("wrong_code");
    admin.sign_in_again(&site).await;
    let code = admin.browser.post(&path, json!({})).await.expect(201).json()["code"].as_str().unwrap().to_owned();
    site.advance(86_400);
    let late = site.browser();
    late.post("/api/start-reset", json!({ "name": mia.name })).await.expect(200);
    redeem(&late, &code).await.expect(422);
}

async fn sec_19_a_link_spends_nothing_by_being_looked_at(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let mia = admin.person(&site, "mia", "").await;
    let started = admin.browser.post(&format!("/api/users/{}/start-reset", mia.id), json!({})).await.expect(201).json();
    let link = started["link"].as_str().unwrap();
    let (page, secret) = link.split_once('#').expect("the secret stands behind the #");
    assert!(!page.contains('?') && secret.contains(started["code"].as_str().unwrap()));
    for _ in 0..3 {
        site.browser().get("/reset").await.expect(200);
    }
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": mia.name })).await.expect(200);
    let code = json!({ "method": "helpdesk_code", "code": started["code"] });
    browser.post("/api/verify-code/reset", code).await.expect(200);
}

async fn sec_20_links_are_built_from_configuration_only(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let mia = admin.person(&site, "mia", "").await;
    let forged = [("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example"), ("x-host", "evil.example")];
    let path = format!("/api/users/{}/start-reset", mia.id);
    let answer = admin.browser.send(reqwest::Method::POST, &path, Some("{}".to_owned()), &forged).await.expect(201);
    assert!(!answer.text.contains("evil.example"));
    assert!(answer.json()["link"].as_str().unwrap().starts_with(&format!("{}/reset#", site.origin())));
    // A plus sign would be read as a space.
    let tagged = json!({ "name": "mia+reset", "display_name": "Mia Reset" });
    let tagged = admin.browser.post("/api/users", tagged).await.expect(201).json()["user"]["id"].clone();
    let path = format!("/api/users/{}/start-reset", tagged.as_str().unwrap());
    let started = admin.browser.post(&path, json!({})).await.expect(201).json();
    let named = format!("{}/reset#name=mia%2Breset@contoso.example&code=", site.origin());
    assert!(started["link"].as_str().unwrap().starts_with(&named), "{}", started["link"]);
}

async fn sec_56_an_administrator_ends_somebodys_sessions(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    a.browser.get("/api/account").await.expect(200);
    admin.browser.post(&format!("/api/users/{}/end-sessions", a.id), json!({})).await.expect(200);
    a.browser.get("/api/account").await.expect(401);
}

async fn taking_methods_away_stops_them_at_once(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let code = site.code_sent_to(&a.phone).await;
    let before = site.messages().await.len();
    let after = admin.browser.delete(&format!("/api/users/{}/methods", a.id)).await.expect(200).json();
    site.settled().await;
    assert_eq!(site.messages().await.len(), before + 1, "the old phone hears of it");
    assert_eq!(after["registered_kinds"], json!([]));
    assert_eq!(after["readiness"]["reasons"], json!(["reset_nothing_registered"]));
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(422);
    let view = site.browser().post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await;
    assert_eq!(view.expect(200).json()["stage"], "registration_required");
}

async fn s25_a_dynamic_group_follows_its_rule(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let mia = admin.person(&site, "mia", "+447400123001").await;
    let bad = json!({ "name": "Sales", "membership": "dynamic", "rule": "department = \"Sales\"" });
    let problem = admin.browser.post("/api/groups", bad).await.expect(400).expect_code("invalid_rule").json();
    assert!(problem["at"].as_u64().unwrap() > 1 && problem["detail"].is_string());
    let rule = "department == \"Sales\" and country in [\"GB\", \"IE\"]";
    let group = json!({ "name": "Sales", "membership": "dynamic", "rule": rule });
    let group = admin.browser.post("/api/groups", group).await.expect(201).json()["group"].clone();
    let id = group["id"].as_str().unwrap();
    // Nested in an assigned one, which is the one that is enabled.
    let outer = admin.create_group("Everyone in scope", &[]).await;
    let nest = json!({ "add_groups": [id] });
    admin.browser.post(&format!("/api/groups/{outer}/members"), nest).await.expect(200);
    admin.enable("selected", &[&outer]).await;
    let add = json!({ "add_members": [mia.id] });
    admin.browser.post(&format!("/api/groups/{id}/members"), add).await.expect(409).expect_code("dynamic_group");
    let reasons = shown(&admin, &mia.id).await["readiness"]["reasons"].clone();
    assert_eq!(reasons, json!(["reset_not_in_group"]));
    let version = shown(&admin, &mia.id).await["version"].clone();
    let sales = json!({ "version": version, "department": "sales", "country": "IE" });
    let after = admin.browser.patch(&format!("/api/users/{}", mia.id), sales).await.expect(200).json();
    assert_eq!(after["readiness"], json!({ "able": true, "reasons": [] }));
    let members = admin.browser.get(&format!("/api/groups/{id}")).await.expect(200).json();
    assert_eq!(members["members"][0]["id"], mia.id);
    let tried = admin.browser.post("/api/groups/try-rule", json!({ "rule": rule })).await.expect(200).json();
    assert_eq!(tried["people"][0]["id"], mia.id);
    // Another rule counts with the next request.
    let version = members["group"]["version"].clone();
    let change = json!({ "version": version, "rule": "department == \"Law\"" });
    admin.browser.patch(&format!("/api/groups/{id}"), change.clone()).await.expect(200);
    assert_eq!(shown(&admin, &mia.id).await["readiness"]["able"], false);
    admin.browser.patch(&format!("/api/groups/{id}"), change).await.expect(409).expect_code("stale_version");
}

async fn a_csv_is_imported_line_by_line(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let header = "user_name,display_name,department,country,account_kind,plans";
    let rows = "ann,Ann One,Sales,GB,cloud,p1\n\"bob\",\"Bob, Two\",,,on_premises,\nbad name,X,,,,\nann,Ann One,Sales,GB,cloud,p1\ncut,Off,S";
    let import = async |rows: &str, last: bool, line: u64| {
        let body = json!({ "header": header, "rows": rows, "line": line, "last": last });
        admin.browser.post("/api/users/import", body).await
    };
    let report = import(rows, false, 2).await.expect(200).json();
    let results: Vec<&str> =
        report["report"].as_array().unwrap().iter().map(|l| l["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["created", "created", "refused", "unchanged"]);
    assert_eq!(report["report"][2]["line"], 4);
    assert_eq!(report["report"][2]["field"], "user_name");
    assert_eq!(report["consumed"].as_u64().unwrap() as usize, rows.rfind("cut").unwrap());
    let initial = report["report"][0]["initial_password"].as_str().unwrap();
    let view = site.browser().post("/api/sign-in", json!({ "name": "ann", "password": initial })).await.expect(200);
    assert_eq!(view.json()["stage"], "password_change_required");
    let last = import("cut,Off,S", true, 6).await.expect(200).json();
    assert_eq!(last["report"][0]["reason"], "wrong_number_of_fields");
    let bad = json!({ "header": "user_name,password", "rows": "", "line": 2, "last": true });
    admin.browser.post("/api/users/import", bad).await.expect(400).expect_code("invalid_field");
    let exported = admin.browser.get("/api/users/export").await.expect(200).json();
    let csv = exported["csv"].as_str().unwrap();
    assert!(csv.starts_with("user_name,display_name,"));
    assert!(csv.contains("bob@contoso.example,\"Bob, Two\",,,on_premises,,enabled,,"), "{csv}");
    // What was exported can be imported again.
    let (first, rest) = csv.split_once('\n').unwrap();
    let body = json!({ "header": first, "rows": rest, "line": 2, "last": true });
    let again = admin.browser.post("/api/users/import", body).await.expect(200).json();
    assert!(again["report"].as_array().unwrap().iter().all(|line| line["result"] == "unchanged"), "{again}");
}
