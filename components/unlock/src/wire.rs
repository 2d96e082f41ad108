//! Bodies of UNLOCK.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[derive(Serialize)]
pub struct Done {
    pub unlocked: bool,
}
