//! What a person has registered, and the end of registration.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::Method;
use relatch_core::session::Stage;
use relatch_http::{Code, Reply, Request};
use relatch_spin::app::with_session;
use relatch_spin::{Handled, SpinApp, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    match request.segments().as_deref() {
        Some(["register"]) => match request.method {
            Method::GET => {
                let caller = app.need_stage(&request, &[Stage::RegistrationRequired, Stage::SignedIn]).await?;
                Ok(Reply::ok(&wire::Registration::of(&caller)))
            }
            _ => Ok(Reply::method_not_allowed("GET, HEAD")),
        },
        Some(["register", "finish"]) => match request.method {
            Method::POST => finish(app, &request).await,
            _ => Ok(Reply::method_not_allowed("POST")),
        },
        _ => Err(Code::NotFound.into()),
    }
}

async fn finish(app: SpinApp, request: &Request) -> Handled {
    let caller = app.need_stage(request, &[Stage::RegistrationRequired, Stage::SignedIn]).await?;
    let wire::Nothing {} = request.json()?;
    Ok(match step::finish(&app, &caller).await? {
        Some(token) => {
            with_session(Reply::ok(&app.session_view(caller.person(), Stage::SignedIn, token.expose())), &token)
        }
        None => Reply::ok(&app.session_view(caller.person(), Stage::SignedIn, &caller.cookie)),
    })
}
