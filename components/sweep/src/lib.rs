//! The sweep: what has ended goes, what was forgotten is sent. Called by a timer, never by a browser.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::Method;
use relatch_http::{Code, Problem, Reply, Request};
use relatch_spin::settings::BadSetting;
use relatch_spin::{Handled, SpinApp, entry, outbound, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

/// The variable with the secret a timer has to show.
const SECRET: &str = "sweep_secret";

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    let secret = entry::variable(SECRET).await?;
    // Whoever has no secret finds nothing here, not even the method.
    if request.path != "/internal/sweep" || !step::is_timer(&app, &secret, &request) {
        return Err(Code::NotFound.into());
    }
    if request.method != Method::POST {
        return Ok(Reply::method_not_allowed("POST"));
    }
    if secret.len() < step::SECRET_MIN {
        return Err(Problem::new(Code::Unavailable).because(BadSetting(SECRET)).into());
    }
    let swept = step::sweep(&app).await?;
    for ticket in swept.forgotten {
        outbound::deliver(&app, Some(ticket));
    }
    Ok(Reply::ok(&swept.done))
}
