//! The outbox: what is to be said to whom, written down before the request is answered.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::as_text;
use crate::vault::{Batch, Vault};
use data_encoding::HEXLOWER;
use relatch_core::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Text,
    Call,
    Mail,
    /// Nobody: what a stranger's request leaves, so that it leaves as much as anybody's.
    Nobody,
}

/// A message waiting to be delivered.
#[derive(Clone, Serialize, Deserialize)]
pub struct Outgoing {
    pub channel: Channel,
    pub to: String,
    /// Mail only.
    pub subject: String,
    pub body: String,
    #[serde(with = "as_text::time")]
    pub created: Timestamp,
}

/// Where a message waits; what is told to the messenger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxTicket {
    pub id: String,
    pub expires: u64,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Messages of one request wait together under one ticket, and are crossed off together. They share
    /// the time after which none of them is worth delivering.
    pub fn put_outgoing(
        &self,
        batch: &mut Batch,
        outgoing: &[Outgoing],
        expires: Timestamp,
    ) -> Result<OutboxTicket, StoreError> {
        let id: [u8; 16] = self.random()?;
        self.put(batch, self.keys.outbox(&id, expires), &outgoing)?;
        Ok(OutboxTicket { id: HEXLOWER.encode(&id), expires: expires.0 })
    }

    /// Empty: delivered already, expired, or never there.
    pub async fn outgoing(&self, ticket: &OutboxTicket, now: Timestamp) -> Result<Vec<Outgoing>, StoreError> {
        let Some(key) = self.outbox_key(ticket) else { return Ok(Vec::new()) };
        if now >= Timestamp(ticket.expires) {
            return Ok(Vec::new());
        }
        Ok(self.read(&key).await?.unwrap_or_default())
    }

    /// Delivered, or given up: one commit.
    pub async fn finish_outgoing(&self, ticket: &OutboxTicket) -> Result<(), StoreError> {
        match self.outbox_key(ticket) {
            Some(key) => self.kv.delete(&key).await,
            None => Ok(()),
        }
    }

    fn outbox_key(&self, ticket: &OutboxTicket) -> Option<String> {
        let id: [u8; 16] = HEXLOWER.decode(ticket.id.as_bytes()).ok()?.try_into().ok()?;
        Some(self.keys.outbox(&id, Timestamp(ticket.expires)))
    }
}
