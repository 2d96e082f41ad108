//! Carrying a store into an empty one: what was there stays as it is, and is the way back.

use crate::keyring::{Deployment, LABEL};
use crate::records::Value;
use anyhow::{Context, Result, anyhow, bail};
use relatch_backends::{KeyValue, StoreConfig};
use relatch_core::Timestamp;
use relatch_core::limits::SWEEP_MARGIN;
use relatch_store::OsEntropy;
use relatch_store::keys::end_of;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// They name one another by their keys, so they end with the old names. People sign in again.
const ENDING: [&str; 3] = ["session:", "session-at:", "session-seq:"];

/// Everything or an error: nothing that cannot be opened is left behind unsaid.
pub async fn run(from: &Deployment, to: &StoreConfig, rename: bool) -> Result<bool> {
    if *to == from.config || matches!(to, StoreConfig::Sqlite | StoreConfig::SqliteMemory) {
        bail!("--to is another store than the one to be carried: `sqlite:PATH` or `redis://HOST:PORT/DB`");
    }
    let portions = from.portions().await?;
    let target = to.open(Path::new(".")).await.context("--to")?;
    if !target.get_keys(LABEL).await?.is_empty() {
        bail!("--to is not empty, and nothing was written to it");
    }
    // Looked at before anything is written: a store is carried whole or not at all.
    let mut closed = 0;
    for names in &portions {
        closed += from.values(names).await?.iter().filter(|(_, value)| matches!(value, Value::Closed)).count();
    }
    if closed > 0 {
        bail!("{closed} values could not be opened (`relatch-keys report`), and nothing was carried");
    }
    let now = Timestamp(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    let (mut carried, mut left) = (0, 0);
    for names in &portions {
        let (entries, ended) = carry(from, target.as_ref(), names, rename, now).await?;
        carried += entries.len();
        left += ended;
        if !entries.is_empty() {
            target.set_many(LABEL, entries).await?;
        }
    }
    println!("{carried} keys carried; {left} that had ended, or belong to sessions, left behind");
    Ok(true)
}

type Entries = Vec<(String, Vec<u8>)>;

async fn carry(
    from: &Deployment,
    target: &dyn KeyValue,
    names: &[String],
    rename: bool,
    now: Timestamp,
) -> Result<(Entries, usize)> {
    let (mut entries, mut left) = (Vec::new(), 0);
    for (key, value) in from.values(names).await? {
        let ended = end_of(&key).is_some_and(|end| now >= end.plus(SWEEP_MARGIN));
        if ended || ENDING.iter().any(|prefix| key.starts_with(prefix)) {
            left += 1;
            continue;
        }
        let name = if rename {
            from.keys.renamed(&key).context("lookup_key has one key only, or a name is not Relatch's")?
        } else {
            key
        };
        let raw = match value {
            Value::Counter(number) => target.raw_counter(number),
            Value::Record { plain, .. } => {
                from.sealer.seal(&OsEntropy, name.as_bytes(), &plain).map_err(|error| anyhow!(error))?
            }
            Value::Closed => bail!("a value was changed while it was carried: a host is still at work"),
        };
        entries.push((name, raw));
    }
    Ok((entries, left))
}
