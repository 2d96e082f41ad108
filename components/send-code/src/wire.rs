//! Bodies of SEND.

use relatch_core::limits::SENDS_PER_FLOW;
use relatch_core::sending::cooldown;
use relatch_core::{Destination, EmailAddress, PhoneNumber};
use relatch_store::challenges::code_life;
use relatch_store::outbox::Channel;
use relatch_store::records::Via;
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

/// A whole number or a whole address, and how the code shall come.
#[derive(Deserialize)]
#[serde(tag = "delivery", rename_all = "snake_case", deny_unknown_fields)]
pub enum To {
    /// `country`: ISO 3166-1, two capital letters.
    Text {
        country: String,
        number: String,
    },
    Call {
        country: String,
        number: String,
    },
    Mail {
        address: String,
    },
}

impl To {
    /// The destination, or the field that holds none.
    pub fn parse(&self) -> Result<(Destination, Channel), &'static str> {
        let phone =
            |number: &str, country: &str| PhoneNumber::parse(number, country).map(Destination::Phone).ok_or("number");
        match self {
            Self::Text { country, number } => Ok((phone(number, country)?, Channel::Text)),
            Self::Call { country, number } => Ok((phone(number, country)?, Channel::Call)),
            Self::Mail { address } => {
                let address = EmailAddress::parse(address).ok_or("address")?;
                Ok((Destination::Email(address), Channel::Mail))
            }
        }
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
    pub fn after(sends: u64, via: Via, hint: Option<String>) -> Self {
        Self {
            expires_in: code_life(via),
            resend_in: cooldown(usize::try_from(sends).unwrap_or(usize::MAX)),
            sends_left: SENDS_PER_FLOW.saturating_sub(sends),
            hint,
        }
    }
}
