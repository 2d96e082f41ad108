//! What is to be said to whom, handed over after the request is answered.
//!
//! Notices wait in the outbox, so that they survive a crash. Codes do not: they are handed over sealed
//! and are never in the store at all; whoever misses one asks for another (docs/adr/0010).

use crate::keys::end_of;
use crate::kv::{Entropy, Kv, StoreError};
use crate::records::as_text;
use crate::vault::{Batch, Vault};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
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

/// What is told to the messenger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OutboxTicket {
    /// Messages wait in the outbox.
    Waiting { id: String, expires: u64 },
    /// The same, found in the outbox by a sweep.
    Found { key: String },
    /// This is the message, sealed.
    Carried { sealed: String },
}

/// A message that is not stored.
#[derive(Serialize, Deserialize)]
struct Carried {
    outgoing: Outgoing,
    expires: u64,
}

const CARRIED: &str = "outgoing";
/// How keys of the outbox begin.
pub const OUTBOX: &str = "outbox:";

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Seals a message for the messenger.
    pub fn carry(&self, outgoing: Outgoing, expires: Timestamp) -> Result<OutboxTicket, StoreError> {
        let plain = serde_json::to_vec(&Carried { outgoing, expires: expires.0 }).map_err(|_| StoreError::Damaged)?;
        Ok(OutboxTicket::Carried { sealed: BASE64URL_NOPAD.encode(&self.seal_token(CARRIED, &plain)?) })
    }

    fn carried(&self, sealed: &str, now: Timestamp) -> Result<Vec<Outgoing>, StoreError> {
        let sealed = BASE64URL_NOPAD.decode(sealed.as_bytes()).map_err(|_| StoreError::Damaged)?;
        let plain = self.open_token(CARRIED, &sealed)?;
        let carried: Carried = serde_json::from_slice(&plain).map_err(|_| StoreError::Damaged)?;
        Ok(if now < Timestamp(carried.expires) { vec![carried.outgoing] } else { Vec::new() })
    }

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
        Ok(OutboxTicket::Waiting { id: HEXLOWER.encode(&id), expires: expires.0 })
    }

    /// Empty: delivered already, expired, or never there.
    pub async fn outgoing(&self, ticket: &OutboxTicket, now: Timestamp) -> Result<Vec<Outgoing>, StoreError> {
        match ticket {
            OutboxTicket::Carried { sealed } => self.carried(sealed, now),
            OutboxTicket::Found { key } if key.starts_with(OUTBOX) && end_of(key).is_some_and(|end| now < end) => {
                Ok(self.read(key).await?.unwrap_or_default())
            }
            OutboxTicket::Found { .. } => Ok(Vec::new()),
            OutboxTicket::Waiting { expires, .. } if now >= Timestamp(*expires) => Ok(Vec::new()),
            OutboxTicket::Waiting { id, expires } => match self.outbox_key(id, *expires) {
                Some(key) => Ok(self.read(&key).await?.unwrap_or_default()),
                None => Ok(Vec::new()),
            },
        }
    }

    /// Delivered, or given up: one commit for what waited.
    pub async fn finish_outgoing(&self, ticket: &OutboxTicket) -> Result<(), StoreError> {
        match ticket {
            OutboxTicket::Carried { .. } => Ok(()),
            OutboxTicket::Found { key } if key.starts_with(OUTBOX) => self.kv.delete(key).await,
            OutboxTicket::Found { .. } => Ok(()),
            OutboxTicket::Waiting { id, expires } => match self.outbox_key(id, *expires) {
                Some(key) => self.kv.delete(&key).await,
                None => Ok(()),
            },
        }
    }

    fn outbox_key(&self, id: &str, expires: u64) -> Option<String> {
        let id: [u8; 16] = HEXLOWER.decode(id.as_bytes()).ok()?.try_into().ok()?;
        Some(self.keys.outbox(&id, Timestamp(expires)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::{mail, vault};

    #[test]
    fn what_waits_is_there_until_it_ends_or_is_delivered() {
        pollster::block_on(async {
            let vault = vault();
            let now = Timestamp(1_763_000_000);
            let mut batch = Batch::default();
            let ticket = vault.put_outgoing(&mut batch, &[mail(now)], now.plus(3_600)).unwrap();
            vault.commit(batch).await.unwrap();
            let left = async |at| vault.outgoing(&ticket, at).await.unwrap().len();
            assert_eq!((left(now).await, left(now.plus(3_599)).await, left(now.plus(3_600)).await), (1, 1, 0));
            vault.finish_outgoing(&ticket).await.unwrap();
            assert_eq!(left(now).await, 0);
        });
    }

    #[test]
    fn what_is_carried_is_a_message_of_ours_until_it_ends() {
        pollster::block_on(async {
            let vault = vault();
            let now = Timestamp(1_763_000_000);
            let ticket = vault.carry(mail(now), now.plus(60)).unwrap();
            let left = async |at| vault.outgoing(&ticket, at).await.unwrap().len();
            assert_eq!((left(now).await, left(now.plus(59)).await, left(now.plus(60)).await), (1, 1, 0));
            let forged = OutboxTicket::Carried { sealed: BASE64URL_NOPAD.encode(&[7; 64]) };
            assert!(vault.outgoing(&forged, now).await.is_err());
        });
    }

    #[test]
    fn what_a_sweep_finds_is_read_until_it_ends_and_nothing_but_messages() {
        pollster::block_on(async {
            let vault = vault();
            let now = Timestamp(1_763_000_000);
            let mut batch = Batch::default();
            vault.put_outgoing(&mut batch, &[mail(now)], now.plus(3_600)).unwrap();
            // Something else that ends then.
            let other = vault.keys.session(&[1; 32], now.plus(3_600));
            vault.put(&mut batch, other.clone(), &[mail(now)]).unwrap();
            vault.commit(batch).await.unwrap();
            let key = vault.kv().dump().into_iter().find(|(key, _)| key.starts_with(OUTBOX)).unwrap().0;
            let found = async |key: &str, at| {
                let ticket = OutboxTicket::Found { key: key.to_owned() };
                vault.outgoing(&ticket, at).await.unwrap().len()
            };
            let end = end_of(&key).unwrap();
            assert_eq!((found(&key, Timestamp(end.0 - 1)).await, found(&key, end).await), (1, 0));
            assert_eq!(found(&other, now).await, 0);
            vault.finish_outgoing(&OutboxTicket::Found { key: other.clone() }).await.unwrap();
            assert!(vault.kv().dump().iter().any(|(key, _)| *key == other), "no sweep can have it removed this way");
            vault.finish_outgoing(&OutboxTicket::Found { key: key.clone() }).await.unwrap();
            assert_eq!(found(&key, now).await, 0);
        });
    }
}
