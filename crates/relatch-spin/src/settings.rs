//! A deployment's settings, read from variables and checked before any use.

use relatch_core::Secret;
use relatch_http::client::TrustedProxies;
use relatch_store::keys::Keys;
use relatch_store::seal::{NamedKey, parse_keys};

/// Settings every component has.
pub struct Settings {
    /// `https://reset.example`: the only origin that may write, the base of every link.
    pub public_origin: String,
    pub organisation: String,
    pub domain: String,
    pub trusted_proxies: TrustedProxies,
    pub peppers: Peppers,
}

/// The keys of password hashes: the first makes new ones, all are good to compare with.
pub struct Peppers {
    first: NamedKey,
    older: Vec<NamedKey>,
}

impl Peppers {
    /// `None` without any.
    pub fn of(mut keys: Vec<NamedKey>) -> Option<Self> {
        (!keys.is_empty()).then(|| Self { first: keys.remove(0), older: keys })
    }

    pub fn first(&self) -> &NamedKey {
        &self.first
    }

    pub fn named(&self, id: &str) -> Option<&NamedKey> {
        std::iter::once(&self.first).chain(&self.older).find(|pepper| pepper.id == id)
    }
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
        let peppers = parse_keys(&raw.pepper).and_then(Peppers::of).ok_or(BadSetting("pepper"))?;
        Ok(Self {
            public_origin: raw.public_origin,
            organisation: raw.organisation,
            domain: raw.domain,
            trusted_proxies,
            peppers,
        })
    }

    /// The key that hashes.
    pub fn pepper(&self) -> &Secret<[u8; 32]> {
        &self.peppers.first.key
    }
}

/// What names the records: the newest key first.
pub fn lookup_keys(text: &str) -> Result<Keys, BadSetting> {
    parse_keys(text).and_then(Keys::of).ok_or(BadSetting("lookup_key"))
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
    fn the_first_pepper_hashes_and_the_others_are_known() {
        let key = "A".repeat(42) + "E";
        let settings =
            Settings::check(Raw { pepper: format!("p2:{key},p1:{key}"), ..raw() }).unwrap_or_else(|_| panic!());
        assert_eq!(settings.peppers.first().id, "p2");
        assert!(settings.peppers.named("p1").is_some() && settings.peppers.named("p0").is_none());
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
