//! Everything in a store, a few hundred keys at a time.

use crate::keyring::{Deployment, LABEL};
use anyhow::Result;
use relatch_store::seal::sealed_with;

/// Keys that are read, and written, together.
const AT_ONCE: usize = 500;

/// What is under a key.
pub enum Value {
    /// A record, and what it says.
    Record {
        raw: Vec<u8>,
        plain: Vec<u8>,
    },
    Counter(i64),
    /// Neither: sealed with a key that is not listed, damaged, or somebody else's.
    Closed,
}

impl Deployment {
    /// All names, in order, in portions.
    pub async fn portions(&self) -> Result<Vec<Vec<String>>> {
        let mut names = self.store.get_keys(LABEL).await?;
        names.sort();
        Ok(names.chunks(AT_ONCE).map(<[String]>::to_vec).collect())
    }

    /// The values of a portion. What went meanwhile is left out.
    pub async fn values(&self, names: &[String]) -> Result<Vec<(String, Value)>> {
        let found = self.store.get_many(LABEL, names.to_vec()).await?;
        let values = found.into_iter().filter_map(|(key, raw)| Some((self.value(&key, raw?), key)));
        Ok(values.map(|(value, key)| (key, value)).collect())
    }

    fn value(&self, key: &str, raw: Vec<u8>) -> Value {
        match self.sealer.open(key.as_bytes(), &raw) {
            Ok(plain) => Value::Record { raw, plain },
            Err(_) if sealed_with(&raw).is_some() => Value::Closed,
            Err(_) => self.store.counter(&raw).map_or(Value::Closed, Value::Counter),
        }
    }
}
