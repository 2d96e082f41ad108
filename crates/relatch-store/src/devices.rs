//! Devices a sign-in was completed on before. Their failures are counted apart from everybody else's, so
//! that a stranger who locks an account does not lock its owner out of their own device (SEC-66).
//!
//! What makes a device known proves nothing else: it opens nothing, stands for no password and no second
//! factor, and whoever steals it gains ten more guesses before a lock of its own.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::as_text;
use crate::vault::Vault;
use data_encoding::BASE64URL_NOPAD;
use relatch_core::limits::DEVICE_LIFE;
use relatch_core::{AccountId, Secret, Timestamp};
use serde::{Deserialize, Serialize};

const CONTEXT: &str = "device";

/// Was a sign-in to this account completed here before, with the password it has now?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    Known,
    Unknown,
}

impl Device {
    pub const ALL: [Self; 2] = [Self::Known, Self::Unknown];

    /// Part of every key that counts failures.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Unknown => "unknown",
        }
    }
}

/// What the device's cookie holds, sealed. Good for one account and one password: every change of
/// password makes all devices unknown (SEC-25).
#[derive(Serialize, Deserialize)]
struct Completed {
    #[serde(with = "as_text")]
    account: AccountId,
    generation: u64,
    #[serde(with = "as_text::time")]
    at: Timestamp,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// The text of the cookie that makes a device known.
    pub(crate) fn seal_device(
        &self,
        account: AccountId,
        generation: u64,
        at: Timestamp,
    ) -> Result<Secret<String>, StoreError> {
        let plain = serde_json::to_vec(&Completed { account, generation, at }).map_err(|_| StoreError::Damaged)?;
        Ok(Secret::new(BASE64URL_NOPAD.encode(&self.seal_token(CONTEXT, &plain)?)))
    }

    /// What `cookie` says about the device. A foreign, altered or old one says nothing.
    pub fn device(&self, cookie: Option<&str>, subject: AccountId, generation: u64, now: Timestamp) -> Device {
        let known = cookie.and_then(|cookie| self.open_device(cookie)).is_some_and(|completed| {
            completed.account == subject
                && completed.generation == generation
                && !now.is_past(completed.at, DEVICE_LIFE)
        });
        if known { Device::Known } else { Device::Unknown }
    }

    fn open_device(&self, cookie: &str) -> Option<Completed> {
        let sealed = BASE64URL_NOPAD.decode(cookie.as_bytes()).ok()?;
        serde_json::from_slice(&self.open_token(CONTEXT, &sealed).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::vault;

    const MIA: AccountId = AccountId::from_bytes([1; 16]);
    const LEO: AccountId = AccountId::from_bytes([2; 16]);

    #[test]
    fn a_device_is_known_to_one_account_and_one_password_for_ninety_days() {
        let vault = vault();
        let begun = Timestamp(1_000);
        let cookie = vault.seal_device(MIA, 3, begun).unwrap();
        let device = |id, generation, now| vault.device(Some(cookie.expose().as_str()), id, generation, now);
        assert_eq!(device(MIA, 3, begun), Device::Known);
        assert_eq!(device(MIA, 3, begun.plus(DEVICE_LIFE - 1)), Device::Known);
        assert_eq!(device(MIA, 3, begun.plus(DEVICE_LIFE)), Device::Unknown);
        assert_eq!(device(MIA, 4, begun), Device::Unknown);
        assert_eq!(device(LEO, 3, begun), Device::Unknown);
    }

    #[test]
    fn a_foreign_or_altered_cookie_says_nothing() {
        let vault = vault();
        let cookie = vault.seal_device(MIA, 1, Timestamp(1_000)).unwrap();
        let altered = format!("{}A", cookie.expose());
        let flow = BASE64URL_NOPAD.encode(&vault.seal_token("flow", br#"{"account":"x"}"#).unwrap());
        for cookie in [None, Some(""), Some("x"), Some(altered.as_str()), Some(flow.as_str())] {
            assert_eq!(vault.device(cookie, MIA, 1, Timestamp(1_000)), Device::Unknown, "{cookie:?}");
        }
    }
}
