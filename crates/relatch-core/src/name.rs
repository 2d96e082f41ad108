//! Names people type, and their one canonical form.

use crate::limits::NAME_MAX_BYTES;

/// A full sign-in name in canonical form: `mias@contoso.example`.
///
/// Canonicalisation (SEC-28), once and nowhere else: surrounding ASCII white space is dropped, ASCII
/// letters become lower case, a name without `@` gets the organisation's domain. Anything outside
/// ASCII is not a name here, so no two spellings in Unicode can meet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserName(String);

/// Longest part before the `@`, and longest name in all (Entra: 64, 113).
const LOCAL_MAX: usize = 64;
const FULL_MAX: usize = 113;

impl UserName {
    pub fn parse(typed: &str, domain: &str) -> Option<Self> {
        let typed = typed.trim_matches([' ', '\t']).to_ascii_lowercase();
        let (local, host) = match typed.split_once('@') {
            Some((local, host)) => (local, host.to_owned()),
            None => (typed.as_str(), domain.to_ascii_lowercase()),
        };
        let full = format!("{local}@{host}");
        let fits = is_local(local) && is_domain(&host) && full.len() <= FULL_MAX;
        fits.then_some(Self(full))
    }

    /// A name in the organisation's own domain: what an administrator may create.
    pub fn in_domain(typed: &str, domain: &str) -> Option<Self> {
        let name = Self::parse(typed, domain)?;
        name.0.ends_with(&format!("@{}", domain.to_ascii_lowercase())).then_some(name)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }
}

fn is_local(local: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    (1..=LOCAL_MAX).contains(&local.len())
        && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-'+".contains(&b))
        && edge(local.bytes().next())
        && edge(local.bytes().last())
        && !local.contains("..")
}

fn is_domain(host: &str) -> bool {
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    host.split('.').count() >= 2 && host.split('.').all(label)
}

/// Could somebody have typed this as a name at all? What fails here is a broken client, and is told
/// so; what passes but is no [`UserName`] is treated like any unknown name.
pub fn is_typeable(typed: &str) -> bool {
    !typed.trim().is_empty() && typed.len() <= NAME_MAX_BYTES && !typed.chars().any(char::is_control)
}

macro_rules! shown_name {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Trims, then wants 1 to the limit of code points, no control or invisible formatting characters.
            pub fn parse(typed: &str) -> Option<Self> {
                let typed = typed.trim();
                let length = typed.chars().count();
                let fits = (1..=$max).contains(&length) && !typed.chars().any(is_invisible);
                fits.then(|| Self(typed.to_owned()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

shown_name!(
    /// A person's name as shown: `Mia Steele`. Up to 64 code points.
    DisplayName, 64
);
shown_name!(
    /// A group's name as shown: `SSPRTesters`. Up to 64 code points.
    GroupName, 64
);
shown_name!(
    /// A sentence or two on what a group is for. Up to 256 code points.
    Description, 256
);

/// Control characters, and the marks that reorder or hide text around them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The words of a name, lower case, for search: split at anything that is not a letter or digit.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(typed: &str) -> Option<String> {
        UserName::parse(typed, "Contoso.Example").map(|n| n.as_str().to_owned())
    }

    #[test]
    fn the_local_part_is_before_the_domain() {
        let name = UserName::parse("mia.s", "contoso.example").unwrap();
        assert_eq!((name.as_str(), name.local()), ("mia.s@contoso.example", "mia.s"));
    }

    #[test]
    fn one_canonical_form() {
        for typed in ["mias", "MIAS", " mias ", "Mias@contoso.example", "mias@CONTOSO.example"] {
            assert_eq!(name(typed).as_deref(), Some("mias@contoso.example"), "{typed}");
        }
    }

    #[test]
    fn what_somebody_could_have_typed() {
        for typed in ["mias", "nobody at all", "m\u{e0}s", &"x".repeat(NAME_MAX_BYTES)] {
            assert!(is_typeable(typed), "{typed}");
        }
        for broken in ["", "  ", "mi\0as", "mias\n", &"x".repeat(NAME_MAX_BYTES + 1)] {
            assert!(!is_typeable(broken), "{broken:?}");
        }
    }

    #[test]
    fn no_unicode_look_alike_is_a_name() {
        for typed in [
            "m\u{131}as",
            "mia\u{17f}",
            "\u{212a}im",
            "stra\u{df}e",
            "ｍias",
            "mi\u{200d}as",
            "mi\u{e0}s",
            "mia\u{300}s",
        ] {
            assert_eq!(name(typed), None, "{typed}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for typed in [
            "",
            "@",
            "a@b",
            "a@@b.c",
            "a b",
            ".mia",
            "mia.",
            "m..a",
            "mia@-x.y",
            "a@b.c@d.e",
            &"x".repeat(65),
            "mia%0a",
        ] {
            assert_eq!(name(typed), None, "{typed}");
        }
    }

    #[test]
    fn administrators_create_in_their_own_domain_only() {
        assert!(UserName::in_domain("mias", "contoso.example").is_some());
        assert!(UserName::in_domain("mias@contoso.example", "contoso.example").is_some());
        assert!(UserName::in_domain("mias@evil.example", "contoso.example").is_none());
        assert!(UserName::in_domain("mias@x.contoso.example", "contoso.example").is_none());
    }

    #[test]
    fn shown_names_hide_nothing() {
        assert_eq!(DisplayName::parse("  Mia Steele ").unwrap().as_str(), "Mia Steele");
        for bad in ["", "  ", "a\nb", "a\u{202e}b", &"x".repeat(65)] {
            assert!(DisplayName::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn words_are_lower_case() {
        assert_eq!(words("Mia O'Steele-Smith"), ["mia", "o", "steele", "smith"]);
    }
}
