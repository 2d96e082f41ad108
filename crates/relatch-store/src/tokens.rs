//! What travels in the flow cookie: sealed, the same length for everybody.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Person, Policy, Purpose, as_text};
use crate::vault::Vault;
use data_encoding::BASE64URL_NOPAD;
use relatch_core::enrolment::{Standing, is_enough};
use relatch_core::limits::{FLOW_LIFE, GRANT_LIFE};
use relatch_core::methods::{Kind, Kinds};
use relatch_core::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

/// Every flow is padded to this many bytes before it is sealed, so that the cookie's length says
/// nothing (SEC-1).
const PADDED: usize = 832;
const CONTEXT: &str = "flow";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowStage {
    /// Somebody named an account.
    Started,
    /// A code may be on its way.
    Sent,
    /// The code was right: this flow holds the grant to set a password.
    Proven,
}

/// One attempt to get back into an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Flow {
    pub id: String,
    /// Whom this flow is about: an account, or a decoy that belongs to nobody.
    #[serde(with = "as_text")]
    pub subject: AccountId,
    /// The account that was named, also where it may not reset by itself: a code from the helpdesk opens
    /// it all the same. A decoy for a name nobody has.
    #[serde(with = "as_text")]
    pub named: AccountId,
    /// False for a decoy: nothing is ever sent, no code is ever right.
    pub real: bool,
    /// The password generation at START: a change of password ends the flow.
    pub generation: u64,
    pub stage: FlowStage,
    #[serde(with = "as_text::time")]
    pub begun: Timestamp,
    pub sends: u64,
    #[serde(with = "as_text::time")]
    pub last_sent: Timestamp,
    /// Where the challenge of the last code is kept.
    #[serde(with = "as_text")]
    pub challenge: AccountId,
    #[serde(with = "as_text::time")]
    pub proven_at: Timestamp,
    /// Why: forgotten, or known but locked out (S2).
    pub reason: Reason,
    /// Kinds proven so far, as [`relatch_core::methods::Kinds::bits`].
    pub proofs: u8,
    /// The methods that proved them, by their ids.
    pub proven_by: Vec<String>,
    /// First of the places this flow reserved in the log.
    pub log: u64,
}

/// Why somebody wants back in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    #[default]
    Forgot,
    Locked,
}

impl Flow {
    /// What was proven, whether or not it still counts.
    pub fn proven(&self) -> Kinds {
        Kinds::from_bits(self.proofs)
    }

    /// The same for the log: `phone+app`.
    pub fn methods(&self) -> String {
        self.proven().iter().map(Kind::as_str).collect::<Vec<_>>().join("+")
    }

    /// Keeps that `person` has just proven `kind`, and with which method.
    pub fn proves(&mut self, kind: Kind, person: &Person) {
        self.proofs = self.proven().with(kind).bits();
        self.proven_by.extend(person.methods.id_of(kind).map(str::to_owned));
    }

    /// Who `person` is to this flow, now, and what it has proven that still counts: a method that was removed,
    /// replaced, closed or switched off meanwhile proves nothing any more (SEC-46).
    pub fn standing(&self, person: &Person, policy: &Policy) -> (Standing, Kinds) {
        let standing = person.standing(policy);
        let allowed = policy.methods.allowed().kinds();
        let counts = |kind: &Kind| match person.methods.id_of(*kind) {
            Some(id) => {
                let is_open = allowed.has(*kind) && !person.methods.is_closed(id, Purpose::Reset);
                is_open && self.proven_by.iter().any(|by| by == id)
            }
            None => *kind == Kind::HelpdeskCode,
        };
        let proven: Kinds = self.proven().iter().filter(counts).collect();
        // The last recovery code is used up once it has proven something, and what it proved it has proven.
        let own = proven.iter().filter(|kind| *kind != Kind::HelpdeskCode);
        (Standing { kinds: own.fold(standing.kinds, Kinds::with), ..standing }, proven)
    }

    /// Is the grant this flow holds still about the account as it is? `person` is who it is about, now.
    pub fn holds_grant(&self, person: &Person, policy: &Policy) -> bool {
        let (standing, proven) = self.standing(person, policy);
        self.real
            && self.stage == FlowStage::Proven
            && person.password.generation == self.generation
            && is_enough(standing, proven)
    }

    pub fn is_over(&self, now: Timestamp) -> bool {
        now.is_past(self.begun, FLOW_LIFE)
            || (self.stage == FlowStage::Proven && now.is_past(self.proven_at, GRANT_LIFE))
    }
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// The text of the flow cookie.
    pub fn seal_flow(&self, flow: &Flow) -> Result<String, StoreError> {
        let mut plain = serde_json::to_vec(flow).map_err(|_| StoreError::Damaged)?;
        if plain.len() > PADDED {
            return Err(StoreError::Damaged);
        }
        plain.resize(PADDED, b' ');
        Ok(BASE64URL_NOPAD.encode(&self.seal_token(CONTEXT, &plain)?))
    }

    /// A flow that is ours, unchanged and not over; nothing else opens.
    pub fn open_flow(&self, cookie: &str, now: Timestamp) -> Option<Flow> {
        let sealed = BASE64URL_NOPAD.decode(cookie.as_bytes()).ok()?;
        let plain = self.open_token(CONTEXT, &sealed).ok()?;
        let flow: Flow = serde_json::from_slice(&plain).ok()?;
        (!flow.is_over(now)).then_some(flow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{RecoverySet, ScopeKind, Via};
    use crate::vault::Batch;
    use crate::vault::testing::{TestVault, account, vault};

    fn flow(real: bool, stage: FlowStage, sends: u64) -> Flow {
        let zero = AccountId::from_bytes([0; 16]);
        Flow {
            id: "0".repeat(32),
            subject: zero,
            named: zero,
            real,
            generation: sends * 1_000,
            stage,
            begun: Timestamp(1_000),
            sends,
            last_sent: Timestamp(0),
            challenge: zero,
            proven_at: Timestamp(1_100),
            reason: Reason::Forgot,
            proofs: 0,
            proven_by: Vec::new(),
            log: 1,
        }
    }

    /// Mia with these destinations, an hour after the flow began at the earliest.
    async fn mia(vault: &TestVault, destinations: &[(Via, &str)]) -> Person {
        let now = Timestamp(1_763_000_000);
        let known = vault.list_accounts(None).await.unwrap().0;
        let id = match known.first() {
            Some(person) => person.account.id,
            None => account(vault, "mia", "", Vec::new(), now).await.id,
        };
        for (via, to) in destinations {
            let mut batch = Batch::default();
            vault.add_destination(&mut batch, id, *via, to, now).await.unwrap();
            vault.commit(batch).await.unwrap();
        }
        vault.person(id).await.unwrap().unwrap()
    }

    #[test]
    fn what_was_proven_counts_while_the_method_that_proved_it_is_there() {
        pollster::block_on(async {
            let (vault, policy) = (vault(), Policy::default());
            let person = mia(&vault, &[(Via::Phone, "+44 7400123456"), (Via::Email, "mia@mail.example")]).await;
            let mut flow = flow(true, FlowStage::Proven, 0);
            assert!(flow.standing(&person, &policy).1.is_empty());
            flow.proves(Kind::Email, &person);
            flow.proves(Kind::HelpdeskCode, &person);
            assert_eq!(flow.methods(), "email+helpdesk_code");
            let proven = |person: &Person, policy: &Policy| flow.standing(person, policy).1;
            let both = Kinds::NONE.with(Kind::Email).with(Kind::HelpdeskCode);
            assert_eq!(proven(&person, &policy), both);
            let mut off = policy.clone();
            off.methods.email = false;
            assert_eq!(proven(&person, &off), Kinds::NONE.with(Kind::HelpdeskCode), "switched off");
            let mut closed = mia(&vault, &[]).await;
            let method = closed.methods.emails[0].id.clone();
            closed.methods.closed.push(crate::records::Closed { method, purpose: Purpose::Reset });
            assert_eq!(proven(&closed, &policy), Kinds::NONE.with(Kind::HelpdeskCode), "closed");
            let replaced = mia(&vault, &[(Via::Email, "mia@other.example")]).await;
            assert_eq!(proven(&replaced, &policy), Kinds::NONE.with(Kind::HelpdeskCode), "replaced");
        });
    }

    #[test]
    fn all_flows_are_equally_long() {
        let vault = vault();
        let lengths: Vec<usize> = [(true, FlowStage::Started, 0), (false, FlowStage::Proven, 3)]
            .map(|(real, stage, sends)| vault.seal_flow(&flow(real, stage, sends)).unwrap().len())
            .to_vec();
        assert_eq!(lengths[0], lengths[1]);
    }

    #[test]
    fn a_flow_fits_or_is_refused() {
        let vault = vault();
        let base = serde_json::to_vec(&flow(true, FlowStage::Started, 0)).unwrap().len() - 32;
        let with_id = |length: usize| {
            let long = Flow { id: "0".repeat(length), ..flow(true, FlowStage::Started, 0) };
            vault.seal_flow(&long).map(|cookie| vault.open_flow(&cookie, Timestamp(1_001)).is_some())
        };
        assert_eq!(with_id(PADDED - base), Ok(true));
        assert_eq!(with_id(PADDED - base + 1), Err(StoreError::Damaged));
    }

    #[test]
    fn a_flow_lasts_fifteen_minutes_and_its_grant_five() {
        let vault = vault();
        let open = |flow: &Flow, now| vault.open_flow(&vault.seal_flow(flow).unwrap(), Timestamp(now)).is_some();
        let started = flow(true, FlowStage::Sent, 1);
        assert!(open(&started, 1_899));
        assert!(!open(&started, 1_900));
        let proven = flow(true, FlowStage::Proven, 1);
        assert!(open(&proven, 1_399));
        assert!(!open(&proven, 1_400));
    }

    #[test]
    fn foreign_cookies_do_not_open() {
        let vault = vault();
        for cookie in ["", "x", &"A".repeat(700), "{}"] {
            assert!(vault.open_flow(cookie, Timestamp(1_000)).is_none());
        }
    }

    #[test]
    fn a_grant_is_a_real_flow_that_proved_enough_for_the_password_there_is() {
        pollster::block_on(async {
            let (vault, policy) = (vault(), Policy { scope: ScopeKind::All, ..Policy::default() });
            let person = mia(&vault, &[(Via::Phone, "+44 7400123456")]).await;
            let grant = |real: bool, stage: FlowStage, generation: u64, is_proven: bool| {
                let mut flow = Flow { generation, ..flow(real, stage, 0) };
                if is_proven {
                    flow.proves(Kind::Phone, &person);
                }
                flow.holds_grant(&person, &policy)
            };
            let now = person.password.generation;
            assert!(grant(true, FlowStage::Proven, now, true));
            assert!(!grant(false, FlowStage::Proven, now, true), "nobody's");
            assert!(!grant(true, FlowStage::Sent, now, true), "still waiting for a code");
            assert!(!grant(true, FlowStage::Proven, now + 1, true), "another password");
            assert!(!grant(true, FlowStage::Proven, now, false), "nothing proven");
        });
    }

    #[test]
    fn the_last_recovery_code_still_counts_for_the_flow_it_was_used_in() {
        pollster::block_on(async {
            let (vault, policy) = (vault(), Policy::default());
            let mut person = mia(&vault, &[(Via::Email, "mia@mail.example")]).await;
            let created_at = Timestamp(1_000);
            let set = |used| RecoverySet { id: "set".to_owned(), codes: vec!["hash".to_owned()], used, created_at };
            person.methods.recovery = Some(set(vec![]));
            let mut flow = flow(true, FlowStage::Proven, 0);
            flow.proves(Kind::RecoveryCodes, &person);
            flow.proves(Kind::HelpdeskCode, &person);
            person.methods.recovery = Some(set(vec![0]));
            assert!(!person.standing(&policy).kinds.has(Kind::RecoveryCodes), "none is left");
            let (standing, _) = flow.standing(&person, &policy);
            assert_eq!(standing.kinds, Kinds::NONE.with(Kind::Email).with(Kind::RecoveryCodes));
        });
    }
}
