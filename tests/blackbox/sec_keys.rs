//! Keys change: with an overlap, beside running hosts or between them, and nothing is lost or good twice.

use relatch_tests::people::{
    ADMIN_PASSWORD, ADMIN_PHONE, NEW_PASSWORD, enabled, opens, prove, recovery_codes, sign_in,
};
use relatch_tests::site::{host_options, key_text, root};
use relatch_tests::{Admin, Backend, Person, Site};
use serde_json::{Value, json};
use std::process::Command;

on_both_stores!(
    sec_38_a_new_pepper_takes_over_at_the_next_sign_in,
    sec_71_records_are_sealed_anew_beside_a_running_host,
    sec_71_everything_is_carried_under_new_names,
    sec_71_what_cannot_be_right_changes_nothing,
);

/// What a run of `relatch-keys` said, and whether it went well.
struct Said {
    code: Option<i32>,
    out: String,
}

/// Runs it with the variables of the tests, `changed` among them, at the store of `site`.
fn keys(site: &Site, changed: &[(&str, &str)], arguments: &[&str]) -> Said {
    let mut variables = host_options(&root(), "http://127.0.0.1:1").variables;
    for (name, value) in changed {
        variables.insert((*name).to_owned(), (*value).to_owned());
    }
    let file = site.file("keys.env");
    let lines = variables.iter().map(|(name, value)| format!("SPIN_VARIABLE_{}={value}\n", name.to_uppercase()));
    std::fs::write(&file, lines.collect::<String>()).unwrap();
    let mut command = Command::new(root().join("target/debug/relatch-keys"));
    let (verb, rest) = arguments.split_first().unwrap();
    command.args([verb, "--store", &name_of(&site.store), "--env-file", file.to_str().unwrap()]).args(rest);
    let output = command.output().expect("relatch-keys; `cargo xtask test` builds it");
    let out = [output.stdout, output.stderr].concat();
    Said { code: output.status.code(), out: String::from_utf8(out).unwrap() }
}

fn name_of(store: &relatch_host::StoreConfig) -> String {
    match store {
        relatch_host::StoreConfig::SqliteFile(path) => format!("sqlite:{}", path.display()),
        relatch_host::StoreConfig::Redis(url) => url.clone(),
        other => panic!("{other:?} is not shared"),
    }
}

async fn record(site: &Site, person: &Person) -> Value {
    let key = site.keys().password(relatch_core::AccountId::parse(&person.id).unwrap());
    let (_, value) = site.dump().await.into_iter().find(|(name, _)| *name == key).expect("a password record");
    site.unseal(&key, &value).expect("sealed with our key")
}

async fn sec_38_a_new_pepper_takes_over_at_the_next_sign_in(backend: Backend) {
    let site = Site::start_shared(backend).await;
    let (admin, a) = enabled(&site).await;
    let b = admin.person(&site, "berta", "+447400123457").await;
    let both = format!("{},{}", key_text("p2", 7), key_text("p1", 3));
    let site = site.again(|options| drop(options.variables.insert("pepper".to_owned(), both.clone()))).await;
    let old = record(&site, &a).await;
    assert!(!opens(&site, "alice", "not her password").await);
    assert_eq!(record(&site, &a).await["hash"], old["hash"], "a wrong password changes nothing");
    assert!(opens(&site, "alice", &a.password).await);
    let new = record(&site, &a).await;
    assert_eq!(new["pepper"], "p2");
    assert_ne!(new["hash"], old["hash"]);
    assert_eq!(new["changed_at"], old["changed_at"], "she did not choose another one");
    assert!(opens(&site, "alice", &a.password).await);
    assert_eq!(record(&site, &a).await["hash"], new["hash"], "once is enough");
    assert_eq!(record(&site, &b).await["pepper"], "p1");
    let said = keys(&site, &[("pepper", &both)], &["report"]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(said.out.contains("still needed until: a sign-in of each"), "{}", said.out);

    // The old one goes: whoever has not signed in since is refused like with a wrong password, and resets.
    let site = site.again(|options| drop(options.variables.insert("pepper".to_owned(), key_text("p2", 7)))).await;
    assert!(opens(&site, "alice", &a.password).await);
    assert!(!opens(&site, "berta", &b.password).await);
    site.advance(3_600);
    let browser = site.browser();
    prove(&site, &browser, &b).await;
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    assert!(opens(&site, "berta", NEW_PASSWORD).await);
}

async fn sec_71_records_are_sealed_anew_beside_a_running_host(backend: Backend) {
    let site = Site::start_shared(backend).await;
    let (_, a) = enabled(&site).await;
    let (new, both) = (key_text("k2", 8), format!("{},{}", key_text("k2", 8), key_text("k1", 1)));
    let site = site.again(|options| drop(options.variables.insert("sealing_keys".to_owned(), both.clone()))).await;
    let before = keys(&site, &[("sealing_keys", &both)], &["report"]);
    assert!(before.out.contains("still needed until: relatch-keys reseal"), "{}", before.out);
    // Somebody resets a password meanwhile.
    site.advance(3_600);
    let browser = site.browser();
    let (said, ()) = tokio::join!(
        async { tokio::task::block_in_place(|| keys(&site, &[("sealing_keys", &both)], &["reseal"])) },
        async {
            prove(&site, &browser, &a).await;
            browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
        }
    );
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(said.out.contains("records sealed anew with k2"), "{}", said.out);
    keys(&site, &[("sealing_keys", &both)], &["reseal"]);
    let after = keys(&site, &[("sealing_keys", &both)], &["report"]);
    let old = after.out.lines().find(|line| line.trim_start().starts_with("k1")).unwrap();
    assert!(old.contains("no longer needed"), "{}", after.out);

    let site = site.again(|options| drop(options.variables.insert("sealing_keys".to_owned(), new.clone()))).await;
    assert!(opens(&site, "alice", NEW_PASSWORD).await);
    assert!(!opens(&site, "alice", &a.password).await);
    let alone = keys(&site, &[("sealing_keys", &new)], &["report"]);
    assert_eq!(alone.code, Some(0), "{}", alone.out);
}

async fn sec_71_everything_is_carried_under_new_names(backend: Backend) {
    let site = Site::start_shared(backend).await;
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, "alice", &a.password, &a.phone).await.expect(200);
    let codes = recovery_codes(&a.browser).await;
    let with_code = async |site: &Site, code: &str| {
        let browser = site.browser();
        browser.post("/api/sign-in", json!({ "name": "alice", "password": a.password })).await.expect(200);
        let proof = json!({ "method": "recovery_code", "code": code });
        browser.post("/api/verify-code/sign-in", proof).await.status
    };
    assert_eq!(with_code(&site, &codes[0]).await, 200);
    let names = format!("{},{}", key_text("l2", 9), key_text("l1", 2));
    let seals = format!("{},{}", key_text("k2", 8), key_text("k1", 1));
    let variables = [("lookup_key", names.as_str()), ("sealing_keys", seals.as_str())];
    let file = format!("sqlite:{}", site.file("carried.db").display());
    let old_names: Vec<String> = site.dump().await.into_iter().map(|(name, _)| name).collect();

    // Redis is carried to SQLite and back to Redis: counters are kept in other shapes there.
    let said = keys(&site, &variables, &["move", "--rename", "--to", &file]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    let mut store = relatch_host::StoreConfig::parse(&file).unwrap();
    let twice = keys(&site, &variables, &["move", "--rename", "--to", &file]);
    assert_eq!((twice.code, twice.out.contains("is not empty")), (Some(2), true), "{}", twice.out);
    let mut site = site
        .again(|options| {
            options.store = store.clone();
            options.variables.insert("lookup_key".to_owned(), names.clone());
            options.variables.insert("sealing_keys".to_owned(), seals.clone());
        })
        .await;
    if let Some(url) = site.redis_database(1) {
        let said = keys(&site, &variables, &["move", "--to", &url]);
        assert_eq!(said.code, Some(0), "{}", said.out);
        store = relatch_host::StoreConfig::Redis(url);
        site = site
            .again(|options| {
                options.store = store;
                options.variables.insert("lookup_key".to_owned(), names.clone());
                options.variables.insert("sealing_keys".to_owned(), key_text("k2", 8));
            })
            .await;
    }
    let dump = site.dump().await;
    assert!(dump.iter().all(|(name, _)| !old_names.contains(name)), "an old name is left");

    // Everything is as it was; a code that was used stays used, and who was signed in signs in again.
    let before = site.browser();
    before.restore(&a.browser.remember());
    before.get("/api/account").await.expect(401);
    site.advance(3_600);
    assert_eq!(with_code(&site, &codes[0]).await, 422);
    assert_eq!(with_code(&site, &codes[1]).await, 200);
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    browser.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    assert!(opens(&site, "alice", NEW_PASSWORD).await);
    let administrator = site.browser();
    let answer = sign_in(&site, &administrator, "admin", ADMIN_PASSWORD, ADMIN_PHONE).await;
    assert_eq!(answer.expect(200).json()["stage"], "signed_in");
    let users = administrator.get("/api/users").await.expect(200).json();
    assert!(users.to_string().contains("alice"), "{users}");
}

async fn sec_71_what_cannot_be_right_changes_nothing(backend: Backend) {
    let site = Site::start_shared(backend).await;
    Admin::new(&site).await;
    let dump = site.dump().await;
    let nowhere = format!("sqlite:{}", site.file("none/at.db").display());
    let other = format!("sqlite:{}", site.file("other.db").display());
    let itself = name_of(&site.store);
    let foreign = [("sealing_keys", key_text("k9", 9))];
    let foreign: Vec<(&str, &str)> = foreign.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (changed, arguments, code, words) in [
        (&[][..], &["move", "--to", &itself][..], 2, "another store"),
        (&[], &["move", "--to", "sqlite"], 2, "another store"),
        (&[], &["move", "--to", &nowhere], 2, "--to"),
        (&[], &["move", "--rename", "--to", &other], 2, "one key only"),
        (&[("pepper", "p1:short")], &["report"], 2, "the variable pepper does not hold keys"),
        (&foreign, &["report"], 1, "could not be opened"),
        (&foreign, &["reseal"], 1, "left as they are"),
        (&foreign, &["move", "--to", &other], 2, "nothing was carried"),
    ] {
        let said = keys(&site, changed, arguments);
        assert_eq!(said.code, Some(code), "{arguments:?}: {}", said.out);
        assert!(said.out.contains(words), "{arguments:?}: {}", said.out);
        assert!(!said.out.contains("short"), "keys are not shown");
    }
    assert_eq!(site.dump().await, dump);
    let mut command = Command::new(root().join("target/debug/relatch-keys"));
    let nothing = command.args(["report", "--state"]).arg(site.file("no")).output().unwrap();
    assert_eq!(nothing.status.code(), Some(2));
    let made = Command::new(root().join("target/debug/relatch-keys")).arg("new").output().unwrap();
    let made = String::from_utf8(made.stdout).unwrap();
    assert_eq!(relatch_store::seal::parse_keys(made.trim()).unwrap().len(), 1, "{made}");
}
