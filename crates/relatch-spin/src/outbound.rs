//! What leaves a component: telling the messenger that something waits in the outbox, asking it for a list.

use crate::SpinApp;
use crate::entry::{collect, log};
use futures::future::{Either, select};
use relatch_core::coded::Coded;
use relatch_core::limits::{BOT_CHECK_TIMEOUT, BREACH_LIST_MAX, BREACH_TIMEOUT};
use relatch_core::siteverify::{Provider, Verdict};
use relatch_store::outbox::OutboxTicket;
use serde::{Deserialize, Serialize};
use spin_sdk::http;
use std::pin::pin;
use std::time::Duration;

/// What a step and the messenger say to one another.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deliver {
    pub ticket: OutboxTicket,
    pub request_id: String,
}

/// The same about passwords that are known from breaches: those whose hash begins like this.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskRange {
    pub prefix: String,
    pub request_id: String,
}

/// The same about a token of a bot check that came to `host`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskToken {
    pub provider: String,
    pub token: String,
    pub host: String,
    pub request_id: String,
}

/// Longest a provider of bot checks may take over a token.
pub const TOKEN_PATIENCE: Duration = Duration::from_secs(BOT_CHECK_TIMEOUT);

/// Longest the other side may take over such a list.
pub const LIST_PATIENCE: Duration = Duration::from_secs(BREACH_TIMEOUT);

/// Delivers what a request put in the outbox, if anything.
pub fn deliver(app: &SpinApp, ticket: Option<OutboxTicket>) {
    if let Some(ticket) = ticket {
        deliver_later(ticket, app.request_id.clone());
    }
}

/// The answer's start over what follows it. Without, the provider's call and the answer's last steps share a
/// processor, and an answer takes half a millisecond longer where somebody is written to (SEC-2).
const HEAD_START: Duration = Duration::from_millis(10);

/// Delivers after the reply has left: how long it takes is in nobody's sight.
fn deliver_later(ticket: OutboxTicket, request_id: String) {
    let body = Deliver { ticket, request_id: request_id.clone() };
    spin_sdk::wit_bindgen::spawn(async move {
        spin_sdk::time::sleep(HEAD_START).await;
        let Ok(body) = serde_json::to_vec(&body) else { return };
        let told = http::post("http://messenger.spin.internal/deliver", body).await;
        if let Err(error) = told {
            log("error", &request_id, &format!("messenger out of reach: {error:?}"));
        }
    });
}

/// The list of breached passwords whose hash begins with `prefix`; nothing when it cannot be had.
pub async fn breach_list(prefix: &str, request_id: &str) -> Option<String> {
    let ask = AskRange { prefix: prefix.to_owned(), request_id: request_id.to_owned() };
    let request = http::Request::post("http://messenger.spin.internal/range").body(serde_json::to_string(&ask).ok()?);
    let outcome = fetch(request.ok()?, BREACH_LIST_MAX, LIST_PATIENCE).await;
    let problem = match outcome {
        Ok((http::StatusCode::OK, list)) => match String::from_utf8(list) {
            Ok(list) => return Some(list),
            Err(_) => "not text".to_owned(),
        },
        // It could not ask, and has said why.
        Ok((http::StatusCode::NO_CONTENT, _)) => return None,
        Ok((status, _)) => format!("status {status}"),
        Err(problem) => problem,
    };
    log("error", request_id, &format!("no list of breached passwords from the messenger: {problem}"));
    None
}

/// What the provider thinks of a token: yes, no, or that nobody could say. Why not is in the log.
pub async fn judge_token(provider: Provider, token: &str, host: &str, request_id: &str) -> Verdict {
    let ask = AskToken {
        provider: provider.code().to_owned(),
        token: token.to_owned(),
        host: host.to_owned(),
        request_id: request_id.to_owned(),
    };
    let body = serde_json::to_string(&ask).unwrap_or_default();
    let Ok(request) = http::Request::post("http://messenger.spin.internal/bot-check").body(body) else {
        return Verdict::Unsure;
    };
    // A little longer than the messenger waits, which can say in the log whom it waited for.
    let problem = match fetch(request, 0, TOKEN_PATIENCE.saturating_add(Duration::from_secs(1))).await {
        Ok((http::StatusCode::NO_CONTENT, _)) => return Verdict::Accepted,
        Ok((http::StatusCode::FORBIDDEN, _)) => return Verdict::Refused,
        // It could not find out, and has said why.
        Ok((http::StatusCode::SERVICE_UNAVAILABLE, _)) => return Verdict::Unsure,
        Ok((status, _)) => format!("status {status}"),
        Err(problem) => problem,
    };
    log("error", request_id, &format!("no word on a bot check from the messenger: {problem}"));
    Verdict::Unsure
}

/// Status and, of a 200, a body of at most `most` bytes; all within `patience`. Else why not, for the log.
pub async fn fetch(
    request: impl http::IntoRequest,
    most: usize,
    patience: Duration,
) -> Result<(http::StatusCode, Vec<u8>), String> {
    let work = async {
        let response = http::send(request).await.map_err(|error| format!("{error:?}"))?;
        let status = response.status();
        if status != http::StatusCode::OK {
            return Ok((status, Vec::new()));
        }
        let body = collect(response.into_body(), most).await;
        body.map(|body| (status, body)).map_err(|_| "the answer breaks off or is too large".to_owned())
    };
    within(patience, work).await.unwrap_or_else(|| Err("no answer in time".to_owned()))
}

/// What `work` comes to, if it does in time.
pub async fn within<T>(patience: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(spin_sdk::time::sleep(patience))).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}
