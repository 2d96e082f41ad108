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

/// The same for the log: groups by their names.
#[derive(Serialize)]
pub struct Logged<'a> {
    scope: ScopeKind,
    groups: Vec<&'a str>,
}

impl<'a> From<&'a Properties> for Logged<'a> {
    fn from(properties: &'a Properties) -> Self {
        let groups = properties.groups.iter().map(|group| group.name.as_str()).collect();
        Self { scope: properties.scope, groups }
    }
}
