//! What a test can do to a host: the feature `testing`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use bytes::Bytes;
use common::guest::App;
use http::{Request, StatusCode};
use relatch_host::OpKind;
use relatch_host::testing::{OutboundEffect, OutboundFault, StoreEffect, StoreFault, When};

#[tokio::test]
async fn the_guests_clocks_move_together() -> Result<()> {
    let app = App::start().await?;
    let testing = app.host.testing();
    testing.advance(Duration::from_secs(3600));
    let expected = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs() + 3600;
    let clocks = app.said("/clocks").await?;
    for seconds in clocks.split(' ') {
        assert!(seconds.parse::<u64>()?.abs_diff(expected) <= 2, "{clocks}, not {expected}");
    }
    assert!(testing.now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs().abs_diff(expected) <= 2);
    // Timers do not: this would take an hour.
    app.said("/later?ms=10&key=k").await?;
    testing.settled().await;
    Ok(())
}

#[tokio::test]
async fn operations_and_commits_are_counted() -> Result<()> {
    let app = App::start().await?;
    let testing = app.host.testing();
    app.said("/store?op=set&key=before:x").await?;
    testing.mark();
    app.said("/store?op=set&key=user:123").await?;
    app.said("/store?op=get&key=user:123").await?;
    app.said("/bucket?op=increment&key=gate:9").await?;
    app.said("/bucket?op=set-many").await?;
    let counts = testing.counts();
    assert_eq!((counts.total(), counts.commits, counts.outbound), (4, 3, 0));
    assert_eq!((counts.of(OpKind::Set), counts.of(OpKind::SetMany), counts.of(OpKind::Delete)), (1, 1, 0));
    let seen: Vec<_> = testing.operations().into_iter().map(|op| (op.component, op.kind, op.families)).collect();
    assert_eq!(seen.first(), Some(&("open".to_owned(), OpKind::Set, vec!["user".to_owned()])));
    assert_eq!(seen.last(), Some(&("open".to_owned(), OpKind::SetMany, vec!["m1".to_owned(), "m2".to_owned()])));
    Ok(())
}

#[tokio::test]
async fn a_store_operation_can_fail() -> Result<()> {
    let app = App::start().await?;
    let testing = app.host.testing();
    let fault = StoreFault { kind: Some(OpKind::Set), when: When::Nth(2), ..StoreFault::every(StoreEffect::Fail) };
    testing.break_store(fault);
    assert_eq!(app.said("/store?op=set&key=a&value=1").await?, "Ok(())");
    assert!(app.said("/store?op=set&key=a&value=2").await?.starts_with("Err("));
    assert_eq!(app.said("/store?op=set&key=b&value=3").await?, "Ok(())");
    assert_eq!(app.said("/store?key=a").await?, "Ok(Some(\"1\"))", "what failed was not done");
    Ok(())
}

#[tokio::test]
async fn a_stores_answer_can_get_lost() -> Result<()> {
    let app = App::start().await?;
    let testing = app.host.testing();
    testing
        .break_store(StoreFault { key_prefix: Some("gate:".to_owned()), ..StoreFault::every(StoreEffect::LoseAnswer) });
    assert!(app.said("/bucket?op=increment&key=gate:1").await?.starts_with("Err("));
    assert_eq!(app.said("/bucket?op=increment&key=other").await?, "Ok(1)");
    testing.mend();
    assert_eq!(app.said("/bucket?op=increment&key=gate:1&by=0").await?, "Ok(1)", "it was done all the same");
    Ok(())
}

#[tokio::test]
async fn a_request_can_die_right_after_an_operation() -> Result<()> {
    let app = App::start().await?;
    let testing = app.host.testing();
    testing.break_store(StoreFault { kind: Some(OpKind::Set), ..StoreFault::every(StoreEffect::Kill) });
    let reply = app.get("/store?op=set&key=a&value=1").await?;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(app.said("/store?key=a").await?, "Ok(Some(\"1\"))");
    testing.break_store(StoreFault { kind: Some(OpKind::Increment), ..StoreFault::every(StoreEffect::Kill) });
    assert_eq!(app.get("/bucket?op=increment&key=n").await?.status, StatusCode::INTERNAL_SERVER_ERROR);
    Ok(())
}

#[tokio::test]
async fn a_store_can_be_slow_for_one_component() -> Result<()> {
    let app = App::start().await?;
    let testing = app.host.testing();
    testing.break_store(StoreFault {
        component: Some("inner".to_owned()),
        ..StoreFault::every(StoreEffect::Delay(Duration::from_millis(300)))
    });
    let started = Instant::now();
    app.said("/store?key=a").await?;
    assert!(started.elapsed() < Duration::from_millis(250));
    app.said("/call?url=http://inner.spin.internal/store").await?;
    assert!(started.elapsed() >= Duration::from_millis(300));
    Ok(())
}

#[tokio::test]
async fn outbound_requests_can_fail_from_some_point_on() -> Result<()> {
    let app = App::start().await?;
    let testing = app.host.testing();
    let path = "/call?url=http://inner.spin.internal/plain";
    testing.break_outbound(OutboundFault {
        host: Some("inner.spin.internal".to_owned()),
        when: When::From(2),
        ..OutboundFault::every(OutboundEffect::Fail)
    });
    assert_eq!(app.said(path).await?, "200 hello");
    assert_eq!(app.said(path).await?, "ErrorCode::ConnectionRefused");
    assert_eq!(app.said(path).await?, "ErrorCode::ConnectionRefused");
    assert_eq!(testing.counts().outbound, 3);
    testing.mend();
    assert_eq!(app.said(path).await?, "200 hello");
    Ok(())
}

#[tokio::test]
async fn a_private_component_can_be_called_by_a_test() -> Result<()> {
    let app = App::start().await?;
    let request = Request::post("http://inner.spin.internal/body").body(Bytes::from_static(b"12345"))?;
    let response = app.host.testing().call("inner", request).await?;
    assert_eq!((response.status(), response.body().as_ref()), (StatusCode::OK, b"Ok(5)".as_ref()));
    let request = Request::get("http://nobody.spin.internal/").body(Bytes::new())?;
    assert!(app.host.testing().call("nobody", request).await.is_err());
    Ok(())
}

#[tokio::test]
async fn logs_are_kept_line_by_line_without_queries() -> Result<()> {
    let app = App::start().await?;
    let testing = app.host.testing();
    app.said("/log?text=hidden%1b").await?;
    let logs = testing.logs();
    assert!(logs.contains(&"[open] half err hidden%1b".to_owned()), "{logs:?}");
    assert!(logs.contains(&"[open] out hidden%1b".to_owned()), "{logs:?}");
    let access = logs.last().context("no access log")?;
    assert!(access.starts_with("GET /log 200 ") && access.ends_with("ms open"), "{access}");
    assert!(!access.contains("hidden") && !access.contains("127.0.0.1"), "{access}");
    testing.clear_logs();
    assert!(testing.logs().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_store_is_open_to_a_test() -> Result<()> {
    let app = App::start().await?;
    let testing = app.host.testing();
    app.said("/store?op=set&key=k&value=v").await?;
    testing.mark();
    assert_eq!(testing.store().get("default", "k").await?, Some(b"v".to_vec()));
    assert_eq!(testing.counts().total(), 0, "a test's own reads do not count");
    Ok(())
}
