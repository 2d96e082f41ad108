//! Turning `.wasm` into machine code, once.
//!
//! `wasmtime`'s own cache keeps the result. What it loads is run as code, so the folder is closed to others and every
//! file is compared with the digest written when it was made: a damaged file is thrown away and compiled again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Cache, CacheConfig, Config, Engine};

use crate::log::{Log, lock};
use crate::manifest::Manifest;
use relatch_backends::private_folder;

const DIGESTS: &str = "digests.txt";
/// Worth a line: it was compiled, not loaded.
const SLOW: Duration = Duration::from_millis(300);

/// Components by id, and the engine they were compiled for.
pub type Compiled = (Engine, BTreeMap<String, Component>);

/// Compiles all components of a manifest.
pub fn all(manifest: &Manifest, cache_dir: &Path, log: &Log) -> Result<Compiled> {
    private_folder(cache_dir)?;
    let cache_dir = &cache_dir.canonicalize()?;
    let modules = cache_dir.join("modules");
    private_folder(&modules)?;
    // Two hosts that start at once would each find the other's new files unknown.
    let lock = fs::File::create(cache_dir.join("lock")).context("the lock of the folder for compiled code")?;
    lock.lock()?;
    discard_damaged(cache_dir, &modules)?;
    let engine = engine(&modules)?;
    let compiled = compile(&engine, manifest, log)?;
    write_digests(cache_dir, &modules)?;
    Ok((engine, compiled))
}

/// Like [`all`], but a process that starts many hosts with the same components compiles and loads them once.
#[cfg(feature = "testing")]
pub fn shared(manifest: &Manifest, cache_dir: &Path, log: &Log) -> Result<Compiled> {
    use std::sync::Arc;
    use std::time::SystemTime;

    type Sources = Vec<(String, PathBuf, SystemTime)>;
    static KNOWN: Mutex<Vec<(Sources, Arc<Compiled>)>> = Mutex::new(Vec::new());

    let sources = manifest
        .components
        .values()
        .map(|component| {
            let changed = fs::metadata(&component.source).and_then(|data| data.modified());
            let changed = changed.unwrap_or(SystemTime::UNIX_EPOCH);
            (component.id.clone(), component.source.clone(), changed)
        })
        .collect();
    let mut known = lock(&KNOWN);
    if let Some((_, compiled)) = known.iter().find(|(made_of, _)| *made_of == sources) {
        return Ok(Compiled::clone(compiled));
    }
    let compiled = all(manifest, cache_dir, log)?;
    known.push((sources, Arc::new(compiled.clone())));
    Ok(compiled)
}

fn engine(cache_dir: &Path) -> Result<Engine> {
    let mut cache = CacheConfig::new();
    cache.with_directory(cache_dir);
    // A file that is rewritten later would no longer match its digest.
    cache.with_optimized_compression_usage_counter_threshold(u64::MAX);
    let mut config = Config::new();
    config.cache(Some(Cache::new(cache)?));
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    Ok(Engine::new(&config)?)
}

fn compile(engine: &Engine, manifest: &Manifest, log: &Log) -> Result<BTreeMap<String, Component>> {
    let jobs: Vec<(&str, &Path)> =
        manifest.components.values().map(|component| (component.id.as_str(), component.source.as_path())).collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((id, source)) = jobs.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let started = Instant::now();
                    let result = Component::from_file(engine, source)
                        .map_err(anyhow::Error::from)
                        .with_context(|| format!("component `{id}`: {}", source.display()));
                    let done = done.fetch_add(1, Ordering::SeqCst) + 1;
                    if started.elapsed() > SLOW {
                        let seconds = started.elapsed().as_secs_f32();
                        log.line(&format!("compiled {id} in {seconds:.1} s ({done} of {})", jobs.len()));
                    }
                    lock(&results).push(((*id).to_owned(), result));
                }
            });
        }
    });
    let results = std::mem::take(&mut *lock(&results));
    results.into_iter().map(|(id, result)| result.map(|component| (id, component))).collect()
}

/// The compiled files (not the usage statistics beside them), relative to the folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        let entries = fs::read_dir(&current).with_context(|| format!("the folder {}", current.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry.path().extension().is_none() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn line(folder: &Path, file: &Path) -> Result<String> {
    let digest: String = Sha256::digest(fs::read(file)?).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{digest} {}", file.strip_prefix(folder)?.display()))
}

fn discard_damaged(cache_dir: &Path, modules: &Path) -> Result<()> {
    let known = fs::read_to_string(cache_dir.join(DIGESTS)).unwrap_or_default();
    let known: std::collections::BTreeSet<&str> = known.lines().collect();
    for file in files(modules)? {
        if !known.contains(line(modules, &file)?.as_str()) {
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    Ok(())
}

fn write_digests(cache_dir: &Path, modules: &Path) -> Result<()> {
    let mut text = String::new();
    for file in files(modules)? {
        text.push_str(&line(modules, &file)?);
        text.push('\n');
    }
    let path = cache_dir.join(DIGESTS);
    // Whole or not at all: another host may be reading it.
    let draft = cache_dir.join(format!("{DIGESTS}.{}", std::process::id()));
    fs::write(&draft, text)?;
    fs::rename(&draft, &path).with_context(|| format!("cannot write {}", path.display()))
}
