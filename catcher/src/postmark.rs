//! Postmark's `POST /email`.

use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::behaviour::Mode;
use crate::messages::{Kind, Message, fresh_id, now};
use crate::twilio::{has_type, same};

const TOKEN: &str = "x-postmark-server-token";
const LONGEST_SUBJECT: usize = 2000;

/// An error in Postmark's shape.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: u32,
    message: String,
}

fn invalid(code: u32, message: impl Into<String>) -> Refusal {
    Refusal { status: StatusCode::UNPROCESSABLE_ENTITY, code, message: message.into() }
}

impl Refusal {
    pub(crate) fn answer(&self) -> (StatusCode, Value) {
        (self.status, json!({ "ErrorCode": self.code, "Message": self.message }))
    }

    /// The answer of a provider that has such a day.
    pub(crate) fn of(mode: Mode) -> Self {
        let (status, code, message) = match mode {
            Mode::Limit => (StatusCode::TOO_MANY_REQUESTS, 429, "Rate limit exceeded"),
            Mode::Refuse => {
                return invalid(406, "You tried to send to a recipient that has been marked as inactive.");
            }
            _ => (StatusCode::INTERNAL_SERVER_ERROR, 0, "Internal server error"),
        };
        Self { status, code, message: message.to_owned() }
    }
}

/// What this catcher knows of Postmark's mail; anything else, twice the same and copies to others are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Mail {
    from: String,
    to: String,
    subject: String,
    text_body: Option<String>,
    html_body: Option<String>,
    reply_to: Option<String>,
    message_stream: Option<String>,
    track_opens: Option<bool>,
    track_links: Option<String>,
}

/// Checks a request and makes the message of it.
pub(crate) fn accept(token: &str, headers: &HeaderMap, body: &[u8]) -> Result<Message, Refusal> {
    if !headers.get(TOKEN).is_some_and(|given| same(given.as_bytes(), token)) {
        let message = "Bad or missing Server API token.".to_owned();
        return Err(Refusal { status: StatusCode::UNAUTHORIZED, code: 10, message });
    }
    if !has_type(headers, "application/json") {
        let message = "The content type must be application/json".to_owned();
        return Err(Refusal { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, code: 402, message });
    }
    let mail: Mail = serde_json::from_slice(body).map_err(|error| invalid(403, error.to_string()))?;
    check(&mail)?;
    let id = fresh_id().map_err(|_| Refusal::of(Mode::Fail))?;
    Ok(Message {
        id: as_uuid(&id),
        kind: Kind::Mail,
        to: mail.to,
        from: mail.from,
        subject: Some(mail.subject),
        body: mail.text_body.unwrap_or_default(),
        html: mail.html_body,
        received_at: now(),
    })
}

/// The answer to a mail that was accepted.
pub(crate) fn accepted(message: &Message) -> Value {
    json!({
        "To": message.to,
        "SubmittedAt": message.received_at,
        "MessageID": message.id,
        "ErrorCode": 0,
        "Message": "OK",
    })
}

fn check(mail: &Mail) -> Result<(), Refusal> {
    if !is_one_address(&mail.from) {
        return Err(invalid(300, "Invalid 'From' address"));
    }
    if !is_one_address(&mail.to) {
        return Err(invalid(300, "Invalid 'To' address: exactly one recipient is expected"));
    }
    if mail.reply_to.as_deref().is_some_and(|address| !is_one_address(address)) {
        return Err(invalid(300, "Invalid 'ReplyTo' address"));
    }
    let subject_fits = !mail.subject.is_empty()
        && mail.subject.chars().count() <= LONGEST_SUBJECT
        && !mail.subject.contains(char::is_control);
    if !subject_fits {
        return Err(invalid(300, "Invalid 'Subject'"));
    }
    let has_text = |body: &Option<String>| body.as_ref().is_some_and(|body| !body.is_empty());
    if !has_text(&mail.text_body) && !has_text(&mail.html_body) {
        return Err(invalid(300, "Provide either email TextBody or HtmlBody or both."));
    }
    if mail.message_stream.as_deref().is_some_and(str::is_empty) {
        return Err(invalid(300, "Invalid 'MessageStream'"));
    }
    // A mail with a secret in it must not be watched.
    let watched = mail.track_opens == Some(true) || mail.track_links.as_deref().is_some_and(|links| links != "None");
    if watched {
        return Err(invalid(300, "This catcher refuses mail that is tracked"));
    }
    Ok(())
}

/// `a@b` or `Name <a@b>`, and nothing that could be a second address or header.
fn is_one_address(text: &str) -> bool {
    if text.len() > 320 || text.contains(|c: char| c.is_control() || c == ',' || c == ';') {
        return false;
    }
    let address = match text.split_once('<') {
        Some((_, rest)) => match rest.strip_suffix('>') {
            Some(address) => address,
            None => return false,
        },
        None => text,
    };
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    !local.is_empty()
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !address.contains([' ', '<', '>', '"'])
        && !domain.contains('@')
}

fn as_uuid(id: &str) -> String {
    let part = |range: std::ops::Range<usize>| id.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(token: &str, content_type: &str, body: &str) -> Result<Message, (u16, u32)> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", content_type.parse().unwrap());
        headers.insert(TOKEN, token.parse().unwrap());
        accept("secret", &headers, body.as_bytes()).map_err(|refusal| (refusal.status.as_u16(), refusal.code))
    }

    fn mail(body: &str) -> Result<Message, (u16, u32)> {
        send("secret", "application/json", body)
    }

    #[test]
    fn a_mail_is_accepted() {
        let message = mail(
            r#"{"From":"Contoso <no-reply@contoso.example>","To":"a@b.example","Subject":"Hi","TextBody":"code 1",
                "MessageStream":"outbound","TrackOpens":false,"TrackLinks":"None"}"#,
        )
        .unwrap();
        assert_eq!((message.to.as_str(), message.body.as_str()), ("a@b.example", "code 1"));
        assert_eq!(message.id.len(), 36);
        assert_eq!(accepted(&message)["ErrorCode"], 0);
    }

    #[test]
    fn a_mail_that_is_not_in_order_is_refused() {
        let cases = [
            (r#"{"From":"a@b","To":"a@b","Subject":"s"}"#, 300),
            (r#"{"From":"a@b","To":"a@b, c@d","Subject":"s","TextBody":"x"}"#, 300),
            (r#"{"From":"a@b","To":"a@b;c@d","Subject":"s","TextBody":"x"}"#, 300),
            (r#"{"From":"a@b","To":"a@b\nBcc: c@d","Subject":"s","TextBody":"x"}"#, 300),
            (r#"{"From":"a@b","To":"nobody","Subject":"s","TextBody":"x"}"#, 300),
            (r#"{"From":"a@b","To":"","Subject":"s","TextBody":"x"}"#, 300),
            (r#"{"From":"nobody","To":"a@b","Subject":"s","TextBody":"x"}"#, 300),
            (r#"{"From":"a@b","To":"a@b","Subject":"","TextBody":"x"}"#, 300),
            (r#"{"From":"a@b","To":"a@b","Subject":"a\nb","TextBody":"x"}"#, 300),
            (r#"{"From":"a@b","To":"a@b","Subject":"s","TextBody":"x","TrackOpens":true}"#, 300),
            (r#"{"From":"a@b","To":"a@b","Subject":"s","TextBody":"x","Bcc":"c@d"}"#, 403),
            (r#"{"From":"a@b","To":"a@b","To":"c@d","Subject":"s","TextBody":"x"}"#, 403),
            (r#"{"From":"a@b","To":["a@b"],"Subject":"s","TextBody":"x"}"#, 403),
            ("{", 403),
        ];
        for (body, code) in cases {
            assert_eq!(mail(body).map(|_| ()), Err((422, code)), "{body}");
        }
    }

    #[test]
    fn a_stranger_or_another_content_type_is_refused() {
        let body = r#"{"From":"a@b","To":"a@b","Subject":"s","TextBody":"x"}"#;
        assert_eq!(send("wrong", "application/json", body).map(|_| ()), Err((401, 10)));
        assert_eq!(send("secret", "text/plain", body).map(|_| ()), Err((415, 402)));
    }
}
