//! Apps and recovery codes, and the end of registration.

use relatch_core::Secret;
use relatch_core::enrolment::must_register;
use relatch_core::limits::{METHOD_CHANGES_PER_ACCOUNT, STEP_UP_LIFE};
use relatch_core::methods::Kind;
use relatch_core::session::Stage;
use relatch_core::totp::Seed;
use relatch_delivery::Notice;
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::{App, Stepped};
use relatch_store::challenges::{Tried, day_of};
use relatch_store::events::{Event, EventKind};
use relatch_store::methods::AppTried;
use relatch_store::outbox::OutboxTicket;
use relatch_store::records::{AppMethod, Person, Policy, Purpose};
use relatch_store::sessions::Opened;
use relatch_store::{Batch, Entropy, Kv};

/// Has this person all that must be there before they may go on?
pub fn is_complete(person: &Person, policy: &Policy) -> bool {
    !person.methods.kinds().is_empty() && !must_register(person.standing(policy), policy.registration.ask_at_sign_in)
}

/// A change of methods needs a sign-in of the last five minutes (SEC-42), and a kind that is allowed.
async fn may_add<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, kind: Kind) -> Stepped<Policy> {
    if caller.session.stage == Stage::SignedIn && !caller.session.is_fresh(app.now, STEP_UP_LIFE) {
        return Err(Code::StepUpRequired.into());
    }
    let policy = app.vault.policy().await?;
    if policy.methods.allowed().kinds().has(kind) { Ok(policy) } else { Err(Code::NotAllowed.into()) }
}

/// A new seed, shown once. Nothing changes before the app has proven that it has it.
pub async fn begin_app<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller) -> Stepped<(Seed, Policy)> {
    let policy = may_add(app, caller, Kind::App).await?;
    let mut batch = Batch::default();
    let seed = app.vault.begin_app(&mut batch, caller.person().account.id, app.now)?;
    app.vault.commit(batch).await?;
    Ok((seed, policy))
}

pub async fn confirm_app<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    typed: &str,
) -> Stepped<(AppMethod, Option<OutboxTicket>)> {
    let policy = may_add(app, caller, Kind::App).await?;
    let what = caller.code_for(Purpose::Register);
    let pending = app.vault.pending_app(what.subject, app.now).await?.ok_or(Code::CodeExpired)?;
    let mut batch = Batch::default();
    let own = Some((pending.id.as_str(), pending.seed.as_str()));
    if let AppTried::Other(tried) = app.vault.try_app(&mut batch, what, own, typed, app.now).await? {
        let target = Some(what.subject.to_string());
        app.vault.put_event(&mut batch, &Event { target, ..app.event(EventKind::CodeRefused, "app") }).await?;
        app.vault.commit(batch).await?;
        return Err(match tried {
            Tried::UsedUp { retry_after, .. } => Problem::new(Code::TooManyAttempts).retry_after(retry_after),
            _ => Problem::new(Code::WrongCode),
        }
        .into());
    }
    app.vault.give_back_attempt(what, day_of(app.now)).await?;
    app.limit_person(METHOD_CHANGES_PER_ACCOUNT, caller, what.subject).await?;
    let added = app.vault.add_app(&mut batch, what.subject, pending, app.now).await?;
    let ticket = written(app, caller, batch, &policy, Kind::App).await?;
    Ok((added, ticket))
}

/// Ten new codes, shown once; the old ones are dead.
pub async fn recovery_codes<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
) -> Stepped<(Vec<Secret<String>>, Option<OutboxTicket>)> {
    let policy = may_add(app, caller, Kind::RecoveryCodes).await?;
    let id = caller.person().account.id;
    app.limit_person(METHOD_CHANGES_PER_ACCOUNT, caller, id).await?;
    let mut batch = Batch::default();
    let codes = app.vault.make_recovery_codes(&mut batch, id, app.now).await?;
    let ticket = written(app, caller, batch, &policy, Kind::RecoveryCodes).await?;
    Ok((codes, ticket))
}

/// Writes a new method down, and tells whoever could be reached before.
async fn written<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    mut batch: Batch,
    policy: &Policy,
    kind: Kind,
) -> Stepped<Option<OutboxTicket>> {
    let who = Some(caller.person().account.id.to_string());
    let made = if kind == Kind::RecoveryCodes { EventKind::RecoveryCodesMade } else { EventKind::MethodRegistered };
    let method = Some(kind.as_str().to_owned());
    let event = Event { actor: who.clone(), target: who, method, ..app.event(made, "done") };
    app.vault.put_event(&mut batch, &event).await?;
    let ticket = app.notify(&mut batch, policy, Notice::MethodAdded(kind), &[&caller.person().methods])?;
    app.vault.commit(batch).await?;
    Ok(ticket)
}

/// A new session, or nothing when this one was complete already.
pub async fn finish<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller) -> Stepped<Option<Opened>> {
    let policy = app.vault.policy().await?;
    if !is_complete(caller.person(), &policy) {
        return Err(Code::RegistrationIncomplete.into());
    }
    if caller.session.stage == Stage::SignedIn {
        return Ok(None);
    }
    let mut batch = Batch::default();
    let token = app.rotate(&mut batch, caller, caller.session.record.generation, Stage::SignedIn).await?;
    let who = Some(caller.person().account.id.to_string());
    app.vault
        .put_event(
            &mut batch,
            &Event { actor: who.clone(), target: who, ..app.event(EventKind::RegistrationFinished, "done") },
        )
        .await?;
    app.vault.commit(batch).await?;
    Ok(Some(token))
}

/// The person looked at what is registered and found it right: they are asked again when policy says.
pub async fn confirm<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller) -> Stepped<Person> {
    let id = caller.person().account.id;
    let mut batch = Batch::default();
    app.vault.confirm_methods(&mut batch, id, app.now).await?;
    let who = Some(id.to_string());
    let event = Event { actor: who.clone(), target: who, ..app.event(EventKind::MethodsConfirmed, "done") };
    app.vault.put_event(&mut batch, &event).await?;
    app.vault.commit(batch).await?;
    Ok(app.vault.person(id).await?.ok_or(Code::NotSignedIn)?)
}
