//! Administrators create groups and look after their members.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::{Method, StatusCode};
use relatch_core::GroupId;
use relatch_core::roles::Right;
use relatch_http::{Code, Reply, Request};
use relatch_spin::views::UserView;
use relatch_spin::{Handled, SpinApp, serve};
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

/// People shown when a rule is tried.
const TRIED_SHOWN: usize = 10;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    match request.segments().as_deref() {
        Some(["groups"]) => match request.method {
            Method::GET => {
                app.need_right(&request, Right::See).await?;
                let before = request.after()?;
                let (groups, next) = app.vault.list_groups(before).await?;
                let groups = groups.iter().map(wire::GroupView::from).collect();
                Ok(Reply::ok(&wire::Page { groups, next: next.map(|at| at.to_string()) }))
            }
            Method::POST => {
                let caller = app.need_right(&request, Right::Manage).await?;
                let group = step::create(&app, &caller, &request.json()?).await?;
                Ok(Reply::json(StatusCode::CREATED, &wire::Created { group: (&group).into() }))
            }
            _ => Ok(Reply::method_not_allowed("GET, HEAD, POST")),
        },
        Some(["groups", "try-rule"]) => match request.method {
            Method::POST => {
                app.need_right(&request, Right::See).await?;
                let wanted: wire::TryRule = request.json()?;
                let rule = step::parse_rule(&wanted.rule)?;
                let (people, _) = app.vault.list_accounts(None).await?;
                let matching = people.iter().filter(|person| rule.matches(&person.account.attributes()));
                let shown = matching.take(TRIED_SHOWN).map(UserView::from).collect();
                Ok(Reply::ok(&wire::Tried { people: shown, looked_at: people.len() }))
            }
            _ => Ok(Reply::method_not_allowed("POST")),
        },
        Some(["groups", id]) => match request.method {
            Method::GET => {
                app.need_right(&request, Right::See).await?;
                let before = request.after()?;
                show(&app, id, before).await
            }
            Method::PATCH => {
                let caller = app.need_right(&request, Right::Manage).await?;
                let group = GroupId::parse(id).ok_or(Code::NotFound)?;
                step::edit(&app, &caller, group, &request.json()?).await?;
                show(&app, id, None).await
            }
            _ => Ok(Reply::method_not_allowed("GET, HEAD, PATCH")),
        },
        Some(["groups", id, "members"]) => match request.method {
            Method::POST => {
                let caller = app.need_right(&request, Right::Manage).await?;
                let group = GroupId::parse(id).ok_or(Code::NotFound)?;
                step::change(&app, &caller, group, &request.json()?).await?;
                show(&app, id, None).await
            }
            _ => Ok(Reply::method_not_allowed("POST")),
        },
        _ => Err(Code::NotFound.into()),
    }
}

async fn show(app: &SpinApp, id: &str, before: Option<u64>) -> Handled {
    let id = GroupId::parse(id).ok_or(Code::NotFound)?;
    let group = app.vault.group(id).await?.ok_or(Code::NotFound)?;
    let (members, next) = app.vault.list_members(&group, before).await?;
    let groups = step::nested(app, &group).await?;
    Ok(Reply::ok(&wire::Shown::of(&group, &members, groups, next)))
}
