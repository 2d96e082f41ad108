//! SEC-39, 61, 62, 63, 65, 67, 75: limits that hold, and a store that does not.

use futures::future::join_all;
use relatch_host::testing::{StoreEffect, StoreFault};
use relatch_store::keys::end_of;
use relatch_tests::people::{enabled, number, sign_in, start_and_send};
use relatch_tests::race::{Held, count, release};
use relatch_tests::{Admin, Backend, Browser, Site};
use reqwest::Method;
use serde_json::{Value, json};

on_both_stores!(
    sec_39_a_flood_of_sign_ins_does_not_stop_the_rest,
    sec_61_fifty_sends_at_once_text_a_phone_once,
    sec_61_new_numbers_have_a_price,
    sec_62_no_number_but_a_registered_one_is_texted,
    sec_62_only_countries_that_were_named,
    sec_63_forged_addresses_do_not_help,
    sec_65_a_broken_store_is_a_no,
    sec_67_limits_look_alike_for_everybody,
    sec_72_caps_and_gates_are_exact_when_fifty_come_at_once,
    sec_75_strangers_leave_only_what_ends,
);

async fn sec_39_a_flood_of_sign_ins_does_not_stop_the_rest(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let flood = (0..60).map(|n| {
        let browser = site.browser_at([127, 9, 9, n]);
        let body = json!({ "name": a.name, "password": format!("guess number {n} is as wrong as any") });
        async move { browser.post("/api/sign-in", body).await.status }
    });
    let probe = async {
        let browser = site.browser();
        for _ in 0..5 {
            browser.post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
        }
    };
    let (answers, ()) = futures::join!(futures::future::join_all(flood), probe);
    assert!(answers.iter().all(|status| matches!(status, 401 | 503)), "{answers:?}");
    assert!(answers.contains(&401));
}

async fn sec_61_fifty_sends_at_once_text_a_phone_once(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let before = site.messages().await.len();
    let mut browsers = Vec::new();
    for n in 0..50 {
        let browser = site.browser_at([127, 9, 9, n]);
        browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
        browsers.push(browser);
    }
    let sends = browsers.iter().map(|browser| browser.post("/api/send-code/reset", number(&a.phone)));
    for answer in futures::future::join_all(sends).await {
        answer.expect(202);
    }
    site.settled().await;
    assert_eq!(site.messages().await.len(), before + 1);
    // However long one goes on from ever new addresses: five an hour.
    for n in 50..80 {
        site.advance(110);
        let browser = site.browser_at([127, 9, 9, n]);
        start_and_send(&browser, &a.name, &a.phone).await;
    }
    site.settled().await;
    assert!(site.messages().await.len() <= before + 6, "{}", site.messages().await.len() - before);
}

async fn sec_62_no_number_but_a_registered_one_is_texted(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let before = site.messages().await.len();
    for typed in ["+881612345678", "+97912345678", "+19005551234", "+449012345678", "+447400666666"] {
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
        let answer = browser.post("/api/send-code/reset", number(typed)).await;
        assert!(matches!(answer.status, 202 | 400), "{typed}: {}", answer.text);
    }
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let texted = site.messages().await.len();
    assert_eq!(texted, before + 1, "the sign-in's own code");
    for typed in ["+881612345678", "+97912345678", "+19005551234", "+1;ext=2", "tel:+447400123456"] {
        a.browser.post("/api/send-code/register", number(typed)).await.expect(422).expect_code("number_not_usable");
    }
    assert_eq!(site.messages().await.len(), texted);
}

async fn sec_62_only_countries_that_were_named(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    admin.sign_in_again(&site).await;
    for bad in [json!(["GB", "gb"]), json!(["Germany"]), json!(["GB", "GB"])] {
        admin.policy("methods", json!({ "countries": bad })).await.expect(400).expect_code("invalid_field");
    }
    admin.policy("methods", json!({ "countries": ["DE"] })).await.expect(200);
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    let british = number("+447400555001");
    a.browser.post("/api/send-code/register", british).await.expect(422).expect_code("country_not_allowed");
    site.advance(3_600);
    // A reset says nothing, and sends nothing.
    let before = site.messages().await.len();
    let browser = site.browser();
    browser.post("/api/start-reset", json!({ "name": a.name })).await.expect(200);
    browser.post("/api/send-code/reset", number(&a.phone)).await.expect(202);
    site.settled().await;
    assert_eq!(site.messages().await.len(), before);
    // Nobody is locked out of signing in by a change of policy.
    sign_in(&site, &a.browser, &a.name, &a.password, &a.phone).await.expect(200);
    a.browser.post("/api/send-code/register", number("+4915112345678")).await.expect(202);
}

async fn sec_61_new_numbers_have_a_price(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    // Ten numbers of one range an hour, whoever registers them, also at once.
    let mut waiting = Vec::new();
    for n in 0..12 {
        let (name, initial) = (format!("user{n}"), admin.create_user(&format!("user{n}")).await.1);
        let browser = site.browser();
        browser.post("/api/sign-in", json!({ "name": name, "password": initial })).await.expect(200);
        let password = json!({ "password": format!("{name} likes long quiet evenings") });
        browser.post("/api/set-password/sign-in", password).await.expect(200);
        waiting.push(browser);
    }
    let sends = waiting.iter().enumerate().map(|(n, browser)| {
        let to = number(&format!("+4474008800{n:02}"));
        async move { browser.post("/api/send-code/register", to).await.status }
    });
    let statuses = join_all(sends).await;
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 2, "{statuses:?}");
}

async fn sec_67_limits_look_alike_for_everybody(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let names = [a.name.as_str(), "nobody"];
    let browsers = [1, 2].map(|at| site.browser_at([127, 9, 9, at]));
    for (browser, name) in browsers.iter().zip(names) {
        for _ in 0..10 {
            browser.post("/api/start-reset", json!({ "name": name })).await.expect(200);
        }
    }
    let over = async |browser: &Browser, name: &str| {
        let over = browser.post("/api/start-reset", json!({ "name": name })).await;
        let over = over.expect(429).expect_code("too_many_requests");
        assert!(over.headers.contains_key("retry-after") && !over.headers.contains_key("x-ratelimit-remaining"));
        over.fingerprint()
    };
    // Both say how many seconds are left, and a second may end between the two; hardly twice in a row.
    for last in [false, false, true] {
        let prints = [over(&browsers[0], names[0]).await, over(&browsers[1], names[1]).await];
        if prints[0] == prints[1] {
            break;
        }
        assert!(!last, "{}\n{}", prints[0], prints[1]);
    }
}

async fn sec_72_caps_and_gates_are_exact_when_fifty_come_at_once(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    for round in 0..if relatch_tests::full() { 200 } else { 3 } {
        site.advance(10_000);
        site.amid_claims();
        let nobody = site.browser();
        let race = async |who: &Browser, method: Method, path: &str, apart: bool, body: &dyn Fn(u8) -> Value| {
            let mut held = Vec::new();
            for n in 0..50 {
                let address = [127, 78, if apart { 1 } else { 0 }, if apart { n + 1 } else { 1 }];
                held.push(Held::begin(method.clone(), address, site.url(), who, path, &body(n)).await);
            }
            release(held).await
        };
        let answers = race(&nobody, Method::POST, "/api/start-reset/bot-check", false, &|_| json!({})).await;
        assert_eq!((count(&answers, 200), count(&answers, 429)), (10, 40), "ten of one address: round {round}");
        let start = nobody.answered(json!({ "name": "nobody" })).await.unwrap();
        let answers = race(&nobody, Method::POST, "/api/start-reset", true, &|_| start.clone()).await;
        assert_eq!((count(&answers, 200), count(&answers, 403)), (1, 49), "one START for one bot check");
        admin.sign_in_again(&site).await;
        let page = admin.browser.get("/api/policy").await.expect(200).json()["registration"].clone();
        let changed = |n| {
            let mut page = page.clone();
            page["reconfirm_days"] = json!(100 + u64::from(n));
            page
        };
        let answers = race(&admin.browser, Method::PUT, "/api/policy/registration", true, &changed).await;
        assert_eq!((count(&answers, 200), count(&answers, 409)), (1, 49), "one save of one version");
        let saved = admin.browser.get("/api/policy").await.expect(200).json()["registration"]["reconfirm_days"].clone();
        let winner = answers.iter().position(|answer| answer.status == 200).unwrap() as u64;
        assert_eq!(saved, 100 + winner);
    }
}

async fn sec_75_strangers_leave_only_what_ends(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let lasting = async || {
        let keys = site.dump().await.into_iter().map(|(key, _)| key);
        // The log is a ring; everything else without an hour of its end would stay for ever.
        keys.filter(|key| end_of(key).is_none() && !key.starts_with("event:")).collect::<Vec<_>>()
    };
    let stranger = async |n: u8| {
        let browser = site.browser_at([127, 9, 9, n]);
        start_and_send(&browser, &format!("nobody{n}"), "+447400123456").await;
        browser.post("/api/verify-code/reset", json!({ "code": "12345678" })).await;
        let wrong = json!({ "name": format!("nobody{n}"), "password": "not the right one" });
        browser.post("/api/sign-in", wrong).await.expect(401);
    };
    let before = lasting().await.len();
    for n in 0..20 {
        stranger(n).await;
    }
    // Slots of strangers are shared by all of them: 65,536 of each kind, however many names are tried.
    let new = lasting().await.len() - before;
    assert!(new <= 20 * 4, "{new}");
    for n in 0..20 {
        stranger(n).await;
    }
    assert_eq!(lasting().await.len() - before, new, "the same names leave nothing new");
}

async fn sec_63_forged_addresses_do_not_help(backend: Backend) {
    let site = Site::start(backend).await;
    let forgeries: Vec<String> = (0..200).map(|n| format!("198.51.100.{n}")).collect();
    let browser = site.browser();
    let mut accepted = 0;
    for (n, forged) in forgeries.iter().enumerate() {
        let garbage = "a".to_owned();
        let value = if n % 7 == 0 { &garbage } else { forged };
        let pair = format!("for={value}");
        let extra = [
            ("x-forwarded-for", value.as_str()),
            ("forwarded", pair.as_str()),
            ("x-real-ip", value.as_str()),
            ("spin-client-addr", value.as_str()),
            ("true-client-ip", value.as_str()),
        ];
        let body = json!({ "name": "nobody" }).to_string();
        let answer = browser.send(Method::POST, "/api/start-reset", Some(body), &extra).await;
        accepted += u32::from(answer.status == 200);
        assert!(matches!(answer.status, 200 | 429));
    }
    assert_eq!(accepted, 10);
    site.browser().post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
    site.advance(601);
    browser.post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
    // Behind a proxy we know, the hop before it counts.
    let site = Site::start_with(backend, |options| {
        options.variables.insert("trusted_proxies".to_owned(), "127.0.0.0/8".to_owned());
    })
    .await;
    let proxy = site.browser();
    let through = async |client: &str| {
        let body = json!({ "name": "nobody" }).to_string();
        let forwarded = format!("203.0.113.99, {client}");
        proxy.send(Method::POST, "/api/start-reset", Some(body), &[("x-forwarded-for", &forwarded)]).await.status
    };
    for _ in 0..10 {
        assert_eq!(through("198.51.100.1").await, 200);
    }
    assert_eq!(through("198.51.100.1").await, 429);
    assert_eq!(through("198.51.100.2").await, 200);
}

async fn sec_65_a_broken_store_is_a_no(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let a = admin.person(&site, "alice", "+447400123456").await;
    site.advance(3_600);
    let browser = site.browser();
    start_and_send(&browser, &a.name, &a.phone).await;
    let code = site.code_sent_to(&a.phone).await;
    let sent = site.messages().await.len();
    site.t.break_store(StoreFault::every(StoreEffect::Fail));
    let fresh = site.browser();
    fresh.post("/api/start-reset", json!({ "name": a.name })).await.expect(503).expect_code("unavailable");
    browser.post("/api/send-code/reset", number(&a.phone)).await;
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(503);
    fresh.post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(503);
    admin.browser.get("/api/users").await.expect(503);
    site.t.mend();
    assert_eq!(site.messages().await.len(), sent);
    // Only the limiter broken: still a no, before anything is hashed or sent.
    let limits = StoreFault { key_prefix: Some("limit:".to_owned()), ..StoreFault::every(StoreEffect::Fail) };
    site.t.break_store(limits);
    fresh.post("/api/sign-in", json!({ "name": a.name, "password": a.password })).await.expect(503);
    fresh.post("/api/start-reset", json!({ "name": a.name })).await.expect(503);
    site.t.mend();
    browser.post("/api/verify-code/reset", json!({ "code": code })).await.expect(200);
}
