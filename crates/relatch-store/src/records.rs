//! The stored shapes. All are JSON under a seal; times are Unix seconds, ids hex.

use relatch_core::enrolment::{Scope, Standing};
use relatch_core::keyed::same;
use relatch_core::limits::WRONG_PASSWORDS_REMEMBERED;
use relatch_core::methods::{Allowed, Kind, Kinds};
use relatch_core::session::Stage;
use relatch_core::{AccountId, Destination, GroupId, Timestamp};
use serde::{Deserialize, Serialize};

/// (De)serialises core types that must not know serde.
pub mod as_text {
    use relatch_core::{Id, Timestamp};
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
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Register => "register",
            Self::SignIn => "sign-in",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    GlobalAdministrator,
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
    pub roles: Vec<Role>,
    pub blocked: bool,
    pub groups: Vec<Membership>,
    #[serde(with = "as_text::time")]
    pub created_at: Timestamp,
}

impl Account {
    pub fn is_administrator(&self) -> bool {
        self.roles.contains(&Role::GlobalAdministrator)
    }

    pub fn group_ids(&self) -> Vec<GroupId> {
        self.groups.iter().map(|membership| membership.group).collect()
    }
}

/// The password of an account. `generation` rises with each change, and everything that was bought
/// with an older one (sessions, flows, codes, grants) is dead from the same commit on (SEC-25).
#[derive(Clone, Serialize, Deserialize)]
pub struct PasswordRecord {
    pub generation: u64,
    /// PHC string, argon2id.
    pub hash: String,
    /// Which pepper it was made with.
    pub pepper: String,
    pub must_change: bool,
    #[serde(with = "as_text::time")]
    pub changed_at: Timestamp,
}

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
    /// When the person last said that all this is still right; in Unix seconds, 0: never.
    #[serde(default)]
    pub confirmed_at: u64,
}

impl Methods {
    pub fn kinds(&self) -> Kinds {
        Kinds::NONE
            .with_if(Kind::Phone, !self.phones.is_empty())
            .with_if(Kind::Email, !self.emails.is_empty())
            .with_if(Kind::App, !self.apps.is_empty())
            .with_if(Kind::RecoveryCodes, self.recovery_left() > 0)
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
        Standing {
            enabled: !self.account.blocked,
            administrator: self.account.is_administrator(),
            in_scope: policy.scope().includes(&self.account.group_ids()),
            kinds: self.methods.kinds().and(allowed.kinds()),
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
    #[serde(with = "as_text::time")]
    pub seen: Timestamp,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    None,
    Selected,
    All,
}

/// Everything under Password reset. One record, read once per request; each page of the portal has a
/// version of its own, so that two administrators on two pages do not disturb one another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Policy {
    /// Rises with every save of any page.
    #[serde(default)]
    pub revision: u64,
    /// Properties.
    pub version: u64,
    pub scope: ScopeKind,
    /// The groups the administrator chose.
    #[serde(with = "as_text::list")]
    pub selected: Vec<GroupId>,
    /// Those, and every group nested in them: what requests look at.
    #[serde(with = "as_text::list")]
    pub included: Vec<GroupId>,
    #[serde(default)]
    pub methods: MethodsPolicy,
    #[serde(default)]
    pub registration: RegistrationPolicy,
    #[serde(default)]
    pub notifications: NotificationsPolicy,
    #[serde(default)]
    pub customisation: CustomisationPolicy,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            revision: 0,
            version: 0,
            scope: ScopeKind::None,
            selected: Vec::new(),
            included: Vec::new(),
            methods: MethodsPolicy::default(),
            registration: RegistrationPolicy::default(),
            notifications: NotificationsPolicy::default(),
            customisation: CustomisationPolicy::default(),
        }
    }
}

/// Authentication methods (S32a).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodsPolicy {
    pub version: u64,
    /// Kinds to prove: 1 or 2 (Entra: 1).
    pub needed: usize,
    pub text: bool,
    pub call: bool,
    pub email: bool,
    pub app: bool,
    pub recovery_codes: bool,
}

impl Default for MethodsPolicy {
    fn default() -> Self {
        Self { version: 0, needed: 1, text: true, call: true, email: true, app: true, recovery_codes: true }
    }
}

impl MethodsPolicy {
    pub fn allowed(&self) -> Allowed {
        Allowed {
            text: self.text,
            call: self.call,
            email: self.email,
            app: self.app,
            recovery_codes: self.recovery_codes,
            needed: self.needed,
        }
    }
}

/// Registration (S32b).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationPolicy {
    pub version: u64,
    /// "More information required" at sign-in for whoever has too little registered (Entra: yes).
    pub ask_at_sign_in: bool,
    /// Days after which people are asked whether what they registered is still right; 0: never (Entra: 180).
    pub reconfirm_days: u16,
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self { version: 0, ask_at_sign_in: true, reconfirm_days: 180 }
    }
}

/// Notifications (S32c).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationsPolicy {
    pub version: u64,
    /// Tell people what was done with their account (Entra: yes; NIST 4.6 wants it always).
    pub person: bool,
    /// Tell the other administrators when one of them resets (Entra: no).
    pub administrators: bool,
}

impl Default for NotificationsPolicy {
    fn default() -> Self {
        Self { version: 0, person: true, administrators: false }
    }
}

/// Customisation (S32d).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomisationPolicy {
    pub version: u64,
    /// Shown instead of the deployment's name; empty: that one.
    pub organisation: String,
    /// Where a dead end sends people: an https address or a mail address; empty: "your helpdesk".
    pub helpdesk: String,
}

impl Policy {
    pub fn scope(&self) -> Scope {
        match self.scope {
            ScopeKind::None => Scope::None,
            ScopeKind::Selected => Scope::Selected(self.included.clone()),
            ScopeKind::All => Scope::All,
        }
    }
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
