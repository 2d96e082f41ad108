//! Proof of work by the ALTCHA protocol (version 1, SHA-256): the half a service does.
//!
//! A browser gets a salt and the hash of that salt with a secret number behind it, and finds the number by trying.
//! The salt says until when and for what the answer is good, and ends with a separator: without it, digits could be
//! moved from the number into the time (CVE-2025-68113).

use crate::Timestamp;
use crate::keyed::{keyed_hash, same};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub const ALGORITHM: &str = "SHA-256";
/// Longest salt that is looked at.
const SALT_MAX: usize = 200;

/// What a browser is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub challenge: String,
    pub salt: String,
    pub signature: String,
}

/// What a browser answers.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub algorithm: &'a str,
    pub challenge: &'a str,
    pub salt: &'a str,
    pub number: u64,
    pub signature: &'a str,
}

/// An answer that is right and in time. It may be used once, which only the store can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solved {
    /// Names the challenge among all of them.
    pub id: [u8; 32],
    pub expires: Timestamp,
}

/// Asks for `number`, which is nobody else's to know, to be found for `action` before `expires`.
pub fn ask(key: &[u8; 32], action: &str, nonce: [u8; 16], number: u64, expires: Timestamp) -> Challenge {
    let salt = format!("{}?action={action}&expires={}&", HEXLOWER.encode(&nonce), expires.0);
    let challenge = HEXLOWER.encode(&digest(&salt, number));
    let signature = sign(key, &challenge);
    Challenge { challenge, salt, signature }
}

/// Is this the answer to a challenge of ours, for this action, in time?
pub fn check(key: &[u8; 32], action: &str, answer: Answer<'_>, now: Timestamp) -> Option<Solved> {
    if answer.algorithm != ALGORITHM || answer.salt.len() > SALT_MAX {
        return None;
    }
    let signed = same(sign(key, answer.challenge).as_bytes(), answer.signature.as_bytes());
    let id = digest(answer.salt, answer.number);
    let found = same(HEXLOWER.encode(&id).as_bytes(), answer.challenge.as_bytes());
    let expires = expiry(answer.salt, action).filter(|expires| now < *expires);
    expires.filter(|_| signed && found).map(|expires| Solved { id, expires })
}

/// The browser's half, for clients that are none: the number, if there is one up to `most`.
pub fn find(challenge: &str, salt: &str, most: u64) -> Option<u64> {
    let wanted = HEXLOWER.decode(challenge.as_bytes()).ok()?;
    (0..=most).find(|number| digest(salt, *number).as_slice() == wanted)
}

fn digest(salt: &str, number: u64) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(number.to_string()).finalize().into()
}

fn sign(key: &[u8; 32], challenge: &str) -> String {
    HEXLOWER.encode(&keyed_hash(key, &[challenge.as_bytes()]))
}

/// Until when a salt of ours is good, if it is for `action`.
fn expiry(salt: &str, action: &str) -> Option<Timestamp> {
    let (_, parameters) = salt.split_once('?')?;
    let time =
        parameters.strip_prefix("action=")?.strip_prefix(action)?.strip_prefix("&expires=")?.strip_suffix('&')?;
    time.bytes().all(|byte| byte.is_ascii_digit()).then(|| time.parse().ok().map(Timestamp)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [3; 32];
    const NOW: Timestamp = Timestamp(1_700_000_000);

    fn posed() -> Challenge {
        ask(&KEY, "reset", [9; 16], 4_321, NOW.plus(600))
    }

    fn answered(posed: &Challenge, number: u64) -> Answer<'_> {
        let Challenge { challenge, salt, signature } = posed;
        Answer { algorithm: ALGORITHM, challenge, salt, number, signature }
    }

    #[test]
    fn the_right_number_in_time_for_the_right_action() {
        let posed = posed();
        let right = answered(&posed, 4_321);
        assert_eq!(check(&KEY, "reset", right, NOW).unwrap().expires, NOW.plus(600));
        assert!(check(&KEY, "reset", answered(&posed, 4_322), NOW).is_none(), "another number");
        assert!(check(&KEY, "reset", right, NOW.plus(600)).is_none(), "too late");
        assert!(check(&KEY, "sign-in", right, NOW).is_none(), "another action");
        assert!(check(&[4; 32], "reset", right, NOW).is_none(), "another site");
        assert!(check(&KEY, "reset", Answer { algorithm: "SHA-1", ..right }, NOW).is_none());
    }

    #[test]
    fn digits_cannot_move_from_the_number_into_the_time() {
        let posed = posed();
        // The same bytes under the hash, cut elsewhere.
        let salt = format!("{}4", posed.salt);
        let moved = Answer { salt: &salt, ..answered(&posed, 321) };
        assert!(check(&KEY, "reset", moved, NOW).is_none());
        let salt = posed.salt.trim_end_matches('&').to_owned() + "9&";
        assert!(check(&KEY, "reset", Answer { salt: &salt, ..answered(&posed, 4_321) }, NOW).is_none());
    }

    #[test]
    fn it_is_the_published_protocol() {
        // As any client of the protocol would: hash salt and number, compare in hex.
        let posed = posed();
        let hash = HEXLOWER.encode(&Sha256::digest(format!("{}{}", posed.salt, 4_321)));
        assert_eq!(hash, posed.challenge);
        assert_eq!(find(&posed.challenge, &posed.salt, 10_000), Some(4_321));
        assert_eq!(find(&posed.challenge, &posed.salt, 4_320), None);
    }

    proptest! {
        #[test]
        fn what_was_not_asked_is_no_answer(challenge: String, salt: String, number: u64, signature: String) {
            let answer =
                Answer { algorithm: ALGORITHM, challenge: &challenge, salt: &salt, number, signature: &signature };
            prop_assert!(check(&KEY, "reset", answer, NOW).is_none());
        }
    }

    #[test]
    fn a_salt_is_no_longer_than_any_of_ours() {
        let rest = posed().salt.len() - "reset".len();
        for (length, is_read) in [(SALT_MAX, true), (SALT_MAX + 1, false)] {
            let action = "a".repeat(length - rest);
            let posed = ask(&KEY, &action, [9; 16], 4_321, NOW.plus(600));
            assert_eq!(posed.salt.len(), length);
            assert_eq!(check(&KEY, &action, answered(&posed, 4_321), NOW).is_some(), is_read, "{length}");
        }
    }
}
