//! Creating groups and changing who is in them.

use crate::wire::{Change, Edit, GroupView, Membership, NewGroup};
use relatch_core::membership::{BadRule, Rule};
use relatch_core::name::Description;
use relatch_core::{GroupId, GroupName as Name, Id};
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::views::{GroupName, to_value};
use relatch_spin::{App, Stepped};
use relatch_store::events::{Event, EventKind};
use relatch_store::groups::{Changed, GroupChange, MemberChange};
use relatch_store::records::GroupRecord;
use relatch_store::{Batch, Entropy, Kv};

/// Members or groups one request may add or remove.
const CHANGE_MAX: usize = 100;

pub async fn create<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, wanted: &NewGroup) -> Stepped<GroupRecord> {
    let name = Name::parse(&wanted.name).ok_or_else(|| bad("name"))?;
    let description = match wanted.description.trim() {
        "" => None,
        text => Some(Description::parse(text).ok_or_else(|| bad("description"))?),
    };
    let rule = match (wanted.membership, wanted.rule.as_deref()) {
        (Membership::Assigned, None) => None,
        (Membership::Dynamic, Some(text)) => Some(parse_rule(text)?),
        _ => return Err(bad("rule").into()),
    };
    let change = MemberChange {
        add_members: ids(&wanted.members, "members")?,
        add_groups: ids(&wanted.groups, "groups")?,
        ..MemberChange::default()
    };
    let mut batch = Batch::default();
    let changed =
        app.vault.create_group(&mut batch, &name, description.as_ref(), rule.as_ref(), &change, app.now).await?;
    finish(app, caller, batch, changed, &change, EventKind::GroupCreated).await
}

pub fn parse_rule(text: &str) -> Stepped<Rule> {
    let bad = |bad: BadRule| Problem::new(Code::InvalidRule).field("rule").pointing_at(bad.at, bad.problem.to_string());
    Ok(Rule::parse(text).map_err(bad)?)
}

/// Another name, description or rule.
pub async fn edit<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    id: GroupId,
    wanted: &Edit,
) -> Stepped<GroupRecord> {
    let before = app.vault.group(id).await?.ok_or(Code::NotFound)?;
    let name = Name::parse(wanted.name.as_deref().unwrap_or(&before.name)).ok_or_else(|| bad("name"))?;
    let description = match wanted.description.as_deref().unwrap_or(&before.description).trim() {
        "" => None,
        text => Some(Description::parse(text).ok_or_else(|| bad("description"))?),
    };
    let rule = wanted.rule.as_deref().or(before.rule.as_deref()).map(parse_rule).transpose()?;
    let change = GroupChange { name: &name, description: description.as_ref(), rule: rule.as_ref() };
    let mut batch = Batch::default();
    let changed = app.vault.change_group(&mut batch, id, wanted.version, &change, app.now).await?;
    let group = finish(app, caller, batch, changed, &MemberChange::default(), EventKind::GroupChanged).await?;
    if group.rule != before.rule {
        app.vault.refresh_policy(app.now).await?;
    }
    Ok(group)
}

pub async fn change<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    group: GroupId,
    wanted: &Change,
) -> Stepped<GroupRecord> {
    let change = MemberChange {
        add_members: ids(&wanted.add_members, "add_members")?,
        remove_members: ids(&wanted.remove_members, "remove_members")?,
        add_groups: ids(&wanted.add_groups, "add_groups")?,
        remove_groups: ids(&wanted.remove_groups, "remove_groups")?,
    };
    let mut batch = Batch::default();
    let changed = app.vault.change_members(&mut batch, group, &change, app.now).await?;
    finish(app, caller, batch, changed, &change, EventKind::MembersChanged).await
}

async fn finish<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    mut batch: Batch,
    changed: Changed,
    change: &MemberChange,
    kind: EventKind,
) -> Stepped<GroupRecord> {
    let group = match changed {
        Changed::Done(group) => group,
        Changed::NoSuchGroup => return Err(Code::NotFound.into()),
        Changed::UnknownMember => return Err(bad("members").into()),
        Changed::UnknownGroup => return Err(bad("groups").into()),
        Changed::Cycle => return Err(Problem::new(Code::GroupCycle).field("groups").into()),
        Changed::Dynamic => return Err(Problem::new(Code::DynamicGroup).into()),
        Changed::Stale(current) => {
            let current = to_value(&GroupView::from(&current));
            return Err(Problem::new(Code::StaleVersion).current(current).into());
        }
        Changed::NameTaken => return Err(Problem::new(Code::GroupNameTaken).field("name").into()),
    };
    let actor = Some(caller.person().account.id.to_string());
    let event = Event { actor, target: Some(group.id.to_string()), ..app.event(kind, "done") };
    app.vault.put_event(&mut batch, &event).await?;
    app.vault.commit(batch).await?;
    app.vault.after_change(change, app.now).await?;
    Ok(group)
}

pub async fn nested<K: Kv, E: Entropy>(app: &App<K, E>, group: &GroupRecord) -> Stepped<Vec<GroupName>> {
    let mut groups = Vec::new();
    for id in &group.children {
        if let Some(child) = app.vault.group(*id).await? {
            groups.push(GroupName { id: id.to_string(), name: child.name });
        }
    }
    Ok(groups)
}

fn bad(field: &'static str) -> Problem {
    Problem::new(Code::InvalidField).field(field)
}

fn ids<Kind>(texts: &[String], field: &'static str) -> Stepped<Vec<Id<Kind>>> {
    let ids: Option<Vec<_>> = texts.iter().map(|text| Id::parse(text)).collect();
    Ok(ids.filter(|ids| ids.len() <= CHANGE_MAX).ok_or_else(|| bad(field))?)
}
