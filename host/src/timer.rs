//! Calls one of the application's own routes again and again, as a timer from outside would.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

use crate::log::Log;
use crate::options::Timer;
use crate::variables::Values;

/// Calls in a row when the answer says that there is more.
const IN_A_ROW: u32 = 100;
/// Longest answer that is read.
const ANSWER: usize = 64 << 10;
/// A call that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What to call, ready to be called.
pub struct Calls {
    every: Duration,
    uri: String,
    origin: String,
    bearer: String,
    log: Arc<Log>,
}

impl Calls {
    /// Nothing, where the variable has no value: then nobody may call.
    pub fn new(timer: &Timer, addr: SocketAddr, values: &Values, log: Arc<Log>) -> Option<Self> {
        let value = |name: &str| values.known.get(name).filter(|value| !value.is_empty()).cloned();
        Some(Self {
            every: timer.every,
            uri: format!("http://{addr}{}", timer.path),
            origin: value(&timer.origin)?,
            bearer: format!("Bearer {}", value(&timer.secret)?),
            log,
        })
    }

    /// Goes on until it is dropped.
    pub async fn run(self) {
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        loop {
            tokio::time::sleep(self.every).await;
            for _ in 0..IN_A_ROW {
                match tokio::time::timeout(PATIENCE, self.call(&client)).await {
                    Ok(Ok(true)) => {}
                    Ok(Ok(false)) => break,
                    Ok(Err(error)) => {
                        self.log.line(&format!("the timer's call failed: {error}"));
                        break;
                    }
                    Err(_) => {
                        self.log.line("the timer's call took too long");
                        break;
                    }
                }
            }
        }
    }

    /// Is there more to do?
    async fn call(&self, client: &Client<HttpConnector, Full<Bytes>>) -> anyhow::Result<bool> {
        let request = Request::post(&self.uri)
            .header(header::ORIGIN, &self.origin)
            .header(header::AUTHORIZATION, &self.bearer)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from("{}"))?;
        let answer = client.request(request).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
        if status != StatusCode::OK {
            anyhow::bail!("status {status}");
        }
        let done: serde_json::Value = serde_json::from_slice(&body)?;
        Ok(done.get("more").and_then(serde_json::Value::as_bool) == Some(true))
    }
}
