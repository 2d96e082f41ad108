//! Cloudflare's Turnstile and hCaptcha: a widget that gives a token to whoever presses its button, and `siteverify`.
//!
//! A token of ours is `stub/HOST/ACTION/ANYTHING`, so that a test can make one, too.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::form;

/// What the service shows as its secret.
pub const BOT_CHECK_SECRET: &str = "bot-check-secret";
/// What its pages show as its site key.
pub const BOT_CHECK_SITE_KEY: &str = "bot-check-site-key";
/// Questions kept; the oldest go first.
const MOST: usize = 1000;

/// The fields of a question.
pub type Question = BTreeMap<String, String>;

#[derive(Debug, Default)]
pub(crate) struct Checks(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    questions: VecDeque<Question>,
    used: BTreeSet<String>,
    said: Option<String>,
}

impl Checks {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn all(&self) -> Vec<Question> {
        self.kept().questions.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        *self.kept() = Kept::default();
    }

    pub(crate) fn say(&self, said: Option<String>) {
        self.kept().said = said;
    }

    /// The answer to a question: status and body. `has_site_key`: this provider may be told the site's key.
    pub(crate) fn answer(&self, body: &[u8], has_site_key: bool) -> (StatusCode, String) {
        let Ok(question) = form::parse(body) else {
            return (StatusCode::BAD_REQUEST, refused("bad-request").to_string());
        };
        let mut kept = self.kept();
        if kept.questions.len() >= MOST {
            kept.questions.pop_front();
        }
        kept.questions.push_back(question.clone());
        let judged = judge(&question, has_site_key, &mut kept.used).to_string();
        (StatusCode::OK, kept.said.clone().unwrap_or(judged))
    }
}

fn judge(question: &Question, has_site_key: bool, used: &mut BTreeSet<String>) -> Value {
    let field = |name: &str| question.get(name).map(String::as_str).unwrap_or_default();
    match field("secret") {
        BOT_CHECK_SECRET => {}
        "" => return refused("missing-input-secret"),
        _ => return refused("invalid-input-secret"),
    }
    if has_site_key && field("sitekey") != BOT_CHECK_SITE_KEY {
        return refused("sitekey-secret-mismatch");
    }
    let token = field("response");
    let Some((host, action)) = token
        .strip_prefix("stub/")
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(host, rest)| rest.split_once('/').map(|(action, _)| (host, action)))
    else {
        return refused("invalid-input-response");
    };
    if !used.insert(token.to_owned()) {
        return refused("timeout-or-duplicate");
    }
    let at = "2026-11-22T12:00:00.000Z";
    if has_site_key {
        json!({ "success": true, "challenge_ts": at, "hostname": host, "credit": null })
    } else {
        json!({
            "success": true, "challenge_ts": at, "hostname": host, "action": action, "error-codes": [], "cdata": "",
        })
    }
}

fn refused(code: &str) -> Value {
    json!({ "success": false, "error-codes": [code] })
}

/// The script of a widget that is named `name` in its window.
pub(crate) fn script(name: &str) -> String {
    include_str!("page/widget.js").replace("NAME", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(checks: &Checks, body: &str, has_site_key: bool) -> (bool, Value) {
        let answer: Value = serde_json::from_str(&checks.answer(body.as_bytes(), has_site_key).1).unwrap();
        (answer["success"] == true, answer["error-codes"][0].clone())
    }

    #[test]
    fn a_token_is_good_once_and_says_where_it_was_made() {
        let checks = Checks::default();
        let body = "secret=bot-check-secret&response=stub%2Flocalhost%2Freset%2F1";
        let answer: Value = serde_json::from_str(&checks.answer(body.as_bytes(), false).1).unwrap();
        assert_eq!((&answer["hostname"], &answer["action"]), (&json!("localhost"), &json!("reset")));
        assert_eq!(codes(&checks, body, false), (false, json!("timeout-or-duplicate")));
        let keyed = "secret=bot-check-secret&sitekey=bot-check-site-key&response=stub%2Flocalhost%2F%2F1";
        assert!(codes(&checks, keyed, true).0);
        assert_eq!(checks.all().len(), 3);
        assert_eq!(checks.all()[0]["response"], "stub/localhost/reset/1");
    }

    #[test]
    fn what_is_not_in_order_is_refused() {
        let checks = Checks::default();
        for (body, code) in [
            ("response=x", "missing-input-secret"),
            ("secret=other&response=x", "invalid-input-secret"),
            ("secret=bot-check-secret", "invalid-input-response"),
            ("secret=bot-check-secret&response=stub%2Fx", "invalid-input-response"),
            ("secret=%", "bad-request"),
        ] {
            assert_eq!(codes(&checks, body, false), (false, json!(code)), "{body}");
        }
        let body = "secret=bot-check-secret&sitekey=other&response=x";
        assert_eq!(codes(&checks, body, true), (false, json!("sitekey-secret-mismatch")));
        checks.say(Some("[]".to_owned()));
        assert_eq!(checks.answer(body.as_bytes(), true).1, "[]");
    }
}
