//! `relatch-keys`: changes the keys of a deployment, beside it or while it stands still. docs/OPERATIONS.md says when
//! to use what.

mod carry;
mod keyring;
mod records;
mod report;
mod reseal;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use keyring::Place;
use relatch_backends::StoreConfig;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "relatch-keys", version, about = "Changes the keys of a deployment")]
struct Arguments {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    /// Prints a new key: an id nobody else has, and 256 random bits.
    New,
    /// Says which keys are still needed: what is sealed with which, and whose passwords have which pepper.
    Report(Place),
    /// Seals anew, with the first of `sealing_keys`, what an older one sealed. Hosts may go on meanwhile.
    Reseal(Place),
    /// Carries everything into an empty store, under names made with all of `lookup_key` and sealed anew. Every host
    /// must stand still. Also the way from SQLite to Redis and back.
    Move {
        #[command(flatten)]
        from: Place,
        /// The store to fill: `sqlite:PATH` or `redis://HOST:PORT/DB`.
        #[arg(long, value_name = "STORE", value_parser = StoreConfig::parse)]
        to: StoreConfig,
        /// A new key was put in front of `lookup_key` since the hosts stood still.
        #[arg(long)]
        rename: bool,
    },
}

async fn run(arguments: Arguments) -> Result<bool> {
    match arguments.command {
        What::New => {
            println!("{}", new_key()?);
            Ok(true)
        }
        What::Report(place) => report::run(&place.open().await?).await,
        What::Reseal(place) => reseal::run(&place.open().await?).await,
        What::Move { from, to, rename } => carry::run(&from.open().await?, &to, rename).await,
    }
}

fn new_key() -> Result<String> {
    let (mut id, mut key) = ([0; 3], [0; 32]);
    if getrandom::fill(&mut id).and_then(|()| getrandom::fill(&mut key)).is_err() {
        bail!("the operating system gives no randomness");
    }
    Ok(format!("k{}:{}", HEXLOWER.encode(&id), BASE64URL_NOPAD.encode(&key)))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        // What was found was said; it needs somebody's eyes.
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("relatch-keys: {error:#}");
            ExitCode::from(2)
        }
    }
}
