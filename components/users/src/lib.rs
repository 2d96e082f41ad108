//! Administrators look after users.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod edit;
pub mod help;
pub mod rows;
pub mod step;
pub mod table;
pub mod wire;

use http::{Method, StatusCode};
use relatch_core::AccountId;
use relatch_core::roles::Right;
use relatch_http::{Code, Problem, Reply, Request};
use relatch_spin::views::{UserView, to_value};
use relatch_spin::{Handled, SpinApp, StepError, outbound, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    let segments = request.segments();
    let Some(["users", rest @ ..]) = segments.as_deref() else { return Err(Code::NotFound.into()) };
    match (rest, &request.method) {
        ([], &Method::GET) => list(app, &request).await,
        ([], &Method::POST) => create(app, &request).await,
        ([], _) => Ok(Reply::method_not_allowed("GET, HEAD, POST")),
        (["search"], &Method::POST) => search(app, &request).await,
        (["import"], &Method::POST) => {
            let caller = app.need_right(&request, Right::Manage).await?;
            Ok(Reply::ok(&table::import(&app, &caller, &request.json()?).await?))
        }
        (["search" | "import"], _) => Ok(Reply::method_not_allowed("POST")),
        (["export"], &Method::GET) => export(app, &request).await,
        (["deleted"], &Method::GET) => deleted(app, &request).await,
        (["export" | "deleted"], _) => Ok(Reply::method_not_allowed("GET, HEAD")),
        ([id], &Method::GET | &Method::PATCH | &Method::DELETE) => one(&app, &request, id).await,
        ([_], _) => Ok(Reply::method_not_allowed("GET, HEAD, PATCH, DELETE")),
        ([id, what @ ("restore" | "start-reset" | "unlock" | "end-sessions")], &Method::POST) => {
            act(&app, &request, id, what).await
        }
        ([_, "restore" | "start-reset" | "unlock" | "end-sessions"], _) => Ok(Reply::method_not_allowed("POST")),
        ([id, "methods"], &Method::DELETE) => {
            let caller = app.need_right(&request, Right::Methods).await?;
            let id = parse(id)?;
            let ticket = help::take_methods(&app, &caller, id).await?;
            outbound::deliver(&app, ticket);
            shown(&app, id).await
        }
        ([_, "methods"], _) => Ok(Reply::method_not_allowed("DELETE")),
        _ => Err(Code::NotFound.into()),
    }
}

fn parse(id: &str) -> Result<AccountId, StepError> {
    Ok(AccountId::parse(id).ok_or(Code::NotFound)?)
}

async fn list(app: SpinApp, request: &Request) -> Handled {
    app.need_right(request, Right::See).await?;
    let before = request.after()?;
    let (people, next) = app.vault.list_accounts(before).await?;
    Ok(Reply::ok(&wire::Page {
        users: people.iter().map(UserView::from).collect(),
        next: next.map(|at| at.to_string()),
    }))
}

async fn deleted(app: SpinApp, request: &Request) -> Handled {
    app.need_right(request, Right::See).await?;
    let before = request.after()?;
    let (people, next) = app.vault.list_deleted(before, app.now).await?;
    Ok(Reply::ok(&wire::Page {
        users: people.iter().map(UserView::from).collect(),
        next: next.map(|at| at.to_string()),
    }))
}

async fn export(app: SpinApp, request: &Request) -> Handled {
    app.need_right(request, Right::See).await?;
    let before = request.after()?;
    let (people, next) = app.vault.list_accounts(before).await?;
    let csv = table::export(&people, before.is_none())?;
    Ok(Reply::ok(&wire::Exported { csv, next: next.map(|at| at.to_string()) }))
}

async fn search(app: SpinApp, request: &Request) -> Handled {
    app.need_right(request, Right::See).await?;
    let wanted: wire::Search = request.json()?;
    let found = app.vault.search_accounts(&wanted.text).await?;
    let (people, more) = found.ok_or_else(|| Problem::new(Code::InvalidField).field("text"))?;
    Ok(Reply::ok(&wire::Found { users: people.iter().map(UserView::from).collect(), more }))
}

async fn create(app: SpinApp, request: &Request) -> Handled {
    let caller = app.need_right(request, Right::Manage).await?;
    let wanted: wire::NewUser = request.json()?;
    let created = step::create(&app, &caller, &wanted).await?;
    let body = wire::Created { user: (&created.person).into(), initial_password: created.initial_password.expose() };
    Ok(Reply::json(StatusCode::CREATED, &body))
}

async fn one(app: &SpinApp, request: &Request, id: &str) -> Handled {
    let right = match request.method {
        Method::GET => Right::See,
        Method::PATCH => Right::Help,
        _ => Right::Manage,
    };
    let caller = app.need_right(request, right).await?;
    let id = parse(id)?;
    let done = match request.method {
        Method::GET => return shown(app, id).await,
        Method::PATCH => edit::change(app, &caller, id, &request.json()?).await,
        _ => edit::set_deleted(app, &caller, id, true).await,
    };
    match done {
        Ok(_) => shown(app, id).await,
        Err(StepError::Refused(problem)) if problem.code == Code::StaleVersion => {
            let person = app.vault.person(id).await?.ok_or(Code::NotFound)?;
            let current = to_value(&step::shown(app, &person).await?);
            Err(Problem::new(Code::StaleVersion).current(current).into())
        }
        Err(error) => Err(error),
    }
}

async fn act(app: &SpinApp, request: &Request, id: &str, what: &str) -> Handled {
    let right = if what == "restore" { Right::Manage } else { Right::Help };
    let caller = app.need_right(request, right).await?;
    let id = parse(id)?;
    request.nothing()?;
    match what {
        "restore" => {
            edit::set_deleted(app, &caller, id, false).await?;
        }
        "unlock" => outbound::deliver(app, help::unlock(app, &caller, id).await?),
        "end-sessions" => help::end_sessions(app, &caller, id).await?,
        _ => {
            let started = help::start_reset(app, &caller, id).await?;
            outbound::deliver(app, started.ticket);
            let body =
                wire::ResetStarted { code: started.code.expose(), link: started.link, expires_at: started.expires_at };
            return Ok(Reply::json(StatusCode::CREATED, &body));
        }
    }
    shown(app, id).await
}

async fn shown(app: &SpinApp, id: AccountId) -> Handled {
    let person = app.vault.person(id).await?.ok_or(Code::NotFound)?;
    Ok(Reply::ok(&step::shown(app, &person).await?))
}
