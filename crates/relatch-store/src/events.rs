//! What happened: one sealed record per event, written in the same batch as what it reports.

use crate::kv::{Entropy, Kv, StoreError};
use crate::vault::{Batch, Vault};
use relatch_core::Timestamp;
use serde::{Deserialize, Serialize};

/// How long an event is kept.
const KEPT: u64 = 400 * 86_400;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    SetupDone,
    SignedIn,
    SignInFailed,
    SignedOut,
    ResetStarted,
    CodeRequested,
    CodeAccepted,
    CodeRefused,
    PasswordReset,
    PasswordChanged,
    MethodRegistered,
    MethodRemoved,
    MethodsConfirmed,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    AccountUnlocked,
    SessionEnded,
    RegistrationFinished,
    DeliveryFailed,
    UserCreated,
    GroupCreated,
    MembersChanged,
    ScopeChanged,
    PolicyChanged,
}

/// Who did what to whom, with which result (SEC-77). Sealed like everything else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub at: u64,
    pub kind: EventKind,
    /// Account id of who acted, where that is known.
    pub actor: Option<String>,
    /// Account or group id of what it was done to.
    pub target: Option<String>,
    pub method: Option<String>,
    pub result: String,
    pub client: String,
    pub request: String,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    pub fn put_event(&self, batch: &mut Batch, event: &Event) -> Result<(), StoreError> {
        let key = self.keys.event(&self.random()?, Timestamp(event.at).plus(KEPT));
        self.put(batch, key, event)
    }
}
