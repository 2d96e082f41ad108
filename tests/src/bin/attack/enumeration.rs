//! Does an answer tell a stranger who exists?

use crate::outcome::{Got, Probed, Stop};
use crate::world::{World, other_than};
use serde_json::json;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Headers that differ between two answers to the same question: the clock's, a proxy's.
fn noise(one: &str, other: &str) -> BTreeSet<String> {
    let lines = |print: &str| print.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (one, other) = (lines(one), lines(other));
    one.symmetric_difference(&other).filter_map(|line| Some(line.split_once(": ")?.0.to_owned())).collect()
}

/// Everything a stranger could compare, without what differs anyway.
fn print(got: &Got, noise: &BTreeSet<String>) -> String {
    let fits = |line: &&str| line.split_once(": ").is_none_or(|(name, _)| !noise.contains(name));
    got.fingerprint().lines().filter(fits).collect::<Vec<_>>().join("\n")
}

/// Status, words, size, headers and cookies of START, SEND, VERIFY and SIGNIN.
pub async fn a18_answers_are_alike(world: &World) -> Probed {
    let person = world.person().await?;
    let start = async |name: &str| world.stranger()?.start(name).await;
    let noise = noise(&start("nobody-one").await?.fingerprint(), &start("nobody-two").await?.fingerprint());
    let nobody = print(&start("nobody-one").await?, &noise);
    for (who, name) in
        [("somebody", person.name.as_str()), ("an administrator", world.admin_name()), ("no ASCII", "n\u{f6}body")]
    {
        safe!(print(&start(name).await?, &noise) == nobody, "START answers otherwise for {who} than for nobody");
    }
    person.cooled().await;
    let mut prints = Vec::new();
    for (name, phone) in
        [(person.name.as_str(), person.phone.as_str()), (&person.name, "+12125550197"), ("nobody-one", &person.phone)]
    {
        let client = world.stranger()?;
        client.start(name).await?;
        let before = world.messages().await?;
        let mut said = vec![print(&client.ask_for_code(phone).await?, &noise)];
        let right = name == person.name && phone == person.phone;
        let guess = if right { other_than(&world.code_since(&before, phone).await?) } else { "00000000".to_owned() };
        if phone == person.phone {
            for _ in 0..6 {
                said.push(print(&client.verify(&guess).await?, &noise));
            }
        }
        prints.push(said);
    }
    let [right, wrong, decoy] = prints.as_slice() else { return Ok(()) };
    safe!(right.first() == wrong.first(), "SEND answers otherwise for a right number than for a wrong one");
    safe!(right.first() == decoy.first(), "SEND answers otherwise for somebody than for nobody");
    safe!(right == decoy, "VERIFY answers otherwise for somebody than for nobody");
    let wrong = "not the right one at all";
    let refused =
        async |name: &str| Ok::<_, Stop>(print(&world.stranger()?.sign_in(name, wrong).await?.want(401)?, &noise));
    let (theirs, nobodys) = (refused(&person.name).await?, refused("nobody-one").await?);
    safe!(theirs == nobodys, "SIGNIN answers otherwise for somebody than for nobody");
    Ok(())
}

/// How long START and SIGNIN take, in pairs and in random order. Coarse: from outside, clocks are noisy.
pub async fn a19_answers_take_as_long(world: &World) -> Probed {
    world.many_addresses("pairs of requests to compare")?;
    let (person, _) = world.pair().await?;
    let pairs = if world.full { 800 } else { 150 };
    let mut told = Vec::new();
    for _ in 0..3 {
        let (mut theirs, mut nobodys) = (Vec::new(), Vec::new());
        while theirs.len() < pairs {
            let client = world.stranger()?;
            client.get("/api/sign-in").await?;
            // Few from one address, so that a slot shared with another does not overflow.
            for _ in 0..2 {
                let mut names = [(true, person.name.clone()), (false, format!("nobody-{}", theirs.len()))];
                if RandomState::new().hash_one(theirs.len()).is_multiple_of(2) {
                    names.reverse();
                }
                for (real, name) in names {
                    let took = client.start(&name).await?.took;
                    if real { theirs.push(took) } else { nobodys.push(took) }
                }
            }
        }
        match difference("START", &theirs, &nobodys) {
            None => break,
            Some(found) => told.push(found),
        }
        safe!(told.len() < 2, "{}", told.join("; "));
    }
    let person = world.person().await?;
    let (mut theirs, mut nobodys) = (Vec::new(), Vec::new());
    for n in 0..8 {
        let client = world.stranger()?;
        client.get("/api/sign-in").await?;
        let guess = |name: &str| json!({ "name": name, "password": format!("guess {n} is as wrong as any") });
        theirs.push(client.post("/api/sign-in", guess(&person.name)).await?.want_one_of(&[401, 503])?.took);
        nobodys.push(client.post("/api/sign-in", guess("nobody-one")).await?.want_one_of(&[401, 503])?.took);
    }
    let (theirs, nobodys) = (median(&theirs), median(&nobodys));
    let longer = theirs.max(nobodys).as_secs_f64() / theirs.min(nobodys).as_secs_f64().max(0.000_1);
    let alike = longer < 2.0;
    safe!(alike, "SIGNIN takes {theirs:?} for somebody and {nobodys:?} for nobody");
    Ok(())
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The middle of one beyond the middle of the other by much, and most of one longer than most of the other.
fn difference(step: &str, theirs: &[Duration], nobodys: &[Duration]) -> Option<String> {
    let mut sorted = nobodys.to_vec();
    sorted.sort();
    let below: usize = theirs.iter().map(|one| sorted.partition_point(|other| other < one)).sum();
    let auc = below as f64 / (theirs.len() * nobodys.len()).max(1) as f64;
    let (one, other) = (median(theirs), median(nobodys));
    let far = one.abs_diff(other) > Duration::from_millis(5).max(one / 5);
    (far || !(0.4..=0.6).contains(&auc))
        .then(|| format!("{step}: {one:?} for somebody, {other:?} for nobody, AUC {auc:.2}"))
}

/// A limit that trips, a provider that is down, a name that is taken.
pub async fn a20_side_effects_are_alike(world: &World) -> Probed {
    let person = world.person().await?;
    person.cooled().await;
    let mut over = Vec::new();
    if world.target.many_addresses {
        for name in [person.name.as_str(), "nobody-one"] {
            let client = world.stranger()?;
            let mut last = client.post("/api/start-reset", json!({ "name": name })).await?;
            // Twice ten: a window of ten minutes may end on the way.
            for _ in 0..20 {
                if last.status == 429 {
                    break;
                }
                last = client.post("/api/start-reset", json!({ "name": name })).await?;
            }
            safe!(last.status == 429, "21 STARTs from one address were all answered");
            safe!(!last.header("retry-after").is_empty(), "429 without Retry-After");
            safe!(!last.headers.keys().any(|name| name.as_str().contains("ratelimit")), "429 shows its counters");
            over.push((last.status, last.code(), last.json()["title"].clone()));
        }
        let alike = over.first() == over.last();
        safe!(alike, "the limit answers otherwise for somebody than for nobody");
    }
    let down = async |fails| world.sink.fail(fails).await.map_err(|error| Stop::NotRun(format!("{error:#}")));
    let asked = async |name: &str| {
        let client = world.stranger()?;
        client.start(name).await?;
        let sent = client.ask_for_code(&person.phone).await?;
        let tried = client.verify("00000000").await?;
        Ok::<_, Stop>([(sent.status, sent.json()), (tried.status, json!(tried.code()))])
    };
    down(true).await?;
    let both = async { Ok::<_, Stop>((asked(&person.name).await?, asked("nobody-one").await?)) }.await;
    down(false).await?;
    let (theirs, nobodys) = both?;
    safe!(theirs == nobodys, "with the provider down SEND and VERIFY answer otherwise for somebody than for nobody");
    Ok(())
}
