//! What reaches a component, what a component reaches, and what a stranger gets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use common::guest::App;
use http::{Request, StatusCode};
use http_body_util::Full;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn routes_lead_to_components() -> Result<()> {
    let app = App::start().await?;
    assert_eq!(app.said("/plain").await?, "hello");
    assert!(app.said("/bare/request").await?.contains("spin-matched-route: /bare/..."));
    assert!(app.said("/barefoot/request").await?.contains("spin-matched-route: /..."));
    Ok(())
}

#[tokio::test]
async fn a_component_sees_what_spin_would_show_it() -> Result<()> {
    let app = App::start().await?;
    let request = Request::get(app.url("/a/request?q=1")).header("spin-client-addr", "6.6.6.6").body(Full::default())?;
    let seen = app.send(request).await?.body;
    let addr = app.host.addr();
    let lines: Vec<&str> = seen.lines().collect();
    assert_eq!(lines.first().copied(), Some(format!("GET http://{addr}/a/request?q=1").as_str()));
    let addresses: Vec<&&str> = lines.iter().filter(|line| line.starts_with("spin-client-addr: ")).collect();
    assert_eq!(addresses.len(), 2, "{seen}");
    assert_eq!(*addresses[0], "spin-client-addr: 6.6.6.6");
    assert!(addresses[1].starts_with("spin-client-addr: 127.0.0.1:"));
    for expected in [&format!("spin-full-url: http://{addr}/a/request?q=1"), "spin-path-info: /a/request"] {
        assert!(lines.contains(&expected), "{expected} is not in\n{seen}");
    }
    Ok(())
}

#[tokio::test]
async fn the_host_answers_its_own_paths() -> Result<()> {
    let app = App::start().await?;
    assert_eq!(app.said("/.well-known/spin/health").await?, "OK");
    assert_eq!(app.said("/.well-known/spin/info").await?, r#"{"name":"test","version":"1.2.3"}"#);
    assert_eq!(app.get("/.well-known/spin/other").await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_private_component_is_not_reached_from_outside() -> Result<()> {
    let app = App::start().await?;
    for target in ["inner.spin.internal", "Inner.Spin.Internal:80", "inner.spin.internal."] {
        let request = Request::get(app.url("/request")).header("host", target).body(Full::default())?;
        let reply = app.send(request).await?;
        assert!(reply.status == StatusCode::BAD_REQUEST || reply.body.contains("spin-matched-route: /...\nspin-base"));
        app.host.testing().logs().iter().for_each(|line| assert!(!line.ends_with(" inner"), "{line}"));
    }
    // The absolute form, which a proxy would send.
    let raw = "GET http://inner.spin.internal/plain HTTP/1.1\r\nhost: inner.spin.internal\r\nconnection: close\r\n\r\n";
    assert!(raw_exchange(&app, raw).await?.starts_with("HTTP/1.1 400 "));
    Ok(())
}

async fn raw_exchange(app: &App, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(app.host.addr()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await??;
    Ok(answer)
}

#[tokio::test]
async fn components_call_each_other_only_by_grant() -> Result<()> {
    let app = App::start().await?;
    let called = app.said("/call?url=http://inner.spin.internal/x/request").await?;
    assert!(called.starts_with("200 GET http://inner.spin.internal/x/request\n"), "{called}");
    for expected in ["x-from: guest", "spin-client-addr: 0.0.0.0:0", "spin-path-info: /x/request"] {
        assert!(called.contains(expected), "{expected} is not in\n{called}");
    }
    let denied = "ErrorCode::HttpRequestDenied";
    assert_eq!(app.said("/call?url=http://bare.spin.internal/plain").await?, denied);
    assert_eq!(app.said("/call?url=https://inner.spin.internal/plain").await?, denied);
    assert_eq!(app.said("/bare/call?url=http://inner.spin.internal/plain").await?, denied);
    assert!(app.said("/call?url=http://inner.spin.internal/panic").await?.starts_with("500 "));
    Ok(())
}

#[tokio::test]
async fn only_granted_servers_are_called_and_redirects_are_not_followed() -> Result<()> {
    let peer = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", peer.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = peer.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let answer = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\nno";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let peer = url.clone();
    let app = App::start_with(move |options| {
        options.variables.insert("peer".to_owned(), peer);
    })
    .await?;
    assert_eq!(app.said(&format!("/call?url={url}/x")).await?, "302 no");
    assert_eq!(app.said("/call?url=http://127.0.0.1:1/").await?, "ErrorCode::HttpRequestDenied");
    assert_eq!(app.said(&format!("/bare/call?url={url}/x")).await?, "ErrorCode::HttpRequestDenied");
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_is_given_up() -> Result<()> {
    let app = App::start().await?;
    assert_eq!(app.said("/call?url=http://127.0.0.1:1/").await?, "ErrorCode::ConnectionRefused");
    let silent = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", silent.local_addr()?);
    let peer = url.clone();
    let app = App::start_with(move |options| {
        options.variables.insert("peer".to_owned(), peer);
        options.outbound_timeout = Duration::from_millis(200);
    })
    .await?;
    assert_eq!(app.said(&format!("/call?url={url}/")).await?, "ErrorCode::ConnectionReadTimeout");
    Ok(())
}

#[tokio::test]
async fn stores_open_only_by_grant() -> Result<()> {
    let app = App::start().await?;
    assert_eq!(app.said("/store?op=set&key=k&value=v").await?, "Ok(())");
    assert_eq!(app.said("/store?op=get&key=k").await?, "Ok(Some(\"v\"))");
    assert_eq!(app.said("/bucket?op=get&key=k").await?, "Ok(Some([118]))");
    assert_eq!(app.said("/store?op=exists&key=q").await?, "Ok(false)");
    assert_eq!(app.said("/store?op=keys").await?, "Ok([\"k\"])");
    assert_eq!(app.said("/store?op=delete&key=k").await?, "Ok(())");
    assert_eq!(app.said("/store?op=get&key=k").await?, "Ok(None)");
    for path in ["/bare/store", "/bare/bucket", "/store?label=other", "/bucket?label=other"] {
        assert_eq!(app.said(path).await?, "Error::AccessDenied", "{path}");
    }
    assert_eq!(app.said("/stores?count=256").await?, "256 open");
    assert_eq!(app.said("/stores?count=257").await?, "Error::StoreTableFull after 256");
    Ok(())
}

#[tokio::test]
async fn counters_and_batches_work_and_swaps_do_not() -> Result<()> {
    let app = App::start().await?;
    assert_eq!(app.said("/bucket?op=increment&key=n").await?, "Ok(1)");
    assert_eq!(app.said("/bucket?op=increment&key=n&by=-3").await?, "Ok(-2)");
    assert_eq!(app.said("/bucket?op=set-many").await?, "Ok(())");
    assert_eq!(app.said("/bucket?op=get-many").await?, "Ok([(\"m1\", Some([49])), (\"m2\", Some([50]))])");
    assert_eq!(app.said("/bucket?op=delete-many").await?, "Ok(())");
    assert_eq!(app.said("/bucket?op=get-many").await?, "Ok([])");
    assert!(app.said("/bucket?op=swap&key=n").await?.contains("not offered"));
    assert_eq!(app.said("/bucket?op=set&key=text&value=abc").await?, "Ok(())");
    assert!(app.said("/bucket?op=increment&key=text").await?.contains("not a counter"));
    assert_eq!(app.said("/bucket?op=increment&key=n&by=0").await?, "Ok(-2)");
    Ok(())
}

#[tokio::test]
async fn variables_are_read_only_by_grant() -> Result<()> {
    let app = App::start_with(|options| {
        options.variables.insert("secret_word".to_owned(), "swordfish".to_owned());
    })
    .await?;
    assert_eq!(app.said("/variable?name=greeting").await?, "Ok(\"<good day>\")");
    assert_eq!(app.said("/variable?name=word").await?, "Ok(\"swordfish\")");
    assert!(app.said("/variable?name=secret_word").await?.starts_with("Err(Error::Undefined("));
    assert!(app.said("/bare/variable?name=word").await?.starts_with("Err(Error::Undefined("));
    assert!(app.said("/variable?name=No-Name").await?.starts_with("Err(Error::InvalidName("));

    let app = App::start().await?;
    assert!(app.said("/variable?name=word").await?.starts_with("Err(Error::Provider("));
    let reported = app.host.testing().logs();
    assert!(reported.iter().any(|line| line.contains("`secret_word` has no value")), "{reported:?}");
    Ok(())
}

#[tokio::test]
async fn files_are_read_and_not_written() -> Result<()> {
    let app = App::start().await?;
    assert_eq!(app.said("/file?name=/note.txt").await?, "Ok(\"a note\")");
    assert!(app.said("/file?name=/../spin.toml").await?.starts_with("Err("));
    assert!(app.said("/bare/file?name=/note.txt").await?.starts_with("Err("));
    assert_eq!(app.said("/write-file?name=/new.txt").await?, "Err(\"refused\")");
    assert_eq!(app.said("/write-file?name=/note.txt").await?, "Err(\"refused\")");
    Ok(())
}

#[tokio::test]
async fn randomness_differs_every_time() -> Result<()> {
    let app = App::start().await?;
    let (one, two) = (app.said("/random").await?, app.said("/random").await?);
    assert!(one.starts_with('[') && two.starts_with('[') && one != two);
    Ok(())
}

#[tokio::test]
async fn a_failing_component_is_a_plain_500_and_the_connection_stays() -> Result<()> {
    let app = App::start().await?;
    for path in ["/panic", "/fail"] {
        let reply = app.get(path).await?;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(reply.headers.get("content-type").context("no type")?, "application/problem+json");
        let generic = r#"{"status":500,"title":"Internal Server Error","type":"about:blank"}"#;
        assert_eq!(reply.body, generic);
        assert_eq!(app.said("/plain").await?, "hello");
    }
    let logs = app.host.testing().logs();
    assert!(logs.iter().any(|line| line.contains("told to panic")), "the operator learns more: {logs:?}");
    Ok(())
}

#[tokio::test]
async fn a_slow_component_is_given_up_and_its_neighbours_go_on() -> Result<()> {
    let app = App::start_with(|options| options.request_timeout = Duration::from_millis(700)).await?;
    let neighbour = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let started = Instant::now();
        for _ in 0..5 {
            assert_eq!(app.said("/plain").await?, "hello");
        }
        anyhow::Ok(started.elapsed())
    };
    let (computes, hangs, neighbour) = tokio::join!(app.get("/compute"), app.get("/hang"), neighbour);
    assert_eq!(computes?.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(hangs?.status, StatusCode::GATEWAY_TIMEOUT);
    assert!(neighbour? < Duration::from_millis(600), "a computing guest must give way");
    Ok(())
}

#[tokio::test]
async fn memory_has_a_bound_and_large_instances_take_turns() -> Result<()> {
    let app = App::start_with(|options| options.limits.large_instances = 2).await?;
    for path in ["/memory?mib=19&rounds=1", "/bare/memory?mib=19&rounds=1", "/memory?mib=19&rounds=1"] {
        // The instances of one component keep the places while they rest; those of the other must get them.
        let requests = (0..8).map(|_| app.said(path));
        for said in futures_util::future::join_all(requests).await {
            said?;
        }
    }
    assert_eq!(app.get("/memory?mib=64").await?.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(app.said("/plain").await?, "hello");
    Ok(())
}

#[tokio::test]
async fn a_body_has_a_bound() -> Result<()> {
    let app = App::start_with(|options| options.limits.request_body = 1000).await?;
    let post = |size: usize| Request::post(app.url("/body")).body(Full::new(Bytes::from(vec![b'x'; size])));
    assert_eq!(app.send(post(1000)?).await?.body, "Ok(1000)");
    assert_eq!(app.send(post(1001)?).await?.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Without a declared length the component sees the body end in an error.
    let chunk = format!("{:x}\r\n{}\r\n", 1001, "x".repeat(1001));
    let head = "POST /body HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let answer = raw_exchange(&app, &format!("{head}{chunk}0\r\n\r\n")).await?;
    assert!(!answer.contains("Ok("), "{answer}");
    Ok(())
}

#[tokio::test]
async fn headers_have_bounds() -> Result<()> {
    let app = App::start_with(|options| options.limits.header_timeout = Duration::from_millis(300)).await?;
    let many: String = (0..100).map(|n| format!("x-{n}: 1\r\n")).collect();
    let answer = raw_exchange(&app, &format!("GET /plain HTTP/1.1\r\nhost: h\r\n{many}\r\n")).await?;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let long = "x".repeat(100_000);
    let answer = raw_exchange(&app, &format!("GET /plain HTTP/1.1\r\nhost: h\r\nx: {long}\r\n\r\n")).await;
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 431 ")));
    // A client that sends half a request is hung up on.
    let started = Instant::now();
    raw_exchange(&app, "GET /plain HTTP/1.1\r\nhost: h\r\n").await?;
    assert!(started.elapsed() < Duration::from_secs(5));
    Ok(())
}

#[tokio::test]
async fn one_port_speaks_both_versions_of_http() -> Result<()> {
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    let app = App::start().await?;
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let answers = (0..10).map(|_| client.request(Request::get(app.url("/plain")).body(Full::default()).unwrap()));
    for answer in futures_util::future::join_all(answers).await {
        let answer = answer?;
        assert_eq!((answer.status(), answer.version()), (StatusCode::OK, http::Version::HTTP_2));
    }
    Ok(())
}
