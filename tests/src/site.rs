//! One running Relatch: the shipped manifest and components on our host, a catcher for messages.

use crate::browser::Browser;
use data_encoding::BASE64URL_NOPAD;
use relatch_catcher::{BOT_CHECK_SECRET, BOT_CHECK_SITE_KEY, Catcher, CatcherOptions, Message};
use relatch_core::{Secret, Timestamp};
use relatch_host::testing::Testing;
use relatch_host::{Host, HostOptions, StoreConfig};
use relatch_store::keys::Keys;
use relatch_store::seal::{Sealer, parse_keys};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Redis,
}

pub const SETUP_SECRET: &str = "c2V0LXVwLXNlY3JldC1vZi0yNTYtYml0cy1vci1tb3Jl";
pub const SWEEP_SECRET: &str = "sweep-secret-of-the-tests-0123456789";
/// What the service believes its address is; requests carry it as their origin.
pub const ORIGIN: &str = "http://localhost:3000";

pub struct Site {
    pub host: Host,
    pub catcher: Catcher,
    pub t: Testing,
    /// Where it remembers; with [`Site::start_shared`] other hosts can, too.
    pub store: StoreConfig,
    url: String,
    clients: AtomicU32,
    _redis: Option<Redis>,
    _state: TempDir,
}

impl Site {
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, |_| {}).await
    }

    /// On a store that another process can open as well.
    pub async fn start_shared(backend: Backend) -> Self {
        Self::start_with(backend, |options| {
            if options.store == StoreConfig::SqliteMemory {
                options.store = StoreConfig::SqliteFile(options.state_dir.join("shared.db"));
            }
        })
        .await
    }

    pub async fn start_with(backend: Backend, change: impl FnOnce(&mut HostOptions)) -> Self {
        let catcher = Catcher::start(CatcherOptions::for_tests()).await.expect("a catcher");
        let state = tempfile::tempdir_in(memory_folder()).expect("a folder");
        let redis = (backend == Backend::Redis).then(|| Redis::start(state.path()));
        let mut options = host_options(state.path(), &catcher.url());
        options.store = redis.as_ref().map_or(StoreConfig::SqliteMemory, |redis| StoreConfig::Redis(redis.url()));
        change(&mut options);
        let store = options.store.clone();
        let host = Host::start(options).await.expect("the host; are the components built? `cargo xtask build`");
        let url = format!("http://{}", host.addr());
        Self { t: host.testing(), host, catcher, store, url, clients: AtomicU32::new(1), _redis: redis, _state: state }
    }

    /// The same deployment after a restart, with what `change` makes different. It listens elsewhere now.
    pub async fn again(self, change: impl FnOnce(&mut HostOptions)) -> Self {
        let ahead = self.t.now().duration_since(std::time::SystemTime::now()).unwrap_or_default();
        self.host.shutdown().await;
        let mut options = host_options(self._state.path(), &self.catcher.url());
        options.store = self.store;
        change(&mut options);
        let store = options.store.clone();
        let host = Host::start(options).await.expect("the host");
        let url = format!("http://{}", host.addr());
        host.testing().advance(ahead);
        Self { t: host.testing(), host, store, url, ..self }
    }

    /// A file of its own, gone with it.
    pub fn file(&self, name: &str) -> PathBuf {
        self._state.path().join(name)
    }

    /// Another database of its Redis.
    pub fn redis_database(&self, number: u8) -> Option<String> {
        self._redis.as_ref().map(|redis| format!("redis://127.0.0.1:{}/{number}", redis.port))
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// A fresh browser at an address of its own.
    pub fn browser(&self) -> Browser {
        let number = self.clients.fetch_add(1, Ordering::Relaxed);
        let [_, b, c, d] = (number + 1).to_be_bytes();
        self.browser_at([127, b.wrapping_add(1), c, d])
    }

    pub fn browser_at(&self, address: [u8; 4]) -> Browser {
        Browser::new(self.url.clone(), address.into())
    }

    /// Where the service believes it is.
    pub fn origin(&self) -> &'static str {
        ORIGIN
    }

    /// The service's time.
    pub fn now(&self) -> Timestamp {
        let since = self.t.now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        Timestamp(since.as_secs())
    }

    pub fn advance(&self, seconds: u64) {
        self.t.advance(Duration::from_secs(seconds));
    }

    /// The clock was wrong by so much, and is corrected.
    pub fn set_back(&self, seconds: u64) {
        self.t.set_back(Duration::from_secs(seconds));
    }

    /// Moves the clock to where the next window of so many seconds begins, so that none ends on the way.
    pub fn begin_window(&self, seconds: u64) {
        self.advance(seconds - self.now().0 % seconds);
    }

    /// Moves the clock to the middle of a span of claims: where two meet, what is won takes one commit more
    /// (`relatch_core::claim`). It is no window's end either, at which limits begin anew.
    pub fn amid_claims(&self) {
        self.advance(self.until_amid_claims());
    }

    /// Seconds until the middle of a span of claims.
    pub fn until_amid_claims(&self) -> u64 {
        use relatch_core::limits::SEND_CLAIM;
        SEND_CLAIM + SEND_CLAIM / 2 - self.now().0 % SEND_CLAIM
    }

    pub async fn settled(&self) {
        self.t.settled().await;
    }

    /// Every message so far, once nothing is under way any more.
    pub async fn messages(&self) -> Vec<Message> {
        self.settled().await;
        self.catcher.messages()
    }

    /// The code of the newest message to `number`.
    pub async fn code_sent_to(&self, number: &str) -> String {
        let messages = self.messages().await;
        let newest = messages.iter().rev().filter(|message| message.to == number).find_map(any_code_in);
        newest.unwrap_or_else(|| panic!("no code was sent to {number}"))
    }

    /// Every key and raw value of the store.
    pub async fn dump(&self) -> Vec<(String, Vec<u8>)> {
        let store = self.t.store();
        let mut all = Vec::new();
        for key in store.get_keys("default").await.expect("keys") {
            // Counters have no value to read on some backends; their names are enough.
            let value = store.get("default", &key).await.ok().flatten().unwrap_or_default();
            all.push((key, value));
        }
        all
    }

    /// Opens a raw value as the service would.
    pub fn unseal(&self, key: &str, value: &[u8]) -> Option<serde_json::Value> {
        let sealer = Sealer::new(parse_keys(&key_text("k1", 1))?)?;
        serde_json::from_slice(&sealer.open(key.as_bytes(), value).ok()?).ok()
    }

    pub fn keys(&self) -> Keys {
        Keys::new(Secret::new([2; 32]))
    }
}

/// The shipped manifest (or the one that RELATCH_MANIFEST names) with the variables every test host has.
pub fn host_options(state: &Path, catcher: &str) -> HostOptions {
    let manifest = std::env::var_os("RELATCH_MANIFEST").map_or_else(|| root().join("spin.toml"), PathBuf::from);
    let mut options = HostOptions::for_tests(manifest, state.to_owned());
    options.cache_dir = Some(root().join("target/compiled"));
    for (name, value) in variables(catcher) {
        options.variables.insert(name.to_owned(), value);
    }
    options
}

/// The eight digits of a message, if it carries a code; a call says them apart.
pub fn any_code_in(message: &Message) -> Option<String> {
    code_in(&message.body)
}

/// The same, of what a message says.
pub fn code_in(body: &str) -> Option<String> {
    let body = body.replace(", ", "");
    body.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 8).map(str::to_owned)
}

/// A key as a variable lists it.
pub fn key_text(id: &str, byte: u8) -> String {
    format!("{id}:{}", BASE64URL_NOPAD.encode(&[byte; 32]))
}

fn variables(catcher: &str) -> Vec<(&'static str, String)> {
    let options = CatcherOptions::for_tests();
    vec![
        ("public_origin", ORIGIN.to_owned()),
        ("sealing_keys", key_text("k1", 1)),
        ("lookup_key", key_text("l1", 2)),
        ("pepper", key_text("p1", 3)),
        ("setup_secret", SETUP_SECRET.to_owned()),
        ("sweep_secret", SWEEP_SECRET.to_owned()),
        ("twilio_base_url", catcher.to_owned()),
        ("twilio_account_sid", options.twilio_account_sid.clone()),
        ("twilio_auth_token", options.twilio_auth_token.clone()),
        ("twilio_from", "+15005550006".to_owned()),
        ("postmark_base_url", catcher.to_owned()),
        ("postmark_server_token", options.postmark_server_token.clone()),
        ("mail_from", "reset@contoso.example".to_owned()),
        ("breach_base_url", catcher.to_owned()),
        ("turnstile_base_url", catcher.to_owned()),
        ("hcaptcha_base_url", catcher.to_owned()),
        ("hcaptcha_script_url", format!("{catcher}/1/api.js")),
        ("bot_check_site_key", BOT_CHECK_SITE_KEY.to_owned()),
        ("bot_check_secret", BOT_CHECK_SECRET.to_owned()),
    ]
}

/// A free port of this machine. Somebody could take it before it is used; then starting fails and says so.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port()
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent").to_owned()
}

fn memory_folder() -> PathBuf {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() }
}

/// A Redis of our own, gone with the test.
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn start(folder: &Path) -> Self {
        for _ in 0..20 {
            let port = free_port();
            let mut command = Command::new("redis-server");
            command
                .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
                .arg(folder);
            let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            let mut redis = Self { child: child.expect("redis-server; install the package of that name"), port };
            if redis.answers() {
                return redis;
            }
        }
        panic!("redis-server does not start");
    }

    fn answers(&mut self) -> bool {
        for _ in 0..500 {
            if std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            if !matches!(self.child.try_wait(), Ok(None)) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
