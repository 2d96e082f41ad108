//! What is dead goes: keys whose end has passed, accounts that can no longer be restored. And what was
//! forgotten is found: notices that nobody delivered.
//!
//! A key says in its name when it ends, so nothing has to be opened to see that it has. It is left alone
//! for a day more: a late racer finds its gate still there, and everything the gate guarded has been over
//! for long (A39). Keys without an end are never touched here.

use crate::account_changes::is_gone;
use crate::devices::Device;
use crate::keys::end_of;
use crate::kv::{Entropy, Kv, Scan, StoreError};
use crate::outbox::{OUTBOX, OutboxTicket, Outgoing};
use crate::records::{Account, Details, Entry, Lately, Methods, Purpose};
use crate::vault::{Batch, Vault};
use relatch_core::limits::SWEEP_MARGIN;
use relatch_core::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

/// Keys one sweep removes at most, accounts it purges, notices it finds: it has a request's time.
const KEYS: usize = 5_000;
const ACCOUNTS: u64 = 20;
const NOTICES: usize = 50;
/// A notice that has waited this long was not delivered after its request: seconds.
const FORGOTTEN_AFTER: u64 = 120;

/// How far the list of deleted accounts has been worked through.
#[derive(Default, Serialize, Deserialize)]
struct Purged {
    through: u64,
}

/// What a sweep found in one look at all keys.
pub struct Found {
    ended: Vec<String>,
    waiting: Vec<String>,
    /// There was more than one sweep can take.
    pub more: bool,
}

impl<K: Kv + Scan, E: Entropy> Vault<K, E> {
    /// Looks at every key once. Never on a route that people use: on some backends nobody else is served
    /// meanwhile.
    pub async fn find_ended(&self, now: Timestamp) -> Result<Found, StoreError> {
        let mut found = Found { ended: Vec::new(), waiting: Vec::new(), more: false };
        self.kv
            .scan(&mut |key: &str| {
                let Some(end) = end_of(key) else { return };
                // (Not `is_past`, which takes an end in the future for a broken clock.)
                if now >= end.plus(SWEEP_MARGIN) {
                    take(&mut found.ended, KEYS, key, &mut found.more);
                } else if key.starts_with(OUTBOX) && now < end {
                    take(&mut found.waiting, NOTICES, key, &mut found.more);
                }
            })
            .await?;
        Ok(found)
    }

    /// Removes what has ended: one commit. How many keys.
    pub async fn remove_ended(&self, found: &Found) -> Result<usize, StoreError> {
        if !found.ended.is_empty() {
            self.kv.delete_many(&found.ended).await?;
        }
        Ok(found.ended.len())
    }
}

fn take(list: &mut Vec<String>, most: usize, key: &str, more: &mut bool) {
    if list.len() < most {
        list.push(key.to_owned());
    } else {
        *more = true;
    }
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Notices that wait although their request was answered some time ago.
    pub async fn forgotten(&self, found: &Found, now: Timestamp) -> Result<Vec<OutboxTicket>, StoreError> {
        let mut tickets = Vec::new();
        for key in &found.waiting {
            // Delivered a moment ago, or not ours to open: somebody else's problem than the sweep's.
            let Ok(Some(waiting)) = self.read::<Vec<Outgoing>>(key).await else { continue };
            if waiting.iter().all(|outgoing| now.is_past(outgoing.created, FORGOTTEN_AFTER)) {
                tickets.push(OutboxTicket::Found { key: key.clone() });
            }
        }
        Ok(tickets)
    }

    /// Purges accounts whose time to be restored is over, the first deleted first: what stays is an
    /// empty record under their id, which the log and the lists still name, and the words they were searched
    /// by, which lead nowhere. How many, and whether there
    /// are more.
    pub async fn purge_deleted(&self, now: Timestamp) -> Result<(u64, bool), StoreError> {
        let newest = u64::try_from(self.kv.increment(&self.keys.deleted_seq(), 0).await?).unwrap_or(0);
        let mut purged: Purged = self.read(&self.keys.purged()).await?.unwrap_or_default();
        let begun = purged.through;
        let mut gone = 0;
        while purged.through < newest && gone < ACCOUNTS {
            let number = purged.through.saturating_add(1);
            let entry: Option<Entry> = self.read(&self.keys.deleted_at(number)).await?;
            if let Some(id) = entry.and_then(|entry| AccountId::parse(&entry.id)) {
                match self.account(id).await? {
                    Some(account) if is_gone(&account, now) => {
                        self.purge(account, now).await?;
                        gone = gone.saturating_add(1);
                    }
                    // Whoever was deleted later can be restored for longer.
                    Some(account) if account.deleted_at.is_some() => break,
                    _ => {}
                }
            }
            purged.through = number;
        }
        if purged.through > begun {
            let mut batch = Batch::default();
            self.put(&mut batch, self.keys.purged(), &purged)?;
            self.commit(batch).await?;
        }
        Ok((gone, gone == ACCOUNTS))
    }

    /// Doing it twice does nothing more, so that a sweep that died is simply repeated.
    async fn purge(&self, account: Account, now: Timestamp) -> Result<(), StoreError> {
        let id = account.id;
        let mut batch = Batch::default();
        self.take_methods(&mut batch, id, now).await?;
        let version = account.version.saturating_add(1);
        self.claim_version(&self.keys.account(id), version, now).await?;
        let empty = Account {
            id,
            version,
            name: String::new(),
            display_name: String::new(),
            roles: Vec::new(),
            blocked: true,
            deleted_at: account.deleted_at,
            details: Details::default(),
            groups: Vec::new(),
            created_at: account.created_at,
            lately: Lately::default(),
        };
        self.put(&mut batch, self.keys.account(id), &empty)?;
        for membership in &account.groups {
            let entry = Entry { id: id.to_string(), word: String::new(), removed: true };
            self.put(&mut batch, self.keys.member_at(membership.group, membership.at), &entry)?;
        }
        self.put(&mut batch, self.keys.methods(id), &Methods::default())?;
        self.put(&mut batch, self.keys.pending_app(id), &None::<()>)?;
        self.commit(batch).await?;
        // Without a password record nobody finds this person any more. What was sent and typed goes with it.
        let mut rest = vec![self.keys.password(id), self.keys.helpdesk_code(id)];
        rest.extend(Purpose::ALL.map(|purpose| self.keys.challenge(purpose, id)));
        rest.extend(
            Device::ALL.into_iter().flat_map(|device| [self.keys.lock(id, device), self.keys.wrong(id, device)]),
        );
        for key in &rest {
            self.kv.delete(key).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account_changes::AccountChange;
    use crate::vault::testing::{TestVault, account, mail, vault};
    use relatch_core::limits::RESTORABLE_FOR;

    const NOW: Timestamp = Timestamp(1_763_000_000);
    const DAY: u64 = 86_400;

    async fn sweep(vault: &TestVault, now: Timestamp) -> usize {
        let found = vault.find_ended(now).await.unwrap();
        vault.remove_ended(&found).await.unwrap()
    }

    async fn set_deleted(vault: &TestVault, id: relatch_core::AccountId, is_deleted: bool, at: Timestamp) {
        let mut batch = Batch::default();
        let change = AccountChange { deleted: Some(is_deleted), ..AccountChange::default() };
        vault.change_account(&mut batch, id, None, change, at).await.unwrap();
        vault.commit(batch).await.unwrap();
    }

    #[test]
    fn a_key_goes_a_day_after_its_end_and_no_other_ever() {
        pollster::block_on(async {
            let vault = vault();
            let end = NOW.plus(300);
            vault.kv.increment(&vault.keys.grant("flow", end), 1).await.unwrap();
            vault.kv.increment(&vault.keys.account_seq(), 1).await.unwrap();
            assert_eq!(sweep(&vault, NOW).await, 0, "alive");
            assert_eq!(sweep(&vault, NOW.plus(DAY)).await, 0, "not yet a day");
            assert_eq!(sweep(&vault, NOW.plus(DAY + 2 * 3_600)).await, 1);
            assert_eq!(sweep(&vault, NOW.plus(1_000 * DAY)).await, 0);
            assert_eq!(vault.kv.increment(&vault.keys.account_seq(), 0).await.unwrap(), 1);
        });
    }

    #[test]
    fn a_notice_is_found_when_nobody_delivered_it() {
        pollster::block_on(async {
            let vault = vault();
            let mut batch = Batch::default();
            vault.put_outgoing(&mut batch, &[mail(NOW)], NOW.plus(3_600)).unwrap();
            vault.commit(batch).await.unwrap();
            let forgotten = async |now: Timestamp| {
                let found = vault.find_ended(now).await.unwrap();
                vault.forgotten(&found, now).await.unwrap()
            };
            assert!(forgotten(NOW.plus(60)).await.is_empty(), "its request may still be at it");
            let tickets = forgotten(NOW.plus(180)).await;
            let [ticket] = tickets.as_slice() else { panic!("one ticket: {tickets:?}") };
            assert_eq!(vault.outgoing(ticket, NOW.plus(180)).await.unwrap().len(), 1);
            vault.finish_outgoing(ticket).await.unwrap();
            assert!(forgotten(NOW.plus(180)).await.is_empty());
        });
    }

    #[test]
    fn what_is_too_much_for_one_sweep_is_left_for_the_next() {
        let (mut list, mut more) = (Vec::new(), false);
        for key in ["a", "b"] {
            take(&mut list, 2, key, &mut more);
        }
        assert!(!more);
        take(&mut list, 2, "c", &mut more);
        assert_eq!((list, more), (vec!["a".to_owned(), "b".to_owned()], true));
    }

    #[test]
    fn an_account_is_purged_when_it_can_no_longer_be_restored() {
        pollster::block_on(async {
            let vault = vault();
            let mia = account(&vault, "mia", "", Vec::new(), NOW).await.id;
            let noor = account(&vault, "noor", "", Vec::new(), NOW).await.id;
            for (id, at) in [(mia, NOW), (noor, NOW.plus(DAY))] {
                set_deleted(&vault, id, true, at).await;
            }
            assert_eq!(vault.purge_deleted(NOW.plus(DAY)).await.unwrap(), (0, false));
            let later = NOW.plus(RESTORABLE_FOR + 60);
            assert_eq!(vault.purge_deleted(later).await.unwrap(), (1, false));
            assert_eq!(vault.purge_deleted(later).await.unwrap(), (0, false), "once");
            assert!(vault.person(mia).await.unwrap().is_none());
            let left = vault.account(mia).await.unwrap().unwrap();
            assert_eq!((left.name.as_str(), left.display_name.as_str()), ("", ""));
            assert!(vault.person(noor).await.unwrap().is_some());
            // The name is free.
            let mia = account(&vault, "mia", "", Vec::new(), later).await.id;
            // And whoever is deleted from now on is found as well.
            set_deleted(&vault, mia, true, later).await;
            let end = later.plus(RESTORABLE_FOR + DAY);
            assert_eq!(vault.purge_deleted(end).await.unwrap(), (2, false));
            assert_eq!(vault.purge_deleted(end).await.unwrap(), (0, false));
        });
    }

    #[test]
    fn notices_are_found_among_much_else_and_until_they_end() {
        pollster::block_on(async {
            let vault = vault();
            for n in 0..NOTICES + 10 {
                vault.kv.increment(&vault.keys.grant(&format!("flow {n}"), NOW.plus(300)), 1).await.unwrap();
            }
            let mut batch = Batch::default();
            vault.put_outgoing(&mut batch, &[mail(NOW)], NOW.plus(3_600)).unwrap();
            vault.commit(batch).await.unwrap();
            let later = NOW.plus(180);
            let found = vault.find_ended(later).await.unwrap();
            assert!(!found.more);
            assert_eq!(vault.forgotten(&found, later).await.unwrap().len(), 1);
            let end = end_of(&found.waiting[0]).unwrap();
            for (at, waiting) in [(Timestamp(end.0 - 1), 1), (end, 0)] {
                assert_eq!(vault.find_ended(at).await.unwrap().waiting.len(), waiting, "{at:?}");
            }
        });
    }

    #[test]
    fn whoever_was_restored_keeps_nobody_else_from_being_purged() {
        pollster::block_on(async {
            let vault = vault();
            let end = NOW.plus(RESTORABLE_FOR + 60);
            let mia = account(&vault, "mia", "", Vec::new(), NOW).await.id;
            let noor = account(&vault, "noor", "", Vec::new(), NOW).await.id;
            set_deleted(&vault, mia, true, NOW).await;
            set_deleted(&vault, mia, false, NOW).await;
            set_deleted(&vault, noor, true, NOW).await;
            assert_eq!(vault.purge_deleted(end).await.unwrap(), (1, false));
            assert!(vault.person(mia).await.unwrap().is_some() && vault.person(noor).await.unwrap().is_none());
            // The list is at its end, and who is deleted next is found there.
            let before = vault.kv().commits();
            assert_eq!(vault.purge_deleted(end).await.unwrap(), (0, false));
            assert_eq!(vault.kv().commits() - before, 1, "it looks where the list ends, and writes nothing");
            set_deleted(&vault, mia, true, NOW.plus(60)).await;
            assert_eq!(vault.purge_deleted(end.plus(60)).await.unwrap(), (1, false));
        });
    }

    #[test]
    fn twenty_are_purged_at_a_time() {
        pollster::block_on(async {
            let vault = vault();
            for n in 0..=ACCOUNTS {
                let id = account(&vault, &format!("person{n}"), "", Vec::new(), NOW).await.id;
                set_deleted(&vault, id, true, NOW).await;
            }
            let end = NOW.plus(RESTORABLE_FOR + 60);
            assert_eq!(vault.purge_deleted(end).await.unwrap(), (ACCOUNTS, true));
            assert_eq!(vault.purge_deleted(end).await.unwrap(), (1, false));
        });
    }
}
