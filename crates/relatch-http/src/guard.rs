//! Did this request come from our own pages? (SEC-52)

use crate::problem::{Code, Problem};
use crate::request::Request;
use http::Method;
use relatch_core::keyed::same;

/// Refuses what a foreign page could have sent. Reads must not change anything, so only the methods
/// that could are judged; without an `Origin` a write is refused, because every browser sends one.
pub fn same_origin(request: &Request, public_origin: &str) -> Result<(), Problem> {
    if !matches!(request.method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE) {
        return Ok(());
    }
    let site_fits =
        !request.headers.contains_key("sec-fetch-site") || request.header("sec-fetch-site") == Some("same-origin");
    if request.header("origin") == Some(public_origin) && site_fits {
        Ok(())
    } else {
        Err(Problem::new(Code::CrossSite))
    }
}

/// Once there is a session, its CSRF token must come back in a header.
pub fn csrf(request: &Request, expected: &str) -> Result<(), Problem> {
    let given = request.header("x-csrf-token").unwrap_or_default();
    if same(given.as_bytes(), expected.as_bytes()) { Ok(()) } else { Err(Problem::new(Code::CsrfFailed)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue};

    fn post(headers: &[(&'static str, &str)]) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Request { method: Method::POST, path: String::new(), query: None, headers: map, body: Vec::new() }
    }

    #[test]
    fn only_our_own_origin_may_write() {
        let ours = "https://reset.example";
        assert!(same_origin(&post(&[("origin", ours)]), ours).is_ok());
        assert!(same_origin(&post(&[("origin", ours), ("sec-fetch-site", "same-origin")]), ours).is_ok());
        for headers in [
            vec![],
            vec![("origin", "null")],
            vec![("origin", "https://evil.example")],
            vec![("origin", "https://reset.example.evil.example")],
            vec![("origin", ours), ("origin", "https://evil.example")],
            vec![("origin", ours), ("sec-fetch-site", "cross-site")],
            vec![("origin", ours), ("sec-fetch-site", "same-site")],
            vec![("origin", ours), ("sec-fetch-site", "none")],
        ] {
            assert!(same_origin(&post(&headers), ours).is_err(), "{headers:?}");
        }
    }
}
