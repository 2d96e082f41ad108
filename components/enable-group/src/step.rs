//! Reading and saving Properties. A save over a version somebody else has replaced changes nothing.

use crate::wire::{Logged, Properties, Wanted};
use relatch_core::GroupId;
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::changes::changes;
use relatch_spin::views::{GroupName, to_value};
use relatch_spin::{App, Stepped};
use relatch_store::events::{Event, EventKind};
use relatch_store::policy::SavedPolicy;
use relatch_store::records::{Policy, ScopeKind};
use relatch_store::{Batch, Entropy, Kv};

/// Groups that can be selected at once.
const SELECTED_MAX: usize = 50;

pub async fn properties<K: Kv, E: Entropy>(app: &App<K, E>, policy: Policy) -> Stepped<Properties> {
    let mut groups = Vec::with_capacity(policy.selected.len());
    for id in &policy.selected {
        if let Some(group) = app.vault.group(*id).await? {
            groups.push(GroupName { id: id.to_string(), name: group.name });
        }
    }
    Ok(Properties { scope: policy.scope, groups, version: policy.version })
}

pub async fn save<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, wanted: Wanted) -> Stepped<Properties> {
    let bad_groups = || Problem::new(Code::InvalidField).field("groups");
    let ids: Option<Vec<GroupId>> = wanted.groups.iter().map(|id| GroupId::parse(id)).collect();
    let mut ids = ids.filter(|ids| ids.len() <= SELECTED_MAX).ok_or_else(bad_groups)?;
    ids.dedup();
    if wanted.scope == ScopeKind::Selected && ids.is_empty() {
        return Err(bad_groups().into());
    }
    let mut batch = Batch::default();
    match app.vault.save_policy(&mut batch, wanted.version, wanted.scope, ids, app.now).await? {
        SavedPolicy::UnknownGroup => Err(bad_groups().into()),
        SavedPolicy::Stale(current) => {
            let current = properties(app, current).await?;
            Err(Problem::new(Code::StaleVersion).current(to_value(&current)).into())
        }
        SavedPolicy::Done { before, after } => {
            let actor = Some(caller.person().account.id.to_string());
            let result = format!("version_{}", after.version);
            let (before, after) = (properties(app, *before).await?, properties(app, after).await?);
            let changes = changes(&to_value(&Logged::from(&before)), &to_value(&Logged::from(&after)));
            let event = Event { actor, changes, ..app.event(EventKind::ScopeChanged, &result) };
            app.vault.put_event(&mut batch, &event).await?;
            app.vault.commit(batch).await?;
            Ok(after)
        }
    }
}
