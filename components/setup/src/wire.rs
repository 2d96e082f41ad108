//! Bodies of set-up.

use relatch_core::password::PasswordRules;
use relatch_spin::SpinApp;
use relatch_spin::views::{Organisation, RulesView};
use relatch_store::records::Policy;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct First {
    pub secret: String,
    pub name: String,
    pub display_name: String,
    pub password: String,
    /// Where the organisation's phones are (ISO 3166-1): codes are sent there and nowhere else, until an
    /// administrator says more. Left out: everywhere.
    #[serde(default)]
    pub country: Option<String>,
}

#[derive(Serialize)]
pub struct State<'a> {
    needed: bool,
    organisation: Organisation<'a>,
    password_rules: RulesView,
}

impl<'a> State<'a> {
    pub fn new(needed: bool, app: &'a SpinApp, policy: &'a Policy) -> Self {
        Self {
            needed,
            organisation: app.organisation(policy),
            password_rules: (&PasswordRules::new(false, &[])).into(),
        }
    }
}

#[derive(Serialize)]
pub struct Created<'a> {
    pub name: &'a str,
}
