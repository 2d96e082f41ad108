//! Bodies of START. The answer depends on the policy only, never on who was named.

use relatch_core::limits::FLOW_LIFE;
use relatch_spin::views::{WayView, ways};
use relatch_store::records::Policy;
use relatch_store::tokens::Reason;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    pub name: String,
    #[serde(default)]
    pub reason: Reason,
}

#[derive(Serialize)]
pub struct Started {
    step: u8,
    steps: usize,
    methods: Vec<WayView>,
    expires_in: u64,
}

impl Started {
    /// What policy offers, not what somebody registered (SEC-7).
    pub fn under(policy: &Policy) -> Self {
        let allowed = policy.methods.allowed();
        Self { step: 1, steps: allowed.needed, methods: ways(policy, allowed.first()), expires_in: FLOW_LIFE }
    }
}
