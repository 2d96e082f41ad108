//! SEC-64 (A33): the bot check. And SEC-78: what wakes somebody.

use data_encoding::BASE64;
use relatch_core::limits::{BOT_CHECK_EFFORT, BOT_CHECK_LIFE};
use relatch_tests::browser::solve;
use relatch_tests::people::{enabled, number, start_and_send};
use relatch_tests::{Admin, Answer, Backend, Browser, Site};
use reqwest::Method;
use serde_json::{Value, json};

on_both_stores!(
    sec_64_an_answer_is_good_once_and_for_a_while,
    sec_64_missing_and_made_up_answers_are_refused,
    sec_64_it_is_off_only_where_that_was_said,
    sec_78_many_wrong_codes_raise_one_alert_and_make_the_check_harder,
    sec_78_codes_nobody_types_pause_their_country,
);

const START: &str = "/api/start-reset";
const BOT_CHECK: &str = "/api/start-reset/bot-check";

async fn posed(browser: &Browser) -> Value {
    browser.post(BOT_CHECK, json!({})).await.expect(200).json()
}

async fn start(browser: &Browser, answer: Value) -> Answer {
    browser.post(START, json!({ "name": "nobody", "bot_check": answer })).await
}

async fn sec_64_an_answer_is_good_once_and_for_a_while(backend: Backend) {
    let site = Site::start(backend).await;
    enabled(&site).await;
    let browser = site.browser();
    let answer = json!(solve(&posed(&browser).await));
    start(&browser, answer.clone()).await.expect(200);
    start(&browser, answer.clone()).await.expect(403).expect_code("bot_check_failed");
    start(&site.browser(), answer).await.expect(403).expect_code("bot_check_failed");
    // A name that cannot be one does not use it up; time does.
    let [early, late] = [json!(solve(&posed(&browser).await)), json!(solve(&posed(&browser).await))];
    browser.post(START, json!({ "name": "", "bot_check": early })).await.expect(400);
    // (The clock goes on by itself, too.)
    site.advance(BOT_CHECK_LIFE - 30);
    start(&browser, early).await.expect(200);
    site.advance(30);
    start(&browser, late).await.expect(403).expect_code("bot_check_failed");
}

async fn sec_64_missing_and_made_up_answers_are_refused(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    let right = solve(&posed(&browser).await).unwrap();
    let fields: Value = serde_json::from_slice(&BASE64.decode(right.as_bytes()).unwrap()).unwrap();
    let changed = |name: &str, value: Value| {
        let mut fields = fields.clone();
        fields[name] = value;
        json!(BASE64.encode(fields.to_string().as_bytes()))
    };
    let salt = fields["salt"].as_str().unwrap();
    site.settled().await;
    site.t.mark();
    let for_another_action = changed("salt", json!(salt.replace("action=reset", "action=sign-in")));
    let for_longer = changed("salt", json!(salt.replace("expires=", "expires=9")));
    let wrong = [
        json!(""),
        json!("e30="),
        json!("x".repeat(7_000)),
        changed("number", json!(fields["number"].as_u64().unwrap() + 1)),
        changed("signature", json!("0".repeat(64))),
        changed("algorithm", json!("SHA-1")),
        changed("took", json!("long")),
        for_another_action,
        for_longer,
    ];
    for answer in wrong {
        browser
            .post(START, json!({ "name": a.name, "bot_check": answer }))
            .await
            .expect(403)
            .expect_code("bot_check_failed");
    }
    for answer in [json!(null), json!("\u{0}"), json!(1), json!(true), json!([right]), json!({ "a": right })] {
        browser.post(START, json!({ "name": a.name, "bot_check": answer })).await.expect(400);
    }
    let missing = Some(json!({ "name": a.name }).to_string());
    browser.send_as_it_is(Method::POST, START, missing, &[]).await.expect(403).expect_code("bot_check_failed");
    site.settled().await;
    assert_eq!(site.t.counts().commits, 0, "none of it had an effect");
    browser.post("/api/send-code/reset", number(&a.phone)).await.expect(410);
    browser.post(START, json!({ "name": a.name, "bot_check": right })).await.expect(200);
}

async fn sec_64_it_is_off_only_where_that_was_said(backend: Backend) {
    let with = |value: &'static str| {
        Site::start_with(backend, move |options| {
            options.variables.insert("bot_check".to_owned(), value.to_owned());
        })
    };
    let site = with("off").await;
    let browser = site.browser();
    assert_eq!(posed(&browser).await, json!({ "kind": "off" }));
    for turn in 0..11 {
        let answer = start(&browser, json!("")).await;
        assert_eq!(answer.status, if turn < 10 { 200 } else { 429 }, "the client is counted instead");
    }
    for value in ["", "on", "false", "turnstile "] {
        let site = with(value).await;
        let browser = site.browser();
        browser.post(BOT_CHECK, json!({})).await.expect(503);
        start(&browser, json!("")).await.expect(503);
    }
}

async fn alerts(site: &Site, admin: &Admin) -> Vec<String> {
    admin.sign_in_again(site).await;
    let found = admin.browser.post("/api/audit/search", json!({ "kinds": ["alert"] })).await.expect(200).json();
    let events = found["events"].as_array().expect("events");
    events.iter().map(|event| event["result"].as_str().unwrap().to_owned()).collect()
}

async fn sec_78_many_wrong_codes_raise_one_alert_and_make_the_check_harder(backend: Backend) {
    let site = Site::start(backend).await;
    let (admin, a) = enabled(&site).await;
    site.advance(7_200 - site.now().0 % 3_600);
    assert_eq!(posed(&site.browser()).await["maxnumber"], BOT_CHECK_EFFORT);
    for flow in 0..24 {
        let browser = site.browser();
        start_and_send(&browser, &format!("nobody{flow}"), &a.phone).await;
        for _ in 0..5 {
            browser.post("/api/verify-code/reset", json!({ "code": "00000000" })).await.expect(422);
        }
    }
    assert_eq!(posed(&site.browser()).await["maxnumber"], BOT_CHECK_EFFORT * 4);
    assert_eq!(alerts(&site, &admin).await, ["many_wrong_codes"]);
    let lines = site.t.logs();
    let alert = |line: &&String| line.contains(r#""level":"alert""#);
    assert_eq!(lines.iter().filter(alert).count(), 1, "for whoever watches the log");
    site.advance(3_600);
    assert_eq!(posed(&site.browser()).await["maxnumber"], BOT_CHECK_EFFORT, "the next hour begins anew");
}

async fn sec_78_codes_nobody_types_pause_their_country(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let mut people = Vec::new();
    for n in 0..11 {
        people.push(admin.person(&site, &format!("person{n}"), "").await);
    }
    site.begin_window(3_600);
    for person in &people {
        relatch_tests::people::sign_in(&site, &person.browser, &person.name, &person.password, "").await;
    }
    let mut sent = 0;
    let mut refused = 0;
    for turn in 0..5 {
        for (n, person) in people.iter().enumerate() {
            // Numbers far apart: it is the country that is looked at.
            let to = number(&format!("+4474{n:02}{turn}12345"));
            let answer = person.browser.post("/api/send-code/register", to).await;
            match answer.status {
                202 => sent += 1,
                429 => refused += 1,
                other => panic!("{other} {}", answer.text),
            }
        }
        site.advance(301);
    }
    assert_eq!((sent, refused), (50, 5));
    let french = json!({ "delivery": "text", "country": "FR", "number": "+33612345678" });
    people[10].browser.post("/api/send-code/register", french).await.expect(202);
    assert_eq!(alerts(&site, &admin).await, ["codes_not_answered"]);
}
