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
    pub members: Vec<String>,
    #[serde(default)]
    pub groups: Vec<String>,
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
    member_count: u64,
    created_at: String,
}

impl<'a> From<&'a GroupRecord> for GroupView<'a> {
    fn from(group: &'a GroupRecord) -> Self {
        Self {
            id: group.id.to_string(),
            name: &group.name,
            description: &group.description,
            kind: "security",
            membership: "assigned",
            member_count: group.member_count,
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
