//! Bodies of the account page.

use relatch_spin::views::{Activity, MethodView, Readiness, RecoveryView, RulesView};
use serde::Serialize;

#[derive(Serialize)]
pub struct AccountView<'a> {
    pub name: &'a str,
    pub display_name: &'a str,
    pub roles: Vec<&'static str>,
    pub methods: Vec<MethodView>,
    pub recovery_codes: Option<RecoveryView>,
    pub offered: Vec<&'static str>,
    pub deliveries: Vec<&'static str>,
    pub sessions: Vec<SessionLine>,
    /// Signed in within the last five minutes: methods and password may be changed.
    pub fresh: bool,
    pub csrf: String,
    pub password_rules: RulesView,
    pub readiness: Readiness,
    /// What was done with this account lately, newest first.
    pub activity: Vec<Activity>,
}

#[derive(Serialize)]
pub struct SessionLine {
    pub id: String,
    pub current: bool,
    pub begun: String,
    pub seen: String,
}
