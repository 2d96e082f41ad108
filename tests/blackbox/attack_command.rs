//! `cargo xtask attack`: against a Relatch, against one that was made weaker, and against what is none.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, Response, StatusCode, header};
use relatch_catcher::{Catcher, CatcherOptions};
use relatch_core::PhoneNumber;
use relatch_tests::site::{ORIGIN, SETUP_SECRET, root};
use relatch_tests::{Backend, Site};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::net::TcpListener;

/// Runs it to its end, beside whatever this test serves.
async fn attack(target: &str, catcher: &str, more: &[&str]) -> Output {
    let mut command = Command::new(root().join("target/debug/relatch-attack"));
    command.args(["--target", target, "--catcher", catcher, "--origin", ORIGIN]).args(more);
    command.env("SPIN_VARIABLE_SETUP_SECRET", SETUP_SECRET);
    let run = move || command.output().expect("relatch-attack; `cargo xtask test` builds it");
    tokio::task::spawn_blocking(run).await.expect("its end")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The outcome of each probe, as the report has it.
fn outcomes(report: &Value) -> BTreeMap<String, String> {
    let text = |probe: &Value, field: &str| probe[field].as_str().unwrap().to_owned();
    let probes = report["probes"].as_array().unwrap();
    probes.iter().map(|probe| (text(probe, "id"), text(probe, "outcome"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attack_on_relatch_is_answered_safely() {
    let site = Site::start(Backend::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let more = ["--json", file.to_str().unwrap()];
    let output = attack(site.url(), &site.catcher.url(), &more).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let outcomes = outcomes(&report);
    assert!(outcomes.values().all(|outcome| outcome != "fell"), "{outcomes:?}");
    for number in 1..=46 {
        assert!(outcomes.contains_key(&format!("A{number}")), "A{number} is not listed");
    }
    let run = outcomes.iter().filter(|(id, outcome)| id.starts_with('A') && *outcome == "safe").count();
    assert!(run >= 40, "{run} of 46: {}", said(&output));
    // Nobody but people of stories was written to.
    for message in site.messages().await {
        let digits = message.to.as_bytes();
        assert!(message.to.starts_with("+1") && digits.len() == 12 && &message.to[5..10] == "55501", "{}", message.to);
        assert!(PhoneNumber::parse(&message.to, "US").is_some());
    }
    // The tests it names are there, and what it is told to keep to itself is.
    let files = crate::tidy::sources("tests/blackbox", ".rs");
    let tests: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    for probe in report["probes"].as_array().unwrap() {
        let test = probe["test"].as_str().unwrap();
        assert!(test.is_empty() || tests.contains(&format!("fn {test}(")), "{test}");
    }
    assert!(!said(&output).contains(SETUP_SECRET));
}

/// Passes everything on to a Relatch, and takes something from most of it.
struct Weaker {
    url: String,
    connections: AtomicU32,
}

async fn pass_on(State(weaker): State<Arc<Weaker>>, request: Request) -> Response<Body> {
    // Every request comes from an address of its own: the limits of one address never trip.
    let [_, _, c, d] = weaker.connections.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let client = reqwest::Client::builder().local_address(IpAddr::from([127, 200, c, d.max(1)])).build().unwrap();
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 21).await.unwrap();
    let mut headers = parts.headers;
    headers.remove(header::HOST);
    // Whatever page sends it, it seems to be ours.
    if parts.method != Method::GET {
        headers.insert(header::ORIGIN, ORIGIN.parse().unwrap());
        headers.insert("sec-fetch-site", "same-origin".parse().unwrap());
    }
    let url = format!("{}{}", weaker.url, parts.uri);
    let answer = client.request(parts.method, url).headers(headers).body(body).send().await.unwrap();
    let (mut status, headers) = (answer.status(), answer.headers().clone());
    let mut text = answer.bytes().await.unwrap().to_vec();
    // A cap that says the code was merely wrong.
    if parts.uri.path().starts_with("/api/verify-code/") && status == StatusCode::TOO_MANY_REQUESTS {
        status = StatusCode::UNPROCESSABLE_ENTITY;
        text = String::from_utf8_lossy(&text).replace("too_many_attempts", "wrong_code").replace("429", "422").into();
    }
    let mut response = Response::builder().status(status);
    for (name, value) in &headers {
        let gone = ["referrer-policy", "content-security-policy", "content-length", "transfer-encoding"];
        if gone.contains(&name.as_str()) {
            continue;
        }
        let weak = value.to_str().unwrap().replace("HttpOnly; ", "").replace("; HttpOnly", "");
        response =
            response.header(name, if name == header::SET_COOKIE { weak } else { value.to_str().unwrap().to_owned() });
    }
    response.body(Body::from(text)).unwrap()
}

/// Serves until the test ends, and says where.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relatch_that_was_made_weaker_falls() {
    let site = Site::start(Backend::Sqlite).await;
    let weaker = Arc::new(Weaker { url: site.url().to_owned(), connections: AtomicU32::new(0) });
    let url = serve(Router::new().fallback(pass_on).with_state(weaker)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let weak = ["A3", "A14", "A26", "A27", "A28", "A32", "SEC-55"];
    let sound = ["A9", "SEC-59"];
    let only = [&weak[..], &sound].concat().join(",");
    let output = attack(&url, &site.catcher.url(), &["--json", file.to_str().unwrap(), "--only", &only]).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let outcomes = outcomes(&report);
    for (ids, wanted) in [(&weak[..], "fell"), (&sound, "safe")] {
        for id in ids {
            assert_eq!(outcomes[*id], wanted, "{id}: {}", said(&output));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_ours_to_attack_is_refused() {
    let site = Site::start(Backend::Sqlite).await;
    let elsewhere = Catcher::start(CatcherOptions::for_tests()).await.unwrap();
    let other = serve(Router::new().fallback(async || "It works!")).await;
    let gone = nobody().await;
    let (moved, hits) = redirecting().await;
    let ours = site.catcher.url();
    for (target, catcher, wanted) in [
        (gone.as_str(), ours.as_str(), "did not answer"),
        (&other, &ours, "is not Relatch"),
        (&moved, &ours, "is not Relatch"),
        (site.url(), &gone, "the catcher at"),
        (site.url(), &other, "is not our message catcher"),
        (site.url(), site.url(), "is not our message catcher"),
        ("localhost:3000", &ours, "must begin with http"),
        ("http://localhost:3000/reset", &ours, "scheme, host and port only"),
    ] {
        let output = attack(target, catcher, &[]).await;
        assert_eq!(output.status.code(), Some(2), "{target} {catcher}: {}", said(&output));
        assert!(said(&output).contains(wanted), "{wanted}: {}", said(&output));
        assert!(output.stdout.is_empty(), "nothing was attacked");
    }
    assert_eq!(hits.load(Ordering::Relaxed), 0, "no redirect is followed");
    assert_eq!(site.browser().get("/api/setup").await.json()["needed"], true, "nothing was set up");
    // Another catcher: its messages go elsewhere. That takes setting it up, and nothing more.
    let output = attack(site.url(), &elsewhere.url(), &[]).await;
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("did not arrive at the catcher: nothing was attacked"), "{}", said(&output));
    // Somebody else's: the secret is another one.
    let mut command = Command::new(root().join("target/debug/relatch-attack"));
    command.args([
        "--target",
        site.url(),
        "--catcher",
        &ours,
        "--origin",
        ORIGIN,
        "--secret",
        "another secret altogether",
    ]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("was set up by somebody else"), "{}", said(&output));
}

/// An address where nobody answers any more.
async fn nobody() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Sends everybody on, and counts who comes there.
async fn redirecting() -> (String, Arc<AtomicU32>) {
    let hits = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&hits);
    let there = serve(Router::new().fallback(async move || {
        counted.fetch_add(1, Ordering::Relaxed);
        "{}"
    }))
    .await;
    let go = async move || (StatusCode::FOUND, [(header::LOCATION, there.clone())]);
    (serve(Router::new().fallback(go)).await, hits)
}
