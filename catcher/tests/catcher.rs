//! The catcher as its senders and its reader see it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use relatch_catcher::{Behaviour, Catcher, CatcherOptions, Kind, Mode};
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
/// `ACtest:twilio-token`.
const BASIC: &str = "Basic QUN0ZXN0OnR3aWxpby10b2tlbg==";
const MESSAGES: &str = "/2010-04-01/Accounts/ACtest/Messages.json";
const CALLS: &str = "/2010-04-01/Accounts/ACtest/Calls.json";

struct Sender {
    catcher: Catcher,
    client: Client<HttpConnector, Full<Bytes>>,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Reply {
    fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.text).with_context(|| self.text.clone())
    }
}

impl Sender {
    async fn start() -> Result<Self> {
        let catcher = Catcher::start(CatcherOptions::for_tests()).await?;
        Ok(Self { catcher, client: Client::builder(TokioExecutor::new()).build_http() })
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Reply> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.catcher.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned())))?;
        let (parts, body) = self.client.request(request).await?.into_parts();
        let text = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
        Ok(Reply { status: parts.status, headers: parts.headers, text })
    }

    async fn sms(&self) -> Result<Reply> {
        let body = "To=%2B4915112345678&From=%2B15005550006&Body=Your+code+is+123456";
        self.send(Method::POST, MESSAGES, &[("content-type", FORM), ("authorization", BASIC)], body).await
    }

    async fn mail(&self) -> Result<Reply> {
        let body =
            json!({ "From": "no-reply@contoso.example", "To": "a@b.example", "Subject": "Code", "TextBody": "123456" });
        let headers = [("content-type", JSON), ("x-postmark-server-token", "postmark-token")];
        self.send(Method::POST, "/email", &headers, &body.to_string()).await
    }
}

#[tokio::test]
async fn what_is_sent_is_caught_in_order() -> Result<()> {
    let sender = Sender::start().await?;
    let sms = sender.sms().await?;
    assert_eq!(sms.status, StatusCode::CREATED);
    assert_eq!(sms.json()?["status"], "queued");
    let twiml = "To=%2B4915112345678&From=%2B15005550006&Twiml=%3CResponse%3E%3CSay%3E1%3C%2FSay%3E%3C%2FResponse%3E";
    let headers = [("content-type", FORM), ("authorization", BASIC)];
    let call = sender.send(Method::POST, CALLS, &headers, twiml).await?;
    assert_eq!(call.status, StatusCode::CREATED);
    let mail = sender.mail().await?;
    assert_eq!((mail.status, &mail.json()?["ErrorCode"]), (StatusCode::OK, &json!(0)));

    let caught = sender.catcher.messages();
    assert_eq!(caught.iter().map(|message| message.kind).collect::<Vec<_>>(), [Kind::Sms, Kind::Voice, Kind::Mail]);
    assert_eq!(sms.json()?["sid"], json!(caught[0].id));
    assert_eq!(mail.json()?["MessageID"], json!(caught[2].id));

    let listed = sender.send(Method::GET, "/messages", &[], "").await?.json()?;
    assert_eq!(listed[0]["kind"], "sms");
    assert_eq!(listed[0]["body"], "Your code is 123456");
    assert_eq!(listed[2]["subject"], "Code");
    assert_eq!(sender.send(Method::DELETE, "/messages", &[], "").await?.status, StatusCode::NO_CONTENT);
    assert!(sender.catcher.messages().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_bad_day_looks_like_the_providers_own_and_nothing_is_caught() -> Result<()> {
    let sender = Sender::start().await?;
    let cases = [(Mode::Fail, 500, 20500, 500), (Mode::Refuse, 400, 21610, 422), (Mode::Limit, 429, 20429, 429)];
    for (mode, sms_status, code, mail_status) in cases {
        sender.catcher.set_behaviour(Behaviour::of(mode));
        let sms = sender.sms().await?;
        assert_eq!((sms.status.as_u16(), &sms.json()?["code"]), (sms_status, &json!(code)), "{mode:?}");
        assert_eq!(sms.json()?["status"], sms_status);
        let mail = sender.mail().await?;
        assert_eq!(mail.status.as_u16(), mail_status, "{mode:?}");
        assert!(mail.json()?["ErrorCode"].is_number());
    }
    sender.catcher.set_behaviour(Behaviour::of(Mode::Redirect));
    let redirected = sender.sms().await?;
    assert_eq!(redirected.status, StatusCode::FOUND);
    assert_eq!(redirected.headers.get("location").context("no place")?, "http://127.0.0.1:1/");
    sender.catcher.set_behaviour(Behaviour::of(Mode::Timeout));
    assert!(tokio::time::timeout(Duration::from_millis(200), sender.mail()).await.is_err());
    assert!(sender.catcher.messages().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_slow_day_delays_the_answer_and_not_the_message() -> Result<()> {
    let sender = Sender::start().await?;
    let headers = [("content-type", JSON)];
    let put = sender.send(Method::PUT, "/behaviour", &headers, r#"{"mode":"slow","delay_ms":300}"#).await?;
    assert_eq!(put.status, StatusCode::NO_CONTENT);
    let started = Instant::now();
    assert_eq!(sender.mail().await?.status, StatusCode::OK);
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(sender.catcher.messages().len(), 1);
    let behaviour = sender.send(Method::GET, "/behaviour", &[], "").await?.json()?;
    assert_eq!(behaviour, json!({ "mode": "slow", "delay_ms": 300 }));
    for bad in [r#"{"mode":"odd"}"#, r#"{"mode":"ok","more":1}"#, "", r#"{"mode":"ok","mode":"ok"}"#] {
        let put = sender.send(Method::PUT, "/behaviour", &headers, bad).await?;
        assert_eq!(put.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_in_order_is_refused_on_any_day() -> Result<()> {
    let sender = Sender::start().await?;
    sender.catcher.set_behaviour(Behaviour::of(Mode::Timeout));
    let nobody = sender.send(Method::POST, MESSAGES, &[("content-type", FORM)], "").await?;
    assert_eq!((nobody.status, &nobody.json()?["code"]), (StatusCode::UNAUTHORIZED, &json!(20003)));
    let other = "/2010-04-01/Accounts/ACother/Messages.json";
    let headers = [("content-type", FORM), ("authorization", BASIC)];
    assert_eq!(sender.send(Method::POST, other, &headers, "").await?.status, StatusCode::NOT_FOUND);
    let empty = sender.send(Method::POST, MESSAGES, &headers, "").await?;
    assert_eq!((empty.status, &empty.json()?["code"]), (StatusCode::BAD_REQUEST, &json!(21604)));
    let nobody = sender.send(Method::POST, "/email", &[("content-type", JSON)], "{}").await?;
    assert_eq!((nobody.status, &nobody.json()?["ErrorCode"]), (StatusCode::UNAUTHORIZED, &json!(10)));
    let large = "x".repeat(70_000);
    assert_eq!(sender.send(Method::POST, MESSAGES, &headers, &large).await?.status, StatusCode::PAYLOAD_TOO_LARGE);
    Ok(())
}

#[tokio::test]
async fn a_list_of_breached_passwords_is_given_and_the_query_kept() -> Result<()> {
    let sender = Sender::start().await?;
    let headers = [("add-padding", "true"), ("user-agent", "test")];
    // The SHA-1 of the first of them.
    let (path, suffix) = ("/range/C9904", "B4090A5F313F17125A92A74F435D38B5DE7:12");
    let list = sender.send(Method::GET, path, &headers, "").await?;
    assert_eq!(list.status, StatusCode::OK);
    assert!(list.text.lines().any(|line| line == suffix) && list.text.contains(":0"));
    sender.catcher.set_behaviour(Behaviour::of(Mode::Fail));
    assert_eq!(sender.send(Method::GET, path, &headers, "").await?.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(sender.send(Method::GET, path, &headers[1..], "").await?.status, StatusCode::BAD_REQUEST);
    assert_eq!(sender.catcher.queries(), ["C9904", "C9904"]);
    assert_eq!(sender.send(Method::GET, "/queries", &[], "").await?.json()?, json!(["C9904", "C9904"]));
    sender.catcher.clear();
    assert!(sender.catcher.queries().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_page_is_its_own_and_closed_to_others() -> Result<()> {
    let sender = Sender::start().await?;
    for (path, media_type) in [("/", "text/html"), ("/app.js", "text/javascript"), ("/style.css", "text/css")] {
        let reply = sender.send(Method::GET, path, &[], "").await?;
        assert_eq!(reply.status, StatusCode::OK);
        let header = |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(header("content-type").starts_with(media_type));
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        for outside in ["http://", "https://", "innerHTML", "style=", "onclick"] {
            assert!(!reply.text.contains(outside), "{path} has {outside}");
        }
    }
    let elsewhere = sender.send(Method::GET, "/messages", &[("host", "evil.example")], "").await?;
    assert_eq!(elsewhere.status, StatusCode::MISDIRECTED_REQUEST);
    Ok(())
}

#[tokio::test]
async fn it_listens_on_this_machine_only() {
    let mut options = CatcherOptions::for_tests();
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert!(Catcher::start(options).await.is_err());
}
