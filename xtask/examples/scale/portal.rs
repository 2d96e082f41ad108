//! The administrator's portal, measured on one seeded store after another.

use crate::cases::{CASES, Case, Facts};
use crate::client::{Client, PHONE, text};
use crate::report::{self, Figures, Measured, milliseconds};
use crate::seed;
use anyhow::{Context, Result, bail};
use relatch_catcher::{Catcher, CatcherOptions};
use relatch_core::Timestamp;
use relatch_host::testing::{Counts, Testing};
use relatch_host::{Host, HostOptions};
use relatch_store::accounts::PAGE;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::runtime::Runtime;

/// Back to when half of the seeded people were there.
const LONG_AGO: Duration = Duration::from_secs(300 * 86_400);

#[derive(clap::Args)]
pub struct Portal {
    /// Seeded state folders, the one with the fewest accounts first.
    #[arg(long, required = true, num_args = 2)]
    data: Vec<PathBuf>,
    /// How often each request is made.
    #[arg(long)]
    rounds: usize,
    /// The first line of the report.
    #[arg(long)]
    title: String,
    /// A page the report is put into.
    #[arg(long)]
    write: Option<PathBuf>,
}

struct Service<'a> {
    executor: &'a Runtime,
    host: Host,
    _catcher: Catcher,
    testing: Testing,
    client: Client,
    facts: Facts,
    /// Before anything was measured.
    accounts: u64,
    groups: u64,
    /// In the order of the cases.
    figures: Vec<Figures>,
}

pub fn run(portal: &Portal, executor: &Runtime) -> Result<()> {
    // What the seed wrote is not to be written out while writes are measured.
    let _ = std::process::Command::new("sync").status();
    let mut services = Vec::new();
    for folder in &portal.data {
        services.push(Service::start(folder, executor).with_context(|| folder.display().to_string())?);
    }
    let [folder, _] = portal.data.as_slice() else { bail!("two stores are compared") };
    let fsyncs = measure(&mut services, portal.rounds, folder)?;
    let mut all = Vec::new();
    for mut service in services {
        all.push(service.measured());
        executor.block_on(service.host.shutdown());
    }
    let [small, large] = all.as_slice() else { bail!("two stores are compared") };
    let (table, slow) = report::table(small, large);
    let (fsync, late) = (milliseconds(&fsyncs, 50), milliseconds(&fsyncs, 95));
    let slow = if slow.is_empty() { "nothing".to_owned() } else { slow.join("; ") };
    let report = format!(
        "{}, where an fsync took {fsync:.1} / {late:.1} ms meanwhile; {} requests each, with {} groups and with {}. Over 50 ms at the median: {slow}.\n\n{table}",
        portal.title, portal.rounds, small.groups, large.groups
    );
    println!("{report}");
    if let Some(page) = &portal.write {
        report::write(page, &report)?;
    }
    Ok(())
}

impl<'a> Service<'a> {
    fn start(folder: &Path, executor: &'a Runtime) -> Result<Self> {
        let mut variables = seed::variables(folder)?;
        let value = |name: &str| variables.get(name).cloned().unwrap_or_default();
        let (origin, secret) = (value("public_origin"), value("setup_secret"));
        let caught = CatcherOptions {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            ..CatcherOptions::new(
                value("twilio_account_sid"),
                value("twilio_auth_token"),
                value("postmark_server_token"),
            )
        };
        let catcher = executor.block_on(Catcher::start(caught))?;
        for name in ["twilio_base_url", "postmark_base_url", "breach_base_url"] {
            variables.insert(name.to_owned(), catcher.url());
        }
        let mut options = HostOptions::new("spin.toml", folder);
        options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        options.variables = variables;
        options.cache_dir = Some("target/compiled".into());
        options.quiet = true;
        let host = executor.block_on(Host::start(options)).context("the components; `cargo xtask build` makes them")?;
        let testing = host.testing();
        let mut client = Client::new(format!("http://{}", host.addr()), origin);
        client.become_administrator(&secret, || {
            executor.block_on(testing.settled());
            let messages = catcher.messages();
            let newest = messages.iter().rev().find(|message| message.to == PHONE).context("no code was sent")?;
            let digits = newest.body.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 8);
            Ok(digits.context("a message without a code")?.to_owned())
        })?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let long_ago = Timestamp(now.saturating_sub(LONG_AGO).as_secs()).rfc3339();
        let facts = Facts::find(&mut client, long_ago)?;
        let mut newest = |path: &str| -> Result<u64> {
            let next = text(&client.get(path)?, "/next")?;
            Ok(next.parse::<u64>()? + PAGE - 1)
        };
        // Without the administrator.
        let (accounts, groups) = (newest("/api/users")? - 1, newest("/api/groups")?);
        Ok(Self { executor, host, _catcher: catcher, testing, client, facts, accounts, groups, figures: Vec::new() })
    }

    /// One request and what it cost, without what had to be done before it.
    fn request(&mut self, case: &Case, round: usize) -> Result<(Duration, Counts)> {
        let request = (case.prepare)(&self.facts, &mut self.client, round)?;
        self.executor.block_on(self.testing.settled());
        self.testing.mark();
        let answer = self.client.call(&request)?;
        self.executor.block_on(self.testing.settled());
        Ok((answer.took, self.testing.counts()))
    }

    fn measured(&mut self) -> Measured {
        Measured { accounts: self.accounts, groups: self.groups, figures: std::mem::take(&mut self.figures) }
    }
}

/// One request after the other, the stores in turn: whatever else the machine does, it does to all of them. Gives what
/// the disk took for an fsync meanwhile, which is most of what a save takes.
fn measure(services: &mut [Service], rounds: usize, folder: &Path) -> Result<Vec<Duration>> {
    let mut fsyncs = Vec::new();
    for case in CASES {
        for service in &mut *services {
            service.figures.push(Figures::default());
        }
        // The first one finds no component in memory: nobody's second click does.
        for round in 0..=rounds {
            if round % 10 == 0 {
                fsyncs.push(fsync(folder)?);
            }
            for service in &mut *services {
                let (took, counts) = service.request(case, round).context(case.name)?;
                if let (Some(figures), 1..) = (service.figures.last_mut(), round) {
                    figures.times.push(took);
                    figures.operations.push(counts.total());
                    figures.commits.push(counts.commits);
                }
            }
        }
    }
    Ok(fsyncs)
}

/// What every commit waits for, once.
fn fsync(folder: &Path) -> Result<Duration> {
    let path = folder.join("fsync");
    let mut file = std::fs::File::create(&path)?;
    file.write_all(&[1; 4_096])?;
    let begun = Instant::now();
    file.sync_all()?;
    let took = begun.elapsed();
    std::fs::remove_file(&path)?;
    Ok(took)
}
