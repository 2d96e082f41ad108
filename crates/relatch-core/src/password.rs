//! Passwords: what they may be, and the exact bytes that are hashed.

use crate::limits::{PASSWORD_MAX, PASSWORD_MAX_BYTES, PASSWORD_MIN, PASSWORD_MIN_WITH_SECOND_FACTOR};
use crate::secret::Secret;
use unicode_normalization::UnicodeNormalization;

/// A password as it is hashed: Unicode NFC, nothing trimmed, cut or changed in case (SEC-36).
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

/// Why a password was refused. The person is told (NIST 3.1.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    TooShort,
    TooLong,
    UnsupportedCharacter,
    ContainsName,
    SameAsBefore,
}

impl Rejection {
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::UnsupportedCharacter => "unsupported_character",
            Self::ContainsName => "contains_name",
            Self::SameAsBefore => "same_as_before",
        }
    }
}

impl Password {
    /// Length is judged before any other work, so a long text costs nothing (SEC-37).
    pub fn parse(typed: &str) -> Result<Self, Rejection> {
        if typed.len() > PASSWORD_MAX_BYTES || typed.chars().count() > PASSWORD_MAX {
            return Err(Rejection::TooLong);
        }
        if typed.chars().any(char::is_control) {
            return Err(Rejection::UnsupportedCharacter);
        }
        Ok(Self(Secret::new(typed.nfc().collect())))
    }

    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// What a new password of one account must be; shown before typing, judged by [`PasswordRules::judge`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRules {
    /// Fewest code points.
    pub min_length: usize,
    /// Most code points.
    pub max_length: usize,
    /// The account's and the organisation's own words; no password may be one of them, or one of
    /// them with a few characters around it.
    names: Vec<String>,
}

impl PasswordRules {
    /// `second_factor`: the account is asked for one at sign-in, so 8 characters are enough.
    pub fn new(second_factor: bool, names: &[&str]) -> Self {
        Self {
            min_length: if second_factor { PASSWORD_MIN_WITH_SECOND_FACTOR } else { PASSWORD_MIN },
            max_length: PASSWORD_MAX,
            names: names.iter().map(|name| name.to_lowercase()).collect(),
        }
    }

    /// Every reason against this password; none means it may be used.
    pub fn judge(&self, password: &Password) -> Vec<Rejection> {
        let text = password.expose();
        let mut reasons = Vec::new();
        if text.chars().count() < self.min_length {
            reasons.push(Rejection::TooShort);
        }
        if self.is_mostly_a_name(&text.to_lowercase()) {
            reasons.push(Rejection::ContainsName);
        }
        reasons
    }

    /// A name of four or more characters that makes up at least half of the password.
    fn is_mostly_a_name(&self, text: &str) -> bool {
        let length = text.chars().count();
        self.names.iter().any(|name| {
            let name_length = name.chars().count();
            name_length >= 4 && text.contains(name.as_str()) && name_length * 2 >= length
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> Vec<Rejection> {
        PasswordRules::new(false, &["mias@contoso.example", "mias", "Mia Steele", "Contoso"])
            .judge(&Password::parse(text).unwrap())
    }

    #[test]
    fn length_counts_code_points() {
        assert_eq!(judge("fourteen chars"), [Rejection::TooShort]);
        assert_eq!(judge("fifteen  chars!"), []);
        assert_eq!(judge(&"😀".repeat(15)), []);
        assert_eq!(Password::parse(&"x".repeat(257)).unwrap_err(), Rejection::TooLong);
        assert!(Password::parse(&"x".repeat(256)).is_ok());
        assert_eq!(Password::parse(&"😀".repeat(257)).unwrap_err(), Rejection::TooLong);
    }

    #[test]
    fn nothing_is_trimmed_and_only_nfc_is_folded() {
        assert_eq!(Password::parse(" pass word ").unwrap().expose(), " pass word ");
        let composed = Password::parse("caf\u{e9}").unwrap();
        let decomposed = Password::parse("cafe\u{301}").unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
        assert_ne!(Password::parse("ﬁ").unwrap().expose(), "fi");
    }

    #[test]
    fn one_s_own_name_is_no_password() {
        assert_eq!(judge("mias@contoso.example"), [Rejection::ContainsName]);
        assert_eq!(judge("MIA STEELE 12345"), [Rejection::ContainsName]);
        assert_eq!(judge("contoso is where I have my lunch"), []);
    }

    #[test]
    fn with_a_second_factor_eight_are_enough() {
        let rules = PasswordRules::new(true, &[]);
        assert_eq!(rules.judge(&Password::parse("8 chars.").unwrap()), []);
    }
}
