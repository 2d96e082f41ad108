//! SEC-8 to 17: codes.

use futures::future::join_all;
use relatch_tests::people::{enabled, number, prove, recovery_codes, sign_in, start_and_send};
use relatch_tests::{Admin, Backend, Browser, Person, Site};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

on_both_stores!(
    sec_8_codes_are_uniform_and_keep_leading_zeros,
    sec_9_lifetimes_are_enforced_to_the_second,
    sec_10_a_code_and_a_grant_work_once,
    sec_11_a_resend_kills_the_old_code,
    sec_12_a_code_is_bound_to_flow_account_and_purpose,
    sec_13_no_secret_in_answers_logs_or_storage,
    sec_14_fifty_guesses_at_once_are_worth_five,
    sec_15_failures_add_up_across_flows_and_addresses,
    sec_15_wrong_recovery_codes_add_up_too,
    sec_16_malformed_codes_are_charged_or_refused,
    sec_17_past_the_cap_the_right_code_is_refused_alike,
);

fn wrong(code: &str) -> String {
    format!("{:08}", (code.parse::<u64>().unwrap() + 1) % 100_000_000)
}

async fn verify(browser: &Browser, code: &str) -> relatch_tests::Answer {
    browser.post("/api/verify-code/reset", json!({ "code": code })).await
}

async fn sec_8_codes_are_uniform_and_keep_leading_zeros(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    // So many codes are months of one person's allowance; the clock can move.
    let wanted = match (backend, relatch_tests::full()) {
        (_, true) => 2_000,
        (Backend::Sqlite, false) => 600,
        (Backend::Redis, false) => 100,
    };
    let first = unevenness(&codes_sent(&site, &a, wanted).await);
    if first.is_empty() {
        return;
    }
    // A fair generator looks uneven once in a few hundred runs. One that is not looks uneven again, in the same place.
    let second = unevenness(&codes_sent(&site, &a, wanted).await);
    let both: Vec<_> = first.intersection(&second).collect();
    assert!(both.is_empty(), "uneven in two samples: {both:?}");
}

async fn codes_sent(site: &Site, person: &Person, wanted: usize) -> Vec<String> {
    let mut codes = Vec::new();
    while codes.len() < wanted {
        site.advance(8_641);
        let browser = site.browser();
        start_and_send(&browser, &person.name, &person.phone).await;
        codes.push(site.code_sent_to(&person.phone).await);
    }
    assert!(codes.iter().all(|code| code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit())));
    // At 2,000 of 10^8, a repeat has a chance of 2 %; three would be a defect.
    assert!(codes.iter().collect::<BTreeSet<_>>().len() >= wanted - 2);
    codes
}

/// In what respects these codes do not look random, each at odds of 1 in 10,000 or less for fair ones.
fn unevenness(codes: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let count = codes.len() as f64;
    for position in 0..8 {
        let mut seen: BTreeMap<u8, f64> = BTreeMap::new();
        for code in codes {
            *seen.entry(code.as_bytes()[position]).or_default() += 1.0;
        }
        let expected = count / 10.0;
        let chi: f64 =
            (b'0'..=b'9').map(|digit| (seen.get(&digit).copied().unwrap_or(0.0) - expected).powi(2) / expected).sum();
        // 9 degrees of freedom: 33.7 is passed by one fair position in 10,000.
        if chi > 33.7 {
            found.insert(format!("digits at position {position}"));
        }
    }
    let numbers: Vec<f64> = codes.iter().map(|code| code.parse::<f64>().unwrap() / 1e8).collect();
    let mean = numbers.iter().sum::<f64>() / count;
    let var: f64 = numbers.iter().map(|x| (x - mean).powi(2)).sum();
    let cov: f64 = numbers.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if (cov / var).abs() > 4.0 / count.sqrt() {
        found.insert("serial correlation".to_owned());
    }
    found
}

async fn sec_9_lifetimes_are_enforced_to_the_second(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    for (wait, status) in [(290, 200), (301, 410)] {
        site.advance(7_200);
        let browser = site.browser();
        start_and_send(&browser, &a.name, &a.phone).await;
        let code = site.code_sent_to(&a.phone).await;
        site.advance(wait);
        verify(&browser, &code).await.expect(status);
    }
    // The flow: 15 minutes. The grant: 5.
    for (wait, status) in [(890, 202), (901, 410)] {
        site.advance(7_200);
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
        site.advance(wait);
        browser.post("/api/send-code/reset", number(&a.phone)).await.expect(status);
    }
    for (wait, status) in [(301, 403), (290, 200)] {
        site.advance(7_200);
        let browser = site.browser();
        prove(&site, &browser, &a).await;
        site.advance(wait);
        browser
            .post("/api/set-password/reset", json!({ "password": "seven green bottles standing" }))
            .await
            .expect(status);
    }
}

async fn sec_10_a_code_and_a_grant_work_once(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let before = browser.remember();
    let code = site.code_sent_to(&a.phone).await;
    verify(&browser, &code).await.expect(200);
    let granted = browser.remember();
    browser.restore(&before);
    verify(&browser, &code).await.expect(422).expect_code("wrong_code");
    browser.restore(&granted);
    let password = json!({ "password": "seven green bottles standing" });
    browser.post("/api/set-password/reset", password.clone()).await.expect(200);
    browser.restore(&granted);
    browser.post("/api/set-password/reset", password).await.expect(403).expect_code("grant_spent");
    browser.restore(&before);
    assert_ne!(verify(&browser, &code).await.status, 200);
}

async fn sec_11_a_resend_kills_the_old_code(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let old = site.code_sent_to(&a.phone).await;
    browser.post("/api/send-code/reset", number(&a.phone)).await.expect(429).expect_code("too_soon");
    site.advance(31);
    browser.post("/api/send-code/reset", number(&a.phone)).await.expect(202);
    let new = site.code_sent_to(&a.phone).await;
    assert_ne!(old, new);
    verify(&browser, &old).await.expect(422);
    verify(&browser, &new).await.expect(200);
}

async fn sec_12_a_code_is_bound_to_flow_account_and_purpose(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    let b = admin.person(&site, "berta", "+447400222222").await;
    site.advance(3_600);
    // A's code in B's flow.
    let (for_a, for_b) = (site.browser(), site.browser());
    start_and_send(&for_a, &a.name, &a.phone).await;
    start_and_send(&for_b, &b.name, &b.phone).await;
    let (code_a, code_b) = (site.code_sent_to(&a.phone).await, site.code_sent_to(&b.phone).await);
    verify(&for_b, &code_a).await.expect(422);
    // The same account, another flow: the older flow's code is dead, and was never good in the newer.
    site.advance(120);
    let second = site.browser();
    start_and_send(&second, &a.name, &a.phone).await;
    verify(&second, &code_a).await.expect(422);
    // A sign-in code in a reset, and a reset code in a sign-in.
    site.advance(3_600);
    let signing_in = site.browser();
    signing_in.post("/api/sign-in", json!({ "name": b.name, "password": b.password })).await.expect(200);
    signing_in.post("/api/verify-code/sign-in", json!({ "code": code_b })).await.expect(422);
    signing_in.post("/api/send-code/sign-in", json!({ "delivery": "text" })).await.expect(202);
    let sign_in_code = site.code_sent_to(&b.phone).await;
    site.advance(120);
    let reset = site.browser();
    start_and_send(&reset, &b.name, &b.phone).await;
    verify(&reset, &sign_in_code).await.expect(422);
    // Registration: a code for one number proves nothing elsewhere.
    site.advance(3_600);
    let c_initial = admin_again(&admin, &site, "carla").await;
    let c = site.browser();
    c.post("/api/sign-in", json!({ "name": "carla", "password": c_initial })).await.expect(200);
    c.post("/api/set-password/sign-in", json!({ "password": "carla likes long evenings" })).await.expect(200);
    c.post("/api/send-code/register", number("+447400333333")).await.expect(202);
    let registration = site.code_sent_to("+447400333333").await;
    let reset = site.browser();
    start_and_send(&reset, &b.name, &b.phone).await;
    verify(&reset, &registration).await.expect(422);
    // Every one of those was charged: B's reset has two failures in its window, and the counter knows.
    assert!(site.t.counts().total() > 0);
}

async fn admin_again(admin: &Admin, site: &Site, name: &str) -> String {
    admin.sign_in_again(site).await;
    admin.create_user(name).await.1
}

async fn sec_13_no_secret_in_answers_logs_or_storage(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    let mut said = String::new();
    said.push_str(&browser.post("/api/start-reset", json!({ "name": a.name })).await.text);
    said.push_str(&browser.post("/api/send-code/reset", number(&a.phone)).await.text);
    let code = site.code_sent_to(&a.phone).await;
    said.push_str(&verify(&browser, &code).await.text);
    let password = "canary in a coal mine 77";
    said.push_str(&browser.post("/api/set-password/reset", json!({ "password": password })).await.text);
    site.settled().await;
    let logs = site.t.logs().join("\n");
    let dump = site.dump().await;
    let codes: Vec<String> = site.messages().await.iter().filter_map(relatch_tests::site::any_code_in).collect();
    let phone = a.phone.trim_start_matches('+');
    for secret in codes.iter().map(String::as_str).chain([password, phone, a.password.as_str()]) {
        for form in forms(secret) {
            assert!(!said.contains(&form), "in an answer");
            assert!(!logs.contains(&form), "in a log");
            for (key, value) in &dump {
                assert!(!key.contains(&form), "in key {key}");
                assert!(!contains(value, form.as_bytes()), "in the value of {key}");
            }
        }
    }
}

fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    vec![
        secret.to_owned(),
        data_encoding::HEXLOWER.encode(bytes),
        data_encoding::BASE64_NOPAD.encode(bytes),
        data_encoding::BASE64URL_NOPAD.encode(bytes),
    ]
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

async fn sec_14_fifty_guesses_at_once_are_worth_five(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    // 5 of 50 guesses are looked at, so the right one among them wins one time in ten.
    let rounds = if backend == Backend::Sqlite { 60 } else { 20 };
    let mut won = 0;
    for round in 0..rounds {
        site.advance(90_000);
        let browser = site.browser();
        start_and_send(&browser, &a.name, &a.phone).await;
        let right = site.code_sent_to(&a.phone).await;
        let place = (round * 37 + 11) % 50;
        let guesses = (0..50).map(|at| {
            let guess = if at == place {
                right.clone()
            } else {
                format!("{:08}", (right.parse::<u64>().unwrap() + 1 + at) % 100_000_000)
            };
            let browser = &browser;
            async move { verify(browser, &guess).await.status }
        });
        let answers = join_all(guesses).await;
        let evaluated = answers.iter().filter(|status| **status == 422).count();
        let right_ones = answers.iter().filter(|status| **status == 200).count();
        assert!(evaluated + right_ones <= 5, "round {round}: {evaluated} wrong and {right_ones} right were looked at");
        won += right_ones;
    }
    // In a tenth of the rounds on average; in more than half of twenty about once in a million times.
    assert!(won * 2 <= rounds as usize, "{won} of {rounds}");
}

async fn sec_15_failures_add_up_across_flows_and_addresses(backend: Backend) {
    let site = Site::start(backend).await;
    // Failures are counted per day: begin with one, so that the test does not run into the next.
    site.begin_window(86_400);
    let (_, a) = enabled(&site).await;
    let mut failures = 0;
    for delivery in ["text", "call", "text", "call", "text"] {
        site.advance(1_900);
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
        browser
            .post("/api/send-code/reset", json!({ "delivery": delivery, "country": "GB", "number": a.phone }))
            .await
            .expect(202);
        let code = site.code_sent_to(&a.phone).await;
        for _ in 0..2 {
            verify(&browser, &wrong(&code)).await.expect(422);
            failures += 1;
        }
    }
    assert_eq!(failures, 10);
    site.advance(1_900);
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let code = site.code_sent_to(&a.phone).await;
    verify(&browser, &code).await.expect(429).expect_code("too_many_attempts");
    // Tomorrow it works again.
    site.advance(86_400);
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let code = site.code_sent_to(&a.phone).await;
    verify(&browser, &code).await.expect(200);
}

async fn sec_15_wrong_recovery_codes_add_up_too(backend: Backend) {
    let site = Site::start(backend).await;
    site.begin_window(86_400);
    let (_, a) = enabled(&site).await;
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let saved = recovery_codes(&a.browser).await;
    let attempt = async |code: &str| {
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
        browser.post("/api/verify-code/reset", json!({ "method": "recovery_code", "code": code })).await
    };
    for _ in 0..10 {
        attempt("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA").await.expect(422).expect_code("wrong_code");
    }
    attempt(&saved[0]).await.expect(429).expect_code("too_many_attempts");
    site.advance(86_400);
    attempt(&saved[0]).await.expect(200);
}

async fn sec_16_malformed_codes_are_charged_or_refused(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let right = site.code_sent_to(&a.phone).await;
    for body in [
        json!({ "code": ["1", "2"] }),
        json!({ "code": {} }),
        json!({ "code": null }),
        json!({ "code": true }),
        json!({ "code": 123_456 }),
        json!({ "code": [right] }),
    ] {
        browser.post("/api/verify-code/reset", body).await.expect(400).expect_code("invalid_body");
    }
    let huge = "1".repeat(10_000);
    browser.post("/api/verify-code/reset", json!({ "code": huge })).await.expect(413);
    // Text that is no code costs an attempt: five of them, and the right one comes too late.
    for text in ["１２３４５６７８", &format!("{right}%00"), &format!(" {right}"), "", "1234567"] {
        verify(&browser, text).await.expect(422).expect_code("wrong_code");
    }
    verify(&browser, &right).await.expect(429);
}

async fn sec_17_past_the_cap_the_right_code_is_refused_alike(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let right = site.code_sent_to(&a.phone).await;
    for _ in 0..5 {
        verify(&browser, &wrong(&right)).await.expect(422);
    }
    let refused_wrong = verify(&browser, &wrong(&right)).await.expect(429).fingerprint();
    let refused_right = verify(&browser, &right).await.expect(429).fingerprint();
    assert_eq!(refused_right, refused_wrong);
}
