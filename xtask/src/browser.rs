//! Tests in a browser, pictures and measurements: all need the real thing running.

use crate::check::commit;
use crate::components;
use crate::install;
use crate::running::{Running, free_port};
use crate::shell::{run, say};
use crate::state::State;
use crate::test::{Totals, counted};
use crate::up;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const FOLDER: &str = "tests/browser";

/// Relatch on a fresh state in a temporary folder, with its catcher.
pub struct Fresh {
    pub state: State,
    pub port: u16,
    pub catcher_port: u16,
    pub host: Running,
    _catcher: Running,
    folder: PathBuf,
}

impl Fresh {
    pub fn start(name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("relatch-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let (port, catcher_port) = (free_port()?, free_port()?);
        let mut state = up::development_state(&folder, port, catcher_port)?;
        // Every test window comes from an address of its own, as visitors do behind a proxy.
        state.set("TRUSTED_PROXIES", "127.0.0.1");
        let catcher = up::start_catcher(&state, catcher_port)?;
        let mut host = up::start_host(&state, port, "sqlite")?;
        host.wait_for(&format!("http://127.0.0.1:{port}/"), Duration::from_secs(180))?;
        Ok(Self { state, port, catcher_port, host, _catcher: catcher, folder })
    }

    /// Tells a Node program where everything is.
    fn describe(&self, command: &mut Command, chromium: &str) {
        command
            .env("RELATCH_URL", format!("http://localhost:{}", self.port))
            .env("CATCHER_URL", format!("http://127.0.0.1:{}", self.catcher_port))
            .env("SETUP_SECRET", self.state.get("SETUP_SECRET"))
            .env("CHROMIUM", chromium)
            .current_dir(FOLDER);
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.host.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Needs the programs that `cargo xtask test` has built. Each file of browser tests gets a service of its own: none depends on what another left behind.
pub fn tests() -> Result<Totals> {
    let chromium = install::chromium()?;
    install::node_packages(Path::new(FOLDER))?;
    let mut totals = Totals::default();
    for file in test_files()? {
        say(&format!("Browser tests: {file}"));
        let fresh = Fresh::start("browser")?;
        let mut command = Command::new("node");
        command.args(["--test", "--test-reporter=tap", &file]);
        fresh.describe(&mut command, &chromium);
        let (counts, ok) = counted(&mut command, "# ", read_tap)?;
        totals.passed += counts.passed;
        totals.failed += counts.failed.max(u64::from(!ok));
    }
    Ok(totals)
}

fn test_files() -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(FOLDER).context("tests/browser is missing")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".test.mjs") {
            files.push(name);
        }
    }
    files.sort();
    if files.is_empty() { bail!("there are no browser tests") } else { Ok(files) }
}

/// `# pass 12`, `# fail 0`
fn read_tap(line: &str) -> Totals {
    let number_after = |word: &str| line.strip_prefix(word).and_then(|rest| rest.trim().parse().ok()).unwrap_or(0);
    Totals { passed: number_after("# pass "), failed: number_after("# fail ") }
}

pub fn screenshots(folder: &Path) -> Result<()> {
    components::build_all()?;
    up::build_tools()?;
    let chromium = install::chromium()?;
    install::node_packages(Path::new(FOLDER))?;
    std::fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    let fresh = Fresh::start("screenshots")?;
    let mut command = Command::new("node");
    command.arg("screenshots.mjs").arg(&folder);
    fresh.describe(&mut command, &chromium);
    run(&mut command)?;
    say(&format!("Pictures are in {}", folder.display()));
    Ok(())
}

#[derive(clap::Args)]
pub struct Bench {
    /// Journeys at each concurrency.
    #[arg(long, default_value_t = 64)]
    journeys: usize,
    /// Write the figures to bench/README.md.
    #[arg(long)]
    write: bool,
}

/// Drives bench/journeys.mjs against a fresh service.
pub fn bench(bench: &Bench) -> Result<()> {
    components::build_all()?;
    up::build_tools()?;
    let fresh = Fresh::start("bench")?;
    let mut command = Command::new("node");
    command
        .arg("journeys.mjs")
        .env("RELATCH_URL", format!("http://127.0.0.1:{}", fresh.port))
        .env("RELATCH_ORIGIN", fresh.state.get("PUBLIC_ORIGIN"))
        .env("CATCHER_URL", format!("http://127.0.0.1:{}", fresh.catcher_port))
        .env("SETUP_SECRET", fresh.state.get("SETUP_SECRET"))
        .env("HOST_PID", fresh.host.child.id().to_string())
        .env("DATABASE", fresh.state.folder.join(".spin/sqlite_key_value.db"))
        .env("JOURNEYS", bench.journeys.to_string())
        .env("COMMIT", commit())
        .current_dir("bench");
    if bench.write {
        command.env("WRITE", "README.md");
    }
    run(&mut command)
}
