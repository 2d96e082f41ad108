//! A Relatch for tests in a browser: the shipped manifest and components, a catcher, everything in memory, and a
//! clock that can be moved. Says where it is in one line of JSON, and ends when its standard input does. Arguments are
//! variables that are different: `bot_check=hcaptcha`.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "test support")]

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::post;
use relatch_tests::site::{SETUP_SECRET, SWEEP_SECRET, free_port};
use relatch_tests::{Backend, Site};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let port = free_port();
    let site = Site::start_with(Backend::Sqlite, |options| {
        options.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        options.variables.insert("public_origin".to_owned(), format!("http://localhost:{port}"));
        // Every test window says where it comes from, as visitors do behind a proxy.
        options.variables.insert("trusted_proxies".to_owned(), "127.0.0.1".to_owned());
        for argument in std::env::args().skip(1) {
            let (name, value) = argument.split_once('=').expect("NAME=VALUE");
            options.variables.insert(name.to_owned(), value.to_owned());
        }
    })
    .await;
    let clock = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port for the clock");
    let said = serde_json::json!({
        "url": format!("http://localhost:{port}"),
        "catcher": site.catcher.url(),
        "clock": format!("http://{}", clock.local_addr().expect("an address")),
        "setup_secret": SETUP_SECRET,
        "sweep_secret": SWEEP_SECRET,
    });
    println!("{said}");
    let testing = site.t.clone();
    let advance = move |Path(seconds): Path<u32>| async move {
        testing.advance(std::time::Duration::from_secs(seconds.into()));
        StatusCode::NO_CONTENT
    };
    let routes = Router::new().route("/advance/{seconds}", post(advance));
    let mut input = [0; 64];
    let mut stdin = tokio::io::stdin();
    let over = async move { while stdin.read(&mut input).await.is_ok_and(|read| read > 0) {} };
    tokio::select! {
        served = axum::serve(clock, routes).into_future() => served.expect("the clock's server"),
        () = over => {}
    }
}
