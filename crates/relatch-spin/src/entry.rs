//! The way in: one function that every component's entry calls.

use crate::app::{App, StepError};
use crate::settings::{BadSetting, Raw, Settings, lookup_keys};
use crate::spin_kv::SpinKv;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use relatch_core::Timestamp;
use relatch_core::limits::BODY_MAX;
use relatch_http::{Code, Problem, Reply, Request, client, guard, headers, reply};
use relatch_store::seal::{Sealer, parse_keys};
use relatch_store::{OsEntropy, Vault};
use spin_sdk::http::{FullBody, HeaderMap, Method, StatusCode};
use spin_sdk::variables;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::SystemTime;

pub type SpinApp = App<SpinKv, OsEntropy>;
/// What a component answers with.
pub type Handled = Result<Reply, StepError>;
/// What the runtime sends.
pub type Answer = (StatusCode, HeaderMap, FullBody<Bytes>);

/// Reads the request, builds the app, runs `step`, and turns whatever comes out into a reply with all
/// its headers. Never fails, never panics.
pub async fn serve<Step, Running>(incoming: spin_sdk::http::Request, step: Step) -> Answer
where
    Step: FnOnce(SpinApp, Request) -> Running,
    Running: Future<Output = Handled>,
{
    serve_with(incoming, |_| BODY_MAX, step).await
}

/// The same for a component with a route whose bodies may be larger: `most` says how large, of a path.
pub async fn serve_with<Step, Running>(
    incoming: spin_sdk::http::Request,
    most: impl FnOnce(&str) -> usize,
    step: Step,
) -> Answer
where
    Step: FnOnce(SpinApp, Request) -> Running,
    Running: Future<Output = Handled>,
{
    let request_id = request_id();
    let head = incoming.method() == Method::HEAD;
    let most = most(incoming.uri().path());
    let outcome = match read(incoming, most).await {
        Ok(request) => run(request, &request_id, step).await,
        Err(problem) => Err(problem.into()),
    };
    let reply = outcome.unwrap_or_else(|error| Reply::from(Problem::from(error)));
    note_failure(&reply, &request_id);
    let (status, headers, body) = headers::api(reply, &request_id);
    answer(status, headers, if head { Vec::new() } else { body })
}

pub fn answer(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Answer {
    (status, headers, FullBody::new(Bytes::from(body)))
}

async fn run<Step, Running>(request: Request, request_id: &str, step: Step) -> Handled
where
    Step: FnOnce(SpinApp, Request) -> Running,
    Running: Future<Output = Handled>,
{
    let settings = settings().await?;
    guard::same_origin(&request, &settings.public_origin)?;
    let client = client::address(&request, &settings.trusted_proxies);
    let vault = vault().await?;
    let app = App { vault, settings, now: now(), client, request_id: request_id.to_owned() };
    step(app, request).await
}

impl From<BadSetting> for StepError {
    fn from(bad: BadSetting) -> Self {
        Self::Refused(Problem::new(Code::Unavailable).because(bad))
    }
}

/// A variable of this component.
pub async fn variable(name: &'static str) -> Result<String, BadSetting> {
    variables::get(name).await.map_err(|_| BadSetting(name))
}

async fn settings() -> Result<Settings, BadSetting> {
    Settings::check(Raw {
        public_origin: variable("public_origin").await?,
        organisation: variable("organisation_name").await?,
        domain: variable("organisation_domain").await?,
        trusted_proxies: variable("trusted_proxies").await?,
        pepper: variable("pepper").await?,
    })
}

/// The vault of this deployment: store, names, seal.
pub async fn vault() -> Result<Vault<SpinKv, OsEntropy>, StepError> {
    let sealing =
        parse_keys(&variable("sealing_keys").await?).and_then(Sealer::new).ok_or(BadSetting("sealing_keys"))?;
    let keys = lookup_keys(&variable("lookup_key").await?)?;
    Ok(Vault::new(SpinKv::open().await?, OsEntropy, keys, sealing))
}

/// The server's clock. Before 1970 it is broken, and everything is expired.
pub fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// Reads a request whose body has `most` bytes; more is refused without being kept.
pub async fn read(incoming: spin_sdk::http::Request, most: usize) -> Result<Request, Problem> {
    let (parts, body) = incoming.into_parts();
    let announced = parts.headers.get("content-length").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return Err(Problem::new(Code::BodyTooLarge));
    }
    let body = collect(body, most).await?;
    let method = if parts.method == Method::HEAD { Method::GET } else { parts.method };
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().map(ToOwned::to_owned);
    Ok(Request { method, path, query, headers: parts.headers, body })
}

/// Reads a body piece by piece, so that a large one is dropped and not kept.
pub async fn collect<B>(mut body: B, most: usize) -> Result<Vec<u8>, Problem>
where
    B: http_body::Body + Unpin,
    B::Data: AsRef<[u8]>,
{
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| Problem::new(Code::InvalidBody))?;
        if let Ok(data) = frame.into_data() {
            if bytes.len().saturating_add(data.as_ref().len()) > most {
                return Err(Problem::new(Code::BodyTooLarge));
            }
            bytes.extend_from_slice(data.as_ref());
        }
    }
    Ok(bytes)
}

/// 64 random bits that tie a reply to its log line.
pub fn request_id() -> String {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => HEXLOWER.encode(&bytes),
        Err(_) => "0".repeat(16),
    }
}

fn note_failure(reply: &Reply, request_id: &str) {
    if let reply::Kind::Problem(problem) = &reply.kind
        && let Some(cause) = problem.cause.as_deref()
    {
        log("error", request_id, cause);
    }
}

/// One JSON line to the log. Callers pass words of ours, never what a person typed.
pub fn log(level: &str, request_id: &str, message: &str) {
    let line = serde_json::json!({ "at": now().rfc3339(), "level": level, "request": request_id, "message": message });
    eprintln!("{line}");
}
