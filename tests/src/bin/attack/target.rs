//! What is attacked, and where its messages arrive. Whatever does not fit is refused before anything is attacked.

use crate::outcome::{Got, brief};
use anyhow::{Context, Result, bail, ensure};
use relatch_tests::Browser;
use relatch_tests::site::code_in;
use reqwest::Url;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::time::{Duration, Instant};

/// A deployment made to be attacked.
pub struct Target {
    pub url: String,
    /// What it believes its address is.
    pub origin: String,
    /// Where it listens, if plain HTTP over IPv4 reaches it: then requests can be held back to their last byte.
    pub plain: Option<SocketAddr>,
    /// Every probe can come from addresses of its own.
    pub many_addresses: bool,
    /// It has no administrator yet.
    pub fresh: bool,
}

impl Target {
    /// Looks at it, and refuses what is not Relatch.
    pub async fn look(url: &str, origin: Option<&str>) -> Result<Self> {
        let (url, parsed) = base("--target", url)?;
        let origin = match origin {
            Some(origin) => base("--origin", origin)?.0,
            None => url.clone(),
        };
        let host = parsed.host_str().context("--target names no host")?.trim_matches(['[', ']']).to_owned();
        let port = parsed.port_or_known_default().context("--target names no port")?;
        let found = tokio::task::spawn_blocking(move || (host, port).to_socket_addrs().map(Vec::from_iter)).await?;
        let found: Vec<SocketAddr> = found.with_context(|| format!("{url} names a host that is not known"))?;
        let v4 = found.iter().copied().find(SocketAddr::is_ipv4);
        let loopback = v4.is_some_and(|address| address.ip().is_loopback());
        let mut target = Self {
            plain: v4.filter(|_| parsed.scheme() == "http"),
            many_addresses: loopback && TcpListener::bind((Ipv4Addr::new(127, 94, 31, 7), 0)).is_ok(),
            url,
            origin,
            fresh: false,
        };
        target.fresh = target.is_relatch().await?;
        Ok(target)
    }

    /// Whether it still needs an administrator; fails when it is something else.
    async fn is_relatch(&self) -> Result<bool> {
        let browser = self.browser(None).map_err(anyhow::Error::msg)?;
        let asked = browser.try_send(reqwest::Method::GET, "/api/setup", None, &[]).await;
        let state = asked.map_err(|said| match brief(&said) {
            gone if gone.starts_with("no answer") => anyhow::anyhow!("{} did not answer: {gone}", self.url),
            other => anyhow::anyhow!("{} is not Relatch: {other}", self.url),
        })?;
        let body = state.json();
        let known = state.status == 200 && body["organisation"].is_object() && body["password_rules"].is_object();
        let Some(needed) = body["needed"].as_bool().filter(|_| known) else {
            bail!(
                "{} is not Relatch: GET /api/setup answered {}, and not with what Relatch says there",
                self.url,
                state.status
            );
        };
        let door = browser.try_send(reqwest::Method::GET, "/", None, &[]).await;
        let door = door.map_err(|said| anyhow::anyhow!("{} did not answer: {}", self.url, brief(&said)))?;
        let page = door.header("content-type").starts_with("text/html");
        ensure!(door.status == 200 && page, "{} is not Relatch: there is no page at /", self.url);
        Ok(needed)
    }

    /// A browser, from one address of this machine or from whichever fits.
    pub fn browser(&self, address: Option<[u8; 4]>) -> Result<Browser, String> {
        Browser::elsewhere(self.url.clone(), self.origin.clone(), address.map(IpAddr::from))
    }
}

/// An address without anything after its host and port.
fn base(option: &str, text: &str) -> Result<(String, Url)> {
    let parsed =
        Url::parse(text).with_context(|| format!("{option} {text} is no address; it looks like http://host:port"))?;
    ensure!(matches!(parsed.scheme(), "http" | "https"), "{option} {text} must begin with http:// or https://");
    let bare = parsed.path() == "/" && parsed.query().is_none() && parsed.fragment().is_none();
    ensure!(bare && parsed.username().is_empty(), "{option} {text} must be scheme, host and port only");
    Ok((parsed.origin().ascii_serialization(), parsed))
}

/// A message that was caught.
#[derive(Clone)]
pub struct Caught {
    pub id: String,
    pub to: String,
    pub body: String,
}

impl Caught {
    pub fn code(&self) -> Option<String> {
        code_in(&self.body)
    }
}

/// Our message catcher: what the target sends arrives here, and nowhere else.
pub struct Sink {
    client: reqwest::Client,
    url: String,
}

/// How long a message may be under way.
const DELIVERY: Duration = Duration::from_secs(12);
/// How long nothing must arrive before nothing was sent.
const SILENCE: Duration = Duration::from_millis(900);

impl Sink {
    /// Refuses what does not answer as our catcher does.
    pub async fn look(url: &str) -> Result<Self> {
        let (url, _) = base("--catcher", url)?;
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let sink = Self { client: client.timeout(Duration::from_secs(10)).build()?, url };
        let behaviour = sink.ask("/behaviour").await?;
        ensure!(
            behaviour["mode"].is_string() && sink.ask("/messages").await?.is_array(),
            "{} is not our message catcher (cargo run -p relatch-catcher)",
            sink.url
        );
        ensure!(
            behaviour["mode"] == "ok",
            "the catcher at {} is told to misbehave; PUT /behaviour {{\"mode\":\"ok\"}}",
            sink.url
        );
        Ok(sink)
    }

    async fn ask(&self, path: &str) -> Result<Value> {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await;
        let answer = answer.with_context(|| format!("the catcher at {} does not answer", self.url))?;
        let status = answer.status();
        ensure!(status.is_success(), "{} is not our message catcher: GET {path} answered {status}", self.url);
        let text = answer.text().await?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is not our message catcher: GET {path} is no JSON", self.url))
    }

    /// Has it refuse what it gets, as a provider that is down.
    pub async fn fail(&self, fails: bool) -> Result<()> {
        let mode = json!({ "mode": if fails { "fail" } else { "ok" } });
        let put = self.client.put(format!("{}/behaviour", self.url)).header("content-type", "application/json");
        put.body(mode.to_string()).send().await?.error_for_status()?;
        Ok(())
    }

    /// What was caught so far, oldest first.
    pub async fn messages(&self) -> Result<Vec<Caught>> {
        let all = self.ask("/messages").await?;
        let text = |message: &Value, field: &str| message[field].as_str().unwrap_or_default().to_owned();
        let caught = |message: &Value| Caught {
            id: text(message, "id"),
            to: text(message, "to"),
            body: format!("{}\n{}\n{}", text(message, "body"), text(message, "subject"), text(message, "html")),
        };
        Ok(all.as_array().into_iter().flatten().map(caught).collect())
    }

    /// What arrives after `before` and fits, as soon as there is one; nothing, if none does in time.
    pub async fn next(&self, before: &[Caught], fits: impl Fn(&Caught) -> bool) -> Result<Option<Caught>> {
        let end = Instant::now() + DELIVERY;
        loop {
            let new = self.since(before).await?;
            if let Some(found) = new.into_iter().rev().find(&fits) {
                return Ok(Some(found));
            }
            if Instant::now() > end {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// What has arrived since `before`, once it has had the time to.
    pub async fn settled_since(&self, before: &[Caught]) -> Result<Vec<Caught>> {
        tokio::time::sleep(SILENCE).await;
        self.since(before).await
    }

    async fn since(&self, before: &[Caught]) -> Result<Vec<Caught>> {
        let known: std::collections::HashSet<&str> = before.iter().map(|message| message.id.as_str()).collect();
        Ok(self.messages().await?.into_iter().filter(|message| !known.contains(message.id.as_str())).collect())
    }
}

/// A request was refused because the origin is wrong: advice.
pub fn explain_origin(got: &Got, origin: &str) -> Option<String> {
    (got.code() == "cross_site")
        .then(|| format!("the target does not believe to be {origin}; name its public_origin with --origin"))
}
