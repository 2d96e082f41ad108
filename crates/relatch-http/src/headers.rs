//! The headers of every reply (section 4 of the security contract). One function, no exceptions.

use crate::reply::{Kind, Reply};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
    SET_COOKIE, VARY,
};

const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; upgrade-insecure-requests";
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)";

/// For what never changes under its address.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// On every reply of ours, page or API.
const COMMON: [(&str, &str); 7] = [
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-robots-tag", "noindex"),
];

fn put(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
}

/// Headers of a page or an asset.
pub fn page(content_type: &str, immutable: bool) -> HeaderMap {
    let mut headers = any_page(content_type, immutable);
    put(&mut headers, "content-security-policy", PAGE_POLICY);
    put(&mut headers, "cross-origin-embedder-policy", "require-corp");
    headers
}

/// What the one page loads that shows somebody else's widget: lists of hosts, fit to stand in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WidgetHosts {
    pub scripts: String,
    pub frames: String,
    /// Also for its styles.
    pub connections: String,
}

/// Headers of that page. Its scripts may not talk to us: `connect-src` leaves us out, and without
/// `cross-origin-embedder-policy` it cannot reach into a window with one of our other pages, for all of those have it.
/// Trusted types are not asked for: we do not know that the widget can do with them.
pub fn widget_page(content_type: &str, hosts: &WidgetHosts) -> HeaderMap {
    let mut headers = any_page(content_type, false);
    let WidgetHosts { scripts, frames, connections } = hosts;
    let policy = format!(
        "default-src 'none'; script-src 'self' {scripts}; frame-src {frames}; style-src 'self' {connections}; \
         connect-src {}; img-src 'self'; worker-src 'none'; form-action 'none'; base-uri 'none'; object-src 'none'; \
         frame-ancestors 'none'; upgrade-insecure-requests",
        if connections.is_empty() { "'none'" } else { connections }
    );
    // Without a policy there is none of theirs, and nothing of ours either.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers
}

fn any_page(content_type: &str, immutable: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in COMMON {
        put(&mut headers, name, value);
    }
    put(&mut headers, "permissions-policy", PERMISSIONS);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(if immutable { FOR_EVER } else { "no-store" }));
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(CONTENT_TYPE, value);
    }
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers
}

/// Turns an API reply into status, headers and body.
pub fn api(reply: Reply, request_id: &str) -> (http::StatusCode, HeaderMap, Vec<u8>) {
    let mut headers = HeaderMap::new();
    for (name, value) in COMMON {
        put(&mut headers, name, value);
    }
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(API_POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("Origin, Sec-Fetch-Site, Cookie"));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    if let Some(allow) = reply.allow {
        headers.insert(ALLOW, HeaderValue::from_static(allow));
    }
    if reply.clear_site_data {
        put(&mut headers, "clear-site-data", "\"cache\", \"cookies\", \"storage\"");
    }
    for cookie in &reply.cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            headers.append(SET_COOKIE, value);
        }
    }
    let body = match reply.kind {
        Kind::Empty => Vec::new(),
        Kind::Json(body) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            body
        }
        Kind::Png(image) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
            // The same for everybody: a copy may be kept whoever asked.
            headers.remove(VARY);
            image
        }
        Kind::Problem(mut problem) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
            if matches!(reply.status.as_u16(), 429 | 503) {
                let seconds = *problem.retry_after.get_or_insert(5);
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            problem.to_json(request_id)
        }
    };
    (reply.status, headers, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Code, Problem};

    #[test]
    fn every_problem_carries_the_api_headers() {
        for code in Code::ALL {
            let (status, headers, body) = api(Problem::new(*code).into(), "r");
            assert_eq!(status, code.status());
            for (name, value) in COMMON {
                assert_eq!(headers[name], value);
            }
            assert_eq!(headers[CONTENT_TYPE], "application/problem+json");
            assert_eq!(headers.contains_key(RETRY_AFTER), matches!(status.as_u16(), 429 | 503));
            assert!(!body.is_empty());
        }
    }

    #[test]
    fn an_image_is_kept_and_carries_the_api_headers() {
        let (_, headers, body) = api(Reply::png(vec![1, 2]), "r");
        for (name, value) in COMMON {
            assert_eq!(headers[name], value);
        }
        assert_eq!(
            (&headers[CONTENT_TYPE], &headers[CACHE_CONTROL]),
            (&"image/png".parse().unwrap(), &FOR_EVER.parse().unwrap())
        );
        assert_eq!(headers[CONTENT_SECURITY_POLICY], API_POLICY);
        assert!(!headers.contains_key(VARY) && !headers.contains_key(SET_COOKIE));
        assert_eq!(body, [1, 2]);
        assert_eq!(api(Reply::empty(), "r").1[CACHE_CONTROL], "no-store");
    }

    #[test]
    fn a_widget_s_scripts_may_not_talk_to_us() {
        let hosts = WidgetHosts {
            scripts: "https://a.example".to_owned(),
            frames: "https://b.example".to_owned(),
            connections: String::new(),
        };
        let headers = widget_page("text/html; charset=utf-8", &hosts);
        for (name, value) in COMMON {
            assert_eq!(headers[name], value);
        }
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        for part in [
            "default-src 'none';",
            "script-src 'self' https://a.example;",
            "frame-src https://b.example;",
            "connect-src 'none';",
            "form-action 'none';",
            "frame-ancestors 'none';",
        ] {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        assert!(!headers.contains_key("cross-origin-embedder-policy"));
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        let broken = widget_page("text/html", &WidgetHosts { scripts: "a\nb".to_owned(), ..hosts });
        assert_eq!(broken[CONTENT_SECURITY_POLICY], "default-src 'none'");
    }
}
