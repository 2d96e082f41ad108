//! Whose request is this? (SEC-63)

use crate::request::Request;
use std::net::IpAddr;

/// Networks whose `X-Forwarded-For` is believed.
#[derive(Debug, Default)]
pub struct TrustedProxies(Vec<(IpAddr, u8)>);

impl TrustedProxies {
    /// Comma-separated addresses or CIDR blocks; `None` when one of them is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(block).collect::<Option<Vec<_>>>().map(Self)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|(network, bits)| in_block(address, *network, *bits))
    }
}

fn block(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address.parse::<IpAddr>().ok()?, bits.parse::<u8>().ok()?),
        None => {
            let address = text.parse::<IpAddr>().ok()?;
            (address, if address.is_ipv4() { 32 } else { 128 })
        }
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((address, bits))
}

fn in_block(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (a, b, width) = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(u32::from(a)), u128::from(u32::from(b)), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a), u128::from(b), 128),
        _ => return false,
    };
    let shift = u32::from(width - bits.min(width));
    a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0)
}

/// The client's address as limits count it: IPv4 whole, IPv6 by its /64.
///
/// The runtime appends the true peer *after* whatever the client sent, with its port, so only the
/// last value counts. `X-Forwarded-For` is read from the right, past trusted proxies; what does not
/// parse is not skipped but stands for itself. No address at all is one shared client.
pub fn address(request: &Request, trusted: &TrustedProxies) -> String {
    let Some(peer) = last(request, "spin-client-addr").and_then(|text| without_port(&text)) else {
        return "unknown".to_owned();
    };
    let peer = peer.to_canonical();
    if !trusted.trusts(peer) {
        return counted(peer);
    }
    let forwarded: Vec<String> = values(request, "x-forwarded-for");
    for hop in forwarded.iter().rev() {
        match without_port(hop).map(|address| address.to_canonical()) {
            Some(address) if trusted.trusts(address) => {}
            Some(address) => return counted(address),
            None => return "unparsable".to_owned(),
        }
    }
    counted(peer)
}

fn values(request: &Request, name: &str) -> Vec<String> {
    let lines = request.headers.get_all(name).iter();
    let parts = lines.flat_map(|value| {
        String::from_utf8_lossy(value.as_bytes()).split(',').map(|p| p.trim().to_owned()).collect::<Vec<_>>()
    });
    parts.collect()
}

fn last(request: &Request, name: &str) -> Option<String> {
    values(request, name).pop()
}

fn without_port(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip())
}

fn counted(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, Method};

    fn from(headers: &[(&'static str, &str)], trusted: &str) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let request = Request { method: Method::GET, path: String::new(), query: None, headers: map, body: Vec::new() };
        address(&request, &TrustedProxies::parse(trusted).unwrap())
    }

    #[test]
    fn the_last_peer_counts_without_its_port() {
        let addr = "spin-client-addr";
        assert_eq!(from(&[(addr, "1.2.3.4"), (addr, "9.8.7.6:4711")], ""), "9.8.7.6");
        assert_eq!(from(&[(addr, "1.2.3.4, 9.8.7.6:4711")], ""), "9.8.7.6");
        assert_eq!(from(&[(addr, "[2001:db8:1:2:3:4:5:6]:99")], ""), "2001:db8:1:2::/64");
        assert_eq!(from(&[(addr, "[::ffff:9.8.7.6]:99")], ""), "9.8.7.6");
        assert_eq!(from(&[(addr, "garbage")], ""), "unknown");
        assert_eq!(from(&[], ""), "unknown");
    }

    #[test]
    fn forwarded_for_is_believed_only_of_proxies_we_know() {
        let headers = [("spin-client-addr", "10.0.0.7:1"), ("x-forwarded-for", "6.6.6.6, 5.5.5.5, 10.0.0.9")];
        assert_eq!(from(&headers, ""), "10.0.0.7");
        assert_eq!(from(&headers, "10.0.0.0/24"), "5.5.5.5");
        let garbage = [("spin-client-addr", "10.0.0.7:1"), ("x-forwarded-for", "6.6.6.6, a")];
        assert_eq!(from(&garbage, "10.0.0.0/24"), "unparsable");
        assert_eq!(from(&[("spin-client-addr", "10.0.0.7:1")], "10.0.0.7"), "10.0.0.7");
    }

    #[test]
    fn a_broken_list_of_proxies_is_refused() {
        assert!(TrustedProxies::parse("10.0.0.0/33").is_none());
        assert!(TrustedProxies::parse("proxy.example").is_none());
        assert!(TrustedProxies::parse(" 10.0.0.1 , fd00::/8 ").is_some());
    }
}
