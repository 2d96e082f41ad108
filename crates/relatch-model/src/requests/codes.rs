//! relatch-store's challenges.rs, sends.rs, strikes.rs and methods.rs, operation for operation.

use super::Typed;
use crate::ghosts::Ghost;
use crate::io::{Io, Stepped};
use crate::records::{Challenge, Counter, FlowId, KeptAt, Key, Line, Methods, Purpose, Record, Sends, Who};
use crate::scenario::Mutation;
use relatch_core::code::{attempts_allowed, day_is_used_up, may_evaluate};
use relatch_core::limits::{FAILURE_WINDOW, FAILURES_PER_DAY, RECORD_CLAIM, SEND_CLAIM};
use relatch_core::methods::{Kind, closes};
use relatch_core::sending::{self, Sending};

#[derive(Clone, Copy)]
pub struct CodeFor {
    pub purpose: Purpose,
    pub subject: Who,
    pub kept_at: KeptAt,
    pub generation: u8,
    pub binding: FlowId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// With the day the attempt was charged to.
    Right(Kind, u64),
    Wrong,
    UsedUp,
}

pub type Batch = Vec<(Key, Record)>;

impl CodeFor {
    fn challenge(self) -> Key {
        Key::Challenge(self.purpose, self.kept_at)
    }
    fn failed(self, window: u64) -> Key {
        Key::Failed(self.purpose, self.subject, self.generation, window)
    }
    fn attempts(self, window: u64) -> Counter {
        Counter::Attempts(self.purpose, self.subject, self.generation, window)
    }
    /// `Vault::put_spent`.
    fn put_spent(self, batch: &mut Batch, window: u64, attempt: u64) {
        if self.purpose == Purpose::Reset {
            batch.push((self.failed(window), Record::Failed(attempt)));
        }
    }
    fn failure(self, window: u64) -> Ghost {
        Ghost::Failed(self.purpose, self.subject, self.generation, window)
    }
}

/// `Vault::make_code` and `put_challenge`.
pub fn make_code(io: &mut Io<'_>, batch: &mut Batch, what: CodeFor, via: Kind, real: bool) -> Stepped<()> {
    let window = io.now.window(FAILURE_WINDOW);
    let failed = io.failed(what.failed(window))?;
    let more = u64::from(io.is(Mutation::SixTries));
    let challenge = Challenge {
        code: real.then_some(io.ghosts.codes),
        binding: what.binding,
        generation: what.generation,
        window,
        allowed: attempts_allowed(failed.unwrap_or(0)) + more,
        via,
    };
    batch.push((what.challenge(), Record::Challenge(challenge)));
    Ok(())
}

/// `Vault::try_code`.
pub fn try_code(io: &mut Io<'_>, batch: &mut Batch, what: CodeFor, typed: Option<Typed>) -> Stepped<Tried> {
    let challenge = io.challenge(what.challenge())?;
    let window = challenge.map_or_else(|| io.now.window(FAILURE_WINDOW), |challenge| challenge.window);
    if io.is(Mutation::CompareFirst) {
        note_compared(io, challenge);
    }
    let attempt = io.count(what.attempts(window))?;
    let allowed = challenge.map_or(FAILURES_PER_DAY, |challenge| challenge.allowed);
    if !may_evaluate(attempt, allowed) {
        note_refused(io, challenge, attempt);
        if !day_is_used_up(attempt) {
            batch.push((what.failed(window), Record::Failed(attempt)));
        }
        return Ok(Tried::UsedUp);
    }
    if let Some((challenge, typed)) = challenge.zip(typed) {
        // (That a code expires is left out.)
        if !io.is(Mutation::CompareFirst) {
            note_compared(io, Some(challenge));
        }
        let ours = challenge.binding == what.binding && challenge.generation == what.generation;
        let same = challenge.code.is_some_and(|code| typed == Typed::Code(code));
        if let Some(code) = challenge.code.filter(|_| same && ours)
            && (io.is(Mutation::CodeWithoutGate) || io.wins(Counter::CodeClaim(code))?)
        {
            io.note(Ghost::CodeWon(code));
            what.put_spent(batch, window, attempt);
            return Ok(Tried::Right(challenge.via, window));
        }
    }
    io.note(what.failure(window));
    batch.push((what.failed(window), Record::Failed(attempt)));
    Ok(Tried::Wrong)
}

fn note_compared(io: &mut Io<'_>, challenge: Option<Challenge>) {
    if let Some(code) = challenge.and_then(|challenge| challenge.code) {
        io.note(Ghost::Compared(code));
    }
}

fn note_refused(io: &mut Io<'_>, challenge: Option<Challenge>, attempt: u64) {
    io.note(if day_is_used_up(attempt) { Ghost::DayUsedUp } else { Ghost::UsedUp });
    let code = challenge.and_then(|challenge| challenge.code);
    if code.is_some_and(|code| io.ghosts.count(Ghost::Compared(code)) == 0) && !day_is_used_up(attempt) {
        io.note(Ghost::RefusedUnseen);
    }
}

/// `Vault::give_back_attempt`.
pub fn give_back_attempt(io: &mut Io<'_>, what: CodeFor, day: u64) -> Stepped<()> {
    let day = if io.is(Mutation::GiveBackToday) { io.now.window(FAILURE_WINDOW) } else { day };
    io.increment(what.attempts(day), -1).map(|_| ())
}

/// `Vault::try_recovery_code`, with one of the codes of the set (`at`) or with none.
pub fn try_recovery_code(
    io: &mut Io<'_>,
    batch: &mut Batch,
    what: CodeFor,
    set: Option<Methods>,
    at: u8,
) -> Stepped<Tried> {
    let window = io.now.window(FAILURE_WINDOW);
    let attempt = io.count(what.attempts(window))?;
    if day_is_used_up(attempt) {
        io.note(Ghost::DayUsedUp);
        return Ok(Tried::UsedUp);
    }
    let found = set.is_some_and(|set| at < set.recovery);
    if found && (io.is(Mutation::RecoveryWithoutGate) || io.wins(Counter::RecoveryUsed(what.subject, at))?) {
        io.note(Ghost::RecoveryCodeWon(what.subject, at));
        let mut methods = io.methods(what.subject)?;
        methods.recovery_used = methods.recovery_used.saturating_add(1);
        put_methods(io, batch, what.subject, methods)?;
        what.put_spent(batch, window, attempt);
        return Ok(Tried::Right(Kind::RecoveryCodes, window));
    }
    io.note(what.failure(window));
    batch.push((what.failed(window), Record::Failed(attempt)));
    Ok(Tried::Wrong)
}

/// `Vault::put_methods`; false: somebody else is changing them.
fn put_methods(io: &mut Io<'_>, batch: &mut Batch, who: Who, mut methods: Methods) -> Stepped<bool> {
    methods.version = methods.version.saturating_add(1);
    let won = io.wins_spans(|span| Counter::MethodsClaim(who, methods.version, span), RECORD_CLAIM)?;
    if won {
        batch.push((Key::Methods(who), Record::Methods(methods)));
    }
    Ok(won)
}

/// What follows a wrong answer in verify-code's refused.rs: the strike, then what was written down.
pub fn refuse(
    io: &mut Io<'_>,
    batch: Batch,
    tried: Tried,
    what: CodeFor,
    aimed: Option<Kind>,
    person: Option<Methods>,
) -> Stepped<()> {
    if tried == Tried::Wrong {
        strike(io, what, aimed, person)?;
    }
    io.commit(batch)
}

fn strike(io: &mut Io<'_>, what: CodeFor, aimed: Option<Kind>, person: Option<Methods>) -> Stepped<()> {
    let kind = match aimed {
        Some(kind) => Some(kind),
        // `Vault::challenged`: where the live code went, if that is theirs.
        None => {
            let sent = io.challenge(what.challenge())?.filter(|challenge| challenge.code.is_some());
            sent.map(|challenge| challenge.via)
        }
    };
    let kind = kind.filter(|kind| person.is_some_and(|methods| methods.kinds().has(*kind)));
    let purpose = if io.is(Mutation::OneRowForAll) { Purpose::SignIn } else { what.purpose };
    let failures = io.increment(Counter::MethodFailures(purpose, what.subject, what.generation, kind), 1)?;
    let Some(kind) = kind.filter(|_| closes(failures)) else { return Ok(()) };
    // `Vault::close_method`.
    let mut methods = io.methods(what.subject)?;
    if !methods.kinds().has(kind) || methods.closed(purpose).has(kind) {
        return Ok(());
    }
    match purpose {
        Purpose::Reset => methods.closed_for_reset = methods.closed_for_reset.with(kind),
        Purpose::SignIn => methods.closed_for_sign_in = methods.closed_for_sign_in.with(kind),
    }
    let mut batch = Batch::new();
    if put_methods(io, &mut batch, what.subject, methods)? {
        io.commit(batch)?;
        io.note(Ghost::Closed);
    }
    Ok(())
}

/// `Vault::forgive_strikes`.
pub fn forgive_strikes(io: &mut Io<'_>, what: CodeFor, kind: Kind) -> Stepped<()> {
    let counter = Counter::MethodFailures(what.purpose, what.subject, what.generation, Some(kind));
    let failures = io.increment(counter, 0)?;
    if failures > 0 {
        io.increment(counter, failures.saturating_neg())?;
    }
    Ok(())
}

pub struct SendSlot {
    pub sending: Sending,
    line: Line,
    history: Sends,
}

/// `Vault::send_slot`.
pub fn send_slot(io: &mut Io<'_>, line: Line) -> Stepped<SendSlot> {
    let history = io.sends(Key::Sends(line))?;
    Ok(SendSlot { sending: sending::may_send(&history.sent, io.now), line, history })
}

/// `Vault::claim_send`.
pub fn claim_send(io: &mut Io<'_>, slot: &SendSlot) -> Stepped<bool> {
    let version = slot.history.version.saturating_add(1);
    io.wins_spans(|span| Counter::SendClaim(slot.line, version, span), SEND_CLAIM)
}

/// Commits a message, and watches whether another one overtook it.
pub fn commit_message(io: &mut Io<'_>, batch: Batch, slot: &SendSlot) -> Stepped<()> {
    let overtaken = match io.store.get(Key::Sends(slot.line)) {
        Some(_) if matches!(slot.line, Line::Nobodys(_)) => false,
        Some(Record::Sends(sends)) => sending::may_send(&sends.sent, io.now) != Sending::Allowed,
        _ => false,
    };
    io.commit(batch)?;
    if overtaken {
        io.note(Ghost::SentTooSoon);
    }
    Ok(())
}

/// `Vault::put_send`.
pub fn put_send(io: &Io<'_>, batch: &mut Batch, slot: &SendSlot) {
    let version = slot.history.version.saturating_add(1);
    let sent = sending::remember(&slot.history.sent, io.now);
    batch.push((Key::Sends(slot.line), Record::Sends(Sends { version, sent })));
}
