//! The order of SEND: limits, decide in silence, win the message, write it all down, answer.

use crate::toll::Toll;
use relatch_core::enrolment::may_go_on;
use relatch_core::limits::{SEND_PER_CLIENT, SENDS_PER_FLOW, STEP_UP_LIFE};
use relatch_core::sending::{Sending, cooldown};
use relatch_core::session::Stage;
use relatch_core::{Destination, EmailAddress, PhoneNumber};
use relatch_delivery::Message;
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::views::sign_in_deliveries;
use relatch_spin::{App, Stepped};
use relatch_store::challenges::{CodeFor, code_life};
use relatch_store::events::{Event, EventKind, FlowPlace};
use relatch_store::outbox::{Channel, OutboxTicket, Outgoing};
use relatch_store::records::{Person, Policy, Purpose, Via};
use relatch_store::sends::SendSlot;
use relatch_store::tokens::{Flow, FlowStage};
use relatch_store::{Batch, Entropy, Kv};

/// A code on its way to somebody who is signed in far enough to be told so.
pub struct Sent {
    pub ticket: OutboxTicket,
    pub sends: u64,
}

/// One code about to be sent.
struct Parcel<'a> {
    what: CodeFor<'a>,
    slots: &'a [SendSlot],
    to: &'a Destination,
    channel: Channel,
    event: Event,
    /// The place a reset reserved for this in the log.
    log: Option<(u64, FlowPlace)>,
}

/// Reset: three commits (client's count, gate, batch), the same for a right number, a wrong one and an account that does not exist.
pub async fn reset<K: Kv, E: Entropy>(
    app: &App<K, E>,
    mut flow: Flow,
    typed: &Destination,
    channel: Channel,
) -> Stepped<(Flow, Option<OutboxTicket>)> {
    if flow.stage == FlowStage::Proven {
        return Err(Code::WrongStep.into());
    }
    visible_limits(app, &flow)?;
    app.limit(SEND_PER_CLIENT).await?;
    let person = app.vault.person(flow.subject).await?;
    let policy = app.vault.policy().await?;
    if !is_allowed(&policy, channel) {
        return Err(Problem::new(Code::InvalidField).field("delivery").into());
    }
    let stored = person.filter(|_| flow.real).and_then(|person| theirs(&person, &flow, &policy, typed));
    if stored.is_none() {
        // What was stored is read like what was typed, and that takes as long for nobody (SEC-2).
        std::hint::black_box(as_stored(typed, &typed.to_stored()));
    }
    let registered = stored.is_some();
    let subject = *flow.subject.as_bytes();
    let folded = typed.folded();
    let elsewhere: [&[u8]; 2] = [&subject, folded.as_bytes()];
    let theirs = app.vault.send_slot(app.vault.destination(&folded), app.now).await?;
    let nobodys = app.vault.send_slot(app.vault.decoy_destination(&elsewhere), app.now).await?;
    // A destination that has had enough gets nothing more, and nobody is told (SEC-3, SEC-67).
    let deliver = registered && theirs.sending == Sending::Allowed;
    let slot = if deliver { theirs } else { nobodys };
    let decoy = app.vault.keys.decoy(&elsewhere);
    // A code sent a moment ago in this very flow stays good, even if this request sends nothing.
    flow.challenge = if registered { flow.subject } else { decoy };
    flow.sends = flow.sends.saturating_add(1);
    flow.last_sent = app.now;
    flow.stage = FlowStage::Sent;
    if !app.vault.claim_send(&slot, app.now).await? {
        return Ok((flow, None));
    }
    let what = CodeFor {
        purpose: Purpose::Reset,
        subject: flow.subject,
        kept_at: if deliver { flow.subject } else { decoy },
        generation: flow.generation,
        binding: &flow.id,
    };
    let event = Event {
        target: flow.real.then(|| flow.subject.to_string()),
        ..app.event(EventKind::CodeRequested, if deliver { "sent" } else { "not_sent" })
    };
    let channel = if deliver { channel } else { Channel::Nobody };
    let place = if deliver { FlowPlace::Sent(typed.into()) } else { FlowPlace::NotSent };
    let log = Some((flow.log, place));
    let parcel = Parcel { what, slots: &[slot], to: stored.as_ref().unwrap_or(typed), channel, event, log };
    let ticket = send(app, &policy, parcel).await?;
    Ok((flow, Some(ticket)))
}

/// What anybody may know about their own flow: three codes, and a wait that grows.
fn visible_limits<K: Kv, E: Entropy>(app: &App<K, E>, flow: &Flow) -> Stepped<()> {
    if flow.sends >= SENDS_PER_FLOW {
        return Err(Problem::new(Code::TooManyCodes)
            .retry_after(app.now.until(flow.begun.plus(relatch_core::limits::FLOW_LIFE)))
            .into());
    }
    let sends = usize::try_from(flow.sends).unwrap_or(usize::MAX);
    // (A second step begins with a clean slate: the first one's destination is another.)
    let wait = if flow.last_sent.0 == 0 { 0 } else { app.now.until(flow.last_sent.plus(cooldown(sends))) };
    if wait > 0 { Err(Problem::new(Code::TooSoon).retry_after(wait).into()) } else { Ok(()) }
}

/// The stored destination that was typed, if it is registered, of a kind that is allowed and not proven
/// yet, and good for a reset of this account. The message goes there, not to what was typed (SEC-27).
fn theirs(person: &Person, flow: &Flow, policy: &Policy, typed: &Destination) -> Option<Destination> {
    let (standing, proven) = flow.standing(person, policy);
    let kind = typed.kind();
    let usable = standing.kinds_left(proven).has(kind) && is_reachable(policy, typed);
    let stored = as_stored(typed, person.methods.stored(typed.into(), &typed.to_stored())?)?;
    let fits = usable && person.password.generation == flow.generation && may_go_on(standing, proven);
    fits.then_some(stored)
}

/// The destination that is stored as `text`, of the kind of `typed`.
fn as_stored(typed: &Destination, text: &str) -> Option<Destination> {
    Some(match typed {
        Destination::Phone(_) => Destination::Phone(PhoneNumber::from_stored(text)?),
        Destination::Email(_) => Destination::Email(EmailAddress::parse(text)?),
    })
}

/// Wins the next message of each of these, or says why there is none now.
async fn win<K: Kv, E: Entropy>(app: &App<K, E>, slots: &[SendSlot]) -> Stepped<()> {
    for slot in slots {
        match slot.sending {
            Sending::Allowed => {}
            Sending::TooSoon(wait) => return Err(Problem::new(Code::TooSoon).retry_after(wait).into()),
            Sending::UsedUp(wait) => return Err(Problem::new(Code::TooManyCodes).retry_after(wait).into()),
        }
    }
    for (at, slot) in slots.iter().enumerate() {
        if !app.vault.claim_send(slot, app.now).await? {
            give_back(app, slots.iter().take(at)).await?;
            return Err(Problem::new(Code::TooSoon).retry_after(cooldown(1)).into());
        }
    }
    Ok(())
}

/// Turns that led to no message.
async fn give_back<'a, K: Kv, E: Entropy>(app: &App<K, E>, slots: impl Iterator<Item = &'a SendSlot>) -> Stepped<()> {
    for slot in slots {
        app.vault.give_back_send(slot, app.now).await?;
    }
    Ok(())
}

/// Whether the organisation sends to where this is (SEC-62).
fn is_reachable(policy: &Policy, to: &Destination) -> bool {
    match to {
        Destination::Phone(number) => number.is_in(&policy.methods.countries),
        Destination::Email(_) => true,
    }
}

fn is_allowed(policy: &Policy, channel: Channel) -> bool {
    match channel {
        Channel::Text => policy.methods.text,
        Channel::Call => policy.methods.call,
        Channel::Mail => policy.methods.email,
        Channel::Nobody => false,
    }
}

/// Registration: the number must be free to write to, and so must the person: otherwise one session
/// could have the world texted.
pub async fn register<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    to: &Destination,
    channel: Channel,
    toll: Toll,
) -> Stepped<Sent> {
    if caller.session.stage == Stage::SignedIn && !caller.session.is_fresh(app.now, STEP_UP_LIFE) {
        return Err(Code::StepUpRequired.into());
    }
    app.limit(SEND_PER_CLIENT).await?;
    let policy = app.vault.policy().await?;
    if !is_allowed(&policy, channel) {
        return Err(Problem::new(Code::InvalidField).field("delivery").into());
    }
    if !is_reachable(&policy, to) {
        return Err(Problem::new(Code::CountryNotAllowed).field("country").into());
    }
    let account = caller.person().account.id;
    // The person first: who has not won their own turn takes nothing from a destination, and nothing from others.
    let slots = [
        app.vault.send_slot(app.vault.destination(&format!("register {account}")), app.now).await?,
        app.vault.send_slot(app.vault.destination(&format!("register {}", to.folded())), app.now).await?,
    ];
    win(app, &slots).await?;
    if let Err(refused) = toll.charge(app, to, channel).await {
        give_back(app, slots.iter()).await?;
        return Err(refused);
    }
    let event = Event {
        actor: Some(account.to_string()),
        target: Some(account.to_string()),
        ..app.event(EventKind::CodeRequested, "sent")
    };
    let what = caller.code_for(Purpose::Register);
    openly(app, &policy, Parcel { what, slots: &slots, to, channel, event, log: None }).await
}

/// Sign-in: to the phone that is registered, and to no other.
pub async fn sign_in<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, channel: Channel) -> Stepped<Sent> {
    app.limit(SEND_PER_CLIENT).await?;
    let account = caller.person().account.id;
    let methods = &caller.person().methods;
    let stored = methods.phones.first().ok_or(Code::WrongStep)?;
    if methods.is_closed(&stored.id, Purpose::SignIn) {
        return Err(Code::MethodClosed.into());
    }
    let to = Destination::Phone(PhoneNumber::from_stored(&stored.number).ok_or(Code::WrongStep)?);
    let policy = app.vault.policy().await?;
    let way = if channel == Channel::Call { "call" } else { "text" };
    if !sign_in_deliveries(&policy).contains(&way) {
        return Err(Problem::new(Code::InvalidField).field("delivery").into());
    }
    // A count of its own: what strangers have sent there for a reset takes nothing from a sign-in (SEC-66).
    let slots = [app.vault.send_slot(app.vault.destination(&format!("sign-in {}", to.folded())), app.now).await?];
    win(app, &slots).await?;
    let event = Event {
        actor: Some(account.to_string()),
        target: Some(account.to_string()),
        ..app.event(EventKind::CodeRequested, "sent")
    };
    let what = caller.code_for(Purpose::SignIn);
    openly(app, &policy, Parcel { what, slots: &slots, to: &to, channel, event, log: None }).await
}

/// Sends to somebody who may know of it.
async fn openly<K: Kv, E: Entropy>(app: &App<K, E>, policy: &Policy, parcel: Parcel<'_>) -> Stepped<Sent> {
    let sends = parcel.slots.iter().map(SendSlot::this_hour).max().unwrap_or(1);
    let ticket = send(app, policy, parcel).await?;
    Ok(Sent { ticket, sends })
}

/// Makes the code and writes challenge, history, message and event down: one commit.
async fn send<K: Kv, E: Entropy>(app: &App<K, E>, policy: &Policy, parcel: Parcel<'_>) -> Stepped<OutboxTicket> {
    let real = parcel.channel != Channel::Nobody;
    let via = Via::from(parcel.to);
    let new = app.vault.make_code(parcel.what, via, &parcel.to.to_stored(), real, app.now).await?;
    let message = match parcel.what.purpose {
        Purpose::Reset => Message::ResetCode(&new.code),
        Purpose::Register => Message::RegistrationCode(&new.code),
        Purpose::SignIn => Message::SignInCode(&new.code),
    };
    let organisation = app.organisation_name(policy);
    let (subject, body) = match parcel.channel {
        Channel::Call => (String::new(), message.speech(organisation)),
        Channel::Mail => {
            let mail = message.mail(organisation);
            (mail.subject, mail.body)
        }
        Channel::Text | Channel::Nobody => (String::new(), message.text(organisation)),
    };
    let mut batch = Batch::default();
    app.vault.put_challenge(&mut batch, parcel.what, &new)?;
    for slot in parcel.slots {
        app.vault.put_send(&mut batch, slot, app.now)?;
    }
    let to = parcel.to.expose().to_owned();
    let outgoing = Outgoing { channel: parcel.channel, to, subject, body, created: app.now };
    let ticket = app.vault.carry(outgoing, app.now.plus(code_life(via)))?;
    match parcel.log {
        Some((log, place)) => app.vault.put_flow_event(&mut batch, log, place, &parcel.event).await?,
        None => app.vault.put_event(&mut batch, &parcel.event).await?,
    }
    app.vault.commit(batch).await?;
    Ok(ticket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use relatch_core::Timestamp;
    use relatch_store::tokens::Reason;
    use relatch_testkit::{PHONE, TestApp, app, enable_all, person, with_phone};

    async fn flow(app: &TestApp, real: bool) -> Flow {
        let alice = with_phone(app, &person(app, "alice", Vec::new(), false).await, PHONE).await;
        enable_all(app).await;
        let decoy = app.vault.keys.decoy(&[b"nobody"]);
        let subject = if real { alice.account.id } else { decoy };
        let zero = Timestamp(0);
        let id = "f".repeat(32);
        Flow {
            id,
            subject,
            named: subject,
            real,
            generation: 1,
            stage: FlowStage::Started,
            begun: app.now,
            sends: 0,
            last_sent: zero,
            challenge: decoy,
            proven_at: zero,
            reason: Reason::Forgot,
            proofs: 0,
            proven_by: Vec::new(),
            log: 1,
        }
    }

    /// What waits in the outbox after a SEND with this number, and the commits it took.
    async fn send_to(real: bool, number: &str) -> (Channel, u64) {
        let app = app();
        let flow = flow(&app, real).await;
        let typed = Destination::Phone(PhoneNumber::parse(number, "GB").unwrap());
        let before = app.vault.kv().commits();
        let (flow, ticket) = reset(&app, flow, &typed, Channel::Text).await.unwrap();
        let commits = app.vault.kv().commits() - before;
        assert_eq!((flow.sends, flow.stage), (1, FlowStage::Sent));
        let outgoing = app.vault.outgoing(&ticket.unwrap(), app.now).await.unwrap().remove(0);
        (outgoing.channel, commits)
    }

    #[test]
    fn only_the_registered_number_gets_a_message_and_all_cost_the_same() {
        pollster::block_on(async {
            assert_eq!(send_to(true, "07400 123456").await, (Channel::Text, 3));
            assert_eq!(send_to(true, "07400 123457").await, (Channel::Nobody, 3));
            assert_eq!(send_to(false, "07400 123456").await, (Channel::Nobody, 3));
        });
    }

    #[test]
    fn a_repeated_request_sends_nothing_more() {
        pollster::block_on(async {
            let app = app();
            let flow = flow(&app, true).await;
            let typed = Destination::Phone(PhoneNumber::parse("07400 123456", "GB").unwrap());
            let (_, first) = reset(&app, flow.clone(), &typed, Channel::Text).await.unwrap();
            let (again, second) = reset(&app, flow.clone(), &typed, Channel::Text).await.unwrap();
            assert!(first.is_some());
            if let Some(ticket) = second {
                let outgoing = app.vault.outgoing(&ticket, app.now).await.unwrap().remove(0);
                assert_eq!(outgoing.channel, Channel::Nobody);
            }
            // The code of the first request stays good for this flow.
            assert_eq!(again.challenge, flow.subject);
        });
    }

    #[test]
    fn three_codes_a_flow_and_a_growing_wait() {
        pollster::block_on(async {
            let mut app = app();
            let mut flow = flow(&app, true).await;
            let typed = Destination::Phone(PhoneNumber::parse("07400 123456", "GB").unwrap());
            for wait in [30, 60, 120] {
                flow = reset(&app, flow, &typed, Channel::Text).await.unwrap().0;
                assert!(reset(&app, flow.clone(), &typed, Channel::Text).await.is_err(), "too soon");
                app.now = app.now.plus(wait);
            }
            assert!(reset(&app, flow, &typed, Channel::Text).await.is_err(), "a fourth");
        });
    }
}
