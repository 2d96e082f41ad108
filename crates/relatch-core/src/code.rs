//! Codes that are sent to a person: eight decimal digits.

use crate::limits::CODE_DIGITS;
use crate::secret::Secret;

const CODES: u64 = 100_000_000;

/// A code: exactly eight ASCII digits, leading zeros kept.
#[derive(Clone, Debug)]
pub struct Code(Secret<String>);

impl Code {
    /// Turns random numbers into a code without bias: a number from the incomplete last run of
    /// 10^8 is thrown away. `None` asks for another random number.
    pub fn from_random(random: u64) -> Option<Self> {
        let usable = u64::MAX - u64::MAX % CODES;
        (random < usable).then(|| Self(Secret::new(format!("{:08}", random % CODES))))
    }

    /// Accepts exactly eight ASCII digits and nothing else: forgiving spaces is the page's work.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| Self(Secret::new(text.to_owned())))
    }

    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// May attempt number `attempt` of this account still be compared with the code?
///
/// `allowed` is fixed when the code is made: the failures known then plus
/// [`ATTEMPTS_PER_CODE`](crate::limits::ATTEMPTS_PER_CODE), never above
/// [`FAILURES_PER_DAY`](crate::limits::FAILURES_PER_DAY).
pub fn may_evaluate(attempt: u64, allowed: u64) -> bool {
    attempt >= 1 && attempt <= allowed
}

/// Is attempt number `attempt` one more than an account may make in a day? Nothing is compared any more.
pub fn day_is_used_up(attempt: u64) -> bool {
    attempt > crate::limits::FAILURES_PER_DAY
}

/// The last attempt number a code made now may be compared at.
///
/// `failures` may lag behind the truth (it is read from a record, not the counter); that only makes
/// the allowance smaller.
pub fn attempts_allowed(failures: u64) -> u64 {
    failures.saturating_add(crate::limits::ATTEMPTS_PER_CODE).min(crate::limits::FAILURES_PER_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn leading_zeros_are_kept() {
        assert_eq!(Code::from_random(7).unwrap().expose(), "00000007");
    }

    #[test]
    fn the_biased_tail_is_thrown_away() {
        assert!(Code::from_random(u64::MAX).is_none());
        assert!(Code::from_random(u64::MAX - u64::MAX % CODES).is_none());
        assert!(Code::from_random(u64::MAX - u64::MAX % CODES - 1).is_some());
    }

    #[test]
    fn only_eight_ascii_digits_parse() {
        assert!(Code::parse("01234567").is_some());
        for bad in ["", "1234567", "123456789", "1234567a", "１２３４５６７８", " 1234567", "1234567\0", "+1234567"]
        {
            assert!(Code::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_code_is_compared_five_times_and_an_account_ten() {
        assert_eq!(attempts_allowed(0), 5);
        assert_eq!(attempts_allowed(5), 10);
        assert_eq!(attempts_allowed(8), 10);
        assert!(may_evaluate(5, attempts_allowed(0)));
        assert!(!may_evaluate(6, attempts_allowed(0)));
        assert!(!may_evaluate(11, attempts_allowed(10)));
        assert!(!may_evaluate(0, 5));
    }

    #[test]
    fn the_eleventh_attempt_is_one_too_many() {
        assert!(!day_is_used_up(10));
        assert!(day_is_used_up(11));
    }

    proptest! {
        #[test]
        fn every_code_made_parses(random: u64) {
            if let Some(code) = Code::from_random(random) {
                prop_assert!(Code::parse(code.expose()).is_some());
            }
        }
    }
}
