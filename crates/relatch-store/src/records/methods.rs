//! What somebody registered.

use super::lately::Lately;
use super::{Purpose, as_text};
use relatch_core::keyed::same;
use relatch_core::methods::{Kind, Kinds};
use relatch_core::{Destination, Timestamp};
use serde::{Deserialize, Serialize};

/// A registered, proven way to show who one is.
#[derive(Clone, Serialize, Deserialize)]
pub struct PhoneMethod {
    pub id: String,
    /// As [`relatch_core::PhoneNumber::to_stored`] writes it.
    pub number: String,
    #[serde(with = "as_text::time")]
    pub registered_at: Timestamp,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct EmailMethod {
    pub id: String,
    /// As it was typed when it was proven.
    pub address: String,
    #[serde(with = "as_text::time")]
    pub registered_at: Timestamp,
}

/// An authenticator app.
#[derive(Clone, Serialize, Deserialize)]
pub struct AppMethod {
    pub id: String,
    /// Base32; shown once, while it is registered.
    pub seed: String,
    #[serde(with = "as_text::time")]
    pub registered_at: Timestamp,
}

/// A set of saved codes. Which of them are used is settled by gates; `used` only counts for people.
#[derive(Clone, Serialize, Deserialize)]
pub struct RecoverySet {
    pub id: String,
    /// Keyed hashes.
    pub codes: Vec<String>,
    pub used: Vec<usize>,
    #[serde(with = "as_text::time")]
    pub created_at: Timestamp,
}

impl RecoverySet {
    pub fn left(&self) -> usize {
        self.codes.len().saturating_sub(self.used.len())
    }
}

/// An app that was shown its seed and has not yet proven that it has it.
#[derive(Clone, Serialize, Deserialize)]
pub struct PendingApp {
    pub id: String,
    pub seed: String,
    #[serde(with = "as_text::time")]
    pub created: Timestamp,
}

/// A method that is not taken for one purpose any more. Registered anew it has another id, and is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    pub method: String,
    pub purpose: Purpose,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Methods {
    pub version: u64,
    pub phones: Vec<PhoneMethod>,
    #[serde(default)]
    pub emails: Vec<EmailMethod>,
    #[serde(default)]
    pub apps: Vec<AppMethod>,
    #[serde(default)]
    pub recovery: Option<RecoverySet>,
    /// What too many wrong answers in a row closed (SEC-18).
    #[serde(default)]
    pub closed: Vec<Closed>,
    /// When the person last said that all this is still right; in Unix seconds, 0: never.
    #[serde(default)]
    pub confirmed_at: u64,
    /// What was registered, removed and used, newest first.
    #[serde(default)]
    pub lately: Lately,
}

impl Methods {
    pub fn kinds(&self) -> Kinds {
        Kinds::NONE
            .with_if(Kind::Phone, !self.phones.is_empty())
            .with_if(Kind::Email, !self.emails.is_empty())
            .with_if(Kind::App, !self.apps.is_empty())
            .with_if(Kind::RecoveryCodes, self.recovery_left() > 0)
    }

    /// The kinds that are still taken for `purpose`.
    pub fn open_kinds(&self, purpose: Purpose) -> Kinds {
        self.kinds().iter().filter(|kind| !self.id_of(*kind).is_some_and(|id| self.is_closed(id, purpose))).collect()
    }

    /// One method of each kind at most: which one it is.
    pub fn id_of(&self, kind: Kind) -> Option<&str> {
        match kind {
            Kind::Phone => self.phones.first().map(|phone| phone.id.as_str()),
            Kind::Email => self.emails.first().map(|email| email.id.as_str()),
            Kind::App => self.apps.first().map(|app| app.id.as_str()),
            Kind::RecoveryCodes => self.recovery.as_ref().map(|set| set.id.as_str()),
            Kind::HelpdeskCode => None,
        }
    }

    pub fn is_closed(&self, id: &str, purpose: Purpose) -> bool {
        self.closed.iter().any(|closed| closed.method == id && closed.purpose == purpose)
    }

    /// Forgets what was closed and is not registered any more.
    pub fn forget_closed(&mut self) {
        let ids: Vec<String> = Kind::ALL.into_iter().filter_map(|kind| self.id_of(kind).map(str::to_owned)).collect();
        self.closed.retain(|closed| ids.contains(&closed.method));
    }

    /// When any of this was last registered or confirmed.
    pub fn last_confirmed(&self) -> Timestamp {
        let phones = self.phones.iter().map(|phone| phone.registered_at);
        let emails = self.emails.iter().map(|email| email.registered_at);
        let apps = self.apps.iter().map(|app| app.registered_at);
        let newest = phones.chain(emails).chain(apps).map(|at| at.0).max().unwrap_or(0);
        Timestamp(newest.max(self.confirmed_at))
    }

    pub fn recovery_left(&self) -> usize {
        self.recovery.as_ref().map_or(0, RecoverySet::left)
    }

    /// What is asked for after the password. Mail is not: the mailbox often hangs on the same password
    /// (NIST 3.1.3.1). Saved codes stand in for one of these, they do not ask for themselves.
    pub fn has_second_factor(&self) -> bool {
        !self.phones.is_empty() || !self.apps.is_empty()
    }

    /// The registered destination that this is a spelling of.
    pub fn stored(&self, via: Via, to: &str) -> Option<&str> {
        match via {
            Via::Phone => {
                let mut numbers = self.phones.iter().map(|phone| phone.number.as_str());
                numbers.find(|number| same(number.as_bytes(), to.as_bytes()))
            }
            Via::Email => {
                let to = to.to_ascii_lowercase();
                let mut addresses = self.emails.iter().map(|email| email.address.as_str());
                addresses.find(|address| same(address.to_ascii_lowercase().as_bytes(), to.as_bytes()))
            }
        }
    }

    /// Is this destination registered, now?
    pub fn has(&self, via: Via, to: &str) -> bool {
        self.stored(via, to).is_some()
    }
}

/// By which kind of destination a code goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    Phone,
    Email,
}

impl From<&Destination> for Via {
    fn from(destination: &Destination) -> Self {
        match destination {
            Destination::Phone(_) => Self::Phone,
            Destination::Email(_) => Self::Email,
        }
    }
}

impl Via {
    pub fn kind(self) -> Kind {
        match self {
            Self::Phone => Kind::Phone,
            Self::Email => Kind::Email,
        }
    }
}
