//! Answers the host gives itself, all small and without detail.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use wasmtime_wasi_http::WasiBody;

/// An answer with a body.
pub fn text(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response<WasiBody> {
    let mut response = Response::new(Full::new(body.into()).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A problem as RFC 9457 has it.
pub fn problem(status: StatusCode) -> Response<WasiBody> {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = serde_json::json!({ "type": "about:blank", "title": title, "status": status.as_u16() });
    text(status, "application/problem+json", body.to_string())
}

/// What a stranger learns of a failing component.
pub fn internal_error() -> Response<WasiBody> {
    problem(StatusCode::INTERNAL_SERVER_ERROR)
}
