//! What the tests share.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod guest;
pub mod redis;

use std::net::TcpListener;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

/// A folder that goes away, in memory where the machine has such a place: tests must not wait for a disk.
pub fn folder() -> Result<TempDir> {
    let shared_memory = std::path::Path::new("/dev/shm");
    let folder = if shared_memory.is_dir() { tempfile::tempdir_in(shared_memory) } else { tempfile::tempdir() };
    folder.context("no temporary folder")
}

/// A port nobody uses right now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Waits until something holds, for at most ten seconds.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) -> Result<()> {
    for _ in 0..1000 {
        if holds().await {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    anyhow::bail!("it never came to this: {what}")
}
