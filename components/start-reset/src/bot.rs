//! The bot check (SEC-64): proof that a browser worked for this START and for no other.
//!
//! An answer costs a browser a moment and a robot the same moment every time; how long depends on how many wrong codes
//! everybody together typed in this hour. It is asked for with the client's count charged, so that START need not
//! charge it again: its gate takes the place of the count, and START stays at three commits.

use crate::wire::Posed;
use data_encoding::BASE64;
use relatch_core::altcha::{self, Answer, Challenge, Solved};
use relatch_core::limits::{BOT_CHECK_EFFORT, BOT_CHECK_LIFE, START_PER_CLIENT};
use relatch_http::{Code, json};
use relatch_spin::{App, Stepped};
use relatch_store::{Entropy, Kv};
use serde::Deserialize;

/// What the check is for: an answer for one thing is none for another.
const ACTION: &str = "reset";

/// Which check there is. Off only where that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BotCheck {
    Altcha,
    Off,
}

impl BotCheck {
    /// The variable `bot_check`; nothing, if it says neither.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "altcha" => Some(Self::Altcha),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

/// What a client of the protocol sends, in base64.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    algorithm: String,
    challenge: String,
    number: u64,
    salt: String,
    signature: String,
    /// How long it took, says the client. Clients of the protocol send it; nobody believes it.
    #[serde(default)]
    #[expect(dead_code, reason = "named so that it is not refused")]
    took: Option<f64>,
}

/// A challenge. One commit: the client's count, as START itself would charge it.
pub async fn pose<K: Kv, E: Entropy>(app: &App<K, E>, check: BotCheck) -> Stepped<Posed> {
    if check == BotCheck::Off {
        return Ok(Posed::Off);
    }
    app.limit(START_PER_CLIENT).await?;
    let effort = BOT_CHECK_EFFORT << app.vault.pressure(app.now).await?;
    let number = u64::from_be_bytes(app.vault.random()?) % effort.saturating_add(1);
    let expires = app.now.plus(BOT_CHECK_LIFE);
    let Challenge { challenge, salt, signature } = altcha::ask(&key(app), ACTION, app.vault.random()?, number, expires);
    Ok(Posed::Altcha { algorithm: altcha::ALGORITHM, challenge, salt, signature, maxnumber: effort })
}

/// Lets a START through, or not. One commit, whichever check there is. A wrong answer costs the store nothing.
pub async fn admit<K: Kv, E: Entropy>(app: &App<K, E>, check: BotCheck, sent: Option<&str>) -> Stepped<()> {
    if check == BotCheck::Off {
        return app.limit(START_PER_CLIENT).await;
    }
    let solved = sent.and_then(|sent| solved(app, sent)).ok_or(Code::BotCheckFailed)?;
    if app.vault.spend_answer(&solved).await? { Ok(()) } else { Err(Code::BotCheckFailed.into()) }
}

fn solved<K: Kv, E: Entropy>(app: &App<K, E>, sent: &str) -> Option<Solved> {
    let payload: Payload = json::parse(&BASE64.decode(sent.as_bytes()).ok()?).ok()?;
    let Payload { algorithm, challenge, number, salt, signature, .. } = &payload;
    let answer = Answer { algorithm, challenge, salt, number: *number, signature };
    altcha::check(&key(app), ACTION, answer, app.now)
}

/// One for this deployment and this origin.
fn key<K: Kv, E: Entropy>(app: &App<K, E>) -> [u8; 32] {
    app.vault.keys.mac("bot-check", &[app.settings.public_origin.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use relatch_testkit::{TestApp, app};
    use serde_json::{Value, json};

    fn solve(posed: &Posed) -> Value {
        let Posed::Altcha { algorithm, challenge, salt, signature, maxnumber } = posed else { panic!("it is on") };
        let number = altcha::find(challenge, salt, *maxnumber).unwrap();
        json!({ "algorithm": algorithm, "challenge": challenge, "number": number, "salt": salt, "signature": signature })
    }

    fn encoded(payload: &Value) -> String {
        BASE64.encode(payload.to_string().as_bytes())
    }

    async fn is_let_in(app: &TestApp, payload: &str) -> bool {
        admit(app, BotCheck::Altcha, Some(payload)).await.is_ok()
    }

    #[test]
    fn an_answer_lets_in_once_and_in_time() {
        pollster::block_on(async {
            let mut app = app();
            let payload = encoded(&solve(&pose(&app, BotCheck::Altcha).await.unwrap()));
            assert!(is_let_in(&app, &payload).await);
            assert!(!is_let_in(&app, &payload).await, "replayed");
            let late = encoded(&solve(&pose(&app, BotCheck::Altcha).await.unwrap()));
            app.now = app.now.plus(BOT_CHECK_LIFE);
            assert!(!is_let_in(&app, &late).await, "late");
        });
    }

    #[test]
    fn what_is_not_right_costs_the_store_nothing() {
        pollster::block_on(async {
            let app = app();
            let right = solve(&pose(&app, BotCheck::Altcha).await.unwrap());
            let changed = |field: &str, value: Value| {
                let mut payload = right.clone();
                payload[field] = value;
                encoded(&payload)
            };
            let before = app.vault.kv().commits();
            assert!(admit(&app, BotCheck::Altcha, None).await.is_err());
            for wrong in [
                String::new(),
                "{}".to_owned(),
                "%%%".to_owned(),
                encoded(&json!(null)),
                changed("number", json!(right["number"].as_u64().unwrap() + 1)),
                changed("number", json!("1")),
                changed("number", json!(-1)),
                changed("signature", json!("00")),
                changed("algorithm", json!("SHA-1")),
                changed("salt", json!(right["salt"].as_str().unwrap().replace("reset", "other"))),
                changed("more", json!(1)),
            ] {
                assert!(!is_let_in(&app, &wrong).await, "{wrong}");
            }
            assert_eq!(app.vault.kv().commits(), before);
            assert!(is_let_in(&app, &encoded(&right)).await);
        });
    }

    #[test]
    fn off_counts_the_client_instead() {
        pollster::block_on(async {
            let app = app();
            assert!(matches!(pose(&app, BotCheck::Off).await.unwrap(), Posed::Off));
            for turn in 0..11 {
                assert_eq!(admit(&app, BotCheck::Off, None).await.is_ok(), turn < 10);
            }
        });
    }

    #[test]
    fn ten_challenges_in_ten_minutes() {
        pollster::block_on(async {
            let app = app();
            for turn in 0..11 {
                assert_eq!(pose(&app, BotCheck::Altcha).await.is_ok(), turn < 10);
            }
        });
    }

    #[test]
    fn it_gets_harder_when_many_codes_are_wrong() {
        pollster::block_on(async {
            let app = app();
            let effort = async || match pose(&app, BotCheck::Altcha).await.unwrap() {
                Posed::Altcha { maxnumber, .. } => maxnumber,
                Posed::Off => 0,
            };
            assert_eq!(effort().await, BOT_CHECK_EFFORT);
            for _ in 0..100 {
                let mut batch = relatch_store::Batch::default();
                app.vault.count_failure(&mut batch, app.now).await.unwrap();
                app.vault.commit(batch).await.unwrap();
            }
            assert_eq!(effort().await, BOT_CHECK_EFFORT * 4);
        });
    }

    #[test]
    fn only_what_was_said_turns_it_off() {
        assert_eq!(BotCheck::parse("altcha"), Some(BotCheck::Altcha));
        assert_eq!(BotCheck::parse("off"), Some(BotCheck::Off));
        assert!(["", "on", "OFF", "false", "0"].iter().all(|text| BotCheck::parse(text).is_none()));
    }
}
