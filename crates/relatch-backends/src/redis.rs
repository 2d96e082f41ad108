//! Redis, one namespace for all labels (as Spin has it): plain values, counters as text, no expiry.

use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{AsyncCommands, Client, IntoConnectionInfo};

use super::{Change, Entry, KeyValue, StoreError, entries_within_limit, within_limit};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Redis runs a script as one command.
const REPLACE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return 1 else return 0 end";

/// The backend for several hosts that share one state.
pub struct RedisStore {
    connection: ConnectionManager,
}

impl RedisStore {
    /// Connects, and fails at once if nobody answers. A lost connection is made again; a lost command is not repeated,
    /// because an increment sent twice would count twice.
    pub async fn connect(url: &str) -> Result<Self> {
        // Without TCP_NODELAY every second small command waits 40 ms for the peer's delayed acknowledgement.
        let info = url.into_connection_info()?.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(ANSWER_TIMEOUT))
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_with_config(Client::open(info)?, config).await?;
        Ok(Self { connection })
    }
}

#[async_trait]
impl KeyValue for RedisStore {
    async fn get(&self, _store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let value: Option<Vec<u8>> = self.connection.clone().get(key).await.map_err(StoreError::new)?;
        within_limit(value.as_ref().map_or(0, Vec::len))?;
        Ok(value)
    }

    async fn set(&self, _store: &str, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.connection.clone().set(key, value).await.map_err(StoreError::new)
    }

    async fn delete(&self, _store: &str, key: &str) -> Result<(), StoreError> {
        self.connection.clone().del(key).await.map_err(StoreError::new)
    }

    async fn exists(&self, _store: &str, key: &str) -> Result<bool, StoreError> {
        self.connection.clone().exists(key).await.map_err(StoreError::new)
    }

    async fn get_keys(&self, _store: &str) -> Result<Vec<String>, StoreError> {
        let mut connection = self.connection.clone();
        let mut scan = connection.scan::<String>().await.map_err(StoreError::new)?;
        let mut keys = std::collections::BTreeSet::new();
        let mut bytes = 0;
        while let Some(key) = scan.next_item().await {
            let key = key.map_err(StoreError::new)?;
            bytes += size_of::<String>() + key.len();
            within_limit(bytes)?;
            // A scan may name a key twice.
            keys.insert(key);
        }
        Ok(keys.into_iter().collect())
    }

    async fn get_many(&self, _store: &str, keys: Vec<String>) -> Result<Vec<Entry>, StoreError> {
        let values: Vec<Option<Vec<u8>>> = self.connection.clone().mget(&keys).await.map_err(StoreError::new)?;
        entries_within_limit(keys.into_iter().zip(values).collect())
    }

    async fn set_many(&self, _store: &str, values: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        self.connection.clone().mset(&values).await.map_err(StoreError::new)
    }

    async fn delete_many(&self, _store: &str, keys: Vec<String>) -> Result<(), StoreError> {
        self.connection.clone().del(keys).await.map_err(StoreError::new)
    }

    async fn increment(&self, _store: &str, key: &str, delta: i64) -> Result<i64, StoreError> {
        self.connection.clone().incr(key, delta).await.map_err(StoreError::new)
    }

    async fn replace_many(&self, _store: &str, changes: Vec<Change>) -> Result<usize, StoreError> {
        if changes.is_empty() {
            return Ok(0);
        }
        let mut all = redis::pipe();
        for Change { key, before, after } in &changes {
            all.cmd("EVAL").arg(REPLACE).arg(1).arg(key).arg(before).arg(after);
        }
        let replaced: Vec<usize> = all.query_async(&mut self.connection.clone()).await.map_err(StoreError::new)?;
        Ok(replaced.into_iter().sum())
    }

    fn counter(&self, raw: &[u8]) -> Option<i64> {
        std::str::from_utf8(raw).ok()?.parse().ok()
    }

    fn raw_counter(&self, number: i64) -> Vec<u8> {
        number.to_string().into_bytes()
    }
}
