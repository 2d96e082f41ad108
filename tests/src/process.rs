//! A second host, in a process of its own, on the store of a [`Site`].

use crate::site::root;
use crate::{Browser, Site};
use relatch_host::StoreConfig;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

pub struct HostProcess {
    child: Child,
    orders: ChildStdin,
    said: BufReader<ChildStdout>,
    url: String,
}

impl HostProcess {
    /// With the site's clock, and its catcher.
    pub fn beside(site: &Site) -> Self {
        let store = match &site.store {
            StoreConfig::Redis(url) => url.clone(),
            StoreConfig::SqliteFile(path) => format!("sqlite:{}", path.display()),
            other => panic!("{other:?} cannot be shared; use Site::start_shared"),
        };
        let ahead = site.t.now().duration_since(SystemTime::now()).unwrap_or_default().as_millis();
        let program = root().join("target/debug/relatch-test-host");
        let mut child = Command::new(program)
            .args([store, site.catcher.url(), ahead.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("relatch-test-host; `cargo xtask test` builds it");
        let orders = child.stdin.take().expect("its input");
        let said = BufReader::new(child.stdout.take().expect("its output"));
        let mut process = Self { child, orders, said, url: String::new() };
        process.url = process.line();
        process
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// A browser that talks to this host.
    pub fn browser(&self) -> Browser {
        Browser::new(self.url.clone(), Ipv4Addr::LOCALHOST.into())
    }

    pub fn advance(&mut self, seconds: u64) {
        self.order(&format!("advance {seconds}"));
    }

    /// The process is to end, as if killed, right after the n-th store operation of this component, from 1.
    pub fn die_after(&mut self, component: &str, number: usize) {
        self.order(&format!("die {component} {number}"));
    }

    /// Waits for its end: true if it was not its own, false also if it does not end.
    pub fn was_killed(mut self) -> bool {
        let patience = Instant::now() + Duration::from_secs(60);
        while Instant::now() < patience {
            if let Some(status) = self.child.try_wait().expect("its end") {
                return !status.success();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("its end");
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("it reads");
        assert_eq!(self.line(), "done");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "the host ended");
        line.trim_end().to_owned()
    }
}

impl Drop for HostProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
