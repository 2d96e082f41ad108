//! What was done with an account lately, for its owner. Kept inside the records it is about, and so
//! written under their claims: nothing is lost in a race, and it costs no operation of its own.

use relatch_core::Timestamp;
use serde::{Deserialize, Serialize};

/// Happenings one record remembers.
const REMEMBERED: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The owner, as far as proofs can tell.
    Owner,
    Administrator,
    /// Somebody who could not show that they are the owner.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    pub at: u64,
    /// A permanent name; of a method, with its kind after a colon.
    pub what: String,
    pub by: By,
}

/// Newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lately(pub Vec<Happening>);

impl Lately {
    /// Adds what happens now and forgets the oldest.
    pub fn note(&mut self, what: impl Into<String>, by: By, now: Timestamp) {
        self.0.insert(0, Happening { at: now.0, what: what.into(), by });
        self.0.truncate(REMEMBERED);
    }

    /// The same with one more.
    #[must_use]
    pub fn noted(mut self, what: impl Into<String>, by: By, now: Timestamp) -> Self {
        self.note(what, by, now);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_and_the_oldest_go() {
        let mut lately = Lately::default();
        for at in 0..20 {
            lately.note(format!("n{at}"), By::Owner, Timestamp(at));
        }
        assert_eq!(lately.0.len(), REMEMBERED);
        assert_eq!(lately.0[0].what, "n19");
    }
}
