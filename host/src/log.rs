//! Where lines go: this process's stderr, and in tests a list that can be read.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::io::{self, AsyncWrite};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// A guest that writes without end of line is cut here.
const LONGEST_LINE: usize = 4096;
#[cfg(feature = "testing")]
const MOST_LINES: usize = 100_000;

/// Takes lines.
#[derive(Debug)]
pub struct Log {
    quiet: bool,
    #[cfg(feature = "testing")]
    kept: Mutex<Vec<String>>,
}

impl Log {
    /// A quiet log prints nothing.
    pub fn new(quiet: bool) -> Self {
        Self {
            quiet,
            #[cfg(feature = "testing")]
            kept: Mutex::default(),
        }
    }

    /// Takes one line.
    pub fn line(&self, line: &str) {
        #[cfg(feature = "testing")]
        {
            let mut kept = lock(&self.kept);
            if kept.len() < MOST_LINES {
                kept.push(line.to_owned());
            }
        }
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    /// Every line so far.
    #[cfg(feature = "testing")]
    pub fn lines(&self) -> Vec<String> {
        lock(&self.kept).clone()
    }

    /// Forgets the lines.
    #[cfg(feature = "testing")]
    pub fn clear(&self) {
        lock(&self.kept).clear();
    }
}

/// A lock that a panic elsewhere cannot take away.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A guest's stdout or stderr: whole lines, each with the component's id.
#[derive(Clone)]
pub struct GuestLines(Arc<Inner>);

struct Inner {
    component: String,
    log: Arc<Log>,
    partial: Mutex<Vec<u8>>,
}

impl GuestLines {
    /// A stream for one instance of a component.
    pub fn new(component: &str, log: Arc<Log>) -> Self {
        Self(Arc::new(Inner { component: component.to_owned(), log, partial: Mutex::default() }))
    }

    fn take(&self, bytes: &[u8]) {
        let mut partial = lock(&self.0.partial);
        for byte in bytes {
            if *byte == b'\n' {
                self.0.emit(&mut partial);
            } else if partial.len() < LONGEST_LINE {
                partial.push(*byte);
            }
        }
    }
}

impl Inner {
    fn emit(&self, partial: &mut Vec<u8>) {
        let text: String = String::from_utf8_lossy(partial)
            .chars()
            // A guest must not draw on the operator's terminal.
            .map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c })
            .collect();
        partial.clear();
        self.log.line(&format!("[{}] {text}", self.component));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let mut partial = std::mem::take(&mut *lock(&self.partial));
        if !partial.is_empty() {
            self.emit(&mut partial);
        }
    }
}

impl IsTerminal for GuestLines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for GuestLines {
    async fn ready(&mut self) {}
}

impl OutputStream for GuestLines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 * 1024)
    }
}

impl AsyncWrite for GuestLines {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<io::Result<usize>> {
        self.take(bytes);
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}
