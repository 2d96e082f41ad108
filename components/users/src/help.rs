//! What a helpdesk does for somebody: start a reset, unlock, end sessions, take away what was registered.
//! None of it shows or chooses a password (SEC-31).

use crate::edit::must_have;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use relatch_core::entitlement::Source;
use relatch_core::limits::{HELP_PER_ACCOUNT, HELPDESK_CODE_LIFE};
use relatch_core::roles::Right;
use relatch_core::{AccountId, Secret};
use relatch_delivery::Notice;
use relatch_http::Code;
use relatch_spin::app::Caller;
use relatch_spin::{App, Stepped};
use relatch_store::events::{Event, EventKind};
use relatch_store::outbox::OutboxTicket;
use relatch_store::records::Person;
use relatch_store::{Batch, Entropy, Kv};

/// What a name may have and a link takes as it is. (A plus sign would be read as a space.)
const IN_A_LINK: &AsciiSet = &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_');

pub struct ResetStarted {
    pub code: Secret<String>,
    pub link: String,
    pub expires_at: String,
    pub ticket: Option<OutboxTicket>,
}

async fn person<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, right: Right, id: AccountId) -> Stepped<Person> {
    let person = app.vault.person(id).await?.ok_or(Code::NotFound)?;
    must_have(caller, right, &person.account)?;
    Ok(person)
}

/// A code of one use, and the same as a link. The link's secret stands behind the `#`, which no server and
/// no log ever sees (SEC-19), under the configured origin (SEC-20).
pub async fn start_reset<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, id: AccountId) -> Stepped<ResetStarted> {
    let person = person(app, caller, Right::Help, id).await?;
    if person.account.id == caller.person().account.id {
        return Err(Code::NotYourself.into());
    }
    if !person.account.is_enabled() {
        return Err(Code::NotFound.into());
    }
    if person.account.details.source != Source::Cloud {
        return Err(Code::ResetElsewhere.into());
    }
    app.limit_person(HELP_PER_ACCOUNT, caller, id).await?;
    let policy = app.vault.policy().await?;
    let mut batch = Batch::default();
    let code = app.vault.make_helpdesk_code(&mut batch, id, person.password.generation, app.now)?;
    put_event(app, caller, &mut batch, id, EventKind::ResetStartedForUser, "done").await?;
    let ticket = app.notify(&mut batch, &policy, Notice::ResetStarted, &[&person.methods])?;
    app.vault.commit(batch).await?;
    let name = utf8_percent_encode(&person.account.name, IN_A_LINK);
    let link = format!("{}/reset#name={name}&code={}", app.settings.public_origin, code.expose());
    Ok(ResetStarted { code, link, expires_at: app.now.plus(HELPDESK_CODE_LIFE).rfc3339(), ticket })
}

pub async fn unlock<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    id: AccountId,
) -> Stepped<Option<OutboxTicket>> {
    let person = person(app, caller, Right::Help, id).await?;
    app.limit_person(HELP_PER_ACCOUNT, caller, id).await?;
    let policy = app.vault.policy().await?;
    let mut batch = Batch::default();
    app.vault.unlock(&mut batch, id, person.password.generation).await?;
    put_event(app, caller, &mut batch, id, EventKind::AccountUnlocked, "by_administrator").await?;
    let ticket = app.notify(&mut batch, &policy, Notice::Unlocked, &[&person.methods])?;
    app.vault.commit(batch).await?;
    Ok(ticket)
}

/// Every session of the account is over with the next request (SEC-56).
pub async fn end_sessions<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, id: AccountId) -> Stepped<()> {
    let person = person(app, caller, Right::Help, id).await?;
    let mut batch = Batch::default();
    for session in app.vault.sessions_of(&person, app.now).await? {
        app.vault.end_listed(&mut batch, &session)?;
    }
    put_event(app, caller, &mut batch, id, EventKind::SessionEnded, "all_by_administrator").await?;
    Ok(app.vault.commit(batch).await?)
}

/// The person registers again at the next sign-in, with the password they know.
pub async fn take_methods<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    id: AccountId,
) -> Stepped<Option<OutboxTicket>> {
    let person = person(app, caller, Right::Methods, id).await?;
    if person.account.id == caller.person().account.id {
        return Err(Code::NotYourself.into());
    }
    app.limit_person(HELP_PER_ACCOUNT, caller, id).await?;
    let policy = app.vault.policy().await?;
    let mut batch = Batch::default();
    app.vault.take_methods(&mut batch, id, app.now).await?;
    put_event(app, caller, &mut batch, id, EventKind::MethodRemoved, "all_by_administrator").await?;
    let ticket = app.notify(&mut batch, &policy, Notice::MethodsTaken, &[&person.methods])?;
    app.vault.commit(batch).await?;
    Ok(ticket)
}

async fn put_event<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    batch: &mut Batch,
    target: AccountId,
    kind: EventKind,
    result: &str,
) -> Stepped<()> {
    let actor = Some(caller.person().account.id.to_string());
    let event = Event { actor, target: Some(target.to_string()), ..app.event(kind, result) };
    Ok(app.vault.put_event(batch, &event).await?)
}
