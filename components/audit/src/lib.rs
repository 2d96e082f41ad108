//! What happened: searched, exported, counted.
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
    let segments = request.segments();
    let Some(["audit", rest @ ..]) = segments.as_deref() else { return Err(Code::NotFound.into()) };
    match (rest, &request.method) {
        (["search"], &Method::POST) => {
            app.need_right(&request, Right::See).await?;
            Ok(Reply::ok(&step::search(&app, &request.json()?).await?))
        }
        (["export"], &Method::POST) => {
            app.need_right(&request, Right::See).await?;
            Ok(Reply::ok(&step::export(&app, &request.json()?).await?))
        }
        (["usage"], &Method::GET) => {
            app.need_right(&request, Right::See).await?;
            let (usage, census) = app.vault.usage().await?;
            Ok(Reply::ok(&wire::UsageView::of(&usage, &census, app.now)))
        }
        (["usage", "count"], &Method::POST) => {
            app.need_right(&request, Right::See).await?;
            request.nothing()?;
            let (usage, census) = app.vault.count_usage(app.now).await?;
            Ok(Reply::ok(&wire::UsageView::of(&usage, &census, app.now)))
        }
        (["search" | "export"] | ["usage", "count"], _) => Ok(Reply::method_not_allowed("POST")),
        (["usage"], _) => Ok(Reply::method_not_allowed("GET, HEAD")),
        _ => Err(Code::NotFound.into()),
    }
}
