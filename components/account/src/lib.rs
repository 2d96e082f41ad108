//! My account: what I registered, where I am signed in.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::Method;
use relatch_core::session::Stage;
use relatch_http::{Code, Reply, Request};
use relatch_spin::{Handled, SpinApp, outbound, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    let segments = request.segments();
    let Some(["account", rest @ ..]) = segments.as_deref() else { return Err(Code::NotFound.into()) };
    let allowed = match rest {
        [] => "GET, HEAD",
        ["recovery-codes"] | ["methods" | "sessions", _] => "DELETE",
        ["end-other-sessions"] => "POST",
        _ => return Err(Code::NotFound.into()),
    };
    let fits = allowed.split(", ").any(|method| method == request.method.as_str());
    if !fits {
        return Ok(Reply::method_not_allowed(allowed));
    }
    let caller = app.need_stage(&request, &[Stage::SignedIn]).await?;
    let mut ticket = None;
    match (rest, &request.method) {
        (["recovery-codes"], _) => ticket = step::remove_recovery_codes(&app, &caller).await?,
        (["methods", id], _) => ticket = step::remove_method(&app, &caller, id).await?,
        (["sessions", number], _) => step::end_session(&app, &caller, number).await?,
        (["end-other-sessions"], &Method::POST) => {
            request.nothing()?;
            step::end_others(&app, &caller).await?;
        }
        _ => {}
    }
    let person = app.vault.person(caller.person().account.id).await?.ok_or(Code::NotSignedIn)?;
    let reply = Reply::ok(&step::view(&app, &caller, &person).await?);
    outbound::deliver(&app, ticket);
    Ok(reply)
}
