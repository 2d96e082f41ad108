//! What other pages, frames, proxies and scanners could do.

use crate::outcome::{Got, Probed};
use crate::world::World;
use reqwest::Method;
use serde_json::json;

const PAGES: [&str; 8] = ["/", "/signin", "/register", "/reset", "/account", "/admin", "/setup", "/nowhere"];
const EVIL: &str = "evil.example";

/// Other hosts in every header that names one: none is in a page, an answer or a message.
pub async fn a13_no_other_host_is_believed(world: &World) -> Probed {
    let person = world.person().await?;
    person.cooled().await;
    let before = world.messages().await?;
    let client = world.stranger()?;
    let forged = [
        ("x-forwarded-host", EVIL),
        ("forwarded", "for=198.51.100.1;host=evil.example;proto=http"),
        ("x-host", EVIL),
        ("x-forwarded-server", EVIL),
        ("x-original-url", "https://evil.example/reset"),
        ("x-forwarded-proto", "http"),
        ("referer", "https://evil.example/"),
    ];
    let send = async |path: &str, body: serde_json::Value| {
        client.send(Method::POST, path, Some(body.to_string()), &forged).await
    };
    let mut said = Vec::new();
    said.push(send("/api/start-reset", json!({ "name": person.name })).await?.want(200)?);
    said.push(send("/api/send-code/reset", crate::world::text_to(&person.phone)).await?.want(202)?);
    for page in ["/", "/reset", "/api/sign-in", "/nowhere"] {
        said.push(client.send(Method::GET, page, None, &forged).await?);
    }
    // A host that is not the target's: refused or ignored.
    said.push(client.send(Method::GET, "/reset", None, &[("host", EVIL)]).await?);
    for got in &said {
        let all = format!("{:?} {}", got.headers, got.text);
        safe!(!all.contains(EVIL), "{} repeats a host that was forged", got.what);
    }
    world.code_since(&before, &person.phone).await?;
    for message in world.new_messages(&before).await? {
        safe!(!message.body.contains(EVIL), "a message names a host that was forged");
        safe!(!message.body.contains("http"), "a message holds a link");
    }
    Ok(())
}

/// Whatever the pages load or link to, and what they tell others of their address.
pub async fn a14_addresses_hold_no_secret_and_stay_here(world: &World) -> Probed {
    let client = world.stranger()?;
    for path in PAGES {
        let page = client.get(path).await?;
        safe!(page.header("referrer-policy") == "no-referrer", "{path} lets its address be told (Referrer-Policy)");
        for mark in ["src=\"", "href=\"", "action=\""] {
            let elsewhere =
                page.text.split(mark).skip(1).find(|rest| rest.starts_with("http") || rest.starts_with("//"));
            let elsewhere = elsewhere.map(|rest| rest.chars().take_while(|c| *c != '"').collect::<String>());
            let own = elsewhere.as_deref().is_none_or(|link| link.starts_with(&world.target.origin));
            safe!(own, "{path} loads or links to {elsewhere:?}");
        }
    }
    for path in ["/api/start-reset", "/api/verify-code/reset", "/api/sign-in"] {
        let got = client.get(&format!("{path}?name=nobody-one&code=12345678&password=x")).await?;
        safe!(matches!(got.status, 200 | 405), "{} answered {}", got.what, got.status);
        safe!(!got.text.contains("12345678"), "{} repeats its query", got.what);
    }
    Ok(())
}

/// A scanner looks at everything there is: it spends nothing.
pub async fn a17_looking_spends_nothing(world: &World) -> Probed {
    let person = world.person().await?;
    let (client, code) = world.code_for(&person).await?;
    let scanner = world.twin(&client)?;
    for path in [
        "/api/start-reset",
        "/api/send-code/reset",
        "/api/verify-code/reset",
        "/api/set-password/reset",
        "/api/unlock",
        "/reset",
    ] {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let path = format!("{path}?code={code}");
            let got = scanner
                .raw(
                    method,
                    &path,
                    &[("user-agent", "Mozilla/5.0 SafeLinks prefetch"), ("purpose", "prefetch")],
                    Vec::new(),
                )
                .await?;
            got.want_one_of(&[200, 404, 405])?;
        }
    }
    client.verify(&code).await?.want(200)?;
    Ok(())
}

/// Requests that another page could have a browser send.
pub async fn a27_no_other_page_may_write(world: &World) -> Probed {
    let client = world.stranger()?;
    let origin = client.browser.origin().to_owned();
    let (other_port, longer) = (format!("{origin}1"), format!("{origin}.evil.example"));
    let json = ("content-type", "application/json");
    for (path, body) in [
        ("/api/start-reset", r#"{"name":"nobody-one"}"#),
        ("/api/send-code/reset", r#"{"delivery":"text","country":"US","number":"+12125550195"}"#),
        ("/api/sign-in", r#"{"name":"nobody-one","password":"seven green bottles"}"#),
        ("/api/set-password/reset", r#"{"password":"seven green bottles standing"}"#),
        ("/api/setup", r#"{"secret":"x","name":"x","display_name":"x","password":"x"}"#),
    ] {
        let bytes = || body.as_bytes().to_vec();
        for headers in [
            vec![json],
            vec![json, ("origin", "null")],
            vec![json, ("origin", "https://evil.example")],
            vec![json, ("origin", longer.as_str())],
            vec![json, ("origin", other_port.as_str())],
            vec![json, ("origin", origin.as_str()), ("sec-fetch-site", "cross-site")],
            vec![json, ("origin", origin.as_str()), ("sec-fetch-site", "same-site")],
        ] {
            client.raw(Method::POST, path, &headers, bytes()).await?.want(403)?.want_code("cross_site")?;
        }
        for media in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            let headers = [("content-type", media), ("origin", origin.as_str())];
            client.raw(Method::POST, path, &headers, bytes()).await?.want(415)?;
        }
        let method_override = [json, ("origin", origin.as_str()), ("x-http-method-override", "POST")];
        client.raw(Method::GET, path, &method_override, Vec::new()).await?.want_one_of(&[200, 405])?;
    }
    let admin = world.admin().await?;
    let user = json!({ "name": "eve", "display_name": "Eve" }).to_string();
    for token in ["", "wrong"] {
        let got = admin.send(Method::POST, "/api/users", Some(user.clone()), &[("x-csrf-token", token)]).await?;
        got.want(403)?.want_code("csrf_failed")?;
    }
    Ok(())
}

/// Framing, scripts that are not ours, markup in a name.
pub async fn a28_pages_are_not_framed_and_run_our_scripts_only(world: &World) -> Probed {
    let client = world.stranger()?;
    for path in PAGES {
        let page = client.get(path).await?;
        let policy = page.header("content-security-policy").to_owned();
        safe!(policy.contains("frame-ancestors 'none'"), "{path} may be framed (Content-Security-Policy)");
        safe!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path} allows more scripts than ours");
        safe!(!policy.contains("unsafe-"), "{path} allows inline code");
        safe!(policy.contains("trusted-types 'none'"), "{path} does without Trusted Types");
        safe!(page.header("x-frame-options") == "DENY", "{path} may be framed (X-Frame-Options)");
        safe!(!page.text.contains("<script>") && !page.text.contains(" onload="), "{path} has code in its text");
        hardened(&page)?;
    }
    // Markup in a name comes back as text, in JSON that no browser takes for a page.
    let admin = world.admin().await?;
    let odd =
        json!({ "name": format!("attack-{:08x}-odd", world.run), "display_name": "<img src=x onerror=alert(1)>" });
    let made = admin.patient_post("/api/users", &odd).await?.want(201)?;
    safe!(made.header("content-type") == "application/json", "JSON is sent as {}", made.header("content-type"));
    safe!(made.text_at("/user/display_name")? == "<img src=x onerror=alert(1)>", "a name was changed");
    Ok(())
}

/// The headers every answer has.
fn hardened(got: &Got) -> Probed {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        safe!(got.header(name) == value, "{} ({}) lacks {name}: {value}", got.what, got.status);
    }
    let seconds = got.header("strict-transport-security").split(';').next().unwrap_or_default().to_owned();
    let long =
        seconds.strip_prefix("max-age=").and_then(|age| age.parse::<u64>().ok()).is_some_and(|age| age >= 31_536_000);
    safe!(long, "{} ({}) lacks a year of Strict-Transport-Security", got.what, got.status);
    for leak in ["server", "x-powered-by", "access-control-allow-origin"] {
        safe!(
            !got.headers.contains_key(leak) || leak == "server" && !got.header(leak).contains('/'),
            "{} says {leak}",
            got.what
        );
    }
    Ok(())
}

/// SEC-53: no other origin may read.
pub async fn sec_53_no_cors(world: &World) -> Probed {
    let client = world.stranger()?;
    for path in ["/api/sign-in", "/api/start-reset", "/api/users", "/", "/api/nowhere"] {
        for origin in ["https://evil.example", "null", client.browser.origin()] {
            let headers = [("origin", origin), ("access-control-request-method", "POST")];
            let preflight = client.raw(Method::OPTIONS, path, &headers, Vec::new()).await?.want_one_of(&[405, 404])?;
            let read = client.raw(Method::GET, path, &[("origin", origin)], Vec::new()).await?;
            for got in [preflight, read] {
                let open = got.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
                safe!(open.is_none(), "{} answers with {open:?}", got.what);
            }
        }
    }
    Ok(())
}

/// SEC-55: the headers on refusals too.
pub async fn sec_55_headers_on_every_answer(world: &World) -> Probed {
    let client = world.stranger()?;
    let origin = client.browser.origin().to_owned();
    let plain = [("content-type", "text/plain"), ("origin", origin.as_str())];
    let answers = [
        client.get("/api/sign-in").await?.want(200)?,
        client.post("/api/start-reset", json!({})).await?.want(400)?,
        client.get("/api/users").await?.want(401)?,
        client.raw(Method::POST, "/api/sign-in", &[], Vec::new()).await?.want(403)?,
        client.get("/api/nowhere").await?.want(404)?,
        client.get("/api/start-reset").await?.want(405)?,
        client.post("/api/send-code/reset", crate::world::text_to("+12125550195")).await?.want(410)?,
        client.post("/api/start-reset", json!({ "name": "x".repeat(9_000) })).await?.want(413)?,
        client.raw(Method::POST, "/api/sign-in", &plain, Vec::new()).await?.want(415)?,
    ];
    for got in &answers {
        hardened(got)?;
        let policy = got.header("content-security-policy").to_owned();
        safe!(policy.starts_with("default-src 'none'; frame-ancestors 'none'"), "{} lacks its policy", got.what);
    }
    Ok(())
}
