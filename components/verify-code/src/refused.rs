//! What follows a wrong answer: counts, events, and the notice when it was one too many.

use crate::wire::Proof;
use relatch_core::limits::VERIFY_FAILURES_PER_CLIENT;
use relatch_core::methods::{Kind, Kinds};
use relatch_delivery::Notice;
use relatch_http::{Code, Problem};
use relatch_spin::app::StepError;
use relatch_spin::{App, Stepped};
use relatch_store::challenges::{CodeFor, Tried};
use relatch_store::events::{Event, EventKind};
use relatch_store::outbox::OutboxTicket;
use relatch_store::records::{Person, Policy, Via};
use relatch_store::{Batch, Entropy, Kv, StoreError};

/// A refusal, and what its owner is told of it.
#[derive(Debug)]
pub struct Refused {
    pub problem: Problem,
    pub ticket: Option<OutboxTicket>,
}

impl From<StepError> for Refused {
    fn from(error: StepError) -> Self {
        Self { problem: error.into(), ticket: None }
    }
}
impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        StepError::from(error).into()
    }
}
impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}
impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem, ticket: None }
    }
}

/// Whose answer was judged, and for what.
pub struct Judging<'a> {
    pub what: CodeFor<'a>,
    pub proof: Proof,
    /// Nobody, where nobody may go on.
    pub person: Option<&'a Person>,
    pub policy: &'a Policy,
    pub target: Option<String>,
}

/// Refuses. A wrong answer is counted against the method it was meant for, and the hundredth in a row
/// closes that. Real or decoy, the same work.
pub async fn refuse<K: Kv, E: Entropy>(app: &App<K, E>, batch: Batch, tried: Tried, judging: Judging<'_>) -> Refused {
    let is_wrong = tried == Tried::Wrong;
    let target = judging.target.clone();
    let refused = async {
        let ticket = if is_wrong { strike(app, &judging).await? } else { None };
        Ok::<_, StepError>(Refused { problem: write_down(app, batch, tried, target).await?, ticket })
    };
    refused.await.unwrap_or_else(Refused::from)
}

/// Counts a wrong answer; a notice, when it closed something.
async fn strike<K: Kv, E: Entropy>(app: &App<K, E>, judging: &Judging<'_>) -> Stepped<Option<OutboxTicket>> {
    let Judging { what, person, policy, .. } = *judging;
    let kind = aimed_at(app, what, judging.proof, person).await?;
    let methods = person.map(|person| &person.methods);
    let method = kind.zip(methods).and_then(|(kind, methods)| methods.id_of(kind)).unwrap_or_default();
    let closes = app.vault.strike(what, method).await?;
    let (Some(kind), Some(person), true) = (kind, person, closes) else { return Ok(None) };
    let mut batch = Batch::default();
    let closed = app.vault.close_method(&mut batch, what.subject, kind, method, what.purpose, app.now).await?;
    let Some(methods) = closed else { return Ok(None) };
    let event = Event {
        target: Some(person.account.id.to_string()),
        method: Some(kind.as_str().to_owned()),
        ..app.event(EventKind::MethodClosed, what.purpose.as_str())
    };
    app.vault.put_event(&mut batch, &event).await?;
    app.raise(&mut batch, "method_closed").await?;
    let ticket = app.notify(&mut batch, policy, Notice::MethodClosed(kind), &[&methods])?;
    app.vault.commit(batch).await?;
    Ok(ticket)
}

/// Which of a person's methods an answer was meant for: for a code that was sent, the one it went to.
async fn aimed_at<K: Kv, E: Entropy>(
    app: &App<K, E>,
    what: CodeFor<'_>,
    proof: Proof,
    person: Option<&Person>,
) -> Stepped<Option<Kind>> {
    Ok(match proof {
        Proof::Sent => {
            let sent = app.vault.challenged(what).await?;
            let theirs = |(via, to): &(Via, String)| person.is_some_and(|person| person.methods.has(*via, to));
            sent.filter(theirs).map(|(via, _)| via.kind())
        }
        Proof::App => Some(Kind::App),
        Proof::RecoveryCode => Some(Kind::RecoveryCodes),
        Proof::HelpdeskCode => None,
    })
}

/// Is what this answer was meant for registered, and closed? Told only to whoever has the password.
pub async fn closed<K: Kv, E: Entropy>(
    app: &App<K, E>,
    what: CodeFor<'_>,
    proof: Proof,
    person: &Person,
    open: Kinds,
) -> Stepped<bool> {
    let kind = aimed_at(app, what, proof, Some(person)).await?;
    Ok(kind.is_some_and(|kind| person.methods.kinds().has(kind) && !open.has(kind)))
}

/// Writes a refusal down and charges the client for it. Real or decoy, the same work.
pub async fn write_down<K: Kv, E: Entropy>(
    app: &App<K, E>,
    mut batch: Batch,
    tried: Tried,
    target: Option<String>,
) -> Stepped<Problem> {
    let (result, problem) = match &tried {
        Tried::Expired => ("expired", Problem::new(Code::CodeExpired)),
        Tried::UsedUp { for_today: true, retry_after } => {
            ("day_used_up", Problem::new(Code::TooManyAttempts).retry_after(*retry_after))
        }
        Tried::UsedUp { for_today: false, .. } => ("code_used_up", Problem::new(Code::TooManyAttempts)),
        Tried::Wrong | Tried::Right { .. } => ("wrong", Problem::new(Code::WrongCode)),
    };
    if tried == Tried::Wrong && app.vault.count_failure(&mut batch, app.now).await? {
        app.raise(&mut batch, "many_wrong_codes").await?;
    }
    app.vault.put_event(&mut batch, &Event { target, ..app.event(EventKind::CodeRefused, result) }).await?;
    let charged = app.limit_failures(&mut batch, VERIFY_FAILURES_PER_CLIENT).await;
    app.vault.commit(batch).await?;
    charged.map(|()| problem)
}
