//! What administrators change in an account: edit, block, give roles, delete, restore.

use crate::wire::{Change, TypedDetails, roles};
use relatch_core::roles::{Right, needed_for};
use relatch_core::{AccountId, DisplayName};
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::{App, Stepped};
use relatch_store::account_changes::{AccountChange, AccountChanged};
use relatch_store::events::{Event, EventKind};
use relatch_store::records::Account;
use relatch_store::{Batch, Entropy, Kv};

/// Does the caller have `right` over this account? Whoever has a role is looked after by those who give
/// roles.
pub fn must_have(caller: &Caller, right: Right, over: &Account) -> Stepped<()> {
    let fits = caller.person().account.may(needed_for(right, &over.roles));
    if fits { Ok(()) } else { Err(Code::NotAllowed.into()) }
}

/// Blocking is help; everything else is management.
pub async fn change<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    id: AccountId,
    wanted: &Change,
) -> Stepped<Account> {
    let bad = |field| Problem::new(Code::InvalidField).field(field);
    let before = app.vault.account(id).await?.ok_or(Code::NotFound)?;
    let typed = TypedDetails::new(&wanted.department, &wanted.country, &wanted.source, wanted.plans.as_deref());
    let details = typed.over(&before.details).map_err(bad)?;
    let display_name = match wanted.display_name.as_deref() {
        Some(typed) => Some(DisplayName::parse(typed).ok_or_else(|| bad("display_name"))?),
        None => None,
    };
    let change = AccountChange {
        display_name: display_name.filter(|name| name.as_str() != before.display_name),
        details: (details != before.details).then_some(details),
        roles: wanted.roles.as_deref().map(roles).transpose()?.filter(|roles| *roles != before.roles),
        blocked: wanted.blocked.filter(|blocked| *blocked != before.blocked),
        deleted: None,
    };
    let only_blocks = change.display_name.is_none() && change.details.is_none() && change.roles.is_none();
    must_have(caller, if only_blocks { Right::Help } else { Right::Manage }, &before)?;
    if change.blocked.is_some() || change.roles.is_some() {
        not_oneself(caller, id)?;
    }
    let result = match (&change.roles, change.blocked) {
        (Some(_), _) => "roles_changed",
        (None, Some(true)) => "blocked",
        (None, Some(false)) => "unblocked",
        (None, None) => "edited",
    };
    save(app, caller, id, Some(wanted.version), change, (EventKind::UserChanged, result)).await
}

pub async fn set_deleted<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    id: AccountId,
    deleted: bool,
) -> Stepped<Account> {
    not_oneself(caller, id)?;
    let change = AccountChange { deleted: Some(deleted), ..AccountChange::default() };
    let kind = if deleted { EventKind::UserDeleted } else { EventKind::UserRestored };
    save(app, caller, id, None, change, (kind, "done")).await
}

fn not_oneself(caller: &Caller, id: AccountId) -> Stepped<()> {
    if caller.person().account.id == id { Err(Code::NotYourself.into()) } else { Ok(()) }
}

pub async fn save<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    id: AccountId,
    version: Option<u64>,
    change: AccountChange,
    (kind, result): (EventKind, &str),
) -> Stepped<Account> {
    let mut batch = Batch::default();
    let account = match app.vault.change_account(&mut batch, id, version, change, app.now).await? {
        AccountChanged::Done(account) => account,
        AccountChanged::NoSuchAccount => return Err(Code::NotFound.into()),
        AccountChanged::Stale => return Err(Code::StaleVersion.into()),
        AccountChanged::LastAdministrator => return Err(Code::LastAdministrator.into()),
        AccountChanged::NotRestorable => return Err(Code::NotRestorable.into()),
    };
    let actor = Some(caller.person().account.id.to_string());
    let event = Event { actor, target: Some(id.to_string()), ..app.event(kind, result) };
    app.vault.put_event(&mut batch, &event).await?;
    app.vault.commit(batch).await?;
    Ok(*account)
}
