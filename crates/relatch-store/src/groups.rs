//! Groups: creating, nesting, members.

use crate::accounts::PAGE;
use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Account, Entry, GroupRecord, Membership, Person};
use crate::vault::{Batch, Vault};
use relatch_core::membership::Rule;
use relatch_core::name::Description;
use relatch_core::{AccountId, GroupId, GroupName, Timestamp};

/// Groups one request walks through at most when it follows nesting.
const NESTED_MAX: usize = 1_000;
/// Pages of accounts one request looks through for members of a dynamic group.
const MATCHING_PAGES: usize = 2;

/// What an administrator wants changed in a group.
#[derive(Default)]
pub struct MemberChange {
    pub add_members: Vec<AccountId>,
    pub remove_members: Vec<AccountId>,
    pub add_groups: Vec<GroupId>,
    pub remove_groups: Vec<GroupId>,
}

/// What an administrator wants a group to be called and to hold.
pub struct GroupChange<'a> {
    pub name: &'a GroupName,
    pub description: Option<&'a Description>,
    /// For a dynamic group only.
    pub rule: Option<&'a Rule>,
}

impl MemberChange {
    fn is_empty(&self) -> bool {
        self.add_members.is_empty() && self.remove_members.is_empty() && !self.touches_nesting()
    }

    fn touches_nesting(&self) -> bool {
        !self.add_groups.is_empty() || !self.remove_groups.is_empty()
    }
}

/// What became of a change.
pub enum Changed {
    Done(GroupRecord),
    NoSuchGroup,
    UnknownMember,
    UnknownGroup,
    /// A group would hold itself.
    Cycle,
    /// Who is in a dynamic group is decided by its rule.
    Dynamic,
    NameTaken,
    /// Somebody changed it since it was read.
    Stale(GroupRecord),
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    pub async fn group(&self, id: GroupId) -> Result<Option<GroupRecord>, StoreError> {
        self.read(&self.keys.group(id)).await
    }

    /// These groups and every group nested in them, or `None` if one of them does not exist.
    pub async fn with_nested(&self, groups: &[GroupId]) -> Result<Option<Vec<GroupRecord>>, StoreError> {
        let mut all: Vec<GroupRecord> = Vec::new();
        let mut waiting = groups.to_vec();
        while let Some(id) = waiting.pop() {
            if all.iter().any(|group| group.id == id) || all.len() >= NESTED_MAX {
                continue;
            }
            let Some(group) = self.group(id).await? else { return Ok(None) };
            waiting.extend(group.children.iter().copied());
            all.push(group);
        }
        Ok(Some(all))
    }

    pub async fn create_group(
        &self,
        batch: &mut Batch,
        name: &GroupName,
        description: Option<&Description>,
        rule: Option<&Rule>,
        change: &MemberChange,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let Some(name_version) = self.free_name(name).await? else { return Ok(Changed::NameTaken) };
        let id = GroupId::from_bytes(self.random()?);
        let group = GroupRecord {
            id,
            version: 0,
            name: name.as_str().to_owned(),
            description: description.map(|text| text.as_str().to_owned()).unwrap_or_default(),
            rule: rule.map(|rule| rule.as_str().to_owned()),
            next_at: 1,
            member_count: 0,
            children: Vec::new(),
            parents: Vec::new(),
            created_at: now,
        };
        let changed = self.apply(batch, group, change, now).await?;
        if matches!(changed, Changed::Done(_)) {
            // Last, so that a refused group does not keep the name from the next try.
            if !self.take_name(batch, id, name, name_version, now).await? {
                return Ok(Changed::NameTaken);
            }
            let number = self.count(&self.keys.group_seq()).await?;
            let entry = Entry { id: id.to_string(), word: String::new(), removed: false };
            self.put(batch, self.keys.group_at(number), &entry)?;
        }
        Ok(changed)
    }

    pub async fn change_members(
        &self,
        batch: &mut Batch,
        id: GroupId,
        change: &MemberChange,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        match self.group(id).await? {
            Some(group) => self.apply(batch, group, change, now).await,
            None => Ok(Changed::NoSuchGroup),
        }
    }

    /// After the batch is committed: brings what policy includes up to date with nesting.
    pub async fn after_change(&self, change: &MemberChange, now: Timestamp) -> Result<(), StoreError> {
        if change.touches_nesting() { self.refresh_policy(now).await } else { Ok(()) }
    }

    /// Another name, description or rule over exactly `version`. A group that lost its old name gives it
    /// free: the entry stays and points to a group that is called something else.
    pub async fn change_group(
        &self,
        batch: &mut Batch,
        id: GroupId,
        version: u64,
        wanted: &GroupChange<'_>,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let Some(mut group) = self.group(id).await? else { return Ok(Changed::NoSuchGroup) };
        if group.version != version {
            return Ok(Changed::Stale(group));
        }
        if group.rule.is_some() != wanted.rule.is_some() {
            return Ok(Changed::Dynamic);
        }
        if !same_name(&group.name, wanted.name.as_str()) {
            let Some(name_version) = self.free_name(wanted.name).await? else { return Ok(Changed::NameTaken) };
            if !self.take_name(batch, id, wanted.name, name_version, now).await? {
                return Ok(Changed::NameTaken);
            }
        }
        self.claim_version(&self.keys.group(id), version.saturating_add(1), now).await?;
        group.version = version.saturating_add(1);
        group.name = wanted.name.as_str().to_owned();
        group.description = wanted.description.map(|text| text.as_str().to_owned()).unwrap_or_default();
        group.rule = wanted.rule.map(|rule| rule.as_str().to_owned());
        self.put(batch, self.keys.group(id), &group)?;
        Ok(Changed::Done(group))
    }

    /// If no group is called so now: the version of the name's entry that is to be won.
    async fn free_name(&self, name: &GroupName) -> Result<Option<u64>, StoreError> {
        let holder: Option<String> = self.read(&self.keys.group_name(name.as_str())).await?;
        let Some(holder) = holder.and_then(|text| GroupId::parse(&text)) else { return Ok(Some(1)) };
        let Some(holder) = self.group(holder).await? else { return Ok(Some(2)) };
        Ok((!same_name(&holder.name, name.as_str())).then(|| holder.version.saturating_add(2)))
    }

    async fn take_name(
        &self,
        batch: &mut Batch,
        id: GroupId,
        name: &GroupName,
        version: u64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = self.keys.group_name(name.as_str());
        match self.claim_version(&key, version, now).await {
            Ok(()) => {}
            Err(StoreError::Contended) => return Ok(false),
            Err(error) => return Err(error),
        }
        self.put(batch, key, &id.to_string())?;
        Ok(true)
    }

    /// Works out everything first; only a change that fits is put in the batch.
    async fn apply(
        &self,
        batch: &mut Batch,
        mut group: GroupRecord,
        change: &MemberChange,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        if group.rule.is_some() && !change.is_empty() {
            return Ok(Changed::Dynamic);
        }
        let Some(accounts) = self.accounts_of(change).await? else { return Ok(Changed::UnknownMember) };
        let others = match self.nesting(&group, change).await? {
            Ok(others) => others,
            Err(refused) => return Ok(refused),
        };
        self.claim_version(&self.keys.group(group.id), group.version.saturating_add(1), now).await?;
        group.version = group.version.saturating_add(1);
        for account in accounts {
            self.move_member(batch, &mut group, account, change, now).await?;
        }
        for mut other in others {
            self.claim_version(&self.keys.group(other.id), other.version.saturating_add(1), now).await?;
            other.version = other.version.saturating_add(1);
            let nested = change.add_groups.contains(&other.id);
            set_member(&mut other.parents, group.id, nested);
            set_member(&mut group.children, other.id, nested);
            self.put(batch, self.keys.group(other.id), &other)?;
        }
        self.put(batch, self.keys.group(group.id), &group)?;
        Ok(Changed::Done(group))
    }

    async fn accounts_of(&self, change: &MemberChange) -> Result<Option<Vec<Account>>, StoreError> {
        let mut ids: Vec<AccountId> = change.add_members.iter().chain(&change.remove_members).copied().collect();
        ids.sort();
        ids.dedup();
        let mut accounts = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(account) = self.account(id).await? else { return Ok(None) };
            accounts.push(account);
        }
        Ok(Some(accounts))
    }

    /// The groups whose nesting changes, or why it may not.
    async fn nesting(
        &self,
        group: &GroupRecord,
        change: &MemberChange,
    ) -> Result<Result<Vec<GroupRecord>, Changed>, StoreError> {
        let mut others = Vec::new();
        for id in &change.add_groups {
            if group.children.contains(id) {
                continue;
            }
            let Some(below) = self.with_nested(&[*id]).await? else { return Ok(Err(Changed::UnknownGroup)) };
            if *id == group.id || below.iter().any(|below| below.id == group.id) {
                return Ok(Err(Changed::Cycle));
            }
            others.extend(self.group(*id).await?);
        }
        for id in change.remove_groups.iter().filter(|id| group.children.contains(id)) {
            others.extend(self.group(*id).await?);
        }
        others.sort_by_key(|other| other.id);
        others.dedup_by_key(|other| other.id);
        Ok(Ok(others))
    }

    async fn move_member(
        &self,
        batch: &mut Batch,
        group: &mut GroupRecord,
        mut account: Account,
        change: &MemberChange,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let member_at =
            account.groups.iter().find(|membership| membership.group == group.id).map(|membership| membership.at);
        let wanted = change.add_members.contains(&account.id);
        let entry = |removed| Entry { id: account.id.to_string(), word: String::new(), removed };
        match (member_at, wanted) {
            (None, true) => {
                self.put(batch, self.keys.member_at(group.id, group.next_at), &entry(false))?;
                account.groups.push(Membership { group: group.id, at: group.next_at });
                group.next_at = group.next_at.saturating_add(1);
                group.member_count = group.member_count.saturating_add(1);
            }
            (Some(at), false) => {
                self.put(batch, self.keys.member_at(group.id, at), &entry(true))?;
                account.groups.retain(|membership| membership.group != group.id);
                group.member_count = group.member_count.saturating_sub(1);
            }
            (Some(_), true) | (None, false) => return Ok(()),
        }
        self.claim_version(&self.keys.account(account.id), account.version.saturating_add(1), now).await?;
        account.version = account.version.saturating_add(1);
        self.put(batch, self.keys.account(account.id), &account)
    }

    /// Newest first, a page at a time.
    pub async fn list_groups(&self, before: Option<u64>) -> Result<(Vec<GroupRecord>, Option<u64>), StoreError> {
        let newest = u64::try_from(self.kv.increment(&self.keys.group_seq(), 0).await?).unwrap_or(0);
        let end = before.unwrap_or_else(|| newest.saturating_add(1));
        let start = end.saturating_sub(PAGE).max(1);
        let mut groups = Vec::new();
        for number in (start..end).rev() {
            let entry: Option<Entry> = self.read(&self.keys.group_at(number)).await?;
            if let Some(id) = entry.and_then(|entry| GroupId::parse(&entry.id)) {
                groups.extend(self.group(id).await?);
            }
        }
        Ok((groups, (start > 1).then_some(start)))
    }

    /// The newest members of a group, a page of them.
    pub async fn list_members(
        &self,
        group: &GroupRecord,
        before: Option<u64>,
    ) -> Result<(Vec<Person>, Option<u64>), StoreError> {
        if let Some(rule) = &group.rule {
            return self.list_matching(rule, before).await;
        }
        let end = before.unwrap_or(group.next_at).min(group.next_at);
        let mut people = Vec::new();
        let mut at = end;
        while at > 1 && (people.len() as u64) < PAGE && end.saturating_sub(at) < PAGE.saturating_mul(4) {
            at = at.saturating_sub(1);
            let entry: Option<Entry> = self.read(&self.keys.member_at(group.id, at)).await?;
            let Some(id) = entry.filter(|entry| !entry.removed).and_then(|entry| AccountId::parse(&entry.id)) else {
                continue;
            };
            people.extend(self.person(id).await?);
        }
        Ok((people, (at > 1).then_some(at)))
    }

    /// Who matches a rule, among accounts older than `before`: a bounded piece of the list at a time.
    pub async fn list_matching(
        &self,
        rule: &str,
        before: Option<u64>,
    ) -> Result<(Vec<Person>, Option<u64>), StoreError> {
        let Ok(rule) = Rule::parse(rule) else { return Ok((Vec::new(), None)) };
        let mut people = Vec::new();
        let mut before = before;
        for _ in 0..MATCHING_PAGES {
            let (looked_at, next) = self.list_accounts(before).await?;
            people.extend(looked_at.into_iter().filter(|person| rule.matches(&person.account.attributes())));
            before = next;
            if before.is_none() || people.len() as u64 >= PAGE {
                break;
            }
        }
        Ok((people, before))
    }
}

/// Names of groups differ in more than their letters' case.
fn same_name(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn set_member(ids: &mut Vec<GroupId>, id: GroupId, member: bool) {
    ids.retain(|other| *other != id);
    if member {
        ids.push(id);
    }
}

#[cfg(test)]
mod tests;
