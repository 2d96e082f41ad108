//! Passwords, as they are kept: hashes.

use super::{Lately, as_text};
use relatch_core::Timestamp;
use relatch_core::hashing::DECOY_HASH;
use serde::{Deserialize, Serialize};

/// The password of an account. `generation` rises with each change, and everything that was bought
/// with an older one (sessions, flows, codes, grants) is dead from the same commit on (SEC-25).
#[derive(Clone, Serialize, Deserialize)]
pub struct PasswordRecord {
    pub generation: u64,
    /// PHC string, argon2id.
    pub hash: String,
    /// Which pepper it was made with.
    pub pepper: String,
    pub must_change: bool,
    #[serde(with = "as_text::time")]
    pub changed_at: Timestamp,
    /// Earlier ones, newest first, as many as policy wants remembered.
    #[serde(default)]
    pub earlier: Vec<EarlierPassword>,
    /// How it came to change, newest first.
    #[serde(default)]
    pub lately: Lately,
}

/// A password somebody had.
#[derive(Clone, Serialize, Deserialize)]
pub struct EarlierPassword {
    pub hash: String,
    pub pepper: String,
}

/// A password's hash, and which pepper it was made with.
#[derive(Clone, Copy)]
pub struct StoredHash<'a> {
    pub hash: &'a str,
    pub pepper: &'a str,
}

impl StoredHash<'_> {
    /// What nobody's password matches, for strangers (SEC-2, SEC-5).
    pub const DECOY: StoredHash<'static> = StoredHash { hash: DECOY_HASH, pepper: "" };
}

impl PasswordRecord {
    pub fn stored(&self) -> StoredHash<'_> {
        StoredHash { hash: &self.hash, pepper: &self.pepper }
    }

    /// This one and the earlier ones, newest first.
    pub fn all_stored(&self) -> impl Iterator<Item = StoredHash<'_>> {
        let earlier = self.earlier.iter().map(|earlier| StoredHash { hash: &earlier.hash, pepper: &earlier.pepper });
        std::iter::once(self.stored()).chain(earlier)
    }
}
