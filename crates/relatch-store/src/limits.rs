//! Counting what one client address or one person does.

use crate::kv::{Entropy, Kv, StoreError};
use crate::vault::{Batch, Vault};
use relatch_core::limits::Limit;
use relatch_core::{AccountId, Timestamp};

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// The slot of a client address: addresses share 2^16 of them.
    pub fn client_slot(&self, client: &str) -> u32 {
        self.keys.slot("client", &[client.as_bytes()])
    }

    /// The slot of a range of telephone numbers.
    pub fn range_slot(&self, range: &str) -> u32 {
        self.keys.number("range", &[range.as_bytes()])
    }

    /// The slot of what `actor` does with `account`.
    pub fn account_slot(&self, actor: AccountId, account: AccountId) -> u32 {
        self.keys.number("account", &[actor.as_bytes(), account.as_bytes()])
    }

    /// Charges one use; `Some(seconds)` when it is over the limit. One commit.
    pub async fn over_limit(&self, limit: Limit, slot: u32, now: Timestamp) -> Result<Option<u64>, StoreError> {
        Ok(self.charge(limit, slot, now).await?.1)
    }

    /// The uses so far with this one, and how long to wait if they are too many.
    async fn charge(&self, limit: Limit, slot: u32, now: Timestamp) -> Result<(u64, Option<u64>), StoreError> {
        let (window, end) = window_of(limit, now);
        let used = self.count(&self.keys.limit(limit.name, slot, window, end)).await?;
        Ok((used, (used > limit.count).then(|| now.until(end).max(1))))
    }

    /// Charges a failure, which is known only afterwards. The last one that is accepted closes the limit with the
    /// batch, for [`Vault::closed_limit`] to see before anything is looked at. One commit.
    pub async fn charge_failure(
        &self,
        batch: &mut Batch,
        limit: Limit,
        slot: u32,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let (used, over) = self.charge(limit, slot, now).await?;
        if used >= limit.count {
            let (window, end) = window_of(limit, now);
            self.put(batch, self.keys.limit_closed(limit.name, slot, window, end), &used)?;
        }
        Ok(over)
    }

    /// How long a limit that failures have closed stays so. No commit; the requests of the same moment may all pass.
    pub async fn closed_limit(&self, limit: Limit, slot: u32, now: Timestamp) -> Result<Option<u64>, StoreError> {
        let (window, end) = window_of(limit, now);
        let closed: Option<u64> = self.read(&self.keys.limit_closed(limit.name, slot, window, end)).await?;
        Ok(closed.map(|_| now.until(end).max(1)))
    }
}

fn window_of(limit: Limit, now: Timestamp) -> (u64, Timestamp) {
    let window = now.window(limit.window);
    (window, Timestamp::end_of_window(window, limit.window))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::vault;

    const NOW: Timestamp = Timestamp(1_000_000);
    const THREE: Limit = Limit { name: "verify", count: 3, window: 600 };

    #[test]
    fn the_last_failure_closes_until_the_window_ends() {
        pollster::block_on(async {
            let vault = vault();
            let end = window_of(THREE, NOW).1;
            for (nth, refused) in [(1, false), (2, false), (3, false), (4, true)] {
                let is_open = vault.closed_limit(THREE, 7, NOW).await.unwrap().is_none();
                assert_eq!(is_open, nth <= 3, "{nth}");
                let mut batch = Batch::default();
                let over = vault.charge_failure(&mut batch, THREE, 7, NOW).await.unwrap();
                vault.commit(batch).await.unwrap();
                assert_eq!(over, refused.then_some(NOW.until(end)));
            }
            assert_eq!(vault.closed_limit(THREE, 7, NOW).await.unwrap(), Some(NOW.until(end)));
            assert!(vault.closed_limit(THREE, 8, NOW).await.unwrap().is_none(), "another address");
            assert!(vault.closed_limit(THREE, 7, end).await.unwrap().is_none(), "the next window");
        });
    }

    #[test]
    fn as_many_as_the_limit_says_and_no_more() {
        pollster::block_on(async {
            let vault = vault();
            for nth in 1..=4 {
                let over = vault.over_limit(THREE, 7, NOW).await.unwrap();
                assert_eq!(over.is_some(), nth > 3, "{nth}");
            }
            assert!(vault.over_limit(THREE, 8, NOW).await.unwrap().is_none());
            assert!(vault.over_limit(THREE, 7, NOW.plus(600)).await.unwrap().is_none());
        });
    }

    #[test]
    fn what_people_do_is_counted_apart() {
        let vault = vault();
        let [mia, max] = [1, 2].map(|n| AccountId::from_bytes([n; 16]));
        let slots: std::collections::BTreeSet<u32> = [(mia, mia), (mia, max), (max, mia), (max, max)]
            .map(|(actor, account)| vault.account_slot(actor, account))
            .into();
        assert_eq!(slots.len(), 4);
    }

    #[test]
    fn addresses_and_ranges_are_counted_apart() {
        let vault = vault();
        let clients = ["192.0.2.1", "192.0.2.2", "2001:db8::"].map(|client| vault.client_slot(client));
        let ranges = ["GB 7400", "GB 7401", "FR 6000"].map(|range| vault.range_slot(range));
        let slots: std::collections::BTreeSet<u32> = clients.into_iter().chain(ranges).collect();
        assert_eq!(slots.len(), 6);
    }
}
