//! Pwned Passwords' range query, with a list of its own.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, StatusCode};
use data_encoding::HEXUPPER;
use sha1::{Digest, Sha1};

/// Passwords that pass every other rule, as if they had been stolen somewhere.
pub const BREACHED: [&str; 2] = ["stolen violins on a tuesday", "nine stolen lanterns at sea"];
/// What is not in the list, with the count that says so.
const PADDING: usize = 4;
/// Queries kept; the oldest go first.
const MOST: usize = 1000;

/// The prefixes that were asked for, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Queries(Mutex<VecDeque<String>>);

impl Queries {
    pub(crate) fn add(&self, prefix: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back(prefix.to_owned());
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Is the query in order? Stricter than theirs: upper case, and padding asked for.
pub(crate) fn judge(prefix: &str, headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
    let digits = prefix.len() == 5 && prefix.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
    if !digits {
        return Err((StatusCode::BAD_REQUEST, "The hash prefix was not in a valid format"));
    }
    if headers.get("add-padding").is_none_or(|value| value != "true") {
        return Err((StatusCode::BAD_REQUEST, "Padding was not asked for"));
    }
    if !headers.contains_key("user-agent") {
        return Err((StatusCode::FORBIDDEN, "A user agent is needed"));
    }
    Ok(())
}

/// `SUFFIX:COUNT` a line, with padding of count 0 before and after.
pub(crate) fn list(prefix: &str) -> String {
    let padding = (0..PADDING).map(|n| format!("{n:035X}:0"));
    let known = BREACHED.iter().filter_map(|password| {
        let hash = HEXUPPER.encode(&Sha1::digest(password.as_bytes()));
        Some(format!("{}:12", hash.strip_prefix(prefix)?))
    });
    let mut lines: Vec<String> = padding.clone().chain(known).collect();
    lines.extend(padding.map(|line| line.replacen('0', "F", 1)));
    lines.join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_password_is_between_the_padding() {
        let hash = HEXUPPER.encode(&Sha1::digest(BREACHED[0].as_bytes()));
        let (prefix, suffix) = hash.split_at(5);
        let found = list(prefix);
        let lines: Vec<&str> = found.split("\r\n").collect();
        assert_eq!(lines.len(), 2 * PADDING + 1);
        assert!(lines.contains(&format!("{suffix}:12").as_str()));
        assert!(lines.iter().all(|line| line.split(':').next().unwrap().len() == 35));
        let other = if prefix == "00000" { "11111" } else { "00000" };
        assert_eq!(list(other).lines().filter(|line| !line.ends_with(":0")).count(), 0);
    }

    #[test]
    fn a_query_that_is_not_in_order_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("add-padding", "true".parse().unwrap());
        assert!(judge("ABCDE", &headers).is_err());
        headers.insert("user-agent", "x".parse().unwrap());
        assert!(judge("ABCDE", &headers).is_ok());
        for bad in ["abcde", "ABCD", "ABCDEF", "ABCD/"] {
            assert!(judge(bad, &headers).is_err(), "{bad}");
        }
        headers.remove("add-padding");
        assert!(judge("ABCDE", &headers).is_err());
    }
}
