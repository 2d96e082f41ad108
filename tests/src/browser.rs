//! A browser, as far as a test needs one: an address, cookies, a CSRF token, honest headers.

use crate::contract;
use crate::site::ORIGIN;
use data_encoding::BASE64;
use relatch_core::altcha;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const START: &str = "/api/start-reset";
const BOT_CHECK: &str = "/api/start-reset/bot-check";

/// Headers that say where somebody is.
const ADDRESSES: [&str; 5] = ["x-forwarded-for", "forwarded", "x-real-ip", "spin-client-addr", "true-client-ip"];

/// Longer than anything a service may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Browser {
    client: Client,
    url: String,
    origin: String,
    cookies: Mutex<BTreeMap<String, String>>,
    csrf: Mutex<Option<String>>,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// From the first byte sent to the last byte received.
    pub took: Duration,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The problem's code; empty when it is none.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Everything a stranger could compare, with what is random in every reply masked.
    pub fn fingerprint(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (name, value) in &self.headers {
            let value = match name.as_str() {
                "x-request-id" | "date" => "*".to_owned(),
                "set-cookie" => mask_cookie(value.to_str().unwrap_or_default()),
                _ => value.to_str().unwrap_or_default().to_owned(),
            };
            lines.push(format!("{name}: {value}"));
        }
        lines.sort();
        let mut body = self.json();
        if let Some(id) = body.get_mut("request_id") {
            *id = Value::from("*");
        }
        let body = if body.is_null() { self.text.clone() } else { body.to_string() };
        format!("{}\n{}\n\n{body}", self.status, lines.join("\n"))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn expect_code(self, code: &str) -> Self {
        assert_eq!(self.code(), code, "{} {}", self.status, self.text);
        self
    }
}

/// Name, length of the value, attributes.
fn mask_cookie(cookie: &str) -> String {
    let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    format!("{name}=<{}>;{attributes}", value.len())
}

impl Browser {
    pub fn new(url: String, address: IpAddr) -> Self {
        Self::of(url, ORIGIN.to_owned(), Some(address), Client::builder()).expect("a client")
    }

    /// One for a service that is not ours: with its origin, from one address of this machine or from whichever fits,
    /// straight to where it is told (no proxy, no redirect), and not for ever.
    pub fn elsewhere(url: String, origin: String, address: Option<IpAddr>) -> Result<Self, String> {
        Self::of(url, origin, address, Client::builder().no_proxy().timeout(PATIENCE))
    }

    fn of(
        url: String,
        origin: String,
        address: Option<IpAddr>,
        client: reqwest::ClientBuilder,
    ) -> Result<Self, String> {
        let client = client.local_address(address).redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| error.to_string())?;
        Ok(Self { client, url, origin, cookies: Mutex::default(), csrf: Mutex::default() })
    }

    /// Where its service believes to be.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Host and port, as requests name them.
    pub fn host(&self) -> &str {
        self.url.split_once("://").map_or(self.url.as_str(), |(_, host)| host)
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("lock").get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("lock").insert(name.to_owned(), value.to_owned());
    }

    pub fn forget(&self, name: &str) {
        self.cookies.lock().expect("lock").remove(name);
    }

    /// Cookies and token as they are now, for replaying later or elsewhere.
    pub fn remember(&self) -> (BTreeMap<String, String>, Option<String>) {
        (self.cookies.lock().expect("lock").clone(), self.csrf.lock().expect("lock").clone())
    }

    pub fn restore(&self, memory: &(BTreeMap<String, String>, Option<String>)) {
        *self.cookies.lock().expect("lock") = memory.0.clone();
        *self.csrf.lock().expect("lock") = memory.1.clone();
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string()), &[]).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string()), &[]).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string()), &[]).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[]).await
    }

    /// As a page of ours would send it; `extra` headers replace ours, an empty value removes one. Before START, the
    /// page solves a bot check.
    pub async fn send(&self, method: Method, path: &str, body: Option<String>, extra: &[(&str, &str)]) -> Answer {
        self.try_send(method, path, body, extra).await.unwrap_or_else(|said| panic!("{said}"))
    }

    /// The same, with what went wrong: no answer, or one that docs/openapi.yaml does not know.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        extra: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let mut body = body;
        if path == START
            && let Some(Ok(Value::Object(fields))) = body.as_deref().map(serde_json::from_str)
            && !fields.contains_key("bot_check")
        {
            // Whoever lies about where they are does so all the time.
            let lies: Vec<_> = extra.iter().copied().filter(|(name, _)| ADDRESSES.contains(name)).collect();
            match self.answered_with(Value::Object(fields), &lies).await? {
                Ok(whole) => body = Some(whole.to_string()),
                Err(refused) => return Ok(*refused),
            }
        }
        self.try_as_it_is(method, path, body, extra).await
    }

    /// What START is asked with, and the answer to a bot check of its own; or why there is none to solve.
    pub async fn answered(&self, body: Value) -> Result<Value, Box<Answer>> {
        self.answered_with(body, &[]).await.unwrap_or_else(|said| panic!("{said}"))
    }

    async fn answered_with(
        &self,
        mut body: Value,
        extra: &[(&str, &str)],
    ) -> Result<Result<Value, Box<Answer>>, String> {
        let posed = self.try_as_it_is(Method::POST, BOT_CHECK, Some("{}".to_owned()), extra).await?;
        if posed.status != 200 {
            return Ok(Err(Box::new(posed)));
        }
        if let Some(answer) = solve(&posed.json()) {
            body["bot_check"] = Value::from(answer);
        }
        Ok(Ok(body))
    }

    /// As [`Self::send`], and nothing before it.
    pub async fn send_as_it_is(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        extra: &[(&str, &str)],
    ) -> Answer {
        self.try_as_it_is(method, path, body, extra).await.unwrap_or_else(|said| panic!("{said}"))
    }

    async fn try_as_it_is(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        extra: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let mut headers = HeaderMap::new();
        let cookies: Vec<String> =
            self.cookies.lock().expect("lock").iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut put = |name: &str, value: &str| {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            if value.is_empty() {
                headers.remove(&name);
            } else {
                headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
            }
        };
        put("cookie", &cookies.join("; "));
        if method != Method::GET {
            put("origin", &self.origin);
            put("sec-fetch-site", "same-origin");
            put("x-csrf-token", self.csrf.lock().expect("lock").as_deref().unwrap_or_default());
        }
        if body.is_some() {
            put("content-type", "application/json");
        }
        for (name, value) in extra {
            put(name, value);
        }
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url)).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = read(request).await?;
        self.keep(&answer);
        contract::judge(method.as_str(), path, &answer)?;
        Ok(answer)
    }

    /// Whatever bytes the test wants, with the headers it wants and no others of ours.
    pub async fn raw(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.try_raw(method, path, headers, body).await.unwrap_or_else(|said| panic!("{said}"))
    }

    /// The same, with what went wrong.
    pub async fn try_raw(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, String> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = read(request).await?;
        contract::judge(method.as_str(), path, &answer)?;
        Ok(answer)
    }

    fn keep(&self, answer: &Answer) {
        for value in answer.headers.get_all("set-cookie") {
            let text = value.to_str().unwrap_or_default();
            let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if attributes.contains("Max-Age=0") {
                self.forget(name);
            } else {
                self.set_cookie(name, value);
            }
        }
        if let Some(token) = answer.json()["csrf"].as_str() {
            *self.csrf.lock().expect("lock") = Some(token.to_owned());
        }
    }
}

/// The answer to what a bot check asks, in base64; nothing if it is off.
pub fn solve(posed: &Value) -> Option<String> {
    let text = |name: &str| posed[name].as_str();
    let (challenge, salt) = (text("challenge")?, text("salt")?);
    let number = altcha::find(challenge, salt, posed["maxnumber"].as_u64()?)?;
    let answer = json!({
        "algorithm": text("algorithm")?, "challenge": challenge, "number": number, "salt": salt,
        "signature": text("signature")?,
    });
    Some(BASE64.encode(answer.to_string().as_bytes()))
}

async fn read(request: reqwest::RequestBuilder) -> Result<Answer, String> {
    let sent = Instant::now();
    let response = request.send().await.map_err(|error| format!("no answer: {error}"))?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = response.bytes().await.map_err(|error| format!("an answer without its end: {error}"))?;
    let text = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status, headers, text, took: sent.elapsed() })
}
