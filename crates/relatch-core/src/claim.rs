//! Claims: of any number of requests that want to write the same thing next, one wins its gate and writes.
//!
//! A winner that dies before it has written must not keep others out for ever, so there is a gate for each span of
//! time. A span ends somewhere, and two requests may come just before and just after: close to an end, a request has
//! to win the gates of both spans.

use crate::Timestamp;
use crate::limits::CLAIM_MARGIN;

/// The spans of `length` seconds whose gates a request that begins `now` has to win, in order, each with its end.
///
/// Requests that begin within twice [`CLAIM_MARGIN`] of each other have one in common; those further apart never
/// overlap, because a request takes no longer and hosts' clocks differ by less.
pub fn spans(now: Timestamp, length: u64) -> impl Iterator<Item = (u64, Timestamp)> {
    spans_within(now, length, CLAIM_MARGIN)
}

/// The same where requests further apart have to meet: those that begin within twice `margin` of each other.
pub fn spans_within(now: Timestamp, length: u64, margin: u64) -> impl Iterator<Item = (u64, Timestamp)> {
    let first = Timestamp(now.0.saturating_sub(margin)).window(length);
    let last = now.plus(margin).window(length);
    (first..=last).map(move |span| (span, Timestamp::end_of_window(span, length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{PASSWORD_CLAIM, RECORD_CLAIM, SEND_CLAIM};
    use proptest::prelude::*;

    #[test]
    fn one_span_or_two_where_they_meet() {
        let at = |now| spans(Timestamp(now), 300).collect::<Vec<_>>();
        assert_eq!(at(150), [(0, Timestamp(300))]);
        assert_eq!(at(269), [(0, Timestamp(300))]);
        assert_eq!(at(270), [(0, Timestamp(300)), (1, Timestamp(600))]);
        assert_eq!(at(329), [(0, Timestamp(300)), (1, Timestamp(600))]);
        assert_eq!(at(330), [(1, Timestamp(600))]);
        assert_eq!(at(0), [(0, Timestamp(300))]);
    }

    proptest! {
        #[test]
        fn requests_that_may_overlap_meet_at_a_gate(now in 0u64..1 << 40, later in 0..=2 * CLAIM_MARGIN) {
            for length in [RECORD_CLAIM, SEND_CLAIM, PASSWORD_CLAIM] {
                let other: Vec<_> = spans(Timestamp(now + later), length).collect();
                prop_assert!(spans(Timestamp(now), length).any(|span| other.contains(&span)));
            }
        }

        #[test]
        fn a_dead_winner_holds_nobody_up_for_longer_than_a_span_and_two_margins(now in 0u64..1 << 40) {
            for length in [RECORD_CLAIM, SEND_CLAIM, PASSWORD_CLAIM] {
                let other: Vec<_> = spans(Timestamp(now + length + 2 * CLAIM_MARGIN), length).collect();
                prop_assert!(!spans(Timestamp(now), length).any(|span| other.contains(&span)));
            }
        }
    }
}
