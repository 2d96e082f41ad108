//! A browser, as far as measuring needs one: one connection, cookies, a CSRF token.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const PASSWORD: &str = "a calm harbour at first light";
pub const PHONE: &str = "+447400999000";

pub struct Client {
    agent: ureq::Agent,
    url: String,
    origin: String,
    cookies: BTreeMap<String, String>,
    csrf: String,
}

pub struct Answer {
    pub json: Value,
    /// From the first byte sent to the last byte read.
    pub took: Duration,
}

/// One request of the portal.
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
}

impl Request {
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: None }
    }

    pub fn with(method: &'static str, path: impl Into<String>, body: Value) -> Self {
        Self { method, path: path.into(), body: Some(body) }
    }
}

impl Client {
    pub fn new(url: String, origin: String) -> Self {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
        Self { agent: config.build().into(), url, origin, cookies: BTreeMap::new(), csrf: String::new() }
    }

    /// Anything but success is an error, with what was said.
    pub fn call(&mut self, request: &Request) -> Result<Answer> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let body = request.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut sent = ureq::http::Request::builder()
            .method(request.method)
            .uri(format!("{}{}", self.url, request.path))
            .header("cookie", cookies.join("; "));
        if request.method != "GET" {
            sent = sent
                .header("origin", &self.origin)
                .header("sec-fetch-site", "same-origin")
                .header("x-csrf-token", &self.csrf)
                .header("content-type", "application/json");
        }
        let begun = Instant::now();
        let mut answer = match request.method {
            "GET" => self.agent.run(sent.body(())?)?,
            _ => self.agent.run(sent.body(body)?)?,
        };
        let text = answer.body_mut().read_to_string()?;
        let took = begun.elapsed();
        let status = answer.status().as_u16();
        if !(200..300).contains(&status) {
            bail!("{} {}: {status} {text}", request.method, request.path);
        }
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let json: Value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
        if let Some(token) = json.get("csrf").and_then(Value::as_str) {
            self.csrf = token.to_owned();
        }
        Ok(Answer { json, took })
    }

    pub fn get(&mut self, path: &str) -> Result<Value> {
        Ok(self.call(&Request::get(path))?.json)
    }

    pub fn send(&mut self, method: &'static str, path: &str, body: Value) -> Result<Value> {
        Ok(self.call(&Request::with(method, path, body))?.json)
    }

    /// Set-up, first sign-in, a phone: a signed-in administrator with a second factor.
    pub fn become_administrator(&mut self, secret: &str, code: impl FnOnce() -> Result<String>) -> Result<()> {
        let first = json!({ "secret": secret, "name": "admin", "display_name": "Ada Admin", "password": PASSWORD });
        self.send("POST", "/api/setup", first).context("set-up; a store that is set up already cannot be measured")?;
        self.send("POST", "/api/sign-in", json!({ "name": "admin", "password": PASSWORD }))?;
        let number = json!({ "delivery": "text", "country": "GB", "number": PHONE });
        self.send("POST", "/api/send-code/register", number)?;
        self.send("POST", "/api/verify-code/register", json!({ "code": code()? }))?;
        let view = self.send("POST", "/api/register/finish", json!({}))?;
        match view.get("stage").and_then(Value::as_str) {
            Some("signed_in") => Ok(()),
            other => bail!("the administrator is not signed in but {}", other.unwrap_or("nowhere")),
        }
    }
}

/// What stands at a place of an answer, as text.
pub fn text(json: &Value, pointer: &str) -> Result<String> {
    let found = json.pointer(pointer).and_then(Value::as_str);
    Ok(found.with_context(|| format!("an answer without {pointer}: {json}"))?.to_owned())
}
