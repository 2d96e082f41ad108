//! Search by the beginning of any word of a name.
//!
//! Each word is entered under its first two and its first four letters, in lists that only grow. A
//! search reads the list of its own first letters from the newest end, so its cost does not depend on
//! how many accounts there are.

use crate::accounts::PAGE;
use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Entry, Person};
use crate::vault::{Batch, Vault};
use relatch_core::AccountId;
use relatch_core::name::words;

/// Letters a word is entered under.
const LENGTHS: [usize; 2] = [2, 4];
/// Entries one search looks at, at most.
const LOOKED_AT: u64 = 240;

/// The words an account is found by, without repeats.
pub(crate) fn index_words(name: &str, display_name: &str) -> Vec<String> {
    let local = name.split('@').next().unwrap_or_default();
    let mut all = words(display_name);
    all.extend(words(local));
    all.sort();
    all.dedup();
    all.truncate(8);
    all
}

fn prefix(word: &str, length: usize) -> Option<String> {
    let prefix: String = word.chars().take(length).collect();
    (prefix.chars().count() == length).then_some(prefix)
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    pub(crate) async fn index(&self, batch: &mut Batch, word: &str, id: AccountId) -> Result<(), StoreError> {
        for prefix in LENGTHS.iter().filter_map(|length| prefix(word, *length)) {
            let number = self.count(&self.keys.find_seq(&prefix)).await?;
            let entry = Entry { id: id.to_string(), word: word.to_owned(), removed: false };
            self.put(batch, self.keys.find(&prefix, number), &entry)?;
        }
        Ok(())
    }

    /// People with a word that begins with `text`'s first word, all of whose other words match too;
    /// newest first. The flag says that there may be more. `None`: fewer than two letters.
    pub async fn search_accounts(&self, text: &str) -> Result<Option<(Vec<Person>, bool)>, StoreError> {
        let mut wanted = words(text.split('@').next().unwrap_or_default());
        wanted.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
        let Some(longest) = wanted.first() else { return Ok(None) };
        let Some(bucket) = prefix(longest, 4).or_else(|| prefix(longest, 2)) else { return Ok(None) };
        let newest = u64::try_from(self.kv.increment(&self.keys.find_seq(&bucket), 0).await?).unwrap_or(0);
        let oldest = newest.saturating_sub(LOOKED_AT).saturating_add(1).max(1);
        let mut people: Vec<Person> = Vec::new();
        for number in (oldest..=newest).rev() {
            let Some(entry) = self.read::<Entry>(&self.keys.find(&bucket, number)).await? else { continue };
            if !entry.word.starts_with(longest.as_str()) {
                continue;
            }
            let Some(id) = AccountId::parse(&entry.id) else { continue };
            if people.iter().any(|person| person.account.id == id) {
                continue;
            }
            if people.len() as u64 == PAGE {
                return Ok(Some((people, true)));
            }
            // The account alone says whether it is wanted; the rest is read only then.
            let Some(account) = self.account(id).await?.filter(|account| account.deleted_at.is_none()) else {
                continue;
            };
            let own = index_words(&account.name, &account.display_name);
            if wanted.iter().all(|word| own.iter().any(|have| have.starts_with(word.as_str()))) {
                people.extend(self.person(id).await?);
            }
        }
        Ok(Some((people, oldest > 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::{account, vault};
    use relatch_core::Timestamp;

    #[test]
    fn who_is_searched_by_all_words_is_found_and_nobody_else() {
        pollster::block_on(async {
            let vault = vault();
            for name in ["mia.steele", "mia.haddad", "max.steele"] {
                account(&vault, name, "", Vec::new(), Timestamp(1_763_000_000)).await;
            }
            let found = async |text: &str| {
                let (people, more) = vault.search_accounts(text).await.unwrap().unwrap();
                let local = |person: Person| person.account.name.split_once('@').map(|(local, _)| local.to_owned());
                let names = people.into_iter().filter_map(local).collect::<Vec<_>>().join(" ");
                assert!(!more, "{text}");
                names
            };
            assert_eq!(found("mia").await, "mia.haddad mia.steele");
            assert_eq!(found("st mia").await, "mia.steele");
            assert_eq!(found("nobody").await, "");
            assert!(vault.search_accounts("m").await.unwrap().is_none(), "one letter");
        });
    }

    #[test]
    fn words_of_both_names_are_indexed_once() {
        assert_eq!(index_words("mia.steele@contoso.example", "Mia Steele"), ["mia", "steele"]);
    }

    #[test]
    fn short_words_have_only_a_short_prefix() {
        assert_eq!(prefix("mia", 2).as_deref(), Some("mi"));
        assert_eq!(prefix("mia", 4), None);
        assert_eq!(prefix("m", 2), None);
    }

    #[test]
    fn a_search_looks_at_so_many_entries_and_says_that_there_may_be_more() {
        pollster::block_on(async {
            let (vault, now) = (vault(), Timestamp(1_763_000_000));
            let mia = account(&vault, "mia", "", Vec::new(), now).await.id;
            let max = account(&vault, "max", "", Vec::new(), now).await.id;
            let mut entered = 1;
            for (entries, found, more) in [(LOOKED_AT, 1, false), (LOOKED_AT + 1, 0, true)] {
                while entered < entries {
                    let mut batch = Batch::default();
                    // Something longer that begins alike.
                    vault.index(&mut batch, "michael", max).await.unwrap();
                    vault.commit(batch).await.unwrap();
                    entered += 1;
                }
                let (people, is_more) = vault.search_accounts("mia").await.unwrap().unwrap();
                assert_eq!((people.len(), is_more), (found, more), "{entries}");
                assert!(people.iter().all(|person| person.account.id == mia));
            }
        });
    }
}
