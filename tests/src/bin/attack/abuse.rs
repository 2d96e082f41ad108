//! Locking out, flooding, getting round limits.

use crate::outcome::{Probed, Stop};
use crate::world::{Client, NEW_PASSWORD, World, text_to};
use futures::future::join_all;
use relatch_tests::browser::solve;
use relatch_tests::race::{head, open};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const DEVICE: &str = "__Host-relatch_device";
/// Wrong passwords before the first lock.
const BEFORE_THE_LOCK: usize = 10;

/// Wrong passwords, many at once and each another, until so many were judged.
async fn wrong_passwords(world: &World, name: &str, wanted: usize) -> Result<usize, Stop> {
    let mut judged = 0;
    for round in 0..12 {
        let mut guessers = Vec::new();
        for _ in 0..10 {
            guessers.push(world.stranger()?);
        }
        let requests: Vec<(&Client, &str, _)> = (guessers.iter().enumerate())
            .map(|(n, guesser)| {
                (
                    guesser,
                    "/api/sign-in",
                    json!({ "name": name, "password": format!("guess {round} {n} is as wrong as any") }),
                )
            })
            .collect();
        let answers = world.race(&requests).await?;
        let strange = answers.iter().find(|(status, _)| !matches!(status, 401 | 503));
        safe!(strange.is_none(), "a wrong password answered {strange:?}");
        judged += answers.iter().filter(|(status, _)| *status == 401).count();
        if judged >= wanted {
            return Ok(judged);
        }
    }
    Err(Stop::NotRun(format!("the service was too busy to judge {wanted} passwords")))
}

/// Wrong passwords in parallel: as many as one after the other bring the lock.
pub async fn a4_parallel_guesses_bring_the_lock(world: &World) -> Probed {
    world.many_addresses("passwords guessed in parallel")?;
    let person = world.person().await?;
    wrong_passwords(world, &person.name, BEFORE_THE_LOCK + 1).await?;
    let right = world.stranger()?.sign_in(&person.name, &person.password).await?;
    safe!(right.status == 401, "after {BEFORE_THE_LOCK} wrong passwords at once there is no lock: {}", right.status);
    Ok(())
}

/// Fifty resets of one person ask for a message in the same instant.
pub async fn a30_one_message_for_fifty_requests(world: &World) -> Probed {
    let person = world.person().await?;
    person.cooled().await;
    let wanted = if world.target.many_addresses { 50 } else { 3 };
    let mut clients = Vec::new();
    for _ in 0..wanted {
        let client = world.stranger()?;
        client.start(&person.name).await?;
        clients.push(client);
    }
    let before = world.messages().await?;
    let requests: Vec<_> =
        clients.iter().map(|client| (client, "/api/send-code/reset", text_to(&person.phone))).collect();
    let answers = world.race(&requests).await?;
    safe!(answers.iter().all(|(status, _)| *status == 202), "SEND did not answer all alike: {answers:?}");
    world.code_since(&before, &person.phone).await?;
    let sent = world.sent_since(&before, &[&person.phone]).await?;
    safe!(sent == 1, "{sent} messages for {wanted} requests at once");
    Ok(())
}

/// No answer to the bot check, made-up ones, and one that is sent twice.
pub async fn a33_a_bot_check_is_not_got_round(world: &World) -> Probed {
    let client = world.stranger()?;
    let posed = client.post("/api/start-reset/bot-check", json!({})).await?.want(200)?.json();
    let Some(answer) = solve(&posed) else {
        return Err(Stop::NotRun("bot checks are switched off there".to_owned()));
    };
    let start = |answer: &str| json!({ "name": "nobody-one", "bot_check": answer });
    for wrong in ["", "e30=", answer.get(..answer.len() / 2).unwrap_or_default()] {
        client.post("/api/start-reset", start(wrong)).await?.want(403)?;
    }
    client.post("/api/start-reset", start(&answer)).await?.want(200)?;
    client.post("/api/start-reset", start(&answer)).await?.want(403)?;
    world.stranger()?.post("/api/start-reset", start(&answer)).await?.want(403)?;
    Ok(())
}

/// Addresses that are only claimed, and claims that cannot be read.
pub async fn a32_forged_addresses_do_not_help(world: &World) -> Probed {
    let client = world.stranger()?;
    let mut accepted = 0;
    for n in 0..60 {
        let forged = if n % 7 == 0 { "a".to_owned() } else { format!("198.51.100.{n}") };
        let pair = format!("for={forged}");
        let extra = [
            ("x-forwarded-for", forged.as_str()),
            ("forwarded", pair.as_str()),
            ("x-real-ip", forged.as_str()),
            ("spin-client-addr", forged.as_str()),
            ("true-client-ip", forged.as_str()),
        ];
        let body = json!({ "name": "nobody-one" }).to_string();
        let got = client.send(Method::POST, "/api/start-reset", Some(body), &extra).await?;
        accepted += u32::from(got.want_one_of(&[200, 429])?.status == 200);
    }
    // Ten in ten minutes; the ten minutes may end on the way.
    safe!(accepted <= 20, "{accepted} of 60 STARTs with forged addresses were answered, not 10");
    Ok(())
}

/// One way in is exhausted by a stranger: the other is open.
pub async fn a34_no_path_locks_the_other(world: &World) -> Probed {
    world.many_addresses("a stranger with more tries than one address has")?;
    let person = world.person().await?;
    let device = person.client.browser.cookie(DEVICE).unwrap_or_default();
    safe!(!device.is_empty(), "a completed sign-in leaves no known device");
    wrong_passwords(world, &person.name, BEFORE_THE_LOCK + 1).await?;
    let owner = world.stranger()?;
    owner.browser.set_cookie(DEVICE, &device);
    owner.sign_in(&person.name, &person.password).await?.want(200)?;
    let granted = world.granted(&person).await?;
    for _ in 0..12 {
        let stranger = world.stranger()?;
        stranger.start(&person.name).await?;
        stranger.recover("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA").await?.want_one_of(&[422, 429])?;
    }
    owner.sign_in(&person.name, &person.password).await?.want(200)?;
    granted.set_password(NEW_PASSWORD).await?.want(200)?;
    Ok(())
}

/// Bodies and passwords too large to be worth a look, and sixty hashes at once.
pub async fn a35_hashing_is_no_lever(world: &World) -> Probed {
    let client = world.stranger()?;
    let (long, wide) = ("x".repeat(257), "\u{1f600}".repeat(257));
    for password in [&long, &wide] {
        client.post("/api/sign-in", json!({ "name": "nobody-one", "password": password })).await?.want(400)?;
    }
    let headers = [("content-type", "application/json"), ("origin", client.browser.origin())];
    // Refused before all of it has come: whoever still sends may find the connection closed.
    if let Ok(got) = client.raw(Method::POST, "/api/sign-in", &headers, vec![b'x'; 1_000_000]).await {
        got.want(413)?;
    }
    client.get("/api/sign-in").await?.want(200)?;
    if !world.target.many_addresses {
        return Ok(());
    }
    let mut flood = Vec::new();
    for _ in 0..60 {
        flood.push(world.stranger()?);
    }
    let guess = |n: usize| json!({ "name": "nobody-one", "password": format!("guess {n} is as wrong as any") });
    let requests: Vec<_> = flood.iter().enumerate().map(|(n, one)| (one, "/api/sign-in", guess(n))).collect();
    let probe = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..5 {
            slowest = slowest.max(world.stranger()?.start("nobody-one").await?.took);
        }
        Ok::<_, Stop>(slowest)
    };
    let (answers, slowest) = futures::join!(world.race(&requests), probe);
    let (answers, slowest) = (answers?, slowest?);
    let fine = answers.iter().all(|(status, _)| matches!(status, 401 | 429 | 503));
    safe!(fine, "a flood of sign-ins was answered {answers:?}");
    safe!(slowest < Duration::from_secs(10), "START took {slowest:?} during a flood of sign-ins");
    Ok(())
}

/// A hundred bodies that never end. What is to keep them away is the proxy (docs/OPERATIONS.md).
pub async fn a36_slow_clients_keep_nobody_waiting(world: &World) -> Probed {
    let Some(plain) = world.target.plain else {
        return Err(Stop::NotRun("needs plain HTTP; try it where the proxy passes that on".to_owned()));
    };
    let client = world.stranger()?;
    let url = format!("http://{plain}");
    let held = (0..100).map(|_| async {
        let mut stream = open(client.address, &url).await;
        let begun = head(&Method::POST, &client.browser, "/api/start-reset", 1_000) + "{";
        // One that is closed at once is as good.
        let _ = stream.write_all(begun.as_bytes()).await;
        stream
    });
    let held = join_all(held).await;
    // All of them are being worked on before somebody honest comes.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let honest = async {
        let other = world.stranger()?;
        other.start("nobody-one").await?;
        other.get("/api/sign-in").await?.want(200)
    };
    let answered = tokio::time::timeout(Duration::from_secs(10), honest).await;
    drop(held);
    let Ok(answered) = answered else {
        let said = "START was not answered for 10 s beside a hundred slow bodies: nothing in front limits them";
        return Err(Stop::Fell(said.to_owned()));
    };
    answered.map(|_| ())
}

/// A stolen session: it changes nothing without the password, and nothing at all once it is five minutes old.
pub async fn a43_a_session_alone_changes_little(world: &World) -> Probed {
    let person = world.person().await?;
    let account = person.client.get("/api/account").await?.want(200)?;
    let phone = account.text_at("/methods/0/id")?;
    let change = |current: &str| json!({ "current": current, "password": NEW_PASSWORD });
    let path = "/api/set-password/change";
    person.client.post(path, json!({ "password": NEW_PASSWORD })).await?.want(400)?;
    if world.full {
        let left = Duration::from_secs(302).saturating_sub(person.made.elapsed());
        tokio::time::sleep(left).await;
        let refused = "step_up_required";
        person.client.post("/api/register/app", json!({})).await?.want(403)?.want_code(refused)?;
        person.client.post("/api/register/recovery-codes", json!({})).await?.want(403)?.want_code(refused)?;
        person.client.post("/api/send-code/register", text_to("+12125550196")).await?.want(403)?.want_code(refused)?;
        let gone = format!("/api/account/methods/{phone}");
        person.client.send(Method::DELETE, &gone, None, &[]).await?.want(403)?.want_code(refused)?;
        person.client.post(path, change(&person.password)).await?.want(403)?.want_code(refused)?;
        return Ok(());
    }
    let wrong = person.client.patient_post(path, &change("not the right one at all")).await?;
    wrong.want(403)?.want_code("wrong_password")?;
    let last = person.client.send(Method::DELETE, &format!("/api/account/methods/{phone}"), None, &[]).await?;
    last.want_one_of(&[409, 403])?;
    world.stranger()?.sign_in(&person.name, &person.password).await?.want(200)?;
    Ok(())
}
