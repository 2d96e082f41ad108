//! Bodies of the groups pages.

use relatch_spin::views::{GroupName, UserView};
use relatch_store::records::{GroupRecord, Person};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub membership: Membership,
    pub rule: Option<String>,
    #[serde(default)]
    pub members: Vec<String>,
    #[serde(default)]
    pub groups: Vec<String>,
}

/// Who decides who is in a group.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// Administrators, one by one.
    #[default]
    Assigned,
    /// A rule.
    Dynamic,
}

/// What is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    pub version: u64,
    pub name: Option<String>,
    pub description: Option<String>,
    pub rule: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TryRule {
    pub rule: String,
}

#[derive(Serialize)]
pub struct Tried<'a> {
    pub people: Vec<UserView<'a>>,
    /// How many accounts were looked at.
    pub looked_at: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    #[serde(default)]
    pub add_members: Vec<String>,
    #[serde(default)]
    pub remove_members: Vec<String>,
    #[serde(default)]
    pub add_groups: Vec<String>,
    #[serde(default)]
    pub remove_groups: Vec<String>,
}

#[derive(Serialize)]
pub struct GroupView<'a> {
    id: String,
    name: &'a str,
    description: &'a str,
    kind: &'static str,
    membership: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    /// Not counted for a dynamic group.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_count: Option<u64>,
    version: u64,
    created_at: String,
}

impl<'a> From<&'a GroupRecord> for GroupView<'a> {
    fn from(group: &'a GroupRecord) -> Self {
        Self {
            id: group.id.to_string(),
            name: &group.name,
            description: &group.description,
            kind: "security",
            membership: if group.rule.is_some() { "dynamic" } else { "assigned" },
            rule: group.rule.as_deref(),
            member_count: group.rule.is_none().then_some(group.member_count),
            version: group.version,
            created_at: group.created_at.rfc3339(),
        }
    }
}

#[derive(Serialize)]
pub struct Page<'a> {
    pub groups: Vec<GroupView<'a>>,
    pub next: Option<String>,
}

#[derive(Serialize)]
pub struct Created<'a> {
    pub group: GroupView<'a>,
}

#[derive(Serialize)]
pub struct Shown<'a> {
    group: GroupView<'a>,
    members: Vec<UserView<'a>>,
    groups: Vec<GroupName>,
    next: Option<String>,
}

impl<'a> Shown<'a> {
    pub fn of(group: &'a GroupRecord, members: &'a [Person], groups: Vec<GroupName>, next: Option<u64>) -> Self {
        Self {
            group: group.into(),
            members: members.iter().map(UserView::from).collect(),
            groups,
            next: next.map(|at| at.to_string()),
        }
    }
}
