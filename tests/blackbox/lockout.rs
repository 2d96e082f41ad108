//! SEC-66, SEC-25, SEC-5: the sign-in lock, apart for known and unknown devices.

use futures::future::join_all;
use relatch_tests::people::{NEW_PASSWORD, enabled, lock_out, prove, sign_in, unlock};
use relatch_tests::{Answer, Backend, Browser, Person, Site};
use serde_json::json;

on_both_stores!(
    sec_66_a_stranger_does_not_lock_the_owners_device_nor_the_other_way_round,
    sec_66_the_same_wrong_password_does_not_count_again,
    sec_66_repeats_at_once_count_for_nothing_once_they_are_known,
    sec_66_an_unlock_frees_known_and_unknown_devices,
    sec_25_a_reset_makes_every_device_unknown,
    sec_51_a_device_is_known_once_a_sign_in_is_complete_and_opens_nothing,
    sec_5_a_known_device_is_refused_like_any_other,
);

const DEVICE: &str = "__Host-relatch_device";

async fn try_password(browser: &Browser, name: &str, password: &str) -> Answer {
    browser.post("/api/sign-in", json!({ "name": name, "password": password })).await
}

/// A browser that was never here, and has this device cookie.
fn with_device(site: &Site, cookie: &str) -> Browser {
    let browser = site.browser();
    browser.set_cookie(DEVICE, cookie);
    browser
}

/// As a stranger's, but on a device that is known.
async fn lock_device_out(site: &Site, person: &Person, device: &str) {
    for n in 0..11 {
        try_password(&with_device(site, device), &person.name, &format!("wrong guess number {n}")).await.expect(401);
    }
}

async fn sec_66_a_stranger_does_not_lock_the_owners_device_nor_the_other_way_round(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let device = a.browser.cookie(DEVICE).expect("a sign-in was completed here");
    lock_out(&site, &a).await;
    try_password(&site.browser(), &a.name, &a.password).await.expect(401);
    try_password(&with_device(&site, &device), &a.name, &a.password).await.expect(200);
    // Whoever has the device has ten guesses of their own, and locks nobody else.
    site.advance(60);
    lock_device_out(&site, &a, &device).await;
    try_password(&with_device(&site, &device), &a.name, &a.password).await.expect(401);
    try_password(&site.browser(), &a.name, &a.password).await.expect(200);
    // It is known for ninety days.
    site.advance(90 * 86_400);
    lock_out(&site, &a).await;
    try_password(&with_device(&site, &device), &a.name, &a.password).await.expect(401);
}

async fn sec_66_the_same_wrong_password_does_not_count_again(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    for _ in 0..10 {
        for old in ["last year's password", "the year before", "and the one before that"] {
            try_password(&site.browser(), &a.name, old).await.expect(401);
        }
    }
    try_password(&site.browser(), &a.name, &a.password).await.expect(200);
    // Others count as ever.
    lock_out(&site, &a).await;
    try_password(&site.browser(), &a.name, &a.password).await.expect(401);
}

async fn sec_66_repeats_at_once_count_for_nothing_once_they_are_known(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let old = "last year's password";
    try_password(&site.browser(), &a.name, old).await.expect(401);
    let answers = join_all((0..30).map(|_| {
        let (browser, name) = (site.browser(), &a.name);
        async move { try_password(&browser, name, old).await.status }
    }));
    // A host that is busy hashing may say so; nobody gets in, and nothing was counted.
    assert!(answers.await.iter().all(|status| matches!(status, 401 | 503)));
    try_password(&site.browser(), &a.name, &a.password).await.expect(200);
}

async fn sec_66_an_unlock_frees_known_and_unknown_devices(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let device = a.browser.cookie(DEVICE).unwrap();
    lock_out(&site, &a).await;
    lock_device_out(&site, &a, &device).await;
    unlock(&site, &a).await;
    try_password(&site.browser(), &a.name, &a.password).await.expect(200);
    try_password(&with_device(&site, &device), &a.name, &a.password).await.expect(200);
}

async fn sec_25_a_reset_makes_every_device_unknown(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let device = a.browser.cookie(DEVICE).unwrap();
    let reset = site.browser();
    prove(&site, &reset, &a).await;
    reset.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD })).await.expect(200);
    assert_eq!(reset.cookie(DEVICE), None, "a reset signs nobody in");
    lock_out(&site, &a).await;
    try_password(&with_device(&site, &device), &a.name, NEW_PASSWORD).await.expect(401);
}

async fn sec_51_a_device_is_known_once_a_sign_in_is_complete_and_opens_nothing(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    try_password(&browser, &a.name, &a.password).await.expect(200);
    assert_eq!(browser.cookie(DEVICE), None, "the second factor is still asked");
    let done = sign_in(&site, &browser, &a.name, &a.password, &a.phone).await.expect(200);
    let cookies: Vec<&str> = done.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    let device = cookies.iter().find(|cookie| cookie.starts_with("__Host-relatch_device=")).expect("a device cookie");
    assert!(device.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=7776000"), "{device}");
    let bare = with_device(&site, &browser.cookie(DEVICE).unwrap());
    bare.get("/api/account").await.expect(401);
    assert_eq!(bare.get("/api/sign-in").await.json()["stage"], "signed_out");
    let view = try_password(&bare, &a.name, &a.password).await.expect(200).json();
    assert_eq!(view["stage"], "second_factor_required", "it stands for no factor");
}

async fn sec_5_a_known_device_is_refused_like_any_other(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let device = a.browser.cookie(DEVICE).unwrap();
    let mut seen = Vec::new();
    // To nobody every device is unknown, so each turn asks for another nobody.
    for (cookie, name) in
        [(None, a.name.as_str()), (None, "nobody"), (Some(&device), a.name.as_str()), (Some(&device), "noone")]
    {
        // A first mistake, a repeat, and one while locked.
        for guess in [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 10] {
            let browser = cookie.map_or_else(|| site.browser(), |cookie| with_device(&site, cookie));
            site.t.mark();
            let answer = try_password(&browser, name, &format!("wrong guess number {guess}")).await;
            site.settled().await;
            seen.push((answer.expect(401).fingerprint(), site.t.counts().operations));
        }
    }
    let (first, others) = seen.split_at(13);
    for other in others.chunks(13) {
        assert!(other == first, "the same answers, and the same operations as often");
    }
}
