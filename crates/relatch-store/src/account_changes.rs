//! What administrators do to an account: edit, block, give roles, delete, restore.

use crate::accounts::PAGE;
use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Account, Administrators, By, Details, Entry, Person};
use crate::search::index_words;
use crate::vault::{Batch, Vault};
use relatch_core::limits::RESTORABLE_FOR;
use relatch_core::roles::{Right, Role};
use relatch_core::{AccountId, DisplayName, Timestamp};

/// An account as an administrator wants it. What is `None` stays.
#[derive(Default)]
pub struct AccountChange {
    pub display_name: Option<DisplayName>,
    pub details: Option<Details>,
    pub roles: Option<Vec<Role>>,
    pub blocked: Option<bool>,
    pub deleted: Option<bool>,
}

/// What became of it.
pub enum AccountChanged {
    Done(Box<Account>),
    NoSuchAccount,
    /// Somebody changed it since it was read.
    Stale,
    /// Nobody would be left who may manage.
    LastAdministrator,
    /// Deleted too long ago, or not at all.
    NotRestorable,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Changes an account over exactly `version`; `None`: as it is now.
    pub async fn change_account(
        &self,
        batch: &mut Batch,
        id: AccountId,
        version: Option<u64>,
        change: AccountChange,
        now: Timestamp,
    ) -> Result<AccountChanged, StoreError> {
        let Some(before) = self.account(id).await? else { return Ok(AccountChanged::NoSuchAccount) };
        if version.is_some_and(|version| version != before.version) {
            return Ok(AccountChanged::Stale);
        }
        if change.deleted == Some(false) && !is_restorable(&before, now) {
            return Ok(AccountChanged::NotRestorable);
        }
        let after = changed(&before, change, now);
        if !self.put_administrators(batch, &before, &after, now).await? {
            return Ok(AccountChanged::LastAdministrator);
        }
        match self.claim_version(&self.keys.account(id), after.version, now).await {
            Ok(()) => {}
            Err(StoreError::Contended) => return Ok(AccountChanged::Stale),
            Err(error) => return Err(error),
        }
        let known = index_words(&before.name, &before.display_name);
        for word in index_words(&after.name, &after.display_name).iter().filter(|word| !known.contains(word)) {
            self.index(batch, word, id).await?;
        }
        if before.deleted_at.is_none() && after.deleted_at.is_some() {
            let number = self.count(&self.keys.deleted_seq()).await?;
            let entry = Entry { id: id.to_string(), word: String::new(), removed: false };
            self.put(batch, self.keys.deleted_at(number), &entry)?;
        }
        self.put(batch, self.keys.account(id), &after)?;
        Ok(AccountChanged::Done(Box::new(after)))
    }

    /// Brings the list of administrators up to date. Its version is claimed by whoever takes power from
    /// somebody, so that two who remove one another cannot both succeed. `false`: nobody would be left.
    async fn put_administrators(
        &self,
        batch: &mut Batch,
        before: &Account,
        after: &Account,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if before.roles == after.roles && (before.roles.is_empty() || before.is_enabled() == after.is_enabled()) {
            return Ok(true);
        }
        let key = self.keys.administrators();
        let mut list: Administrators = self.read(&key).await?.unwrap_or_default();
        if manages(before) && !manages(after) && !self.is_another_manager(&list, before.id).await? {
            return Ok(false);
        }
        list.version = list.version.saturating_add(1);
        self.claim_version(&key, list.version, now).await?;
        list.ids.retain(|id| *id != after.id);
        if after.is_administrator() {
            list.ids.push(after.id);
        }
        self.put(batch, key, &list)?;
        Ok(true)
    }

    async fn is_another_manager(&self, list: &Administrators, except: AccountId) -> Result<bool, StoreError> {
        for id in list.ids.iter().filter(|id| **id != except) {
            if self.account(*id).await?.is_some_and(|account| manages(&account)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Deleted accounts that can still be restored, the last deleted first.
    pub async fn list_deleted(
        &self,
        before: Option<u64>,
        now: Timestamp,
    ) -> Result<(Vec<Person>, Option<u64>), StoreError> {
        let newest = u64::try_from(self.kv.increment(&self.keys.deleted_seq(), 0).await?).unwrap_or(0);
        let end = before.unwrap_or_else(|| newest.saturating_add(1));
        let start = end.saturating_sub(PAGE).max(1);
        let mut people: Vec<Person> = Vec::new();
        for number in (start..end).rev() {
            let entry: Option<Entry> = self.read(&self.keys.deleted_at(number)).await?;
            let Some(id) = entry.and_then(|entry| AccountId::parse(&entry.id)) else { continue };
            if people.iter().any(|person| person.account.id == id) {
                continue;
            }
            people.extend(self.person(id).await?.filter(|person| is_restorable(&person.account, now)));
        }
        Ok((people, (start > 1).then_some(start)))
    }
}

fn manages(account: &Account) -> bool {
    account.is_enabled() && account.may(Right::Manage)
}

/// Deleted, and not too long ago.
pub fn is_restorable(account: &Account, now: Timestamp) -> bool {
    account.deleted_at.is_some_and(|at| !now.is_past(Timestamp(at), RESTORABLE_FOR))
}

/// Deleted so long ago that its name is free again.
pub fn is_gone(account: &Account, now: Timestamp) -> bool {
    account.deleted_at.is_some() && !is_restorable(account, now)
}

fn changed(before: &Account, change: AccountChange, now: Timestamp) -> Account {
    let mut after = Account { version: before.version.saturating_add(1), ..before.clone() };
    let mut note = |what: &str| after.lately.note(what, By::Administrator, now);
    if change.display_name.is_some() || change.details.is_some() {
        note("edited");
    }
    if change.roles.as_ref().is_some_and(|roles| *roles != before.roles) {
        note("roles_changed");
    }
    if let Some(blocked) = change.blocked.filter(|blocked| *blocked != before.blocked) {
        note(if blocked { "blocked" } else { "unblocked" });
    }
    if let Some(deleted) = change.deleted {
        note(if deleted { "deleted" } else { "restored" });
        after.deleted_at = deleted.then_some(before.deleted_at.unwrap_or(now.0));
    }
    if let Some(name) = change.display_name {
        after.display_name = name.as_str().to_owned();
    }
    after.details = change.details.unwrap_or(after.details);
    after.roles = change.roles.unwrap_or(after.roles);
    after.blocked = change.blocked.unwrap_or(after.blocked);
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::{TestVault, account, vault};

    const NOW: Timestamp = Timestamp(1_000_000);

    async fn change(
        vault: &TestVault,
        id: AccountId,
        version: Option<u64>,
        change: AccountChange,
        now: Timestamp,
    ) -> AccountChanged {
        let mut batch = Batch::default();
        let changed = vault.change_account(&mut batch, id, version, change, now).await.unwrap();
        if matches!(changed, AccountChanged::Done(_)) {
            vault.commit(batch).await.unwrap();
        }
        changed
    }

    #[test]
    fn the_last_administrator_stays() {
        pollster::block_on(async {
            let vault = vault();
            let ada = account(&vault, "ada", "", vec![Role::GlobalAdministrator], NOW).await;
            let bob = account(&vault, "bob", "", vec![Role::Helpdesk], NOW).await;
            let block = || AccountChange { blocked: Some(true), ..AccountChange::default() };
            assert!(matches!(change(&vault, ada.id, None, block(), NOW).await, AccountChanged::LastAdministrator));
            let promote = AccountChange { roles: Some(vec![Role::GlobalAdministrator]), ..AccountChange::default() };
            assert!(matches!(change(&vault, bob.id, None, promote, NOW).await, AccountChanged::Done(_)));
            assert!(matches!(change(&vault, ada.id, None, block(), NOW).await, AccountChanged::Done(_)));
            assert!(matches!(change(&vault, bob.id, None, block(), NOW).await, AccountChanged::LastAdministrator));
        });
    }

    #[test]
    fn two_who_remove_one_another_do_not_both_succeed() {
        pollster::block_on(async {
            let vault = vault();
            let ada = account(&vault, "ada", "", vec![Role::GlobalAdministrator], NOW).await;
            let bob = account(&vault, "bob", "", vec![Role::GlobalAdministrator], NOW).await;
            let demote = || AccountChange { roles: Some(Vec::new()), ..AccountChange::default() };
            let mut first = Batch::default();
            let one = vault.change_account(&mut first, ada.id, None, demote(), NOW).await.unwrap();
            let mut second = Batch::default();
            let two = vault.change_account(&mut second, bob.id, None, demote(), NOW).await;
            assert!(matches!(one, AccountChanged::Done(_)));
            assert!(matches!(two, Err(StoreError::Contended)));
        });
    }

    #[test]
    fn a_deleted_account_comes_back_for_thirty_days() {
        pollster::block_on(async {
            let vault = vault();
            let mia = account(&vault, "mia", "", Vec::new(), NOW).await;
            let set = |deleted| AccountChange { deleted: Some(deleted), ..AccountChange::default() };
            assert!(matches!(change(&vault, mia.id, None, set(false), NOW).await, AccountChanged::NotRestorable));
            assert!(matches!(change(&vault, mia.id, None, set(true), NOW).await, AccountChanged::Done(_)));
            assert_eq!(vault.list_deleted(None, NOW).await.unwrap().0.len(), 1);
            let late = NOW.plus(RESTORABLE_FOR + 1);
            assert!(vault.list_deleted(None, late).await.unwrap().0.is_empty());
            assert!(matches!(change(&vault, mia.id, None, set(false), late).await, AccountChanged::NotRestorable));
            assert!(matches!(change(&vault, mia.id, None, set(false), NOW).await, AccountChanged::Done(_)));
            assert!(vault.account(mia.id).await.unwrap().unwrap().is_enabled());
        });
    }

    #[test]
    fn an_account_is_changed_over_the_version_that_was_read() {
        pollster::block_on(async {
            let vault = vault();
            let mia = account(&vault, "mia", "", Vec::new(), NOW).await;
            let block = |blocked| AccountChange { blocked: Some(blocked), ..AccountChange::default() };
            assert!(matches!(
                change(&vault, mia.id, Some(mia.version + 1), block(true), NOW).await,
                AccountChanged::Stale
            ));
            let blocked = change(&vault, mia.id, Some(mia.version), block(true), NOW).await;
            assert!(matches!(blocked, AccountChanged::Done(after) if after.blocked));
            assert!(matches!(
                change(&vault, mia.id, Some(mia.version), block(false), NOW).await,
                AccountChanged::Stale
            ));
            // Deleted twice is deleted at the first time, and once in the list.
            let delete = || AccountChange { deleted: Some(true), ..AccountChange::default() };
            assert!(matches!(change(&vault, mia.id, None, delete(), NOW).await, AccountChanged::Done(_)));
            let again = change(&vault, mia.id, None, delete(), NOW.plus(60)).await;
            assert!(matches!(again, AccountChanged::Done(after) if after.deleted_at == Some(NOW.0)));
            assert_eq!(vault.list_deleted(None, NOW).await.unwrap().0.len(), 1);
            assert_eq!(vault.kv().increment(&vault.keys.deleted_seq(), 0).await, Ok(1), "one entry in that list");
            let nobody = AccountId::from_bytes([9; 16]);
            let none = vault.change_account(&mut Batch::default(), nobody, None, block(true), NOW).await.unwrap();
            assert!(matches!(none, AccountChanged::NoSuchAccount));
        });
    }

    #[test]
    fn somebody_is_found_by_a_new_name_and_old_words_are_not_entered_again() {
        pollster::block_on(async {
            let vault = vault();
            let mia = account(&vault, "mia", "", Vec::new(), NOW).await;
            let named =
                |name: &str| AccountChange { display_name: DisplayName::parse(name), ..AccountChange::default() };
            assert!(matches!(change(&vault, mia.id, None, named("Mia Sommer"), NOW).await, AccountChanged::Done(_)));
            let before = vault.kv().commits();
            assert!(matches!(change(&vault, mia.id, None, named("Sommer Mia"), NOW).await, AccountChanged::Done(_)));
            let same_words = vault.kv().commits() - before;
            assert!(matches!(change(&vault, mia.id, None, named("Mia Winter"), NOW).await, AccountChanged::Done(_)));
            let one_new = vault.kv().commits() - before - same_words;
            assert_eq!(one_new - same_words, 2, "a place under its first two letters, one under its first four");
            for (text, found) in [("winter", 1), ("mia", 1), ("sommer", 0)] {
                assert_eq!(vault.search_accounts(text).await.unwrap().unwrap().0.len(), found, "{text}");
            }
        });
    }

    #[test]
    fn the_list_of_administrators_changes_only_by_power_and_keeps_the_others() {
        pollster::block_on(async {
            let vault = vault();
            let ada = account(&vault, "ada", "", vec![Role::GlobalAdministrator], NOW).await;
            let bob = account(&vault, "bob", "", vec![Role::GlobalAdministrator], NOW).await;
            let eve = account(&vault, "eve", "", vec![Role::GlobalAdministrator], NOW).await;
            let listed = async || {
                let list: Administrators = vault.read(&vault.keys.administrators()).await.unwrap().unwrap();
                (list.version, list.ids.len())
            };
            let (version, _) = listed().await;
            let edit = AccountChange { display_name: DisplayName::parse("Ada A"), ..AccountChange::default() };
            assert!(matches!(change(&vault, ada.id, None, edit, NOW).await, AccountChanged::Done(_)));
            assert_eq!(listed().await, (version, 3), "a new name is no matter of power");
            let block = AccountChange { blocked: Some(true), ..AccountChange::default() };
            assert!(matches!(change(&vault, bob.id, None, block, NOW).await, AccountChanged::Done(_)));
            assert_eq!(listed().await, (version + 1, 3));
            let others = vault.other_administrators(ada.id).await.unwrap();
            let others: Vec<AccountId> = others.iter().map(|person| person.account.id).collect();
            assert_eq!(others, [eve.id], "not themselves, and not who is blocked");
            let demote = AccountChange { roles: Some(Vec::new()), ..AccountChange::default() };
            assert!(matches!(change(&vault, bob.id, None, demote, NOW).await, AccountChanged::Done(_)));
            assert_eq!(listed().await, (version + 2, 2));
        });
    }

    #[test]
    fn the_deleted_are_listed_once_each_fifty_a_page() {
        pollster::block_on(async {
            let vault = vault();
            let mut ids = Vec::new();
            for n in 0..=PAGE {
                ids.push(account(&vault, &format!("person{n}"), "", Vec::new(), NOW).await.id);
            }
            let set = |deleted| AccountChange { deleted: Some(deleted), ..AccountChange::default() };
            // Fifty places, for the last one has two of them.
            let deleted = &ids[..ids.len() - 2];
            for id in deleted {
                assert!(matches!(change(&vault, *id, None, set(true), NOW).await, AccountChanged::Done(_)));
            }
            let last = deleted[deleted.len() - 1];
            for is_deleted in [false, true] {
                assert!(matches!(change(&vault, last, None, set(is_deleted), NOW).await, AccountChanged::Done(_)));
            }
            let seen = async |before| {
                let (people, next) = vault.list_deleted(before, NOW).await.unwrap();
                (people.into_iter().map(|person| person.account.id).collect::<Vec<_>>(), next)
            };
            let newest_first: Vec<AccountId> = deleted.iter().rev().copied().collect();
            assert_eq!(seen(None).await, (newest_first.clone(), None));
            assert!(matches!(change(&vault, ids[50], None, set(true), NOW).await, AccountChanged::Done(_)));
            let (page, next) = seen(None).await;
            assert_eq!((page.len(), page[0], next), (49, ids[50], Some(2)));
            assert_eq!(seen(next).await, (vec![ids[0]], None));
        });
    }

    #[test]
    fn the_owner_sees_what_was_changed_and_not_what_stayed() {
        pollster::block_on(async {
            let vault = vault();
            let mia = account(&vault, "mia", "", vec![Role::Helpdesk], NOW).await;
            let none = AccountChange::default;
            let roles = |role: Role| AccountChange { roles: Some(vec![role]), ..none() };
            for (wanted, noted) in [
                (none(), None),
                (roles(Role::Helpdesk), None),
                (AccountChange { blocked: Some(false), ..none() }, None),
                (AccountChange { display_name: DisplayName::parse("Mia M"), ..none() }, Some("edited")),
                (AccountChange { details: Some(Details::default()), ..none() }, Some("edited")),
                (roles(Role::Reader), Some("roles_changed")),
                (AccountChange { blocked: Some(true), ..none() }, Some("blocked")),
                (AccountChange { blocked: Some(false), ..none() }, Some("unblocked")),
                (AccountChange { deleted: Some(true), ..none() }, Some("deleted")),
                (AccountChange { deleted: Some(false), ..none() }, Some("restored")),
            ] {
                let before = vault.account(mia.id).await.unwrap().unwrap().lately.0.len();
                let AccountChanged::Done(after) = change(&vault, mia.id, None, wanted, NOW).await else {
                    panic!("{noted:?} was refused");
                };
                let new = after.lately.0.len() - before;
                let newest = (new > 0).then(|| after.lately.0[0].what.as_str());
                assert_eq!((new, newest), (usize::from(noted.is_some()), noted));
            }
        });
    }

    #[test]
    fn an_account_is_enabled_blocked_or_deleted() {
        pollster::block_on(async {
            let vault = vault();
            let mia = account(&vault, "mia", "", Vec::new(), NOW).await;
            assert_eq!(mia.state(), "enabled");
            for (blocked, deleted, state) in [
                (Some(true), None, "blocked"),
                (None, Some(true), "deleted"),
                (None, Some(false), "blocked"),
                (Some(false), None, "enabled"),
            ] {
                let wanted = AccountChange { blocked, deleted, ..AccountChange::default() };
                let AccountChanged::Done(after) = change(&vault, mia.id, None, wanted, NOW).await else {
                    panic!("{state} was refused");
                };
                assert_eq!((after.state(), after.is_enabled()), (state, state == "enabled"));
            }
        });
    }
}
