//! Is a password known from a breach elsewhere? Asked so that nobody who is asked learns the password: only the first
//! five digits of its SHA-1 are sent, hundreds of others share them, and the answer is searched here.
//!
//! SHA-1 is what such lists are kept by. It protects nothing here; what is stored is argon2id.

use crate::keyed::same;
use crate::password::Password;
use crate::secret::Secret;
use data_encoding::HEXUPPER;
use sha1::{Digest, Sha1};

/// Digits that are sent.
const PREFIX: usize = 5;

/// A password as such a list is asked for it.
pub struct BreachQuery {
    /// All forty digits.
    digits: Secret<String>,
}

impl BreachQuery {
    pub fn of(password: &Password) -> Self {
        let hash: Secret<[u8; 20]> = Secret::new(Sha1::digest(password.expose().as_bytes()).into());
        Self { digits: Secret::new(HEXUPPER.encode(hash.expose())) }
    }

    /// What is sent.
    pub fn prefix(&self) -> &str {
        self.digits.expose().get(..PREFIX).unwrap_or_default()
    }

    /// Is the rest in the list that came back, `SUFFIX:COUNT` a line? A count of 0 is padding, there to
    /// make every answer look alike. A line that is anything else says nothing.
    pub fn is_in(&self, list: &str) -> bool {
        let rest = self.digits.expose().get(PREFIX..).unwrap_or_default().as_bytes();
        list.lines().filter_map(|line| line.trim().split_once(':')).any(|(suffix, count)| {
            let known = count.parse::<u64>().is_ok_and(|count| count > 0);
            known && same(suffix.to_ascii_uppercase().as_bytes(), rest)
        })
    }
}

/// Five digits as they are sent, and nothing else.
pub fn is_prefix(text: &str) -> bool {
    text.len() == PREFIX && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(password: &str) -> BreachQuery {
        BreachQuery::of(&Password::parse(password).unwrap())
    }

    #[test]
    fn five_digits_are_sent_and_the_rest_is_looked_for() {
        // SHA-1 of "password": 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8.
        let query = query("password");
        assert_eq!(query.prefix(), "5BAA6");
        assert!(is_prefix(query.prefix()));
        let rest = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
        let other = "0000000000000000000000000000000000A";
        for list in [
            format!("{rest}:3"),
            format!("{other}:1\r\n{rest}:9545824\r\n"),
            format!("{other}:0\n{}:1", rest.to_lowercase()),
        ] {
            assert!(query.is_in(&list), "{list}");
        }
        for list in [
            String::new(),
            format!("{other}:7"),
            format!("{rest}:0"),
            format!("{rest}:00\n"),
            rest.to_owned(),
            format!("{rest}:"),
            format!("{rest}:-1"),
            format!("{rest}:many"),
            format!("{}:5", &rest[1..]),
            format!("{rest}0:5"),
            format!("5BAA6{rest}:5"),
            "<html>503</html>".to_owned(),
        ] {
            assert!(!query.is_in(&list), "{list}");
        }
    }

    #[test]
    fn one_password_has_one_query() {
        assert_eq!(query("cafe\u{301}").digits.expose(), query("caf\u{e9}").digits.expose());
        assert_ne!(query("Cafe").digits.expose(), query("cafe").digits.expose());
    }

    #[test]
    fn a_prefix_is_five_upper_case_digits() {
        for bad in ["", "5BAA", "5BAA61", "5baa6", "5BAA/", "../..", "5BAA\u{e9}", "GGGGG", " 5BAA"] {
            assert!(!is_prefix(bad), "{bad}");
        }
    }
}
