//! The order of VERIFY: read, charge, judge, write down, answer.

use relatch_core::enrolment::may_reset;
use relatch_core::limits::{BINDING_LIFE, VERIFY_FAILURES_PER_CLIENT};
use relatch_core::password::PasswordRules;
use relatch_core::session::{Stage, after_second_factor};
use relatch_core::{Code as SentCode, PhoneNumber, Secret};
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::{App, Stepped};
use relatch_store::challenges::{CodeFor, Tried};
use relatch_store::events::{Event, EventKind};
use relatch_store::records::{PhoneMethod, Purpose};
use relatch_store::tokens::{Flow, FlowStage};
use relatch_store::{Batch, Entropy, Kv};

/// Reset. Right: three commits (attempt, gate, event). Wrong: three (attempt, event, client's count).
pub async fn reset<K: Kv, E: Entropy>(app: &App<K, E>, mut flow: Flow, typed: &str) -> Stepped<(Flow, PasswordRules)> {
    if flow.stage != FlowStage::Sent {
        return Err(Code::WrongStep.into());
    }
    let person = app.vault.person(flow.subject).await?;
    let scope = app.vault.scope().await?;
    // Whoever left the group, was blocked or has a new password meanwhile has no right code (SEC-60).
    let entitled = person.filter(|person| {
        flow.real && person.password.generation == flow.generation && may_reset(person.standing(&scope)).is_ok()
    });
    let code = SentCode::parse(typed).filter(|_| entitled.is_some());
    let what = CodeFor {
        purpose: Purpose::Reset,
        subject: flow.subject,
        kept_at: flow.challenge,
        generation: flow.generation,
        binding: &flow.id,
    };
    let target = flow.real.then(|| flow.subject.to_string());
    let mut batch = Batch::default();
    let tried = app.vault.try_code(&mut batch, what, code.as_ref(), app.now).await?;
    let (Tried::Right { .. }, Some(person)) = (&tried, entitled) else {
        return Err(refuse(app, batch, tried, target).await?.into());
    };
    let event = Event { target, ..app.event(EventKind::CodeAccepted, "reset") };
    app.vault.put_event(&mut batch, &event)?;
    app.vault.commit(batch).await?;
    flow.stage = FlowStage::Proven;
    flow.proven_at = app.now;
    Ok((flow, app.rules_for(&person)))
}

pub async fn register<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, typed: &str) -> Stepped<PhoneMethod> {
    let fresh = caller.session.stage == Stage::RegistrationRequired || caller.session.is_fresh(app.now, BINDING_LIFE);
    if !fresh {
        return Err(Code::StepUpRequired.into());
    }
    let what = caller.code_for(Purpose::Register);
    let target = Some(what.subject.to_string());
    let mut batch = Batch::default();
    let tried = app.vault.try_code(&mut batch, what, SentCode::parse(typed).as_ref(), app.now).await?;
    let Tried::Right { number } = tried else {
        return Err(refuse(app, batch, tried, target).await?.into());
    };
    app.vault.give_back_attempt(what, app.now).await?;
    let number = number.as_deref().and_then(PhoneNumber::from_stored).ok_or(Code::WrongStep)?;
    let phone = app.vault.add_phone(&mut batch, what.subject, &number, app.now).await?;
    let event = Event {
        actor: target.clone(),
        target,
        method: Some("phone".to_owned()),
        ..app.event(EventKind::MethodRegistered, "done")
    };
    app.vault.put_event(&mut batch, &event)?;
    app.vault.commit(batch).await?;
    Ok(phone)
}

pub async fn sign_in<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    typed: &str,
) -> Stepped<(Secret<String>, Stage)> {
    let what = caller.code_for(Purpose::SignIn);
    let target = Some(what.subject.to_string());
    let mut batch = Batch::default();
    let tried = app.vault.try_code(&mut batch, what, SentCode::parse(typed).as_ref(), app.now).await?;
    if !matches!(tried, Tried::Right { .. }) {
        return Err(refuse(app, batch, tried, target).await?.into());
    }
    app.vault.give_back_attempt(what, app.now).await?;
    let stage = after_second_factor(caller.person().password.must_change);
    let token = app.rotate(&mut batch, caller, what.generation, stage)?;
    let event = Event {
        actor: target.clone(),
        target,
        method: Some("phone".to_owned()),
        ..app.event(EventKind::SignedIn, stage.as_str())
    };
    app.vault.put_event(&mut batch, &event)?;
    app.vault.commit(batch).await?;
    Ok((token, stage))
}

/// Writes a refusal down and charges the client for it. Real or decoy, the same work.
async fn refuse<K: Kv, E: Entropy>(
    app: &App<K, E>,
    mut batch: Batch,
    tried: Tried,
    target: Option<String>,
) -> Stepped<Problem> {
    let (result, problem) = match tried {
        Tried::Expired => ("expired", Problem::new(Code::CodeExpired)),
        Tried::UsedUp { for_today: true, retry_after } => {
            ("day_used_up", Problem::new(Code::TooManyAttempts).retry_after(retry_after))
        }
        Tried::UsedUp { for_today: false, .. } => ("code_used_up", Problem::new(Code::TooManyAttempts)),
        Tried::Wrong | Tried::Right { .. } => ("wrong", Problem::new(Code::WrongCode)),
    };
    app.vault.put_event(&mut batch, &Event { target, ..app.event(EventKind::CodeRefused, result) })?;
    app.vault.commit(batch).await?;
    app.limit(VERIFY_FAILURES_PER_CLIENT).await?;
    Ok(problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use relatch_core::Timestamp;
    use relatch_store::records::ScopeKind;
    use relatch_testkit::{PHONE, TestApp, app, enable_all, person, with_phone};

    /// A flow that waits for the code that is given with it.
    async fn waiting(app: &TestApp) -> (Flow, String) {
        let alice = with_phone(app, &person(app, "alice", Vec::new(), false).await, PHONE).await;
        enable_all(app).await;
        let id = alice.account.id;
        let flow = Flow {
            id: "f".repeat(32),
            subject: id,
            real: true,
            generation: 1,
            stage: FlowStage::Sent,
            begun: app.now,
            sends: 1,
            last_sent: app.now,
            challenge: id,
            proven_at: Timestamp(0),
        };
        let what = CodeFor { purpose: Purpose::Reset, subject: id, kept_at: id, generation: 1, binding: &flow.id };
        let new = app.vault.make_code(what, None, true, app.now).await.unwrap();
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
            let (flow, _) = reset(&app, flow, &code).await.unwrap();
            assert_eq!((flow.stage, app.vault.kv().commits() - before), (FlowStage::Proven, 3));
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
            let refused = Problem::from(reset(&app, flow, &code).await.unwrap_err());
            assert_eq!(refused.code, Code::WrongCode);
        });
    }
}
