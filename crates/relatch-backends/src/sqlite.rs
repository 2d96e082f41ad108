//! SQLite with the table Spin makes, so that a database moves between the two.
//!
//! One thread owns the connection: writes are serial anyway (one commit each, no WAL), and a queue keeps a burst of
//! requests from turning into a burst of blocked threads.

use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc;

use anyhow::{Context, Result};
use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, named_params, params};
use tokio::sync::oneshot;

use super::{Change, Entry, KeyValue, StoreError, entries_within_limit, within_limit};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS spin_key_value (
    store TEXT NOT NULL,
    key   TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (store, key)
)";
const READ: &str = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
const WRITE: &str = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";

const REPLACE: &str = "UPDATE spin_key_value SET value = ?4 WHERE store = ?1 AND key = ?2 AND value = ?3";

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The default backend.
pub struct SqliteStore {
    jobs: mpsc::Sender<Job>,
}

impl SqliteStore {
    /// Opens or makes a database file.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path).with_context(|| format!("the database {}", path.display()))?;
        Self::serve(connection).with_context(|| format!("the database {}", path.display()))
    }

    /// A database that lives as long as this value.
    pub fn in_memory() -> Result<Self> {
        Self::serve(Connection::open_in_memory()?)
    }

    fn serve(mut connection: Connection) -> Result<Self> {
        connection.execute(TABLE, [])?;
        rusqlite::vtab::array::load_module(&connection)?;
        let (jobs, queue) = mpsc::channel::<Job>();
        std::thread::Builder::new().name("key-value".into()).spawn(move || {
            for job in queue {
                job(&mut connection);
            }
        })?;
        Ok(Self { jobs })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, receive) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody waits any more when the request was given up; the write still happened, as after a crash.
            let _ = answer.send(work(connection));
        });
        self.jobs.send(job).map_err(|_| StoreError::new("the store has stopped"))?;
        receive.await.map_err(|_| StoreError::new("the store has stopped"))?
    }
}

fn read(connection: &Connection, store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached(READ).map_err(StoreError::new)?;
    let value: Option<Vec<u8>> =
        statement.query_row([store, key], |row| row.get(0)).optional().map_err(StoreError::new)?;
    within_limit(value.as_ref().map_or(0, Vec::len))?;
    Ok(value)
}

fn write(connection: &Connection, store: &str, key: &str, value: &[u8]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(WRITE).map_err(StoreError::new)?;
    statement.execute(params![store, key, value]).map_err(StoreError::new)?;
    Ok(())
}

fn list(keys: Vec<String>) -> Rc<Vec<Value>> {
    Rc::new(keys.into_iter().map(Value::from).collect())
}

fn add(connection: &mut Connection, store: &str, key: &str, delta: i64) -> Result<i64, StoreError> {
    let transaction = connection.transaction().map_err(StoreError::new)?;
    let before = match read(&transaction, store, key)? {
        None => 0,
        // Spin panics here while it holds the store's lock; an error is enough.
        Some(bytes) => i64::from_le_bytes(
            bytes.try_into().map_err(|_| StoreError::new("the value under this key is not a counter"))?,
        ),
    };
    let after = before.checked_add(delta).ok_or_else(|| StoreError::new("the counter would overflow"))?;
    write(&transaction, store, key, &after.to_le_bytes())?;
    transaction.commit().map_err(StoreError::new)?;
    Ok(after)
}

#[async_trait]
impl KeyValue for SqliteStore {
    async fn get(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (store, key) = (store.to_owned(), key.to_owned());
        self.run(move |connection| read(connection, &store, &key)).await
    }

    async fn set(&self, store: &str, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        let (store, key) = (store.to_owned(), key.to_owned());
        self.run(move |connection| write(connection, &store, &key, &value)).await
    }

    async fn delete(&self, store: &str, key: &str) -> Result<(), StoreError> {
        let (store, key) = (store.to_owned(), key.to_owned());
        self.run(move |connection| {
            connection
                .prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2")
                .and_then(|mut statement| statement.execute([&store, &key]))
                .map_err(StoreError::new)?;
            Ok(())
        })
        .await
    }

    async fn exists(&self, store: &str, key: &str) -> Result<bool, StoreError> {
        let (store, key) = (store.to_owned(), key.to_owned());
        self.run(move |connection| {
            connection
                .prepare_cached("SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2")
                .and_then(|mut statement| statement.exists([&store, &key]))
                .map_err(StoreError::new)
        })
        .await
    }

    async fn get_keys(&self, store: &str) -> Result<Vec<String>, StoreError> {
        let store = store.to_owned();
        self.run(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT key FROM spin_key_value WHERE store = ?1")
                .map_err(StoreError::new)?;
            let rows = statement.query_map([&store], |row| row.get::<_, String>(0)).map_err(StoreError::new)?;
            let mut keys = Vec::new();
            let mut bytes = 0;
            for key in rows {
                let key = key.map_err(StoreError::new)?;
                bytes += size_of::<String>() + key.len();
                within_limit(bytes)?;
                keys.push(key);
            }
            Ok(keys)
        })
        .await
    }

    async fn get_many(&self, store: &str, keys: Vec<String>) -> Result<Vec<Entry>, StoreError> {
        let store = store.to_owned();
        self.run(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT key, value FROM spin_key_value WHERE store = :store AND key IN rarray(:keys)")
                .map_err(StoreError::new)?;
            let entries = statement
                .query_map(named_params! { ":store": store, ":keys": list(keys) }, |row| {
                    Ok((row.get(0)?, Some(row.get(1)?)))
                })
                .and_then(Iterator::collect)
                .map_err(StoreError::new)?;
            entries_within_limit(entries)
        })
        .await
    }

    async fn set_many(&self, store: &str, values: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        let store = store.to_owned();
        self.run(move |connection| {
            let transaction = connection.transaction().map_err(StoreError::new)?;
            for (key, value) in &values {
                write(&transaction, &store, key, value)?;
            }
            transaction.commit().map_err(StoreError::new)
        })
        .await
    }

    async fn delete_many(&self, store: &str, keys: Vec<String>) -> Result<(), StoreError> {
        let store = store.to_owned();
        self.run(move |connection| {
            // One statement is one transaction.
            connection
                .prepare_cached("DELETE FROM spin_key_value WHERE store = :store AND key IN rarray(:keys)")
                .and_then(|mut statement| statement.execute(named_params! { ":store": store, ":keys": list(keys) }))
                .map_err(StoreError::new)?;
            Ok(())
        })
        .await
    }

    async fn increment(&self, store: &str, key: &str, delta: i64) -> Result<i64, StoreError> {
        let (store, key) = (store.to_owned(), key.to_owned());
        self.run(move |connection| add(connection, &store, &key, delta)).await
    }

    async fn replace_many(&self, store: &str, changes: Vec<Change>) -> Result<usize, StoreError> {
        let store = store.to_owned();
        self.run(move |connection| {
            let transaction = connection.transaction().map_err(StoreError::new)?;
            let mut replaced = 0;
            for Change { key, before, after } in &changes {
                let mut statement = transaction.prepare_cached(REPLACE).map_err(StoreError::new)?;
                replaced += statement.execute(params![store, key, before, after]).map_err(StoreError::new)?;
            }
            transaction.commit().map_err(StoreError::new)?;
            Ok(replaced)
        })
        .await
    }

    fn counter(&self, raw: &[u8]) -> Option<i64> {
        raw.try_into().ok().map(i64::from_le_bytes)
    }

    fn raw_counter(&self, number: i64) -> Vec<u8> {
        number.to_le_bytes().to_vec()
    }
}
