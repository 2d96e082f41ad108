//! What a reset costs the store: at most twelve commits, however many accounts there are. (Within half a minute of
//! where two spans of claims meet, SEND and SETPW make one more; `relatch_core::claim` says why.)

use relatch_tests::people::{NEW_PASSWORD, number};
use relatch_tests::{Admin, Backend, Site};
use serde_json::json;

/// One whole reset, audit events and delivery included (docs/adr/0004).
const MOST: u64 = 12;

on_both_stores!(
    a_whole_reset_makes_at_most_twelve_commits,
    strangers_cost_what_everybody_costs,
    sec_3_a_second_message_costs_the_same_whatever_the_number,
);

async fn a_whole_reset_makes_at_most_twelve_commits(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    let a = admin.person(&site, "alice", "").await;
    let group = admin.create_group("Testers", &[&a.id]).await;
    admin.enable("selected", &[&group]).await;
    relatch_tests::people::sign_in(&site, &a.browser, &a.name, &a.password, "").await;
    let phone = "+447400123456";
    relatch_tests::people::register(&site, &a.browser, phone).await;
    let mut measured = Vec::new();
    for password in [NEW_PASSWORD, "and again another password"] {
        site.advance(3_600);
        site.amid_claims();
        site.settled().await;
        let browser = site.browser();
        let mut steps = Vec::new();
        let mut step = async |name: &'static str, path: &str, body: serde_json::Value| {
            // (The bot check is a request of its own: one commit more.)
            let body = if name == "start" { browser.answered(body).await.unwrap() } else { body };
            site.t.mark();
            let answer = browser.post(path, body).await;
            site.settled().await;
            assert!(answer.status < 300, "{path}: {}", answer.text);
            steps.push((name, site.t.counts().commits));
        };
        step("start", "/api/start-reset", json!({ "name": a.name })).await;
        step("send", "/api/send-code/reset", number(phone)).await;
        let code = site.code_sent_to(phone).await;
        step("verify", "/api/verify-code/reset", json!({ "code": code })).await;
        step("set", "/api/set-password/reset", json!({ "password": password })).await;
        measured.push(steps);
        // A hundred more accounts change nothing: no operation depends on how many there are.
        if password == NEW_PASSWORD {
            admin.sign_in_again(&site).await;
            for n in 0..20 {
                admin.create_user(&format!("user{n}")).await;
            }
        }
    }
    assert_eq!(measured[0], measured[1]);
    assert_eq!(measured[0], [("start", 3), ("send", 3), ("verify", 3), ("set", 3)]);
    assert!(measured[0].iter().map(|(_, commits)| commits).sum::<u64>() <= MOST);
}

async fn strangers_cost_what_everybody_costs(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let a = admin.person(&site, "alice", "+447400123456").await;
    site.advance(3_600);
    site.amid_claims();
    let mut all = Vec::new();
    for (name, phone) in [
        (a.name.as_str(), a.phone.as_str()),
        (a.name.as_str(), "+447400123999"),
        ("nobody", a.phone.as_str()),
        ("admin", a.phone.as_str()),
    ] {
        let browser = site.browser();
        let mut costs = Vec::new();
        for (path, body) in [
            ("/api/start-reset", json!({ "name": name })),
            ("/api/send-code/reset", number(phone)),
            ("/api/verify-code/reset", json!({ "code": "12345678" })),
            ("/api/sign-in", json!({ "name": name, "password": "not the right one" })),
        ] {
            site.t.mark();
            browser.post(path, body).await;
            site.settled().await;
            costs.push(site.t.counts().operations);
        }
        all.push(costs);
    }
    for costs in &all[1..] {
        assert_eq!(costs, &all[0], "the same operations, of the same kinds, as often");
    }
}

/// Also the second number typed in one flow says nothing by what it costs.
async fn sec_3_a_second_message_costs_the_same_whatever_the_number(backend: Backend) {
    let site = Site::start(backend).await;
    let admin = Admin::new(&site).await;
    admin.enable("all", &[]).await;
    let a = admin.person(&site, "alice", "+447400123456").await;
    let mut all = Vec::new();
    for (name, second) in
        [(a.name.as_str(), a.phone.as_str()), (a.name.as_str(), "+447400123998"), ("nobody", a.phone.as_str())]
    {
        site.advance(7_200);
        site.amid_claims();
        let browser = site.browser();
        browser.post("/api/start-reset", json!({ "name": name })).await.expect(200);
        browser.post("/api/send-code/reset", number("+447400123999")).await.expect(202);
        site.advance(31);
        site.settled().await;
        site.t.mark();
        browser.post("/api/send-code/reset", number(second)).await.expect(202);
        site.settled().await;
        all.push(site.t.counts().operations);
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{all:?}");
}
