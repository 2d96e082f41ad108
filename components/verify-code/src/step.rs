//! The order of VERIFY: read, charge, judge, write down, answer.

use crate::refused::{Judging, Refused, closed, refuse, write_down};
use crate::wire::{Next, Proof};
use relatch_core::enrolment::{is_enough, may_go_on, must_register};
use relatch_core::limits::BINDING_LIFE;
use relatch_core::methods::{Kind, Kinds};
use relatch_core::session::{Stage, after_second_factor};
use relatch_core::{Code as SentCode, Secret, Timestamp};
use relatch_delivery::Notice;
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::views::{MethodView, ways};
use relatch_spin::{App, Stepped};
use relatch_store::challenges::{CodeFor, Tried, day_of};
use relatch_store::events::{Event, EventKind, FlowPlace};
use relatch_store::methods::{AppTried, Registered};
use relatch_store::outbox::OutboxTicket;
use relatch_store::records::{Person, Policy, Purpose};
use relatch_store::sessions::Opened;
use relatch_store::tokens::{Flow, FlowStage, Reason};
use relatch_store::{Batch, Entropy, Kv};

/// A right proof in a reset.
pub struct Proven {
    pub flow: Flow,
    pub next: Next,
    pub ticket: Option<OutboxTicket>,
}

/// A right second factor.
pub struct SignedIn {
    pub token: Opened,
    pub stage: Stage,
    pub policy: Policy,
    pub ticket: Option<OutboxTicket>,
    pub new_recovery_code: Option<Secret<String>>,
}

/// What a right answer proves, or why it is none.
enum Judged {
    /// The kind, and the day the attempt was charged to.
    Right(Kind, u64),
    No(Tried),
}

/// Reset. Right, with a code that was sent: three commits (attempt, gate, event). Wrong: six (attempt,
/// wrong ones in a row, those of everybody in an hour, number, event, client's count).
pub async fn reset<K: Kv, E: Entropy>(
    app: &App<K, E>,
    mut flow: Flow,
    proof: Proof,
    typed: &str,
) -> Result<Proven, Refused> {
    let fits = match proof {
        Proof::Sent => flow.stage == FlowStage::Sent,
        // Six digits are too few for a stranger: an app only follows another proof.
        Proof::App => flow.stage != FlowStage::Proven && !flow.proven().is_empty(),
        Proof::RecoveryCode | Proof::HelpdeskCode => flow.stage != FlowStage::Proven,
    };
    if !fits {
        return Err(Code::WrongStep.into());
    }
    if proof == Proof::HelpdeskCode {
        return helpdesk(app, flow, typed).await;
    }
    let person = app.vault.person(flow.subject).await?;
    let policy = app.vault.policy().await?;
    // Whoever left the group, was blocked or has a new password meanwhile has no right code (SEC-60).
    let entitled = person.filter(|person| flow.real && person.password.generation == flow.generation);
    let entitled = entitled.and_then(|person| {
        let (standing, proven) = flow.standing(&person, &policy);
        may_go_on(standing, proven).then(|| (person, standing, standing.kinds_left(proven)))
    });
    let what = CodeFor {
        purpose: Purpose::Reset,
        subject: flow.subject,
        kept_at: if proof == Proof::Sent { flow.challenge } else { flow.subject },
        generation: flow.generation,
        binding: &flow.id,
    };
    let target = flow.real.then(|| flow.subject.to_string());
    let mut batch = Batch::default();
    let who = entitled.as_ref().map(|(person, ..)| person);
    let (kinds, left) = entitled.as_ref().map_or_else(Default::default, |(_, standing, left)| (standing.kinds, *left));
    let judged = judge(app, &mut batch, what, proof, who, kinds, typed).await?;
    let judging = Judging { what, proof, person: who, policy: &policy, target: target.clone() };
    let kind = match judged {
        Judged::Right(kind, _) if left.has(kind) => kind,
        Judged::Right(..) => return Err(refuse(app, batch, Tried::Wrong, judging).await),
        Judged::No(tried) => return Err(refuse(app, batch, tried, judging).await),
    };
    // (Nobody has no kind that is usable.)
    let (person, ..) = entitled.ok_or(Code::WrongCode)?;
    let ticket = tell_of_recovery_code(app, &mut batch, &policy, &person, kind).await?;
    let event = Event { target, method: Some(kind.as_str().to_owned()), ..app.event(EventKind::CodeAccepted, "reset") };
    app.vault.put_flow_event(&mut batch, flow.log, FlowPlace::Proven(kind), &event).await?;
    app.vault.commit(batch).await?;
    flow.proves(kind, &person);
    let next = next(app, &mut flow, &person, &policy);
    Ok(Proven { flow, next, ticket })
}

/// A code an administrator started this reset with: it is about whoever was named at START, also if they
/// could not reset by themselves. A name nobody has is judged with the same work.
async fn helpdesk<K: Kv, E: Entropy>(app: &App<K, E>, mut flow: Flow, typed: &str) -> Result<Proven, Refused> {
    let person = app.vault.person(flow.named).await?;
    let policy = app.vault.policy().await?;
    let generation = person.as_ref().map_or(0, |person| person.password.generation);
    let right = app.vault.try_helpdesk_code(flow.named, generation, typed, app.now).await?;
    // What was proven before a change of password proves nothing now.
    if flow.generation != generation {
        (flow.proofs, flow.proven_by) = (0, Vec::new());
    }
    let target = person.as_ref().map(|person| person.account.id.to_string());
    let open = |person: &Person| {
        let (standing, proven) = flow.standing(person, &policy);
        may_go_on(standing, proven.with(Kind::HelpdeskCode))
    };
    let mut batch = Batch::default();
    let Some(person) = person.filter(|person| right && open(person)) else {
        return Err(write_down(app, batch, Tried::Wrong, target).await?.into());
    };
    let method = Some(Kind::HelpdeskCode.as_str().to_owned());
    let event = Event { target, method, ..app.event(EventKind::CodeAccepted, "reset") };
    app.vault.put_flow_event(&mut batch, flow.log, FlowPlace::Proven(Kind::HelpdeskCode), &event).await?;
    app.vault.commit(batch).await?;
    flow.subject = person.account.id;
    flow.challenge = person.account.id;
    flow.generation = generation;
    flow.real = true;
    flow.proves(Kind::HelpdeskCode, &person);
    let next = next(app, &mut flow, &person, &policy);
    Ok(Proven { flow, next, ticket: None })
}

/// Enough proofs make a grant; otherwise one more, of another kind. From here on the person may see what
/// they have registered: they have proven part of who they are.
fn next<K: Kv, E: Entropy>(app: &App<K, E>, flow: &mut Flow, person: &Person, policy: &Policy) -> Next {
    let (standing, proven) = flow.standing(person, policy);
    if !is_enough(standing, proven) {
        flow.stage = FlowStage::Started;
        flow.last_sent = Timestamp(0);
        let step = proven.count().saturating_add(1);
        return Next::Verify { step, methods: ways(policy, standing.kinds_left(proven)) };
    }
    flow.stage = FlowStage::Proven;
    flow.proven_at = app.now;
    let password_rules = app.rules_view(person, policy);
    match flow.reason {
        Reason::Forgot => Next::SetPassword { password_rules },
        Reason::Locked => Next::Unlock { password_rules },
    }
}

/// Charges the attempt and compares. Nobody's answer is judged with the same work as anybody's.
async fn judge<K: Kv, E: Entropy>(
    app: &App<K, E>,
    batch: &mut Batch,
    what: CodeFor<'_>,
    proof: Proof,
    person: Option<&Person>,
    kinds: Kinds,
    typed: &str,
) -> Stepped<Judged> {
    let (kind, tried) = match proof {
        Proof::Sent => {
            let code = SentCode::parse(typed).filter(|_| person.is_some());
            return Ok(match app.vault.try_code(batch, what, code.as_ref(), app.now).await? {
                // A destination that was removed meanwhile proves nothing any more (SEC-46).
                Tried::Right { via, to, day } if person.is_some_and(|person| person.methods.has(via, &to)) => {
                    Judged::Right(via.kind(), day)
                }
                Tried::Right { .. } => Judged::No(Tried::Wrong),
                tried => Judged::No(tried),
            });
        }
        Proof::App => {
            let own = person.filter(|_| kinds.has(Kind::App)).and_then(|person| person.methods.apps.first());
            let own = own.map(|own| (own.id.as_str(), own.seed.as_str()));
            (Kind::App, app.vault.try_app(batch, what, own, typed, app.now).await?)
        }
        Proof::RecoveryCode => {
            let set = person.filter(|_| kinds.has(Kind::RecoveryCodes));
            let set = set.and_then(|person| person.methods.recovery.as_ref());
            (Kind::RecoveryCodes, app.vault.try_recovery_code(batch, what, set, typed, app.now).await?)
        }
        // Only ever a way back in; at sign-in it is as wrong as anything.
        Proof::HelpdeskCode => (Kind::HelpdeskCode, AppTried::Other(Tried::Wrong)),
    };
    Ok(match tried {
        AppTried::Right => Judged::Right(kind, day_of(app.now)),
        AppTried::Other(tried) => Judged::No(tried),
    })
}

/// A recovery code was used: its owner hears of it, and it stands in the log.
async fn tell_of_recovery_code<K: Kv, E: Entropy>(
    app: &App<K, E>,
    batch: &mut Batch,
    policy: &Policy,
    person: &Person,
    kind: Kind,
) -> Stepped<Option<OutboxTicket>> {
    if kind != Kind::RecoveryCodes {
        return Ok(None);
    }
    let who = Some(person.account.id.to_string());
    let event = Event { actor: who.clone(), target: who, ..app.event(EventKind::RecoveryCodeUsed, "done") };
    app.vault.put_event(batch, &event).await?;
    app.notify(batch, policy, Notice::RecoveryCodeUsed, &[&person.methods])
}

pub async fn register<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    typed: &str,
) -> Result<(MethodView, Option<OutboxTicket>), Refused> {
    let fresh = caller.session.stage == Stage::RegistrationRequired || caller.session.is_fresh(app.now, BINDING_LIFE);
    if !fresh {
        return Err(Code::StepUpRequired.into());
    }
    let what = caller.code_for(Purpose::Register);
    let target = Some(what.subject.to_string());
    let mut batch = Batch::default();
    let tried = app.vault.try_code(&mut batch, what, SentCode::parse(typed).as_ref(), app.now).await?;
    let Tried::Right { via, to, day } = tried else {
        return Err(write_down(app, batch, tried, target).await?.into());
    };
    app.vault.give_back_attempt(what, day).await?;
    let policy = app.vault.policy().await?;
    let before = &caller.person().methods;
    let mut after = before.clone();
    let view = match app.vault.add_destination(&mut batch, what.subject, via, &to, app.now).await? {
        Registered::Phone(phone) => {
            if let Some((country, _)) = phone.number.split_once(' ') {
                app.vault.count_answer_from(country, app.now).await?;
            }
            let view = (&phone).into();
            after.phones = vec![phone];
            view
        }
        Registered::Email(email) => {
            let view = (&email).into();
            after.emails = vec![email];
            view
        }
        Registered::Shared => return Err(Problem::new(Code::NumberNotUsable).into()),
    };
    let event = Event {
        actor: target.clone(),
        target,
        method: Some(via.kind().as_str().to_owned()),
        ..app.event(EventKind::MethodRegistered, "done")
    };
    app.vault.put_event(&mut batch, &event).await?;
    // The very first method has nobody to warn: whoever proved it a moment ago holds it.
    let ticket = if before.kinds().is_empty() {
        None
    } else {
        app.notify(&mut batch, &policy, Notice::MethodAdded(via.kind()), &[before, &after])?
    };
    app.vault.commit(batch).await?;
    Ok((view, ticket))
}

pub async fn sign_in<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    proof: Proof,
    typed: &str,
) -> Result<SignedIn, Refused> {
    let what = caller.code_for(Purpose::SignIn);
    let person = caller.person();
    let policy = app.vault.policy().await?;
    let target = Some(what.subject.to_string());
    let mut batch = Batch::default();
    // What was registered stays good at sign-in even where policy no longer lets it be used for a reset:
    // otherwise a change of policy would lock people out.
    let kinds = person.methods.open_kinds(Purpose::SignIn);
    if closed(app, what, proof, person, kinds).await? {
        return Err(Code::MethodClosed.into());
    }
    let (kind, day) = match judge(app, &mut batch, what, proof, Some(person), kinds, typed).await? {
        // Mail is no second factor: none is ever sent for a sign-in, and none would count.
        Judged::Right(kind, day) if kind != Kind::Email => (kind, day),
        Judged::Right(..) => return Err(write_down(app, batch, Tried::Wrong, target).await?.into()),
        Judged::No(tried) => {
            let judging = Judging { what, proof, person: Some(person), policy: &policy, target };
            return Err(refuse(app, batch, tried, judging).await);
        }
    };
    app.vault.give_back_attempt(what, day).await?;
    app.vault.forgive_strikes(what, person.methods.id_of(kind).unwrap_or_default()).await?;
    let stage = after_second_factor(
        person.password.must_change,
        must_register(person.standing(&policy), policy.registration.ask_at_sign_in),
    );
    let ticket = tell_of_recovery_code(app, &mut batch, &policy, person, kind).await?;
    let token = app.rotate(&mut batch, caller, what.generation, stage).await?;
    let event = Event {
        actor: target.clone(),
        target,
        method: Some(kind.as_str().to_owned()),
        ..app.event(EventKind::SignedIn, stage.as_str())
    };
    app.vault.put_event(&mut batch, &event).await?;
    app.vault.commit(batch).await?;
    let new_recovery_code = app.replacement_code(what.subject, Kinds::NONE.with(kind)).await;
    Ok(SignedIn { token, stage, policy, ticket, new_recovery_code })
}

#[cfg(test)]
mod tests {
    use super::*;
    use relatch_store::records::{ScopeKind, Via};
    use relatch_testkit::{PHONE, TestApp, app, enable_all, person, with_phone};

    /// A flow that waits for the code that is given with it.
    async fn waiting(app: &TestApp) -> (Flow, String) {
        let alice = with_phone(app, &person(app, "alice", Vec::new(), false).await, PHONE).await;
        enable_all(app).await;
        let id = alice.account.id;
        let flow = Flow {
            id: "f".repeat(32),
            subject: id,
            named: id,
            real: true,
            generation: 1,
            stage: FlowStage::Sent,
            begun: app.now,
            sends: 1,
            last_sent: app.now,
            challenge: id,
            proven_at: Timestamp(0),
            reason: Reason::Forgot,
            proofs: 0,
            proven_by: Vec::new(),
            log: 1,
        };
        let what = CodeFor { purpose: Purpose::Reset, subject: id, kept_at: id, generation: 1, binding: &flow.id };
        let new = app.vault.make_code(what, Via::Phone, PHONE, true, app.now).await.unwrap();
        let mut batch = Batch::default();
        app.vault.put_challenge(&mut batch, what, &new).unwrap();
        app.vault.commit(batch).await.unwrap();
        (flow, new.code.expose().to_owned())
    }

    #[test]
    fn a_right_code_gives_a_grant_in_three_commits() {
        pollster::block_on(async {
            let app = app();
            let (flow, code) = waiting(&app).await;
            let before = app.vault.kv().commits();
            let proven = reset(&app, flow, Proof::Sent, &code).await.unwrap();
            assert_eq!((proven.flow.stage, app.vault.kv().commits() - before), (FlowStage::Proven, 3));
        });
    }

    #[test]
    fn a_wrong_code_counts_against_the_phone_it_went_to() {
        pollster::block_on(async {
            let app = app();
            let (flow, _) = waiting(&app).await;
            let phone = app.vault.person(flow.subject).await.unwrap().unwrap().methods.phones[0].id.clone();
            let what = CodeFor {
                purpose: Purpose::Reset,
                subject: flow.subject,
                kept_at: flow.subject,
                generation: 1,
                binding: "f",
            };
            for _ in 0..98 {
                assert!(!app.vault.strike(what, &phone).await.unwrap());
            }
            let ticket = reset(&app, flow.clone(), Proof::Sent, "00000000").await.err().unwrap().ticket;
            assert!(ticket.is_none());
            let ticket = reset(&app, flow, Proof::Sent, "00000000").await.err().unwrap().ticket;
            assert!(ticket.is_some());
        });
    }

    #[test]
    fn who_is_no_longer_entitled_has_no_right_code() {
        pollster::block_on(async {
            let app = app();
            let (flow, code) = waiting(&app).await;
            let mut batch = Batch::default();
            let version = app.vault.policy().await.unwrap().version;
            app.vault.save_policy(&mut batch, version, ScopeKind::None, Vec::new(), app.now).await.unwrap();
            app.vault.commit(batch).await.unwrap();
            let refused = reset(&app, flow, Proof::Sent, &code).await.map(|_| ()).unwrap_err();
            assert_eq!(refused.problem.code, Code::WrongCode);
        });
    }
}
