//! What a request carries: its body, its cookies, its headers, its path.

use crate::{two, wire};
use data_encoding::BASE64URL_NOPAD;
use http::header::{COOKIE, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use relatch_core::limits::BODY_DEPTH;
use relatch_core::{AccountId, Timestamp};
use relatch_http::client::{TrustedProxies, address};
use relatch_http::{Request, cookies as jar, json as strict};
use relatch_store::seal::parse_keys;
use relatch_store::tokens::{Flow, FlowStage, Reason};
use relatch_testkit::{NOON, TestApp, app};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Bodies: the strict reader, and the shapes of bodies.
pub fn json(data: &[u8]) {
    let any = strict::parse::<Value>(data);
    if let Ok(value) = &any {
        assert!(depth(value) <= BODY_DEPTH, "too deep");
        let again = value.to_string();
        assert!(strict::parse::<Value>(again.as_bytes()).is_ok(), "written anew it is refused");
    }
    let fits = [
        shape::<wire::audit::Export>(data),
        shape::<wire::audit::Filter>(data),
        shape::<wire::enable_group::Wanted>(data),
        shape::<wire::groups::Change>(data),
        shape::<wire::groups::Edit>(data),
        shape::<wire::groups::NewGroup>(data),
        shape::<wire::policy::EntitlementPage>(data),
        shape::<wire::policy::NewLogo>(data),
        shape::<wire::set_password::Change>(data),
        shape::<wire::setup::First>(data),
        shape::<wire::send_code::To>(data),
        shape::<wire::sign_in::Credentials>(data),
        shape::<wire::start_reset::Start>(data),
        shape::<wire::users::Change>(data),
        shape::<wire::users::Import>(data),
        shape::<wire::users::NewUser>(data),
        shape::<wire::verify_code::Typed>(data),
    ];
    assert!(any.is_ok() || !fits.contains(&true), "a body that is no strict JSON was taken");
}

fn shape<T: DeserializeOwned>(data: &[u8]) -> bool {
    strict::parse::<T>(data).is_ok()
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn with_headers(name: &HeaderName, lines: &[u8]) -> Request {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name, value);
        }
    }
    Request { method: Method::GET, path: "/".to_owned(), query: None, headers, body: Vec::new() }
}

/// Lines of a `Cookie` header, and what the store makes of what is in them.
pub fn cookies(data: &[u8]) {
    let request = with_headers(&COOKIE, data);
    let app = app();
    for name in [jar::SESSION, jar::FLOW, jar::DEVICE] {
        let Some(value) = jar::get(&request, name) else { continue };
        assert!(!value.is_empty() && !value.contains(';') && value.len() <= 2_048, "{value:?}");
        nobody_is_let_in(&app, value);
    }
}

/// A store with nothing in it, and keys nobody has: whatever opens here was forged.
fn nobody_is_let_in(app: &TestApp, cookie: &str) {
    let nobody = AccountId::from_bytes([0; 16]);
    assert!(app.vault.open_flow(cookie, NOON).is_none(), "a flow");
    let session = pollster::block_on(app.vault.session(cookie, NOON));
    assert!(!matches!(session, Ok(Some(_))), "a session");
    let _ = app.vault.device(Some(cookie), nobody, 1, NOON);
}

/// Sealed tokens: as text of a cookie, as bytes, and one of ours with these bytes over its end.
pub fn tokens(data: &[u8]) {
    let app = app();
    nobody_is_let_in(&app, &String::from_utf8_lossy(data));
    nobody_is_let_in(&app, &BASE64URL_NOPAD.encode(data));
    assert!(app.vault.open_token("flow", data).is_err(), "a token");
    let _ = std::str::from_utf8(data).map(parse_keys);
    if data.is_empty() {
        return;
    }
    let sealed = app.vault.seal_flow(&a_flow()).expect("a cookie");
    assert!(app.vault.open_flow(&sealed, NOON).is_some(), "ours opens");
    let mut bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).expect("base64url");
    let start = bytes.len().saturating_sub(data.len());
    let before = bytes.clone();
    for (byte, over) in bytes.iter_mut().skip(start).zip(data) {
        *byte ^= over;
    }
    let opened = app.vault.open_flow(&BASE64URL_NOPAD.encode(&bytes), NOON);
    assert_eq!(opened.is_some(), bytes == before, "one that was changed opens");
}

fn a_flow() -> Flow {
    let nobody = AccountId::from_bytes([0; 16]);
    Flow {
        id: "0".repeat(32),
        subject: nobody,
        named: nobody,
        real: true,
        generation: 1,
        stage: FlowStage::Sent,
        begun: NOON,
        sends: 1,
        last_sent: Timestamp(0),
        challenge: nobody,
        proven_at: NOON,
        reason: Reason::Forgot,
        proofs: 0,
        proven_by: Vec::new(),
        log: 1,
    }
}

/// A path with its query in the first line, `X-Forwarded-For` in the others.
pub fn requests(data: &[u8]) {
    let Some((target, forwarded)) = two(data) else { return };
    let mut request = with_headers(&HeaderName::from_static("x-forwarded-for"), forwarded.as_bytes());
    request.headers.insert("spin-client-addr", HeaderValue::from_static("127.0.0.1:80"));
    let proxies = TrustedProxies::parse("127.0.0.1, 10.0.0.0/8").expect("proxies");
    let client = address(&request, &proxies);
    assert!(!client.is_empty() && client.len() <= 64, "{client:?}");
    let _ = TrustedProxies::parse(forwarded).map(|proxies| address(&request, &proxies));
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let request = Request { path: path.to_owned(), query: query.map(str::to_owned), ..request };
    if let Some(segments) = request.segments() {
        assert_eq!(format!("/api/{}", segments.join("/")), path, "a path that is not plain");
        for segment in segments {
            let id = AccountId::parse(segment);
            assert!(id.is_none_or(|id| id.to_string() == segment), "two spellings of one id");
        }
    }
    let _ = request.after();
}
