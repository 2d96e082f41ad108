//! START: somebody names an account and gets a sealed flow, whoever they named.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod bot;
pub mod step;
pub mod wire;

use bot::{Admission, BotCheck, TokenJudge};
use http::Method;
use relatch_core::siteverify::{Provider, Verdict, host_of, is_site_key};
use relatch_http::{Code, Problem, Reply, Request, cookies};
use relatch_spin::settings::BadSetting;
use relatch_spin::{Handled, SpinApp, entry, outbound, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

/// The variable that says which bot check there is.
const BOT_CHECK: &str = "bot_check";
/// How a provider of such checks knows this site. Without one nobody can get a token.
const SITE_KEY: &str = "bot_check_site_key";

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    match request.segments().as_deref() {
        Some(["start-reset"]) => match request.method {
            Method::POST => {
                let wanted: wire::Start = request.json()?;
                let judge = ThroughMessenger(&app);
                let admission =
                    Admission { check: bot_check().await?, sent: wanted.bot_check.as_deref(), judge: &judge };
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

/// The messenger asks: it alone may leave the house.
struct ThroughMessenger<'a>(&'a SpinApp);

impl TokenJudge for ThroughMessenger<'_> {
    async fn judge(&self, provider: Provider, token: &str) -> Verdict {
        let host = host_of(&self.0.settings.public_origin);
        outbound::judge_token(provider, token, host, &self.0.request_id).await
    }
}

async fn bot_check() -> Result<BotCheck, Problem> {
    let bad = |name| Problem::new(Code::Unavailable).because(BadSetting(name));
    let text = entry::variable(BOT_CHECK).await.ok();
    let check = text.and_then(|text| BotCheck::parse(&text)).ok_or_else(|| bad(BOT_CHECK))?;
    let is_provided = matches!(check, BotCheck::Provided(_));
    if is_provided && !entry::variable(SITE_KEY).await.is_ok_and(|key| is_site_key(&key)) {
        return Err(bad(SITE_KEY));
    }
    Ok(check)
}
