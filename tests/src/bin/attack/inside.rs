//! Names, keys, bodies, neighbours, administrators, messages.

use crate::outcome::{Probed, Stop};
use crate::world::{NEW_PASSWORD, World};
use futures::stream::{self, StreamExt, TryStreamExt};
use relatch_tests::corpus::{BROKEN_BODIES, HOOK_PATHS, NASTY_NAMES, PATH_TRICKS};
use reqwest::Method;
use serde_json::json;

/// Names and cookies that mean something to a store, a directory, a shell or a log.
pub async fn a38_identifiers_are_inert(world: &World) -> Probed {
    let (person, _) = world.pair().await?;
    let long = "x".repeat(4_000);
    let admin = world.admin().await?;
    for text in NASTY_NAMES.into_iter().chain([long.as_str()]) {
        let client = world.stranger()?;
        client.post("/api/start-reset", json!({ "name": text })).await?.want_one_of(&[200, 400])?;
        client.sign_in(text, text).await?.want_one_of(&[401, 400])?;
        admin.post("/api/users", json!({ "name": text, "display_name": "x" })).await?.want(400)?;
        admin.post("/api/users/search", json!({ "text": text })).await?.want_one_of(&[200, 400])?;
        if text.is_ascii() && !text.contains(['\r', '\n']) {
            let client = world.stranger()?;
            for name in ["__Host-sspr_sess", "__Host-sspr_flow", "__Host-relatch_device"] {
                client.browser.set_cookie(name, text);
            }
            let stage = client.stage().await?;
            safe!(stage == "signed_out", "a cookie of garbage is {stage}");
            client.verify("12345678").await?.want(410)?;
        }
    }
    drop(admin);
    world.stranger()?.sign_in(&person.name, &person.password).await?.want(200)?;
    Ok(())
}

/// Two people's requests, sixteen at a time: each answer is its asker's.
pub async fn a41_requests_share_nothing(world: &World) -> Probed {
    let (a, b) = world.pair().await?;
    let people = [a, b];
    let rounds = if world.full { 2_000 } else { 300 };
    let tail = |phone: &str| phone.get(phone.len().saturating_sub(4)..).unwrap_or_default().to_owned();
    let answers: Vec<(usize, String)> = stream::iter(0..rounds)
        .map(|n| {
            let whose = n % 2;
            let person = if whose == 0 { a } else { b };
            async move {
                let path = if n % 3 == 0 { "/api/account" } else { "/api/sign-in" };
                Ok::<_, Stop>((whose, person.client.get(path).await?.want(200)?.text.clone()))
            }
        })
        .buffer_unordered(16)
        .try_collect()
        .await?;
    for (whose, text) in answers {
        let (own, other) = (people.get(whose), people.get(1 - whose));
        let (Some(own), Some(other)) = (own, other) else { continue };
        safe!(text.contains(&own.name) || text.contains(&tail(&own.phone)), "an answer is not about its asker");
        safe!(!text.contains(&other.name) && !text.contains(&other.id), "an answer is about somebody else");
    }
    Ok(())
}

/// Administrators' calls by strangers, people, half a sign-in and a grant; paths spelt otherwise.
pub async fn a44_only_administrators_administer(world: &World) -> Probed {
    let (person, _) = world.pair().await?;
    let stranger = world.stranger()?;
    let half = world.half_signed_in().await?;
    let granted = world.granted(person).await?;
    let own = format!("/api/users/{}", person.id);
    let calls = [
        (Method::GET, "/api/users", None),
        (Method::GET, own.as_str(), None),
        (
            Method::POST,
            "/api/users",
            Some(json!({ "name": "eve", "display_name": "Eve", "roles": ["global_administrator"] })),
        ),
        (Method::POST, "/api/users/search", Some(json!({ "text": "at" }))),
        (Method::GET, "/api/groups", None),
        (Method::POST, "/api/groups", Some(json!({ "name": "Mine", "description": "" }))),
        (Method::GET, "/api/enable-group", None),
        (Method::PUT, "/api/enable-group", Some(json!({ "scope": "none", "groups": [], "version": 1 }))),
        (Method::GET, "/api/policy", None),
        (Method::GET, "/api/users/export", None),
    ];
    for (method, path, body) in &calls {
        let body = body.as_ref().map(ToString::to_string);
        for client in [&stranger, &half, &granted] {
            client.send(method.clone(), path, body.clone(), &[]).await?.want(401)?;
        }
        person.client.send(method.clone(), path, body, &[]).await?.want(403)?.want_code("not_allowed")?;
    }
    for path in PATH_TRICKS {
        for client in [&person.client, &stranger] {
            let status = client.raw(Method::GET, path, &[], Vec::new()).await?.status;
            safe!(matches!(status, 301 | 308 | 400 | 401 | 403 | 404), "GET {path} answered {status}");
        }
    }
    Ok(())
}

/// An administrator talked into it: cannot choose, see or be told a password.
pub async fn a45_an_administrator_cannot_give_a_password_away(world: &World) -> Probed {
    let person = world.person().await?;
    let admin = world.admin().await?;
    let path = format!("/api/users/{}", person.id);
    let version = admin.get(&path).await?.want(200)?.json()["version"].clone();
    for field in ["password", "initial_password", "password_hash", "must_change", "generation", "id"] {
        let body = json!({ "name": "eve", "display_name": "Eve", field: NEW_PASSWORD });
        admin.post("/api/users", body).await?.want(400)?.want_code("invalid_body")?;
        let body = json!({ "version": version, field: NEW_PASSWORD }).to_string();
        admin.send(Method::PATCH, &path, Some(body), &[]).await?.want(400)?;
    }
    let before = world.messages().await?;
    let begun = admin.post(&format!("{path}/start-reset"), json!({})).await?.want_one_of(&[200, 201])?;
    safe!(!begun.text.contains("password\""), "starting a reset tells a password");
    drop(admin);
    let told = world.sent_since(&before, &[&person.phone]).await?;
    safe!(told >= 1, "nobody told the person that a reset was started");
    // The old password is good until the person chooses another.
    world.stranger()?.sign_in(&person.name, &person.password).await?.want(200)?;
    Ok(())
}

/// Lines and addresses in a name that messages could carry.
pub async fn a46_messages_carry_no_strangers_words(world: &World) -> Probed {
    let person = world.person().await?;
    let admin = world.admin().await?;
    for name in ["Eve\r\nBcc: eve@example.org", "Eve\nhttp://evil.example", "Eve\u{202e}gro.elpmaxe", "Eve\u{0}"] {
        let body = json!({ "name": "eve", "display_name": name });
        admin.post("/api/users", body).await?.want(400)?;
    }
    let path = format!("/api/users/{}", person.id);
    let version = admin.get(&path).await?.want(200)?.json()["version"].clone();
    let body = json!({ "version": version, "display_name": "Win http://evil.example now" }).to_string();
    admin.send(Method::PATCH, &path, Some(body), &[]).await?.want_one_of(&[200, 400])?;
    let before = world.messages().await?;
    admin.post(&format!("{path}/start-reset"), json!({})).await?.want_one_of(&[200, 201])?;
    drop(admin);
    for message in world.new_messages(&before).await? {
        safe!(!message.body.contains("evil.example"), "a message carries what somebody put into a name");
    }
    Ok(())
}

/// SEC-59: no default account, and a secret that was used.
pub async fn sec_59_set_up_is_over(world: &World) -> Probed {
    for (name, password) in [("admin", "admin"), ("root", "root"), ("administrator", "password"), ("admin", "")] {
        world.stranger()?.sign_in(name, password).await?.want_one_of(&[401, 400])?;
    }
    let again = json!({ "secret": "x", "name": "eve", "display_name": "Eve", "password": NEW_PASSWORD });
    world.stranger()?.post("/api/setup", again).await?.want(409)?.want_code("already_set_up")?;
    Ok(())
}

/// SEC-68 and 70: bodies that are not quite JSON, and what the refusals tell.
pub async fn sec_68_bodies_are_read_strictly(world: &World) -> Probed {
    let client = world.stranger()?;
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let headers = [("content-type", "application/json"), ("origin", client.browser.origin())];
    for path in ["/api/start-reset", "/api/sign-in", "/api/setup"] {
        for body in BROKEN_BODIES.into_iter().chain([deep.as_bytes()]) {
            let got =
                client.raw(Method::POST, path, &headers, body.to_vec()).await?.want(400)?.want_code("invalid_body")?;
            for inside in ["serde", "line 1", "column", "panicked", "src/", "wasm"] {
                safe!(!got.text.contains(inside), "{} tells of its inside: {inside}", got.what);
            }
        }
    }
    client.raw(Method::POST, "/api/start-reset", &headers, vec![b' '; 8_193]).await?.want(413)?;
    Ok(())
}

/// SEC-76: nothing of a test or of development was left in.
pub async fn sec_76_no_hooks(world: &World) -> Probed {
    let client = world.stranger()?;
    let headers = [("content-type", "application/json"), ("origin", client.browser.origin())];
    for path in HOOK_PATHS {
        for method in [Method::GET, Method::POST] {
            client.raw(method, path, &headers, b"{}".to_vec()).await?.want_one_of(&[404, 405])?;
        }
    }
    let unsigned = [headers, [("authorization", "Bearer x"), ("accept", "*/*")]].concat();
    client.raw(Method::POST, "/internal/sweep", &unsigned, b"{}".to_vec()).await?.want(404)?;
    Ok(())
}
