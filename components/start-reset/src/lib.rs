//! START: somebody names an account and gets a sealed flow, whoever they named.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod bot;
pub mod step;
pub mod wire;

use bot::BotCheck;
use http::Method;
use relatch_http::{Code, Problem, Reply, Request, cookies};
use relatch_spin::settings::BadSetting;
use relatch_spin::{Handled, SpinApp, entry, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;
use step::Admission;

/// The variable that says which bot check there is.
const BOT_CHECK: &str = "bot_check";

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    match request.segments().as_deref() {
        Some(["start-reset"]) => match request.method {
            Method::POST => {
                let wanted: wire::Start = request.json()?;
                let admission = Admission { check: bot_check().await?, sent: wanted.bot_check.as_deref() };
                let (flow, policy) = step::start(&app, &wanted.name, wanted.reason, admission).await?;
                let cookie = cookies::set(cookies::FLOW, &app.vault.seal_flow(&flow)?);
                Ok(Reply::ok(&wire::Started::under(&policy, wanted.return_to.as_deref())).cookie(cookie))
            }
            _ => Ok(Reply::method_not_allowed("POST")),
        },
        Some(["start-reset", "bot-check"]) => match request.method {
            Method::POST => {
                request.nothing()?;
                Ok(Reply::ok(&bot::pose(&app, bot_check().await?).await?))
            }
            _ => Ok(Reply::method_not_allowed("POST")),
        },
        _ => Err(Code::NotFound.into()),
    }
}

async fn bot_check() -> Result<BotCheck, Problem> {
    let text = entry::variable(BOT_CHECK).await.ok();
    let check = text.and_then(|text| BotCheck::parse(&text));
    check.ok_or_else(|| Problem::new(Code::Unavailable).because(BadSetting(BOT_CHECK)))
}
