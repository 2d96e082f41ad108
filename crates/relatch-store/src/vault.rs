//! The vault: a backend, the names of its keys, and the seal on its values.

use crate::keys::Keys;
use crate::kv::{Entropy, Kv, StoreError};
use crate::seal::Sealer;
use data_encoding::HEXLOWER;
use relatch_core::limits::RECORD_CLAIM;
use relatch_core::{Timestamp, claim};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub struct Vault<K, E> {
    pub(crate) kv: K,
    pub(crate) entropy: E,
    pub keys: Keys,
    sealer: Sealer,
}

/// About what a record of an account has.
const USUAL: &[u8] = br#"{"id":"00000000000000000000000000000000","version":1,"name":"somebody@organisation.example",
"display_name":"Some Body","roles":[],"groups":[],"source":"cloud","plans":[],"blocked":false,"created_at":1763000000,
"lately":[{"at":1763000000,"what":"method_registered:phone","by":"owner"}],
"details":{"department":"","country":"","source":"cloud"},"state":"enabled","registered_at":1763000000}"#;

/// Records that are written together or not at all.
#[must_use = "nothing is written before commit"]
#[derive(Default)]
pub struct Batch {
    entries: Vec<(String, Vec<u8>)>,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    pub fn new(kv: K, entropy: E, keys: Keys, sealer: Sealer) -> Self {
        Self { kv, entropy, keys, sealer }
    }

    /// The backend itself, for tests that look at what was written.
    pub fn kv(&self) -> &K {
        &self.kv
    }

    pub fn random<const N: usize>(&self) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// 128 random bits in hex.
    pub fn random_id(&self) -> Result<String, StoreError> {
        Ok(HEXLOWER.encode(&self.random::<16>()?))
    }

    /// A keyed hash of a secret, in hex: what is stored of a code.
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> String {
        HEXLOWER.encode(&self.keys.mac(purpose, parts))
    }

    /// Seals something that leaves the store: a cookie. `context` is its purpose.
    pub fn seal_token(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.sealer.seal(&self.entropy, &token_context(context), plain)
    }

    pub fn open_token(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.sealer.open(&token_context(context), sealed)
    }

    /// Reads a record; its key is part of the seal, so records cannot be swapped.
    pub(crate) async fn read<R: DeserializeOwned>(&self, key: &str) -> Result<Option<R>, StoreError> {
        let Some(sealed) = self.kv.get(key).await? else {
            self.open_nothing(key)?;
            return Ok(None);
        };
        let plain = self.sealer.open(key.as_bytes(), &sealed)?;
        serde_json::from_slice(&plain).map(Some).map_err(|_| StoreError::Damaged)
    }

    /// Opening and reading a record takes time, and a stranger has a clock: what is not there takes as long (SEC-2).
    fn open_nothing(&self, key: &str) -> Result<(), StoreError> {
        let sealed = self.sealer.seal(&self.entropy, key.as_bytes(), USUAL)?;
        let plain = self.sealer.open(key.as_bytes(), &sealed)?;
        let read: Value = serde_json::from_slice(&plain).map_err(|_| StoreError::Damaged)?;
        std::hint::black_box(read);
        Ok(())
    }

    pub(crate) fn put<R: Serialize>(&self, batch: &mut Batch, key: String, record: &R) -> Result<(), StoreError> {
        let plain = serde_json::to_vec(record).map_err(|_| StoreError::Damaged)?;
        let sealed = self.sealer.seal(&self.entropy, key.as_bytes(), &plain)?;
        batch.entries.push((key, sealed));
        Ok(())
    }

    /// Writes a batch: one commit.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        if batch.entries.is_empty() {
            return Ok(());
        }
        self.kv.set_many(&batch.entries).await
    }

    /// Wins the right to do something once. An error is a no.
    pub(crate) async fn wins(&self, key: &str) -> Result<bool, StoreError> {
        Ok(self.kv.increment(key, 1).await? == 1)
    }

    pub(crate) async fn count(&self, key: &str) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.kv.increment(key, 1).await?).unwrap_or(u64::MAX))
    }

    /// What was counted so far, asked of the store the way it counts.
    pub(crate) async fn counted(&self, key: &str) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.kv.increment(key, 0).await?).unwrap_or(u64::MAX))
    }

    /// Wins the right to write version `version` of an administrator's record, or loses it to somebody else.
    pub(crate) async fn claim_version(&self, record: &str, version: u64, now: Timestamp) -> Result<(), StoreError> {
        let gate = |span, end| self.keys.claim(record, version, span, end);
        if self.wins_spans(gate, now, RECORD_CLAIM).await? { Ok(()) } else { Err(StoreError::Contended) }
    }

    /// Wins what there is a gate to for every span of `length` (`relatch_core::claim` says why). One commit, two where
    /// spans meet.
    pub(crate) async fn wins_spans(
        &self,
        gate: impl Fn(u64, Timestamp) -> String,
        now: Timestamp,
        length: u64,
    ) -> Result<bool, StoreError> {
        self.wins_each(claim::spans(now, length).map(|(span, end)| gate(span, end))).await
    }

    /// Wins all of these gates, or does not; the first that is lost ends it.
    pub(crate) async fn wins_each(&self, gates: impl IntoIterator<Item = String>) -> Result<bool, StoreError> {
        for gate in gates {
            if !self.wins(&gate).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn token_context(context: &str) -> Vec<u8> {
    // Store keys never start with a capital, so no token opens as a record or the other way round.
    format!("Token {context}").into_bytes()
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::accounts::{Created, NewAccount};
    use crate::memory::{CountingEntropy, MemoryKv};
    use crate::outbox::{Channel, Outgoing};
    use crate::records::{Account, Details, Lately, PasswordRecord};
    use crate::seal::NamedKey;
    use relatch_core::roles::Role;
    use relatch_core::{AccountId, DisplayName, Secret, UserName};

    pub type TestVault = Vault<MemoryKv, CountingEntropy>;

    pub fn vault() -> TestVault {
        let sealer = Sealer::new(vec![NamedKey { id: "k1".to_owned(), key: Secret::new([5; 32]) }]).unwrap();
        Vault::new(MemoryKv::default(), CountingEntropy::new(1), Keys::new(Secret::new([6; 32])), sealer)
    }

    /// A notice to Mia.
    pub fn mail(created: Timestamp) -> Outgoing {
        Outgoing {
            channel: Channel::Mail,
            to: "mia@mail.example".to_owned(),
            subject: "s".to_owned(),
            body: "b".to_owned(),
            created,
        }
    }

    /// Somebody with a password that nothing matches.
    pub async fn account(vault: &TestVault, name: &str, department: &str, roles: Vec<Role>, now: Timestamp) -> Account {
        let password = PasswordRecord {
            generation: 1,
            hash: String::new(),
            pepper: String::new(),
            must_change: false,
            changed_at: now,
            earlier: Vec::new(),
            lately: Lately::default(),
        };
        let new = NewAccount {
            id: AccountId::from_bytes(vault.random().unwrap()),
            name: &UserName::in_domain(name, "contoso.example").unwrap(),
            display_name: &DisplayName::parse(name).unwrap(),
            roles,
            details: Details { department: department.to_owned(), ..Details::default() },
            password,
        };
        match vault.create_account(new, Batch::default(), now).await.unwrap() {
            Created::Done(account) => *account,
            Created::NameTaken => panic!("{name} is taken"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::vault;
    use super::*;

    #[test]
    fn records_are_sealed_to_their_key() {
        pollster::block_on(async {
            let vault = vault();
            let mut batch = Batch::default();
            vault.put(&mut batch, "a:1".to_owned(), &"canary").unwrap();
            vault.commit(batch).await.unwrap();
            let (_, raw) = vault.kv.dump().remove(0);
            assert!(!raw.windows(6).any(|w| w == b"canary"));
            vault.kv.set_many(&[("a:2".to_owned(), raw)]).await.unwrap();
            assert_eq!(vault.read::<String>("a:1").await.unwrap().unwrap(), "canary");
            assert_eq!(vault.read::<String>("a:2").await, Err(StoreError::Damaged));
        });
    }

    #[test]
    fn one_writer_per_version_and_minute() {
        pollster::block_on(async {
            let vault = vault();
            assert_eq!(vault.claim_version("r", 2, Timestamp(119)).await, Ok(()));
            assert_eq!(vault.claim_version("r", 2, Timestamp(119)).await, Err(StoreError::Contended));
            assert_eq!(vault.claim_version("r", 3, Timestamp(119)).await, Ok(()));
            // The minute turns, or a second host's clock is ahead or behind.
            assert_eq!(vault.claim_version("r", 2, Timestamp(120)).await, Err(StoreError::Contended));
            assert_eq!(vault.claim_version("r", 2, Timestamp(59)).await, Err(StoreError::Contended));
            assert_eq!(vault.claim_version("r", 2, Timestamp(210)).await, Ok(()));
        });
    }

    #[test]
    fn a_token_is_for_its_purpose_and_no_record() {
        pollster::block_on(async {
            let vault = vault();
            let sealed = vault.seal_token("flow", b"canary").unwrap();
            assert_eq!(vault.open_token("flow", &sealed).unwrap(), b"canary");
            assert_eq!(vault.open_token("outgoing", &sealed), Err(StoreError::Damaged));
            let mut batch = Batch::default();
            vault.put(&mut batch, "flow".to_owned(), &"canary").unwrap();
            vault.commit(batch).await.unwrap();
            let (_, record) = vault.kv.dump().remove(0);
            assert_eq!(vault.open_token("flow", &record), Err(StoreError::Damaged));
        });
    }
}
