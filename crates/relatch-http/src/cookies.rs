//! Our three cookies.

use crate::request::Request;

/// Name prefix `__Host-`: only we can set them, only for this host, only over TLS (or on localhost).
pub const SESSION: &str = "__Host-sspr_sess";
pub const FLOW: &str = "__Host-sspr_flow";
/// Says that a sign-in was completed here before. It opens nothing, so it may outlive the browser.
pub const DEVICE: &str = "__Host-relatch_device";

const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

pub fn set(name: &str, value: &str) -> String {
    format!("{name}={value}; {ATTRIBUTES}")
}

/// A cookie that the browser keeps for `seconds`, also when it is closed.
pub fn keep(name: &str, value: &str, seconds: u64) -> String {
    format!("{}; Max-Age={seconds}", set(name, value))
}

pub fn clear(name: &str) -> String {
    format!("{name}=; {ATTRIBUTES}; Max-Age=0")
}

/// The value of one of our cookies; nothing when it came twice, for then somebody else set one.
pub fn get<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut found = request
        .headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    (found.next().is_none() && !first.is_empty() && first.len() <= 2_048).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, Method};

    fn with(lines: &[&str]) -> Request {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("cookie", HeaderValue::from_str(line).unwrap());
        }
        Request { method: Method::GET, path: String::new(), query: None, headers, body: Vec::new() }
    }

    #[test]
    fn only_what_is_kept_outlives_the_browser() {
        let attributes = "Path=/; Secure; HttpOnly; SameSite=Strict";
        assert_eq!(set(SESSION, "x"), format!("__Host-sspr_sess=x; {attributes}"));
        assert_eq!(keep(DEVICE, "x", 90), format!("__Host-relatch_device=x; {attributes}; Max-Age=90"));
    }

    #[test]
    fn one_cookie_is_read_and_two_are_none() {
        assert_eq!(get(&with(&["a=1; __Host-sspr_sess=x; b=2"]), SESSION), Some("x"));
        assert_eq!(get(&with(&["__Host-sspr_sess=x; __Host-sspr_sess=y"]), SESSION), None);
        assert_eq!(get(&with(&["__Host-sspr_sess=x", "__Host-sspr_sess=y"]), SESSION), None);
        assert_eq!(get(&with(&["__host-sspr_sess=x; sspr_sess=y; __Host-sspr_sess="]), SESSION), None);
    }
}
