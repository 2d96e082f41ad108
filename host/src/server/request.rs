//! One request: the host's own paths, the route, the component, the log line.

use std::net::SocketAddr;
use std::time::Instant;

use http::uri::{Authority, Scheme};
use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use wasmtime_wasi_http::WasiBody;

use super::body::gather;
use super::{Server, reply, spin_headers};
use crate::runtime::Failure;

const OWN_PATHS: &str = "/.well-known/spin/";
const LONGEST_LOGGED_PATH: usize = 200;

impl Server {
    /// Answers a request, whatever it is.
    pub(super) async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<WasiBody> {
        let started = Instant::now();
        let method = request.method().clone();
        // Never the query, and nothing about the person.
        let path: String = request.uri().path().chars().take(LONGEST_LOGGED_PATH).collect();
        let (component, response) = self.route(request, peer).await;
        let (status, milliseconds) = (response.status().as_u16(), started.elapsed().as_secs_f64() * 1000.0);
        self.runtime.services.log.line(&format!("{method} {path} {status} {milliseconds:.1}ms {component}"));
        response
    }

    async fn route(&self, request: Request<Incoming>, peer: SocketAddr) -> (&str, Response<WasiBody>) {
        if let Some(own) = request.uri().path().strip_prefix(OWN_PATHS) {
            return ("-", self.own_path(own));
        }
        let Some(authority) = authority(&request) else {
            return ("-", reply::problem(StatusCode::BAD_REQUEST));
        };
        let path = request.uri().path().to_owned();
        let Some(found) = self.routes.find(&path) else {
            return ("-", reply::problem(StatusCode::NOT_FOUND));
        };
        if declared_length(&request).is_some_and(|length| length > self.limits.request_body as u64) {
            return (found.component, reply::problem(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let (parts, body) = request.into_parts();
        let patience = self.runtime.services.request_timeout;
        let body = match gather(body, self.limits.request_body, patience).await {
            Ok(body) => body,
            Err(status) => return (found.component, reply::problem(status)),
        };
        let mut request = Request::from_parts(parts, body);
        spin_headers::add(&mut request, &found, peer);
        let mut uri = std::mem::take(request.uri_mut()).into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(authority);
        match http::Uri::from_parts(uri) {
            Ok(uri) => *request.uri_mut() = uri,
            // `OPTIONS *` has no path.
            Err(_) => return (found.component, reply::problem(StatusCode::BAD_REQUEST)),
        }
        (found.component, self.ask(found.component, request).await)
    }

    fn own_path(&self, path: &str) -> Response<WasiBody> {
        match path {
            "health" => reply::text(StatusCode::OK, "text/plain; charset=utf-8", "OK"),
            "info" => reply::text(StatusCode::OK, "application/json", self.info.clone()),
            _ => reply::problem(StatusCode::NOT_FOUND),
        }
    }

    async fn ask(&self, component: &str, request: Request<WasiBody>) -> Response<WasiBody> {
        match self.runtime.handle(component, request).await {
            Ok(response) => response,
            Err(failure) => {
                self.runtime.services.log.line(&format!("[{component}] failed: {failure}"));
                reply::problem(match failure {
                    Failure::Busy => StatusCode::SERVICE_UNAVAILABLE,
                    Failure::TimedOut => StatusCode::GATEWAY_TIMEOUT,
                    Failure::Guest(_) => StatusCode::INTERNAL_SERVER_ERROR,
                })
            }
        }
    }
}

fn declared_length<B>(request: &Request<B>) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whom the request is addressed to, if it says so clearly. A component's own name is not an address from outside.
fn authority<B>(request: &Request<B>) -> Option<Authority> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host.to_str().ok()?.parse::<Authority>().ok()?),
        (None, _) => None,
        (Some(_), Some(_)) => return None,
    };
    let authority = match (host, request.uri().authority().cloned()) {
        (Some(host), Some(target)) if host != target => return None,
        (Some(authority), _) | (None, Some(authority)) => authority,
        (None, None) => return None,
    };
    (!authority.as_str().contains('@') && !spin_headers::names_component(authority.as_str())).then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addressed_to(uri: &str, hosts: &[&str]) -> Option<String> {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header("host", *host);
        }
        authority(&request.body(()).unwrap()).map(|authority| authority.to_string())
    }

    #[test]
    fn a_request_names_one_host() {
        assert_eq!(addressed_to("/x", &["h:1"]), Some("h:1".to_owned()));
        assert_eq!(addressed_to("http://h/x", &[]), Some("h".to_owned()));
        assert_eq!(addressed_to("http://h/x", &["h"]), Some("h".to_owned()));
        assert_eq!(addressed_to("http://h/x", &["i"]), None);
        assert_eq!(addressed_to("/x", &[]), None);
        assert_eq!(addressed_to("/x", &["a", "b"]), None);
        assert_eq!(addressed_to("/x", &["a b"]), None);
        assert_eq!(addressed_to("/x", &["u@h"]), None);
    }

    #[test]
    fn a_component_is_not_addressed_from_outside() {
        assert_eq!(addressed_to("/x", &["messenger.spin.internal"]), None);
        assert_eq!(addressed_to("/x", &["Messenger.Spin.Internal:80"]), None);
        assert_eq!(addressed_to("http://messenger.spin.internal/x", &[]), None);
    }
}
