//! The organisation's logo: a record of its own, because the policy is read with every request and this
//! is not.

use crate::kv::{Entropy, Kv, StoreError};
use crate::policy::SavedPolicy;
use crate::vault::{Batch, Vault};
use data_encoding::BASE64;
use relatch_core::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogoRecord {
    /// 0: there is none.
    number: u64,
    /// In base64.
    png: String,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Puts a logo, or none, in the place of the one there is, over exactly `version` of Customisation.
    ///
    /// A logo's number is the version it makes: that only rises, so no number is ever given twice and
    /// whoever kept a copy of an older logo keeps it under an address that nobody asks for any more.
    pub async fn save_logo(
        &self,
        batch: &mut Batch,
        version: u64,
        png: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<SavedPolicy, StoreError> {
        let before = self.policy().await?;
        if before.customisation.version != version {
            return Ok(SavedPolicy::Stale(before));
        }
        let mut policy = before.clone();
        let page = &mut policy.customisation;
        page.version = page.version.saturating_add(1);
        page.logo = if png.is_some() { page.version } else { 0 };
        let record = LogoRecord { number: page.logo, png: png.map(|png| BASE64.encode(png)).unwrap_or_default() };
        let saved = self.write_policy(batch, before, policy, now).await?;
        if let SavedPolicy::Done { .. } = saved {
            self.put(batch, self.keys.logo(), &record)?;
        }
        Ok(saved)
    }

    /// The logo of this number, if it is the one there is.
    pub async fn logo(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let record: Option<LogoRecord> = self.read(&self.keys.logo()).await?;
        match record.filter(|record| number != 0 && record.number == number) {
            Some(record) => BASE64.decode(record.png.as_bytes()).map(Some).map_err(|_| StoreError::Damaged),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Section;
    use crate::records::{CustomisationPolicy, Policy};
    use crate::vault::testing::{TestVault, vault};

    async fn save(vault: &TestVault, version: u64, png: Option<&[u8]>) -> Result<Policy, Policy> {
        let mut batch = Batch::default();
        match vault.save_logo(&mut batch, version, png, Timestamp(1_000)).await.unwrap() {
            SavedPolicy::Done { after, .. } => {
                vault.commit(batch).await.unwrap();
                Ok(after)
            }
            SavedPolicy::Stale(policy) => Err(policy),
            SavedPolicy::UnknownGroup => panic!("there is no group in a logo"),
        }
    }

    #[test]
    fn no_number_is_given_twice() {
        pollster::block_on(async {
            let vault = vault();
            assert_eq!(vault.logo(0).await, Ok(None));
            assert_eq!(save(&vault, 0, Some(b"one")).await.unwrap().customisation.logo, 1);
            assert_eq!(vault.logo(1).await, Ok(Some(b"one".to_vec())));
            assert_eq!(save(&vault, 0, Some(b"late")).await.unwrap_err().customisation.version, 1);
            assert_eq!(save(&vault, 1, None).await.unwrap().customisation.logo, 0);
            assert_eq!((vault.logo(0).await, vault.logo(1).await), (Ok(None), Ok(None)));
            assert_eq!(save(&vault, 2, Some(b"two")).await.unwrap().customisation.logo, 3);
            assert_eq!((vault.logo(1).await, vault.logo(3).await), (Ok(None), Ok(Some(b"two".to_vec()))));
        });
    }

    #[test]
    fn the_page_itself_cannot_change_the_logo() {
        pollster::block_on(async {
            let vault = vault();
            save(&vault, 0, Some(b"one")).await.unwrap();
            let page = CustomisationPolicy { version: 1, logo: 7, ..CustomisationPolicy::default() };
            let mut batch = Batch::default();
            let saved = vault.save_section(&mut batch, Section::Customisation(page), Timestamp(1_000)).await.unwrap();
            let SavedPolicy::Done { after: policy, .. } = saved else { panic!("nobody was first") };
            assert_eq!((policy.customisation.version, policy.customisation.logo), (2, 1));
        });
    }
}
