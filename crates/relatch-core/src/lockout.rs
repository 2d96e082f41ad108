//! Sign-in lockout: ten wrong passwords lock for a minute, each later one for twice as long.
//!
//! Attempts are counted per *round* before the password is looked at. Round 0 allows
//! [`SIGN_IN_FAILURES`] comparisons, every later round exactly one. When a round is used up, a lock
//! is written and the next round begins after it, so no count is ever reset and 50 attempts at once
//! are never worth more than the round allows.
//!
//! The growth: the tenth failure locks for 60 seconds; then each single failure locks for twice as long as
//! the one before, 120, 240, 480, 960, 1,920 seconds, up to an hour, where it stays. A right password, an
//! unlock or a new password begins anew; until then a patient stranger has 10 guesses, 5 more in the first
//! hour and 24 a day after that. The hundredth in a row, on the fourth day, locks until the owner unlocks the
//! account or chooses a new password; devices they signed in on before are counted apart and stay open.
//!
//! Known and unknown devices have rounds and locks of their own, and one of the last three wrong passwords
//! typed again is not counted: both are relatch-store's matter, which knows devices and remembers passwords.

use crate::Timestamp;
use crate::limits::{LOCK_FIRST, LOCK_LONGEST, PASSWORD_FAILURES, SIGN_IN_FAILURES};

/// How many passwords a round may compare.
pub fn allowance(round: u32) -> u64 {
    if round == 0 { SIGN_IN_FAILURES } else { 1 }
}

/// Seconds the lock after `round` lasts: 60, 120, 240 ... 3,600, and in the end for ever.
pub fn lock_length(round: u32) -> u64 {
    if SIGN_IN_FAILURES.saturating_add(u64::from(round)) >= PASSWORD_FAILURES {
        return u64::MAX;
    }
    LOCK_FIRST.checked_shl(round.min(32)).unwrap_or(LOCK_LONGEST).min(LOCK_LONGEST)
}

/// May the password of attempt number `attempt` in this round be compared?
pub fn may_compare(now: Timestamp, locked_until: Timestamp, round: u32, attempt: u64) -> bool {
    now >= locked_until && attempt >= 1 && attempt <= allowance(round)
}

/// Does a failed or refused attempt use the round up, so that a lock must be written?
pub fn uses_up(now: Timestamp, locked_until: Timestamp, round: u32, attempt: u64) -> bool {
    now >= locked_until && attempt >= allowance(round)
}

/// The lock that is written when `round` is used up: the next round, and when it begins.
pub fn lock_after(round: u32, now: Timestamp) -> (u32, Timestamp) {
    (round.saturating_add(1), now.plus(lock_length(round)))
}

/// Is a right password the first attempt of all? Then its number is given back; otherwise what was counted is
/// forgotten by counting anew.
pub fn is_first(round: u32, attempt: u64) -> bool {
    round == 0 && attempt == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_comparisons_then_one_per_lock() {
        let now = Timestamp(1_000);
        let open = Timestamp(0);
        assert!((1..=10).all(|attempt| may_compare(now, open, 0, attempt)));
        assert!(!may_compare(now, open, 0, 11));
        assert!(may_compare(now, open, 1, 1));
        assert!(!may_compare(now, open, 1, 2));
        assert!(!may_compare(now, Timestamp(1_001), 1, 1));
        assert!(may_compare(now, Timestamp(1_000), 1, 1));
    }

    #[test]
    fn the_tenth_failure_locks_and_so_does_any_straggler() {
        let (now, open) = (Timestamp(1_000), Timestamp(0));
        assert!(!uses_up(now, open, 0, 9));
        assert!(uses_up(now, open, 0, 10));
        assert!(uses_up(now, open, 0, 37));
        assert!(!uses_up(now, Timestamp(2_000), 0, 37));
    }

    #[test]
    fn a_round_that_is_used_up_is_followed_by_the_next_one_after_its_lock() {
        assert_eq!(lock_after(0, Timestamp(1_000)), (1, Timestamp(1_060)));
        assert_eq!(lock_after(1, Timestamp(1_000)), (2, Timestamp(1_120)));
        assert_eq!(lock_after(u32::MAX, Timestamp(1_000)), (u32::MAX, Timestamp(u64::MAX)));
    }

    #[test]
    fn only_the_first_attempt_of_the_first_round_is_given_back() {
        assert!(is_first(0, 1));
        assert!(!is_first(0, 2) && !is_first(1, 1));
    }

    #[test]
    fn locks_double_up_to_an_hour() {
        let lengths: Vec<u64> = (0..9).map(lock_length).collect();
        assert_eq!(lengths, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
        assert_eq!((lock_length(89), lock_length(90), lock_length(u32::MAX)), (3_600, u64::MAX, u64::MAX));
    }
}
