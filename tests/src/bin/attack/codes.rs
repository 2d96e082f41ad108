//! Guessing, racing, reusing and bending codes.

use crate::outcome::{Probed, Stop};
use crate::world::{Client, NEW_PASSWORD, World, other_than, text_to};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

const VERIFY: &str = "/api/verify-code/reset";
/// Wrong answers that are looked at: of one code, and of one account in a day.
const PER_CODE: usize = 5;
const PER_DAY: usize = 10;

/// Fifty guesses in the same instant, the right one among them.
pub async fn a1_concurrent_guesses(world: &World) -> Probed {
    let person = world.person().await?;
    let (client, right) = world.code_for(&person).await?;
    let place = world.run as usize % 50;
    let mut guessers = Vec::new();
    for _ in 0..50 {
        guessers.push(world.twin(&client)?);
    }
    let mut guess = right.clone();
    let mut requests: Vec<(&Client, &str, Value)> = Vec::new();
    for (at, guesser) in guessers.iter().enumerate() {
        guess = other_than(&guess);
        let typed = if at == place { &right } else { &guess };
        requests.push((guesser, VERIFY, json!({ "code": typed })));
    }
    let answers = world.race(&requests).await?;
    let looked_at = answers.iter().filter(|(status, _)| matches!(status, 200 | 422)).count();
    safe!(looked_at > 0, "none of 50 guesses was looked at");
    safe!(looked_at <= PER_CODE, "{looked_at} of 50 guesses at once were looked at, not {PER_CODE}");
    let late = client.verify(&right).await?;
    safe!(late.status != 200, "the right code was taken after {PER_CODE} guesses");
    Ok(())
}

/// The same code guessed from many addresses, with forged ones in the headers.
pub async fn a2_guesses_from_many_addresses(world: &World) -> Probed {
    world.many_addresses("guesses from many addresses")?;
    let person = world.person().await?;
    let (client, right) = world.code_for(&person).await?;
    let (mut looked_at, mut guess) = (0, right.clone());
    for n in 0..20 {
        let guesser = world.twin(&client)?;
        guess = other_than(&guess);
        let forged = format!("198.51.100.{n}");
        let extra = [("x-forwarded-for", forged.as_str()), ("x-real-ip", forged.as_str())];
        let body = json!({ "code": guess }).to_string();
        let got = guesser.send(reqwest::Method::POST, VERIFY, Some(body), &extra).await?;
        looked_at += usize::from(got.status == 422);
    }
    safe!(looked_at == PER_CODE, "{looked_at} guesses from 20 addresses were looked at, not {PER_CODE}");
    world.twin(&client)?.verify(&right).await?.want(429)?.want_code("too_many_attempts")?;
    Ok(())
}

/// A new flow for every few guesses: the account's failures go on being counted.
pub async fn a3_new_flows_reset_no_counter(world: &World) -> Probed {
    let person = world.person().await?;
    let wrong = "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA";
    let today = day();
    let mut looked_at = 0;
    for _ in 0..20 {
        let client = world.stranger()?;
        client.start(&person.name).await?;
        looked_at += usize::from(client.recover(wrong).await?.want_one_of(&[422, 429])?.status == 422);
    }
    if day() != today {
        return Err(Stop::NotRun(
            "a new day (UTC) began meanwhile, and failures are counted by the day; run it again".to_owned(),
        ));
    }
    safe!(looked_at == PER_DAY, "{looked_at} guesses in 20 flows were looked at, not {PER_DAY}");
    let client = world.stranger()?;
    client.start(&person.name).await?;
    client.recover(&person.recovery_code()?).await?.want(429)?.want_code("too_many_attempts")?;
    Ok(())
}

fn day() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400)
}

/// One recovery code and one grant, twenty times in the same instant.
pub async fn a5_one_winner_of_what_is_good_once(world: &World) -> Probed {
    let person = world.person().await?;
    let code = person.recovery_code()?;
    // Ten wrong ones a day are looked at: fewer racers than that, so that it is the claim which decides.
    let mut racers = Vec::new();
    for _ in 0..9 {
        let racer = world.stranger()?;
        racer.start(&person.name).await?;
        racers.push(racer);
    }
    let proof = json!({ "method": "recovery_code", "code": code });
    let requests: Vec<_> = racers.iter().map(|racer| (racer, VERIFY, proof.clone())).collect();
    let answers = world.race(&requests).await?;
    let winners = answers.iter().filter(|(status, _)| *status == 200).count();
    safe!(winners == 1, "a recovery code was taken {winners} times at once");

    let person = world.person().await?;
    let granted = world.granted(&person).await?;
    let mut racers = Vec::new();
    for _ in 0..20 {
        racers.push(world.twin(&granted)?);
    }
    let password = |n: usize| format!("{NEW_PASSWORD} number {n}");
    let requests: Vec<_> = (racers.iter().enumerate())
        .map(|(n, racer)| (racer, "/api/set-password/reset", json!({ "password": password(n) })))
        .collect();
    let answers = world.race(&requests).await?;
    let winners: Vec<usize> = (0..).zip(&answers).filter(|(_, answer)| answer.0 == 200).map(|(n, _)| n).collect();
    safe!(winners.len() == 1, "a grant set {} passwords at once", winners.len());
    let winner = winners.first().copied().unwrap_or(0);
    world.stranger()?.sign_in(&person.name, &password(winner)).await?.want(200)?;
    world.stranger()?.sign_in(&person.name, &password(winner + 1)).await?.want(401)?;
    Ok(())
}

/// Lists, numbers, truth and nothing where a text belongs.
pub async fn a11_types_are_not_mixed_up(world: &World) -> Probed {
    let (person, _) = world.pair().await?;
    let code = person.recovery_code()?;
    let client = world.stranger()?;
    client.start(&person.name).await?;
    let wrong =
        |text: &str| [json!([text]), json!({ "$ne": "" }), json!(null), json!(true), json!(12_345_678), json!([])];
    for value in wrong(&code) {
        let body = json!({ "method": "recovery_code", "code": value });
        client.post(VERIFY, body).await?.want(400)?.want_code("invalid_body")?;
        client.post("/api/start-reset", json!({ "name": value })).await?.want(400)?;
    }
    for value in wrong(&person.password) {
        let stranger = world.stranger()?;
        stranger.post("/api/sign-in", json!({ "name": person.name, "password": value })).await?.want(400)?;
        client.post("/api/set-password/reset", json!({ "password": value })).await?.want(400)?;
    }
    client.recover(&code).await?.want(200)?;
    Ok(())
}

/// Does an answer, its headers and cookies included, hold the code that was sent?
pub async fn a15_no_code_in_an_answer(world: &World) -> Probed {
    let person = world.person().await?;
    person.cooled().await;
    let client = world.stranger()?;
    let before = world.messages().await?;
    let answers = [client.start(&person.name).await?, client.ask_for_code(&person.phone).await?];
    let code = world.code_since(&before, &person.phone).await?;
    let wrong = client.verify(&other_than(&code)).await?.want(422)?;
    let right = client.verify(&code).await?.want(200)?;
    let phone = person.phone.trim_start_matches("+1");
    for got in answers.iter().chain([&wrong, &right]) {
        let all = format!("{:?} {}", got.headers, got.text);
        safe!(!all.contains(&code), "{} tells the code", got.what);
        safe!(!all.contains(phone), "{} tells the number", got.what);
    }
    Ok(())
}

/// Codes and grants a second time; after their time too, when there is time.
pub async fn a16_nothing_is_good_twice_or_for_ever(world: &World) -> Probed {
    let person = world.person().await?;
    let (client, code) = world.code_for(&person).await?;
    let waiting = client.browser.remember();
    client.verify(&code).await?.want(200)?;
    let granted = client.browser.remember();
    client.browser.restore(&waiting);
    client.verify(&code).await?.want(422)?.want_code("wrong_code")?;
    client.browser.restore(&granted);
    client.set_password(NEW_PASSWORD).await?.want(200)?;
    client.browser.restore(&granted);
    client.set_password("another password altogether").await?.want(403)?.want_code("grant_spent")?;
    client.browser.restore(&waiting);
    safe!(client.verify(&code).await?.status != 200, "a code was taken after the reset it was for");
    if world.full {
        let person = world.person().await?;
        let granted = world.granted(&person).await?;
        let (client, code) = world.code_for(&person).await?;
        tokio::time::sleep(Duration::from_secs(301)).await;
        client.verify(&code).await?.want(410)?;
        granted.set_password(NEW_PASSWORD).await?.want(403)?;
    }
    Ok(())
}

/// A's code in B's flow, in A's other flow, and for another purpose.
pub async fn a22_a_code_is_good_in_its_place_only(world: &World) -> Probed {
    let (a, b) = (world.person().await?, world.person().await?);
    let (for_a, for_b) = (world.code_for(&a), world.code_for(&b));
    let (for_a, for_b) = futures::future::try_join(for_a, for_b).await?;
    for_b.0.verify(&for_a.1).await?.want(422)?;
    for_a.0.verify(&for_b.1).await?.want(422)?;
    // A's other flow: its number was asked for too soon, so nothing is sent, and the old code does not count there.
    let second = world.stranger()?;
    second.start(&a.name).await?;
    second.ask_for_code(&a.phone).await?;
    second.verify(&for_a.1).await?.want(422)?;
    // A code for a reset is none for signing in, and for registering.
    let signing_in = world.stranger()?;
    signing_in.sign_in(&b.name, &b.password).await?.want(200)?;
    signing_in.post("/api/verify-code/sign-in", json!({ "code": for_b.1 })).await?.want(422)?;
    b.client.post("/api/verify-code/register", json!({ "code": for_b.1 })).await?.want_one_of(&[422, 409, 403])?;
    // In its own place it is good.
    for_b.0.verify(&for_b.1).await?.want(200)?;
    Ok(())
}

/// A time-step of an app: once, now or the one before, also at once.
pub async fn a42_a_step_of_an_app_is_good_once(world: &World) -> Probed {
    let person = world.person().await?;
    let app = crate::app::App::register(&person.client).await?;
    let half = async || {
        let browser = world.stranger()?;
        browser.sign_in(&person.name, &person.password).await?.want(200)?;
        Ok::<_, Stop>(browser)
    };
    let path = "/api/verify-code/sign-in";
    let typed = |code: String| json!({ "method": "app", "code": code });
    for steps in [2, -3] {
        let status = half().await?.post(path, typed(app.code(steps)?)).await?.status;
        safe!(status == 422, "a code of {steps} half minutes away answered {status}");
    }
    let (code, browsers) = (app.code(0)?, join_all((0..8).map(|_| half())).await);
    let browsers: Vec<Client> = browsers.into_iter().collect::<Result<_, _>>()?;
    let requests: Vec<_> = browsers.iter().map(|browser| (browser, path, typed(code.clone()))).collect();
    let answers = world.race(&requests).await?;
    let winners = answers.iter().filter(|(status, _)| *status == 200).count();
    safe!(winners <= 1, "one code of an app signed in {winners} times at once");
    safe!(winners == 1, "the code of an app signed nobody in: {answers:?}");
    half().await?.post(path, typed(code)).await?.want_one_of(&[422, 429])?;
    Ok(())
}

/// Registration too: the same code in the same instant, and a name that many ask for at once.
pub async fn a39_enrolment_is_won_once(world: &World) -> Probed {
    let name = format!("attack-{:08x}-same", world.run);
    let admin = world.admin().await?;
    let body = json!({ "name": name, "display_name": "Mallory Steele" });
    let requests: Vec<_> = (0..20).map(|_| (&*admin, "/api/users", body.clone())).collect();
    let answers = world.race(&requests).await?;
    let made = answers.iter().filter(|(status, _)| *status == 201).count();
    safe!(made <= 1, "{made} accounts have one name");
    safe!(made == 1 || answers.iter().all(|(status, _)| matches!(status, 409 | 503)), "{answers:?}");
    Ok(())
}

/// Text to numbers that cost money, and to a whole range at once.
pub async fn a29_no_texts_to_numbers_that_pay(world: &World) -> Probed {
    let person = world.person().await?;
    person.cooled().await;
    let before = world.messages().await?;
    // Premium and free lines that are kept for stories, and what is no number at all.
    for typed in
        ["+19005550123", "+449098790123", "+448081570123", "+1;ext=2", "tel:+12025550123", "+12025550123,+12025550124"]
    {
        person.client.post("/api/send-code/register", text_to(typed)).await?.want_one_of(&[422, 400, 403])?;
        let stranger = world.stranger()?;
        stranger.start(&person.name).await?;
        stranger.post("/api/send-code/reset", text_to(typed)).await?.want_one_of(&[202, 400])?;
    }
    safe!(world.new_messages(&before).await?.is_empty(), "a message went to a number that nobody may be sent to");
    // One session, twelve neighbours at once.
    let bodies = (0..12).map(|n| ("/api/send-code/register", text_to(&format!("+14135550{}", 100 + n))));
    let requests: Vec<_> = bodies.map(|(path, body)| (&person.client, path, body)).collect();
    world.race(&requests).await?;
    let sent = world.new_messages(&before).await?.len();
    safe!(sent <= 1, "one session had {sent} new numbers texted at once");
    Ok(())
}
