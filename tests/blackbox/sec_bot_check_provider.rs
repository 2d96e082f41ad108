//! SEC-64 where another company makes the bot check: Cloudflare's Turnstile, hCaptcha (docs/adr/0017).

use relatch_catcher::{BOT_CHECK_SECRET, BOT_CHECK_SITE_KEY, Behaviour, Mode};
use relatch_core::limits::{HCAPTCHA_TOKEN_MAX, TURNSTILE_TOKEN_MAX};
use relatch_tests::people::enabled;
use relatch_tests::{Answer, Backend, Browser, Site};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

on_both_stores!(
    sec_64_a_token_is_good_once,
    sec_64_a_token_for_elsewhere_is_refused,
    sec_64_what_cannot_be_a_token_is_asked_of_nobody,
    sec_64_no_word_from_the_provider_is_a_no,
    sec_64_an_answer_that_is_no_clear_yes_is_a_no,
    sec_64_a_wrong_secret_is_said_in_the_log_and_not_shown,
    sec_64_without_keys_nobody_starts,
    sec_64_tokens_are_charged_to_their_client,
    sec_64_the_widget_s_page_is_there_only_with_a_provider,
    sec_64_the_widget_s_page_may_not_talk_to_us,
);

const START: &str = "/api/start-reset";
const PROVIDERS: [&str; 2] = ["turnstile", "hcaptcha"];

async fn site_with(backend: Backend, variables: &[(&'static str, &'static str)]) -> Site {
    let variables = variables.to_owned();
    Site::start_with(backend, move |options| {
        for (name, value) in variables {
            options.variables.insert(name.to_owned(), value.to_owned());
        }
    })
    .await
}

async fn start(browser: &Browser, name: &str, token: &str) -> Answer {
    browser.post(START, json!({ "name": name, "bot_check": token })).await
}

/// As the catcher's widget makes them.
fn token(host: &str, action: &str, nonce: &str) -> String {
    format!("stub/{host}/{action}/{nonce}")
}

fn right(nonce: &str) -> String {
    token("localhost", "reset", nonce)
}

#[track_caller]
fn is_refused(answer: Answer) {
    answer.expect(403).expect_code("bot_check_failed");
}

#[track_caller]
fn is_put_off(answer: Answer) {
    assert_eq!(answer.header("retry-after"), "60");
    answer.expect(503).expect_code("bot_check_unavailable");
}

fn errors(site: &Site) -> Vec<String> {
    site.t.logs().into_iter().filter(|line| line.contains(r#""level":"error""#)).collect()
}

async fn sec_64_a_token_is_good_once(backend: Backend) {
    for provider in PROVIDERS {
        let site = site_with(backend, &[("bot_check", provider)]).await;
        let (_, a) = enabled(&site).await;
        let browser = site.browser();
        let posed = browser.post("/api/start-reset/bot-check", json!({})).await.expect(200).json();
        assert_eq!(posed, json!({ "kind": provider }));
        // A name that cannot be one does not use it up.
        start(&browser, "", &right("1")).await.expect(400);
        assert!(site.catcher.checks().is_empty());
        site.settled().await;
        site.advance(3_600 + 1_800 - site.now().0 % 3_600);
        site.t.mark();
        start(&browser, &a.name, &right("1")).await.expect(200);
        site.settled().await;
        assert_eq!(site.t.counts().commits, 4, "the count, the gate, the places in the log, the event");
        let sent = &site.catcher.checks()[0];
        assert_eq!((sent["secret"].as_str(), sent["response"].as_str()), (BOT_CHECK_SECRET, right("1").as_str()));
        let fields: BTreeSet<&str> = sent.keys().map(String::as_str).collect();
        let wanted: &[&str] =
            if provider == "hcaptcha" { &["response", "secret", "sitekey"] } else { &["response", "secret"] };
        assert_eq!(fields, wanted.iter().copied().collect(), "nothing about the person leaves the house");
        is_refused(start(&browser, &a.name, &right("1")).await);
        // Also if the provider no longer knew.
        site.catcher.clear();
        is_refused(start(&site.browser(), &a.name, &right("1")).await);
        // (It is asked with the hour's turn between, too.)
        site.advance(1_800 - 60);
        start(&site.browser(), &a.name, &right("2")).await.expect(200);
        site.advance(120);
        site.catcher.clear();
        is_refused(start(&site.browser(), &a.name, &right("2")).await);
        start(&site.browser(), &a.name, &right("3")).await.expect(200);
        assert_eq!(errors(&site), [""; 0]);
    }
}

async fn sec_64_a_token_for_elsewhere_is_refused(backend: Backend) {
    let site = site_with(backend, &[("bot_check", "turnstile")]).await;
    for wrong in [
        token("evil.example", "reset", "1"),
        token("localhost.evil.example", "reset", "2"),
        token("not-provided", "reset", "3"),
        token("", "reset", "4"),
        token("localhost", "", "5"),
        token("localhost", "sign-in", "6"),
        "made-up".to_owned(),
    ] {
        is_refused(start(&site.browser(), "nobody", &wrong).await);
    }
    let site = site_with(backend, &[("bot_check", "hcaptcha")]).await;
    is_refused(start(&site.browser(), "nobody", &token("evil.example", "", "1")).await);
    // They do not say the host when they are busy; the site key is what binds the token.
    start(&site.browser(), "nobody", &token("not-provided", "", "2")).await.expect(200);
    let site = site_with(backend, &[("bot_check", "hcaptcha"), ("bot_check_site_key", "another")]).await;
    is_refused(start(&site.browser(), "nobody", &right("1")).await);
}

async fn sec_64_what_cannot_be_a_token_is_asked_of_nobody(backend: Backend) {
    for (provider, most) in [("turnstile", TURNSTILE_TOKEN_MAX), ("hcaptcha", HCAPTCHA_TOKEN_MAX)] {
        let site = site_with(backend, &[("bot_check", provider)]).await;
        let browser = site.browser();
        site.settled().await;
        site.t.mark();
        let long = format!("{}{}", right(""), "x".repeat(most));
        for wrong in ["", " ", "a b", "a\nb", "\u{e9}", "a\"b", &long[..=most]] {
            is_refused(start(&browser, "nobody", wrong).await);
        }
        for wrong in [json!(null), json!(1), json!([right("1")]), json!({ "a": right("1") })] {
            browser.post(START, json!({ "name": "nobody", "bot_check": wrong })).await.expect(400);
        }
        let missing = Some(json!({ "name": "nobody" }).to_string());
        is_refused(browser.send_as_it_is(Method::POST, START, missing, &[]).await);
        site.settled().await;
        assert_eq!(site.t.counts().commits, 0);
        assert!(site.catcher.checks().is_empty());
        start(&browser, "nobody", &long[..most]).await.expect(200);
    }
}

async fn sec_64_no_word_from_the_provider_is_a_no(backend: Backend) {
    for provider in PROVIDERS {
        let site = site_with(backend, &[("bot_check", provider)]).await;
        let (_, a) = enabled(&site).await;
        for mode in [Mode::Fail, Mode::Refuse, Mode::Limit, Mode::Redirect, Mode::Timeout] {
            site.catcher.set_behaviour(Behaviour::of(mode));
            let browser = site.browser();
            site.settled().await;
            site.t.mark();
            is_put_off(start(&browser, &a.name, &right(&format!("{mode:?}"))).await);
            site.settled().await;
            assert_eq!(site.t.counts().commits, 1, "{mode:?}: the client's count, and nothing else");
            assert!(browser.cookie("__Host-sspr_flow").is_none(), "{mode:?}");
        }
        let lines = errors(&site);
        assert!(lines.len() >= 5, "{lines:?}");
        assert!(lines.iter().all(|line| !line.contains("stub/") && !line.contains(BOT_CHECK_SECRET)), "{lines:?}");
        site.catcher.set_behaviour(Behaviour { mode: Mode::Slow, delay_ms: 300 });
        start(&site.browser(), &a.name, &right("slow")).await.expect(200);
    }
    let down = [("bot_check", "turnstile"), ("turnstile_base_url", "http://127.0.0.1:1")];
    is_put_off(start(&site_with(backend, &down).await.browser(), "nobody", &right("1")).await);
}

async fn sec_64_an_answer_that_is_no_clear_yes_is_a_no(backend: Backend) {
    let site = site_with(backend, &[("bot_check", "turnstile")]).await;
    let large = format!(r#"{{"success":true,"hostname":"localhost","action":"reset","x":"{}"}}"#, "x".repeat(20_000));
    for garbage in [
        "",
        "<html>",
        "true",
        "{}",
        r#"[true,"localhost","reset",[]]"#,
        r#"{"success":"true","hostname":"localhost","action":"reset"}"#,
        r#"{"success":true,"hostname":"localhost","action":"reset"} {}"#,
        r#"{"success":false,"error-codes":["internal-error"]}"#,
        &large,
    ] {
        site.catcher.say_of_checks(Some(garbage));
        is_put_off(start(&site.browser(), "nobody", &right("1")).await);
    }
    for no in [
        r#"{"success":false}"#,
        r#"{"success":true}"#,
        r#"{"success":true,"hostname":null,"action":null}"#,
        r#"{"success":true,"hostname":"localhost","action":"reset","error-codes":["odd"]}"#,
    ] {
        site.catcher.say_of_checks(Some(no));
        is_refused(start(&site.browser(), "nobody", &right("1")).await);
    }
    site.catcher.say_of_checks(None);
    start(&site.browser(), "nobody", &right("2")).await.expect(200);
}

async fn sec_64_a_wrong_secret_is_said_in_the_log_and_not_shown(backend: Backend) {
    for provider in PROVIDERS {
        let site = site_with(backend, &[("bot_check", provider), ("bot_check_secret", "not-the-secret")]).await;
        is_put_off(start(&site.browser(), "nobody", &right("1")).await);
        let lines = errors(&site);
        assert!(lines.iter().any(|line| line.contains("variable bot_check_secret")), "{lines:?}");
        assert!(lines.iter().all(|line| !line.contains("not-the-secret") && !line.contains("stub/")), "{lines:?}");
    }
}

async fn sec_64_without_keys_nobody_starts(backend: Backend) {
    for provider in PROVIDERS {
        let site = site_with(backend, &[("bot_check", provider), ("bot_check_secret", "")]).await;
        is_put_off(start(&site.browser(), "nobody", &right("1")).await);
        assert!(errors(&site).iter().any(|line| line.contains("variable bot_check_secret")), "{:?}", errors(&site));
        assert!(site.catcher.checks().is_empty());
        for key in ["", "a\"b", "a b"] {
            let site = site_with(backend, &[("bot_check", provider), ("bot_check_site_key", key)]).await;
            let browser = site.browser();
            browser.post("/api/start-reset/bot-check", json!({})).await.expect(503).expect_code("unavailable");
            start(&browser, "nobody", &right("1")).await.expect(503).expect_code("unavailable");
            browser.raw(Method::GET, "/bot-check", &[], Vec::new()).await.expect(503);
            let lines = errors(&site);
            assert_eq!(
                lines.iter().filter(|line| line.contains("variable bot_check_site_key")).count(),
                3,
                "{lines:?}"
            );
        }
    }
}

async fn sec_64_tokens_are_charged_to_their_client(backend: Backend) {
    let site = site_with(backend, &[("bot_check", "turnstile")]).await;
    let browser = site.browser();
    for turn in 0..10 {
        is_refused(start(&browser, "nobody", &token("evil.example", "reset", &turn.to_string())).await);
    }
    start(&browser, "nobody", &right("1")).await.expect(429);
    assert_eq!(site.catcher.checks().len(), 10, "nobody can make us ask without end");
    start(&site.browser(), "nobody", &right("1")).await.expect(200);
}

async fn page(site: &Site, path: &str) -> Answer {
    site.browser().raw(Method::GET, path, &[("accept-encoding", "br, gzip")], Vec::new()).await
}

async fn sec_64_the_widget_s_page_is_there_only_with_a_provider(backend: Backend) {
    for check in ["altcha", "off", "", "turnstile "] {
        let site = site_with(backend, &[("bot_check", check)]).await;
        let (found, missing) = (page(&site, "/bot-check").await, page(&site, "/nowhere").await);
        assert_eq!((found.status, missing.status), (404, 404), "{check}");
        assert_eq!(found.text, missing.text);
        assert_eq!(found.header("content-security-policy"), missing.header("content-security-policy"));
    }
    for provider in PROVIDERS {
        let site = site_with(backend, &[("bot_check", provider)]).await;
        let found = page(&site, "/bot-check").await.expect(200);
        assert!(found.header("content-encoding").is_empty() && found.header("etag").is_empty());
        let meta = format!(r#"<meta name="bot-check" content="{provider}" data-site-key="{BOT_CHECK_SITE_KEY}">"#);
        assert_eq!(found.text.matches(&meta).count(), 1);
        let path = if provider == "turnstile" { "/turnstile/v0/api.js" } else { "/1/api.js" };
        let script =
            format!(r#"<script src="{}{path}?render=explicit&amp;onload=botCheckReady" defer>"#, site.catcher.url());
        assert_eq!(found.text.matches(&script).count(), 1, "{}", found.text);
        assert!(!found.text.contains(BOT_CHECK_SECRET));
        let head = site.browser().raw(Method::HEAD, "/bot-check", &[], Vec::new()).await.expect(200);
        assert_eq!(head.text, "");
    }
}

async fn sec_64_the_widget_s_page_may_not_talk_to_us(backend: Backend) {
    let plain = Site::start(backend).await;
    let strict = page(&plain, "/reset").await.expect(200);
    for provider in PROVIDERS {
        let site = site_with(backend, &[("bot_check", provider)]).await;
        let reset = page(&site, "/reset").await.expect(200);
        let named = |answer: &Answer| -> Vec<Value> {
            let all = answer.headers.iter().filter(|(name, _)| *name != "date");
            all.map(|(name, value)| json!([name.as_str(), value.to_str().unwrap()])).collect()
        };
        assert_eq!(named(&reset), named(&strict), "the page where people type is as strict as ever");
        let found = page(&site, "/bot-check").await.expect(200);
        let (catcher, policy) = (site.catcher.url(), found.header("content-security-policy").to_owned());
        let part = |name: &str| policy.split("; ").find_map(|part| part.strip_prefix(name)).unwrap_or("?").trim();
        let more = if provider == "hcaptcha" { " https://hcaptcha.com https://*.hcaptcha.com" } else { "" };
        assert_eq!(part("default-src"), "'none'");
        assert_eq!(part("script-src"), format!("'self' {catcher}{more}"));
        assert_eq!(part("frame-src"), format!("{catcher}{more}"));
        assert_eq!(part("connect-src"), if more.is_empty() { "'none'" } else { more.trim() });
        for none in ["form-action", "base-uri", "object-src", "frame-ancestors", "worker-src"] {
            assert_eq!(part(none), "'none'", "{none}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in &strict.headers {
            let differs = ["content-security-policy", "cross-origin-embedder-policy", "etag", "content-encoding"];
            if !differs.contains(&name.as_str()) && !["date", "content-length"].contains(&name.as_str()) {
                assert_eq!(found.headers.get(name), Some(value), "{name}");
            }
        }
        assert!(found.header("cross-origin-embedder-policy").is_empty());
    }
}
