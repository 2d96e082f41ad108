//! What was caught.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use data_encoding::HEXLOWER;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How a message would have reached a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A text message.
    Sms,
    /// A call; the body is its TwiML.
    Voice,
    /// A mail.
    Mail,
}

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The number the sender was given for it.
    pub id: String,
    /// How it would have travelled.
    pub kind: Kind,
    /// The phone number or mail address it is for.
    pub to: String,
    /// Who it says it is from.
    pub from: String,
    /// A mail's subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The text, or a call's TwiML.
    pub body: String,
    /// A mail's HTML, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// When it came, in RFC 3339.
    pub received_at: String,
}

/// The last messages, oldest first.
#[derive(Debug)]
pub(crate) struct Messages {
    kept: Mutex<VecDeque<Message>>,
    most: usize,
}

impl Messages {
    pub(crate) fn new(most: usize) -> Self {
        Self { kept: Mutex::default(), most: most.max(1) }
    }

    pub(crate) fn add(&self, message: Message) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= self.most {
            kept.pop_front();
        }
        kept.push_back(message);
    }

    pub(crate) fn all(&self) -> Vec<Message> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Now, as both providers' answers and the list want it.
pub(crate) fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}

/// 32 hexadecimal digits nobody has seen before.
pub(crate) fn fresh_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> Message {
        Message {
            id: id.to_owned(),
            kind: Kind::Sms,
            to: String::new(),
            from: String::new(),
            subject: None,
            body: String::new(),
            html: None,
            received_at: now(),
        }
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let messages = Messages::new(2);
        for id in ["a", "b", "c"] {
            messages.add(message(id));
        }
        assert_eq!(messages.all().iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        messages.clear();
        assert!(messages.all().is_empty());
    }
}
