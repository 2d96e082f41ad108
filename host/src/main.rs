//! `relatch-host`: the command.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use relatch_host::{Host, HostOptions, StoreConfig, Timer, parse_env_file};

/// Runs a Spin manifest and its components on this machine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The manifest.
    #[arg(long, value_name = "FILE", default_value = "spin.toml")]
    manifest: PathBuf,
    /// The folder for the database and compiled code.
    #[arg(long, value_name = "FOLDER", default_value = ".relatch")]
    state: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// `sqlite` (in the state folder), `sqlite:PATH`, `sqlite::memory:` or `redis://HOST:PORT/DB`.
    #[arg(long, value_name = "STORE", default_value = "sqlite")]
    store: String,
    /// Values of variables: lines SPIN_VARIABLE_NAME=value. They beat the environment.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Seconds a component may take for a request.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    request_timeout: u64,
    /// Seconds a called server may take to answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    outbound_timeout: u64,
    /// Bytes a request's body may have.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    max_body: usize,
    /// Seconds between two sweeps of what has ended (POST /internal/sweep with the variable `sweep_secret`); 0: never.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    sweep_every: u64,
    /// Print nothing but errors.
    #[arg(long)]
    quiet: bool,
}

impl Arguments {
    fn options(self) -> Result<HostOptions> {
        let mut options = HostOptions::new(self.manifest, self.state);
        options.listen = self.listen;
        options.store = StoreConfig::parse(&self.store).context("--store")?;
        options.request_timeout = Duration::from_secs(self.request_timeout);
        options.outbound_timeout = Duration::from_secs(self.outbound_timeout);
        options.limits.request_body = self.max_body;
        options.timer = (self.sweep_every > 0).then(|| Timer {
            every: Duration::from_secs(self.sweep_every),
            path: "/internal/sweep".to_owned(),
            secret: "sweep_secret".to_owned(),
            origin: "public_origin".to_owned(),
        });
        options.quiet = self.quiet;
        options.read_environment = true;
        if let Some(path) = self.env_file {
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            options.variables = parse_env_file(&text).with_context(|| path.display().to_string())?;
        }
        Ok(options)
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let quiet = arguments.quiet;
    let host = Host::start(arguments.options()?).await?;
    if !quiet {
        eprintln!("listening on http://{}", host.addr());
    }
    stop_signal().await?;
    if !quiet {
        eprintln!("stopping");
    }
    host.shutdown().await;
    Ok(())
}

#[cfg(unix)]
async fn stop_signal() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn stop_signal() -> Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // This executor only waits; the host brings its own threads.
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|executor| executor.block_on(run(arguments)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relatch-host: {error:#}");
            ExitCode::FAILURE
        }
    }
}
