//! The host's store behind the steps' port, so that the contract suite can run over it.

use relatch_host::store::KeyValue;
use relatch_store::{Kv, StoreError};
use std::sync::Arc;

pub struct HostKv(pub Arc<dyn KeyValue>);

const LABEL: &str = "default";

fn failed(error: impl std::fmt::Debug) -> StoreError {
    StoreError::Backend(format!("{error:?}"))
}

impl Kv for HostKv {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(LABEL, key).await.map_err(failed)
    }

    async fn set_many(&self, entries: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        self.0.set_many(LABEL, entries.to_vec()).await.map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.0.delete(LABEL, key).await.map_err(failed)
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        self.0.increment(LABEL, key, delta).await.map_err(failed)
    }
}
