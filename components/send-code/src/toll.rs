//! What new numbers may cost: texts and calls of registrations, per range of numbers and in all (SEC-61).
//!
//! Where hardly anybody types the codes, somebody is paid for receiving them: that country is paused (SEC-78).
//!
//! Resets and sign-ins write to numbers that are registered already and have limits of their own. A cap
//! on all of them together would be a switch with which strangers turn them off (docs/adr/0014).

use relatch_core::Destination;
use relatch_core::PhoneNumber;
use relatch_core::limits::{CALLS_PART, DAY_IN_HOURS, Limit, NEW_NUMBERS_PER_RANGE};
use relatch_http::{Code, Problem};
use relatch_spin::{App, Stepped};
use relatch_store::alarm::Conversion;
use relatch_store::outbox::Channel;
use relatch_store::{Batch, Entropy, Kv};

/// Texts all registrations together may send in an hour: the deployment's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Toll(u64);

impl Toll {
    /// Nothing, if this is no number.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// The hour's and the day's limit of a channel that costs money.
    fn limits(self, channel: Channel) -> Option<[Limit; 2]> {
        let (hourly, daily, count) = match channel {
            Channel::Text => ("texts-hour", "texts-day", self.0),
            Channel::Call => ("calls-hour", "calls-day", self.0.div_euclid(CALLS_PART)),
            Channel::Mail | Channel::Nobody => return None,
        };
        let hour = Limit { name: hourly, count, ..NEW_NUMBERS_PER_RANGE };
        let day = Limit { name: daily, count: count.saturating_mul(DAY_IN_HOURS), window: 86_400 };
        Some([hour, day])
    }

    /// Charges a message to a new destination. Mail costs nothing; a phone five commits.
    pub async fn charge<K: Kv, E: Entropy>(self, app: &App<K, E>, to: &Destination, channel: Channel) -> Stepped<()> {
        let (Some(limits), Destination::Phone(number)) = (self.limits(channel), to) else { return Ok(()) };
        let range = app.vault.range_slot(range_of(number));
        let charges = [(NEW_NUMBERS_PER_RANGE, range)].into_iter().chain(limits.map(|limit| (limit, 0)));
        for (limit, slot) in charges {
            if let Some(wait) = app.vault.over_limit(limit, slot, app.now).await? {
                return Err(Problem::new(Code::TooManyCodes).retry_after(wait).because(limit.name).into());
            }
        }
        let Conversion::TooLow { first, wait } = app.vault.count_message_to(number.calling_code(), app.now).await?
        else {
            return Ok(());
        };
        if first {
            let mut batch = Batch::default();
            app.raise(&mut batch, "codes_not_answered").await?;
            app.vault.commit(batch).await?;
        }
        Err(Problem::new(Code::TooManyCodes).retry_after(wait).because("codes to this country are not answered").into())
    }
}

/// A number without its last four digits.
fn range_of(number: &PhoneNumber) -> &str {
    let all = number.expose();
    all.get(..all.len().saturating_sub(4)).unwrap_or(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use relatch_testkit::{TestApp, app};

    async fn charge(app: &TestApp, toll: u64, number: &str, channel: Channel) -> bool {
        let to = Destination::Phone(PhoneNumber::parse(number, "GB").unwrap());
        Toll(toll).charge(app, &to, channel).await.is_ok()
    }

    #[test]
    fn ten_numbers_of_one_range_an_hour() {
        pollster::block_on(async {
            let mut app = app();
            for n in 0..11 {
                let number = format!("+4474001200{n:02}");
                assert_eq!(charge(&app, 200, &number, Channel::Text).await, n < 10, "{n}");
            }
            assert!(charge(&app, 200, "+447400130000", Channel::Text).await, "another range");
            app.now = app.now.plus(3_600);
            assert!(charge(&app, 200, "+447400120001", Channel::Text).await);
        });
    }

    #[test]
    fn so_many_texts_an_hour_and_a_quarter_of_the_calls() {
        pollster::block_on(async {
            let app = app();
            for n in 0..9 {
                let number = format!("+4474001{n}0000");
                assert_eq!(charge(&app, 8, &number, Channel::Text).await, n < 8, "{n}");
                assert_eq!(charge(&app, 8, &number, Channel::Call).await, n < 2, "{n}");
            }
        });
    }

    #[test]
    fn a_day_has_five_full_hours() {
        pollster::block_on(async {
            let mut app = app();
            app.now = relatch_core::Timestamp(app.now.0 - app.now.0 % 86_400);
            for hour in 0..6 {
                for n in 0..8 {
                    let number = format!("+447400{hour}{n}0000");
                    assert_eq!(charge(&app, 8, &number, Channel::Text).await, hour < 5, "{hour} {n}");
                }
                app.now = app.now.plus(3_600);
            }
            app.now = app.now.plus(86_400 - 6 * 3_600);
            assert!(charge(&app, 8, "+447400990000", Channel::Text).await, "the next day");
        });
    }

    #[test]
    fn a_toll_is_a_number() {
        assert_eq!(Toll::parse("200"), Some(Toll(200)));
        assert!(Toll::parse("").is_none() && Toll::parse("-1").is_none() && Toll::parse("many").is_none());
    }
}
