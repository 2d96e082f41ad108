//! Passwords, and what may be done once with them.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::PasswordRecord;
use crate::vault::{Batch, Vault};
use relatch_core::limits::PASSWORD_CLAIM;
use relatch_core::{AccountId, Timestamp};

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Wins the right to write the password that follows `generation`. One commit, two where spans of claims meet.
    pub async fn claim_password_change(
        &self,
        id: AccountId,
        generation: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (record, next) = (self.keys.password(id), generation.saturating_add(1));
        self.wins_spans(|span, end| self.keys.claim(&record, next, span, end), now, PASSWORD_CLAIM).await
    }

    pub fn put_password(&self, batch: &mut Batch, id: AccountId, record: &PasswordRecord) -> Result<(), StoreError> {
        self.put(batch, self.keys.password(id), record)
    }

    /// Wins the one use of a grant that does not change the password.
    pub async fn claim_grant(&self, flow: &str, begun: Timestamp) -> Result<bool, StoreError> {
        self.wins(&self.keys.grant(flow, begun.plus(86_400))).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::{account, vault};

    const MIA: AccountId = AccountId::from_bytes([1; 16]);

    #[test]
    fn a_grant_that_keeps_the_password_is_won_once() {
        pollster::block_on(async {
            let vault = vault();
            assert!(vault.claim_grant("flow", Timestamp(1_000)).await.unwrap());
            assert!(!vault.claim_grant("flow", Timestamp(1_000)).await.unwrap());
            assert!(vault.claim_grant("other", Timestamp(1_000)).await.unwrap());
        });
    }

    #[test]
    fn a_password_change_is_won_once_per_generation() {
        pollster::block_on(async {
            let vault = vault();
            assert!(vault.claim_password_change(MIA, 1, Timestamp(1_000)).await.unwrap());
            assert!(!vault.claim_password_change(MIA, 1, Timestamp(1_000)).await.unwrap());
            assert!(vault.claim_password_change(MIA, 2, Timestamp(1_000)).await.unwrap());
        });
    }

    #[test]
    fn a_new_password_takes_the_place_of_the_old() {
        pollster::block_on(async {
            let (vault, now) = (vault(), Timestamp(1_000));
            let mia = account(&vault, "mia", "", Vec::new(), now).await.id;
            let before = vault.person(mia).await.unwrap().unwrap().password;
            let new = PasswordRecord { generation: before.generation + 1, hash: "new".to_owned(), ..before };
            let mut batch = Batch::default();
            vault.put_password(&mut batch, mia, &new).unwrap();
            vault.commit(batch).await.unwrap();
            let after = vault.person(mia).await.unwrap().unwrap().password;
            assert_eq!((after.generation, after.hash.as_str()), (2, "new"));
        });
    }
}
