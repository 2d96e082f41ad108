//! The order of UNLOCK: is the grant good, win its one use, free the account, say so.

use relatch_delivery::Notice;
use relatch_http::Code;
use relatch_spin::{App, Stepped};
use relatch_store::events::{Event, EventKind, FlowPlace};
use relatch_store::outbox::OutboxTicket;
use relatch_store::tokens::{Flow, FlowStage, Reason};
use relatch_store::{Batch, Entropy, Kv};

/// Two commits, no hash. Sessions, password and methods stay as they are; sign-in asks for everything
/// it asked for before.
pub async fn unlock<K: Kv, E: Entropy>(app: &App<K, E>, flow: &Flow) -> Stepped<Option<OutboxTicket>> {
    if flow.stage != FlowStage::Proven || !flow.real || flow.reason != Reason::Locked {
        return Err(Code::WrongStep.into());
    }
    let person = app.vault.person(flow.subject).await?;
    let policy = app.vault.policy().await?;
    let person = person.filter(|person| flow.holds_grant(person, &policy)).ok_or(Code::GrantSpent)?;
    if !app.vault.claim_grant(&flow.id, flow.begun).await? {
        return Err(Code::GrantSpent.into());
    }
    let mut batch = Batch::default();
    app.vault.unlock(&mut batch, flow.subject, flow.generation).await?;
    let id = Some(flow.subject.to_string());
    let method = Some(flow.methods());
    let event = Event { actor: id.clone(), target: id, method, ..app.event(EventKind::AccountUnlocked, "done") };
    app.vault.put_flow_event(&mut batch, flow.log, FlowPlace::Unlocked, &event).await?;
    let ticket = app.notify(&mut batch, &policy, Notice::Unlocked, &[&person.methods])?;
    app.vault.commit(batch).await?;
    Ok(ticket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use relatch_core::Timestamp;
    use relatch_core::methods::{Kind, Kinds};
    use relatch_testkit::{PHONE, TestApp, app, enable_all, person, with_phone};

    async fn granted(app: &TestApp, reason: Reason) -> Flow {
        let alice = with_phone(app, &person(app, "alice", Vec::new(), false).await, PHONE).await;
        enable_all(app).await;
        Flow {
            id: "f".repeat(32),
            subject: alice.account.id,
            named: alice.account.id,
            real: true,
            generation: 1,
            stage: FlowStage::Proven,
            begun: app.now,
            sends: 1,
            last_sent: Timestamp(0),
            challenge: alice.account.id,
            proven_at: app.now,
            reason,
            proofs: Kinds::NONE.with(Kind::Phone).bits(),
            proven_by: alice.methods.phones.iter().map(|phone| phone.id.clone()).collect(),
            log: 1,
        }
    }

    #[test]
    fn a_grant_unlocks_once_in_two_commits_and_keeps_the_password() {
        pollster::block_on(async {
            let app = app();
            let flow = granted(&app, Reason::Locked).await;
            let before = app.vault.kv().commits();
            assert!(unlock(&app, &flow).await.unwrap().is_some());
            assert_eq!(app.vault.kv().commits() - before, 2);
            assert!(unlock(&app, &flow).await.is_err());
            assert_eq!(app.vault.person(flow.subject).await.unwrap().unwrap().password.generation, 1);
        });
    }

    #[test]
    fn a_grant_for_a_forgotten_password_or_too_few_proofs_unlocks_nothing() {
        pollster::block_on(async {
            let app = app();
            let flow = granted(&app, Reason::Forgot).await;
            assert!(unlock(&app, &flow).await.is_err());
            let flow = Flow { reason: Reason::Locked, proofs: 0, ..flow };
            assert!(unlock(&app, &flow).await.is_err());
        });
    }
}
