//! Attacks of the catalogue that no requirement's test makes already. docs/THREATS.md lists all 46 with their tests.

use relatch_tests::people::{NEW_PASSWORD, enabled, prove, sign_in};
use relatch_tests::race::Held;
use relatch_tests::site::root;
use relatch_tests::{Backend, Site};
use serde_json::json;
use std::hash::{BuildHasher, RandomState};

on_both_stores!(
    a4_sign_ins_at_once_do_not_beat_the_lock,
    a26_a_planted_cookie_is_never_adopted,
    a36_slow_bodies_hold_up_nobody,
);

/// People whose lock is raced. With ten of fifty looked at, all of them fall in one run of 15,000.
const VICTIMS: usize = 6;
const RACERS: usize = 50;

async fn a4_sign_ins_at_once_do_not_beat_the_lock(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, _) = enabled(&site).await;
    let mut fallen = 0;
    for n in 0..VICTIMS {
        let victim = admin.person(&site, &format!("victim{n}"), "").await;
        let place = RandomState::new().hash_one(n) as usize % RACERS;
        let mut held = Vec::new();
        for racer in 0..RACERS {
            let guess = format!("guess {racer} is as wrong as any");
            let password = if racer == place { &victim.password } else { &guess };
            let body = json!({ "name": victim.name, "password": password });
            let address = [127, 44, n as u8, racer as u8];
            held.push(Held::post(address, site.url(), &site.browser(), "/api/sign-in", &body).await);
        }
        let answers = relatch_tests::race::release(held).await;
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 401 | 503)));
        fallen += answers.iter().filter(|answer| answer.status == 200).count();
        // And the lock is there.
        let again = json!({ "name": victim.name, "password": victim.password });
        let status = site.browser().post("/api/sign-in", again).await.status;
        assert!(fallen > 0 || status == 401, "{status}: after fifty at once the account is locked");
    }
    assert!(fallen < VICTIMS, "every one of fifty passwords at once was looked at");
}

async fn a26_a_planted_cookie_is_never_adopted(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    // What a neighbouring host of the same domain, or somebody on the same computer, could put there.
    let planted = "A".repeat(43);
    for (name, path, body) in [
        ("__Host-sspr_sess", "/api/sign-in", json!({ "name": a.name, "password": a.password })),
        ("__Host-sspr_flow", "/api/start-reset", json!({ "name": a.name })),
    ] {
        let browser = site.browser();
        browser.set_cookie(name, &planted);
        browser.post(path, body).await.expect(200);
        assert_ne!(browser.cookie(name).expect("a cookie"), planted, "{name}");
        let thief = site.browser();
        thief.set_cookie(name, &planted);
        let stage = thief.get("/api/sign-in").await.expect(200).json()["stage"].clone();
        assert_eq!(stage, "signed_out");
        thief.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(403);
    }
}

async fn a36_slow_bodies_hold_up_nobody(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let body = json!({ "name": a.name, "password": "as wrong as any password" });
    let mut slow = Vec::new();
    for n in 0..200 {
        slow.push(Held::post([127, 45, 0, n], site.url(), &site.browser(), "/api/sign-in", &body).await);
    }
    sign_in(&site, &site.browser(), &a.name, &a.password, &a.phone).await.expect(200);
    site.advance(301);
    prove(&site, &site.browser(), &a).await;
    drop(slow);
}

/// A14 and A15: no secret is ever in an address, and no page sends its address on or loads anything of others.
#[test]
fn a14_pages_tell_nobody_where_they_are_and_load_nothing_of_others() {
    let folder = root().join("static");
    let mut pages = 0;
    for entry in std::fs::read_dir(&folder).expect("static") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "html") {
            continue;
        }
        pages += 1;
        let text = std::fs::read_to_string(&path).expect("a page");
        let parts = text.split(['"', '\'']).filter(|part| part.starts_with("http:") || part.starts_with("https:"));
        let foreign: Vec<&str> = parts.collect();
        assert!(foreign.is_empty(), "{}: {foreign:?}", path.display());
    }
    assert!(pages > 5);
}
