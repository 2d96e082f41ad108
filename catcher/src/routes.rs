//! The catcher's HTTP.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;

use crate::behaviour::{Behaviour, Mode};
use crate::bot_check::{self, Checks};
use crate::breaches::{self, Queries};
use crate::messages::{Kind, Message, Messages};
use crate::twilio::Account;
use crate::{postmark, twilio};

const LARGEST_BODY: usize = 64 << 10;
/// Nobody listens there: who follows it, fails.
const NOWHERE: &str = "http://127.0.0.1:1/";
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) account: Account,
    pub(crate) postmark_token: String,
    pub(crate) messages: Messages,
    pub(crate) behaviour: Mutex<Behaviour>,
    pub(crate) queries: Queries,
    pub(crate) checks: Checks,
}

impl Shared {
    pub(crate) fn behaviour(&self) -> Behaviour {
        *self.behaviour.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clear(&self) {
        self.messages.clear();
        self.queries.clear();
        self.checks.clear();
    }

    pub(crate) fn set_behaviour(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap_or_else(PoisonError::into_inner) = behaviour;
    }
}

type Catch = State<Arc<Shared>>;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/2010-04-01/Accounts/{sid}/Messages.json", post(text))
        .route("/2010-04-01/Accounts/{sid}/Calls.json", post(call))
        .route("/email", post(mail))
        .route("/range/{prefix}", get(range))
        .route("/queries", get(queries))
        .route("/turnstile/v0/siteverify", post(turnstile))
        .route("/siteverify", post(hcaptcha))
        .route("/turnstile/v0/api.js", get(|| widget("turnstile")))
        .route("/1/api.js", get(|| widget("hcaptcha")))
        .route("/checks", get(checks))
        .route("/messages", get(list).delete(clear))
        .route("/behaviour", get(behaviour).put(set_behaviour))
        .route("/", get(|| asset("text/html; charset=utf-8", include_str!("page/index.html"))))
        .route("/app.js", get(|| asset("text/javascript; charset=utf-8", include_str!("page/app.js"))))
        .route("/style.css", get(|| asset("text/css; charset=utf-8", include_str!("page/style.css"))))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(guard))
        .with_state(shared)
}

/// A page on the internet must not read the codes by giving its own name this machine's address.
async fn guard(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if !host.is_some_and(is_local) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A widget's script is for another site.
    headers.entry("cross-origin-resource-policy").or_insert(HeaderValue::from_static("same-origin"));
    response
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

async fn text(catch: Catch, sid: Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    phone(catch, sid, Kind::Sms, headers, body).await
}

async fn call(catch: Catch, sid: Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    phone(catch, sid, Kind::Voice, headers, body).await
}

async fn phone(State(shared): Catch, Path(sid): Path<String>, kind: Kind, headers: HeaderMap, body: Bytes) -> Response {
    match twilio::accept(&shared.account, &sid, kind, &headers, &body) {
        Err(refusal) => reply(refusal.answer()),
        Ok(message) => {
            let accepted = (StatusCode::CREATED, twilio::accepted(&shared.account, &message));
            behave(&shared, message, accepted, |mode| twilio::Refusal::of(mode).answer()).await
        }
    }
}

async fn mail(State(shared): Catch, headers: HeaderMap, body: Bytes) -> Response {
    match postmark::accept(&shared.postmark_token, &headers, &body) {
        Err(refusal) => reply(refusal.answer()),
        Ok(message) => {
            let accepted = (StatusCode::OK, postmark::accepted(&message));
            behave(&shared, message, accepted, |mode| postmark::Refusal::of(mode).answer()).await
        }
    }
}

/// What is in order is caught only where a provider would have sent it on.
async fn behave(
    shared: &Shared,
    message: Message,
    accepted: (StatusCode, Value),
    refused: impl FnOnce(Mode) -> (StatusCode, Value),
) -> Response {
    let behaviour = shared.behaviour();
    match behaviour.mode {
        Mode::Ok => shared.messages.add(message),
        Mode::Slow => {
            shared.messages.add(message);
            tokio::time::sleep(behaviour.delay()).await;
        }
        mode @ (Mode::Fail | Mode::Refuse | Mode::Limit) => return reply(refused(mode)),
        Mode::Timeout => std::future::pending().await,
        Mode::Redirect => {
            return (StatusCode::FOUND, [(header::LOCATION, NOWHERE)]).into_response();
        }
    }
    reply(accepted)
}

/// Every query in order is kept, answered or not: what counts is what left the house.
async fn range(State(shared): Catch, Path(prefix): Path<String>, headers: HeaderMap) -> Response {
    if let Err(refusal) = breaches::judge(&prefix, &headers) {
        return refusal.into_response();
    }
    shared.queries.add(&prefix);
    match bad_day(&shared).await {
        Some(trouble) => trouble,
        None => ([(header::CONTENT_TYPE, "text/plain")], breaches::list(&prefix)).into_response(),
    }
}

/// What a provider without messages answers on such a day, instead of what it was asked.
async fn bad_day(shared: &Shared) -> Option<Response> {
    let behaviour = shared.behaviour();
    let trouble = match behaviour.mode {
        Mode::Ok => return None,
        Mode::Slow => {
            tokio::time::sleep(behaviour.delay()).await;
            return None;
        }
        Mode::Fail => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mode::Refuse => StatusCode::FORBIDDEN.into_response(),
        Mode::Limit => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Mode::Timeout => std::future::pending().await,
        Mode::Redirect => (StatusCode::FOUND, [(header::LOCATION, NOWHERE)]).into_response(),
    };
    Some(trouble)
}

async fn turnstile(State(shared): Catch, headers: HeaderMap, body: Bytes) -> Response {
    check(&shared, &headers, &body, false).await
}

async fn hcaptcha(State(shared): Catch, headers: HeaderMap, body: Bytes) -> Response {
    check(&shared, &headers, &body, true).await
}

/// Every question is kept, answered or not: what counts is what left the house.
async fn check(shared: &Shared, headers: &HeaderMap, body: &[u8], has_site_key: bool) -> Response {
    if !twilio::has_type(headers, "application/x-www-form-urlencoded") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let (status, answer) = shared.checks.answer(body, has_site_key);
    match bad_day(shared).await {
        Some(trouble) => trouble,
        None => (status, [(header::CONTENT_TYPE, "application/json")], answer).into_response(),
    }
}

async fn checks(State(shared): Catch) -> Response {
    json(&shared.checks.all())
}

async fn widget(name: &'static str) -> Response {
    let headers =
        [("content-type", "text/javascript; charset=utf-8"), ("cross-origin-resource-policy", "cross-origin")];
    (headers, bot_check::script(name)).into_response()
}

async fn queries(State(shared): Catch) -> Response {
    json(&shared.queries.all())
}

fn reply((status, body): (StatusCode, Value)) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

fn json(value: &impl serde::Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn list(State(shared): Catch) -> Response {
    json(&shared.messages.all())
}

async fn clear(State(shared): Catch) -> StatusCode {
    shared.clear();
    StatusCode::NO_CONTENT
}

async fn behaviour(State(shared): Catch) -> Response {
    json(&shared.behaviour())
}

async fn set_behaviour(State(shared): Catch, headers: HeaderMap, body: Bytes) -> Response {
    if !twilio::has_type(&headers, "application/json") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    match serde_json::from_slice(&body) {
        Ok(behaviour) => {
            shared.set_behaviour(behaviour);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response(),
    }
}

async fn asset(media_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, media_type)], Body::from(text)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_names_are_served() {
        for host in ["localhost", "localhost:3001", "127.0.0.1:1", "[::1]:80"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:80", "127.0.0.1.evil", "", "127.0.0.1:x"] {
            assert!(!is_local(host), "{host}");
        }
    }
}
