//! The test component, built once, and an application made of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use relatch_host::{Host, HostOptions};
use tempfile::TempDir;

const TARGET: &str = "wasm32-wasip2";

/// The path of the test component.
pub fn component() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}"))).clone().map_err(|error| anyhow!(error))
}

fn build() -> Result<PathBuf> {
    let host = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = host.join("../target/host-guest");
    let mut cargo = if rustup_has_target() { Command::new("cargo") } else { distribution_cargo()? };
    let status = cargo
        .args(["build", "--quiet", "--release", "--target", TARGET])
        .current_dir(host.join("tests/guest"))
        .env("CARGO_TARGET_DIR", &target)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .context("cargo could not be started")?;
    ensure!(status.success(), "the test component did not build");
    Ok(target.join(TARGET).join("release/relatch_host_guest.wasm"))
}

fn rustup_has_target() -> bool {
    let installed = Command::new("rustup").args(["target", "list", "--installed"]).output();
    installed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().any(|line| line == TARGET))
}

/// Debian's compiler has the target's linker but no ready-made standard library.
fn distribution_cargo() -> Result<Command> {
    let hint = "add the target with `rustup target add wasm32-wasip2`, or install Debian's rustc-web, cargo-web, \
                rust-web-src, rust-web-llvm, lld and wasi-libc";
    ensure!(Path::new("/usr/bin/cargo").exists() && Path::new("/usr/lib/wasm32-wasi").is_dir(), hint);
    let mut cargo = Command::new("/usr/bin/cargo");
    let path = std::env::var("PATH").unwrap_or_default();
    cargo
        .args(["-Z", "build-std=std,panic_abort"])
        .env("PATH", format!("/usr/bin:{path}"))
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", "-L native=/usr/lib/wasm32-wasi");
    Ok(cargo)
}

/// An application of three components: `open` at `/...` may do much, `bare` at `/bare/...` nothing, `inner` is private.
const MANIFEST: &str = r#"
spin_manifest_version = 2
[application]
name = "test"
version = "1.2.3"
[variables]
greeting = { default = "good day" }
secret_word = { required = true, secret = true }
peer = { default = "http://127.0.0.1:1" }
[[trigger.http]]
route = "/..."
component = "open"
[[trigger.http]]
route = "/bare/..."
component = "bare"
[[trigger.http]]
route = { private = true }
component = "inner"
[component.open]
source = "GUEST"
files = [{ source = "files", destination = "/" }]
key_value_stores = ["default"]
allowed_outbound_hosts = ["http://inner.spin.internal", "{{ peer }}"]
[component.open.variables]
greeting = "<{{ greeting }}>"
word = "{{ secret_word }}"
[component.bare]
source = "GUEST"
[component.inner]
source = "GUEST"
key_value_stores = ["default"]
"#;

/// A running application and a client for it.
pub struct App {
    pub host: Host,
    pub folder: TempDir,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer, read to its end.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// The folder of an application that is not started yet, and its options.
pub fn application() -> Result<(TempDir, HostOptions)> {
    let folder = super::folder()?;
    let guest = component()?;
    std::fs::create_dir(folder.path().join("files"))?;
    std::fs::write(folder.path().join("files/note.txt"), "a note")?;
    let manifest = folder.path().join("spin.toml");
    std::fs::write(&manifest, MANIFEST.replace("GUEST", &guest.display().to_string()))?;
    let mut options = HostOptions::for_tests(manifest, folder.path().join("state"));
    // Tests share what is compiled.
    options.cache_dir = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/host-guest/compiled"));
    Ok((folder, options))
}

impl App {
    pub async fn start() -> Result<Self> {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut HostOptions)) -> Result<Self> {
        let (folder, mut options) = application()?;
        change(&mut options);
        Self::run(folder, options).await
    }

    pub async fn run(folder: TempDir, options: HostOptions) -> Result<Self> {
        let host = Host::start(options).await?;
        Ok(Self { host, folder, client: Client::builder(TokioExecutor::new()).build_http() })
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.addr())
    }

    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Reply> {
        let (parts, body) = self.client.request(request).await?.into_parts();
        let body = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
        Ok(Reply { status: parts.status, headers: parts.headers, body })
    }

    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.send(Request::get(self.url(path)).body(Full::default())?).await
    }

    /// The words of an answer that has to be 200.
    pub async fn said(&self, path: &str) -> Result<String> {
        let reply = self.get(path).await?;
        ensure!(reply.status == StatusCode::OK, "{path}: {} {}", reply.status, reply.body);
        Ok(reply.body)
    }
}
