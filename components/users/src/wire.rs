//! Bodies of the users pages.

use relatch_spin::views::{GroupName, UserView};
use relatch_store::records::Role;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub name: String,
    pub display_name: String,
    #[serde(default)]
    pub role: Option<Role>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    pub text: String,
}

#[derive(Serialize)]
pub struct Page<'a> {
    pub users: Vec<UserView<'a>>,
    pub next: Option<String>,
}

#[derive(Serialize)]
pub struct Found<'a> {
    pub users: Vec<UserView<'a>>,
    pub more: bool,
}

#[derive(Serialize)]
pub struct Created<'a> {
    pub user: UserView<'a>,
    /// Only ever in this reply.
    pub initial_password: &'a str,
}

#[derive(Serialize)]
pub struct Shown<'a> {
    pub user: UserView<'a>,
    pub groups: Vec<GroupName>,
}
