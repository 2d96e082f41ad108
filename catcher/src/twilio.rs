//! The two calls of Twilio's API that send: `Messages.json` and `Calls.json`.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, StatusCode, header};
use data_encoding::BASE64;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::behaviour::Mode;
use crate::form;
use crate::messages::{Kind, Message, fresh_id, now};

/// Twilio's own bound on a text.
const LONGEST_BODY: usize = 1600;
const LONGEST_TWIML: usize = 4000;

/// What a sender has to know.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) sid: String,
    pub(crate) token: String,
}

/// An error in Twilio's shape.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: u32,
    message: String,
}

fn refuse(status: StatusCode, code: u32, message: impl Into<String>) -> Refusal {
    Refusal { status, code, message: message.into() }
}

fn bad(code: u32, message: impl Into<String>) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, code, message)
}

impl Refusal {
    pub(crate) fn answer(&self) -> (StatusCode, Value) {
        let body = json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status.as_u16(),
        });
        (self.status, body)
    }

    /// The answer of a provider that has such a day.
    pub(crate) fn of(mode: Mode) -> Self {
        match mode {
            Mode::Limit => refuse(StatusCode::TOO_MANY_REQUESTS, 20429, "Too Many Requests"),
            Mode::Refuse => bad(21610, "Attempt to send to unsubscribed recipient"),
            _ => refuse(StatusCode::INTERNAL_SERVER_ERROR, 20500, "An internal server error has occurred"),
        }
    }
}

/// Checks a request and makes the message of it.
pub(crate) fn accept(
    account: &Account,
    path_sid: &str,
    kind: Kind,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Message, Refusal> {
    if !authentic(account, headers) {
        return Err(refuse(StatusCode::UNAUTHORIZED, 20003, "Authenticate"));
    }
    if path_sid != account.sid {
        return Err(refuse(StatusCode::NOT_FOUND, 20404, "The requested resource was not found"));
    }
    if !has_type(headers, "application/x-www-form-urlencoded") {
        let message = "The content type must be application/x-www-form-urlencoded";
        return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, 20001, message));
    }
    let fields = form::parse(body).map_err(|reason| bad(20001, reason))?;
    match kind {
        Kind::Voice => call(fields),
        Kind::Sms | Kind::Mail => text(fields),
    }
}

/// The answer to a message that was accepted.
pub(crate) fn accepted(account: &Account, message: &Message) -> Value {
    let list = if message.kind == Kind::Voice { "Calls" } else { "Messages" };
    json!({
        "sid": message.id,
        "account_sid": account.sid,
        "api_version": "2010-04-01",
        "status": "queued",
        "direction": "outbound-api",
        "to": message.to,
        "from": message.from,
        "body": (message.kind == Kind::Sms).then_some(&message.body),
        "date_created": message.received_at,
        "error_code": null,
        "error_message": null,
        "uri": format!("/2010-04-01/Accounts/{}/{list}/{}.json", account.sid, message.id),
    })
}

pub(crate) fn has_type(headers: &HeaderMap, expected: &str) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let (kind, parameter) = value.split_once(';').unwrap_or((value, ""));
    let parameter = parameter.trim();
    kind.trim().eq_ignore_ascii_case(expected)
        && (parameter.is_empty() || parameter.eq_ignore_ascii_case("charset=utf-8"))
}

pub(crate) fn same(given: &[u8], known: &str) -> bool {
    given.ct_eq(known.as_bytes()).into()
}

fn authentic(account: &Account, headers: &HeaderMap) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| BASE64.decode(value.as_bytes()).ok());
    given.is_some_and(|given| same(&given, &format!("{}:{}", account.sid, account.token)))
}

fn take(fields: &mut BTreeMap<String, String>, name: &str) -> Option<String> {
    fields.remove(name).filter(|value| !value.is_empty())
}

fn nothing_else(fields: &BTreeMap<String, String>) -> Result<(), Refusal> {
    match fields.keys().next() {
        Some(name) => Err(bad(20001, format!("Unknown parameter: {name}"))),
        None => Ok(()),
    }
}

/// E.164: a plus, a country that does not begin with 0, 7 to 15 digits.
fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// A sender may also be a name: letters, digits and spaces, one letter at least, eleven characters at most.
fn is_sender_name(text: &str) -> bool {
    text.len() <= 11
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

fn is_service(text: &str) -> bool {
    text.strip_prefix("MG").is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn text(mut fields: BTreeMap<String, String>) -> Result<Message, Refusal> {
    let to = take(&mut fields, "To").ok_or_else(|| bad(21604, "A 'To' phone number is required."))?;
    let from = take(&mut fields, "From");
    let service = take(&mut fields, "MessagingServiceSid");
    let body = take(&mut fields, "Body").ok_or_else(|| bad(21602, "Message body is required."))?;
    nothing_else(&fields)?;
    if !is_number(&to) {
        return Err(bad(21211, format!("Invalid 'To' Phone Number: {to}")));
    }
    let from = match (from, service) {
        (Some(from), None) if is_number(&from) || is_sender_name(&from) => from,
        (Some(from), None) => {
            return Err(bad(21212, format!("Invalid From Number (caller ID): {from}")));
        }
        (None, Some(service)) if is_service(&service) => service,
        (None, Some(_)) => return Err(bad(21705, "The Messaging Service Sid is invalid.")),
        (None, None) => return Err(bad(21603, "A 'From' phone number is required.")),
        (Some(_), Some(_)) => return Err(bad(20001, "Give From or MessagingServiceSid, not both")),
    };
    if body.chars().count() > LONGEST_BODY {
        return Err(bad(21617, "The concatenated message body exceeds the 1600 character limit"));
    }
    message("SM", Kind::Sms, to, from, body)
}

fn call(mut fields: BTreeMap<String, String>) -> Result<Message, Refusal> {
    let to = take(&mut fields, "To").ok_or_else(|| bad(21201, "No 'To' number is specified"))?;
    let from = take(&mut fields, "From").ok_or_else(|| bad(21213, "Caller phone number is required"))?;
    let twiml = take(&mut fields, "Twiml").ok_or_else(|| bad(21205, "Twiml is required"))?;
    nothing_else(&fields)?;
    if !is_number(&to) {
        return Err(bad(21211, format!("Invalid 'To' Phone Number: {to}")));
    }
    if !is_number(&from) {
        return Err(bad(21212, format!("Invalid From Number (caller ID): {from}")));
    }
    if twiml.chars().count() > LONGEST_TWIML || !is_twiml(&twiml) {
        return Err(bad(12100, "Document parse failure"));
    }
    message("CA", Kind::Voice, to, from, twiml)
}

/// One `Response` element around everything, and brackets in pairs. Twilio's own parser sees the rest.
fn is_twiml(text: &str) -> bool {
    let text = text.trim();
    let text = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, rest)| rest.trim_start()),
        None => text,
    };
    text.starts_with("<Response>")
        && text.ends_with("</Response>")
        && text.matches('<').count() == text.matches('>').count()
}

fn message(prefix: &str, kind: Kind, to: String, from: String, body: String) -> Result<Message, Refusal> {
    let id = fresh_id().map_err(|_| Refusal::of(Mode::Fail))?;
    let id = format!("{prefix}{id}");
    Ok(Message { id, kind, to, from, subject: None, body, html: None, received_at: now() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn send(kind: Kind, content_type: &str, user: &str, body: &str) -> Result<Message, (u16, u32)> {
        let account = Account { sid: "AC1".into(), token: "secret".into() };
        let mut headers = HeaderMap::new();
        headers.insert("content-type", content_type.parse().unwrap());
        headers.insert("authorization", format!("Basic {}", BASE64.encode(user.as_bytes())).parse().unwrap());
        accept(&account, "AC1", kind, &headers, body.as_bytes())
            .map_err(|refusal| (refusal.status.as_u16(), refusal.code))
    }

    fn sms(body: &str) -> Result<Message, (u16, u32)> {
        send(Kind::Sms, FORM, "AC1:secret", body)
    }

    fn voice(body: &str) -> Result<Message, (u16, u32)> {
        send(Kind::Voice, FORM, "AC1:secret", body)
    }

    #[test]
    fn a_text_is_accepted() {
        let message = sms("To=%2B4915112345678&From=%2B15005550006&Body=Hello+you").unwrap();
        assert_eq!((message.to.as_str(), message.body.as_str()), ("+4915112345678", "Hello you"));
        assert!(message.id.starts_with("SM") && message.id.len() == 34);
        assert!(sms("To=%2B4915112345678&From=Contoso&Body=x").is_ok());
        let service = "MG0123456789abcdef0123456789abcdef";
        assert!(sms(&format!("To=%2B4915112345678&MessagingServiceSid={service}&Body=x")).is_ok());
    }

    #[test]
    fn a_text_that_is_not_in_order_is_refused() {
        let cases = [
            ("From=%2B15005550006&Body=x", 21604),
            ("To=%2B4915112345678&Body=x", 21603),
            ("To=%2B4915112345678&From=%2B15005550006", 21602),
            ("To=4915112345678&From=%2B15005550006&Body=x", 21211),
            ("To=%2B0915112345678&From=%2B15005550006&Body=x", 21211),
            ("To=%2B49151123456789012&From=%2B15005550006&Body=x", 21211),
            ("To=%2B49+151123456&From=%2B15005550006&Body=x", 21211),
            ("To=%2B4915112345678&From=12345&Body=x", 21212),
            ("To=%2B4915112345678&MessagingServiceSid=MG1&Body=x", 21705),
            ("To=%2B4915112345678&From=%2B15005550006&Body=x&Extra=1", 20001),
            ("To=%2B4915112345678&To=%2B4915112345678&From=%2B15005550006&Body=x", 20001),
        ];
        for (body, code) in cases {
            assert_eq!(sms(body).map(|_| ()), Err((400, code)), "{body}");
        }
        let long = "x".repeat(1601);
        assert_eq!(sms(&format!("To=%2B4915112345678&From=Contoso&Body={long}")).map(|_| ()), Err((400, 21617)));
    }

    #[test]
    fn a_call_is_accepted_or_refused() {
        let twiml = "%3CResponse%3E%3CSay%3E1+2%3C%2FSay%3E%3C%2FResponse%3E";
        let message = voice(&format!("To=%2B4915112345678&From=%2B15005550006&Twiml={twiml}")).unwrap();
        assert_eq!((message.kind, message.body.as_str()), (Kind::Voice, "<Response><Say>1 2</Say></Response>"));
        assert!(message.id.starts_with("CA"));
        let cases = [
            (format!("From=%2B15005550006&Twiml={twiml}"), 21201),
            (format!("To=%2B4915112345678&Twiml={twiml}"), 21213),
            ("To=%2B4915112345678&From=%2B15005550006".to_owned(), 21205),
            ("To=%2B4915112345678&From=%2B15005550006&Twiml=hello".to_owned(), 12100),
            (format!("To=%2B4915112345678&From=Contoso&Twiml={twiml}"), 21212),
        ];
        for (body, code) in cases {
            assert_eq!(voice(&body).map(|_| ()), Err((400, code)), "{body}");
        }
    }

    #[test]
    fn a_stranger_is_refused_before_anything_is_read() {
        for user in ["AC1:wrong", "AC2:secret", "AC1", ""] {
            assert_eq!(send(Kind::Sms, FORM, user, "").map(|_| ()), Err((401, 20003)), "{user}");
        }
    }

    #[test]
    fn another_content_type_is_refused() {
        let body = "To=%2B4915112345678&From=Contoso&Body=x";
        assert_eq!(send(Kind::Sms, "application/json", "AC1:secret", body).map(|_| ()), Err((415, 20001)));
        assert!(send(Kind::Sms, &format!("{FORM}; charset=UTF-8"), "AC1:secret", body).is_ok());
    }
}
