//! What a host is told at its start.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use relatch_backends::StoreConfig;

/// How to start a host.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// The manifest; paths in it are relative to its folder.
    pub manifest: PathBuf,
    /// Where the database and the compiled code live. Made if it is not there.
    pub state_dir: PathBuf,
    /// Values of application variables, by name. They beat the environment.
    pub variables: BTreeMap<String, String>,
    /// Also read `SPIN_VARIABLE_NAME` from this process's environment?
    pub read_environment: bool,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which key-value backend.
    pub store: StoreConfig,
    /// How long a component may take to answer, and how long it may go on after its answer.
    pub request_timeout: Duration,
    /// How long a called server may take to start answering, and to send each next part.
    pub outbound_timeout: Duration,
    /// How long work under way may go on at the end.
    pub shutdown_grace: Duration,
    /// Where compiled code is kept; `None`: in the state folder. Tests share one.
    pub cache_dir: Option<PathBuf>,
    /// Use again what another host in this process has compiled and loaded?
    #[cfg(feature = "testing")]
    pub share_compiled: bool,
    /// Something to be called again and again; `None`: nothing.
    pub timer: Option<Timer>,
    /// Print nothing.
    pub quiet: bool,
    /// Bounds on what strangers and guests can take.
    pub limits: Limits,
}

/// A POST to one of the application's own routes, as an outside timer would make it.
#[derive(Debug, Clone)]
pub struct Timer {
    /// How often.
    pub every: Duration,
    /// The route.
    pub path: String,
    /// The variable whose value is shown as a bearer token; without a value nothing is called.
    pub secret: String,
    /// The variable with the origin the request says it comes from.
    pub origin: String,
}

/// Bounds. The defaults keep the process under 200 MB.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections; more wait in the kernel's queue.
    pub connections: usize,
    /// Bytes of a request body.
    pub request_body: usize,
    /// Bytes of a request's headers together.
    pub header_bytes: usize,
    /// Headers of a request.
    pub header_count: usize,
    /// How long a client may take to send its headers, and how long a kept-alive connection may rest.
    pub header_timeout: Duration,
    /// Requests a component works on at once; more wait.
    pub active_per_component: usize,
    /// Instances of a component that may go on after their answer; more count as active.
    pub lingering_per_component: usize,
    /// Requests one instance serves before it is thrown away.
    pub requests_per_instance: u32,
    /// Linear memory of one instance.
    pub instance_memory: usize,
    /// Above this an instance is large: it waits for one of `large_instances` places, and gives it up when it rests
    /// and another waits.
    pub small_memory: usize,
    /// Instances that may be large at once, over all components. A password hash makes one large.
    pub large_instances: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            request_body: 1 << 20,
            header_bytes: 32 << 10,
            header_count: 64,
            header_timeout: Duration::from_secs(30),
            active_per_component: 32,
            lingering_per_component: 64,
            requests_per_instance: 128,
            instance_memory: 32 << 20,
            small_memory: 4 << 20,
            large_instances: 3,
        }
    }
}

impl HostOptions {
    /// Port 3000 on loopback, SQLite in the state folder, 30 seconds for a request.
    pub fn new(manifest: impl Into<PathBuf>, state_dir: impl Into<PathBuf>) -> Self {
        Self {
            manifest: manifest.into(),
            state_dir: state_dir.into(),
            variables: BTreeMap::new(),
            read_environment: false,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
            store: StoreConfig::Sqlite,
            request_timeout: Duration::from_secs(30),
            outbound_timeout: Duration::from_secs(30),
            shutdown_grace: Duration::from_secs(10),
            cache_dir: None,
            #[cfg(feature = "testing")]
            share_compiled: false,
            timer: None,
            quiet: false,
            limits: Limits::default(),
        }
    }

    /// What a test wants: a free port, values in memory, silence.
    pub fn for_tests(manifest: impl Into<PathBuf>, state_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            store: StoreConfig::SqliteMemory,
            #[cfg(feature = "testing")]
            share_compiled: true,
            quiet: true,
            ..Self::new(manifest, state_dir)
        }
    }
}
