//! Passwords and the sign-in lock.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Lock, PasswordRecord};
use crate::vault::{Batch, Vault};
use relatch_core::lockout;
use relatch_core::{AccountId, Timestamp};

/// Sign-in attempts are counted per day at the longest.
const SIGN_IN_WINDOW: u64 = 86_400;

/// A sign-in attempt that was charged, and whether its password may be looked at.
pub struct ChargedSignIn {
    pub may_compare: bool,
    lock: Lock,
    attempt: u64,
    key: String,
    uses_up: bool,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Wins the right to write the password that follows `generation`. `begun` is when the flow or
    /// session that asks was begun: a winner that dies blocks only flows begun in the same quarter of
    /// an hour. One commit.
    pub async fn claim_password_change(
        &self,
        id: AccountId,
        generation: u64,
        begun: Timestamp,
    ) -> Result<bool, StoreError> {
        const BUCKET: u64 = 15 * 60;
        let key = self.keys.claim(
            &self.keys.password(id),
            generation.saturating_add(1),
            begun.window(BUCKET),
            begun.plus(86_400),
        );
        self.wins(&key).await
    }

    pub fn put_password(&self, batch: &mut Batch, id: AccountId, record: &PasswordRecord) -> Result<(), StoreError> {
        self.put(batch, self.keys.password(id), record)
    }

    /// Charges a sign-in attempt before anything is compared: one read, one increment.
    pub async fn charge_sign_in(
        &self,
        subject: AccountId,
        generation: u64,
        now: Timestamp,
    ) -> Result<ChargedSignIn, StoreError> {
        let lock: Option<Lock> = self.read(&self.keys.lock(subject)).await?;
        let fresh = Lock { generation, ..Lock::default() };
        let lock = lock.filter(|lock| lock.generation == generation).unwrap_or(fresh);
        let end = Timestamp(now.window(SIGN_IN_WINDOW).saturating_add(1).saturating_mul(SIGN_IN_WINDOW));
        let key = self.keys.sign_in(subject, generation, lock.streak, lock.round, end);
        let attempt = if now < lock.until { u64::MAX } else { self.count(&key).await? };
        Ok(ChargedSignIn {
            may_compare: lockout::may_compare(now, lock.until, lock.round, attempt),
            uses_up: lockout::uses_up(now, lock.until, lock.round, attempt),
            lock,
            attempt,
            key,
        })
    }

    /// The password was wrong, or was not looked at: locks when the round is used up.
    pub fn put_sign_in_failure(
        &self,
        batch: &mut Batch,
        subject: AccountId,
        charged: &ChargedSignIn,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !charged.uses_up {
            return Ok(());
        }
        let lock = Lock {
            generation: charged.lock.generation,
            streak: charged.lock.streak,
            round: charged.lock.round.saturating_add(1),
            until: now.plus(lockout::lock_length(charged.lock.round)),
        };
        self.put(batch, self.keys.lock(subject), &lock)
    }

    /// The password was right: failures so far are forgotten, and this attempt is not one of them.
    pub async fn forgive_sign_in(
        &self,
        batch: &mut Batch,
        subject: AccountId,
        charged: &ChargedSignIn,
    ) -> Result<(), StoreError> {
        if charged.attempt == 1 && charged.lock.round == 0 {
            self.kv.increment(&charged.key, -1).await?;
            return Ok(());
        }
        let lock =
            Lock { streak: charged.lock.streak.saturating_add(1), round: 0, until: Timestamp(0), ..charged.lock };
        self.put(batch, self.keys.lock(subject), &lock)
    }

    /// Does signing in to this account wait, after too many wrong passwords?
    pub async fn is_locked(&self, id: AccountId, generation: u64, now: Timestamp) -> Result<bool, StoreError> {
        let lock: Option<Lock> = self.read(&self.keys.lock(id)).await?;
        Ok(lock.is_some_and(|lock| lock.generation == generation && now < lock.until))
    }

    /// Frees an account from its sign-in lock; the password stays (S2). Attempts begin anew, in a round
    /// of their own.
    pub async fn unlock(&self, batch: &mut Batch, id: AccountId, generation: u64) -> Result<(), StoreError> {
        let lock: Option<Lock> = self.read(&self.keys.lock(id)).await?;
        let streak = lock.filter(|lock| lock.generation == generation).map_or(0, |lock| lock.streak);
        let lock = Lock { generation, streak: streak.saturating_add(1), round: 0, until: Timestamp(0) };
        self.put(batch, self.keys.lock(id), &lock)
    }

    /// Wins the one use of a grant that does not change the password.
    pub async fn claim_grant(&self, flow: &str, begun: Timestamp) -> Result<bool, StoreError> {
        self.wins(&self.keys.grant(flow, begun.plus(86_400))).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::{TestVault, vault};

    const MIA: AccountId = AccountId::from_bytes([1; 16]);

    async fn fail(vault: &TestVault, now: u64) -> bool {
        let charged = vault.charge_sign_in(MIA, 1, Timestamp(now)).await.unwrap();
        let mut batch = Batch::default();
        vault.put_sign_in_failure(&mut batch, MIA, &charged, Timestamp(now)).unwrap();
        vault.commit(batch).await.unwrap();
        charged.may_compare
    }

    #[test]
    fn ten_failures_lock_for_a_minute_then_two() {
        pollster::block_on(async {
            let vault = vault();
            for _ in 0..10 {
                assert!(fail(&vault, 1_000).await);
            }
            assert!(!fail(&vault, 1_059).await);
            assert!(fail(&vault, 1_060).await);
            assert!(!fail(&vault, 1_061).await);
            assert!(!fail(&vault, 1_179).await);
            assert!(fail(&vault, 1_180).await);
        });
    }

    #[test]
    fn a_new_password_is_not_locked() {
        pollster::block_on(async {
            let vault = vault();
            for _ in 0..10 {
                fail(&vault, 1_000).await;
            }
            assert!(!vault.charge_sign_in(MIA, 1, Timestamp(1_001)).await.unwrap().may_compare);
            assert!(vault.charge_sign_in(MIA, 2, Timestamp(1_001)).await.unwrap().may_compare);
        });
    }

    #[test]
    fn unlocking_forgets_the_lock_and_keeps_the_password() {
        pollster::block_on(async {
            let vault = vault();
            for _ in 0..10 {
                fail(&vault, 1_000).await;
            }
            let mut batch = Batch::default();
            vault.unlock(&mut batch, MIA, 1).await.unwrap();
            vault.commit(batch).await.unwrap();
            for _ in 0..10 {
                assert!(fail(&vault, 1_001).await);
            }
            assert!(!fail(&vault, 1_002).await);
        });
    }

    #[test]
    fn success_forgets_failures_and_successes_never_lock() {
        pollster::block_on(async {
            let vault = vault();
            for round in 0..3 {
                for _ in 0..9 {
                    assert!(fail(&vault, 1_000).await, "round {round}");
                }
                let charged = vault.charge_sign_in(MIA, 1, Timestamp(1_000)).await.unwrap();
                assert!(charged.may_compare);
                let mut batch = Batch::default();
                vault.forgive_sign_in(&mut batch, MIA, &charged).await.unwrap();
                vault.commit(batch).await.unwrap();
            }
            for _ in 0..40 {
                let charged = vault.charge_sign_in(MIA, 1, Timestamp(1_000)).await.unwrap();
                assert!(charged.may_compare);
                vault.forgive_sign_in(&mut Batch::default(), MIA, &charged).await.unwrap();
            }
        });
    }

    #[test]
    fn fifty_attempts_at_once_are_worth_ten() {
        pollster::block_on(async {
            let vault = vault();
            let mut compared = 0;
            let mut all = Vec::new();
            for _ in 0..50 {
                let charged = vault.charge_sign_in(MIA, 1, Timestamp(1_000)).await.unwrap();
                compared += u32::from(charged.may_compare);
                all.push(charged);
            }
            assert_eq!(compared, 10);
            for charged in &all {
                let mut batch = Batch::default();
                vault.put_sign_in_failure(&mut batch, MIA, charged, Timestamp(1_000)).unwrap();
                vault.commit(batch).await.unwrap();
            }
            assert!(!vault.charge_sign_in(MIA, 1, Timestamp(1_059)).await.unwrap().may_compare);
            assert!(vault.charge_sign_in(MIA, 1, Timestamp(1_060)).await.unwrap().may_compare);
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
}
