//! A Redis of our own on a free port.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// Stops with this value.
pub struct Redis {
    server: Child,
    port: u16,
    _folder: TempDir,
}

impl Redis {
    pub fn start() -> Result<Self> {
        let folder = super::folder()?;
        let port = super::free_port()?;
        let server = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .context("this test needs the program redis-server: install it (Debian: apt install redis-server)")?;
        let mut redis = Self { server, port, _folder: folder };
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(redis);
            }
            if let Some(status) = redis.server.try_wait()? {
                bail!("redis-server ended at once: {status}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("redis-server does not answer")
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
