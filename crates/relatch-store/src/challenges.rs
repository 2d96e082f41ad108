//! Codes: making, charging, judging.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Challenge, Purpose, Via};
use crate::vault::{Batch, Vault};
use data_encoding::HEXLOWER;
use relatch_core::code::{attempts_allowed, day_is_used_up, may_evaluate};
use relatch_core::keyed::same;
use relatch_core::limits::{CODE_LIFE, FAILURE_WINDOW, FAILURES_PER_DAY, MAILED_CODE_LIFE};
use relatch_core::{AccountId, Code, Timestamp};

/// Whose code this is, and what for.
#[derive(Clone, Copy)]
pub struct CodeFor<'a> {
    pub purpose: Purpose,
    /// Who is charged for wrong codes.
    pub subject: AccountId,
    /// Where the challenge is kept: the subject, or a decoy where the destination was wrong.
    pub kept_at: AccountId,
    pub generation: u64,
    /// The flow or sign-in it was asked for in.
    pub binding: &'a str,
}

/// What became of a code.
#[derive(Debug, PartialEq, Eq)]
pub enum Tried {
    /// Right, in time, first: this destination is theirs.
    Right {
        via: Via,
        to: String,
        /// The day the attempt was charged to: the one the code was made on.
        day: u64,
    },
    Wrong,
    /// Nothing was compared: this code, or this account for today, has been tried too often.
    UsedUp {
        for_today: bool,
        retry_after: u64,
    },
    Expired,
}

/// An attempt that was charged before anything was looked at.
pub(crate) struct ChargedAttempt {
    window: u64,
    attempt: u64,
    /// Too many: answer this, look at nothing.
    pub refused: Option<Tried>,
}

/// A new code and its challenge; the code itself is nowhere but in the message.
pub struct NewCode {
    pub code: Code,
    challenge: Challenge,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// A uniformly random code.
    pub fn random_code(&self) -> Result<Code, StoreError> {
        loop {
            if let Some(code) = Code::from_random(u64::from_be_bytes(self.random()?)) {
                return Ok(code);
            }
        }
    }

    /// Makes a code. `real`: false gives a challenge no code can ever answer, made with the same work.
    pub async fn make_code(
        &self,
        what: CodeFor<'_>,
        via: Via,
        to: &str,
        real: bool,
        now: Timestamp,
    ) -> Result<NewCode, StoreError> {
        let code = self.random_code()?;
        let id = self.random_id()?;
        let window = day_of(now);
        let failed: Option<u64> = self
            .read(&self.keys.failed(what.purpose, what.subject, what.generation, window, window_end(window)))
            .await?;
        let digest = self.code_digest(what, &id, code.expose());
        let nothing = HEXLOWER.encode(&self.random::<32>()?);
        let challenge = Challenge {
            id,
            binding: what.binding.to_owned(),
            generation: what.generation,
            code: if real { digest } else { nothing },
            created: now,
            window,
            allowed: attempts_allowed(failed.unwrap_or(0)),
            via,
            to: if real { to.to_owned() } else { String::new() },
        };
        Ok(NewCode { code, challenge })
    }

    /// Puts the new challenge in the place of the old one, which is dead from then on (SEC-11).
    pub fn put_challenge(&self, batch: &mut Batch, what: CodeFor<'_>, new: &NewCode) -> Result<(), StoreError> {
        self.put(batch, self.keys.challenge(what.purpose, what.kept_at), &new.challenge)
    }

    /// Charges one attempt, then judges `code`. Unless it is given back the count is put in `batch`, which the
    /// caller commits with its event. Success: two commits here.
    pub async fn try_code(
        &self,
        batch: &mut Batch,
        what: CodeFor<'_>,
        code: Option<&Code>,
        now: Timestamp,
    ) -> Result<Tried, StoreError> {
        let challenge: Option<Challenge> = self.read(&self.keys.challenge(what.purpose, what.kept_at)).await?;
        let window = challenge.as_ref().map_or_else(|| day_of(now), |challenge| challenge.window);
        let charged = self.charge_attempt_of(what, window, now).await?;
        if let Some(refused) = charged.refused {
            return Ok(refused);
        }
        let allowed = challenge.as_ref().map_or(FAILURES_PER_DAY, |challenge| challenge.allowed);
        if !may_evaluate(charged.attempt, allowed) {
            self.put_failed(batch, what, &charged)?;
            return Ok(Tried::UsedUp { for_today: false, retry_after: 0 });
        }
        // Also of nobody's code, which is compared with nothing (SEC-2).
        let digest = challenge.as_ref().map(|challenge| {
            let code = code.map_or("", Code::expose);
            self.code_digest(what, &challenge.id, code)
        });
        if let Some((challenge, digest)) = challenge.as_ref().zip(digest).filter(|_| code.is_some()) {
            if now.is_past(challenge.created, code_life(challenge.via)) {
                self.put_failed(batch, what, &charged)?;
                return Ok(Tried::Expired);
            }
            let ours = challenge.binding == what.binding && challenge.generation == what.generation;
            if same(digest.as_bytes(), challenge.code.as_bytes()) && ours && self.claim_code(challenge).await? {
                self.put_spent(batch, what, &charged)?;
                return Ok(Tried::Right { via: challenge.via, to: challenge.to.clone(), day: window });
            }
        }
        self.put_failed(batch, what, &charged)?;
        Ok(Tried::Wrong)
    }

    /// Charges an attempt with something that was not sent, and says whether it may be looked at: ten
    /// wrong ones a day, together with those that were sent.
    pub(crate) async fn charge_attempt(&self, what: CodeFor<'_>, now: Timestamp) -> Result<ChargedAttempt, StoreError> {
        self.charge_attempt_of(what, day_of(now), now).await
    }

    /// To the day `window`, which is another one where a code was made before midnight.
    async fn charge_attempt_of(
        &self,
        what: CodeFor<'_>,
        window: u64,
        now: Timestamp,
    ) -> Result<ChargedAttempt, StoreError> {
        let end = window_end(window);
        let attempt = self.count(&self.keys.attempts(what.purpose, what.subject, what.generation, window, end)).await?;
        let refused =
            day_is_used_up(attempt).then(|| Tried::UsedUp { for_today: true, retry_after: now.until(end).max(1) });
        Ok(ChargedAttempt { window, attempt, refused })
    }

    /// Writes an attempt down that stays charged, so that codes made later today allow for it.
    pub(crate) fn put_failed(
        &self,
        batch: &mut Batch,
        what: CodeFor<'_>,
        charged: &ChargedAttempt,
    ) -> Result<(), StoreError> {
        let end = window_end(charged.window);
        let key = self.keys.failed(what.purpose, what.subject, what.generation, charged.window, end);
        self.put(batch, key, &charged.attempt)
    }

    /// A right one stays charged in a reset: where it only unlocks, the next code has to allow for it too. All others
    /// give it back.
    pub(crate) fn put_spent(
        &self,
        batch: &mut Batch,
        what: CodeFor<'_>,
        charged: &ChargedAttempt,
    ) -> Result<(), StoreError> {
        if what.purpose == Purpose::Reset { self.put_failed(batch, what, charged) } else { Ok(()) }
    }

    /// A right code was no failure: sign-ins and registrations give their attempt back, so that ten
    /// good days do not look like ten wrong codes. (After a reset the generation changes instead.)
    /// It was charged to `day`, and another day's count is not touched.
    pub async fn give_back_attempt(&self, what: CodeFor<'_>, day: u64) -> Result<(), StoreError> {
        let counter = self.keys.attempts(what.purpose, what.subject, what.generation, day, window_end(day));
        self.kv.increment(&counter, -1).await.map(|_| ())
    }

    async fn claim_code(&self, challenge: &Challenge) -> Result<bool, StoreError> {
        let mut id = [0; 16];
        let bytes = HEXLOWER.decode(challenge.id.as_bytes()).map_err(|_| StoreError::Damaged)?;
        id.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        self.wins(&self.keys.code_claim(&id, challenge.created.plus(86_400))).await
    }

    fn code_digest(&self, what: CodeFor<'_>, id: &str, code: &str) -> String {
        self.digest(
            "code",
            &[
                what.purpose.as_str().as_bytes(),
                what.subject.as_bytes(),
                what.binding.as_bytes(),
                id.as_bytes(),
                code.as_bytes(),
            ],
        )
    }
}

/// Seconds a code works: mail is slower than a phone.
pub fn code_life(via: Via) -> u64 {
    match via {
        Via::Phone => CODE_LIFE,
        Via::Email => MAILED_CODE_LIFE,
    }
}

/// The day whose failures are counted together.
pub fn day_of(now: Timestamp) -> u64 {
    now.window(FAILURE_WINDOW)
}

pub(crate) fn window_end(window: u64) -> Timestamp {
    Timestamp::end_of_window(window, FAILURE_WINDOW)
}

#[cfg(test)]
mod tests;
