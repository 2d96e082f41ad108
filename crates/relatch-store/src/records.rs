//! The stored shapes. All are JSON under a seal; times are Unix seconds, ids hex.

mod lately;
mod methods;
mod password;
mod policy;

pub use lately::{By, Happening, Lately};
pub use methods::{AppMethod, Closed, EmailMethod, Methods, PendingApp, PhoneMethod, RecoverySet, Via};
pub use password::{EarlierPassword, PasswordRecord, StoredHash};
pub use policy::{
    CustomisationPolicy, EntitlementPolicy, GroupPlans, Included, MethodsPolicy, NotificationsPolicy, PasswordsPolicy,
    Policy, RegistrationPolicy, ScopeKind,
};

use relatch_core::enrolment::Standing;
use relatch_core::entitlement::{Plan, Source};
use relatch_core::limits::WRONG_PASSWORDS_REMEMBERED;
use relatch_core::membership::Attributes;
use relatch_core::methods::Kind;
use relatch_core::roles::{self, Right, Role};
use relatch_core::session::Stage;
use relatch_core::{AccountId, Coded, GroupId, Timestamp};
use serde::{Deserialize, Serialize};

/// (De)serialises core types that must not know serde.
pub mod as_text {
    use relatch_core::{Coded, Id, Timestamp};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<K, S: Serializer>(id: &Id<K>, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&id.to_string())
    }
    pub fn deserialize<'de, K, D: Deserializer<'de>>(d: D) -> Result<Id<K>, D::Error> {
        let text = String::deserialize(d)?;
        Id::parse(&text).ok_or_else(|| D::Error::custom("not an id"))
    }

    pub mod list {
        use super::*;
        pub fn serialize<K, S: Serializer>(ids: &[Id<K>], s: S) -> Result<S::Ok, S::Error> {
            s.collect_seq(ids.iter().map(ToString::to_string))
        }
        pub fn deserialize<'de, K, D: Deserializer<'de>>(d: D) -> Result<Vec<Id<K>>, D::Error> {
            let texts = Vec::<String>::deserialize(d)?;
            texts.iter().map(|text| Id::parse(text).ok_or_else(|| D::Error::custom("not an id"))).collect()
        }
    }

    /// A value by its permanent name.
    pub mod coded {
        use super::*;
        pub fn serialize<C: Coded, S: Serializer>(value: &C, s: S) -> Result<S::Ok, S::Error> {
            s.serialize_str(value.code())
        }
        pub fn deserialize<'de, C: Coded, D: Deserializer<'de>>(d: D) -> Result<C, D::Error> {
            C::parse(&String::deserialize(d)?).ok_or_else(|| D::Error::custom("not one of the names"))
        }
    }

    /// Values by their permanent names, each once.
    pub mod coded_list {
        use super::*;
        pub fn serialize<C: Coded, S: Serializer>(values: &[C], s: S) -> Result<S::Ok, S::Error> {
            s.collect_seq(values.iter().map(|value| value.code()))
        }
        pub fn deserialize<'de, C: Coded + PartialEq, D: Deserializer<'de>>(d: D) -> Result<Vec<C>, D::Error> {
            let mut values: Vec<C> = Vec::new();
            for code in Vec::<String>::deserialize(d)? {
                let value = C::parse(&code).ok_or_else(|| D::Error::custom("not one of the names"))?;
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            Ok(values)
        }
    }

    pub mod time {
        use super::*;
        pub fn serialize<S: Serializer>(at: &Timestamp, s: S) -> Result<S::Ok, S::Error> {
            s.serialize_u64(at.0)
        }
        pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Timestamp, D::Error> {
            u64::deserialize(d).map(Timestamp)
        }
    }
}

/// What a code proves. Part of every key a code touches, so that one is never good for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    Reset,
    Register,
    SignIn,
}

impl Purpose {
    pub const ALL: [Self; 3] = [Self::Reset, Self::Register, Self::SignIn];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Register => "register",
            Self::SignIn => "sign-in",
        }
    }
}

/// Who the administrators are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Administrators {
    pub version: u64,
    #[serde(with = "as_text::list")]
    pub ids: Vec<AccountId>,
}

/// A direct membership, and the place of its entry in the group's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    #[serde(with = "as_text")]
    pub group: GroupId,
    pub at: u64,
}

/// Who somebody is. Written by administrators only, under a claimed version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    #[serde(with = "as_text")]
    pub id: AccountId,
    pub version: u64,
    pub name: String,
    pub display_name: String,
    #[serde(with = "as_text::coded_list")]
    pub roles: Vec<Role>,
    pub blocked: bool,
    /// Kept for a while, so that it can be restored; in Unix seconds.
    #[serde(default)]
    pub deleted_at: Option<u64>,
    #[serde(default, flatten)]
    pub details: Details,
    pub groups: Vec<Membership>,
    #[serde(with = "as_text::time")]
    pub created_at: Timestamp,
    /// What administrators did to this account, newest first.
    #[serde(default)]
    pub lately: Lately,
}

/// What a directory knows of somebody, beside the name: rules and plans look at it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    #[serde(default)]
    pub department: String,
    /// ISO 3166-1 alpha-2, or nothing.
    #[serde(default)]
    pub country: String,
    #[serde(default, with = "as_text::coded")]
    pub source: Source,
    #[serde(default, with = "as_text::coded_list")]
    pub plans: Vec<Plan>,
}

impl Account {
    /// Has a role: twice as much is asked of whoever has power over others (SEC-22).
    pub fn is_administrator(&self) -> bool {
        !self.roles.is_empty()
    }

    pub fn may(&self, right: Right) -> bool {
        roles::have(&self.roles, right)
    }

    /// Sign-in and reset are open to it.
    pub fn is_enabled(&self) -> bool {
        !self.blocked && self.deleted_at.is_none()
    }

    pub fn state(&self) -> &'static str {
        match (self.deleted_at, self.blocked) {
            (Some(_), _) => "deleted",
            (None, true) => "blocked",
            (None, false) => "enabled",
        }
    }

    /// What the rule of a dynamic group looks at.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes {
            department: &self.details.department,
            country: &self.details.country,
            domain: self.name.rsplit('@').next().unwrap_or_default(),
            kind: self.details.source.code(),
        }
    }

    pub fn group_ids(&self) -> Vec<GroupId> {
        self.groups.iter().map(|membership| membership.group).collect()
    }
}

/// Everything about one account that decisions need, read together.
pub struct Person {
    pub account: Account,
    pub password: PasswordRecord,
    pub methods: Methods,
}

impl Person {
    /// Is it time to ask whether what is registered is still right (S32b)?
    pub fn should_reconfirm(&self, policy: &Policy, now: Timestamp) -> bool {
        let days = u64::from(policy.registration.reconfirm_days);
        let standing = self.standing(policy);
        let asked = days > 0 && standing.in_scope && !standing.kinds.is_empty();
        asked && now.is_past(self.methods.last_confirmed(), days.saturating_mul(86_400))
    }

    pub fn standing(&self, policy: &Policy) -> Standing {
        let allowed = policy.methods.allowed();
        let kinds = self.methods.open_kinds(Purpose::Reset).and(allowed.kinds());
        Standing {
            enabled: self.account.is_enabled(),
            administrator: self.account.is_administrator(),
            switched_on: policy.scope != ScopeKind::None,
            in_scope: policy.includes(&self.account),
            entitled: policy.entitlement.entitles(&self.account),
            writable: self.account.details.source == Source::Cloud,
            kinds,
            has_app: self.methods.kinds().and(allowed.kinds()).has(Kind::App),
            needed: allowed.needed,
            second_factor: self.methods.has_second_factor(),
        }
    }
}

/// How far a session has come, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredStage {
    PasswordChangeRequired,
    SecondFactorRequired,
    RegistrationRequired,
    SignedIn,
    /// Rotated, signed out or ended.
    Ended,
}

impl StoredStage {
    pub fn live(self) -> Option<Stage> {
        match self {
            Self::PasswordChangeRequired => Some(Stage::PasswordChangeRequired),
            Self::SecondFactorRequired => Some(Stage::SecondFactorRequired),
            Self::RegistrationRequired => Some(Stage::RegistrationRequired),
            Self::SignedIn => Some(Stage::SignedIn),
            Self::Ended => None,
        }
    }
}

impl From<Stage> for StoredStage {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::PasswordChangeRequired => Self::PasswordChangeRequired,
            Stage::SecondFactorRequired => Self::SecondFactorRequired,
            Stage::RegistrationRequired => Self::RegistrationRequired,
            Stage::SignedIn => Self::SignedIn,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionRecord {
    #[serde(with = "as_text")]
    pub account: AccountId,
    pub generation: u64,
    pub stage: StoredStage,
    /// Stays the same through rotation; codes of this sign-in are bound to it.
    pub binding: String,
    /// When the person last proved themselves: password and, where there is one, second factor.
    #[serde(with = "as_text::time")]
    pub proven_at: Timestamp,
    #[serde(with = "as_text::time")]
    pub begun: Timestamp,
}

/// One live challenge per account and purpose: a newer one takes its place (SEC-11).
#[derive(Clone, Serialize, Deserialize)]
pub struct Challenge {
    /// Random; names the gate that only the first right answer passes.
    pub id: String,
    /// The flow or sign-in this code was asked for in (SEC-12).
    pub binding: String,
    pub generation: u64,
    /// Keyed hash of the code; for a decoy, random.
    pub code: String,
    #[serde(with = "as_text::time")]
    pub created: Timestamp,
    /// The attempt window this challenge is charged in, and the last attempt that is compared.
    pub window: u64,
    pub allowed: u64,
    pub via: Via,
    /// Where the code went, as the record of methods has it; empty for a decoy. Registration makes it
    /// a method when the code is right (SEC-43); elsewhere it must still be one then (SEC-46).
    pub to: String,
}

/// When messages went to a destination; one writer at a time, chosen by the gate to `version + 1`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct SendHistory {
    pub version: u64,
    pub sent: Vec<u64>,
}

/// Sign-in lock of an account (or of a stranger's slot) for known or for unknown devices.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lock {
    /// The password this lock is about; another password knows nothing of it.
    #[serde(default)]
    pub generation: u64,
    pub streak: u64,
    pub round: u32,
    #[serde(with = "as_text::time")]
    pub until: Timestamp,
}

impl Default for Lock {
    fn default() -> Self {
        Self { generation: 0, streak: 0, round: 0, until: Timestamp(0) }
    }
}

impl Lock {
    /// Open, and counting in a streak that nobody has counted in yet.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self { generation: self.generation, streak: self.streak.saturating_add(1), ..Self::default() }
    }
}

/// The last wrong passwords of an account (or of a stranger's slot) on known or on unknown devices, as
/// tags of 16 bits, newest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct WrongPasswords {
    tags: Vec<u16>,
}

impl WrongPasswords {
    pub fn has(&self, tag: u16) -> bool {
        self.tags.contains(&tag)
    }

    pub fn remember(&mut self, tag: u16) {
        self.tags.retain(|known| *known != tag);
        self.tags.insert(0, tag);
        self.tags.truncate(WRONG_PASSWORDS_REMEMBERED);
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GroupRecord {
    #[serde(with = "as_text")]
    pub id: GroupId,
    pub version: u64,
    pub name: String,
    pub description: String,
    /// Who is in it, for a dynamic group; it has no members of its own.
    #[serde(default)]
    pub rule: Option<String>,
    /// Next free place in the list of members; places are never used twice.
    pub next_at: u64,
    pub member_count: u64,
    /// Groups nested in this one, and groups this one is nested in.
    #[serde(with = "as_text::list")]
    pub children: Vec<GroupId>,
    #[serde(with = "as_text::list")]
    pub parents: Vec<GroupId>,
    #[serde(with = "as_text::time")]
    pub created_at: Timestamp,
}

/// One line of a list that is only ever appended to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    pub id: String,
    /// What the entry was indexed under; empty where that does not matter.
    #[serde(default)]
    pub word: String,
    #[serde(default)]
    pub removed: bool,
}
