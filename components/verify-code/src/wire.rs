//! Bodies of VERIFY.

use relatch_core::password::PasswordRules;
use relatch_spin::views::{MethodView, RulesView, WayView};
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

impl Next {
    pub fn set_password(rules: &PasswordRules) -> Self {
        Self::SetPassword { password_rules: rules.into() }
    }

    pub fn unlock(rules: &PasswordRules) -> Self {
        Self::Unlock { password_rules: rules.into() }
    }
}

#[derive(Serialize)]
pub struct Registered {
    pub registered: MethodView,
}
