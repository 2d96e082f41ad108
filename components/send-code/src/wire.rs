//! Bodies of SEND.

use relatch_core::PhoneNumber;
use relatch_core::limits::{CODE_LIFE, SENDS_PER_FLOW};
use relatch_core::sending::cooldown;
use relatch_store::outbox::Channel;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    Text,
    Call,
}

impl From<Delivery> for Channel {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Text => Self::Text,
            Delivery::Call => Self::Call,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToNumber {
    pub delivery: Delivery,
    /// ISO 3166-1, two capital letters.
    pub country: String,
    pub number: String,
}

impl ToNumber {
    pub fn parse(&self) -> Option<PhoneNumber> {
        PhoneNumber::parse(&self.number, &self.country)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToMyPhone {
    pub delivery: Delivery,
}

#[derive(Serialize)]
pub struct Sent {
    expires_in: u64,
    resend_in: u64,
    sends_left: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Sent {
    /// After the `sends`-th code of this flow or hour.
    pub fn after(sends: u64, hint: Option<String>) -> Self {
        Self {
            expires_in: CODE_LIFE,
            resend_in: cooldown(usize::try_from(sends).unwrap_or(usize::MAX)),
            sends_left: SENDS_PER_FLOW.saturating_sub(sends),
            hint,
        }
    }
}
