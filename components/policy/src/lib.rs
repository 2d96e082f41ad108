//! Password reset: Authentication methods, Registration, Notifications, Customisation (S32), Password rules,
//! Entitlement. And the logo, for everybody.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod logo;
pub mod step;
pub mod wire;

use http::Method;
use relatch_core::limits::{BODY_MAX, LOGO_BODY_MAX};
use relatch_core::roles::Right;
use relatch_http::{Code, Reply, Request};
use relatch_spin::{Handled, SpinApp, serve_with};
use relatch_store::policy::Section;
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    serve_with(request, body_max, route).await
}

/// A logo is larger than anything else anybody sends.
fn body_max(path: &str) -> usize {
    if path == "/api/policy/logo" { LOGO_BODY_MAX } else { BODY_MAX }
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
        Some(["policy", "limits"]) => match request.method {
            Method::GET => {
                app.need_right(&request, Right::See).await?;
                Ok(Reply::ok(&wire::Limits::all()))
            }
            _ => Ok(Reply::method_not_allowed("GET, HEAD")),
        },
        Some(["policy", "logo"]) => save_logo(&app, &request).await,
        Some(["logo", number]) => match request.method {
            Method::GET => show_logo(&app, number).await,
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

async fn save_logo(app: &SpinApp, request: &Request) -> Handled {
    if !matches!(request.method, Method::PUT | Method::DELETE) {
        return Ok(Reply::method_not_allowed("PUT, DELETE"));
    }
    let caller = app.need_right(request, Right::Manage).await?;
    let policy = if request.method == Method::PUT {
        let wanted: wire::NewLogo = request.json_within(LOGO_BODY_MAX)?;
        step::save_logo(app, &caller, wanted.version, Some(&wanted.png)).await?
    } else {
        let wanted: wire::NoLogo = request.json()?;
        step::save_logo(app, &caller, wanted.version, None).await?
    };
    Ok(Reply::ok(&step::everything(app, &policy).await?))
}

/// For everybody: the sign-in page shows it too.
async fn show_logo(app: &SpinApp, number: &str) -> Handled {
    let plain = number.parse::<u64>().ok().filter(|parsed| parsed.to_string() == number);
    let png = app.vault.logo(plain.ok_or(Code::NotFound)?).await?.ok_or(Code::NotFound)?;
    Ok(Reply::png(png))
}
