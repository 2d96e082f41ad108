//! Password reset: Authentication methods, Registration, Notifications, Customisation (S32), Password rules,
//! Entitlement.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod wire;

use http::Method;
use relatch_core::roles::Right;
use relatch_http::{Code, Reply, Request};
use relatch_spin::{Handled, SpinApp, serve};
use relatch_store::policy::Section;
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve(request, route).await
}

async fn route(app: SpinApp, request: Request) -> Handled {
    let segments = request.segments();
    match segments.as_deref() {
        Some(["policy"]) => match request.method {
            Method::GET => {
                app.need_right(&request, Right::See).await?;
                let policy = app.vault.policy().await?;
                Ok(Reply::ok(&step::everything(&app, &policy).await?))
            }
            _ => Ok(Reply::method_not_allowed("GET, HEAD")),
        },
        Some(
            [
                "policy",
                page @ ("methods" | "registration" | "notifications" | "customisation" | "passwords" | "entitlement"),
            ],
        ) => {
            if request.method != Method::PUT {
                return Ok(Reply::method_not_allowed("PUT"));
            }
            let caller = app.need_right(&request, Right::Manage).await?;
            let wanted = match *page {
                "methods" => Section::Methods(request.json()?),
                "registration" => Section::Registration(request.json()?),
                "notifications" => Section::Notifications(request.json()?),
                "customisation" => Section::Customisation(request.json()?),
                "passwords" => Section::Passwords(request.json()?),
                _ => Section::Entitlement(request.json::<wire::EntitlementPage>()?.into()),
            };
            let policy = step::save(&app, &caller, page, wanted).await?;
            Ok(Reply::ok(&step::everything(&app, &policy).await?))
        }
        _ => Err(Code::NotFound.into()),
    }
}
