//! SIGNIN: name and password, what is asked next, who I am, signing out.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::Method;
use relatch_http::{Code, Reply, Request, cookies, guard};
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
        Some(["sign-in"]) => match request.method {
            Method::GET => whoami(app, &request).await,
            Method::POST => sign_in(app, &request).await,
            Method::DELETE => sign_out(app, &request).await,
            _ => Ok(Reply::method_not_allowed("GET, HEAD, POST, DELETE")),
        },
        _ => Err(Code::NotFound.into()),
    }
}

async fn whoami(app: SpinApp, request: &Request) -> Handled {
    let policy = app.vault.policy().await?;
    Ok(match app.caller(request).await? {
        Some(caller) => Reply::ok(&app.session_view(caller.person(), caller.session.stage, &caller.cookie, &policy)),
        None => Reply::ok(&app.signed_out(&policy)),
    })
}

async fn sign_in(app: SpinApp, request: &Request) -> Handled {
    let credentials: wire::Credentials = request.json()?;
    let before = app.caller(request).await?;
    let device = cookies::get(request, cookies::DEVICE);
    let done = step::sign_in(&app, before.as_ref(), device, &credentials.name, &credentials.password).await?;
    let view = app.session_view(&done.person, done.stage, done.token.expose(), &done.policy);
    Ok(with_session(Reply::ok(&view), &done.token))
}

async fn sign_out(app: SpinApp, request: &Request) -> Handled {
    if let Some(caller) = app.caller(request).await? {
        guard::csrf(request, &app.vault.csrf_token(&caller.cookie))?;
        step::sign_out(&app, &caller).await?;
    }
    Ok(Reply::empty().cookie(cookies::clear(cookies::SESSION)).clearing_site_data())
}
