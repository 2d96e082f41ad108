//! Sealing anew what an older key sealed, beside hosts that go on. A value that was written meanwhile is left alone:
//! whoever wrote it sealed it with the key that seals now.

use crate::keyring::{Deployment, LABEL};
use crate::records::Value;
use anyhow::{Result, anyhow};
use relatch_backends::Change;
use relatch_store::OsEntropy;
use relatch_store::seal::sealed_with;

/// False if something could not be opened.
pub async fn run(at: &Deployment) -> Result<bool> {
    let (mut resealed, mut meanwhile, mut closed) = (0, 0, 0);
    for names in at.portions().await? {
        let mut changes = Vec::new();
        for (key, value) in at.values(&names).await? {
            match value {
                Value::Record { raw, plain } if sealed_with(&raw) != Some(at.sealer.newest()) => {
                    let after = at.sealer.seal(&OsEntropy, key.as_bytes(), &plain).map_err(|error| anyhow!(error))?;
                    changes.push(Change { key, before: raw, after });
                }
                Value::Closed => closed += 1,
                Value::Record { .. } | Value::Counter(_) => {}
            }
        }
        let wanted = changes.len();
        if wanted > 0 {
            let done = at.store.replace_many(LABEL, changes).await?;
            resealed += done;
            meanwhile += wanted.saturating_sub(done);
        }
    }
    println!("{resealed} records sealed anew with {}", at.sealer.newest());
    if meanwhile > 0 {
        println!("{meanwhile} were written by a host meanwhile; `relatch-keys report` says with which key");
    }
    if closed > 0 {
        println!("{closed} values could not be opened and were left as they are");
    }
    Ok(closed == 0)
}
