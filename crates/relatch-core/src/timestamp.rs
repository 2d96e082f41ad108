//! Points in time, whole seconds since 1970-01-01 UTC.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Seconds since the Unix epoch. All lifetimes in Relatch are whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    pub fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `self` until `later`, 0 if that has passed.
    pub fn until(self, later: Timestamp) -> u64 {
        later.0.saturating_sub(self.0)
    }

    /// Seconds since `earlier`; a time in the future counts as 0, so a clock that steps back
    /// never makes anything older than it is.
    pub fn since(self, earlier: Timestamp) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// True once `seconds` have gone by since `start`, and also when `start` lies more than a
    /// minute in the future: a record stamped by a broken clock is expired, not eternal.
    pub fn is_past(self, start: Timestamp, seconds: u64) -> bool {
        start.0 > self.0.saturating_add(60) || self.0 >= start.0.saturating_add(seconds)
    }

    /// The number of the window of `seconds` this moment falls in.
    pub fn window(self, seconds: u64) -> u64 {
        self.0.checked_div(seconds).unwrap_or(0)
    }

    /// When the window of `seconds` with this number ends.
    pub fn end_of_window(window: u64, seconds: u64) -> Self {
        Self(window.saturating_add(1).saturating_mul(seconds))
    }

    /// A moment as RFC 3339 writes it, with any offset; nothing before 1970.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        u64::try_from(at.unix_timestamp()).ok().map(Self)
    }

    /// `2026-11-22T13:05:00Z`.
    pub fn rfc3339(self) -> String {
        i64::try_from(self.0)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .and_then(|at| at.format(&Rfc3339).ok())
            .unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_ends_on_its_last_second() {
        let start = Timestamp(1_000);
        assert!(!Timestamp(1_299).is_past(start, 300));
        assert!(Timestamp(1_300).is_past(start, 300));
    }

    #[test]
    fn a_stamp_from_the_future_is_expired() {
        assert!(!Timestamp(1_000).is_past(Timestamp(1_060), 300));
        assert!(Timestamp(1_000).is_past(Timestamp(1_061), 300));
    }

    #[test]
    fn what_lies_ahead_has_no_age_and_what_has_passed_is_not_waited_for() {
        let (now, later) = (Timestamp(1_000), Timestamp(4_600));
        assert_eq!((now.since(later), later.since(now)), (0, 3_600));
        assert_eq!((now.until(later), later.until(now)), (3_600, 0));
        assert_eq!((Timestamp(0).since(Timestamp(u64::MAX)), Timestamp(u64::MAX).until(Timestamp(0))), (0, 0));
    }

    #[test]
    fn a_clock_that_steps_back_and_on_gives_nothing_a_second_life() {
        let start = Timestamp(10_000);
        // An hour back: too far to be an honest difference between two clocks.
        assert!(Timestamp(6_400).is_past(start, 300));
        // Back again: what is left of it is what was left before.
        assert!(!Timestamp(10_299).is_past(start, 300));
        assert!(Timestamp(10_300).is_past(start, 300));
    }

    #[test]
    fn the_ends_of_time_overflow_nothing() {
        let (first, last) = (Timestamp(0), Timestamp(u64::MAX));
        assert!(last.is_past(first, 1) && first.is_past(last, 1) && last.is_past(last, 1));
        assert!(!first.is_past(first, u64::MAX));
        assert_eq!(last.plus(1), last);
        assert_eq!(Timestamp::end_of_window(last.window(1), 1), last);
    }

    #[test]
    fn reads_rfc3339_with_any_offset_and_nothing_before_1970() {
        let read = Timestamp::parse_rfc3339;
        assert_eq!(read("2026-11-22T13:05:00Z"), Some(Timestamp(1_795_352_700)));
        assert_eq!(read("2026-11-22T14:05:00+01:00"), read("2026-11-22T13:05:00Z"));
        assert_eq!(Timestamp(1_795_352_700).rfc3339(), "2026-11-22T13:05:00Z");
        for bad in ["", "2026-11-22", "2026-11-22T13:05:00", "2026-02-30T00:00:00Z", "1969-12-31T23:59:59Z"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn prints_rfc3339_in_utc() {
        assert_eq!(Timestamp(0).rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp(u64::MAX).rfc3339(), "9999-12-31T23:59:59Z");
    }
}
