//! `allowed_outbound_hosts`: who may be called. Spin's rules, less what this host does not offer (raw sockets, CIDR
//! blocks, `self`), which it refuses rather than ignores.

use http::Uri;

/// The domain of components that are called in-process.
pub const INTERNAL_SUFFIX: &str = ".spin.internal";

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    scheme: Option<Scheme>,
    host: Host,
    port: Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            _ => None,
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Any,
    /// With its leading dot.
    Below(String),
    Exactly(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Any,
    Exactly(u16),
}

impl AllowedHost {
    /// Reads `scheme://host[:port]`; each of the three may be `*`, and a host may start with `*.`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.trim().split_once("://").ok_or("it has no scheme, such as https://")?;
        let scheme = match scheme {
            "*" => None,
            other => Some(Scheme::parse(other).ok_or("this host only sends http and https")?),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '@']) {
            return Err("it may only have a scheme, a host and a port".to_owned());
        }
        let (host, port) = split_port(rest);
        let port = match (port, scheme) {
            (Some("*"), _) => Port::Any,
            (Some(number), _) => Port::Exactly(number.parse().map_err(|_| "its port is no number")?),
            (None, Some(scheme)) => Port::Exactly(scheme.port()),
            (None, None) => return Err("it needs a port, because its scheme is *".to_owned()),
        };
        Ok(Self { scheme, host: parse_host(host)?, port })
    }

    /// May this be called?
    fn allows(&self, scheme: Scheme, host: &str, port: u16) -> bool {
        let internal = host.ends_with(INTERNAL_SUFFIX);
        let host_fits = match &self.host {
            // A component has to be named: no wildcard meant for the internet opens the door to a private one.
            Host::Any => !internal,
            Host::Below(suffix) => host.ends_with(suffix.as_str()),
            Host::Exactly(name) => host == name,
        };
        host_fits
            && self.scheme.is_none_or(|only| only == scheme)
            && match self.port {
                Port::Any => true,
                Port::Exactly(only) => only == port,
            }
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // The colons of a bare IPv6 address are inside brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn parse_host(host: &str) -> Result<Host, String> {
    let host = host.to_ascii_lowercase();
    if host == "*" {
        return Ok(Host::Any);
    }
    let (below, name) = match host.strip_prefix("*.") {
        Some(name) => (true, name),
        None => (false, host.as_str()),
    };
    let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let plain = match literal {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    match (plain, below, name) {
        (true, false, "self" | "self.alt") => Err("this host does not offer requests to `self`".to_owned()),
        (true, true, name) => Ok(Host::Below(format!(".{name}"))),
        (true, false, name) => Ok(Host::Exactly(name.to_owned())),
        (false, ..) => Err("its host is no name or address (wildcards: `*` or `*.name`)".to_owned()),
    }
}

/// Does the list allow this request?
pub fn allows(list: &[AllowedHost], uri: &Uri) -> bool {
    let (Some(scheme), Some(host)) = (uri.scheme_str().and_then(Scheme::parse), uri.host()) else {
        return false;
    };
    let host = host.to_ascii_lowercase();
    let port = uri.port_u16().unwrap_or(scheme.port());
    list.iter().any(|entry| entry.allows(scheme, &host, port))
}

/// The component a request is for, if its host says it is one.
pub fn internal_target(uri: &Uri) -> Option<String> {
    uri.host().map(str::to_ascii_lowercase)?.strip_suffix(INTERNAL_SUFFIX).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(entry: &str, url: &str) -> bool {
        allows(&[AllowedHost::parse(entry).unwrap()], &url.parse().unwrap())
    }

    #[test]
    fn scheme_host_and_port_must_all_fit() {
        assert!(allowed("https://api.example", "https://api.example/x?y"));
        assert!(allowed("https://API.example/", "https://api.Example:443/"));
        assert!(!allowed("https://api.example", "http://api.example/"));
        assert!(!allowed("https://api.example", "https://api.example:8443/"));
        assert!(!allowed("https://api.example", "https://api.example.evil/"));
        assert!(!allowed("https://api.example", "https://evil-api.example/"));
        assert!(!allowed("https://api.example", "https://x@evil/"));
        assert!(allowed("http://127.0.0.1:9000", "http://127.0.0.1:9000/"));
        assert!(allowed("http://[::1]:9000", "http://[::1]:9000/"));
    }

    #[test]
    fn wildcards_are_whole_parts() {
        assert!(allowed("https://*.example", "https://a.b.example/"));
        assert!(!allowed("https://*.example", "https://example/"));
        assert!(!allowed("https://*.example", "https://badexample/"));
        assert!(allowed("http://localhost:*", "http://localhost:1/"));
        assert!(allowed("*://*:*", "http://anything:1/"));
    }

    #[test]
    fn a_component_must_be_named() {
        assert!(allowed("http://messenger.spin.internal", "http://messenger.spin.internal/send"));
        assert!(allowed("http://*.spin.internal", "http://messenger.spin.internal/send"));
        assert!(!allowed("*://*:*", "http://messenger.spin.internal/send"));
        assert!(!allowed("http://*:*", "http://MESSENGER.spin.internal/send"));
        assert!(!allowed("http://users.spin.internal", "http://messenger.spin.internal/"));
    }

    #[test]
    fn what_this_host_lacks_is_refused() {
        let refused = [
            "api.example",
            "*://api.example",
            "tcp://10.0.0.5:636",
            "https://a/b",
            "https://",
            "https://self",
            "https://10.0.0.0/8",
            "https://a:b",
            "https://a:",
            "https://*a.example",
            "https://u@a",
            "https://[::g]",
        ];
        for entry in refused {
            assert!(AllowedHost::parse(entry).is_err(), "{entry}");
        }
    }

    #[test]
    fn internal_targets_are_recognised() {
        let target = |url: &str| internal_target(&url.parse().unwrap());
        assert_eq!(target("http://a-b.spin.internal/x"), Some("a-b".to_owned()));
        assert_eq!(target("http://A-B.SPIN.internal:80/x"), Some("a-b".to_owned()));
        assert_eq!(target("http://spin.internal/x"), None);
        assert_eq!(target("http://a.spin.internal.evil/x"), None);
    }
}
