//! What is counted for everybody together: wrong codes, and codes sent to new numbers that nobody types. Neither stops
//! a step; they make the bot check harder, pause a country and raise alerts (SEC-64, SEC-78).

use crate::kv::{Entropy, Kv, StoreError};
use crate::vault::{Batch, Vault};
use relatch_core::altcha::Solved;
use relatch_core::limits::{
    BOT_CHECK_LIFE, BOT_CHECK_STEPS, CONVERSION_MIN, CONVERSION_SENDS, FAILURES_ALERT, FAILURES_PER_STEP,
};
use relatch_core::{Timestamp, claim};

const HOUR: u64 = 3_600;

/// What messages to new numbers of one country come to in an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    Fine,
    /// Too few of them are answered: nothing more goes there for so many seconds. `first`: nobody knew yet.
    TooLow {
        first: bool,
        wait: u64,
    },
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Wins the one use of an answer to a bot check. One commit.
    pub async fn spend_answer(&self, solved: &Solved) -> Result<bool, StoreError> {
        self.wins(&self.keys.bot_check(&solved.id, solved.expires)).await
    }

    /// Wins the one use of a provider's token, named by a keyed hash. Tokens carry no end that we can read, so the gate
    /// is that of the hour; close to where two hours meet, that of both. One commit, two there.
    pub async fn spend_token(&self, token: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        let hours = claim::spans_within(now, HOUR, BOT_CHECK_LIFE);
        self.wins_each(hours.map(|(_, end)| self.keys.bot_check(token, end))).await
    }

    /// How many times twice as hard the bot check is at the moment. One read.
    pub async fn pressure(&self, now: Timestamp) -> Result<u32, StoreError> {
        Ok(self.read(&self.keys.pressure(now.window(HOUR))).await?.unwrap_or(0))
    }

    /// Counts a wrong code, whosever it was; true exactly once an hour, for the one that makes them too many. One
    /// commit; what follows from it is in the batch.
    pub async fn count_failure(&self, batch: &mut Batch, now: Timestamp) -> Result<bool, StoreError> {
        let failures = self.count_hourly("failures", 0, now).await?;
        if let Some(steps) = steps_begun_by(failures) {
            self.put(batch, self.keys.pressure(now.window(HOUR)), &steps)?;
        }
        if failures < FAILURES_ALERT {
            return Ok(false);
        }
        let registered = self.census().await?.counts.registered;
        Ok(failures == FAILURES_ALERT.max(registered / 100))
    }

    /// Counts a message to a new number of this country, and says whether enough of them were answered. Two commits.
    pub async fn count_message_to(&self, country: &str, now: Timestamp) -> Result<Conversion, StoreError> {
        let slot = self.range_slot(country);
        let sent = self.count_hourly("country-sent", slot, now).await?;
        let answered = self.counted(&self.hourly("country-answered", slot, now)).await?;
        // (This message and the last few are still on their way.)
        let due = sent.saturating_sub(1);
        if due < CONVERSION_SENDS || answered.saturating_mul(100) >= due.saturating_mul(CONVERSION_MIN) {
            return Ok(Conversion::Fine);
        }
        let first = self.wins(&self.hourly("country-paused", slot, now)).await?;
        Ok(Conversion::TooLow { first, wait: now.until(hour_end(now)).max(1) })
    }

    /// Somebody typed the code that was sent to a new number of this country. One commit.
    pub async fn count_answer_from(&self, country: &str, now: Timestamp) -> Result<(), StoreError> {
        self.count_hourly("country-answered", self.range_slot(country), now).await.map(|_| ())
    }

    async fn count_hourly(&self, name: &str, slot: u32, now: Timestamp) -> Result<u64, StoreError> {
        self.count(&self.hourly(name, slot, now)).await
    }

    fn hourly(&self, name: &str, slot: u32, now: Timestamp) -> String {
        self.keys.limit(name, slot, now.window(HOUR), hour_end(now))
    }
}

fn hour_end(now: Timestamp) -> Timestamp {
    Timestamp::end_of_window(now.window(HOUR), HOUR)
}

/// The step that this many failures begin, if they begin one.
fn steps_begun_by(failures: u64) -> Option<u32> {
    (1..=BOT_CHECK_STEPS).find(|step| failures == FAILURES_PER_STEP << (step - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::vault;

    const NOW: Timestamp = Timestamp(1_700_000_000);

    #[test]
    fn failures_make_it_harder_step_by_step_and_raise_one_alert_an_hour() {
        pollster::block_on(async {
            let vault = vault();
            let (mut pressures, mut alerts) = (Vec::new(), Vec::new());
            for failure in 1..=FAILURES_PER_STEP << BOT_CHECK_STEPS {
                let mut batch = Batch::default();
                if vault.count_failure(&mut batch, NOW).await.unwrap() {
                    alerts.push(failure);
                }
                vault.commit(batch).await.unwrap();
                pressures.push(vault.pressure(NOW).await.unwrap());
            }
            let at = |failures: usize| pressures[failures - 1];
            assert_eq!([at(49), at(50), at(99), at(100), at(400), at(800), at(1_600)], [0, 1, 1, 2, 4, 5, 5]);
            assert_eq!(alerts, [100]);
            assert_eq!(vault.pressure(NOW.plus(3_600)).await.unwrap(), 0, "the next hour begins anew");
        });
    }

    #[test]
    fn a_country_nobody_answers_from_is_paused_and_said_so_once() {
        pollster::block_on(async {
            let vault = vault();
            let mut found = Vec::new();
            for _ in 0..53 {
                found.push(vault.count_message_to("GB", NOW).await.unwrap());
            }
            assert!(found[..50].iter().all(|one| *one == Conversion::Fine));
            let low = |first| matches!(first, Conversion::TooLow { .. });
            assert!(matches!(found[50], Conversion::TooLow { first: true, wait } if wait <= 3_600));
            assert!(low(found[51]) && !matches!(found[51], Conversion::TooLow { first: true, .. }));
            assert_eq!(vault.count_message_to("FR", NOW).await.unwrap(), Conversion::Fine);
            for _ in 0..20 {
                vault.count_answer_from("GB", NOW).await.unwrap();
            }
            assert_eq!(vault.count_message_to("GB", NOW).await.unwrap(), Conversion::Fine, "20 of 53 were");
        });
    }

    #[test]
    fn an_answer_is_good_once() {
        pollster::block_on(async {
            let (vault, solved) = (vault(), Solved { id: [1; 32], expires: NOW.plus(60) });
            assert!(vault.spend_answer(&solved).await.unwrap());
            assert!(!vault.spend_answer(&solved).await.unwrap());
            assert!(vault.spend_answer(&Solved { id: [2; 32], ..solved }).await.unwrap());
        });
    }

    #[test]
    fn a_token_is_good_once_also_where_two_hours_meet() {
        pollster::block_on(async {
            let vault = vault();
            let turn = NOW.0 - NOW.0 % HOUR;
            let mut token = [0; 32];
            for at in [turn - BOT_CHECK_LIFE, turn - 1, turn, turn + BOT_CHECK_LIFE - 1, turn + 1_800] {
                token[0] += 1;
                assert!(vault.spend_token(&token, Timestamp(at)).await.unwrap(), "{at}");
                for later in [0, 1, 120, 300, BOT_CHECK_LIFE] {
                    assert!(!vault.spend_token(&token, Timestamp(at + later)).await.unwrap(), "{at} {later}");
                }
            }
        });
    }

    #[test]
    fn where_many_are_registered_it_takes_one_in_a_hundred_to_raise_the_alert() {
        pollster::block_on(async {
            let vault = vault();
            let mut census = vault.census().await.unwrap();
            census.counts.registered = 15_000;
            let mut batch = Batch::default();
            vault.put(&mut batch, vault.keys.census(), &census).unwrap();
            vault.commit(batch).await.unwrap();
            let mut alerts = Vec::new();
            for failure in 1..=200 {
                if vault.count_failure(&mut Batch::default(), NOW).await.unwrap() {
                    alerts.push(failure);
                }
            }
            assert_eq!(alerts, [150]);
        });
    }
}
