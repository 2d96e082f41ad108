//! Where keys and values live: one trait, two backends that keep Spin's layout. And the file of variables, for programs
//! that run beside a deployment.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod env_file;
mod files;
mod redis;
mod sqlite;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use async_trait::async_trait;

pub use self::env_file::{PREFIX, parse_env_file};
pub use self::files::private_folder;
pub use self::redis::RedisStore;
pub use self::sqlite::SqliteStore;

/// A value never leaves the store if it, or the answer it is part of, is larger than this. Spin's number.
pub const MAX_ANSWER_BYTES: usize = 128 << 20;

/// Which backend keeps the values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StoreConfig {
    /// `<state>/.spin/sqlite_key_value.db`, the file Spin itself would use.
    #[default]
    Sqlite,
    /// A SQLite file at a path of your own.
    SqliteFile(PathBuf),
    /// SQLite in memory: gone when the host stops.
    SqliteMemory,
    /// A Redis database: `redis://host:port/db`.
    Redis(String),
}

impl StoreConfig {
    /// Reads the `--store` option: `sqlite`, `sqlite:PATH`, `sqlite::memory:` or `redis://HOST:PORT/DB`.
    pub fn parse(text: &str) -> Result<Self> {
        if text == "sqlite" {
            return Ok(Self::Sqlite);
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            return Ok(match path {
                ":memory:" => Self::SqliteMemory,
                "" => anyhow::bail!("`sqlite:` needs a path after the colon"),
                path => Self::SqliteFile(PathBuf::from(path)),
            });
        }
        if text.starts_with("redis://") {
            return Ok(Self::Redis(text.to_owned()));
        }
        anyhow::bail!("a store is `sqlite`, `sqlite:PATH`, `sqlite::memory:` or `redis://HOST:PORT/DB`")
    }

    /// The file this is kept in, where it is one.
    pub fn file(&self, state_dir: &Path) -> Option<PathBuf> {
        match self {
            Self::Sqlite => Some(state_dir.join(".spin").join("sqlite_key_value.db")),
            Self::SqliteFile(path) => Some(path.clone()),
            Self::SqliteMemory | Self::Redis(_) => None,
        }
    }

    /// Opens the backend; `state_dir` is where the default database lives.
    pub async fn open(&self, state_dir: &Path) -> Result<Arc<dyn KeyValue>> {
        Ok(match self {
            Self::Sqlite => {
                let folder = state_dir.join(".spin");
                files::private_folder(&folder)?;
                Arc::new(SqliteStore::open(&folder.join("sqlite_key_value.db"))?)
            }
            Self::SqliteFile(path) => Arc::new(SqliteStore::open(path)?),
            Self::SqliteMemory => Arc::new(SqliteStore::in_memory()?),
            Self::Redis(url) => Arc::new(RedisStore::connect(url).await.context("the Redis store")?),
        })
    }
}

/// What went wrong in a backend, in words a guest may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError(pub String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

impl StoreError {
    fn new(error: impl fmt::Display) -> Self {
        Self(error.to_string())
    }

    fn too_large() -> Self {
        Self(format!("query result exceeds limit of {MAX_ANSWER_BYTES} bytes"))
    }
}

/// A key with its value, where there is one.
pub type Entry = (String, Option<Vec<u8>>);

/// A key-value backend. `store` is the label a component opened; Redis ignores it, as Spin's does.
#[async_trait]
pub trait KeyValue: Send + Sync {
    /// The value of a key, if there is one.
    async fn get(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Writes a value, whatever was there.
    async fn set(&self, store: &str, key: &str, value: Vec<u8>) -> Result<(), StoreError>;
    /// Removes a key; removing what is not there is no error.
    async fn delete(&self, store: &str, key: &str) -> Result<(), StoreError>;
    /// Is there such a key?
    async fn exists(&self, store: &str, key: &str) -> Result<bool, StoreError>;
    /// Every key: a full scan.
    async fn get_keys(&self, store: &str) -> Result<Vec<String>, StoreError>;
    /// Several values. A missing key is left out (SQLite) or paired with `None` (Redis): a guest must cope with both.
    async fn get_many(&self, store: &str, keys: Vec<String>) -> Result<Vec<Entry>, StoreError>;
    /// Writes several values at once.
    async fn set_many(&self, store: &str, values: Vec<(String, Vec<u8>)>) -> Result<(), StoreError>;
    /// Removes several keys at once.
    async fn delete_many(&self, store: &str, keys: Vec<String>) -> Result<(), StoreError>;
    /// Adds to a counter and returns the new number; an absent counter is zero.
    async fn increment(&self, store: &str, key: &str, delta: i64) -> Result<i64, StoreError>;

    /// Writes each value whose key still has the value it had `before`, and leaves the others alone: whoever wrote
    /// meanwhile is not written over. How many were written. No component has this.
    async fn replace_many(&self, store: &str, changes: Vec<Change>) -> Result<usize, StoreError>;
    /// The number a counter's raw value stands for; nothing, if it is no counter.
    fn counter(&self, raw: &[u8]) -> Option<i64>;
    /// The raw value of a counter.
    fn raw_counter(&self, number: i64) -> Vec<u8>;
}

/// A value that takes the place of another, if that is still there.
#[derive(Debug, Clone)]
pub struct Change {
    pub key: String,
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}

fn within_limit(bytes: usize) -> Result<(), StoreError> {
    if bytes > MAX_ANSWER_BYTES { Err(StoreError::too_large()) } else { Ok(()) }
}

fn entries_within_limit(entries: Vec<Entry>) -> Result<Vec<Entry>, StoreError> {
    let bytes = entries.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum();
    within_limit(bytes)?;
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_in_four_ways() -> Result<()> {
        assert_eq!(StoreConfig::parse("sqlite")?, StoreConfig::Sqlite);
        assert_eq!(StoreConfig::parse("sqlite::memory:")?, StoreConfig::SqliteMemory);
        assert_eq!(StoreConfig::parse("sqlite:/a/b.db")?, StoreConfig::SqliteFile("/a/b.db".into()));
        assert_eq!(StoreConfig::parse("redis://h:1/0")?, StoreConfig::Redis("redis://h:1/0".into()));
        assert!(StoreConfig::parse("sqlite:").is_err());
        assert!(StoreConfig::parse("postgres://h").is_err());
        Ok(())
    }
}
