//! Bot checks that somebody else makes: Cloudflare's Turnstile and hCaptcha. The browser brings a token, the provider
//! says what it thinks of it (`siteverify`), and here is decided what that comes to. What is not clearly a yes is a no.

use crate::coded::Coded;
use crate::limits::{HCAPTCHA_TOKEN_MAX, TURNSTILE_TOKEN_MAX};

/// What a Turnstile token is made for: one for another form of the same site is none for START.
pub const ACTION: &str = "reset";
/// The whole of hCaptcha, as its makers ask to name it: which of its hosts is used changes.
const HCAPTCHA_HOSTS: &str = "https://hcaptcha.com https://*.hcaptcha.com";
/// What hCaptcha says instead of the host when it is very busy. The token is then bound by the site key alone.
const NOT_PROVIDED: &str = "not-provided";

/// Who makes the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Turnstile,
    Hcaptcha,
}

/// Named so in the variable `bot_check`.
impl Coded for Provider {
    const ALL: &'static [Self] = &[Self::Turnstile, Self::Hcaptcha];

    fn code(self) -> &'static str {
        match self {
            Self::Turnstile => "turnstile",
            Self::Hcaptcha => "hcaptcha",
        }
    }
}

impl Provider {
    /// Could this be a token? Asked before anybody is charged or bothered.
    pub fn may_be_token(self, text: &str) -> bool {
        let most = match self {
            Self::Turnstile => TURNSTILE_TOKEN_MAX,
            Self::Hcaptcha => HCAPTCHA_TOKEN_MAX,
        };
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
    }

    /// The address of the question about a token, under the provider's base address.
    pub fn question(self, base: &str) -> String {
        let path = match self {
            Self::Turnstile => "turnstile/v0/siteverify",
            Self::Hcaptcha => "siteverify",
        };
        format!("{}/{path}", base.trim_end_matches('/'))
    }

    /// The hosts that the page of the widget may load from, besides that of its script.
    pub fn more_hosts(self) -> &'static str {
        match self {
            Self::Turnstile => "",
            Self::Hcaptcha => HCAPTCHA_HOSTS,
        }
    }
}

/// What a provider answered, read from its JSON. What it left out is empty.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    pub success: bool,
    pub hostname: &'a str,
    pub action: &'a str,
    pub errors: &'a [String],
}

/// What that comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    Refused,
    /// The secret is not the provider's: whoever runs this has to look.
    WrongSecret,
    /// The provider could not tell.
    Unsure,
}

/// Judges an answer about a token that came to `host`.
pub fn judge(provider: Provider, said: Said<'_>, host: &str) -> Verdict {
    let has = |codes: &[&str]| said.errors.iter().any(|error| codes.contains(&error.as_str()));
    if has(&["missing-input-secret", "invalid-input-secret"]) {
        Verdict::WrongSecret
    } else if has(&["internal-error"]) {
        Verdict::Unsure
    } else if said.success && said.errors.is_empty() && fits(provider, said, host) {
        Verdict::Accepted
    } else {
        Verdict::Refused
    }
}

fn fits(provider: Provider, said: Said<'_>, host: &str) -> bool {
    let same = !host.is_empty() && said.hostname.eq_ignore_ascii_case(host);
    match provider {
        Provider::Turnstile => same && said.action == ACTION,
        Provider::Hcaptcha => same || said.hostname == NOT_PROVIDED,
    }
}

/// The host of an origin like `https://reset.example:8443`, as providers name it.
pub fn host_of(origin: &str) -> &str {
    let rest = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => rest,
    }
}

/// Is this a site key, fit to stand in a page?
pub fn is_site_key(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Scheme, host and port of a script's address, fit to stand in a page and in its policy.
pub fn origin_of(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_' | b':' | b'[' | b']');
    let host = rest.split('/').next().filter(|host| !host.is_empty())?;
    if rest.bytes().all(fits) { address.get(..address.len() - rest.len() + host.len()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::slice;

    const HOST: &str = "reset.example";

    fn said<'a>(hostname: &'a str, action: &'a str) -> Said<'a> {
        Said { success: true, hostname, action, errors: &[] }
    }

    #[test]
    fn a_widget_loads_from_where_its_provider_says() {
        assert_eq!(Provider::Turnstile.more_hosts(), "");
        assert_eq!(Provider::Hcaptcha.more_hosts(), "https://hcaptcha.com https://*.hcaptcha.com");
    }

    #[test]
    fn only_a_yes_for_this_host_and_action_is_one() {
        use Provider::{Hcaptcha, Turnstile};
        assert_eq!(judge(Turnstile, said(HOST, ACTION), HOST), Verdict::Accepted);
        assert_eq!(judge(Turnstile, said("RESET.example", ACTION), HOST), Verdict::Accepted);
        assert_eq!(judge(Hcaptcha, said(HOST, ""), HOST), Verdict::Accepted);
        assert_eq!(judge(Hcaptcha, said(NOT_PROVIDED, ""), HOST), Verdict::Accepted, "its site key binds it");
        assert_eq!(judge(Turnstile, said(NOT_PROVIDED, ACTION), HOST), Verdict::Refused);
        for action in ["", "Reset", "sign-in", "reset "] {
            assert_eq!(judge(Turnstile, said(HOST, action), HOST), Verdict::Refused, "{action}");
        }
        for other in ["", "evil.example", "reset.example.evil.example", "xreset.example", "reset.example:443", "*"] {
            for provider in [Turnstile, Hcaptcha] {
                assert_eq!(judge(provider, said(other, ACTION), HOST), Verdict::Refused, "{other}");
            }
        }
        assert_eq!(judge(Turnstile, said("", ACTION), ""), Verdict::Refused);
        assert_eq!(judge(Turnstile, Said { success: false, ..said(HOST, ACTION) }, HOST), Verdict::Refused);
    }

    #[test]
    fn errors_are_never_a_yes() {
        let verdict = |error: &str, success| {
            let error = error.to_owned();
            judge(Provider::Turnstile, Said { success, errors: slice::from_ref(&error), ..said(HOST, ACTION) }, HOST)
        };
        for success in [true, false] {
            assert_eq!(verdict("invalid-input-secret", success), Verdict::WrongSecret);
            assert_eq!(verdict("missing-input-secret", success), Verdict::WrongSecret);
            assert_eq!(verdict("internal-error", success), Verdict::Unsure);
            for refused in ["timeout-or-duplicate", "invalid-input-response", "sitekey-secret-mismatch", "new", ""] {
                assert_eq!(verdict(refused, success), Verdict::Refused, "{refused}");
            }
        }
    }

    #[test]
    fn tokens_are_short_and_plain() {
        for (provider, most) in [(Provider::Turnstile, TURNSTILE_TOKEN_MAX), (Provider::Hcaptcha, HCAPTCHA_TOKEN_MAX)] {
            assert!(provider.may_be_token("0.aB_-/+="));
            assert!(provider.may_be_token(&"x".repeat(most)));
            assert!(!provider.may_be_token(&"x".repeat(most + 1)));
            for bad in ["", " ", "a b", "a\n", "a\u{0}", "\u{e9}", "a\"b", "a\\b", "\u{7f}"] {
                assert!(!provider.may_be_token(bad), "{bad:?}");
            }
        }
    }

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(host_of("https://reset.example"), HOST);
        assert_eq!(host_of("http://localhost:3000"), "localhost");
        assert_eq!(host_of("https://[::1]"), "[::1]");
        assert_eq!(host_of("https://[::1]:8443"), "[::1]");
        assert_eq!(origin_of("https://js.hcaptcha.com/1/api.js"), Some("https://js.hcaptcha.com"));
        assert_eq!(origin_of("http://127.0.0.1:3001/x"), Some("http://127.0.0.1:3001"));
        assert_eq!(origin_of("https://a.example"), Some("https://a.example"));
        for bad in ["", "https://", "https:///x", "//a.example", "javascript:x", "https://a.example; script-src *"] {
            assert_eq!(origin_of(bad), None, "{bad}");
        }
        for bad in
            ["https://a.example/\"><script>", "https://a b", "https://a.example,https://b", "https://u@a.example"]
        {
            assert_eq!(origin_of(bad), None, "{bad}");
        }
        assert_eq!(Provider::Turnstile.question("https://c.example/"), "https://c.example/turnstile/v0/siteverify");
        assert_eq!(Provider::Hcaptcha.question("https://h.example"), "https://h.example/siteverify");
    }

    #[test]
    fn site_keys_can_stand_in_a_page() {
        assert!(is_site_key("0x4AAAAAAADnPIDROrmt1Wwj") && is_site_key("10000000-ffff-ffff-ffff-000000000001"));
        assert!(is_site_key(&"x".repeat(100)) && !is_site_key(&"x".repeat(101)));
        assert!(["", " ", "a\"", "a>", "a b", "\u{e9}"].iter().all(|bad| !is_site_key(bad)));
    }

    #[test]
    fn only_their_names_name_them() {
        assert_eq!(Provider::parse("turnstile"), Some(Provider::Turnstile));
        assert_eq!(Provider::parse("hcaptcha"), Some(Provider::Hcaptcha));
        assert!(
            ["", "Turnstile", "turnstile ", "hCaptcha", "recaptcha"].iter().all(|name| Provider::parse(name).is_none())
        );
    }

    proptest! {
        #[test]
        fn what_can_stand_in_a_policy_has_nothing_that_ends_it(address in "\\PC{0,60}") {
            if let Some(origin) = origin_of(&address) {
                prop_assert!(address.starts_with(origin));
                prop_assert!(!address.contains([' ', ';', ',', '"', '\'', '<', '>', '&', '*', '@']));
            }
        }
    }
}
