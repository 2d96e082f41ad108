//! Bodies of VERIFY.

use relatch_core::password::PasswordRules;
use relatch_spin::views::{MethodView, RulesView};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    pub code: String,
}

#[derive(Serialize)]
pub struct Proven {
    next: &'static str,
    password_rules: RulesView,
}

impl Proven {
    pub fn new(rules: &PasswordRules) -> Self {
        Self { next: "set_password", password_rules: rules.into() }
    }
}

#[derive(Serialize)]
pub struct Registered {
    pub registered: MethodView,
}
