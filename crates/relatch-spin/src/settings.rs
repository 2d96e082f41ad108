//! A deployment's settings, read from variables and checked before any use.

use relatch_core::Secret;
use relatch_http::client::TrustedProxies;
use relatch_store::seal::{NamedKey, parse_keys};

/// Settings every component has.
pub struct Settings {
    /// `https://reset.example`: the only origin that may write, the base of every link.
    pub public_origin: String,
    pub organisation: String,
    pub domain: String,
    pub trusted_proxies: TrustedProxies,
    pub pepper: NamedKey,
}

/// A variable is missing or useless; the text names it and never shows it.
#[derive(Debug, thiserror::Error)]
#[error("variable {0} is missing or cannot be used")]
pub struct BadSetting(pub &'static str);

/// The raw variables, for [`Settings::check`].
pub struct Raw {
    pub public_origin: String,
    pub organisation: String,
    pub domain: String,
    pub trusted_proxies: String,
    pub pepper: String,
}

impl Settings {
    pub fn check(raw: Raw) -> Result<Self, BadSetting> {
        let origin_fits = raw.public_origin.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.authority().is_some()
                && !raw.public_origin.ends_with('/')
        });
        if !origin_fits {
            return Err(BadSetting("public_origin"));
        }
        if relatch_core::UserName::parse("someone", &raw.domain).is_none() {
            return Err(BadSetting("organisation_domain"));
        }
        let trusted_proxies = TrustedProxies::parse(&raw.trusted_proxies).ok_or(BadSetting("trusted_proxies"))?;
        let pepper = parse_keys(&raw.pepper).and_then(|keys| keys.into_iter().next()).ok_or(BadSetting("pepper"))?;
        Ok(Self {
            public_origin: raw.public_origin,
            organisation: raw.organisation,
            domain: raw.domain,
            trusted_proxies,
            pepper,
        })
    }

    pub fn pepper(&self) -> &Secret<[u8; 32]> {
        &self.pepper.key
    }
}

/// The lookup key: one named key; its id is not used, but keeps all keys in one shape.
pub fn lookup_key(text: &str) -> Result<Secret<[u8; 32]>, BadSetting> {
    let key = parse_keys(text).and_then(|keys| keys.into_iter().next()).ok_or(BadSetting("lookup_key"))?;
    Ok(key.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> Raw {
        Raw {
            public_origin: "http://localhost:3000".to_owned(),
            organisation: "Contoso".to_owned(),
            domain: "contoso.example".to_owned(),
            trusted_proxies: String::new(),
            pepper: format!("p1:{}", "A".repeat(42) + "E"),
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        assert!(Settings::check(raw()).is_ok());
        let bad = |change: fn(&mut Raw)| {
            let mut raw = raw();
            change(&mut raw);
            Settings::check(raw).err().unwrap().0
        };
        assert_eq!(bad(|raw| raw.public_origin = "localhost".to_owned()), "public_origin");
        assert_eq!(bad(|raw| raw.public_origin.push('/')), "public_origin");
        assert_eq!(bad(|raw| raw.domain = "contoso".to_owned()), "organisation_domain");
        assert_eq!(bad(|raw| raw.trusted_proxies = "x".to_owned()), "trusted_proxies");
        assert_eq!(bad(|raw| raw.pepper = "short".to_owned()), "pepper");
    }
}
