//! Bodies of SETPW.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    pub password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub current: String,
    pub password: String,
}

#[derive(Serialize)]
pub struct Done<'a> {
    pub done: bool,
    /// In the place of the recovery code that was used; only ever in this reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_recovery_code: Option<&'a str>,
}
