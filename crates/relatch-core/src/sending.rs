//! When another code may be sent to a destination.

use crate::Timestamp;
use crate::limits::{SEND_COOLDOWNS, SENDS_PER_DAY, SENDS_PER_HOUR};

/// Whether a destination may get another message now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    Allowed,
    /// Wait this many seconds.
    TooSoon(u64),
    /// The hour's or the day's share is used up; wait this many seconds.
    UsedUp(u64),
}

/// Seconds to wait after the `sent`-th message in a row (1 = the first).
pub fn cooldown(sent: usize) -> u64 {
    let last = SEND_COOLDOWNS.len().saturating_sub(1);
    SEND_COOLDOWNS.get(sent.saturating_sub(1).min(last)).copied().unwrap_or(0)
}

/// The messages of the last `seconds`. One that is stamped in the future was sent while the clock was wrong: it holds
/// nobody up, however far ahead that was.
fn within(history: &[Timestamp], now: Timestamp, seconds: u64) -> impl Iterator<Item = Timestamp> {
    history.iter().copied().filter(move |at| !now.is_past(*at, seconds))
}

/// How many messages the last hour has seen.
pub fn this_hour(history: &[Timestamp], now: Timestamp) -> usize {
    within(history, now, 3_600).count()
}

/// `history`: when messages were sent to this destination, oldest first. Messages of the last hour
/// count for the cooldown.
pub fn may_send(history: &[Timestamp], now: Timestamp) -> Sending {
    let hour = this_hour(history, now);
    if let Some(last) = within(history, now, 3_600).max() {
        let wait = now.until(last.plus(cooldown(hour)));
        if wait > 0 {
            return Sending::TooSoon(wait);
        }
    }
    let oldest_leaves = |seconds: u64| within(history, now, seconds).min().map_or(0, |at| now.until(at.plus(seconds)));
    if hour >= SENDS_PER_HOUR {
        return Sending::UsedUp(oldest_leaves(3_600));
    }
    if within(history, now, 86_400).count() >= SENDS_PER_DAY {
        return Sending::UsedUp(oldest_leaves(86_400));
    }
    Sending::Allowed
}

/// The history after a message at `now`: only what the day's limit still needs.
pub fn remember(history: &[Timestamp], now: Timestamp) -> Vec<Timestamp> {
    let mut kept: Vec<Timestamp> = history.iter().copied().filter(|at| now.since(*at) < 86_400).collect();
    kept.push(now);
    let surplus = kept.len().saturating_sub(SENDS_PER_DAY);
    kept.drain(..surplus);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: &[u64]) -> Vec<Timestamp> {
        seconds.iter().map(|s| Timestamp(1_000_000 + s)).collect()
    }
    fn now(seconds: u64) -> Timestamp {
        Timestamp(1_000_000 + seconds)
    }

    #[test]
    fn the_wait_grows() {
        assert_eq!(may_send(&[], now(0)), Sending::Allowed);
        assert_eq!(may_send(&at(&[0]), now(29)), Sending::TooSoon(1));
        assert_eq!(may_send(&at(&[0]), now(30)), Sending::Allowed);
        assert_eq!(may_send(&at(&[0, 30]), now(89)), Sending::TooSoon(1));
        assert_eq!(may_send(&at(&[0, 30, 90]), now(209)), Sending::TooSoon(1));
        assert_eq!(may_send(&at(&[0, 30, 90, 210]), now(510)), Sending::Allowed);
    }

    #[test]
    fn five_an_hour() {
        let five = at(&[0, 30, 90, 210, 510]);
        assert_eq!(may_send(&five, now(1_000)), Sending::UsedUp(2_600));
        assert_eq!(may_send(&five, now(3_600)), Sending::Allowed);
    }

    #[test]
    fn ten_a_day() {
        let ten: Vec<Timestamp> = (0..10).map(|n| now(n * 2_000)).collect();
        assert_eq!(may_send(&ten, now(30_000)), Sending::UsedUp(56_400));
        assert_eq!(may_send(&ten, now(86_400)), Sending::Allowed);
    }

    #[test]
    fn what_a_wrong_clock_sent_holds_nobody_up_and_counts_again_when_its_time_has_come() {
        let ahead = at(&[7_200]);
        assert_eq!(may_send(&ahead, now(0)), Sending::Allowed);
        assert_eq!(this_hour(&ahead, now(0)), 0);
        let both = remember(&ahead, now(0));
        assert_eq!(may_send(&both, now(10)), Sending::TooSoon(20));
        assert_eq!(may_send(&both, now(7_210)), Sending::TooSoon(20));
        // Clocks of two hosts differ a little.
        assert_eq!(may_send(&at(&[60]), now(0)), Sending::TooSoon(90));
    }

    #[test]
    fn history_keeps_a_day_and_never_more_than_ten() {
        let mut history = Vec::new();
        for n in 0..50 {
            history = remember(&history, now(n * 600));
        }
        assert_eq!(history.len(), SENDS_PER_DAY);
        assert_eq!(remember(&history, now(200_000)), [now(200_000)]);
        assert_eq!(remember(&at(&[0, 1]), now(86_400)), at(&[1, 86_400]));
    }
}
