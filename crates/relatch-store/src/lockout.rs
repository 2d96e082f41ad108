//! The sign-in lock: who may have a password compared, and what a failure does.
//!
//! **Two buckets.** Known and unknown devices of an account have each their own counter, lock and
//! remembered passwords. Nothing done in one is seen in the other; a new password begins both anew.
//!
//! **Repeated passwords.** The last three wrong passwords of a bucket are remembered as tags. One that is
//! typed again (a mail client with an old password) is refused like any other and does not count.
//!
//! A tag is 16 bits of a keyed hash. That is enough to recognise a repeated mistake: another password
//! passes for one of three in 1 of 21,845 cases. And it is too little to try guesses on: whoever can read
//! it, keys and all, still has one in 65,536 of all passwords left, and one that is wrong.
//!
//! **Why this is exact.** Only the number that the store's `increment` returns lets a password be compared.
//!
//! 1. A password without a tag adds one. It is compared if the sum is within the round, so a round compares
//!    as many of them as it allows, however many come at once, and whatever other records say.
//! 2. A password with a tag adds nothing: it asks for the sum (`increment` by 0) and is compared only while
//!    the round has room for one more, exactly when one without a tag would be. Nothing is ever given back,
//!    so no sum that others were judged by becomes too low, and a device that repeats itself never takes the
//!    place of its owner's next attempt.
//! 3. It is compared, although known to be wrong, for the one right password in 21,845 that has the tag of a
//!    wrong one: it gets in whenever any right password would. So a tag decides what a *failure* costs,
//!    never who gets in.
//! 4. A new guess is free with that same chance, which nobody without the lookup key can raise, and only
//!    while there is room. A round of ten gives away 1 guess in 2,184 rounds.
//! 5. Tags are written for what was compared and found wrong, so the right password has none of its own. They
//!    are a record of their own: an update that is lost costs a tag, and the repeat counts once more. The
//!    lock is never undone by it. Nor by an older lock that is written late: its round is used up, and the
//!    next attempt finds that out from the counter and locks again.
//!
//! The same wrong password fifty times *at once* counts fifty times, for none of them has been remembered
//! yet: in doubt it locks.

use crate::devices::Device;
use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Lock, WrongPasswords};
use crate::vault::{Batch, Vault};
use relatch_core::{AccountId, Password, Timestamp, lockout};

/// Sign-in attempts are counted per day at the longest.
const SIGN_IN_WINDOW: u64 = 86_400;

/// Whose password is tried, and on what device. Strangers' names have a subject too (SEC-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInAttempt {
    pub subject: AccountId,
    pub generation: u64,
    pub device: Device,
}

/// A sign-in attempt that was charged, and whether its password may be looked at.
pub struct ChargedSignIn {
    pub may_compare: bool,
    attempt: SignInAttempt,
    lock: Lock,
    wrong: WrongPasswords,
    tag: u16,
    /// The number it has in its round, or would have.
    number: u64,
    /// Where it is counted; nothing, if it is not.
    counter: Option<String>,
    uses_up: bool,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Charges a sign-in attempt before anything is compared: two reads, one increment.
    pub async fn charge_sign_in(
        &self,
        attempt: SignInAttempt,
        password: &Password,
        now: Timestamp,
    ) -> Result<ChargedSignIn, StoreError> {
        let SignInAttempt { subject, generation, device } = attempt;
        let lock: Option<Lock> = self.read(&self.keys.lock(subject, device)).await?;
        let fresh = Lock { generation, ..Lock::default() };
        let lock = lock.filter(|lock| lock.generation == generation).unwrap_or(fresh);
        let wrong: WrongPasswords = self.read(&self.keys.wrong(subject, device)).await?.unwrap_or_default();
        let tag = self.wrong_tag(subject, generation, password);
        let end = Timestamp::end_of_window(now.window(SIGN_IN_WINDOW), SIGN_IN_WINDOW);
        let counter = self.keys.sign_in(subject, device, generation, lock.streak, lock.round, end);
        let repeated = wrong.has(tag);
        let number = if now < lock.until {
            u64::MAX
        } else if repeated {
            self.counted(&counter).await?.saturating_add(1)
        } else {
            self.count(&counter).await?
        };
        Ok(ChargedSignIn {
            may_compare: lockout::may_compare(now, lock.until, lock.round, number),
            uses_up: !repeated && lockout::uses_up(now, lock.until, lock.round, number),
            counter: (!repeated).then_some(counter),
            attempt,
            lock,
            wrong,
            tag,
            number,
        })
    }

    /// The attempt is refused: remembers the password if it was compared and is not `right`, and locks
    /// when the round is used up.
    pub fn put_sign_in_failure(
        &self,
        batch: &mut Batch,
        charged: &ChargedSignIn,
        right: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let SignInAttempt { subject, device, .. } = charged.attempt;
        // Written also when nothing is new, so that what is written tells no failure from another.
        let mut wrong = charged.wrong.clone();
        if charged.may_compare && !right {
            wrong.remember(charged.tag);
        }
        self.put(batch, self.keys.wrong(subject, device), &wrong)?;
        if !charged.uses_up {
            return Ok(());
        }
        let (round, until) = lockout::lock_after(charged.lock.round, now);
        let lock = Lock { generation: charged.lock.generation, streak: charged.lock.streak, round, until };
        self.put(batch, self.keys.lock(subject, device), &lock)
    }

    /// The password was right: failures so far are forgotten, and this attempt is not one of them.
    pub async fn forgive_sign_in(&self, batch: &mut Batch, charged: &ChargedSignIn) -> Result<(), StoreError> {
        if lockout::is_first(charged.lock.round, charged.number) {
            // The one number that is given back belongs to a password that was right.
            if let Some(counter) = &charged.counter {
                self.kv.increment(counter, -1).await?;
            }
            return Ok(());
        }
        let SignInAttempt { subject, device, .. } = charged.attempt;
        self.put(batch, self.keys.lock(subject, device), &charged.lock.anew())
    }

    /// Frees an account from its sign-in locks; the password stays (S2). Attempts begin anew, in rounds
    /// of their own. Two reads.
    pub async fn unlock(&self, batch: &mut Batch, id: AccountId, generation: u64) -> Result<(), StoreError> {
        for device in Device::ALL {
            let key = self.keys.lock(id, device);
            let lock: Option<Lock> = self.read(&key).await?;
            let fresh = Lock { generation, ..Lock::default() };
            let lock = lock.filter(|lock| lock.generation == generation).unwrap_or(fresh);
            self.put(batch, key, &lock.anew())?;
        }
        Ok(())
    }

    /// Does signing in to this account wait somewhere, after too many wrong passwords?
    pub async fn is_locked(&self, id: AccountId, generation: u64, now: Timestamp) -> Result<bool, StoreError> {
        for device in Device::ALL {
            let lock: Option<Lock> = self.read(&self.keys.lock(id, device)).await?;
            if lock.is_some_and(|lock| lock.generation == generation && now < lock.until) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Names a password that was wrong, among the few of its account, without saying what it was.
    fn wrong_tag(&self, subject: AccountId, generation: u64, password: &Password) -> u16 {
        let parts: [&[u8]; 3] = [subject.as_bytes(), &generation.to_be_bytes(), password.expose().as_bytes()];
        let [a, b, ..] = self.keys.mac("wrong-password", &parts);
        u16::from_be_bytes([a, b])
    }
}

#[cfg(test)]
mod tests;
