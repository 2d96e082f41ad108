//! Bodies of START. The answer depends on the policy only, never on who was named.

use relatch_core::limits::FLOW_LIFE;
use relatch_core::return_address::is_listed;
use relatch_spin::views::{WayView, ways};
use relatch_store::records::Policy;
use relatch_store::tokens::Reason;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    pub name: String,
    #[serde(default)]
    pub reason: Reason,
    /// Where somebody wants to go on when they are done.
    #[serde(default)]
    pub return_to: Option<String>,
    /// The answer to a bot check, as clients of ALTCHA send it, JSON in base64; or the token of a provider.
    #[serde(default)]
    pub bot_check: Option<String>,
}

/// What a browser has to do before START.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Posed {
    /// Nothing.
    Off,
    /// Find the number from 0 to `maxnumber` whose digits, behind `salt`, have the hash `challenge`.
    Altcha { algorithm: &'static str, challenge: String, salt: String, signature: String, maxnumber: u64 },
    /// Get a token from Cloudflare, on the page for that.
    Turnstile,
    /// The same from hCaptcha.
    Hcaptcha,
}

#[derive(Serialize)]
pub struct Started<'a> {
    step: u8,
    steps: usize,
    methods: Vec<WayView>,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_to: Option<&'a str>,
}

impl<'a> Started<'a> {
    /// What policy offers, not what somebody registered (SEC-7). Where to go on comes back only if an
    /// administrator listed it; the page keeps it, nothing here does.
    pub fn under(policy: &Policy, return_to: Option<&'a str>) -> Self {
        let allowed = policy.methods.allowed();
        let listed = || policy.customisation.return_addresses.iter().map(String::as_str);
        Self {
            step: 1,
            steps: allowed.needed,
            methods: ways(policy, allowed.first()),
            expires_in: FLOW_LIFE,
            return_to: return_to.filter(|wanted| is_listed(listed(), wanted)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_listed_address_comes_back() {
        let mut policy = Policy::default();
        let wanted = "https://app.example.org/portal?x=1";
        assert_eq!(Started::under(&policy, Some(wanted)).return_to, None);
        policy.customisation.return_addresses = vec!["https://app.example.org/portal".to_owned()];
        assert_eq!(Started::under(&policy, Some(wanted)).return_to, Some(wanted));
        assert_eq!(Started::under(&policy, Some("https://app.example.org@evil.com/portal")).return_to, None);
        assert_eq!(Started::under(&policy, None).return_to, None);
    }
}
