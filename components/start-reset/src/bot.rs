//! The bot check (SEC-64): proof that a browser worked for this START and for no other; or, where that was chosen, a
//! token of somebody who makes such checks.
//!
//! An answer costs a browser a moment and a robot the same moment every time; how long depends on how many wrong codes
//! everybody together typed in this hour. It is asked for with the client's count charged, so that START need not
//! charge it again: its gate takes the place of the count, and START stays at three commits. A token is charged here,
//! before its provider is asked, and spent when the provider says yes: one commit more.

use crate::wire::Posed;
use data_encoding::BASE64;
use relatch_core::altcha::{self, Answer, Challenge, Solved};
use relatch_core::coded::Coded;
use relatch_core::limits::{BOT_CHECK_EFFORT, BOT_CHECK_LIFE, START_PER_CLIENT};
use relatch_core::siteverify::{Provider, Verdict};
use relatch_http::{Code, Problem, json};
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
    Provided(Provider),
}

impl BotCheck {
    /// The variable `bot_check`; nothing, if it says none of them.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "altcha" => Some(Self::Altcha),
            "off" => Some(Self::Off),
            _ => Provider::parse(text).map(Self::Provided),
        }
    }
}

/// Whoever can say what a token is worth.
#[allow(async_fn_in_trait, reason = "guests are single-threaded")]
pub trait TokenJudge {
    async fn judge(&self, provider: Provider, token: &str) -> Verdict;
}

/// Why somebody is let in: the bot check there is, and what was sent for it.
#[derive(Clone, Copy)]
pub struct Admission<'a, J> {
    pub check: BotCheck,
    pub sent: Option<&'a str>,
    pub judge: &'a J,
}

/// Seconds after which a provider that could not say anything may be asked again.
const PROVIDER_PAUSE: u64 = 60;

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
    match check {
        BotCheck::Off => return Ok(Posed::Off),
        BotCheck::Provided(Provider::Turnstile) => return Ok(Posed::Turnstile),
        BotCheck::Provided(Provider::Hcaptcha) => return Ok(Posed::Hcaptcha),
        BotCheck::Altcha => {}
    }
    app.limit(START_PER_CLIENT).await?;
    let effort = BOT_CHECK_EFFORT << app.vault.pressure(app.now).await?;
    let number = u64::from_be_bytes(app.vault.random()?) % effort.saturating_add(1);
    let expires = app.now.plus(BOT_CHECK_LIFE);
    let Challenge { challenge, salt, signature } = altcha::ask(&key(app), ACTION, app.vault.random()?, number, expires);
    Ok(Posed::Altcha { algorithm: altcha::ALGORITHM, challenge, salt, signature, maxnumber: effort })
}

/// Lets a START through, or not. One commit; with a provider's token two. A wrong answer costs the store nothing, a
/// wrong token the client's count.
pub async fn admit<K: Kv, E: Entropy>(app: &App<K, E>, admission: Admission<'_, impl TokenJudge>) -> Stepped<()> {
    let Admission { check, sent, judge } = admission;
    let spent = match check {
        BotCheck::Off => return app.limit(START_PER_CLIENT).await,
        BotCheck::Altcha => {
            let solved = sent.and_then(|sent| solved(app, sent)).ok_or(Code::BotCheckFailed)?;
            app.vault.spend_answer(&solved).await?
        }
        BotCheck::Provided(provider) => {
            let token = sent.filter(|sent| provider.may_be_token(sent)).ok_or(Code::BotCheckFailed)?;
            app.limit(START_PER_CLIENT).await?;
            ask_provider(judge, provider, token).await?;
            let parts = [app.settings.public_origin.as_bytes(), provider.code().as_bytes(), token.as_bytes()];
            app.vault.spend_token(&app.vault.keys.mac("bot-check-token", &parts), app.now).await?
        }
    };
    if spent { Ok(()) } else { Err(Code::BotCheckFailed.into()) }
}

/// Nothing but a clear yes lets anybody in.
async fn ask_provider(judge: &impl TokenJudge, provider: Provider, token: &str) -> Result<(), Problem> {
    match judge.judge(provider, token).await {
        Verdict::Accepted => Ok(()),
        Verdict::Refused => Err(Problem::new(Code::BotCheckFailed)),
        Verdict::WrongSecret | Verdict::Unsure => {
            Err(Problem::new(Code::BotCheckUnavailable).retry_after(PROVIDER_PAUSE))
        }
    }
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

    struct Says(Verdict);

    impl TokenJudge for Says {
        async fn judge(&self, _: Provider, _: &str) -> Verdict {
            self.0
        }
    }

    async fn try_with(app: &TestApp, check: BotCheck, verdict: Verdict, sent: Option<&str>) -> Result<(), Problem> {
        admit(app, Admission { check, sent, judge: &Says(verdict) }).await.map_err(Problem::from)
    }

    async fn is_let_in(app: &TestApp, payload: &str) -> bool {
        try_with(app, BotCheck::Altcha, Verdict::Refused, Some(payload)).await.is_ok()
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
            assert!(try_with(&app, BotCheck::Altcha, Verdict::Accepted, None).await.is_err());
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
                assert_eq!(try_with(&app, BotCheck::Off, Verdict::Refused, None).await.is_ok(), turn < 10);
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
                _ => 0,
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
    fn a_token_lets_in_once_and_only_if_its_provider_says_yes() {
        pollster::block_on(async {
            for provider in [Provider::Turnstile, Provider::Hcaptcha] {
                let app = app();
                let check = BotCheck::Provided(provider);
                let code = async |verdict, token| try_with(&app, check, verdict, token).await.err().map(|no| no.code);
                let (before, long) = (app.vault.kv().commits(), "x".repeat(7_000));
                for none in [None, Some(""), Some("a b"), Some(long.as_str())] {
                    assert_eq!(code(Verdict::Accepted, none).await, Some(Code::BotCheckFailed));
                }
                assert_eq!(app.vault.kv().commits(), before, "no token, no cost");
                assert_eq!(code(Verdict::Refused, Some("t")).await, Some(Code::BotCheckFailed));
                assert_eq!(code(Verdict::Unsure, Some("t")).await, Some(Code::BotCheckUnavailable));
                assert_eq!(code(Verdict::WrongSecret, Some("t")).await, Some(Code::BotCheckUnavailable));
                assert_eq!(app.vault.kv().commits(), before + 3, "the client's count, and nothing else");
                assert_eq!(code(Verdict::Accepted, Some("t")).await, None);
                assert_eq!(code(Verdict::Accepted, Some("t")).await, Some(Code::BotCheckFailed), "replayed");
                assert_eq!(code(Verdict::Accepted, Some("u")).await, None);
                for turn in 6..11 {
                    let wanted = if turn < 10 { Code::BotCheckFailed } else { Code::TooManyRequests };
                    assert_eq!(code(Verdict::Refused, Some("t")).await, Some(wanted), "{turn}");
                }
            }
        });
    }

    #[test]
    fn only_what_was_said_turns_it_off() {
        assert_eq!(BotCheck::parse("altcha"), Some(BotCheck::Altcha));
        assert_eq!(BotCheck::parse("off"), Some(BotCheck::Off));
        assert_eq!(BotCheck::parse("hcaptcha"), Some(BotCheck::Provided(Provider::Hcaptcha)));
        assert!(["", "on", "OFF", "Turnstile", "false", "0"].iter().all(|text| BotCheck::parse(text).is_none()));
    }
}
