//! What every key-value backend must do, run over each of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use common::redis::Redis;
use relatch_host::StoreConfig;
use relatch_host::store::{Change, KeyValue};
use tokio::task::JoinSet;

const LABEL: &str = "default";
const RACERS: i64 = 50;

/// A present key, whichever way the backend leaves out the absent ones.
async fn many(store: &dyn KeyValue, keys: &[&str]) -> Result<BTreeMap<String, Vec<u8>>> {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    let entries = store.get_many(LABEL, keys).await?;
    Ok(entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
}

async fn single_values(store: &dyn KeyValue) -> Result<()> {
    assert_eq!(store.get(LABEL, "single:a").await?, None);
    assert!(!store.exists(LABEL, "single:a").await?);
    store.delete(LABEL, "single:a").await?;

    store.set(LABEL, "single:a", b"one".to_vec()).await?;
    store.set(LABEL, "single:a", b"two".to_vec()).await?;
    assert_eq!(store.get(LABEL, "single:a").await?, Some(b"two".to_vec()));
    assert!(store.exists(LABEL, "single:a").await?);

    store.delete(LABEL, "single:a").await?;
    assert_eq!(store.get(LABEL, "single:a").await?, None);
    Ok(())
}

async fn any_bytes(store: &dyn KeyValue) -> Result<()> {
    let every_byte: Vec<u8> = (0..=255).collect();
    for value in [Vec::new(), vec![0], every_byte, "ключ\r\n\0".as_bytes().to_vec()] {
        store.set(LABEL, "bytes:v", value.clone()).await?;
        assert_eq!(store.get(LABEL, "bytes:v").await?, Some(value));
    }
    store.set(LABEL, "bytes:odd key '\"*?[x]\\", b"v".to_vec()).await?;
    assert_eq!(store.get(LABEL, "bytes:odd key '\"*?[x]\\").await?, Some(b"v".to_vec()));
    Ok(())
}

async fn large_values(store: &dyn KeyValue) -> Result<()> {
    let value: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
    store.set(LABEL, "large:v", value.clone()).await?;
    ensure!(store.get(LABEL, "large:v").await? == Some(value), "a large value came back changed");
    Ok(())
}

async fn keys_are_listed(store: &dyn KeyValue) -> Result<()> {
    let before = store.get_keys(LABEL).await?.len();
    for n in 0..300 {
        store.set(LABEL, &format!("list:{n}"), vec![1]).await?;
    }
    let keys = store.get_keys(LABEL).await?;
    assert_eq!(keys.len(), before + 300);
    assert!((0..300).all(|n| keys.contains(&format!("list:{n}"))));
    Ok(())
}

async fn batches(store: &dyn KeyValue) -> Result<()> {
    let pair = |key: &str, value: &str| (key.to_owned(), value.as_bytes().to_vec());
    store.set(LABEL, "batch:b", b"old".to_vec()).await?;
    store.set_many(LABEL, vec![pair("batch:a", "1"), pair("batch:b", "2"), pair("batch:c", "")]).await?;
    let found = many(store, &["batch:c", "batch:missing", "batch:a", "batch:b"]).await?;
    let expected = [pair("batch:a", "1"), pair("batch:b", "2"), pair("batch:c", "")];
    assert_eq!(found, expected.into_iter().collect());

    store.delete_many(LABEL, vec!["batch:a".into(), "batch:missing".into(), "batch:b".into()]).await?;
    assert_eq!(many(store, &["batch:a", "batch:b", "batch:c"]).await?.len(), 1);
    Ok(())
}

async fn counters(store: &dyn KeyValue) -> Result<()> {
    assert_eq!(store.increment(LABEL, "count:a", 0).await?, 0);
    assert!(store.exists(LABEL, "count:a").await?, "adding nothing makes the counter");
    assert_eq!(store.increment(LABEL, "count:a", 5).await?, 5);
    assert_eq!(store.increment(LABEL, "count:a", -7).await?, -2);
    assert_eq!(store.increment(LABEL, "count:a", 0).await?, -2);
    store.delete(LABEL, "count:a").await?;
    assert_eq!(store.increment(LABEL, "count:a", 1).await?, 1);
    assert_eq!(store.increment(LABEL, "count:big", i64::MAX).await?, i64::MAX);
    assert!(store.increment(LABEL, "count:big", 1).await.is_err(), "a counter must not wrap");
    assert_eq!(store.increment(LABEL, "count:big", 0).await?, i64::MAX);
    Ok(())
}

async fn what_is_no_counter_is_not_counted(store: &dyn KeyValue) -> Result<()> {
    store.set(LABEL, "count:text", b"many".to_vec()).await?;
    assert!(store.increment(LABEL, "count:text", 1).await.is_err());
    // The store still works, and the value is still there.
    assert_eq!(store.get(LABEL, "count:text").await?, Some(b"many".to_vec()));
    assert_eq!(store.increment(LABEL, "count:other", 1).await?, 1);
    Ok(())
}

async fn only_what_is_still_as_it_was_is_replaced(store: &dyn KeyValue) -> Result<()> {
    store.set(LABEL, "replace:a", vec![1, 0, 255]).await?;
    store.set(LABEL, "replace:b", b"written meanwhile".to_vec()).await?;
    let change = |key: &str| Change { key: key.to_owned(), before: vec![1, 0, 255], after: vec![1, 0, 254] };
    let changes = ["replace:a", "replace:b", "replace:gone"].map(change).to_vec();
    assert_eq!(store.replace_many(LABEL, changes.clone()).await?, 1);
    assert_eq!(store.get(LABEL, "replace:a").await?, Some(vec![1, 0, 254]));
    assert_eq!(store.get(LABEL, "replace:b").await?, Some(b"written meanwhile".to_vec()));
    assert!(!store.exists(LABEL, "replace:gone").await?);
    assert_eq!(store.replace_many(LABEL, changes).await?, 0);
    assert_eq!(store.replace_many(LABEL, Vec::new()).await?, 0);
    Ok(())
}

async fn a_counter_that_was_carried_over_goes_on(store: &dyn KeyValue) -> Result<()> {
    store.set(LABEL, "carried", store.raw_counter(41)).await?;
    assert_eq!(store.increment(LABEL, "carried", 1).await?, 42);
    let raw = store.get(LABEL, "carried").await?.context("it is there")?;
    assert_eq!(store.counter(&raw), Some(42));
    assert_eq!(store.counter(b"\x01\x02k1 a sealed record"), None);
    Ok(())
}

async fn racers_count_exactly(store: &Arc<dyn KeyValue>) -> Result<()> {
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let store = Arc::clone(store);
        racers.spawn(async move { store.increment(LABEL, "race:count", 1).await });
    }
    let mut numbers = racers.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=RACERS).collect::<Vec<_>>(), "every number exactly once");
    Ok(())
}

async fn a_gate_has_one_winner(store: &Arc<dyn KeyValue>) -> Result<()> {
    for round in 0..5 {
        let mut racers = JoinSet::new();
        for _ in 0..RACERS {
            let store = Arc::clone(store);
            racers.spawn(async move { store.increment(LABEL, &format!("race:gate{round}"), 1).await });
        }
        let winners = racers.join_all().await.into_iter().filter(|number| *number == Ok(1)).count();
        assert_eq!(winners, 1);
    }
    Ok(())
}

async fn contract(store: Arc<dyn KeyValue>) -> Result<()> {
    single_values(&*store).await.context("single values")?;
    any_bytes(&*store).await.context("any bytes")?;
    large_values(&*store).await.context("large values")?;
    keys_are_listed(&*store).await.context("listing")?;
    batches(&*store).await.context("batches")?;
    counters(&*store).await.context("counters")?;
    what_is_no_counter_is_not_counted(&*store).await.context("no counter")?;
    only_what_is_still_as_it_was_is_replaced(&*store).await.context("replacing")?;
    a_counter_that_was_carried_over_goes_on(&*store).await.context("carrying over")?;
    racers_count_exactly(&store).await.context("racers")?;
    a_gate_has_one_winner(&store).await.context("gate")
}

#[tokio::test]
async fn sqlite_in_memory_keeps_the_contract() -> Result<()> {
    let folder = common::folder()?;
    contract(StoreConfig::SqliteMemory.open(folder.path()).await?).await
}

#[tokio::test]
async fn sqlite_in_a_file_keeps_the_contract() -> Result<()> {
    let folder = common::folder()?;
    contract(StoreConfig::Sqlite.open(folder.path()).await?).await
}

#[tokio::test]
async fn redis_keeps_the_contract() -> Result<()> {
    let redis = Redis::start()?;
    let folder = common::folder()?;
    contract(StoreConfig::Redis(redis.url()).open(folder.path()).await?).await
}

#[tokio::test]
async fn sqlite_survives_a_restart() -> Result<()> {
    let folder = common::folder()?;
    let store = StoreConfig::Sqlite.open(folder.path()).await?;
    store.set(LABEL, "kept", b"v".to_vec()).await?;
    store.increment(LABEL, "counted", 3).await?;
    drop(store);
    let store = StoreConfig::Sqlite.open(folder.path()).await?;
    assert_eq!(store.get(LABEL, "kept").await?, Some(b"v".to_vec()));
    assert_eq!(store.increment(LABEL, "counted", 0).await?, 3);
    Ok(())
}

#[tokio::test]
async fn sqlite_has_the_layout_spin_has() -> Result<()> {
    let folder = common::folder()?;
    let store = StoreConfig::Sqlite.open(folder.path()).await?;
    store.set(LABEL, "text", b"v".to_vec()).await?;
    store.increment(LABEL, "counter", 258).await?;
    let database = rusqlite::Connection::open(folder.path().join(".spin/sqlite_key_value.db"))?;
    let read = |key: &str| -> rusqlite::Result<Vec<u8>> {
        database
            .query_row("SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2", [LABEL, key], |row| row.get(0))
    };
    assert_eq!(read("text")?, b"v");
    assert_eq!(read("counter")?, [2, 1, 0, 0, 0, 0, 0, 0], "eight bytes, little-endian");
    let mode: String = database.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    assert_eq!(mode, "delete", "no write-ahead log");
    Ok(())
}

#[tokio::test]
async fn sqlite_keeps_labels_apart() -> Result<()> {
    let folder = common::folder()?;
    let store = StoreConfig::SqliteMemory.open(folder.path()).await?;
    store.set("one", "k", b"1".to_vec()).await?;
    store.set("two", "k", b"2".to_vec()).await?;
    store.delete("one", "k").await?;
    assert_eq!(store.get("two", "k").await?, Some(b"2".to_vec()));
    assert_eq!(store.get_keys("one").await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_silent_redis_is_reported_at_once() -> Result<()> {
    let folder = common::folder()?;
    let url = format!("redis://127.0.0.1:{}/0", common::free_port()?);
    assert!(StoreConfig::Redis(url).open(folder.path()).await.is_err());
    Ok(())
}

#[tokio::test]
async fn redis_counters_are_text() -> Result<()> {
    let redis = Redis::start()?;
    let folder = common::folder()?;
    let store = StoreConfig::Redis(redis.url()).open(folder.path()).await?;
    store.increment("any", "counter", 41).await?;
    store.increment("other", "counter", 1).await?;
    assert_eq!(store.get(LABEL, "counter").await?, Some(b"42".to_vec()), "one namespace, decimal digits");
    Ok(())
}
