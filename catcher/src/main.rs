//! `relatch-catcher`: the command.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use relatch_catcher::{Catcher, CatcherOptions};

/// Stands in for Twilio and Postmark on this machine, and shows what they would have sent.
///
/// The credentials come from the environment, as the service's own do: SPIN_VARIABLE_TWILIO_ACCOUNT_SID,
/// SPIN_VARIABLE_TWILIO_AUTH_TOKEN and SPIN_VARIABLE_POSTMARK_SERVER_TOKEN.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen: a loopback address; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3001")]
    listen: SocketAddr,
}

fn credential(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("the environment variable {name}"))
}

async fn run(arguments: Arguments) -> Result<()> {
    let mut options = CatcherOptions::new(
        credential("SPIN_VARIABLE_TWILIO_ACCOUNT_SID")?,
        credential("SPIN_VARIABLE_TWILIO_AUTH_TOKEN")?,
        credential("SPIN_VARIABLE_POSTMARK_SERVER_TOKEN")?,
    );
    options.listen = arguments.listen;
    let catcher = Catcher::start(options).await?;
    eprintln!("listening on {}", catcher.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|executor| executor.block_on(run(arguments)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relatch-catcher: {error:#}");
            ExitCode::FAILURE
        }
    }
}
