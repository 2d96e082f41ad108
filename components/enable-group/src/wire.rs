//! Bodies of Properties.

use relatch_spin::views::GroupName;
use relatch_store::records::ScopeKind;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    pub scope: ScopeKind,
    pub groups: Vec<String>,
    pub version: u64,
}

#[derive(Serialize)]
pub struct Properties {
    pub scope: ScopeKind,
    pub groups: Vec<GroupName>,
    pub version: u64,
}
