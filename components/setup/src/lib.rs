//! First run: the first global administrator, against the one-time secret.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::{Method, StatusCode};
use relatch_http::{Code, Reply, Request};
use relatch_spin::{Handled, SpinApp, entry, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    match request.segments().as_deref() {
        Some(["setup"]) => match request.method {
            Method::GET => {
                let needed = app.vault.setup_needed().await?;
                Ok(Reply::ok(&wire::State::new(needed, &app, &app.vault.policy().await?)))
            }
            Method::POST => {
                let wanted: wire::First = request.json()?;
                let secret = entry::variable("setup_secret").await?;
                let name = step::create_first(&app, &secret, &wanted).await?;
                Ok(Reply::json(StatusCode::CREATED, &wire::Created { name: name.as_str() }))
            }
            _ => Ok(Reply::method_not_allowed("GET, HEAD, POST")),
        },
        _ => Err(Code::NotFound.into()),
    }
}
