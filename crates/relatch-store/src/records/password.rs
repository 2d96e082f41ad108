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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::{account, vault};

    #[test]
    fn earlier_passwords_come_after_this_one_each_with_its_own_pepper() {
        pollster::block_on(async {
            let vault = vault();
            let id = account(&vault, "mia", "", Vec::new(), Timestamp(1_000)).await.id;
            let mut record = vault.person(id).await.unwrap().unwrap().password;
            let earlier =
                |hash: &str, pepper: &str| EarlierPassword { hash: hash.to_owned(), pepper: pepper.to_owned() };
            (record.hash, record.pepper) = ("now".to_owned(), "p2".to_owned());
            record.earlier = vec![earlier("before", "p2"), earlier("once", "p1")];
            let all: Vec<_> = record.all_stored().map(|stored| (stored.hash, stored.pepper)).collect();
            assert_eq!(all, [("now", "p2"), ("before", "p2"), ("once", "p1")]);
        });
    }
}
