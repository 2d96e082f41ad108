//! The order of a delivery: read, call (twice at most), cross off, write down what failed.

use crate::provider::{Call, Providers};
use relatch_core::Timestamp;
use relatch_store::events::{Event, EventKind};
use relatch_store::outbox::{Channel, OutboxTicket};
use relatch_store::{Batch, Entropy, Kv, StoreError, Vault};

/// What came back from a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Status(u16),
    Unreachable,
}

impl Answer {
    /// Accepted is all a provider ever says; delivered it is not yet.
    fn is_accepted(self) -> bool {
        matches!(self, Self::Status(200..=299))
    }

    /// Worth one more try: overload, a fault over there, no connection. Never a redirect or a no.
    fn may_pass(self) -> bool {
        matches!(self, Self::Status(429 | 500..=599) | Self::Unreachable)
    }
}

/// The way to a provider.
#[allow(async_fn_in_trait, reason = "guests are single-threaded")]
pub trait Wire {
    async fn post(&self, call: &Call) -> Answer;
}

/// Delivers what waits under a ticket, or finds that nothing does. The line is for the log. One commit
/// when it went well: the entry is crossed off.
pub async fn deliver<K: Kv, E: Entropy>(
    vault: &Vault<K, E>,
    providers: &Providers,
    wire: &impl Wire,
    ticket: &OutboxTicket,
    now: Timestamp,
    request_id: &str,
) -> Result<Option<String>, StoreError> {
    let waiting = vault.outgoing(ticket, now).await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    let mut lines = Vec::new();
    let mut batch = Batch::default();
    for outgoing in &waiting {
        let Some(call) = providers.call(outgoing) else { continue };
        let mut answer = wire.post(&call).await;
        if answer.may_pass() {
            answer = wire.post(&call).await;
        }
        if !answer.is_accepted() {
            vault.put_event(&mut batch, &failed(outgoing.channel, answer, now, request_id)).await?;
        }
        lines.push(format!("{:?} {answer:?}", outgoing.channel).to_lowercase());
    }
    vault.commit(batch).await?;
    vault.finish_outgoing(ticket).await?;
    Ok((!lines.is_empty()).then(|| lines.join(", ")))
}

fn failed(channel: Channel, answer: Answer, now: Timestamp, request_id: &str) -> Event {
    Event {
        method: Some(format!("{channel:?}").to_lowercase()),
        request: request_id.to_owned(),
        ..Event::new(EventKind::DeliveryFailed, &format!("{answer:?}").to_lowercase(), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::tests::{outgoing, providers};
    use relatch_testkit::app;
    use std::cell::RefCell;

    struct Scripted(RefCell<Vec<Answer>>);

    impl Wire for Scripted {
        async fn post(&self, _: &Call) -> Answer {
            self.0.borrow_mut().remove(0)
        }
    }

    /// Delivers a text with these answers to come; says how many are left, and commits made.
    fn run(channel: Channel, answers: &[Answer], now: u64) -> (usize, u64, bool) {
        pollster::block_on(async {
            let app = app();
            let mut batch = Batch::default();
            let ticket = app.vault.put_outgoing(&mut batch, &[outgoing(channel)], Timestamp(1_300)).unwrap();
            app.vault.commit(batch).await.unwrap();
            let wire = Scripted(RefCell::new(answers.to_vec()));
            let before = app.vault.kv().commits();
            deliver(&app.vault, &providers(), &wire, &ticket, Timestamp(now), "r").await.unwrap();
            let waits = !app.vault.outgoing(&ticket, Timestamp(1_000)).await.unwrap().is_empty();
            (wire.0.borrow().len(), app.vault.kv().commits() - before, waits)
        })
    }

    #[test]
    fn an_accepted_message_is_crossed_off() {
        assert_eq!(run(Channel::Text, &[Answer::Status(201)], 1_000), (0, 1, false));
    }

    #[test]
    fn a_passing_fault_gets_one_more_try() {
        assert_eq!(run(Channel::Text, &[Answer::Status(500), Answer::Status(201)], 1_000), (0, 1, false));
        assert_eq!(
            run(Channel::Text, &[Answer::Unreachable, Answer::Status(503), Answer::Status(201)], 1_000),
            (1, 3, false)
        );
    }

    #[test]
    fn a_no_and_a_redirect_are_final() {
        assert_eq!(run(Channel::Text, &[Answer::Status(400), Answer::Status(201)], 1_000), (1, 3, false));
        assert_eq!(run(Channel::Text, &[Answer::Status(302), Answer::Status(201)], 1_000), (1, 3, false));
    }

    #[test]
    fn nobody_s_message_and_a_dead_one_go_nowhere() {
        assert_eq!(run(Channel::Nobody, &[Answer::Status(201)], 1_000), (1, 1, false));
        assert_eq!(run(Channel::Text, &[Answer::Status(201)], 1_300), (1, 0, true));
    }
}
