//! START: somebody names an account and gets a sealed flow, whoever they named.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::Method;
use relatch_http::{Code, Reply, Request, cookies};
use relatch_spin::{Handled, SpinApp, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    match request.segments().as_deref() {
        Some(["start-reset"]) => match request.method {
            Method::POST => {
                let wanted: wire::Start = request.json()?;
                let (flow, policy) = step::start(&app, &wanted.name, wanted.reason).await?;
                let cookie = cookies::set(cookies::FLOW, &app.vault.seal_flow(&flow)?);
                Ok(Reply::ok(&wire::Started::under(&policy, wanted.return_to.as_deref())).cookie(cookie))
            }
            _ => Ok(Reply::method_not_allowed("POST")),
        },
        _ => Err(Code::NotFound.into()),
    }
}
