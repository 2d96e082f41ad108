//! The host's store with everything that is written kept back until [`Overlay::flush`]: thousands of accounts share one
//! commit. What is stored in the end is what the service would have stored.

use relatch_host::store::KeyValue;
use relatch_store::{Kv, StoreError};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The label the components open.
const LABEL: &str = "default";

pub struct Overlay {
    store: Arc<dyn KeyValue>,
    written: RefCell<BTreeMap<String, Vec<u8>>>,
    /// Every counter that was ever asked, and those that differ from what is stored.
    counters: RefCell<HashMap<String, i64>>,
    counted: RefCell<BTreeSet<String>>,
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Backend(error.to_string())
}

impl Overlay {
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        let (written, counters, counted) = Default::default();
        Self { store, written, counters, counted }
    }

    /// One commit. Sorted, because a tree that is filled in order is filled faster.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let mut entries = self.written.take();
        let counters = self.counters.borrow().clone();
        for key in self.counted.take() {
            let number = counters.get(&key).copied().unwrap_or_default();
            entries.insert(key, number.to_le_bytes().to_vec());
        }
        // What was won once is not asked for again; only numbers that go on are worth their memory.
        self.counters.borrow_mut().retain(|_, number| *number > 1);
        self.store.set_many(LABEL, entries.into_iter().collect()).await.map_err(failed)
    }

    async fn counter(&self, key: &str) -> Result<i64, StoreError> {
        let known = self.counters.borrow().get(key).copied();
        if let Some(number) = known {
            return Ok(number);
        }
        match self.store.get(LABEL, key).await.map_err(failed)? {
            None => Ok(0),
            Some(bytes) => bytes.try_into().map(i64::from_le_bytes).map_err(|_| StoreError::Damaged),
        }
    }
}

impl Kv for Overlay {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let written = self.written.borrow().get(key).cloned();
        match written {
            Some(value) => Ok(Some(value)),
            None => self.store.get(LABEL, key).await.map_err(failed),
        }
    }

    async fn set_many(&self, entries: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        self.written.borrow_mut().extend(entries.iter().cloned());
        Ok(())
    }

    async fn delete(&self, _key: &str) -> Result<(), StoreError> {
        Err(StoreError::Backend("filling a store removes nothing".to_owned()))
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        let number = self.counter(key).await?.saturating_add(delta);
        if delta != 0 {
            self.counters.borrow_mut().insert(key.to_owned(), number);
            self.counted.borrow_mut().insert(key.to_owned());
        }
        Ok(number)
    }
}
