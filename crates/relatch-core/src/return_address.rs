//! Where people may be sent on to when they are done: addresses an administrator listed, and nothing that only looks
//! like one of them.
//!
//! A browser reads addresses more kindly than it should (`\` for `/`, tabs left out, `..` resolved, a user before an
//! `@`). So what is not in a plain spelling is not interpreted here but refused, and what is left is compared part by
//! part, never as text.

use http::Uri;

/// Longest address an administrator may list, in bytes (choice).
const LISTED_MAX: usize = 200;
/// Longest address somebody may ask to be sent on to, in bytes (choice).
const WANTED_MAX: usize = 1_000;
/// The port of https.
const PORT: u16 = 443;

/// An https origin, with or without the beginning of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnAddress {
    origin: Origin,
    /// Without the slash at its end; empty: the whole origin.
    path: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    /// In lower case.
    host: String,
    port: u16,
}

impl ReturnAddress {
    /// An address as an administrator lists it: no credentials, query or fragment.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LISTED_MAX || text.contains(['?', '#']) {
            return None;
        }
        let (origin, path) = read(text)?;
        Some(Self { origin, path: path.trim_end_matches('/').to_owned() })
    }

    /// Does `wanted` begin with this address: the same origin, and a path that goes on at a slash?
    pub fn covers(&self, wanted: &str) -> bool {
        if wanted.len() > WANTED_MAX || !is_plain(wanted) {
            return false;
        }
        let plain = wanted.split('#').next().unwrap_or_default();
        let Some((origin, path)) = read(plain) else { return false };
        let rest = path.strip_prefix(&self.path);
        origin == self.origin && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// May somebody be sent on to `wanted`?
pub fn is_listed<'a>(listed: impl IntoIterator<Item = &'a str>, wanted: &str) -> bool {
    listed.into_iter().filter_map(ReturnAddress::parse).any(|address| address.covers(wanted))
}

/// Printable ASCII, and nothing a browser or a page would read as something else.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\`{}|^".contains(&b))
}

/// Origin and path of an address without a fragment.
fn read(text: &str) -> Option<(Origin, String)> {
    if !is_plain(text) {
        return None;
    }
    let uri: Uri = text.parse().ok()?;
    if uri.scheme_str() != Some("https") {
        return None;
    }
    let authority = uri.authority()?.as_str();
    let (host, port) = match authority.split_once(':') {
        None => (authority, PORT),
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, port.parse().ok()?),
        Some(_) => return None,
    };
    // No `@`, no brackets, no `%`, no dot at the end.
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !host.split('.').all(is_label) {
        return None;
    }
    let path = uri.path();
    is_plain_path(path).then(|| (Origin { host: host.to_ascii_lowercase(), port }, path.to_owned()))
}

/// No step up or on the spot, and no slash that hides: a path means the same to everybody who reads it.
fn is_plain_path(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%2e", ".");
    !path.contains("%2f") && !path.contains("%5c") && !path.split('/').any(|part| matches!(part, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(listed: &str, wanted: &str) -> bool {
        assert!(ReturnAddress::parse(listed).is_some(), "{listed}");
        is_listed([listed], wanted)
    }

    #[test]
    fn an_address_may_be_as_long_as_it_says() {
        let long = |length: usize| format!("https://app.example.org/{}", "a".repeat(length - 24));
        assert!(ReturnAddress::parse(&long(LISTED_MAX)).is_some());
        assert!(ReturnAddress::parse(&long(LISTED_MAX + 1)).is_none());
        assert!(allows("https://app.example.org", &long(WANTED_MAX)));
        assert!(!allows("https://app.example.org", &long(WANTED_MAX + 1)));
    }

    #[test]
    fn an_administrator_lists_https_origins_with_or_without_a_path() {
        for good in [
            "https://app.example.org",
            "https://app.example.org/",
            "https://App.Example.ORG/portal",
            "https://app.example.org:8443/a/b/",
            "https://intranet",
        ] {
            assert!(ReturnAddress::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "app.example.org",
            "http://app.example.org",
            "https://",
            "https:///app.example.org",
            "https://user@app.example.org",
            "https://user:secret@app.example.org/",
            "https://app.example.org/?x=1",
            "https://app.example.org/#top",
            "https://app.example.org./",
            "https://.example.org/",
            "https://*.example.org/",
            "https://app.example.org:/",
            "https://app.example.org:99999/",
            "https://app.example.org:+443/",
            "https://app.example.org/a/../b",
            "https://app.example.org/a b",
            "https://app.example.org/\u{e9}",
            "https://\u{e9}xample.org/",
            "https://[::1]/",
            "javascript:alert(1)",
            " https://app.example.org",
        ] {
            assert_eq!(ReturnAddress::parse(bad), None, "{bad}");
        }
        assert_eq!(ReturnAddress::parse(&format!("https://a.example/{}", "x".repeat(200))), None);
    }

    #[test]
    fn whatever_lies_below_a_listed_address_is_allowed() {
        for (listed, wanted) in [
            ("https://app.example.org", "https://app.example.org"),
            ("https://app.example.org", "https://app.example.org/"),
            ("https://app.example.org/", "https://app.example.org"),
            ("https://app.example.org", "https://app.example.org/any/where?x=1&y=[2]#here"),
            ("https://app.example.org", "https://app.example.org?x=1"),
            ("https://app.example.org", "https://app.example.org#here"),
            ("https://app.example.org", "HTTPS://APP.example.ORG/"),
            ("https://app.example.org", "https://app.example.org:443/"),
            ("https://app.example.org:443", "https://app.example.org/"),
            ("https://app.example.org:8443", "https://app.example.org:8443/x"),
            ("https://app.example.org/portal", "https://app.example.org/portal"),
            ("https://app.example.org/portal/", "https://app.example.org/portal"),
            ("https://app.example.org/portal", "https://app.example.org/portal/x"),
            ("https://app.example.org/portal", "https://app.example.org/portal?x=//evil.com/../"),
            ("https://app.example.org/portal", "https://app.example.org/portal#@evil.com"),
        ] {
            assert!(allows(listed, wanted), "{listed} {wanted}");
        }
    }

    #[test]
    fn what_only_looks_like_a_listed_address_is_not() {
        for wanted in [
            "",
            "/",
            "//evil.com",
            "//app.example.org",
            "///evil.com",
            "\\\\evil.com",
            "https:/\\evil.com",
            "https:\\\\app.example.org\\",
            "https://app.example.org\\@evil.com",
            "https://app.example.org\\.evil.com",
            "https:app.example.org",
            "https:/app.example.org",
            "https:///app.example.org",
            "http://app.example.org/",
            "javascript:alert(1)",
            "javascript://app.example.org/%0aalert(1)",
            "data:text/html,x",
            "https://app.example.org.evil.com",
            "https://app.example.org.",
            "https://app.example.org./",
            "https://evil.com/https://app.example.org",
            "https://evil.com?https://app.example.org",
            "https://evil.com#https://app.example.org",
            "https://app.example.org@evil.com",
            "https://app.example.org:443@evil.com/",
            "https://app.example.org%40evil.com",
            "https://evil.com@app.example.org",
            "https://app.example.org:8443/",
            "https://app.example.org:/",
            "https://app.example.org:0/",
            "https://app.example.org:65979/",
            "https://app%2eexample.org/",
            "https://app.example.org%2f.evil.com/",
            "https://xapp.example.org/",
            "https://example.org/",
            "https://app.example.orgevil.com/",
            "https://app.example.org\t/",
            "https://app.example.org/\n",
            "https://app\u{3002}example.org/",
            "https://\u{ff41}pp.example.org/",
            "https://app.example.org/\u{0}",
            " https://app.example.org/",
            "https://app.example.org/ ",
            "https://app.example.org/\"onclick=x",
            "https://app.example.org/#<b>",
        ] {
            assert!(!allows("https://app.example.org", wanted), "{wanted}");
        }
        let long = format!("https://app.example.org/{}", "x".repeat(WANTED_MAX));
        assert!(!allows("https://app.example.org", &long));
    }

    #[test]
    fn a_path_ends_at_a_slash_and_nobody_climbs_out_of_it() {
        for wanted in [
            "https://app.example.org/",
            "https://app.example.org/portals",
            "https://app.example.org/portal.evil",
            "https://app.example.org/Portal",
            "https://app.example.org/x/portal",
            "https://app.example.org//portal",
            "https://app.example.org/portal/../admin",
            "https://app.example.org/portal/..",
            "https://app.example.org/portal/./x",
            "https://app.example.org/portal/%2e%2E/admin",
            "https://app.example.org/portal/.%2e/admin",
            "https://app.example.org/portal/..%2fadmin",
            "https://app.example.org/portal/..%5Cadmin",
            "https://app.example.org/%70ortal",
        ] {
            assert!(!allows("https://app.example.org/portal", wanted), "{wanted}");
        }
    }

    #[test]
    fn nothing_listed_allows_nothing() {
        assert!(!is_listed([], "https://app.example.org/"));
        // A list that could never have been saved allows nothing either.
        assert!(!is_listed(["https://", "", "https://app.example.org?x"], "https://app.example.org/"));
    }
}
