//! Programs we start and must stop again.

use crate::state::State;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A child that is told to stop, gently, when this goes out of scope.
pub struct Running {
    pub name: &'static str,
    pub child: Child,
}

impl Running {
    pub fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("could not start {name}"))?;
        Ok(Self { name, child })
    }

    /// Asks to stop and waits; insists after a while.
    pub fn stop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).stderr(Stdio::null()).status();
        let end = Instant::now() + Duration::from_secs(12);
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until `url` answers at all.
    pub fn wait_for(&mut self, url: &str, patience: Duration) -> Result<()> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(2)))
            .build()
            .into();
        let end = Instant::now() + patience;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} stopped while starting ({status}); what it said is above", self.name);
            }
            if agent.get(url).call().is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        bail!("{} did not answer within {} s", self.name, patience.as_secs())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop();
        }
    }
}

/// A free port of this machine. Somebody could take it before it is used; then starting fails and says so.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Fails with advice when a port is taken.
pub fn must_be_free(port: u16, option: &str) -> Result<()> {
    match std::net::TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!("port {port} cannot be used ({error}). Stop what uses it, or choose another with {option}"),
    }
}

/// A command with a state's variables in its environment.
pub fn with_variables(command: &mut Command, state: &State) {
    command.envs(state.variables());
}

/// Passes a child's lines on, and hands each to a channel as well.
pub fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                println!("{line}");
                let _ = sender.send(line);
            }
        });
    }
    receiver
}
