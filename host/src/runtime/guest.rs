//! What belongs to one instance of a component.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::ResourceLimiterAsync;
use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::{FsPerms, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::Services;
use super::outbound::Outbound;
use crate::log::GuestLines;
use crate::manifest::{Component, Mount};
use crate::outbound_grants::AllowedHost;
use crate::variables::Values;

/// What a component may touch, with all templates filled in.
pub struct Grants {
    /// The component's id.
    pub id: String,
    /// Stores it may open.
    pub stores: BTreeSet<String>,
    /// Variables it may read: a value, or the name of the required variable that has none.
    pub variables: BTreeMap<String, Result<String, String>>,
    /// Whom it may call.
    pub outbound: Vec<AllowedHost>,
    /// Folders it may read.
    pub mounts: Vec<Mount>,
}

impl Grants {
    /// Fills in the templates. An address that needs a missing variable is not granted.
    pub fn new(component: &Component, values: &Values) -> Result<Self> {
        let mut outbound = Vec::new();
        for template in &component.outbound {
            let Ok(address) = template.resolve(&values.known) else {
                continue;
            };
            let allowed = AllowedHost::parse(&address).map_err(|reason| {
                // The template, not the address: a variable could be secret.
                let entry = template.as_written();
                anyhow::anyhow!("component `{}`: allowed_outbound_hosts entry `{entry}`: {reason}", component.id)
            })?;
            outbound.push(allowed);
        }
        let variables = component
            .variables
            .iter()
            .map(|(name, template)| (name.clone(), template.resolve(&values.known)))
            .collect();
        for mount in &component.mounts {
            let found = mount.source.is_dir();
            anyhow::ensure!(found, "component `{}`: there is no folder {}", component.id, mount.source.display());
        }
        Ok(Self {
            id: component.id.clone(),
            stores: component.stores.clone(),
            variables,
            outbound,
            mounts: component.mounts.clone(),
        })
    }
}

/// A store a guest has opened.
pub struct OpenStore {
    /// Its label.
    pub label: String,
}

/// The data of an instance.
pub struct Guest {
    pub(super) table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    pub(super) memory: Memory,
    pub(super) grants: Arc<Grants>,
    pub(super) services: Arc<Services>,
    pub(super) open_stores: usize,
}

/// Tells `wasmtime` how host functions reach the data.
pub struct GuestAccess;

impl HasData for GuestAccess {
    type Data<'a> = &'a mut Guest;
}

impl Guest {
    /// Fresh data for a new instance.
    pub fn new(grants: &Arc<Grants>, services: &Arc<Services>) -> Result<Self> {
        let lines = GuestLines::new(&grants.id, Arc::clone(&services.log));
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(lines.clone()).stderr(lines);
        wasi.wall_clock(GuestClock(Arc::clone(services)));
        wasi.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        for mount in &grants.mounts {
            wasi.preopened_dir(&mount.source, &mount.destination, FsPerms::ReadOnly)
                .map_err(anyhow::Error::from)
                .with_context(|| format!("the folder {}", mount.source.display()))?;
        }
        Ok(Self {
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound: Outbound::new(grants, services),
            memory: Memory { bytes: 0, place: None, services: Arc::clone(services) },
            grants: Arc::clone(grants),
            services: Arc::clone(services),
            open_stores: 0,
        })
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outbound }
    }
}

/// The machine's clock, moved by a test.
struct GuestClock(Arc<Services>);

impl HostWallClock for GuestClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        let real = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.0.probe.clock(real)
    }
}

/// How much linear memory an instance has, and its place among the large ones.
pub struct Memory {
    bytes: usize,
    place: Option<OwnedSemaphorePermit>,
    services: Arc<Services>,
}

impl Memory {
    /// Linear memory never shrinks: once large, an instance stays so, and keeps its place until it is thrown away.
    pub fn is_large(&self) -> bool {
        self.place.is_some()
    }
}

#[async_trait::async_trait]
impl ResourceLimiterAsync for Memory {
    async fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let bytes = self.bytes - current.min(self.bytes) + desired;
        let limits = &self.services.limits;
        if bytes > limits.instance_memory {
            return Ok(false);
        }
        if bytes > limits.small_memory && self.place.is_none() {
            // The guest waits inside memory.grow; its request time-out bounds the wait.
            self.place = Some(self.services.place_for_large().await?);
        }
        self.bytes = bytes;
        Ok(true)
    }

    async fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= 100_000)
    }
}
