//! Asking a provider of bot checks about a token (`siteverify`), and reading what it says.

use http::Request;
use relatch_core::siteverify::{Provider, Said};
use relatch_http::json::is_object;
use serde::Deserialize;

/// Where the provider is and how we show who we are. Holds a secret, so it has no `Debug`.
pub struct Keys {
    pub base_url: String,
    pub site_key: String,
    pub secret: String,
}

/// What a provider says, as far as it is of use. They say more, and may say more still.
#[derive(Deserialize)]
pub struct Answer {
    success: bool,
    hostname: Option<String>,
    action: Option<String>,
    #[serde(rename = "error-codes", default)]
    errors: Option<Vec<String>>,
}

impl Answer {
    pub fn said(&self) -> Said<'_> {
        Said {
            success: self.success,
            hostname: self.hostname.as_deref().unwrap_or_default(),
            action: self.action.as_deref().unwrap_or_default(),
            errors: self.errors.as_deref().unwrap_or_default(),
        }
    }
}

/// The question about a token; nothing when the address cannot be used. Not where the person is: that is nobody's
/// business.
pub fn ask(provider: Provider, keys: &Keys, token: &str) -> Option<Request<String>> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("secret", &keys.secret).append_pair("response", token);
    if provider == Provider::Hcaptcha {
        // Otherwise a token of any other site of this customer would do.
        form.append_pair("sitekey", &keys.site_key);
    }
    let request = Request::post(provider.question(&keys.base_url))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("user-agent", "relatch");
    request.body(form.finish()).ok()
}

/// An object, and nothing else.
pub fn read(body: &[u8]) -> Option<Answer> {
    if is_object(body) { serde_json::from_slice(body).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use relatch_core::siteverify::{ACTION, Verdict, judge};

    fn keys() -> Keys {
        Keys { base_url: "https://c.example/".to_owned(), site_key: "site-key".to_owned(), secret: "a&b=c".to_owned() }
    }

    #[test]
    fn secret_and_token_go_out_in_a_form_and_nothing_else() {
        let request = ask(Provider::Turnstile, &keys(), "0.a+b/c=").unwrap();
        assert_eq!(request.uri(), "https://c.example/turnstile/v0/siteverify");
        assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
        assert_eq!(request.body(), "secret=a%26b%3Dc&response=0.a%2Bb%2Fc%3D");
        let request = ask(Provider::Hcaptcha, &keys(), "P1_x").unwrap();
        assert_eq!(request.uri(), "https://c.example/siteverify");
        assert_eq!(request.body(), "secret=a%26b%3Dc&response=P1_x&sitekey=site-key");
        assert!(ask(Provider::Turnstile, &Keys { base_url: "no address".to_owned(), ..keys() }, "t").is_none());
    }

    #[test]
    fn answers_as_they_come_are_read() {
        let verdict = |provider, body: &str| judge(provider, read(body.as_bytes()).unwrap().said(), "reset.example");
        let turnstile = r#"{"success":true,"error-codes":[],"challenge_ts":"2026-11-22T12:00:00.000Z",
            "hostname":"reset.example","action":"reset","cdata":"","metadata":{"interactive":false}}"#;
        assert_eq!(verdict(Provider::Turnstile, turnstile), Verdict::Accepted);
        let hcaptcha =
            r#"{"success":true,"challenge_ts":"2026-11-22T12:00:00Z","hostname":"reset.example","credit":null}"#;
        assert_eq!(verdict(Provider::Hcaptcha, hcaptcha), Verdict::Accepted);
        assert_eq!(verdict(Provider::Turnstile, &turnstile.replace(ACTION, "other")), Verdict::Refused);
        for refused in [
            r#"{"success":false,"error-codes":["timeout-or-duplicate"]}"#,
            r#"{"success":true}"#,
            r#"{"success":true,"hostname":null,"action":null,"error-codes":null}"#,
        ] {
            assert_eq!(verdict(Provider::Turnstile, refused), Verdict::Refused, "{refused}");
        }
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for garbage in [
            "",
            "null",
            "true",
            "<html>",
            "{}",
            r#"[true,"reset.example","reset",[]]"#,
            r#"{"success":"true","hostname":"reset.example","action":"reset"}"#,
            r#"{"success":1,"hostname":"reset.example","action":"reset"}"#,
            r#"{"success":false,"success":true,"hostname":"reset.example","action":"reset"}"#,
            r#"{"success":true,"hostname":["reset.example"],"action":"reset"}"#,
            r#"{"success":true,"hostname":"reset.example","action":"reset","error-codes":"x"}"#,
            r#"{"success":true,"hostname":"reset.example","action":"reset"} x"#,
            r#"{"success":true,"hostname":"reset.example","action":"reset""#,
        ] {
            assert!(read(garbage.as_bytes()).is_none(), "{garbage}");
        }
        assert!(read(b"{\"success\":true,\"hostname\":\"\xff\"}").is_none());
    }
}
