//! Every key of the store. docs/KEYS.md lists them with their writers and readers; a test compares.
//!
//! A key is a fixed prefix and the hex of a keyed hash: no raw input, no personal data, alphabet
//! `[a-z0-9:_-]`. Keys that are soon dead carry the hour of their end (`e491234`), so that a sweep
//! finds them without opening anything.

use crate::devices::Device;
use crate::records::Purpose;
use crate::seal::NamedKey;
use data_encoding::HEXLOWER;
use relatch_core::keyed::keyed_hash;
use relatch_core::limits::STRANGER_SLOTS;
use relatch_core::{AccountId, GroupId, Secret, Timestamp};

/// Builds keys under the deployment's lookup keys.
pub struct Keys {
    /// The first one this deployment ever had. What is hashed and not named (codes, tokens, slots) stays with it: it is
    /// kept inside of sealed records.
    key: Secret<[u8; 32]>,
    /// Those that came after it, the oldest first. Each hashes the name the ones before it gave (ADR 0018), so a name can
    /// be made anew by somebody who does not know what it is the name of.
    later: Vec<Secret<[u8; 32]>>,
}

/// Prefix, and whether the key names the hour of its end. The list that docs/KEYS.md is compared with.
pub const PREFIXES: [(&str, bool); 50] = [
    ("account", false),
    ("account-at", false),
    ("account-seq", false),
    ("administrators", false),
    ("app-attempts", true),
    ("app-step", true),
    ("attempts", true),
    ("bot-check", true),
    ("census", false),
    ("challenge", false),
    ("code-claim", true),
    ("deleted-at", false),
    ("deleted-seq", false),
    ("event", false),
    ("event-seq", false),
    ("failed", true),
    ("find", false),
    ("find-seq", false),
    ("grant", true),
    ("group", false),
    ("group-at", false),
    ("group-name", false),
    ("group-seq", false),
    ("helpdesk-code", false),
    ("limit", true),
    ("limit-closed", true),
    ("lock", false),
    ("logo", false),
    ("member-at", false),
    ("method-failures", false),
    ("methods", false),
    ("name", false),
    ("outbox", true),
    ("password", false),
    ("pending-app", false),
    ("policy", false),
    ("pressure", true),
    ("purged", false),
    ("recovery-used", false),
    ("send-claim", true),
    ("sends", false),
    ("session", true),
    ("session-at", false),
    ("session-seen", true),
    ("session-seq", false),
    ("setup", false),
    ("sharers", false),
    ("sign-in", true),
    ("usage", false),
    ("wrong", false),
];
/// 128 bits are plenty for a name that is also authenticated by the record's seal.
const NAME_BYTES: usize = 16;
/// Prefix of every gate that settles who may write the next version of a record.
pub const CLAIM: &str = "claim";

impl Keys {
    pub fn new(key: Secret<[u8; 32]>) -> Self {
        Self { key, later: Vec::new() }
    }

    /// The newest key first, as the variable lists them. `None` without any.
    pub fn of(mut newest_first: Vec<NamedKey>) -> Option<Self> {
        let first = newest_first.pop()?;
        let later = newest_first.into_iter().rev().map(|named| named.key).collect();
        Some(Self { key: first.key, later })
    }

    /// What a key is called under all the lookup keys, of what it was called before the newest came. `None` for what is
    /// no key of ours, and where there is no newer one.
    pub fn renamed(&self, key: &str) -> Option<String> {
        let newest = self.later.last()?;
        let (prefix, _) = key.split_once(':')?;
        let (before, hash) = key.rsplit_once(':')?;
        let hash = HEXLOWER.decode(hash.as_bytes()).ok().filter(|hash| hash.len() == NAME_BYTES)?;
        Some(format!("{before}:{}", HEXLOWER.encode(named(newest, prefix, &hash).get(..NAME_BYTES)?)))
    }

    /// A keyed hash for anything that is not a store key: what is stored of a code, CSRF tokens.
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut all = Vec::with_capacity(parts.len() + 2);
        all.push(b"mac".as_slice());
        all.push(purpose.as_bytes());
        all.extend_from_slice(parts);
        keyed_hash(self.key.expose(), &all)
    }

    /// One of 2^16 numbers for an address or a name nobody has: strangers share them, so the store
    /// cannot be made to grow without bound (SEC-75).
    pub fn slot(&self, purpose: &str, parts: &[&[u8]]) -> u32 {
        self.number(purpose, parts) % STRANGER_SLOTS
    }

    /// A number for something that only signed-in people reach, so that it needs no bound.
    pub fn number(&self, purpose: &str, parts: &[&[u8]]) -> u32 {
        let [a, b, c, d, ..] = self.mac(purpose, parts);
        u32::from_be_bytes([a, b, c, d])
    }

    /// The account a stranger's flow is about: looks like any account, belongs to nobody.
    pub fn decoy(&self, parts: &[&[u8]]) -> AccountId {
        let slot = self.slot("decoy", parts).to_be_bytes();
        let hash = self.mac("decoy-id", &[&slot]);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        AccountId::from_bytes(bytes)
    }

    fn key(&self, prefix: &str, parts: &[&[u8]]) -> String {
        let mut all = Vec::with_capacity(parts.len() + 2);
        all.push(b"key".as_slice());
        all.push(prefix.as_bytes());
        all.extend_from_slice(parts);
        let first = keyed_hash(self.key.expose(), &all);
        let short = |hash: &[u8; 32]| hash.get(..NAME_BYTES).unwrap_or(hash).to_vec();
        let name = self.later.iter().fold(short(&first), |name, key| short(&named(key, prefix, &name)));
        format!("{prefix}:{}", HEXLOWER.encode(&name))
    }

    fn ending(&self, prefix: &str, end: Timestamp, parts: &[&[u8]]) -> String {
        let named = self.key(prefix, parts);
        let hash = named.rsplit(':').next().unwrap_or_default();
        format!("{prefix}:e{}:{hash}", end.window(3_600).saturating_add(1))
    }

    pub fn account(&self, id: AccountId) -> String {
        self.key("account", &[id.as_bytes()])
    }
    pub fn account_at(&self, number: u64) -> String {
        self.key("account-at", &[&number.to_be_bytes()])
    }
    pub fn account_seq(&self) -> String {
        self.key("account-seq", &[])
    }
    pub fn deleted_at(&self, number: u64) -> String {
        self.key("deleted-at", &[&number.to_be_bytes()])
    }
    pub fn deleted_seq(&self) -> String {
        self.key("deleted-seq", &[])
    }
    pub fn administrators(&self) -> String {
        self.key("administrators", &[])
    }
    pub fn name(&self, name: &str) -> String {
        self.key("name", &[name.as_bytes()])
    }
    pub fn password(&self, id: AccountId) -> String {
        self.key("password", &[id.as_bytes()])
    }
    pub fn methods(&self, id: AccountId) -> String {
        self.key("methods", &[id.as_bytes()])
    }
    pub fn method_failures(&self, purpose: Purpose, subject: AccountId, generation: u64, method: &str) -> String {
        self.key("method-failures", &parts(purpose, &subject, &generation.to_be_bytes(), method.as_bytes()))
    }
    pub fn pending_app(&self, id: AccountId) -> String {
        self.key("pending-app", &[id.as_bytes()])
    }
    pub fn recovery_used(&self, set: &str, at: usize) -> String {
        self.key("recovery-used", &[set.as_bytes(), &(at as u64).to_be_bytes()])
    }
    pub fn helpdesk_code(&self, id: AccountId) -> String {
        self.key("helpdesk-code", &[id.as_bytes()])
    }
    pub fn sharers(&self, destination: &[u8; 32]) -> String {
        self.key("sharers", &[destination])
    }
    pub fn session_at(&self, id: AccountId, place: u64) -> String {
        self.key("session-at", &[id.as_bytes(), &place.to_be_bytes()])
    }
    pub fn session_seq(&self, id: AccountId) -> String {
        self.key("session-seq", &[id.as_bytes()])
    }
    pub fn lock(&self, subject: AccountId, device: Device) -> String {
        self.key("lock", &[subject.as_bytes(), device.as_str().as_bytes()])
    }
    pub fn wrong(&self, subject: AccountId, device: Device) -> String {
        self.key("wrong", &[subject.as_bytes(), device.as_str().as_bytes()])
    }
    pub fn challenge(&self, purpose: Purpose, subject: AccountId) -> String {
        self.key("challenge", &[purpose.as_str().as_bytes(), subject.as_bytes()])
    }
    pub fn sends(&self, destination: &[u8; 32]) -> String {
        self.key("sends", &[destination])
    }
    pub fn policy(&self) -> String {
        self.key("policy", &[])
    }
    pub fn logo(&self) -> String {
        self.key("logo", &[])
    }
    pub fn setup(&self) -> String {
        self.key("setup", &[])
    }
    pub fn group(&self, id: GroupId) -> String {
        self.key("group", &[id.as_bytes()])
    }
    pub fn group_at(&self, number: u64) -> String {
        self.key("group-at", &[&number.to_be_bytes()])
    }
    pub fn group_seq(&self) -> String {
        self.key("group-seq", &[])
    }
    pub fn group_name(&self, name: &str) -> String {
        self.key("group-name", &[name.to_lowercase().as_bytes()])
    }
    pub fn member_at(&self, group: GroupId, number: u64) -> String {
        self.key("member-at", &[group.as_bytes(), &number.to_be_bytes()])
    }
    pub fn find(&self, prefix: &str, number: u64) -> String {
        self.key("find", &[prefix.as_bytes(), &number.to_be_bytes()])
    }
    pub fn find_seq(&self, prefix: &str) -> String {
        self.key("find-seq", &[prefix.as_bytes()])
    }

    /// The gate to version `version` of a record in one span of time.
    pub fn claim(&self, record: &str, version: u64, bucket: u64, end: Timestamp) -> String {
        self.ending(CLAIM, end, &[record.as_bytes(), &version.to_be_bytes(), &bucket.to_be_bytes()])
    }
    pub fn limit(&self, name: &str, slot: u32, window: u64, end: Timestamp) -> String {
        self.ending("limit", end, &[name.as_bytes(), &slot.to_be_bytes(), &window.to_be_bytes()])
    }
    pub fn limit_closed(&self, name: &str, slot: u32, window: u64, end: Timestamp) -> String {
        self.ending("limit-closed", end, &[name.as_bytes(), &slot.to_be_bytes(), &window.to_be_bytes()])
    }
    pub fn attempts(
        &self,
        purpose: Purpose,
        subject: AccountId,
        generation: u64,
        window: u64,
        end: Timestamp,
    ) -> String {
        self.ending("attempts", end, &parts(purpose, &subject, &generation.to_be_bytes(), &window.to_be_bytes()))
    }
    pub fn failed(&self, purpose: Purpose, subject: AccountId, generation: u64, window: u64, end: Timestamp) -> String {
        self.ending("failed", end, &parts(purpose, &subject, &generation.to_be_bytes(), &window.to_be_bytes()))
    }
    pub fn app_attempts(&self, purpose: Purpose, subject: AccountId, window: u64, end: Timestamp) -> String {
        let purpose = purpose.as_str().as_bytes();
        self.ending("app-attempts", end, &[purpose, subject.as_bytes(), &window.to_be_bytes()])
    }
    pub fn app_step(&self, subject: AccountId, app: &str, step: u64, end: Timestamp) -> String {
        self.ending("app-step", end, &[subject.as_bytes(), app.as_bytes(), &step.to_be_bytes()])
    }
    pub fn grant(&self, flow: &str, end: Timestamp) -> String {
        self.ending("grant", end, &[flow.as_bytes()])
    }
    pub fn code_claim(&self, challenge: &[u8; 16], end: Timestamp) -> String {
        self.ending("code-claim", end, &[challenge])
    }
    pub fn send_claim(&self, destination: &[u8; 32], version: u64, bucket: u64, end: Timestamp) -> String {
        self.ending("send-claim", end, &[destination, &version.to_be_bytes(), &bucket.to_be_bytes()])
    }
    pub fn sign_in(
        &self,
        subject: AccountId,
        device: Device,
        generation: u64,
        streak: u64,
        round: u32,
        end: Timestamp,
    ) -> String {
        let device = device.as_str().as_bytes();
        let numbers = (generation.to_be_bytes(), streak.to_be_bytes(), round.to_be_bytes());
        self.ending("sign-in", end, &[subject.as_bytes(), device, &numbers.0, &numbers.1, &numbers.2])
    }
    pub fn bot_check(&self, challenge: &[u8; 32], end: Timestamp) -> String {
        self.ending("bot-check", end, &[challenge])
    }
    pub fn pressure(&self, hour: u64) -> String {
        let end = Timestamp::end_of_window(hour, 3_600);
        self.ending("pressure", end, &[&hour.to_be_bytes()])
    }
    pub fn outbox(&self, id: &[u8; 16], end: Timestamp) -> String {
        self.ending("outbox", end, &[id])
    }
    pub fn session(&self, token: &[u8; 32], end: Timestamp) -> String {
        self.ending("session", end, &[token])
    }
    pub fn session_seen(&self, binding: &str, end: Timestamp) -> String {
        self.ending("session-seen", end, &[binding.as_bytes()])
    }
    pub fn event(&self, place: u64) -> String {
        self.key("event", &[&place.to_be_bytes()])
    }
    pub fn purged(&self) -> String {
        self.key("purged", &[])
    }
    pub fn usage(&self) -> String {
        self.key("usage", &[])
    }
    pub fn census(&self) -> String {
        self.key("census", &[])
    }
    pub fn event_seq(&self) -> String {
        self.key("event-seq", &[])
    }
}

/// The name one lookup key gives to a name of the key before it.
fn named(key: &Secret<[u8; 32]>, prefix: &str, name: &[u8]) -> [u8; 32] {
    keyed_hash(key.expose(), &[b"name", prefix.as_bytes(), name])
}

/// When a key ends, if it says so.
pub fn end_of(key: &str) -> Option<Timestamp> {
    let (_, rest) = key.split_once(':')?;
    let (end, _) = rest.split_once(':')?;
    let hours: u64 = end.strip_prefix('e')?.parse().ok()?;
    Some(Timestamp(hours.saturating_mul(3_600)))
}

fn parts<'a>(purpose: Purpose, subject: &'a AccountId, generation: &'a [u8; 8], last: &'a [u8]) -> [&'a [u8]; 4] {
    [purpose.as_str().as_bytes(), subject.as_bytes(), generation, last]
}

#[cfg(test)]
mod tests;
