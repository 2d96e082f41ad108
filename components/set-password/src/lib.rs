//! SETPW: a new password, bought with a reset's grant, asked for at a first sign-in, or wanted.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod breaches;
pub mod step;
pub mod wire;

use http::Method;
use relatch_core::session::Stage;
use relatch_http::{Code, Reply, Request, cookies};
use relatch_spin::app::with_session;
use relatch_spin::{Handled, SpinApp, outbound, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    let segments = request.segments();
    let Some(["set-password", purpose @ ("reset" | "sign-in" | "change")]) = segments.as_deref() else {
        return Err(Code::NotFound.into());
    };
    if request.method != Method::POST {
        return Ok(Reply::method_not_allowed("POST"));
    }
    match *purpose {
        "reset" => reset(app, &request).await,
        "change" => change(app, &request).await,
        _ => sign_in(app, &request).await,
    }
}

/// The messenger asks: it alone may leave the house.
struct ThroughMessenger<'a>(&'a SpinApp);

impl breaches::Breaches for ThroughMessenger<'_> {
    async fn list(&self, prefix: &str) -> Option<String> {
        outbound::breach_list(prefix, &self.0.request_id).await
    }
}

async fn reset(app: SpinApp, request: &Request) -> Handled {
    let chosen: wire::Chosen = request.json()?;
    let cookie = cookies::get(request, cookies::FLOW).ok_or(Code::GrantSpent)?;
    let flow = app.vault.open_flow(cookie, app.now).ok_or(Code::GrantSpent)?;
    let ticket = step::reset(&app, &ThroughMessenger(&app), &flow, &chosen.password).await?;
    outbound::deliver(&app, ticket);
    let code = app.replacement_code(flow.subject, flow.proven()).await;
    let new_recovery_code = code.as_ref().map(|code| code.expose().as_str());
    Ok(Reply::ok(&wire::Done { done: true, new_recovery_code }).cookie(cookies::clear(cookies::FLOW)))
}

async fn sign_in(app: SpinApp, request: &Request) -> Handled {
    let caller = app.need_stage(request, &[Stage::PasswordChangeRequired]).await?;
    let chosen: wire::Chosen = request.json()?;
    let (token, stage, policy) = step::first_sign_in(&app, &ThroughMessenger(&app), &caller, &chosen.password).await?;
    Ok(with_session(Reply::ok(&app.session_view(caller.person(), stage, token.expose(), &policy)), &token))
}

async fn change(app: SpinApp, request: &Request) -> Handled {
    let caller = app.need_stage(request, &[Stage::SignedIn]).await?;
    let wanted: wire::Change = request.json()?;
    let (token, ticket, policy) =
        step::change(&app, &ThroughMessenger(&app), &caller, &wanted.current, &wanted.password).await?;
    outbound::deliver(&app, ticket);
    Ok(with_session(Reply::ok(&app.session_view(caller.person(), Stage::SignedIn, token.expose(), &policy)), &token))
}
