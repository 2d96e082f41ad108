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
pub struct Done {
    pub done: bool,
}
