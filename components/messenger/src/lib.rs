//! The messenger: private, and the only component that may reach a provider.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod provider;
pub mod step;

use http::StatusCode;
use relatch_core::limits::BODY_MAX;
use relatch_spin::entry;
use relatch_spin::outbound::Deliver;
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;
use step::{Answer, Wire};

/// Longest a provider may take over one request.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(relatch_core::limits::DELIVERY_TIMEOUT);

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    match deliver(request).await {
        Ok(status) => status,
        Err((request_id, problem)) => {
            entry::log("error", &request_id, &problem);
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Who reads the status is our own component: 204 done, 400 not understood, 503 later.
async fn deliver(request: spin_sdk::http::Request) -> Result<StatusCode, (String, String)> {
    let early = |what: &str| (entry::request_id(), what.to_owned());
    let Ok(request) = entry::read(request, BODY_MAX).await else { return Ok(StatusCode::BAD_REQUEST) };
    if request.path != "/deliver" || request.method != http::Method::POST {
        return Ok(StatusCode::NOT_FOUND);
    }
    let Ok(wanted) = serde_json::from_slice::<Deliver>(&request.body) else { return Ok(StatusCode::BAD_REQUEST) };
    let vault = entry::vault().await.map_err(|_| early("the vault cannot be opened"))?;
    let providers = providers().await.map_err(|bad| early(&bad.to_string()))?;
    let outcome = step::deliver(&vault, &providers, &Network, &wanted.ticket, entry::now(), &wanted.request_id).await;
    match outcome {
        Ok(line) => {
            if let Some(line) = line {
                entry::log("info", &wanted.request_id, &line);
            }
            Ok(StatusCode::NO_CONTENT)
        }
        Err(error) => Err((wanted.request_id, error.to_string())),
    }
}

async fn providers() -> Result<provider::Providers, relatch_spin::settings::BadSetting> {
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
        let send = std::pin::pin!(spin_sdk::http::send(request));
        let patience = std::pin::pin!(spin_sdk::time::sleep(PATIENCE));
        match futures::future::select(send, patience).await {
            futures::future::Either::Left((Ok(response), _)) => Answer::Status(response.status().as_u16()),
            _ => Answer::Unreachable,
        }
    }
}
