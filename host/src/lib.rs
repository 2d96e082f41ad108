//! Runs a Spin application's manifest and components on one machine.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use relatch_host::{Host, HostOptions};
//!
//! let host = Host::start(HostOptions::new("spin.toml", ".relatch")).await?;
//! println!("http://{}", host.addr());
//! host.shutdown().await;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod log;
mod manifest;
mod options;
mod outbound_grants;
mod probe;
mod routes;
mod runtime;
mod server;
#[cfg(feature = "testing")]
pub mod testing;
mod timer;
mod variables;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use log::Log;
use manifest::Manifest;
use runtime::Runtime;
use server::Server;
use timer::Calls;

pub use options::{HostOptions, Limits, Timer};
#[cfg(feature = "testing")]
pub use probe::OpKind;
pub use relatch_backends::{self as store, StoreConfig, parse_env_file};

/// Threads for file reads of guests and for starting; few, because each costs memory.
const BLOCKING_THREADS: usize = 16;

/// A running application. Dropping it stops at once; [`Host::shutdown`] lets work finish.
pub struct Host {
    addr: SocketAddr,
    grace: Duration,
    runtime: Arc<Runtime>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    executor: Executor,
}

/// The host's own threads: a caller's executor may have one thread only, and guests compute.
struct Executor(Option<tokio::runtime::Runtime>);

impl Executor {
    fn new(limits: &Limits) -> Result<Self> {
        // Even with a password hash in every large instance, two threads are left for everybody else.
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let executor = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(limits.large_instances + cores.clamp(2, 8))
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("host")
            .enable_all()
            .build()?;
        Ok(Self(Some(executor)))
    }

    fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<JoinHandle<T>> {
        Ok(self.0.as_ref().context("the host has stopped")?.spawn(work))
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        if let Some(executor) = self.0.take() {
            // Waiting here would block (and panic in) a caller's executor.
            executor.shutdown_background();
        }
    }
}

impl Host {
    /// Reads the manifest, compiles the components (or finds them compiled), opens the store and listens.
    pub async fn start(options: HostOptions) -> Result<Self> {
        let executor = Executor::new(&options.limits)?;
        let grace = options.shutdown_grace;
        let started = executor.spawn(prepare(options))?.await??;
        let Started { listener, addr, server, runtime, calls } = started;
        let (stop, stopped) = oneshot::channel();
        let server = executor.spawn(Arc::new(server).serve(listener, stopped, grace))?;
        if let Some(calls) = calls {
            // It ends with the executor.
            executor.spawn(calls.run())?;
        }
        Ok(Self { addr, grace, runtime, stop, server, executor })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes no new requests, and lets those under way and the work after their answers finish, but not for ever.
    pub async fn shutdown(self) {
        let Self { grace, runtime, stop, server, executor, .. } = self;
        let until = Instant::now() + grace;
        // The server may have ended already.
        let _ = stop.send(());
        let _ = server.await;
        let left = until.saturating_duration_since(Instant::now());
        if let Ok(waiting) = executor.spawn(async move {
            let _ = tokio::time::timeout(left, runtime.settled()).await;
        }) {
            let _ = waiting.await;
        }
    }

    /// A test's handle: clock, faults, counters, logs.
    #[cfg(feature = "testing")]
    pub fn testing(&self) -> testing::Testing {
        testing::Testing::new(Arc::clone(&self.runtime))
    }
}

struct Started {
    listener: TcpListener,
    addr: SocketAddr,
    server: Server,
    runtime: Arc<Runtime>,
    calls: Option<Calls>,
}

async fn prepare(options: HostOptions) -> Result<Started> {
    let manifest = Manifest::load(&options.manifest)?;
    // Before the long part: a taken port is known at once.
    let listener = listen(options.listen).await?;
    let addr = listener.local_addr()?;
    let log = Arc::new(Log::new(options.quiet));
    let values = variables::collect(&manifest, &options.variables, |name| {
        options.read_environment.then(|| std::env::var(name).ok()).flatten()
    });
    for name in &values.missing {
        log.line(&format!("the variable `{name}` has no value; components that read it will fail"));
    }
    let calls = options.timer.as_ref().and_then(|timer| Calls::new(timer, addr, &values, Arc::clone(&log)));
    relatch_backends::private_folder(&options.state_dir)?;
    let store = options.store.open(&options.state_dir).await?;
    let (server, runtime) = tokio::task::spawn_blocking(move || {
        let runtime = Runtime::prepare(&manifest, &values, &options, store, log)?;
        anyhow::Ok((Server::new(&manifest, Arc::clone(&runtime)), runtime))
    })
    .await??;
    Ok(Started { listener, addr, server, runtime, calls })
}

async fn listen(addr: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(addr).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow::anyhow!("{addr} is taken by another program; choose another address or port (--listen HOST:PORT)")
        }
        _ => anyhow::anyhow!("cannot listen on {addr}: {error}"),
    })
}
