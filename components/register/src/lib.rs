//! What a person has registered; apps and recovery codes; the end of registration.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::Method;
use relatch_core::session::Stage;
use relatch_http::{Code, Reply, Request};
use relatch_spin::app::{Caller, with_session};
use relatch_spin::{Handled, SpinApp, outbound, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    let segments = request.segments();
    match (segments.as_deref(), &request.method) {
        (Some(["register"]), &Method::GET) => {
            let caller = caller(&app, &request).await?;
            let policy = app.vault.policy().await?;
            let required = caller.session.stage == Stage::RegistrationRequired;
            let complete = step::is_complete(caller.person(), &policy);
            Ok(Reply::ok(&wire::Registration::of(caller.person(), &policy, required, complete)))
        }
        (Some(["register", "app"]), &Method::POST) => begin_app(app, &request).await,
        (Some(["register", "app", "confirm"]), &Method::POST) => confirm_app(app, &request).await,
        (Some(["register", "recovery-codes"]), &Method::POST) => recovery_codes(app, &request).await,
        (Some(["register", "confirm"]), &Method::POST) => confirm(app, &request).await,
        (Some(["register", "finish"]), &Method::POST) => finish(app, &request).await,
        (Some(["register"]), _) => Ok(Reply::method_not_allowed("GET, HEAD")),
        (Some(["register", "app" | "recovery-codes" | "confirm" | "finish"] | ["register", "app", "confirm"]), _) => {
            Ok(Reply::method_not_allowed("POST"))
        }
        _ => Err(Code::NotFound.into()),
    }
}

async fn caller(app: &SpinApp, request: &Request) -> Result<Caller, relatch_spin::StepError> {
    app.need_stage(request, &[Stage::RegistrationRequired, Stage::SignedIn]).await
}

async fn begin_app(app: SpinApp, request: &Request) -> Handled {
    let caller = caller(&app, request).await?;
    request.nothing()?;
    let (seed, policy) = step::begin_app(&app, &caller).await?;
    let view = wire::NewApp::show(&seed, app.organisation_name(&policy), &caller.person().account.name);
    Ok(Reply::ok(&view.ok_or(Code::Internal)?))
}

async fn confirm_app(app: SpinApp, request: &Request) -> Handled {
    let caller = caller(&app, request).await?;
    let typed: wire::Typed = request.json()?;
    let (registered, ticket) = step::confirm_app(&app, &caller, &typed.code).await?;
    outbound::deliver(&app, ticket);
    Ok(Reply::ok(&wire::Registered { registered: (&registered).into() }))
}

async fn recovery_codes(app: SpinApp, request: &Request) -> Handled {
    let caller = caller(&app, request).await?;
    request.nothing()?;
    let (codes, ticket) = step::recovery_codes(&app, &caller).await?;
    outbound::deliver(&app, ticket);
    Ok(Reply::ok(&wire::NewCodes::show(&codes, app.now)))
}

async fn finish(app: SpinApp, request: &Request) -> Handled {
    let caller = caller(&app, request).await?;
    request.nothing()?;
    let policy = app.vault.policy().await?;
    Ok(match step::finish(&app, &caller).await? {
        Some(token) => with_session(
            Reply::ok(&app.session_view(caller.person(), Stage::SignedIn, token.expose(), &policy)),
            &token,
        ),
        None => Reply::ok(&app.session_view(caller.person(), Stage::SignedIn, &caller.cookie, &policy)),
    })
}

/// What is registered is still right (S32b).
async fn confirm(app: SpinApp, request: &Request) -> Handled {
    let caller = app.need_stage(request, &[Stage::SignedIn]).await?;
    request.nothing()?;
    let person = step::confirm(&app, &caller).await?;
    let policy = app.vault.policy().await?;
    Ok(Reply::ok(&app.session_view(&person, Stage::SignedIn, &caller.cookie, &policy)))
}
