//! `cargo xtask up`: everything built, started, and explained.

use crate::components;
use crate::running::{Running, must_be_free, with_variables};
use crate::shell::{cargo, find, run as run_program, say};
use crate::state::{FOLDER, State};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(clap::Args)]
pub struct Up {
    /// Where the pages are.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Where the messages are that would have been sent.
    #[arg(long, default_value_t = 3001)]
    catcher_port: u16,
    /// Keys and data.
    #[arg(long, default_value = FOLDER)]
    state: PathBuf,
    /// Where to keep data: `sqlite`, or `redis://host:port/number`.
    #[arg(long, default_value = "sqlite")]
    store: String,
    /// Run on Spin instead of our own host.
    #[arg(long)]
    spin: bool,
}

pub fn run(up: &Up) -> Result<()> {
    must_be_free(up.port, "--port")?;
    must_be_free(up.catcher_port, "--catcher-port")?;
    let state = development_state(&up.state, up.port, up.catcher_port)?;
    components::build_all()?;
    build_tools(Programs::Development)?;
    let stop = stop_flag()?;
    let mut catcher = start_catcher(Programs::Development, &state, up.catcher_port)?;
    let mut service = if up.spin {
        start_spin(&state, up.port)?
    } else {
        start_host(Programs::Development, &state, up.port, &up.store)?
    };
    let origin = state.get("PUBLIC_ORIGIN").to_owned();
    service.wait_for(&format!("http://127.0.0.1:{}/", up.port), Duration::from_secs(120))?;
    greet(&state, &origin, up);
    while !stop.load(Ordering::Relaxed) {
        for running in [&mut service, &mut catcher] {
            if let Some(status) = running.child.try_wait()? {
                bail!("{} stopped by itself ({status}); what it said is above", running.name);
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    say("Stopping");
    service.stop();
    catcher.stop();
    Ok(())
}

/// The state folder with this run's addresses in it.
pub fn development_state(folder: &Path, port: u16, catcher_port: u16) -> Result<State> {
    let origin = format!("http://localhost:{port}");
    let catcher = format!("http://127.0.0.1:{catcher_port}");
    let defaults = [
        ("PUBLIC_ORIGIN", origin.clone()),
        ("TWILIO_BASE_URL", catcher.clone()),
        ("POSTMARK_BASE_URL", catcher.clone()),
        ("BREACH_BASE_URL", catcher.clone()),
    ];
    let mut state = State::open_or_create(folder, &defaults)?;
    state.set("PUBLIC_ORIGIN", &origin);
    state.set("TWILIO_BASE_URL", &catcher);
    state.set("POSTMARK_BASE_URL", &catcher);
    state.set("BREACH_BASE_URL", &catcher);
    Ok(state)
}

/// The host and the catcher, without anything that only tests may have. The whole workspace but the tests is named,
/// so that their dependencies get the features they have in `cargo xtask test` and are not compiled twice.
pub fn build_tools(programs: Programs) -> Result<()> {
    say("Building the host and the message catcher (the first time takes a few minutes)");
    let mut command = cargo();
    command.args(["build", "--locked", "--workspace", "--exclude", "relatch-tests", "--bins"]);
    run_program(command.args(["--profile", programs.profile()]))
}

/// How the host and the catcher are compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Programs {
    /// Soon.
    Development,
    /// To be fast: for measuring, and for running it for others.
    Fast,
}

impl Programs {
    fn profile(self) -> &'static str {
        if self == Self::Fast { "host" } else { "dev" }
    }

    fn command(self, name: &str) -> Command {
        let folder = if self == Self::Fast { "host" } else { "debug" };
        Command::new(format!("target/{folder}/{name}"))
    }
}

pub fn start_catcher(programs: Programs, state: &State, port: u16) -> Result<Running> {
    let mut command = programs.command("relatch-catcher");
    command.args(["--listen", &format!("127.0.0.1:{port}")]).stderr(std::process::Stdio::null());
    with_variables(&mut command, state);
    let mut catcher = Running::start("the message catcher", &mut command)?;
    catcher.wait_for(&format!("http://127.0.0.1:{port}/messages"), Duration::from_secs(10))?;
    Ok(catcher)
}

pub fn start_host(programs: Programs, state: &State, port: u16, store: &str) -> Result<Running> {
    let mut command = programs.command("relatch-host");
    command
        .args(["--manifest", "spin.toml", "--listen", &format!("127.0.0.1:{port}"), "--store", store, "--state"])
        .arg(&state.folder);
    with_variables(&mut command, state);
    Running::start("the host", &mut command)
}

fn start_spin(state: &State, port: u16) -> Result<Running> {
    if find("spin").is_none() {
        bail!(
            "there is no `spin` on this machine. Install Spin 4.1 or newer (https://spinframework.dev/install), or leave out --spin to use the built-in host"
        );
    }
    let mut command = Command::new("spin");
    command
        .args(["up", "--from", "spin.toml", "--listen", &format!("127.0.0.1:{port}"), "--state-dir"])
        .arg(state.folder.join(".spin"));
    with_variables(&mut command, state);
    Running::start("Spin", &mut command)
}

fn stop_flag() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
    Ok(stop)
}

fn greet(state: &State, origin: &str, up: &Up) {
    println!();
    println!("  Relatch is running.");
    println!();
    println!("  Open        {origin}");
    println!("  First run   {origin}/setup");
    println!("  Its secret  {}", state.get("SETUP_SECRET"));
    println!("  Messages    http://127.0.0.1:{} (every text, call and mail is caught there)", up.catcher_port);
    println!("  Data, keys  {}", state.folder.display());
    println!();
    println!("  Ctrl-C stops everything; data stays.");
}
