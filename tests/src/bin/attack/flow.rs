//! The order of a reset, whom it is about, and what is left afterwards.

use crate::outcome::Probed;
use crate::world::{NEW_PASSWORD, World, other_than, text_to};
use relatch_tests::Browser;
use serde_json::json;

const SESSION: &str = "__Host-sspr_sess";
const FLOW: &str = "__Host-sspr_flow";

/// Every step from where it does not belong; another way asked for in the middle.
pub async fn a6_no_step_is_skipped(world: &World) -> Probed {
    let (person, _) = world.pair().await?;
    let password = json!({ "password": NEW_PASSWORD });
    let code = json!({ "code": "12345678" });
    let nothing = world.stranger()?;
    nothing.post("/api/send-code/reset", text_to(&person.phone)).await?.want(410)?;
    nothing.post("/api/verify-code/reset", code.clone()).await?.want(410)?;
    nothing.post("/api/set-password/reset", password.clone()).await?.want(403)?;
    nothing.post("/api/unlock", json!({})).await?.want(403)?;
    let started = world.stranger()?;
    started.start(&person.name).await?;
    started.post("/api/verify-code/reset", code.clone()).await?.want(409)?.want_code("wrong_step")?;
    started.post("/api/set-password/reset", password.clone()).await?.want(409)?.want_code("wrong_step")?;
    started.post("/api/unlock", json!({})).await?.want(409)?;
    // An app first, another way after SEND, a code from the helpdesk that nobody gave.
    started.post("/api/verify-code/reset", json!({ "method": "app", "code": "123456" })).await?.want(409)?;
    started.ask_for_code(&person.phone).await?;
    let call = json!({ "delivery": "call", "country": "US", "number": person.phone });
    started.post("/api/send-code/reset", call).await?.want(429)?.want_code("too_soon")?;
    started.post("/api/set-password/reset", password.clone()).await?.want(409)?;
    // A reset opens no step of a sign-in, and a session none of a reset.
    started.post("/api/set-password/sign-in", password.clone()).await?.want(401)?;
    started.post("/api/verify-code/sign-in", code.clone()).await?.want(401)?;
    started.post("/api/send-code/register", text_to(&person.phone)).await?.want(401)?;
    person.client.post("/api/set-password/reset", password).await?.want(403)?;
    Ok(())
}

/// SETPW with no proof, an empty one, or somebody else's.
pub async fn a7_no_password_without_proof(world: &World) -> Probed {
    let (a, b) = world.pair().await?;
    let password = json!({ "password": NEW_PASSWORD });
    let granted = world.granted(b).await?;
    let grant = granted.browser.cookie(FLOW).unwrap_or_default();
    let flipped: String = grant.chars().rev().collect();
    for cookie in ["", "null", "1", "{}", &"A".repeat(200), &flipped, grant.get(..grant.len() / 2).unwrap_or("x")] {
        let stranger = world.stranger()?;
        stranger.browser.set_cookie(FLOW, cookie);
        stranger.post("/api/set-password/reset", password.clone()).await?.want_one_of(&[403, 409, 410])?;
    }
    let stranger = world.stranger()?;
    stranger.start(&a.name).await?;
    for proof in ["code", "token", "grant", "proof", "verified"] {
        let body = json!({ "password": NEW_PASSWORD, proof: "12345678" });
        stranger.post("/api/set-password/reset", body).await?.want(400)?.want_code("invalid_body")?;
    }
    stranger.post("/api/verify-code/reset", json!({})).await?.want(400)?;
    stranger.post("/api/verify-code/reset", json!({ "code": "" })).await?.want(409)?;
    world.stranger()?.sign_in(&a.name, &a.password).await?.want(200)?;
    Ok(())
}

/// Another name, number or account in a later step.
pub async fn a8_the_account_is_fixed_at_start(world: &World) -> Probed {
    let (a, b) = world.pair().await?;
    let before = world.messages().await?;
    let client = world.stranger()?;
    client.start(&a.name).await?;
    for field in ["name", "user", "account", "id", "email", "to", "subject", "phone", "method_owner"] {
        let mut send = text_to(&a.phone);
        send[field] = json!(b.name);
        client.post("/api/send-code/reset", send).await?.want(400)?.want_code("invalid_body")?;
        client.post("/api/verify-code/reset", json!({ "code": "12345678", field: b.name })).await?.want(400)?;
        client.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD, field: b.name })).await?.want(400)?;
    }
    // B's number in A's flow.
    client.ask_for_code(&b.phone).await?;
    let sent = world.sent_since(&before, &[&a.phone, &b.phone]).await?;
    safe!(sent == 0, "{sent} messages were sent to somebody who was not asked about");
    Ok(())
}

/// A's proof in a reset of B.
pub async fn a9_a_proof_is_its_owners(world: &World) -> Probed {
    let (a, b) = world.pair().await?;
    let client = world.stranger()?;
    client.start(&b.name).await?;
    client.recover(&a.recovery_code()?).await?.want(422)?.want_code("wrong_code")?;
    client.set_password(NEW_PASSWORD).await?.want(409)?;
    // A's grant, and B named again: the new flow has proven nothing.
    let granted = world.granted(a).await?;
    granted.start(&b.name).await?;
    granted.set_password(NEW_PASSWORD).await?.want(409)?;
    world.stranger()?.sign_in(&b.name, &b.password).await?.want(200)?;
    Ok(())
}

/// Lists, doubled keys, separators, a query: more than one recipient.
pub async fn a10_a_message_has_one_recipient(world: &World) -> Probed {
    let person = world.person().await?;
    person.cooled().await;
    let evil = "+12125550199";
    let before = world.messages().await?;
    let client = world.stranger()?;
    client.start(&person.name).await?;
    let own = &person.phone;
    for body in [
        format!(r#"{{"delivery":"text","country":"US","number":["{own}","{evil}"]}}"#),
        format!(r#"{{"delivery":"text","country":"US","number":"{own}","number":"{evil}"}}"#),
        format!(r#"{{"delivery":"text","country":"US","number":"{evil}","number":"{own}"}}"#),
        format!(r#"{{"delivery":["text","call"],"country":"US","number":"{own}"}}"#),
    ] {
        let got = client.send(reqwest::Method::POST, "/api/send-code/reset", Some(body), &[]).await?;
        got.want(400)?.want_code("invalid_body")?;
    }
    for text in [
        format!("{own},{evil}"),
        format!("{own};{evil}"),
        format!("{own}|{evil}"),
        format!("{own}%0a{evil}"),
        format!("{own}\nCc: {evil}"),
    ] {
        client.post("/api/send-code/reset", text_to(&text)).await?.want(400)?;
    }
    let sent = world.new_messages(&before).await?.len();
    safe!(sent == 0, "{sent} messages were sent for a malformed recipient");
    client.post(&format!("/api/send-code/reset?number={evil}&to={evil}"), text_to(own)).await?.want(202)?;
    world.code_since(&before, own).await?;
    let all = world.new_messages(&before).await?;
    safe!(all.iter().all(|message| message.to == *own), "a message went to somebody else");
    safe!(all.len() == 1, "{} messages for one request", all.len());
    Ok(())
}

/// Names that only look like somebody's.
pub async fn a12_look_alikes_reach_nobody(world: &World) -> Probed {
    let person = world.person().await?;
    let before = world.messages().await?;
    let name = &person.name;
    let (at, look_alike) = (name.find('k').unwrap_or(0), |letter: &str| name.replacen('k', letter, 1));
    for twin in [
        look_alike("\u{212a}"),
        look_alike("\u{ff4b}"),
        look_alike("\u{43a}"),
        look_alike("k\u{200d}"),
        look_alike("k\u{301}"),
        format!("{name}\u{200b}"),
        format!("\u{202e}{name}"),
        name.replace('a', "\u{430}"),
        name.get(..at).map(|start| format!("{start}\u{212a}")).unwrap_or_default(),
    ] {
        let client = world.stranger()?;
        client.start(&twin).await?;
        client.ask_for_code(&person.phone).await?;
        client.sign_in(&twin, &person.password).await?.want(401)?;
    }
    let sent = world.new_messages(&before).await?.len();
    safe!(sent == 0, "{sent} messages were sent for a name that only looks like somebody's");
    // There is one canonical form: ASCII case and surrounding spaces do not count.
    let client = world.stranger()?;
    client.start(&format!(" {} ", name.to_ascii_uppercase())).await?;
    world.code_in(&client, &person).await?;
    Ok(())
}

/// The browser says it went well when it did not.
pub async fn a21_the_server_keeps_the_state(world: &World) -> Probed {
    let person = world.person().await?;
    let (client, code) = world.code_for(&person).await?;
    client.verify(&other_than(&code)).await?.want(422)?;
    client.set_password(NEW_PASSWORD).await?.want(409)?.want_code("wrong_step")?;
    for field in ["ok", "verified", "next", "stage"] {
        client.post("/api/set-password/reset", json!({ "password": NEW_PASSWORD, field: true })).await?.want(400)?;
    }
    world.stranger()?.sign_in(&person.name, &person.password).await?.want(200)?;
    Ok(())
}

/// A reset gives no session and takes no second factor away.
pub async fn a23_a_reset_leaves_the_second_factor(world: &World) -> Probed {
    let person = world.person().await?;
    let granted = world.granted(&person).await?;
    let done = granted.set_password(NEW_PASSWORD).await?.want(200)?;
    let cookies: Vec<&str> =
        done.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok()).collect();
    let opened = cookies.iter().any(|cookie| cookie.starts_with(SESSION) && !cookie.contains("Max-Age=0"));
    safe!(!opened, "the answer to a reset opens a session");
    let stage = granted.stage().await?;
    safe!(stage == "signed_out", "after a reset the browser is {stage}");
    let stage = world.stranger()?.sign_in(&person.name, NEW_PASSWORD).await?.want(200)?.text_at("/stage")?;
    safe!(stage == "second_factor_required", "after a reset a password alone leads to {stage}");
    Ok(())
}

/// A code for signing in, asked for without the password.
pub async fn a24_no_second_factor_before_the_first(world: &World) -> Probed {
    let (person, _) = world.pair().await?;
    let before = world.messages().await?;
    let stranger = world.stranger()?;
    let flow = world.stranger()?;
    flow.start(&person.name).await?;
    for client in [&stranger, &flow] {
        client.post("/api/send-code/sign-in", json!({ "delivery": "text" })).await?.want(401)?;
        client
            .post("/api/send-code/sign-in", json!({ "delivery": "text", "name": person.name }))
            .await?
            .want_one_of(&[401, 400])?;
        client.post("/api/verify-code/sign-in", json!({ "code": "12345678" })).await?.want(401)?;
    }
    // With the right password there are no rights but to go on.
    let half = world.half_signed_in().await?;
    for path in ["/api/users", "/api/groups", "/api/enable-group", "/api/policy"] {
        half.get(path).await?.want(401)?;
    }
    half.post("/api/users", json!({ "name": "eve", "display_name": "Eve" })).await?.want(401)?;
    half.post("/api/register/recovery-codes", json!({})).await?.want_one_of(&[409, 401, 403])?;
    half.post("/api/send-code/register", text_to("+12125550198")).await?.want_one_of(&[409, 401, 403])?;
    half.post("/api/set-password/sign-in", json!({ "password": NEW_PASSWORD })).await?.want_one_of(&[409, 401])?;
    let sent = world.new_messages(&before).await?.len();
    safe!(sent == 0, "{sent} messages were sent to nobody who had given a password");
    Ok(())
}

/// Sessions, flows, codes and grants from before a reset.
pub async fn a25_a_reset_ends_everything(world: &World) -> Probed {
    let person = world.person().await?;
    let stage = person.client.stage().await?;
    safe!(stage == "signed_in", "the person's own session is {stage}");
    let second = world.granted(&person).await?;
    let (third, code) = world.code_for(&person).await?;
    let first = world.granted(&person).await?;
    first.set_password(NEW_PASSWORD).await?.want(200)?;
    let stage = person.client.stage().await?;
    safe!(stage == "signed_out", "a session is {stage} after a reset");
    person.client.get("/api/account").await?.want(401)?;
    second.set_password("another password altogether").await?.want(403)?;
    safe!(third.verify(&code).await?.status != 200, "a code from before a reset is good after it");
    world.stranger()?.sign_in(&person.name, &person.password).await?.want(401)?;
    Ok(())
}

/// Whoever has only the phone: not enough for an administrator, nor where there is an app.
pub async fn a31_a_phone_alone_is_not_enough(world: &World) -> Probed {
    let person = world.person().await?;
    let app = crate::app::App::register(&person.client).await?;
    let (client, code) = world.code_for(&person).await?;
    let next = client.verify(&code).await?.want(200)?.text_at("/next")?;
    safe!(next == "verify", "with an app, a text alone leads to {next}");
    client.set_password(NEW_PASSWORD).await?.want(409)?;
    // The same phone, called, is not a second kind.
    let before = world.messages().await?;
    let call = json!({ "delivery": "call", "country": "US", "number": person.phone });
    client.post("/api/send-code/reset", call).await?.want_one_of(&[202, 429])?;
    let admin = world.stranger()?;
    admin.start(world.admin_name()).await?;
    admin.ask_for_code(world.admin_phone()).await?;
    let sent = world.sent_since(&before, &[world.admin_phone(), &person.phone]).await?;
    safe!(sent == 0, "{sent} codes were sent where a phone is not enough");
    let proof = json!({ "method": "app", "code": app.code(0)? });
    let next = client.post("/api/verify-code/reset", proof).await?.want(200)?.text_at("/next")?;
    safe!(next == "set_password", "text and app lead to {next}");
    Ok(())
}

/// The old session on other connections, right after a reset on this one.
pub async fn a40_no_connection_reads_the_past(world: &World) -> Probed {
    let person = world.person().await?;
    let mut old = Vec::new();
    for _ in 0..10 {
        let twin = world.twin(&person.client)?;
        twin.get("/api/account").await?.want(200)?;
        old.push(twin);
    }
    world.granted(&person).await?.set_password(NEW_PASSWORD).await?.want(200)?;
    let asked = futures::future::join_all(old.iter().map(|twin| twin.get("/api/account"))).await;
    for got in asked {
        let got = got?;
        safe!(got.status == 401, "an old session answered {} right after a reset", got.status);
    }
    world.stranger()?.sign_in(&person.name, &person.password).await?.want(401)?;
    Ok(())
}

/// Cookies somebody planted, and what ours look like.
pub async fn a26_planted_cookies_are_not_adopted(world: &World) -> Probed {
    let (person, _) = world.pair().await?;
    for planted in [format!("999999.{}", "A".repeat(43)), "x".to_owned(), "1".to_owned()] {
        let client = world.stranger()?;
        for name in [SESSION, "sspr_sess", "sid", "JSESSIONID"] {
            client.browser.set_cookie(name, &planted);
        }
        let stage = client.stage().await?;
        safe!(stage == "signed_out", "a planted session is {stage}");
        let half = client.sign_in(&person.name, &person.password).await?.want(200)?;
        let own = session_of(&client.browser);
        safe!(own.as_deref() != Some(planted.as_str()), "a planted session id was adopted");
        for cookie in half.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap_or_default();
            let ours = cookie.starts_with("__Host-") && !cookie.to_ascii_lowercase().contains("domain=");
            let hard = ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"].iter().all(|part| cookie.contains(part));
            let name = cookie.split('=').next().unwrap_or_default();
            safe!(ours && hard, "the cookie {name} lacks __Host-, Secure, HttpOnly, SameSite=Strict or Path=/");
        }
    }
    // What the browser had before it signed in is worth nothing after.
    let old = world.stranger()?;
    old.start(&person.name).await?;
    let before = old.browser.remember();
    old.sign_in(&person.name, &person.password).await?.want(200)?;
    old.browser.restore(&before);
    let stage = old.stage().await?;
    safe!(stage == "signed_out", "the cookies from before a sign-in are {stage}");
    Ok(())
}

fn session_of(browser: &Browser) -> Option<String> {
    browser.cookie(SESSION)
}
