//! How often a destination was written to.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::SendHistory;
use crate::vault::{Batch, Vault};
use relatch_core::limits::SEND_CLAIM;
use relatch_core::sending::{self, Sending};
use relatch_core::{Timestamp, claim};

/// What a destination's history says about one more message.
pub struct SendSlot {
    pub sending: Sending,
    destination: [u8; 32],
    history: SendHistory,
    this_hour: u64,
}

impl SendSlot {
    /// How many messages the hour will have seen once this one is sent.
    pub fn this_hour(&self) -> u64 {
        self.this_hour
    }
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Names a destination without saying it.
    pub fn destination(&self, number: &str) -> [u8; 32] {
        self.keys.mac("destination", &[number.as_bytes()])
    }

    /// A destination nobody has: for numbers that were typed but are not registered.
    pub fn decoy_destination(&self, parts: &[&[u8]]) -> [u8; 32] {
        let slot = self.keys.slot("decoy-destination", parts);
        self.keys.mac("decoy-destination", &[&slot.to_be_bytes()])
    }

    pub async fn send_slot(&self, destination: [u8; 32], now: Timestamp) -> Result<SendSlot, StoreError> {
        let history: SendHistory = self.read(&self.keys.sends(&destination)).await?.unwrap_or_default();
        let sent: Vec<Timestamp> = history.sent.iter().copied().map(Timestamp).collect();
        let this_hour = sending::this_hour(&sent, now) as u64 + 1;
        Ok(SendSlot { sending: sending::may_send(&sent, now), destination, history, this_hour })
    }

    /// Wins the next message to this destination: of any number of requests at once, one. One commit, two where
    /// spans of claims meet.
    pub async fn claim_send(&self, slot: &SendSlot, now: Timestamp) -> Result<bool, StoreError> {
        let version = slot.history.version.saturating_add(1);
        let gate = |span, end| self.keys.send_claim(&slot.destination, version, span, end);
        self.wins_spans(gate, now, SEND_CLAIM).await
    }

    /// Gives a turn back that led to no message, so that the next request need not wait for the end of the span.
    pub async fn give_back_send(&self, slot: &SendSlot, now: Timestamp) -> Result<(), StoreError> {
        let version = slot.history.version.saturating_add(1);
        for (span, end) in claim::spans(now, SEND_CLAIM) {
            self.kv.increment(&self.keys.send_claim(&slot.destination, version, span, end), -1).await?;
        }
        Ok(())
    }

    pub fn put_send(&self, batch: &mut Batch, slot: &SendSlot, now: Timestamp) -> Result<(), StoreError> {
        let sent: Vec<Timestamp> = slot.history.sent.iter().copied().map(Timestamp).collect();
        let history = SendHistory {
            version: slot.history.version.saturating_add(1),
            sent: sending::remember(&sent, now).into_iter().map(|at| at.0).collect(),
        };
        self.put(batch, self.keys.sends(&slot.destination), &history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::vault;

    #[test]
    fn of_fifty_requests_one_sends() {
        pollster::block_on(async {
            let vault = vault();
            let now = Timestamp(1_000_000);
            let destination = vault.destination("+447400123456");
            let mut slots = Vec::new();
            for _ in 0..50 {
                slots.push(vault.send_slot(destination, now).await.unwrap());
            }
            let mut won = 0;
            for slot in &slots {
                assert_eq!(slot.sending, Sending::Allowed);
                if vault.claim_send(slot, now).await.unwrap() {
                    won += 1;
                    let mut batch = Batch::default();
                    vault.put_send(&mut batch, slot, now).unwrap();
                    vault.commit(batch).await.unwrap();
                }
            }
            assert_eq!(won, 1);
            assert_eq!(vault.send_slot(destination, now).await.unwrap().sending, Sending::TooSoon(30));
            assert_eq!(vault.send_slot(destination, now.plus(30)).await.unwrap().sending, Sending::Allowed);
        });
    }

    #[test]
    fn a_turn_that_is_given_back_is_the_next_one_s() {
        pollster::block_on(async {
            let vault = vault();
            let now = Timestamp(1_000_000);
            let slot = vault.send_slot(vault.destination("+447400123456"), now).await.unwrap();
            assert!(vault.claim_send(&slot, now).await.unwrap());
            assert!(!vault.claim_send(&slot, now.plus(1)).await.unwrap());
            let other = vault.send_slot(vault.destination("+447400123457"), now).await.unwrap();
            assert!(vault.claim_send(&other, now).await.unwrap());
            vault.give_back_send(&other, now).await.unwrap();
            assert!(vault.claim_send(&other, now.plus(1)).await.unwrap());
        });
    }

    #[test]
    fn what_is_nobodys_has_counts_of_its_own() {
        let vault = vault();
        let one = vault.decoy_destination(&[b"mia", b"+447400123456"]);
        assert_eq!(one, vault.decoy_destination(&[b"mia", b"+447400123456"]));
        let others: std::collections::BTreeSet<_> =
            (0..20).map(|n: u8| vault.decoy_destination(&[b"mia", &[n]])).collect();
        assert!(others.len() > 15, "who types other numbers meets other counts: {}", others.len());
        assert_ne!(one, vault.destination("+447400123456"));
    }

    #[test]
    fn messages_are_counted_by_the_hour_with_the_one_to_come() {
        pollster::block_on(async {
            let vault = vault();
            let destination = vault.destination("+447400123456");
            let mut counts = Vec::new();
            for minutes in [0, 5, 10, 80] {
                let now = Timestamp(1_000_000 + minutes * 60);
                let slot = vault.send_slot(destination, now).await.unwrap();
                counts.push(slot.this_hour());
                let mut batch = Batch::default();
                vault.put_send(&mut batch, &slot, now).unwrap();
                vault.commit(batch).await.unwrap();
            }
            assert_eq!(counts, [1, 2, 3, 1]);
        });
    }
}
