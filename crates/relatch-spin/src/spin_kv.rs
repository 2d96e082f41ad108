//! Spin's key-value store and the system's randomness.

use relatch_store::{Kv, Scan, StoreError};
use spin_sdk::experimental::wasi::keyvalue::{atomics, batch, store};
use spin_sdk::key_value;

/// The store `default`, through both of Spin's interfaces: reads and deletes are asynchronous, counters
/// and batches are calls of `wasi:keyvalue`.
pub struct SpinKv {
    store: key_value::Store,
    bucket: store::Bucket,
}

impl SpinKv {
    pub async fn open() -> Result<Self, StoreError> {
        let store = key_value::Store::open_default().await.map_err(failed)?;
        let bucket = store::open("default").map_err(failed)?;
        Ok(Self { store, bucket })
    }
}

fn failed(error: impl std::fmt::Debug) -> StoreError {
    StoreError::Backend(format!("{error:?}"))
}

impl Kv for SpinKv {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(key).await.map_err(failed)
    }

    async fn set_many(&self, entries: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        batch::set_many(&self.bucket, entries).map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store.delete(key).await.map_err(failed)
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        atomics::increment(&self.bucket, key, delta).map_err(failed)
    }
}

impl Scan for SpinKv {
    async fn scan(&self, look: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        // Read to the end before anything else is asked: on SQLite the store is locked until then.
        let mut keys = self.store.get_keys().await;
        while let Some(key) = keys.next().await {
            look(&key);
        }
        keys.result().await.map_err(failed)
    }

    async fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        batch::delete_many(&self.bucket, keys).map_err(failed)
    }
}
