//! UNLOCK: frees a locked account after proof; the password stays (S2).
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::Method;
use relatch_http::{Code, Reply, Request, cookies};
use relatch_spin::{Handled, SpinApp, outbound, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    match request.segments().as_deref() {
        Some(["unlock"]) if request.method == Method::POST => {
            request.nothing()?;
            let cookie = cookies::get(&request, cookies::FLOW).ok_or(Code::GrantSpent)?;
            let flow = app.vault.open_flow(cookie, app.now).ok_or(Code::GrantSpent)?;
            let ticket = step::unlock(&app, &flow).await?;
            outbound::deliver(&app, ticket);
            let code = app.replacement_code(flow.subject, flow.proven()).await;
            let new_recovery_code = code.as_ref().map(|code| code.expose().as_str());
            Ok(Reply::ok(&wire::Done { unlocked: true, new_recovery_code }).cookie(cookies::clear(cookies::FLOW)))
        }
        Some(["unlock"]) => Ok(Reply::method_not_allowed("POST")),
        _ => Err(Code::NotFound.into()),
    }
}
