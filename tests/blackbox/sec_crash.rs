//! SEC-74: a client or a host that dies in the middle of something.

use relatch_tests::people::{NEW_PASSWORD, enabled, number, opens, prove, start_and_send};
use relatch_tests::process::HostProcess;
use relatch_tests::race::{Held, head, open};
use relatch_tests::{Backend, Browser, Person, Site};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

on_both_stores!(
    sec_74_a_client_that_dies_mid_body_changes_nothing_and_harms_nobody,
    sec_74_a_flow_goes_on_when_its_host_is_killed_between_steps,
    sec_74_a_host_killed_in_verify_leaves_no_code_that_works_twice,
    sec_74_a_host_killed_in_setpw_leaves_no_grant_that_works_twice,
);

/// Half a body, then nothing more: closed properly, or reset.
async fn cut(site: &Site, browser: &Browser, path: &str, body: &Value, reset: bool) {
    let body = body.to_string();
    let mut stream = open([127, 9, 8, 7], site.url()).await;
    stream.write_all(head(&Method::POST, browser, path, body.len()).as_bytes()).await.expect("a head");
    stream.write_all(&body.as_bytes()[..body.len() / 2]).await.expect("half a body");
    if reset {
        stream.set_zero_linger().expect("an option of the socket");
    }
}

async fn neighbours(site: &Site) {
    let ask = |browser: Browser| async move {
        for _ in 0..3 {
            browser.post("/api/start-reset", json!({ "name": "nobody" })).await.expect(200);
            browser.get("/api/sign-in").await.expect(200);
        }
    };
    futures::join!(ask(site.browser()), ask(site.browser()));
}

/// The request is cut short, alone and among others, and then made as it should be.
async fn cut_then_post(site: &Site, browser: &Browser, path: &str, body: Value, status: u16) {
    site.settled().await;
    let mut before = site.dump().await;
    for reset in [false, true] {
        cut(site, browser, path, &body, reset).await;
        site.settled().await;
        let mut after = site.dump().await;
        before.sort();
        after.sort();
        assert_eq!(before, after, "half a request to {path} changed something");
    }
    let many = futures::future::join_all((0..8).map(|n| cut(site, browser, path, &body, n % 2 == 0)));
    futures::join!(many, neighbours(site));
    browser.post(path, body).await.expect(status);
}

async fn sec_74_a_client_that_dies_mid_body_changes_nothing_and_harms_nobody(backend: Backend) {
    let site = Site::start(backend).await;
    let (_, a) = enabled(&site).await;
    let browser = site.browser();
    cut_then_post(&site, &browser, "/api/start-reset", json!({ "name": a.name }), 200).await;
    cut_then_post(&site, &browser, "/api/send-code/reset", number(&a.phone), 202).await;
    let code = json!({ "code": site.code_sent_to(&a.phone).await });
    cut_then_post(&site, &browser, "/api/verify-code/reset", code, 200).await;
    cut_then_post(&site, &browser, "/api/set-password/reset", json!({ "password": NEW_PASSWORD }), 200).await;
    site.advance(3_600);
    let name_and_password = json!({ "name": a.name, "password": NEW_PASSWORD });
    cut_then_post(&site, &browser, "/api/sign-in", name_and_password, 200).await;
    cut_then_post(&site, &browser, "/api/send-code/sign-in", json!({ "delivery": "text" }), 202).await;
    let code = json!({ "code": site.code_sent_to(&a.phone).await });
    cut_then_post(&site, &browser, "/api/verify-code/sign-in", code, 200).await;
    let other = "+447400777777";
    cut_then_post(&site, &browser, "/api/send-code/register", number(other), 202).await;
    let code = json!({ "code": site.code_sent_to(other).await });
    cut_then_post(&site, &browser, "/api/verify-code/register", code, 200).await;
    cut_then_post(&site, &browser, "/api/register/recovery-codes", json!({}), 200).await;
    let change = json!({ "current": NEW_PASSWORD, "password": "and again another password" });
    cut_then_post(&site, &browser, "/api/set-password/change", change, 200).await;
}

/// What a client of a host that dies gets: mostly nothing.
async fn post(host: &HostProcess, browser: &Browser, path: &str, body: &Value) -> Option<u16> {
    let held = Held::post([127, 0, 0, 1], host.url(), browser, path, body).await;
    held.finish().await.map(|answer| answer.status)
}

/// How many store operations the component makes of this request, when nothing goes wrong.
async fn operations(site: &Site, component: &str, browser: &Browser, path: &str, body: &Value) -> usize {
    site.settled().await;
    site.t.mark();
    browser.post(path, body.clone()).await.expect(200);
    site.settled().await;
    site.t.operations().iter().filter(|operation| operation.component == component).count()
}

/// Starts again after a while, and gets there.
async fn reset_again(site: &Site, person: &mut Person, turn: usize) {
    site.advance(10_000);
    let browser = site.browser();
    prove(site, &browser, person).await;
    person.password = format!("seven green bottles and {turn}");
    browser.post("/api/set-password/reset", json!({ "password": person.password })).await.expect(200);
    assert!(opens(site, &person.name, &person.password).await);
}

async fn sec_74_a_flow_goes_on_when_its_host_is_killed_between_steps(backend: Backend) {
    let site = Site::start_shared(backend).await;
    let (_, a) = enabled(&site).await;
    let mut memory = site.browser().remember();
    let password = json!({ "password": NEW_PASSWORD });
    for (path, status) in [
        ("/api/start-reset", 200),
        ("/api/send-code/reset", 202),
        ("/api/verify-code/reset", 200),
        ("/api/set-password/reset", 200),
    ] {
        let body = match path {
            "/api/start-reset" => json!({ "name": a.name }),
            "/api/send-code/reset" => number(&a.phone),
            "/api/verify-code/reset" => json!({ "code": site.code_sent_to(&a.phone).await }),
            _ => password.clone(),
        };
        let messages = site.catcher.messages().len();
        let host = HostProcess::beside(&site);
        let browser = host.browser();
        browser.restore(&memory);
        browser.post(path, body.clone()).await.expect(status);
        // The code leaves after the answer; it is about what was written down, not about what was on its way.
        while path == "/api/send-code/reset" && site.catcher.messages().len() == messages {
            tokio::task::yield_now().await;
        }
        host.kill();
        if path == "/api/verify-code/reset" {
            let replay = site.browser();
            replay.restore(&memory);
            replay.post(path, body).await.expect(422).expect_code("wrong_code");
        }
        if path != "/api/set-password/reset" {
            memory = browser.remember();
        }
    }
    let replay = site.browser();
    replay.restore(&memory);
    replay.post("/api/set-password/reset", password).await.expect(403).expect_code("grant_spent");
    assert!(opens(&site, &a.name, NEW_PASSWORD).await);
    assert!(!opens(&site, &a.name, &a.password).await);
}

async fn sec_74_a_host_killed_in_verify_leaves_no_code_that_works_twice(backend: Backend) {
    let site = Site::start_shared(backend).await;
    let (_, mut a) = enabled(&site).await;
    let path = "/api/verify-code/reset";
    let begin = async |person: &Person| {
        site.advance(20_000);
        // So that each time there are as many operations.
        site.amid_claims();
        let browser = site.browser();
        start_and_send(&browser, &person.name, &person.phone).await;
        (browser, json!({ "code": site.code_sent_to(&person.phone).await }))
    };
    let (browser, code) = begin(&a).await;
    let count = operations(&site, "verify-code", &browser, path, &code).await;
    assert!(count > 5, "{count}");
    for number in 1..=count {
        let (browser, code) = begin(&a).await;
        let before = browser.remember();
        let mut host = HostProcess::beside(&site);
        host.die_after("verify-code", number);
        let answered = post(&host, &browser, path, &code).await;
        assert!(host.was_killed(), "after operation {number}");
        // After a restart: the code once, if it was not used.
        let mut right = usize::from(answered == Some(200));
        for _ in 0..3 {
            browser.restore(&before);
            right += usize::from(browser.post(path, code.clone()).await.status == 200);
        }
        assert!(right <= 1, "the code worked {right} times, after operation {number} of {count}");
        assert!(opens(&site, &a.name, &a.password).await, "nothing was changed");
        reset_again(&site, &mut a, number).await;
    }
}

async fn sec_74_a_host_killed_in_setpw_leaves_no_grant_that_works_twice(backend: Backend) {
    let site = Site::start_shared(backend).await;
    let (_, mut a) = enabled(&site).await;
    let path = "/api/set-password/reset";
    let begin = async |person: &Person| {
        site.advance(20_000);
        // So that each time there are as many operations.
        site.amid_claims();
        let browser = site.browser();
        prove(&site, &browser, person).await;
        browser
    };
    let password = |what: &str, number: usize| format!("{NEW_PASSWORD} {what} {number}");
    let first = password("counted", 0);
    let count = operations(&site, "set-password", &begin(&a).await, path, &json!({ "password": first })).await;
    assert!(count > 3, "{count}");
    a.password = first;
    for number in 1..=count {
        let browser = begin(&a).await;
        let before = browser.remember();
        let mut host = HostProcess::beside(&site);
        host.die_after("set-password", number);
        let new = password("new", number);
        post(&host, &browser, path, &json!({ "password": new })).await;
        assert!(host.was_killed(), "after operation {number}");
        let done = opens(&site, &a.name, &new).await;
        assert_eq!(opens(&site, &a.name, &a.password).await, !done, "old or new, after operation {number} of {count}");
        let mut set = usize::from(done);
        for again in ["second", "third"] {
            browser.restore(&before);
            let answer = browser.post(path, json!({ "password": password(again, number) })).await;
            set += usize::from(answer.status == 200);
        }
        assert!(set <= 1, "the grant worked {set} times, after operation {number} of {count}");
        reset_again(&site, &mut a, number).await;
    }
}

/// The tests above take a killed host for granted; this is what it looks like from outside.
#[tokio::test]
async fn a_killed_host_answers_nothing() {
    let site = Site::start_shared(Backend::Sqlite).await;
    let mut host = HostProcess::beside(&site);
    let browser = host.browser();
    let start = browser.answered(json!({ "name": "nobody" })).await.unwrap();
    assert_eq!(post(&host, &browser, "/api/start-reset", &start).await, Some(200));
    let start = browser.answered(json!({ "name": "nobody" })).await.unwrap();
    host.die_after("start-reset", 2);
    let answered = tokio::time::timeout(Duration::from_secs(20), post(&host, &browser, "/api/start-reset", &start));
    assert_eq!(answered.await.expect("the connection ends with its host"), None);
    assert!(host.was_killed());
}
