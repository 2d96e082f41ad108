//! A reset that an administrator starts: a code of one use, which the person redeems with a password of
//! their own choice. Nobody else ever sees or chooses it (SEC-31).

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::as_text;
use crate::vault::{Batch, Vault};
use data_encoding::HEXLOWER;
use relatch_core::generate::{parse_recovery_code, recovery_code};
use relatch_core::keyed::same;
use relatch_core::limits::HELPDESK_CODE_LIFE;
use relatch_core::{AccountId, Secret, Timestamp};
use serde::{Deserialize, Serialize};

/// The one live code of an account: a newer one takes its place.
#[derive(Serialize, Deserialize)]
struct HelpdeskCode {
    id: String,
    code: String,
    /// The password it was made beside; a change kills it.
    generation: u64,
    #[serde(with = "as_text::time")]
    created: Timestamp,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Makes a code of 120 bits, good for a day and for the password as it is now.
    pub fn make_helpdesk_code(
        &self,
        batch: &mut Batch,
        account: AccountId,
        generation: u64,
        now: Timestamp,
    ) -> Result<Secret<String>, StoreError> {
        let id = self.random_id()?;
        let code = recovery_code(&self.random()?);
        let record =
            HelpdeskCode { code: self.helpdesk_digest(account, &id, code.expose()), id, generation, created: now };
        self.put(batch, self.keys.helpdesk_code(account), &record)?;
        Ok(code)
    }

    /// Judges a code: right once. No tries are counted, because there are 2^120 codes and whoever used
    /// up today's tries is just whom a helpdesk wants to help; the address that guesses is charged.
    pub async fn try_helpdesk_code(
        &self,
        account: AccountId,
        generation: u64,
        typed: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let stored: Option<HelpdeskCode> = self.read(&self.keys.helpdesk_code(account)).await?;
        let typed = parse_recovery_code(typed);
        let typed = typed.as_ref().map_or("", |code| code.expose().as_str());
        let id = stored.as_ref().map_or("", |stored| stored.id.as_str());
        let digest = self.helpdesk_digest(account, id, typed);
        let Some(stored) = stored.filter(|stored| same(stored.code.as_bytes(), digest.as_bytes())) else {
            return Ok(false);
        };
        let lives = stored.generation == generation && !now.is_past(stored.created, HELPDESK_CODE_LIFE);
        if !lives {
            return Ok(false);
        }
        let mut gate = [0; 16];
        let bytes = HEXLOWER.decode(stored.id.as_bytes()).map_err(|_| StoreError::Damaged)?;
        gate.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        self.wins(&self.keys.code_claim(&gate, stored.created.plus(HELPDESK_CODE_LIFE).plus(86_400))).await
    }

    fn helpdesk_digest(&self, account: AccountId, id: &str, code: &str) -> String {
        self.digest("helpdesk-code", &[account.as_bytes(), id.as_bytes(), code.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::vault;

    const MIA: AccountId = AccountId::from_bytes([1; 16]);
    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_code_is_good_once_for_a_day_and_this_password() {
        pollster::block_on(async {
            let vault = vault();
            let make = async || {
                let mut batch = Batch::default();
                let code = vault.make_helpdesk_code(&mut batch, MIA, 1, NOW).unwrap();
                vault.commit(batch).await.unwrap();
                code
            };
            let old = make().await;
            let code = make().await;
            let attempt =
                async |code: &str, generation, now| vault.try_helpdesk_code(MIA, generation, code, now).await.unwrap();
            assert!(!attempt("", 1, NOW).await);
            assert!(!attempt(old.expose(), 1, NOW).await);
            assert!(!attempt(code.expose(), 2, NOW).await);
            assert!(!attempt(code.expose(), 1, NOW.plus(HELPDESK_CODE_LIFE)).await);
            assert!(attempt(code.expose(), 1, NOW).await);
            assert!(!attempt(code.expose(), 1, NOW).await);
        });
    }
}
