//! Counting what one client address does.

use crate::kv::{Entropy, Kv, StoreError};
use crate::vault::Vault;
use relatch_core::Timestamp;
use relatch_core::limits::Limit;

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// The slot of a client address: addresses share 2^16 of them.
    pub fn client_slot(&self, client: &str) -> u32 {
        self.keys.slot("client", &[client.as_bytes()])
    }

    /// The slot of a range of telephone numbers. Only signed-in people reach it, so that it needs no bound.
    pub fn range_slot(&self, range: &str) -> u32 {
        let [a, b, c, d, ..] = self.keys.mac("range", &[range.as_bytes()]);
        u32::from_be_bytes([a, b, c, d])
    }

    /// Charges one use; `Some(seconds)` when it is over the limit. One commit.
    pub async fn over_limit(&self, limit: Limit, slot: u32, now: Timestamp) -> Result<Option<u64>, StoreError> {
        let window = now.window(limit.window);
        let end = Timestamp::end_of_window(window, limit.window);
        let used = self.count(&self.keys.limit(limit.name, slot, window, end)).await?;
        Ok((used > limit.count).then(|| now.until(end).max(1)))
    }
}
