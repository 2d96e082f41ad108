//! The headers Spin gives a component. They are added after any of the same name a client sent, never instead of them:
//! a component that reads the first one is wrong here in the same way as under Spin.

use std::net::SocketAddr;

use http::{HeaderName, HeaderValue, Request, header};

use crate::outbound_grants::INTERNAL_SUFFIX;
use crate::routes::Match;

const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");

/// The address of a caller that is a component.
const INTERNAL_PEER: &str = "0.0.0.0:0";

/// Adds the headers to a request from outside.
pub fn add<B>(request: &mut Request<B>, found: &Match<'_>, peer: SocketAddr) {
    append(request, found.pattern, &found.tail, &peer.to_string());
}

/// Adds the headers to a request from another component.
pub fn add_internal<B>(request: &mut Request<B>) {
    let headers = request.headers_mut();
    let internal = |host: &HeaderValue| host.to_str().is_ok_and(names_component);
    if headers.get(header::HOST).is_some_and(internal) {
        headers.remove(header::HOST);
    }
    let path = request.uri().path().to_owned();
    append(request, "/...", &path, INTERNAL_PEER);
}

/// Is this the name of a component, with or without a port?
pub fn names_component(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    name.ends_with(INTERNAL_SUFFIX)
}

fn append<B>(request: &mut Request<B>, pattern: &str, path_info: &str, peer: &str) {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let full_url = format!("http://{host}{path}");
    let prefix = pattern.strip_suffix("/...").unwrap_or(pattern);
    let headers = request.headers_mut();
    headers.remove(header::CONNECTION);
    let values = [
        (PATH_INFO, path_info),
        (FULL_URL, &full_url),
        (MATCHED_ROUTE, pattern),
        (BASE_PATH, "/"),
        (RAW_COMPONENT_ROUTE, pattern),
        (COMPONENT_ROUTE, prefix),
        (CLIENT_ADDR, peer),
    ];
    for (name, value) in values {
        // A path, a host and an address are made of characters a header may have.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.append(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_true_address_comes_after_a_forged_one() {
        let mut request = Request::builder()
            .uri("/a/x?q=1")
            .header("host", "h:1")
            .header("spin-client-addr", "6.6.6.6")
            .header("connection", "close")
            .body(())
            .unwrap();
        let found = Match { component: "a", pattern: "/a/...", tail: "/x".to_owned() };
        add(&mut request, &found, "127.0.0.1:9".parse().unwrap());
        let all = |name: &str| -> Vec<&str> {
            request.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
        };
        assert_eq!(all("spin-client-addr"), ["6.6.6.6", "127.0.0.1:9"]);
        assert_eq!(all("spin-full-url"), ["http://h:1/a/x?q=1"]);
        assert_eq!(all("spin-path-info"), ["/x"]);
        assert_eq!(all("spin-matched-route"), ["/a/..."]);
        assert_eq!(all("spin-raw-component-route"), ["/a/..."]);
        assert_eq!(all("spin-component-route"), ["/a"]);
        assert_eq!(all("spin-base-path"), ["/"]);
        assert!(all("connection").is_empty());
    }

    #[test]
    fn a_call_between_components_has_no_address() {
        let mut request =
            Request::builder().uri("http://m.spin.internal/send").header("host", "m.spin.internal").body(()).unwrap();
        add_internal(&mut request);
        assert!(!request.headers().contains_key("host"));
        assert_eq!(request.headers().get("spin-client-addr").unwrap(), "0.0.0.0:0");
        assert_eq!(request.headers().get("spin-path-info").unwrap(), "/send");
        assert_eq!(request.headers().get("spin-full-url").unwrap(), "http://localhost/send");
    }
}
