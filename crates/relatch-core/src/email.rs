//! Email addresses a code may go to.

use crate::secret::Secret;

/// A plain ASCII address, compared without regard to case. Secret: it never reaches a log or a
/// stranger.
///
/// Addresses with other characters are refused: look-alikes of somebody else's address are how codes
/// went astray elsewhere, and a code only ever goes to the address that was stored (SEC-27, SEC-28).
#[derive(Clone, Debug)]
pub struct EmailAddress(Secret<String>);

/// RFC 5321: 64 before the @, 254 in all.
const MAX: usize = 254;

impl EmailAddress {
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let fits = typed.len() <= MAX && typed.bytes().all(|b| b.is_ascii_graphic());
        // No quoted local parts, comments or address literals: nobody is reached by them only.
        let plain = fits && !typed.contains(['"', '(', ')', '[', ']', ',', ';', '<', '>', '\\']);
        let valid = plain && email_address::EmailAddress::is_valid(typed);
        let has_dot = typed.rsplit_once('@').is_some_and(|(_, domain)| domain.contains('.'));
        (valid && has_dot).then(|| Self(Secret::new(typed.to_owned())))
    }

    /// As it was typed, for the message and the record.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What two spellings of one address have in common.
    pub fn folded(&self) -> String {
        self.expose().to_ascii_lowercase()
    }

    /// What its owner may see once signed in: `m•••@example.org`.
    pub fn hint(&self) -> String {
        let (local, domain) = self.expose().rsplit_once('@').unwrap_or(("", ""));
        format!("{}•••@{domain}", local.chars().next().unwrap_or('•'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_are_taken() {
        for good in ["mia@example.org", " Mia.Steele+reset@mail.example.org ", "o'neil@example.org"] {
            assert!(EmailAddress::parse(good).is_some(), "{good}");
        }
        assert_eq!(EmailAddress::parse("Mia@Example.ORG").unwrap().folded(), "mia@example.org");
    }

    #[test]
    fn anything_strange_is_not() {
        let long = format!("{}@example.org", "x".repeat(250));
        for bad in [
            "",
            "mia",
            "mia@",
            "@example.org",
            "mia@localhost",
            "a@b@c.org",
            "mia@exam ple.org",
            "\"a b\"@example.org",
            "mia@[127.0.0.1]",
            "mia@example.org\r\nBcc: x@y.org",
            "m\u{131}a@example.org",
            "mia@example.org,x@y.org",
            &long,
        ] {
            assert!(EmailAddress::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_hint_shows_one_letter_and_the_domain() {
        assert_eq!(EmailAddress::parse("mia@example.org").unwrap().hint(), "m•••@example.org");
    }
}
