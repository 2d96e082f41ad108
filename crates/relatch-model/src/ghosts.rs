//! What really happened, written down beside the protocol and never read by it: properties look only here.

use crate::records::{CodeId, FlowId, Purpose, Who};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ghost {
    /// Something was compared with this code.
    Compared(CodeId),
    /// Something was judged and wrong: purpose, account, generation, the day it is charged to.
    Failed(Purpose, Who, u8, u64),
    /// This code was taken as right.
    CodeWon(CodeId),
    RecoveryCodeWon(Who, u8),
    /// A password was set with this flow's grant.
    PasswordSet(FlowId),
    /// A password that follows this generation was set.
    Followed(Who, u8),
    /// An account was freed with this flow's grant.
    Unlocked(FlowId),
    /// A password was set, and at no moment of the request was what had been proven enough.
    Unearned,
    /// A password was compared at sign-in: account, is it a known device, the round and streak.
    SignInCompared(Who, bool, u64, u32, u64),
    /// An attempt was refused although its code was never compared with anything.
    RefusedUnseen,
    /// A message went where, by what had been written until then, none might go.
    SentTooSoon,
    UsedUp,
    DayUsedUp,
    Closed,
    SignedIn,
    /// A request stopped after it had won the change of password, and before it wrote it.
    CrashedInMidChange,
    FinishedAfterCrash,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Ghosts {
    counts: BTreeMap<Ghost, u8>,
    /// Codes that were sent, and flows that were begun.
    pub codes: CodeId,
    pub flows: FlowId,
}

impl Ghosts {
    pub fn note(&mut self, ghost: Ghost) {
        let count = self.counts.entry(ghost).or_default();
        *count = match ghost {
            // Whether it happened is enough; how often would only make more states.
            Ghost::UsedUp | Ghost::DayUsedUp | Ghost::RefusedUnseen | Ghost::SentTooSoon | Ghost::SignedIn => 1,
            _ => count.saturating_add(1),
        };
    }

    pub fn has(&self, ghost: Ghost) -> bool {
        self.counts.contains_key(&ghost)
    }

    pub fn count(&self, ghost: Ghost) -> u8 {
        self.counts.get(&ghost).copied().unwrap_or(0)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Ghost, u8)> {
        self.counts.iter().map(|(ghost, count)| (*ghost, *count))
    }
}
