//! Administrators create, list and search users.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::{Method, StatusCode};
use relatch_core::AccountId;
use relatch_http::{Code, Problem, Reply, Request};
use relatch_spin::views::UserView;
use relatch_spin::{Handled, SpinApp, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    match request.segments().as_deref() {
        Some(["users"]) => match request.method {
            Method::GET => list(app, &request).await,
            Method::POST => create(app, &request).await,
            _ => Ok(Reply::method_not_allowed("GET, HEAD, POST")),
        },
        Some(["users", "search"]) => match request.method {
            Method::POST => search(app, &request).await,
            _ => Ok(Reply::method_not_allowed("POST")),
        },
        Some(["users", id]) => match request.method {
            Method::GET => show(&app, &request, id).await,
            _ => Ok(Reply::method_not_allowed("GET, HEAD")),
        },
        _ => Err(Code::NotFound.into()),
    }
}

async fn list(app: SpinApp, request: &Request) -> Handled {
    app.need_administrator(request).await?;
    let before = request.after()?;
    let (people, next) = app.vault.list_accounts(before).await?;
    Ok(Reply::ok(&wire::Page {
        users: people.iter().map(UserView::from).collect(),
        next: next.map(|at| at.to_string()),
    }))
}

async fn search(app: SpinApp, request: &Request) -> Handled {
    app.need_administrator(request).await?;
    let wanted: wire::Search = request.json()?;
    let found = app.vault.search_accounts(&wanted.text).await?;
    let (people, more) = found.ok_or_else(|| Problem::new(Code::InvalidField).field("text"))?;
    Ok(Reply::ok(&wire::Found { users: people.iter().map(UserView::from).collect(), more }))
}

async fn create(app: SpinApp, request: &Request) -> Handled {
    let caller = app.need_administrator(request).await?;
    let wanted: wire::NewUser = request.json()?;
    let created = step::create(&app, &caller, &wanted).await?;
    let body = wire::Created { user: (&created.person).into(), initial_password: created.initial_password.expose() };
    Ok(Reply::json(StatusCode::CREATED, &body))
}

async fn show(app: &SpinApp, request: &Request, id: &str) -> Handled {
    app.need_administrator(request).await?;
    let id = AccountId::parse(id).ok_or(Code::NotFound)?;
    let person = app.vault.person(id).await?.ok_or(Code::NotFound)?;
    let groups = step::groups_of(app, &person).await?;
    Ok(Reply::ok(&wire::Shown { user: (&person).into(), groups }))
}
