//! SEC-36 to 38: passwords.

use relatch_tests::people::{enabled, prove, sign_in};
use relatch_tests::{Admin, Backend, Site};
use serde_json::json;

on_both_stores!(
    sec_32_there_are_no_questions_and_no_hints,
    sec_33_length_is_counted_in_characters,
    sec_34_nothing_but_length_and_lists_is_asked_for,
    sec_35_listed_words_and_names_are_refused_with_a_reason,
    the_entra_profile_asks_for_what_entra_asks_for,
    the_last_passwords_are_remembered_when_policy_says_so,
    sec_36_passwords_are_compared_exactly,
    sec_37_what_is_too_long_is_refused_before_any_work,
    sec_38_hashes_are_argon2id_salted_and_peppered,
);

/// Tries passwords at a first sign-in, where refusals cost nothing; `Ok` sets it.
async fn choose(site: &Site, admin: &Admin, name: &str, password: &str) -> Result<(), Vec<String>> {
    let (_, initial) = admin.create_user(name).await;
    let browser = site.browser();
    browser.post("/api/sign-in", json!({ "name": name, "password": initial })).await.expect(200);
    let answer = browser.post("/api/set-password/sign-in", json!({ "password": password })).await;
    if answer.status == 200 {
        return Ok(());
    }
    let reasons = answer.expect(422).expect_code("password_rejected").json()["reasons"].clone();
    Err(serde_json::from_value(reasons).unwrap())
}

async fn sec_32_there_are_no_questions_and_no_hints(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    for path in ["/api/questions", "/api/hint", "/api/security-questions"] {
        site.browser().get(path).await.expect(404);
    }
    let browser = site.browser();
    let started = browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200).text;
    assert!(!started.contains("question") && !started.contains("hint"));
}

async fn sec_33_length_is_counted_in_characters(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let long = |n: usize| "quiet river at dawn and so on ".chars().cycle().take(n).collect::<String>();
    let short = choose(&site, &admin, "u1", &long(14)).await.unwrap_err();
    assert_eq!(short, ["too_short"]);
    for (name, password) in
        [("u2", long(15)), ("u3", long(64)), ("u4", long(256)), ("u5", "\u{1f30a}".repeat(7) + &"\u{1f333}".repeat(8))]
    {
        choose(&site, &admin, name, &password).await.unwrap_or_else(|reasons| panic!("{name}: {reasons:?}"));
    }
}

async fn sec_34_nothing_but_length_and_lists_is_asked_for(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    for (name, password) in [
        ("u1", "quiet    river    now"),
        ("u2", "8402715936604128397"),
        (
            "u3",
            "\u{9759}\u{304b}\u{306a}\u{5ddd}\u{3068}\u{591c}\u{660e}\u{3051}\u{306e}\u{7a7a}\u{3092}\u{898b}\u{305f}\u{65e5}\u{3005}\u{3088}",
        ),
    ] {
        choose(&site, &admin, name, password).await.unwrap_or_else(|reasons| panic!("{name}: {reasons:?}"));
    }
}

async fn sec_35_listed_words_and_names_are_refused_with_a_reason(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.policy("passwords", json!({ "own_words": ["Bluebird Mk2"] })).await.expect(200);
    // A second factor makes eight characters enough, and the short words of the lists reachable.
    let phone = "+447400123001";
    let mia = admin.person(&site, "miastone", phone).await;
    let refused = async |password: &str| {
        let change = json!({ "current": mia.password, "password": password });
        let answer = mia.browser.post("/api/set-password/change", change).await.expect(422).json();
        answer["reasons"].to_string()
    };
    sign_in(&site, &mia.browser, &mia.name, &mia.password, phone).await.expect(200);
    for listed in ["password123", "PASSWORD123", "Passw0rd", "bluebird mk2", "BLUEBIRD MK2"] {
        assert!(refused(listed).await.contains("common"), "{listed}");
    }
    assert!(refused("miastone1").await.contains("contains_name"));
    assert!(refused("contoso12").await.contains("contains_name"));
    let superset = json!({ "current": mia.password, "password": "bluebird mk2 over the quiet river" });
    mia.browser.post("/api/set-password/change", superset).await.expect(200);
    let bad = admin.policy("passwords", json!({ "own_words": ["good word", "abc"] })).await.expect(400).json();
    assert_eq!((&bad["field"], &bad["at"]), (&json!("own_words"), &json!(2)));
}

async fn the_entra_profile_asks_for_what_entra_asks_for(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.policy("passwords", json!({ "profile": "entra", "own_words": ["blank"] })).await.expect(200);
    assert!(choose(&site, &admin, "u1", "onlysmallletters").await.unwrap_err().contains(&"too_few_kinds".to_owned()));
    assert!(choose(&site, &admin, "u2", "C0ntos0Blank12").await.unwrap_err().contains(&"contains_name".to_owned()));
    choose(&site, &admin, "u3", "Quiet-River9!f").await.unwrap_or_else(|reasons| panic!("{reasons:?}"));
}

async fn the_last_passwords_are_remembered_when_policy_says_so(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    admin.policy("passwords", json!({ "history": 2 })).await.expect(200);
    let mut first = true;
    for (password, status) in [
        (a.password.as_str(), 422),
        ("a second quiet evening", 200),
        (a.password.as_str(), 422),
        ("a third quiet evening", 200),
        (a.password.as_str(), 200),
    ] {
        site.advance(3_600);
        let browser = site.browser();
        prove(&site, &browser, &a).await;
        let answer = browser.post("/api/set-password/reset", json!({ "password": password })).await.expect(status);
        if status == 422 {
            assert_eq!(answer.json()["reasons"], json!(["used_before"]), "{first}");
        }
        first = false;
    }
}

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
