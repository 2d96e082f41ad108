//! Bodies of UNLOCK.

use serde::Serialize;

#[derive(Serialize)]
pub struct Done<'a> {
    pub unlocked: bool,
    /// In the place of the recovery code that was used; only ever in this reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_recovery_code: Option<&'a str>,
}
