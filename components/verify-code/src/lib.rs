//! VERIFY: charges an attempt, then judges a code, for a reset, a registration or a sign-in.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod refused;
pub mod step;
pub mod wire;

use http::Method;
use refused::Refused;
use relatch_core::limits::VERIFY_FAILURES_PER_CLIENT;
use relatch_core::session::Stage;
use relatch_http::{Code, Problem, Reply, Request, cookies};
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
    let Some(["verify-code", purpose @ ("reset" | "register" | "sign-in")]) = segments.as_deref() else {
        return Err(Code::NotFound.into());
    };
    if request.method != Method::POST {
        return Ok(Reply::method_not_allowed("POST"));
    }
    app.need_open(VERIFY_FAILURES_PER_CLIENT).await?;
    match *purpose {
        "reset" => reset(app, &request).await,
        "register" => register(app, &request).await,
        _ => sign_in(app, &request).await,
    }
}

async fn reset(app: SpinApp, request: &Request) -> Handled {
    let typed: wire::Typed = request.json()?;
    let cookie = cookies::get(request, cookies::FLOW).ok_or(Code::FlowExpired)?;
    let flow = app.vault.open_flow(cookie, app.now).ok_or(Code::FlowExpired)?;
    let proven = step::reset(&app, flow, typed.method, &typed.code).await.map_err(|refused| tell(&app, refused))?;
    let cookie = cookies::set(cookies::FLOW, &app.vault.seal_flow(&proven.flow)?);
    outbound::deliver(&app, proven.ticket);
    Ok(Reply::ok(&proven.next).cookie(cookie))
}

async fn register(app: SpinApp, request: &Request) -> Handled {
    let caller = app.need_stage(request, &[Stage::RegistrationRequired, Stage::SignedIn]).await?;
    let typed: wire::TypedCode = request.json()?;
    let (registered, ticket) =
        step::register(&app, &caller, &typed.code).await.map_err(|refused| tell(&app, refused))?;
    outbound::deliver(&app, ticket);
    Ok(Reply::ok(&wire::Registered { registered }))
}

async fn sign_in(app: SpinApp, request: &Request) -> Handled {
    let caller = app.need_stage(request, &[Stage::SecondFactorRequired]).await?;
    let typed: wire::Typed = request.json()?;
    let proven =
        step::sign_in(&app, &caller, typed.method, &typed.code).await.map_err(|refused| tell(&app, refused))?;
    outbound::deliver(&app, proven.ticket);
    let session = app.session_view(caller.person(), proven.stage, proven.token.expose(), &proven.policy);
    let new_recovery_code = proven.new_recovery_code.as_ref().map(|code| code.expose().as_str());
    let view = wire::SignedIn { session, new_recovery_code };
    Ok(with_session(Reply::ok(&view), &proven.token))
}

/// The problem of a refusal; its owner hears of it after the answer.
fn tell(app: &SpinApp, refused: Refused) -> Problem {
    outbound::deliver(app, refused.ticket);
    refused.problem
}
