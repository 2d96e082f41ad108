//! The place where a test looks in and interferes. Without the feature `testing` every method is empty and the
//! compiler removes it.

/// What a component did to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OpKind {
    /// Read one value.
    Get,
    /// Wrote one value.
    Set,
    /// Removed one key.
    Delete,
    /// Asked whether a key is there.
    Exists,
    /// Listed all keys.
    GetKeys,
    /// Read several values.
    GetMany,
    /// Wrote several values in one commit.
    SetMany,
    /// Removed several keys in one commit.
    DeleteMany,
    /// Added to a counter.
    Increment,
}

impl OpKind {
    /// Does it end in a commit?
    #[cfg(feature = "testing")]
    pub fn commits(self) -> bool {
        matches!(self, Self::Set | Self::Delete | Self::SetMany | Self::DeleteMany | Self::Increment)
    }
}

/// What is to happen to a store operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Proceed,
    /// It is not done; the guest sees an error.
    #[cfg(feature = "testing")]
    Fail,
    /// It is done; the guest sees an error all the same.
    #[cfg(feature = "testing")]
    LoseAnswer,
    /// It is done; then the guest's request ends.
    #[cfg(feature = "testing")]
    Kill,
    /// It is done; then the process ends at once.
    #[cfg(feature = "testing")]
    Die,
}

#[cfg(not(feature = "testing"))]
pub use off::Probe;

#[cfg(feature = "testing")]
pub use crate::testing::Probe;

#[cfg(not(feature = "testing"))]
mod off {
    use std::time::Duration;

    use super::{OpKind, Verdict};

    /// Does nothing.
    #[derive(Debug)]
    pub struct Probe;

    impl Probe {
        /// Nothing.
        pub fn new() -> Self {
            Self
        }

        /// The guests' wall clock is the machine's.
        pub fn clock(&self, real: Duration) -> Duration {
            real
        }

        /// Called before each store operation.
        pub async fn before_store<'a>(
            &self,
            _component: &str,
            _kind: OpKind,
            _keys: impl Iterator<Item = &'a str> + Send,
        ) -> Verdict {
            Verdict::Proceed
        }

        /// Called before each outbound request; false makes it fail.
        pub async fn before_outbound(&self, _component: &str, _host: &str) -> bool {
            true
        }
    }
}
