//! Password reset > Properties: for whom it is enabled.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::Method;
use relatch_core::roles::Right;
use relatch_http::{Code, Reply, Request};
use relatch_spin::{Handled, SpinApp, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    match request.segments().as_deref() {
        Some(["enable-group"]) => match request.method {
            Method::GET => {
                app.need_right(&request, Right::See).await?;
                Ok(Reply::ok(&step::properties(&app, app.vault.policy().await?).await?))
            }
            Method::PUT => {
                let caller = app.need_right(&request, Right::Manage).await?;
                let wanted: wire::Wanted = request.json()?;
                Ok(Reply::ok(&step::save(&app, &caller, wanted).await?))
            }
            _ => Ok(Reply::method_not_allowed("GET, HEAD, PUT")),
        },
        _ => Err(Code::NotFound.into()),
    }
}
