//! Bodies of START. The answer is the same for everybody, so it has no parameters.

use relatch_core::limits::FLOW_LIFE;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    pub name: String,
}

#[derive(Serialize)]
pub struct Started {
    step: u8,
    steps: u8,
    methods: [MethodKind; 1],
    expires_in: u64,
}

#[derive(Serialize)]
struct MethodKind {
    kind: &'static str,
    deliveries: [&'static str; 2],
}

impl Started {
    /// What policy offers, not what somebody registered (SEC-7).
    #[allow(clippy::new_without_default, reason = "there is nothing to default")]
    pub fn new() -> Self {
        Self {
            step: 1,
            steps: 1,
            methods: [MethodKind { kind: "phone", deliveries: ["text", "call"] }],
            expires_in: FLOW_LIFE,
        }
    }
}
