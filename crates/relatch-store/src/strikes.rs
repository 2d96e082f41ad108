//! Wrong answers in a row: a hundred close a method until it is registered anew (SEC-18, NIST 3.2.2).
//!
//! Counted apart for resets and for sign-ins, so that a stranger's guesses in resets never take a second
//! factor away from somebody who has the password (SEC-66). A row of wrong answers in resets ends with the
//! next new password, because its generation is part of the counter's name; one at sign-in ends with the
//! next right answer.

use crate::challenges::CodeFor;
use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{By, Challenge, Closed, Methods, Purpose, Via};
use crate::vault::{Batch, Vault};
use relatch_core::methods::{Kind, closes};
use relatch_core::{AccountId, Timestamp};

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Counts a wrong answer against `method` (nothing: nobody's), and says whether that closes it. One
    /// commit, whoever it is.
    pub async fn strike(&self, what: CodeFor<'_>, method: &str) -> Result<bool, StoreError> {
        let counter = self.keys.method_failures(what.purpose, what.subject, what.generation, method);
        let failures = self.kv.increment(&counter, 1).await?;
        Ok(closes(failures) && !method.is_empty())
    }

    /// A right answer ends the row. One commit, two if there were wrong ones.
    pub async fn forgive_strikes(&self, what: CodeFor<'_>, method: &str) -> Result<(), StoreError> {
        let counter = self.keys.method_failures(what.purpose, what.subject, what.generation, method);
        let failures = self.kv.increment(&counter, 0).await?;
        if failures > 0 {
            self.kv.increment(&counter, failures.saturating_neg()).await?;
        }
        Ok(())
    }

    /// Which kind of destination the live code went to, and where; nothing, if nowhere.
    pub async fn challenged(&self, what: CodeFor<'_>) -> Result<Option<(Via, String)>, StoreError> {
        let challenge: Option<Challenge> = self.read(&self.keys.challenge(what.purpose, what.kept_at)).await?;
        Ok(challenge.map(|challenge| (challenge.via, challenge.to)).filter(|(_, to)| !to.is_empty()))
    }

    /// Closes a method for one purpose. Nothing, if it is closed already, or gone.
    pub async fn close_method(
        &self,
        batch: &mut Batch,
        id: AccountId,
        kind: Kind,
        method: &str,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<Methods>, StoreError> {
        let mut methods = self.methods(id).await?;
        if methods.id_of(kind) != Some(method) || methods.is_closed(method, purpose) {
            return Ok(None);
        }
        methods.closed.push(Closed { method: method.to_owned(), purpose });
        methods.lately.note(format!("method_closed:{}", kind.as_str()), By::Unknown, now);
        match self.put_methods(batch, id, methods, now).await {
            Ok(methods) => Ok(Some(methods)),
            // Somebody else is changing them; the next wrong answer tries again.
            Err(StoreError::Contended) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::Registered;
    use crate::vault::testing::{TestVault, vault};

    const MIA: AccountId = AccountId::from_bytes([1; 16]);
    const NOW: Timestamp = Timestamp(1_000_000);
    const NUMBER: &str = "+44 7400123456";

    fn what(purpose: Purpose) -> CodeFor<'static> {
        CodeFor { purpose, subject: MIA, kept_at: MIA, generation: 3, binding: "f" }
    }

    async fn with_phone(vault: &TestVault) -> String {
        let mut batch = Batch::default();
        let Registered::Phone(phone) = vault.add_destination(&mut batch, MIA, Via::Phone, NUMBER, NOW).await.unwrap()
        else {
            panic!("a phone was registered")
        };
        vault.commit(batch).await.unwrap();
        phone.id
    }

    async fn close(vault: &TestVault, phone: &str) -> Option<Methods> {
        let mut batch = Batch::default();
        let closed = vault.close_method(&mut batch, MIA, Kind::Phone, phone, Purpose::Reset, NOW).await.unwrap();
        vault.commit(batch).await.unwrap();
        closed
    }

    #[test]
    fn the_hundredth_in_a_row_closes_it() {
        pollster::block_on(async {
            let vault = vault();
            for n in 1..=100 {
                assert_eq!(vault.strike(what(Purpose::Reset), "p").await.unwrap(), n == 100, "{n}");
            }
            assert!(!vault.strike(what(Purpose::SignIn), "p").await.unwrap(), "another purpose");
            assert!(!vault.strike(what(Purpose::Reset), "q").await.unwrap(), "another method");
            for _ in 0..120 {
                assert!(!vault.strike(what(Purpose::Reset), "").await.unwrap(), "nobody's");
            }
        });
    }

    #[test]
    fn a_right_answer_ends_the_row() {
        pollster::block_on(async {
            let vault = vault();
            for _ in 0..99 {
                vault.strike(what(Purpose::SignIn), "p").await.unwrap();
            }
            vault.forgive_strikes(what(Purpose::SignIn), "p").await.unwrap();
            vault.forgive_strikes(what(Purpose::SignIn), "p").await.unwrap();
            for n in 1..=100 {
                assert_eq!(vault.strike(what(Purpose::SignIn), "p").await.unwrap(), n == 100, "{n}");
            }
        });
    }

    #[test]
    fn it_is_closed_for_one_purpose_until_it_is_registered_anew() {
        pollster::block_on(async {
            let vault = vault();
            let phone = with_phone(&vault).await;
            let closed = close(&vault, &phone).await.unwrap();
            assert!(!closed.open_kinds(Purpose::Reset).has(Kind::Phone));
            assert!(closed.open_kinds(Purpose::SignIn).has(Kind::Phone));
            assert!(closed.has_second_factor());
            assert!(close(&vault, &phone).await.is_none(), "once");
            let again = with_phone(&vault).await;
            assert_ne!(again, phone);
            let methods = vault.methods(MIA).await.unwrap();
            assert!(methods.open_kinds(Purpose::Reset).has(Kind::Phone) && methods.closed.is_empty());
        });
    }

    #[test]
    fn where_the_live_code_went_is_known_unless_it_went_nowhere() {
        pollster::block_on(async {
            let vault = vault();
            let asked = what(Purpose::Reset);
            assert_eq!(vault.challenged(asked).await.unwrap(), None);
            for (is_real, expected) in [(true, Some((Via::Phone, NUMBER.to_owned()))), (false, None)] {
                let new = vault.make_code(asked, Via::Phone, NUMBER, is_real, NOW).await.unwrap();
                let mut batch = Batch::default();
                vault.put_challenge(&mut batch, asked, &new).unwrap();
                vault.commit(batch).await.unwrap();
                assert_eq!(vault.challenged(asked).await.unwrap(), expected);
            }
        });
    }

    #[test]
    fn a_right_answer_after_no_wrong_one_costs_one_commit() {
        pollster::block_on(async {
            let vault = vault();
            let before = vault.kv().commits();
            vault.forgive_strikes(what(Purpose::SignIn), "p").await.unwrap();
            assert_eq!(vault.kv().commits() - before, 1);
        });
    }
}
