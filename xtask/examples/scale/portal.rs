//! The administrator's portal, measured on one seeded store after another.

use crate::cases::{CASES, Facts};
use crate::client::{Client, PHONE};
use crate::report::{self, Figures, Measured};
use crate::seed;
use anyhow::{Context, Result, bail};
use relatch_catcher::{Catcher, CatcherOptions};
use relatch_core::Timestamp;
use relatch_host::testing::Testing;
use relatch_host::{Host, HostOptions};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Runtime;

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
    catcher: Catcher,
    testing: Testing,
    client: Client,
}

pub fn run(portal: &Portal, executor: &Runtime) -> Result<()> {
    let mut all = Vec::new();
    for folder in &portal.data {
        let mut service = Service::start(folder, executor)?;
        let measured = service.measure(portal.rounds);
        service.stop();
        all.push(measured.with_context(|| folder.display().to_string())?);
    }
    let [small, large] = all.as_slice() else { bail!("two stores are compared") };
    let (table, slow) = report::table(small, large);
    let slow = if slow.is_empty() { "nothing".to_owned() } else { slow.join("; ") };
    let report = format!(
        "{}, {} requests each, with {} groups and with {}. Over 50 ms at the median: {slow}.\n\n{table}",
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
        let client = Client::new(format!("http://{}", host.addr()), origin);
        let mut service = Self { executor, host, catcher, testing, client };
        service.sign_in(&secret)?;
        Ok(service)
    }

    fn stop(self) {
        self.executor.block_on(self.host.shutdown());
    }

    fn sign_in(&mut self, secret: &str) -> Result<()> {
        let (executor, testing, catcher) = (self.executor, &self.testing, &self.catcher);
        self.client.become_administrator(secret, || {
            executor.block_on(testing.settled());
            let messages = catcher.messages();
            let newest = messages.iter().rev().find(|message| message.to == PHONE).context("no code was sent")?;
            let digits = newest.body.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 8);
            Ok(digits.context("a message without a code")?.to_owned())
        })
    }

    fn measure(&mut self, rounds: usize) -> Result<Measured> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let long_ago = Timestamp(now.saturating_sub(Duration::from_secs(300 * 86_400)).as_secs()).rfc3339();
        let facts = Facts::find(&mut self.client, long_ago)?;
        let mut all = Vec::new();
        for case in CASES {
            let mut figures = Figures::default();
            // The first one finds no component in memory: nobody's second click does.
            for round in 0..=rounds {
                let request = (case.prepare)(&facts, &mut self.client, round).context(case.name)?;
                self.executor.block_on(self.testing.settled());
                self.testing.mark();
                let answer = self.client.call(&request).context(case.name)?;
                self.executor.block_on(self.testing.settled());
                let counts = self.testing.counts();
                if round > 0 {
                    figures.times.push(answer.took);
                    figures.operations.push(counts.total());
                    figures.commits.push(counts.commits);
                }
            }
            all.push(figures);
        }
        let newest = |client: &mut Client, path: &str| -> Result<u64> {
            let next = crate::client::text(&client.get(path)?, "/next")?;
            Ok(next.parse::<u64>()? + 49)
        };
        let groups = newest(&mut self.client, "/api/groups")?;
        // Without the administrator.
        let accounts = newest(&mut self.client, "/api/users")? - 1;
        Ok(Measured { accounts, groups, figures: all })
    }
}
