//! SEND: a code for a reset, a registration or a sign-in. The reply leaves before the message does.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod toll;
pub mod wire;

use http::{Method, StatusCode};
use relatch_core::session::Stage;
use relatch_http::{Code, Problem, Reply, Request, cookies};
use relatch_spin::settings::BadSetting;
use relatch_spin::{Handled, SpinApp, entry, outbound, serve};
use relatch_store::records::Via;
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;
use toll::Toll;

/// The variable that says how many texts registrations may send in an hour.
const TOLL: &str = "registration_texts_per_hour";

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    let segments = request.segments();
    let Some(["send-code", purpose @ ("reset" | "register" | "sign-in")]) = segments.as_deref() else {
        return Err(Code::NotFound.into());
    };
    if request.method != Method::POST {
        return Ok(Reply::method_not_allowed("POST"));
    }
    match *purpose {
        "reset" => reset(app, &request).await,
        "register" => register(app, &request).await,
        _ => sign_in(app, &request).await,
    }
}

async fn reset(app: SpinApp, request: &Request) -> Handled {
    let body: wire::To = request.json()?;
    let cookie = cookies::get(request, cookies::FLOW).ok_or(Code::FlowExpired)?;
    let flow = app.vault.open_flow(cookie, app.now).ok_or(Code::FlowExpired)?;
    let (to, channel) = body.parse().map_err(|field| Problem::new(Code::InvalidField).field(field))?;
    let (flow, ticket) = step::reset(&app, flow, &to, channel).await?;
    let cookie = cookies::set(cookies::FLOW, &app.vault.seal_flow(&flow)?);
    let reply = Reply::json(StatusCode::ACCEPTED, &wire::Sent::after(flow.sends, (&to).into(), None)).cookie(cookie);
    outbound::deliver(&app, ticket);
    Ok(reply)
}

async fn register(app: SpinApp, request: &Request) -> Handled {
    let caller = app.need_stage(request, &[Stage::RegistrationRequired, Stage::SignedIn]).await?;
    let body: wire::To = request.json()?;
    let (to, channel) = body.parse().map_err(|field| {
        Problem::new(if field == "number" { Code::NumberNotUsable } else { Code::InvalidField }).field(field)
    })?;
    let toll = entry::variable(TOLL).await.ok().and_then(|texts| Toll::parse(&texts));
    let toll = toll.ok_or_else(|| Problem::new(Code::Unavailable).because(BadSetting(TOLL)))?;
    let sent = step::register(&app, &caller, &to, channel, toll).await?;
    outbound::deliver(&app, Some(sent.ticket));
    let view = wire::Sent::after(sent.sends, (&to).into(), Some(to.hint()));
    Ok(Reply::json(StatusCode::ACCEPTED, &view))
}

async fn sign_in(app: SpinApp, request: &Request) -> Handled {
    let caller = app.need_stage(request, &[Stage::SecondFactorRequired]).await?;
    let body: wire::ToMyPhone = request.json()?;
    let sent = step::sign_in(&app, &caller, body.delivery.into()).await?;
    outbound::deliver(&app, Some(sent.ticket));
    Ok(Reply::json(StatusCode::ACCEPTED, &wire::Sent::after(sent.sends, Via::Phone, None)))
}
