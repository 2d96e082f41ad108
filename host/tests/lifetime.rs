//! Work after the answer, the end of a host, and its next start.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use common::guest::{App, application};
use relatch_host::{Host, StoreConfig};

#[tokio::test]
async fn work_goes_on_after_the_answer() -> Result<()> {
    let app = App::start().await?;
    let started = Instant::now();
    assert_eq!(app.said("/later?ms=300&key=k").await?, "accepted");
    assert!(started.elapsed() < Duration::from_millis(250), "the answer does not wait");
    assert_eq!(app.said("/store?key=k").await?, "Ok(None)");
    app.host.testing().settled().await;
    assert_eq!(app.said("/store?key=k").await?, "Ok(Some(\"done\"))");
    Ok(())
}

#[tokio::test]
async fn work_after_the_answer_may_call_another_component() -> Result<()> {
    let app = App::start().await?;
    app.said("/later?ms=1&key=k&url=http://inner.spin.internal/plain").await?;
    app.host.testing().settled().await;
    assert_eq!(app.said("/store?key=k").await?, "Ok(Some(\"200 hello\"))");
    Ok(())
}

#[tokio::test]
async fn work_after_the_answer_has_a_bound_too() -> Result<()> {
    let app = App::start_with(|options| options.request_timeout = Duration::from_millis(200)).await?;
    app.said("/later?ms=60000&key=k").await?;
    app.host.testing().settled().await;
    assert_eq!(app.said("/store?key=k").await?, "Ok(None)");
    let logs = app.host.testing().logs();
    assert!(logs.iter().any(|line| line == "[open] failed after its answer: it took too long"), "{logs:?}");
    Ok(())
}

#[tokio::test]
async fn many_can_work_after_their_answers_at_once() -> Result<()> {
    let app = App::start_with(|options| {
        options.limits.active_per_component = 2;
        options.limits.lingering_per_component = 20;
    })
    .await?;
    let started = Instant::now();
    for n in 0..20 {
        app.said(&format!("/later?ms=1000&key=k{n}")).await?;
    }
    assert!(started.elapsed() < Duration::from_millis(900), "lingering work holds no place");
    Ok(())
}

#[tokio::test]
async fn an_instance_is_used_again_and_worn_out() -> Result<()> {
    let app = App::start_with(|options| options.limits.requests_per_instance = 3).await?;
    for _ in 0..20 {
        assert_eq!(app.said("/plain").await?, "hello");
    }
    Ok(())
}

#[tokio::test]
async fn a_shutdown_waits_for_requests_and_for_work_after_answers() -> Result<()> {
    let app = App::start_with(|options| options.store = StoreConfig::Sqlite).await?;
    app.said("/later?ms=300&key=k").await?;
    let App { host, folder, .. } = app;
    host.shutdown().await;
    let store = StoreConfig::Sqlite.open(&folder.path().join("state")).await?;
    assert_eq!(store.get("default", "k").await?, Some(b"done".to_vec()));
    Ok(())
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() -> Result<()> {
    let app = App::start_with(|options| options.shutdown_grace = Duration::from_millis(200)).await?;
    app.said("/later?ms=60000&key=k").await?;
    let started = Instant::now();
    app.host.shutdown().await;
    assert!(started.elapsed() < Duration::from_secs(2));
    Ok(())
}

#[tokio::test]
async fn a_taken_port_is_named() -> Result<()> {
    let app = App::start().await?;
    let (_folder, mut options) = application()?;
    options.listen = app.host.addr();
    let error = Host::start(options).await.err().context("it started")?;
    assert!(error.to_string().starts_with(&format!("{} is taken", app.host.addr())), "{error:#}");
    Ok(())
}

#[tokio::test]
async fn a_missing_component_or_folder_is_named() -> Result<()> {
    let (folder, options) = application()?;
    std::fs::remove_dir_all(folder.path().join("files"))?;
    let error = Host::start(options.clone()).await.err().context("it started")?;
    assert!(error.to_string().contains("component `open`: there is no folder"), "{error:#}");
    std::fs::create_dir(folder.path().join("files"))?;
    let text = std::fs::read_to_string(&options.manifest)?;
    std::fs::write(&options.manifest, text.replacen("/relatch_host_guest.wasm", "/nowhere.wasm", 1))?;
    let error = Host::start(options).await.err().context("it started")?;
    assert!(error.to_string().contains("nowhere.wasm"), "{error:#}");
    Ok(())
}

#[tokio::test]
async fn a_component_that_wants_more_than_there_is_is_refused() -> Result<()> {
    let (folder, options) = application()?;
    let empty = folder.path().join("empty.wasm");
    // A component with nothing in it.
    std::fs::write(&empty, [0, b'a', b's', b'm', 0x0d, 0, 1, 0])?;
    let text = std::fs::read_to_string(&options.manifest)?;
    let guest = common::guest::component()?.display().to_string();
    std::fs::write(&options.manifest, text.replacen(&guest, &empty.display().to_string(), 1))?;
    let error = format!("{:#}", Host::start(options).await.err().context("it started")?);
    assert!(error.contains("component `open`") && error.contains("wasi:http/handler"), "{error}");
    Ok(())
}

#[tokio::test]
async fn damaged_compiled_code_is_compiled_again() -> Result<()> {
    let (folder, mut options) = application()?;
    let cache = folder.path().join("compiled");
    options.cache_dir = Some(cache.clone());
    options.share_compiled = false;
    let app = App::run(folder, options.clone()).await?;
    assert_eq!(app.said("/plain").await?, "hello");
    app.host.shutdown().await;
    let mut damaged = 0;
    for file in files(&cache.join("modules"))? {
        let mut bytes = std::fs::read(&file)?;
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 0xff;
            damaged += 1;
        }
        std::fs::write(file, bytes)?;
    }
    assert!(damaged > 0);
    let folder = app.folder;
    let app = App::run(folder, options).await?;
    assert_eq!(app.said("/plain").await?, "hello");
    Ok(())
}

fn files(folder: &std::path::Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    Ok(found)
}

#[cfg(unix)]
#[tokio::test]
async fn the_state_is_closed_to_others() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let (folder, mut options) = application()?;
    options.store = StoreConfig::Sqlite;
    options.cache_dir = None;
    options.share_compiled = false;
    let app = App::run(folder, options).await?;
    let state = app.folder.path().join("state");
    for path in [state.clone(), state.join(".spin"), state.join("compiled"), state.join("compiled/modules")] {
        assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o700, "{}", path.display());
    }
    assert!(state.join(".spin/sqlite_key_value.db").exists());
    Ok(())
}
