//! HTTP in: one port, HTTP/1.1 and HTTP/2 with prior knowledge, bounds on everything.

mod body;
pub mod reply;
mod request;
pub mod spin_headers;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

use crate::manifest::Manifest;
use crate::options::Limits;
use crate::routes::Routes;
use crate::runtime::Runtime;

const HTTP2_STREAMS: u32 = 64;
/// After a failed accept (no free file descriptors, most likely) there is no point in trying again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Everything a request needs.
pub struct Server {
    runtime: Arc<Runtime>,
    routes: Routes,
    info: String,
    limits: Limits,
}

impl Server {
    /// A server for an application.
    pub fn new(manifest: &Manifest, runtime: Arc<Runtime>) -> Self {
        let info = match &manifest.version {
            Some(version) => serde_json::json!({ "name": manifest.name, "version": version }),
            None => serde_json::json!({ "name": manifest.name }),
        };
        let limits = runtime.services.limits.clone();
        Self { runtime, routes: Routes::new(&manifest.routes), info: info.to_string(), limits }
    }

    /// Answers until told to stop, then lets open requests finish for a while.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, mut stop: oneshot::Receiver<()>, grace: Duration) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let open = GracefulShutdown::new();
        let builder = Arc::new(self.builder());
        loop {
            let accepted = tokio::select! {
                _ = &mut stop => break,
                accepted = accept(&listener, &places) => accepted,
            };
            let Some((stream, peer, place)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let server = Arc::clone(&self);
            let service = service_fn(move |request| {
                let server = Arc::clone(&server);
                async move { Ok::<_, Infallible>(server.answer(request, peer).await) }
            });
            let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
            let connection = open.watch(connection);
            tokio::spawn(async move {
                // A broken connection is the client's affair.
                let _ = connection.await;
                drop(place);
            });
        }
        drop(listener);
        let _ = tokio::time::timeout(grace, open.shutdown()).await;
    }

    fn builder(&self) -> Builder<TokioExecutor> {
        let limits = &self.limits;
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_headers(limits.header_count)
            .max_buf_size(limits.header_bytes.max(8 << 10))
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .max_concurrent_streams(HTTP2_STREAMS)
            .keep_alive_interval(limits.header_timeout)
            .keep_alive_timeout(limits.header_timeout);
        builder
    }
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    let (stream, peer) = listener.accept().await.ok()?;
    // An answer in two segments would otherwise wait for the client's delayed acknowledgement.
    stream.set_nodelay(true).ok()?;
    Some((stream, peer, place))
}
