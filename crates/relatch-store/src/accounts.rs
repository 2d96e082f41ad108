//! Accounts: finding, creating, listing.

use crate::account_changes::is_gone;
use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Account, Administrators, By, Details, Entry, Lately, Methods, PasswordRecord, Person};
use crate::search::index_words;
use crate::vault::{Batch, Vault};
use relatch_core::roles::{Right, Role};
use relatch_core::{AccountId, DisplayName, Timestamp, UserName};

/// Rows of one page of any list.
pub const PAGE: u64 = 50;

/// An account about to be made.
pub struct NewAccount<'a> {
    pub id: AccountId,
    pub name: &'a UserName,
    pub display_name: &'a DisplayName,
    pub roles: Vec<Role>,
    pub details: Details,
    pub password: PasswordRecord,
}

/// What became of an attempt to create.
pub enum Created {
    Done(Box<Account>),
    NameTaken,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// The person of that name. Four reads, also for a name nobody has: then a decoy's are made.
    pub async fn find_person(&self, name: &str) -> Result<Option<Person>, StoreError> {
        let id: Option<String> = self.read(&self.keys.name(name)).await?;
        let id = id.and_then(|text| AccountId::parse(&text)).unwrap_or_else(|| self.keys.decoy(&[name.as_bytes()]));
        self.person(id).await
    }

    pub async fn person(&self, id: AccountId) -> Result<Option<Person>, StoreError> {
        let account = self.read(&self.keys.account(id)).await?;
        let password = self.read(&self.keys.password(id)).await?;
        let methods: Option<Methods> = self.read(&self.keys.methods(id)).await?;
        let (Some(account), Some(password)) = (account, password) else { return Ok(None) };
        Ok(Some(Person { account, password, methods: methods.unwrap_or_default() }))
    }

    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.read(&self.keys.account(id)).await
    }

    /// Creates an account: one claim of the name, one number in the list, the search counters, one batch.
    pub async fn create_account(
        &self,
        new: NewAccount<'_>,
        mut batch: Batch,
        now: Timestamp,
    ) -> Result<Created, StoreError> {
        let name_key = self.keys.name(new.name.as_str());
        let holder: Option<String> = self.read(&name_key).await?;
        let mut version = 1;
        if let Some(holder) = holder.and_then(|text| AccountId::parse(&text)) {
            // A name is free again when its account can no longer be restored.
            let account = self.account(holder).await?;
            match account.filter(|account| is_gone(account, now)) {
                Some(gone) => version = gone.version.saturating_add(1),
                None => return Ok(Created::NameTaken),
            }
        }
        self.claim_version(&name_key, version, now).await?;
        let id = new.id;
        let account = Account {
            id,
            version: 1,
            name: new.name.as_str().to_owned(),
            display_name: new.display_name.as_str().to_owned(),
            roles: new.roles,
            blocked: false,
            deleted_at: None,
            details: new.details,
            groups: Vec::new(),
            created_at: now,
            lately: Lately::default().noted("created", By::Administrator, now),
        };
        let number = self.count(&self.keys.account_seq()).await?;
        let entry = Entry { id: id.to_string(), word: String::new(), removed: false };
        self.put(&mut batch, self.keys.account_at(number), &entry)?;
        for word in index_words(&account.name, &account.display_name) {
            self.index(&mut batch, &word, id).await?;
        }
        if account.is_administrator() {
            self.add_administrator(&mut batch, id, now).await?;
        }
        self.put(&mut batch, name_key, &id.to_string())?;
        self.put(&mut batch, self.keys.account(id), &account)?;
        self.put(&mut batch, self.keys.password(id), &new.password)?;
        self.put(&mut batch, self.keys.methods(id), &Methods::default())?;
        self.commit(batch).await?;
        Ok(Created::Done(Box::new(account)))
    }

    /// Newest first; `before` is the number the last page ended at. Gives the next page's `before`.
    pub async fn list_accounts(&self, before: Option<u64>) -> Result<(Vec<Person>, Option<u64>), StoreError> {
        let newest = self.kv.increment(&self.keys.account_seq(), 0).await?;
        let end = before.unwrap_or_else(|| u64::try_from(newest).unwrap_or(0).saturating_add(1));
        let start = end.saturating_sub(PAGE).max(1);
        let mut people = Vec::new();
        for number in (start..end).rev() {
            let entry: Option<Entry> = self.read(&self.keys.account_at(number)).await?;
            let Some(id) = entry.filter(|entry| !entry.removed).and_then(|entry| AccountId::parse(&entry.id)) else {
                continue;
            };
            people.extend(self.person(id).await?.filter(|person| person.account.deleted_at.is_none()));
        }
        Ok((people, (start > 1).then_some(start)))
    }

    /// Adds an account to the list of administrators; its version is claimed, so none is lost.
    async fn add_administrator(&self, batch: &mut Batch, id: AccountId, now: Timestamp) -> Result<(), StoreError> {
        let key = self.keys.administrators();
        let mut list: Administrators = self.read(&key).await?.unwrap_or_default();
        list.version = list.version.saturating_add(1);
        self.claim_version(&key, list.version, now).await?;
        list.ids.push(id);
        self.put(batch, key, &list)
    }

    /// All administrators who can sign in, but `except`: whom to tell that a colleague's password was reset.
    pub async fn other_administrators(&self, except: AccountId) -> Result<Vec<Person>, StoreError> {
        let list: Administrators = self.read(&self.keys.administrators()).await?.unwrap_or_default();
        let mut people = Vec::new();
        for id in list.ids.into_iter().filter(|id| *id != except) {
            people.extend(
                self.person(id)
                    .await?
                    .filter(|person| person.account.is_enabled() && person.account.may(Right::Manage)),
            );
        }
        Ok(people)
    }

    /// Is the first administrator still to be made?
    pub async fn setup_needed(&self) -> Result<bool, StoreError> {
        Ok(self.read::<String>(&self.keys.setup()).await?.is_none())
    }

    /// Wins the right to create the first administrator, and marks set-up as done in the same batch
    /// that creates the account.
    pub async fn claim_setup(&self, batch: &mut Batch, now: Timestamp) -> Result<bool, StoreError> {
        match self.claim_version(&self.keys.setup(), 1, now).await {
            Ok(()) => {}
            Err(StoreError::Contended) => return Ok(false),
            Err(error) => return Err(error),
        }
        if !self.setup_needed().await? {
            return Ok(false);
        }
        self.put(batch, self.keys.setup(), &now.rfc3339())?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::{account, vault};

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn people_are_found_by_their_name_and_by_no_other() {
        pollster::block_on(async {
            let vault = vault();
            let mia = account(&vault, "mia", "", Vec::new(), NOW).await;
            account(&vault, "max", "", Vec::new(), NOW).await;
            let found = vault.find_person("mia@contoso.example").await.unwrap().unwrap();
            assert_eq!((found.account.id, found.account.name.as_str()), (mia.id, "mia@contoso.example"));
            assert!(vault.find_person("mia@fabrikam.example").await.unwrap().is_none());
            assert!(vault.account(mia.id).await.unwrap().is_some());
            assert!(vault.person(AccountId::from_bytes([9; 16])).await.unwrap().is_none());
        });
    }

    #[test]
    fn set_up_is_done_once() {
        pollster::block_on(async {
            let vault = vault();
            assert!(vault.setup_needed().await.unwrap());
            let mut batch = Batch::default();
            assert!(vault.claim_setup(&mut batch, NOW).await.unwrap());
            assert!(!vault.claim_setup(&mut Batch::default(), NOW).await.unwrap(), "somebody is at it");
            vault.commit(batch).await.unwrap();
            assert!(!vault.setup_needed().await.unwrap());
            // Long after the claim has ended.
            assert!(!vault.claim_setup(&mut Batch::default(), NOW.plus(86_400)).await.unwrap());
        });
    }
}
