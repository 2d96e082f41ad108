//! Stands in for the providers of text, voice and mail, of lists of breached passwords and of bot checks, on this
//! machine only: it checks what it is sent as strictly as they would, keeps it, and shows it.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use relatch_catcher::{Catcher, CatcherOptions};
//!
//! let catcher = Catcher::start(CatcherOptions::for_tests()).await?;
//! println!("{} has caught {}", catcher.url(), catcher.messages().len());
//! # Ok(())
//! # }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod behaviour;
mod bot_check;
mod breaches;
mod form;
mod messages;
mod postmark;
mod routes;
mod twilio;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tokio::net::TcpListener;

pub use behaviour::{Behaviour, Mode};
pub use bot_check::{BOT_CHECK_SECRET, BOT_CHECK_SITE_KEY, Question};
pub use breaches::BREACHED;
pub use messages::{Kind, Message};
use routes::Shared;

/// How to start a catcher.
#[derive(Debug, Clone)]
pub struct CatcherOptions {
    /// Where to listen: a loopback address. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The account the sender must know.
    pub twilio_account_sid: String,
    /// Its token.
    pub twilio_auth_token: String,
    /// The token for mail.
    pub postmark_server_token: String,
    /// Messages kept; the oldest go first.
    pub most_messages: usize,
}

impl CatcherOptions {
    /// Port 3001, with these credentials.
    pub fn new(
        twilio_account_sid: impl Into<String>,
        twilio_auth_token: impl Into<String>,
        postmark_server_token: impl Into<String>,
    ) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 3001)),
            twilio_account_sid: twilio_account_sid.into(),
            twilio_auth_token: twilio_auth_token.into(),
            postmark_server_token: postmark_server_token.into(),
            most_messages: 1000,
        }
    }

    /// A free port, and credentials every test knows.
    pub fn for_tests() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen, ..Self::new("ACtest", "twilio-token", "postmark-token") }
    }
}

/// A running catcher. It stops when it is dropped.
pub struct Catcher {
    addr: SocketAddr,
    shared: Arc<Shared>,
    executor: Option<tokio::runtime::Runtime>,
}

impl Catcher {
    /// Listens.
    pub async fn start(options: CatcherOptions) -> Result<Self> {
        ensure!(options.listen.ip().is_loopback(), "a catcher shows codes to anyone, so it listens on loopback only");
        ensure!(
            ![&options.twilio_account_sid, &options.twilio_auth_token, &options.postmark_server_token]
                .iter()
                .any(|text| text.is_empty()),
            "a catcher needs the credentials its senders use"
        );
        let shared = Arc::new(Shared {
            account: twilio::Account { sid: options.twilio_account_sid, token: options.twilio_auth_token },
            postmark_token: options.postmark_server_token,
            messages: messages::Messages::new(options.most_messages),
            behaviour: std::sync::Mutex::default(),
            queries: breaches::Queries::default(),
            checks: bot_check::Checks::default(),
        });
        // A thread of its own: a test's executor may be busy or stopped when a provider has to answer.
        let executor = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("catcher")
            .enable_all()
            .build()?;
        // From here on dropping the value stops the executor in a way that never blocks.
        let mut catcher = Self { addr: options.listen, shared, executor: Some(executor) };
        catcher.listen().await?;
        Ok(catcher)
    }

    async fn listen(&mut self) -> Result<()> {
        let addr = self.addr;
        let executor = self.executor.as_ref().context("the catcher has stopped")?;
        let listener = executor.spawn(TcpListener::bind(addr)).await?.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                anyhow::anyhow!(
                    "{addr} is taken by another program; choose another address or port (--listen HOST:PORT)"
                )
            }
            _ => anyhow::anyhow!("cannot listen on {addr}: {error}"),
        })?;
        self.addr = listener.local_addr()?;
        let router = routes::router(Arc::clone(&self.shared));
        executor.spawn(async move {
            use axum::serve::ListenerExt;
            let listener = listener.tap_io(|stream| {
                // An option of the socket; without it answers are slower, no more.
                let _ = stream.set_nodelay(true);
            });
            axum::serve(listener, router).await
        });
        Ok(())
    }

    /// The address all providers' base URLs are set to.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What was caught, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.messages.all()
    }

    /// The prefixes that lists of breached passwords were asked for, oldest first.
    pub fn queries(&self) -> Vec<String> {
        self.shared.queries.all()
    }

    /// What was asked about tokens of bot checks, oldest first.
    pub fn checks(&self) -> Vec<Question> {
        self.shared.checks.all()
    }

    /// What it says to such a question from now on, whatever was asked; `None`: what is right.
    pub fn say_of_checks(&self, said: Option<&str>) {
        self.shared.checks.say(said.map(str::to_owned));
    }

    /// Forgets all of it.
    pub fn clear(&self) {
        self.shared.clear();
    }

    /// How it answers from now on.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.shared.set_behaviour(behaviour);
    }
}

impl Drop for Catcher {
    fn drop(&mut self) {
        if let Some(executor) = self.executor.take() {
            executor.shutdown_background();
        }
    }
}
