//! A store in memory, for native tests of steps and rules.

use crate::kv::{Entropy, Kv, Scan, StoreError};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Bytes(Vec<u8>),
    Counter(i64),
}

/// Behaves like the strictest backend: a counter that is read or written as a value, or the other way
/// round, is an error.
#[derive(Default)]
pub struct MemoryKv {
    values: RefCell<BTreeMap<String, Value>>,
    commits: Cell<u64>,
    failing: Cell<bool>,
}

impl MemoryKv {
    /// Writes so far, as SQLite would count them.
    pub fn commits(&self) -> u64 {
        self.commits.get()
    }

    /// From now on every operation fails (or works again).
    pub fn fail(&self, failing: bool) {
        self.failing.set(failing);
    }

    /// Every key and every raw value, for tests that look for what must not be there.
    pub fn dump(&self) -> Vec<(String, Vec<u8>)> {
        let bytes = |value: &Value| match value {
            Value::Bytes(bytes) => bytes.clone(),
            Value::Counter(number) => number.to_le_bytes().to_vec(),
        };
        self.values.borrow().iter().map(|(key, value)| (key.clone(), bytes(value))).collect()
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.failing.get() { Err(StoreError::Backend("told to fail".to_owned())) } else { Ok(()) }
    }

    fn commit(&self) {
        self.commits.set(self.commits.get() + 1);
    }
}

impl Scan for MemoryKv {
    async fn scan(&self, look: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        self.check()?;
        self.values.borrow().keys().for_each(|key| look(key));
        Ok(())
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        self.check()?;
        self.values.borrow_mut().retain(|key, _| !keys.contains(key));
        self.commit();
        Ok(())
    }
}

impl Kv for MemoryKv {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.check()?;
        match self.values.borrow().get(key) {
            None => Ok(None),
            Some(Value::Bytes(bytes)) => Ok(Some(bytes.clone())),
            Some(Value::Counter(_)) => Err(StoreError::Backend(format!("{key} is a counter"))),
        }
    }

    async fn set_many(&self, entries: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        self.check()?;
        let mut values = self.values.borrow_mut();
        for (key, bytes) in entries {
            if matches!(values.get(key), Some(Value::Counter(_))) {
                return Err(StoreError::Backend(format!("{key} is a counter")));
            }
            values.insert(key.clone(), Value::Bytes(bytes.clone()));
        }
        self.commit();
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.check()?;
        self.values.borrow_mut().remove(key);
        self.commit();
        Ok(())
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        self.check()?;
        let mut values = self.values.borrow_mut();
        let number = match values.get(key) {
            None => 0,
            Some(Value::Counter(number)) => *number,
            Some(Value::Bytes(_)) => return Err(StoreError::Backend(format!("{key} is no counter"))),
        };
        let number = number.wrapping_add(delta);
        values.insert(key.to_owned(), Value::Counter(number));
        self.commit();
        Ok(number)
    }
}

/// Numbers that look random and are the same in every run; for tests only.
pub struct CountingEntropy(Cell<u64>);

impl CountingEntropy {
    pub fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }
}

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64: well mixed, tiny, and plainly not for secrets.
            let seed = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.0.set(seed);
            let mut z = seed;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            for (to, from) in chunk.iter_mut().zip(z.to_le_bytes()) {
                *to = from;
            }
        }
        Ok(())
    }
}
