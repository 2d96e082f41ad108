//! The messenger: private, and the only component that may reach a provider.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod provider;
pub mod range;
pub mod step;
pub mod token;

use http::StatusCode;
use relatch_core::coded::Coded;
use relatch_core::limits::{BODY_MAX, BOT_CHECK_ANSWER_MAX, BREACH_LIST_MAX};
use relatch_core::siteverify::{Provider, Verdict, is_site_key, judge};
use relatch_http::Request;
use relatch_spin::entry;
use relatch_spin::outbound::{self, AskRange, AskToken, Deliver, LIST_PATIENCE, TOKEN_PATIENCE};
use relatch_spin::settings::BadSetting;
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;
use step::{Answer, Wire};

/// Longest a provider may take over one request.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(relatch_core::limits::DELIVERY_TIMEOUT);

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    let (status, body) = match entry::read(request, BODY_MAX).await {
        Err(_) => (StatusCode::BAD_REQUEST, Vec::new()),
        Ok(request) if request.method != http::Method::POST => (StatusCode::NOT_FOUND, Vec::new()),
        Ok(request) => match request.path.as_str() {
            "/deliver" => (deliver(&request).await, Vec::new()),
            "/range" => range(&request).await,
            "/bot-check" => (bot_check(&request).await, Vec::new()),
            _ => (StatusCode::NOT_FOUND, Vec::new()),
        },
    };
    entry::answer(status, spin_sdk::http::HeaderMap::new(), body)
}

/// Who reads the status is our own component: 204 done, 400 not understood, 503 later.
async fn deliver(request: &Request) -> StatusCode {
    let Ok(wanted) = serde_json::from_slice::<Deliver>(&request.body) else { return StatusCode::BAD_REQUEST };
    match try_to_deliver(&wanted).await {
        Ok(line) => {
            if let Some(line) = line {
                entry::log("info", &wanted.request_id, &line);
            }
            StatusCode::NO_CONTENT
        }
        Err(problem) => {
            entry::log("error", &wanted.request_id, &problem);
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

async fn try_to_deliver(wanted: &Deliver) -> Result<Option<String>, String> {
    let vault = entry::vault().await.map_err(|_| "the vault cannot be opened")?;
    let providers = providers().await.map_err(|bad| bad.to_string())?;
    let outcome = step::deliver(&vault, &providers, &Network, &wanted.ticket, entry::now(), &wanted.request_id);
    outcome.await.map_err(|error| error.to_string())
}

/// 200 and the list, 204 when it could not be had, 400 not understood.
async fn range(request: &Request) -> (StatusCode, Vec<u8>) {
    let wanted = serde_json::from_slice::<AskRange>(&request.body);
    let Some(wanted) = wanted.ok().filter(|wanted| relatch_core::breach::is_prefix(&wanted.prefix)) else {
        return (StatusCode::BAD_REQUEST, Vec::new());
    };
    match ask_for_range(&wanted.prefix).await {
        Ok(list) => (StatusCode::OK, list),
        Err(problem) => {
            // Never what was asked for.
            entry::log("error", &wanted.request_id, &format!("no list of breached passwords: {problem}"));
            (StatusCode::NO_CONTENT, Vec::new())
        }
    }
}

async fn ask_for_range(prefix: &str) -> Result<Vec<u8>, String> {
    let base = entry::variable("breach_base_url").await.map_err(|bad| bad.to_string())?;
    let request = range::ask(&base, prefix).ok_or("breach_base_url is no address")?;
    let request = request.map(|()| spin_sdk::http::EmptyBody::new());
    let (status, list) = outbound::fetch(request, BREACH_LIST_MAX, LIST_PATIENCE).await?;
    if status == StatusCode::OK { Ok(list) } else { Err(format!("status {status}")) }
}

/// 204 the provider says yes, 403 it says no, 503 nobody can say, 400 not understood.
async fn bot_check(request: &Request) -> StatusCode {
    let Ok(wanted) = serde_json::from_slice::<AskToken>(&request.body) else { return StatusCode::BAD_REQUEST };
    let Some(provider) = Provider::parse(&wanted.provider) else { return StatusCode::BAD_REQUEST };
    match ask_about_token(provider, &wanted).await {
        Ok(Verdict::Accepted) => StatusCode::NO_CONTENT,
        Ok(Verdict::Refused) => StatusCode::FORBIDDEN,
        Ok(Verdict::WrongSecret) => could_not_say(&wanted, "variable bot_check_secret is not what the provider knows"),
        Ok(Verdict::Unsure) => could_not_say(&wanted, "the provider has trouble of its own"),
        Err(problem) => could_not_say(&wanted, &problem),
    }
}

/// Never with the token.
fn could_not_say(wanted: &AskToken, problem: &str) -> StatusCode {
    entry::log("error", &wanted.request_id, &format!("no word on a bot check of {}: {problem}", wanted.provider));
    StatusCode::SERVICE_UNAVAILABLE
}

async fn ask_about_token(provider: Provider, wanted: &AskToken) -> Result<Verdict, String> {
    let keys = bot_check_keys(provider).await.map_err(|bad| bad.to_string())?;
    let request = token::ask(provider, &keys, &wanted.token).ok_or("the provider's base address is none")?;
    let (status, answer) = outbound::fetch(request, BOT_CHECK_ANSWER_MAX, TOKEN_PATIENCE).await?;
    match status {
        StatusCode::OK => {
            let answer = token::read(&answer).ok_or("its answer cannot be read")?;
            Ok(judge(provider, answer.said(), &wanted.host))
        }
        status if status.is_client_error() => Err(format!("status {status}; is variable bot_check_secret right?")),
        status => Err(format!("status {status}")),
    }
}

async fn bot_check_keys(provider: Provider) -> Result<token::Keys, BadSetting> {
    let base_url = match provider {
        Provider::Turnstile => entry::variable("turnstile_base_url").await?,
        Provider::Hcaptcha => entry::variable("hcaptcha_base_url").await?,
    };
    let site_key = entry::variable("bot_check_site_key").await?;
    let secret = entry::variable("bot_check_secret").await?;
    if !is_site_key(&site_key) {
        return Err(BadSetting("bot_check_site_key"));
    }
    if secret.is_empty() {
        return Err(BadSetting("bot_check_secret"));
    }
    Ok(token::Keys { base_url, site_key, secret })
}

async fn providers() -> Result<provider::Providers, BadSetting> {
    Ok(provider::Providers {
        twilio_base_url: entry::variable("twilio_base_url").await?,
        twilio_account_sid: entry::variable("twilio_account_sid").await?,
        twilio_auth_token: entry::variable("twilio_auth_token").await?,
        twilio_from: entry::variable("twilio_from").await?,
        postmark_base_url: entry::variable("postmark_base_url").await?,
        postmark_server_token: entry::variable("postmark_server_token").await?,
        mail_from: entry::variable("mail_from").await?,
    })
}

/// The outside, within [`PATIENCE`].
struct Network;

impl Wire for Network {
    async fn post(&self, call: &provider::Call) -> Answer {
        let mut request = http::Request::post(&call.url).header("content-type", call.content_type);
        for (name, value) in &call.credentials {
            request = request.header(*name, value.as_str());
        }
        let Ok(request) = request.body(call.body.clone()) else { return Answer::Unreachable };
        match outbound::within(PATIENCE, spin_sdk::http::send(request)).await {
            Some(Ok(response)) => Answer::Status(response.status().as_u16()),
            _ => Answer::Unreachable,
        }
    }
}
