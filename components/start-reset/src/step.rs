//! The order of START: limit, look up, decide in silence, write down, answer.

use crate::bot::{self, Admission, TokenJudge};
use relatch_core::enrolment::may_reset;
use relatch_core::name::is_typeable;
use relatch_core::{Coded, Timestamp, UserName};
use relatch_http::{Code, Problem};
use relatch_spin::{App, Stepped};
use relatch_store::events::{Event, EventKind, FlowPlace};
use relatch_store::records::Policy;
use relatch_store::tokens::{Flow, FlowStage, Reason};
use relatch_store::{Batch, Entropy, Kv};

/// The generation of a decoy's password: it never changes.
const DECOY_GENERATION: u64 = 1;

/// Three commits: the admission (two with a provider's token), the places in the log, the event. Six reads for every name.
pub async fn start<K: Kv, E: Entropy>(
    app: &App<K, E>,
    typed: &str,
    reason: Reason,
    admission: Admission<'_, impl TokenJudge>,
) -> Stepped<(Flow, Policy)> {
    if !is_typeable(typed) {
        return Err(Problem::new(Code::InvalidField).field("name").into());
    }
    bot::admit(app, admission).await?;
    let name = UserName::parse(typed, &app.settings.domain);
    let lookup = name.as_ref().map_or(typed, UserName::as_str);
    let person = app.vault.find_person(lookup).await?;
    let policy = app.vault.policy().await?;
    let judged = person.as_ref().map(|person| may_reset(person.standing(&policy)));
    let decoy = app.vault.keys.decoy(&[lookup.as_bytes()]);
    let (subject, generation, real) = match (&person, judged) {
        (Some(person), Some(Ok(()))) => (person.account.id, person.password.generation, true),
        _ => (decoy, DECOY_GENERATION, false),
    };
    let result = match judged {
        None => "unknown_account".to_owned(),
        Some(Ok(())) => "started".to_owned(),
        Some(Err(refusal)) => refusal.code().to_owned(),
    };
    let named = person.as_ref().map_or(decoy, |person| person.account.id);
    let target = person.map(|person| person.account.id.to_string());
    let log = app.vault.reserve_flow_log().await?;
    let mut batch = Batch::default();
    let event = Event { target, ..app.event(EventKind::ResetStarted, &result) };
    app.vault.put_flow_event(&mut batch, log, FlowPlace::Started, &event).await?;
    app.vault.commit(batch).await?;
    let flow = Flow {
        id: app.vault.random_id()?,
        subject,
        named,
        real,
        generation,
        stage: FlowStage::Started,
        begun: app.now,
        sends: 0,
        last_sent: Timestamp(0),
        challenge: decoy,
        proven_at: Timestamp(0),
        reason,
        proofs: 0,
        proven_by: Vec::new(),
        log,
    };
    Ok((flow, policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::BotCheck;
    use relatch_core::siteverify::{Provider, Verdict};
    use relatch_testkit::{PHONE, app, enable_all, person, with_phone};

    struct Nobody;

    impl TokenJudge for Nobody {
        async fn judge(&self, _: Provider, _: &str) -> Verdict {
            Verdict::Unsure
        }
    }

    const OFF: Admission<'_, Nobody> = Admission { check: BotCheck::Off, sent: None, judge: &Nobody };

    #[test]
    fn only_who_may_reset_gets_a_real_flow_and_all_cost_the_same() {
        pollster::block_on(async {
            let app = app();
            let ready = person(&app, "alice", Vec::new(), false).await;
            with_phone(&app, &ready, PHONE).await;
            person(&app, "ralph", Vec::new(), false).await;
            enable_all(&app).await;
            let mut costs = Vec::new();
            for (name, real) in [("alice", true), ("ralph", false), ("nobody", false), ("n\u{f6}body", false)] {
                let before = app.vault.kv().commits();
                let flow = start(&app, name, Reason::Forgot, OFF).await.unwrap().0;
                costs.push(app.vault.kv().commits() - before);
                assert_eq!(flow.real, real, "{name}");
                assert_eq!(flow.subject == ready.account.id, real, "{name}");
            }
            assert_eq!(costs, [3, 3, 3, 3]);
        });
    }

    #[test]
    fn the_eleventh_start_in_ten_minutes_is_refused() {
        pollster::block_on(async {
            let app = app();
            for _ in 0..10 {
                start(&app, "nobody", Reason::Forgot, OFF).await.unwrap();
            }
            assert!(start(&app, "nobody", Reason::Forgot, OFF).await.is_err());
        });
    }
}
