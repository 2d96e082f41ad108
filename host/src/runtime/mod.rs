//! Components at work: compiled, granted what the manifest says, pooled.

mod bindings;
mod compile;
mod guest;
mod outbound;
mod pool;
mod spin_store;
mod store_calls;
mod ticker;
mod variables_import;
mod wasi_store;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use anyhow::Result;
use http::{Request, Response};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::log::Log;
use crate::manifest::Manifest;
use crate::options::{HostOptions, Limits};
use crate::probe::Probe;
use crate::server::spin_headers;
use crate::variables::Values;
use relatch_backends::KeyValue;

pub use guest::Grants;
pub use pool::{Failure, Pool};

use guest::{Guest, GuestAccess};

const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// What all guests share.
pub struct Services {
    /// The values.
    pub store: Arc<dyn KeyValue>,
    /// Where lines go.
    pub log: Arc<Log>,
    /// A test's way in.
    pub probe: Probe,
    /// Who is at work.
    pub activity: Arc<Activity>,
    /// Bounds.
    pub limits: Limits,
    /// How long a guest may take.
    pub request_timeout: Duration,
    /// How long a called server may take.
    pub outbound_timeout: Duration,
    client: outbound::Client,
    large: Arc<Semaphore>,
    waiting_for_large: AtomicUsize,
    runtime: OnceLock<Weak<Runtime>>,
}

impl Services {
    fn runtime(&self) -> Option<Arc<Runtime>> {
        self.runtime.get().and_then(Weak::upgrade)
    }

    /// Waits for a place among the large instances. One that only rests has to go, whichever component it is of.
    async fn place_for_large(&self) -> wasmtime::Result<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.large).try_acquire_owned() {
            return Ok(place);
        }
        // First counted, then searched: an instance that comes to rest meanwhile sees the count.
        let _waiting = Waiting::new(&self.waiting_for_large);
        if let Some(runtime) = self.runtime() {
            let _ = runtime.pools.values().any(|pool| pool.give_up_large());
        }
        Arc::clone(&self.large).acquire_owned().await.map_err(wasmtime::Error::new)
    }

    fn large_is_wanted(&self) -> bool {
        self.waiting_for_large.load(Ordering::SeqCst) > 0
    }
}

/// Counts itself, also when its future is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Counts guests at work, so that a shutdown (or a test) can wait for the last one.
#[derive(Default)]
pub struct Activity {
    count: AtomicUsize,
    none: Notify,
}

/// One guest at work.
pub struct AtWork(Arc<Activity>);

impl Activity {
    fn enter(self: &Arc<Self>) -> AtWork {
        self.count.fetch_add(1, Ordering::SeqCst);
        AtWork(Arc::clone(self))
    }

    fn any(&self) -> bool {
        self.count.load(Ordering::SeqCst) > 0
    }

    async fn none(&self) {
        loop {
            let mut none = std::pin::pin!(self.none.notified());
            none.as_mut().enable();
            if !self.any() {
                return;
            }
            none.await;
        }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.none.notify_waiters();
        }
    }
}

/// All components of an application.
pub struct Runtime {
    /// What they share.
    pub services: Arc<Services>,
    /// The executor they run on.
    pub handle: tokio::runtime::Handle,
    pools: BTreeMap<String, Arc<Pool>>,
}

impl Runtime {
    /// Compiles every component (or finds it compiled) and prepares its pool. Takes long the first time; not for an
    /// executor's worker.
    pub fn prepare(
        manifest: &Manifest,
        values: &Values,
        options: &HostOptions,
        store: Arc<dyn KeyValue>,
        log: Arc<Log>,
    ) -> Result<Arc<Self>> {
        let grants: Vec<Arc<Grants>> = manifest
            .components
            .values()
            .map(|component| Grants::new(component, values).map(Arc::new))
            .collect::<Result<_>>()?;
        let cache_dir = options.cache_dir.clone().unwrap_or_else(|| options.state_dir.join("compiled"));
        #[cfg(feature = "testing")]
        let compile = if options.share_compiled { compile::shared } else { compile::all };
        #[cfg(not(feature = "testing"))]
        let compile = compile::all;
        let (engine, compiled) = compile(manifest, &cache_dir, &log)?;
        let linker = linker(&engine)?;
        let services = Arc::new(Services {
            store,
            log,
            probe: Probe::new(),
            activity: Arc::default(),
            limits: options.limits.clone(),
            request_timeout: options.request_timeout,
            outbound_timeout: options.outbound_timeout,
            client: outbound::client()?,
            large: Arc::new(Semaphore::new(options.limits.large_instances)),
            waiting_for_large: AtomicUsize::new(0),
            runtime: OnceLock::new(),
        });
        let mut pools = BTreeMap::new();
        for grants in grants {
            let component = compiled
                .get(&grants.id)
                .ok_or_else(|| anyhow::anyhow!("component `{}` was not compiled", grants.id))?;
            let prepared =
                prepare(&linker, component).map_err(|error| anyhow::anyhow!("component `{}`: {error:#}", grants.id))?;
            let id = grants.id.clone();
            pools.insert(id, Arc::new(Pool::new(prepared, grants, Arc::clone(&services))));
        }
        ticker::start(&engine, &services.activity)?;
        let handle = tokio::runtime::Handle::current();
        let runtime = Arc::new(Self { services, handle, pools });
        // Only this function has seen the services so far, so the cell is empty.
        let _ = runtime.services.runtime.set(Arc::downgrade(&runtime));
        runtime.handle.spawn(sweep(Arc::downgrade(&runtime)));
        Ok(runtime)
    }

    /// Has a component answer.
    pub async fn handle(&self, component: &str, request: Request<WasiBody>) -> Result<Response<WasiBody>, Failure> {
        match self.pools.get(component) {
            Some(pool) => pool.handle(request).await,
            None => Err(Failure::Guest(format!("there is no component `{component}`"))),
        }
    }

    /// A request from one component to another. A failing component looks like a 500, as in Spin.
    pub async fn call_internal(&self, component: &str, mut request: Request<WasiBody>) -> Result<Response<WasiBody>> {
        anyhow::ensure!(self.pools.contains_key(component), "there is no component `{component}`");
        spin_headers::add_internal(&mut request);
        match self.handle(component, request).await {
            Ok(response) => Ok(response),
            Err(failure) => {
                self.services.log.line(&format!("[{component}] failed: {failure}"));
                Ok(crate::server::reply::internal_error())
            }
        }
    }

    /// Waits until no guest is at work.
    pub async fn settled(&self) {
        self.services.activity.none().await;
    }
}

fn prepare(linker: &Linker<Guest>, component: &Component) -> wasmtime::Result<ServicePre<Guest>> {
    ServicePre::new(linker.instantiate_pre(component)?)
}

fn linker(engine: &Engine) -> Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    bindings::Platform::add_to_linker::<_, GuestAccess>(&mut linker, |guest| guest)?;
    Ok(linker)
}

async fn sweep(runtime: Weak<Runtime>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let Some(runtime) = runtime.upgrade() else {
            return;
        };
        runtime.pools.values().for_each(|pool| pool.sweep());
    }
}
