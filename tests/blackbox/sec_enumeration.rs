//! SEC-1, 3, 4, 5, 6, 7: a stranger learns nothing.

use relatch_catcher::{Behaviour, Mode};
use relatch_tests::people::{enabled, lock_out, number, start_and_send};
use relatch_tests::{Admin, Backend, Browser, Person, Site};
use serde_json::json;
use std::time::Duration;

on_both_stores!(
    sec_1_start_answers_everybody_alike,
    sec_3_send_answers_alike_whatever_the_number,
    sec_4_verify_on_a_decoy_behaves_like_a_real_one,
    sec_7_nothing_personal_is_said_before_a_gate,
    sec_5_sign_in_refuses_everybody_alike,
    sec_6_a_provider_that_is_down_is_not_seen,
);

/// A real, G not in the group, R nothing registered, N nobody, and an administrator.
async fn cast(site: &Site) -> (Admin, Person, Vec<String>) {
    let admin = Admin::new(site).await;
    let a = admin.person(site, "alice", "+447400123456").await;
    let g = admin.person(site, "gerda", "+447400123457").await;
    let r = admin.person(site, "ralph", "").await;
    let group = admin.create_group("Testers", &[&a.id, &r.id]).await;
    admin.enable("selected", &[&group]).await;
    (admin, a, vec![g.name, r.name, "nobody".to_owned(), "admin".to_owned(), "n\u{f6}body".to_owned()])
}

async fn sec_1_start_answers_everybody_alike(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a, others) = cast(&site).await;
    let start = async |name: &str| {
        site.browser().post("/api/start-reset", json!({ "name": name })).await.expect(200).fingerprint()
    };
    let real = start(&a.name).await;
    for name in others {
        assert_eq!(start(&name).await, real, "{name}");
    }
}

async fn sec_3_send_answers_alike_whatever_the_number(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a, others) = cast(&site).await;
    let send = async |name: &str, phone: &str| {
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": name })).await.expect(200);
        let before = site.messages().await.len();
        let answer = browser.post("/api/send-code/reset", number(phone)).await.expect(202).fingerprint();
        (answer, site.messages().await.len() - before)
    };
    site.advance(3_600);
    let (right, sent) = send(&a.name, &a.phone).await;
    assert_eq!(sent, 1);
    let (wrong, sent) = send(&a.name, "+447400123999").await;
    assert_eq!((&wrong, sent), (&right, 0));
    for name in others {
        let (answer, sent) = send(&name, &a.phone).await;
        assert_eq!((&answer, sent), (&right, 0), "{name}");
    }
    // A destination that has had enough gets nothing, and the answer does not say so.
    let (again, sent) = send(&a.name, &a.phone).await;
    assert_eq!((&again, sent), (&right, 0));
}

async fn sec_4_verify_on_a_decoy_behaves_like_a_real_one(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a, others) = cast(&site).await;
    site.advance(3_600);
    let eleven_wrong = async |name: &str, phone: &str| {
        let browser = site.browser();
        start_and_send(&browser, name, phone).await;
        let code = if name == a.name { site.code_sent_to(&a.phone).await } else { "12345678".to_owned() };
        let mut answers = Vec::new();
        for _ in 0..6 {
            answers.push(guess(&browser, &other_than(&code)).await);
        }
        answers
    };
    let real = eleven_wrong(&a.name, &a.phone).await;
    assert!(real[4].contains("wrong_code") && real[5].contains("too_many_attempts"), "{real:?}");
    for name in others {
        assert_eq!(eleven_wrong(&name, &a.phone).await, real, "{name}");
    }
}

async fn guess(browser: &Browser, code: &str) -> String {
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.fingerprint()
}

fn other_than(code: &str) -> String {
    format!("{:08}", (code.parse::<u64>().unwrap() + 1) % 100_000_000)
}

async fn sec_7_nothing_personal_is_said_before_a_gate(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a, _) = cast(&site).await;
    site.advance(3_600);
    let browser = site.browser();
    let mut seen = String::new();
    for answer in [
        browser.get("/api/sign-in").await,
        browser.post("/api/start-reset", json!({ "name": a.name })).await,
        browser.post("/api/send-code/reset", number(&a.phone)).await,
        browser.post("/api/verify-code/reset", json!({ "code": "00000000" })).await,
        browser.post("/api/sign-in", json!({ "name": a.name, "password": "not the right password" })).await,
    ] {
        seen.push_str(&answer.text);
    }
    for personal in ["**", "•", "3456", "Steele", "alice", &a.phone, &a.id] {
        assert!(!seen.contains(personal), "{personal} in {seen}");
    }
}

async fn sec_5_sign_in_refuses_everybody_alike(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    let mut gone = Vec::new();
    for (name, phone) in [("blocked", "+447400123901"), ("deleted", "+447400123902"), ("locked", "+447400123903")] {
        gone.push(admin.person(&site, name, phone).await);
    }
    let path = format!("/api/users/{}", gone[0].id);
    let version = admin.browser.get(&path).await.expect(200).json()["version"].clone();
    admin.browser.patch(&path, json!({ "version": version, "blocked": true })).await.expect(200);
    admin.browser.delete(&format!("/api/users/{}", gone[1].id)).await.expect(200);
    lock_out(&site, &gone[2]).await;
    let wrong = "not the right one".to_owned();
    let tries = [
        ("nobody", &wrong),
        (a.name.as_str(), &wrong),
        // Right passwords, and still the same words.
        (gone[0].name.as_str(), &gone[0].password),
        (gone[1].name.as_str(), &gone[1].password),
        (gone[2].name.as_str(), &gone[2].password),
    ];
    let mut prints = Vec::new();
    for (name, password) in tries {
        let answer = site.browser().post("/api/sign-in", json!({ "name": name, "password": password })).await;
        prints.push(answer.expect(401).expect_code("sign_in_failed").fingerprint());
    }
    prints.dedup();
    assert_eq!(prints.len(), 1, "{prints:#?}");
}

async fn sec_6_a_provider_that_is_down_is_not_seen(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let send = async |name: &str| {
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": name })).await.expect(200);
        let sent = browser.post("/api/send-code/reset", number(&a.phone)).await.expect(202).fingerprint();
        site.settled().await;
        let tried = browser.post("/api/verify-code/reset", json!({ "code": "00000000" })).await;
        (sent, tried.expect(422).fingerprint())
    };
    let well = send(&a.name).await;
    for mode in [Mode::Fail, Mode::Refuse, Mode::Limit] {
        site.catcher.set_behaviour(Behaviour::of(mode));
        site.advance(3_600);
        assert_eq!(send(&a.name).await, well, "{mode:?}");
        assert_eq!(send("nobody").await, well, "{mode:?}");
    }
    // One that never answers holds up its own delivery, not the answer.
    site.catcher.set_behaviour(Behaviour::of(Mode::Timeout));
    site.advance(3_600);
    for name in [a.name.as_str(), "nobody"] {
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": name })).await.expect(200);
        let sent = browser.post("/api/send-code/reset", number(&a.phone)).await.expect(202);
        assert_eq!(sent.fingerprint(), well.0);
        assert!(sent.took < Duration::from_secs(5), "{:?}", sent.took);
    }
}
