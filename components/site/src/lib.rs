//! The pages, as the site builder left them, and an honest 404 for everything else.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod step;
pub mod widget;
pub mod wire;

use http::{HeaderMap, Method, StatusCode};
use relatch_core::coded::Coded;
use relatch_core::siteverify::Provider;
use relatch_http::{Code, Problem, Reply, headers};
use relatch_spin::entry;
use relatch_spin::settings::BadSetting;
use spin_sdk::http::IntoResponse;
use spin_sdk::http_service;
use widget::{Raw, Widget};
use wire::{Index, Page};

const MISSING: &str = "a file of the site is missing";

type Answer = (StatusCode, HeaderMap, Vec<u8>);

#[http_service]
async fn handle(request: spin_sdk::http::Request) -> impl IntoResponse {
    let request_id = entry::request_id();
    let head = request.method() == Method::HEAD;
    let (status, headers, body) = answer(&request, &request_id).await;
    entry::answer(status, headers, if head { Vec::new() } else { body })
}

async fn answer(request: &spin_sdk::http::Request, request_id: &str) -> Answer {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return headers::api(Problem::new(Code::NotFound).into(), request_id);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return headers::api(Reply::method_not_allowed("GET, HEAD"), request_id);
    }
    let Some(index) = read("/index.json").and_then(|bytes| serde_json::from_slice::<Index>(&bytes).ok()) else {
        return unavailable(request_id, "the site is not built: index.json is missing");
    };
    let accepted = header(request, "accept-encoding");
    match index.routes.get(path) {
        Some(page) if path == widget::PATH => match widget().await {
            Ok(Some(widget)) => send_widget(page, &widget, request_id),
            Ok(None) => send(StatusCode::NOT_FOUND, &index.not_found, accepted, request_id),
            Err(bad) => unavailable(request_id, &bad.to_string()),
        },
        Some(page) if step::unchanged(page, header(request, "if-none-match")) => {
            (StatusCode::NOT_MODIFIED, with_tag(page, step::Encoding::Plain), Vec::new())
        }
        Some(page) => send(StatusCode::OK, page, accepted, request_id),
        None => send(StatusCode::NOT_FOUND, &index.not_found, accepted, request_id),
    }
}

/// The widget of the bot check, where somebody else makes it.
async fn widget() -> Result<Option<Widget>, BadSetting> {
    let Some(provider) = Provider::parse(&entry::variable("bot_check").await?) else { return Ok(None) };
    let raw = Raw {
        site_key: entry::variable("bot_check_site_key").await?,
        turnstile_base_url: entry::variable("turnstile_base_url").await?,
        hcaptcha_script_url: entry::variable("hcaptcha_script_url").await?,
    };
    Widget::check(provider, raw).map(Some)
}

/// The page is made for every answer, so it has no tag and no compressed copy.
fn send_widget(page: &Page, widget: &Widget, request_id: &str) -> Answer {
    match read(&page.file).and_then(|body| String::from_utf8(body).ok()) {
        Some(body) => {
            let headers = headers::widget_page(&page.content_type, &widget.hosts());
            (StatusCode::OK, headers, widget.put_into(&body).into_bytes())
        }
        None => unavailable(request_id, MISSING),
    }
}

/// What is wrong is for the log alone.
fn unavailable(request_id: &str, why: &str) -> Answer {
    entry::log("error", request_id, why);
    headers::api(Problem::new(Code::Unavailable).into(), request_id)
}

fn send(status: StatusCode, page: &Page, accepted: &str, request_id: &str) -> Answer {
    let encoding = step::encoding(page, accepted);
    match read(&format!("{}{}", page.file, encoding.suffix())) {
        Some(body) => (status, with_tag(page, encoding), body),
        None => unavailable(request_id, MISSING),
    }
}

fn with_tag(page: &Page, encoding: step::Encoding) -> HeaderMap {
    let mut headers = headers::page(&page.content_type, page.immutable);
    if let Ok(tag) = step::weak(&page.etag).parse() {
        headers.insert(http::header::ETAG, tag);
    }
    if let Some(name) = encoding.name() {
        headers.insert(http::header::CONTENT_ENCODING, http::HeaderValue::from_static(name));
    }
    headers
}

/// Reads a file of the mounted site; paths come from the index alone, never from a request.
fn read(path: &str) -> Option<Vec<u8>> {
    std::fs::read(path).ok()
}

fn header<'a>(request: &'a spin_sdk::http::Request, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
