//! Bodies of VERIFY.

use relatch_spin::views::{MethodView, RulesView, SessionView, WayView};
use serde::{Deserialize, Serialize};

/// What proves it.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The code that was sent.
    #[default]
    Sent,
    App,
    RecoveryCode,
    /// What an administrator started the reset with.
    HelpdeskCode,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    #[serde(default)]
    pub method: Proof,
    pub code: String,
}

/// Registration: only a code that was sent proves a phone or an address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypedCode {
    pub code: String,
}

/// What comes after a right proof.
#[derive(Serialize)]
#[serde(tag = "next", rename_all = "snake_case")]
pub enum Next {
    SetPassword { password_rules: RulesView },
    Unlock { password_rules: RulesView },
    Verify { step: usize, methods: Vec<WayView> },
}

#[derive(Serialize)]
pub struct Registered {
    pub registered: MethodView,
}

/// Where a sign-in is, and the recovery code that takes the place of the one that was used.
#[derive(Serialize)]
pub struct SignedIn<'a> {
    #[serde(flatten)]
    pub session: SessionView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_recovery_code: Option<&'a str>,
}
