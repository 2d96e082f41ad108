//! SEC-36 to 38: passwords.

use relatch_tests::people::{enabled, prove, sign_in};
use relatch_tests::{Admin, Backend, Site};
use serde_json::json;

on_both_stores!(
    sec_36_passwords_are_compared_exactly,
    sec_37_what_is_too_long_is_refused_before_any_work,
    sec_38_hashes_are_argon2id_salted_and_peppered,
);

async fn sec_36_passwords_are_compared_exactly(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    let password = format!("{}caf\u{e9} ", "x".repeat(75));
    browser.post("/api/set-password/reset", json!({ "password": password })).await.expect(200);
    let at_73 = format!("{}y{}", &password[..72], &password[73..]);
    for wrong in [
        password.trim_end().to_owned(),
        password.to_uppercase(),
        at_73,
        password[..72].to_owned(),
        format!("{password} "),
        password.replace('\u{e9}', "e"),
    ] {
        site.browser().post("/api/sign-in", json!({ "name": a.name, "password": wrong })).await.expect(401);
    }
    let spelt_apart = password.replace('\u{e9}', "e\u{301}");
    for right in [password, spelt_apart] {
        sign_in(&site, &site.browser(), &a.name, &right, &a.phone).await.expect(200);
    }
}

async fn sec_37_what_is_too_long_is_refused_before_any_work(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    prove(&site, &browser, &a).await;
    site.t.mark();
    let long = "x".repeat(257);
    browser.post("/api/set-password/reset", json!({ "password": long })).await.expect(400).expect_code("invalid_field");
    browser.post("/api/sign-in", json!({ "name": a.name, "password": long })).await.expect(400);
    browser.post("/api/sign-in", json!({ "name": a.name, "password": "\u{1f600}".repeat(257) })).await.expect(400);
    let headers = [("content-type", "application/json"), ("origin", relatch_tests::site::ORIGIN)];
    let megabyte = vec![b'x'; 1_000_000];
    browser.raw(reqwest::Method::POST, "/api/sign-in", &headers, megabyte).await.expect(413);
    assert_eq!(site.t.counts().commits, 0, "nothing was charged, claimed or hashed for it");
    browser.post("/api/set-password/reset", json!({ "password": "x y ".repeat(64) })).await.expect(200);
}

async fn sec_38_hashes_are_argon2id_salted_and_peppered(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let people = [admin.person(&site, "alice", "").await, admin.person(&site, "berta", "").await];
    admin.enable("all", &[]).await;
    let mut hashes = Vec::new();
    for person in &people {
        let id = relatch_core::AccountId::parse(&person.id).unwrap();
        let key = site.keys().password(id);
        let dump = site.dump().await;
        let (_, value) = dump.iter().find(|(name, _)| *name == key).expect("a password record");
        let record = site.unseal(&key, value).expect("sealed with our key");
        hashes.push(record["hash"].as_str().unwrap().to_owned());
        assert_eq!(record["pepper"], "p1");
    }
    assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")), "{hashes:?}");
    assert_ne!(hashes[0].split('$').nth(4), hashes[1].split('$').nth(4), "salts differ");
    // With the pepper the hash verifies; without it, or with another, the dump alone is of no use.
    let password = relatch_core::Password::parse(&people[0].password).unwrap();
    assert_eq!(relatch_core::hashing::verify(&password, &hashes[0], &[3; 32]), Ok(true));
    assert_eq!(relatch_core::hashing::verify(&password, &hashes[0], &[0; 32]), Ok(false));
}
