//! The answer of a sweep.

use serde::Serialize;

#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Done {
    /// Keys that had ended.
    pub removed: usize,
    /// Accounts whose time to be restored was over.
    pub purged: u64,
    /// Notices nobody had delivered, on their way now.
    pub sent: usize,
    /// There is more: sweep again.
    pub more: bool,
}
