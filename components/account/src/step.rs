//! Looking at one's account, and taking things away from it.

use crate::wire::{AccountView, SessionLine};
use relatch_core::limits::STEP_UP_LIFE;
use relatch_core::methods::Kind;
use relatch_delivery::Notice;
use relatch_http::Code;
use relatch_spin::app::Caller;
use relatch_spin::views::{Readiness, RecoveryView, activity, codes, deliveries, method_views, offered};
use relatch_spin::{App, Stepped};
use relatch_store::events::{Event, EventKind};
use relatch_store::methods::Removed;
use relatch_store::outbox::OutboxTicket;
use relatch_store::records::{Methods, Person};
use relatch_store::{Batch, Entropy, Kv};

pub async fn view<'a, K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    person: &'a Person,
) -> Stepped<AccountView<'a>> {
    let policy = app.vault.policy().await?;
    let sessions = app.vault.sessions_of(person, app.now).await?;
    let line = |session: &relatch_store::sessions::ListedSession| SessionLine {
        id: session.number.to_string(),
        current: session.is(&caller.session),
        begun: session.record.begun.rfc3339(),
        seen: session.seen.rfc3339(),
    };
    Ok(AccountView {
        name: &person.account.name,
        display_name: &person.account.display_name,
        roles: codes(&person.account.roles),
        methods: method_views(&person.methods),
        recovery_codes: RecoveryView::of(&person.methods),
        offered: offered(&policy),
        deliveries: deliveries(&policy),
        sessions: sessions.iter().map(line).collect(),
        fresh: caller.session.is_fresh(app.now, STEP_UP_LIFE),
        csrf: app.vault.csrf_token(&caller.cookie),
        password_rules: app.rules_view(person, &policy),
        readiness: Readiness::of(person, &policy),
        activity: activity(person),
    })
}

/// A change of methods needs a sign-in of the last five minutes (SEC-42).
fn must_be_fresh<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller) -> Stepped<()> {
    if caller.session.is_fresh(app.now, STEP_UP_LIFE) { Ok(()) } else { Err(Code::StepUpRequired.into()) }
}

pub async fn remove_method<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    method: &str,
) -> Stepped<Option<OutboxTicket>> {
    must_be_fresh(app, caller)?;
    let before = &caller.person().methods;
    let kind = kind_of(before, method).ok_or(Code::NotFound)?;
    let mut batch = Batch::default();
    let removed = app.vault.remove_method(&mut batch, caller.person().account.id, method, app.now).await?;
    written(app, caller, batch, removed, kind).await
}

pub async fn remove_recovery_codes<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
) -> Stepped<Option<OutboxTicket>> {
    must_be_fresh(app, caller)?;
    let mut batch = Batch::default();
    let removed = app.vault.remove_recovery_codes(&mut batch, caller.person().account.id, app.now).await?;
    written(app, caller, batch, removed, Kind::RecoveryCodes).await
}

fn kind_of(methods: &Methods, id: &str) -> Option<Kind> {
    if methods.phones.iter().any(|phone| phone.id == id) {
        Some(Kind::Phone)
    } else if methods.emails.iter().any(|email| email.id == id) {
        Some(Kind::Email)
    } else {
        methods.apps.iter().any(|app| app.id == id).then_some(Kind::App)
    }
}

/// Writes a removal down and tells every address there was, the removed one too (SEC-30).
async fn written<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    mut batch: Batch,
    removed: Removed,
    kind: Kind,
) -> Stepped<Option<OutboxTicket>> {
    match removed {
        Removed::Done(_) => {}
        Removed::LastOne => return Err(Code::LastMethod.into()),
        Removed::Unknown => return Err(Code::NotFound.into()),
    }
    let policy = app.vault.policy().await?;
    let who = Some(caller.person().account.id.to_string());
    let method = Some(kind.as_str().to_owned());
    let event = Event { actor: who.clone(), target: who, method, ..app.event(EventKind::MethodRemoved, "done") };
    app.vault.put_event(&mut batch, &event).await?;
    let ticket = app.notify(&mut batch, &policy, Notice::MethodRemoved(kind), &[&caller.person().methods])?;
    app.vault.commit(batch).await?;
    Ok(ticket)
}

/// Ends one of the caller's other sessions.
pub async fn end_session<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, number: &str) -> Stepped<()> {
    let sessions = app.vault.sessions_of(caller.person(), app.now).await?;
    let session = sessions.iter().find(|session| session.number.to_string() == number).ok_or(Code::NotFound)?;
    if session.is(&caller.session) {
        return Err(Code::WrongStep.into());
    }
    let mut batch = Batch::default();
    app.vault.end_listed(&mut batch, session)?;
    ended(app, caller, batch, "one").await
}

/// Ends all of the caller's other sessions.
pub async fn end_others<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller) -> Stepped<()> {
    let mut batch = Batch::default();
    for session in app.vault.sessions_of(caller.person(), app.now).await? {
        if !session.is(&caller.session) {
            app.vault.end_listed(&mut batch, &session)?;
        }
    }
    ended(app, caller, batch, "others").await
}

async fn ended<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, mut batch: Batch, result: &str) -> Stepped<()> {
    let who = Some(caller.person().account.id.to_string());
    let event = Event { actor: who.clone(), target: who, ..app.event(EventKind::SessionEnded, result) };
    app.vault.put_event(&mut batch, &event).await?;
    Ok(app.vault.commit(batch).await?)
}
