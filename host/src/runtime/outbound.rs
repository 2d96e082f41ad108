//! Requests a component sends: to another component in-process, or out of the house.

use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, Sleep, sleep, timeout};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::Services;
use super::guest::Grants;
use crate::outbound_grants::{allows, internal_target};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// Sends requests out of the house. It follows no redirects.
pub type Client = legacy::Client<HttpsConnector<HttpConnector>, WasiBody>;

/// A client that trusts the web's certificate authorities.
pub fn client() -> anyhow::Result<Client> {
    let mut tcp = HttpConnector::new();
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    let tls = hyper_rustls::HttpsConnectorBuilder::new()
        // Named here, because a second provider anywhere in the build would make the default ambiguous.
        .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION)
        .build(tls))
}

type Sent = Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

/// What `wasi:http` asks when a guest sends a request.
pub struct Outbound {
    grants: Arc<Grants>,
    services: Arc<Services>,
}

impl Outbound {
    pub(super) fn new(grants: &Arc<Grants>, services: &Arc<Services>) -> Self {
        Self { grants: Arc::clone(grants), services: Arc::clone(services) }
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let (grants, services) = (Arc::clone(&self.grants), Arc::clone(&self.services));
        Box::new(async move {
            let response = send(&grants, &services, request, options.unwrap_or_default()).await?;
            Ok((response, Box::new(async { Ok(()) }) as Box<dyn Future<Output = _> + Send>))
        })
    }
}

async fn send(
    grants: &Grants,
    services: &Services,
    request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<Response<WasiBody>, Error> {
    let host = request.uri().host().unwrap_or_default().to_ascii_lowercase();
    if !allows(&grants.outbound, request.uri()) {
        services.log.line(&format!("[{}] a request to {host:?} was denied: not in allowed_outbound_hosts", grants.id));
        return Err(Error::HttpRequestDenied);
    }
    if !services.probe.before_outbound(&grants.id, &host).await {
        return Err(Error::ConnectionRefused);
    }
    if let Some(component) = internal_target(request.uri()) {
        let runtime = services.runtime().ok_or(Error::DestinationUnavailable)?;
        return runtime.call_internal(&component, request).await.map_err(|_| Error::DestinationNotFound);
    }
    send_out(services, request, options).await.inspect_err(|error| {
        services.log.line(&format!("[{}] a request to {host:?} failed: {error}", grants.id));
    })
}

async fn send_out(
    services: &Services,
    request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<Response<WasiBody>, Error> {
    let longest = services.outbound_timeout;
    // The guest's connect time-out cannot be given to a pooled connection; it shortens the whole wait instead.
    let wait = match (options.connect_timeout, options.first_byte_timeout) {
        (_, None) => longest,
        (connect, Some(first_byte)) => longest.min(first_byte.saturating_add(connect.unwrap_or_default())),
    };
    let pause = longest.min(options.between_bytes_timeout.unwrap_or(longest));
    let response = timeout(wait, services.client.request(request))
        .await
        .map_err(|_| Error::ConnectionReadTimeout)?
        .map_err(|error| explain(&error))?;
    Ok(response.map(|body| Paced { body, pause, alarm: Box::pin(sleep(pause)) }.boxed_unsync()))
}

/// The `wasi:http` word for what went wrong.
fn explain(error: &legacy::Error) -> Error {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return match tls {
                rustls::Error::InvalidCertificate(_) => Error::TlsCertificateError,
                _ => Error::TlsProtocolError,
            };
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            // A TLS failure travels inside an I/O error.
            if let Some(rustls::Error::InvalidCertificate(_)) = io.get_ref().and_then(|inner| inner.downcast_ref()) {
                return Error::TlsCertificateError;
            }
            match io.kind() {
                io::ErrorKind::ConnectionRefused => return Error::ConnectionRefused,
                io::ErrorKind::TimedOut => return Error::ConnectionTimeout,
                io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
                    return Error::ConnectionTerminated;
                }
                _ => {}
            }
        }
        source = cause.source();
    }
    if error.is_connect() { Error::DestinationUnavailable } else { Error::HttpProtocolError }
}

/// A response body that fails when its sender pauses for too long.
struct Paced {
    body: Incoming,
    pause: Duration,
    alarm: Pin<Box<Sleep>>,
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                let next = Instant::now() + self.pause;
                self.alarm.as_mut().reset(next);
                Poll::Ready(frame.map(|frame| frame.map_err(Error::from)))
            }
            Poll::Pending => match self.alarm.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Some(Err(Error::ConnectionReadTimeout))),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
