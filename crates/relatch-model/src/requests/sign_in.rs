//! SIGNIN, and the second factor that finishes it.

use super::codes::{self, Batch, CodeFor, Tried};
use super::{Answer, Typed};
use crate::ghosts::Ghost;
use crate::io::{Io, Stepped};
use crate::records::{Counter, Device, FlowId, KeptAt, Key, Lock, Purpose, Record, Who};
use crate::scenario::Mutation;
use relatch_core::limits::WRONG_PASSWORDS_REMEMBERED;
use relatch_core::lockout;
use relatch_core::methods::Kind;
use relatch_core::sending::Sending;

/// Sign-in attempts are counted per day at the longest.
pub const SIGN_IN_WINDOW: u64 = 86_400;
/// What codes of a sign-in are bound to: one sign-in at a time, so that no more is to be told apart.
const SIGN_IN: FlowId = FlowId::MAX;

/// components/sign-in, with relatch-store's lockout.rs. `wrong`: which wrong password, if it is one.
pub fn sign_in(io: &mut Io<'_>, who: Who, device: Device, wrong: Option<u8>) -> Stepped<Answer> {
    let Some(person) = io.person(who)? else { return Ok(Answer::Nothing) };
    let device = if io.is(Mutation::OneLockForAll) { Device::Known } else { device };
    let generation = person.generation;
    let lock = io.lock(Key::Lock(who, device))?.filter(|lock| lock.generation == generation);
    let lock = lock.unwrap_or(Lock::fresh(generation));
    let mut tags = io.wrong(Key::Wrong(who, device))?;
    let counter = attempts(who, device, lock, io.now.window(SIGN_IN_WINDOW));
    let repeated = wrong.is_some_and(|wrong| tags.contains(&wrong));
    let number = if io.now < lock.until {
        u64::MAX
    } else if repeated {
        io.counted(counter)?.saturating_add(1)
    } else {
        io.count(counter)?
    };
    let may_compare = lockout::may_compare(io.now, lock.until, lock.round, number);
    let uses_up = !repeated && lockout::uses_up(io.now, lock.until, lock.round, number);
    if may_compare && !repeated && wrong.is_some() {
        let day = io.now.window(SIGN_IN_WINDOW);
        io.note(Ghost::SignInCompared(who, device == Device::Known, lock.streak, lock.round, day));
    }
    let mut batch = Batch::new();
    if may_compare && wrong.is_none() && person.account.enabled {
        if lockout::is_first(lock.round, number) {
            io.increment(counter, -1)?;
        } else {
            batch.push((Key::Lock(who, device), Record::Lock(lock.anew())));
        }
        io.commit(batch)?;
        io.note(Ghost::SignedIn);
        return Ok(Answer::Nothing);
    }
    if let Some(wrong) = wrong.filter(|_| may_compare) {
        tags.retain(|known| *known != wrong);
        tags.insert(0, wrong);
        tags.truncate(WRONG_PASSWORDS_REMEMBERED);
    }
    batch.push((Key::Wrong(who, device), Record::Wrong(tags)));
    if uses_up {
        let (round, until) = lockout::lock_after(lock.round, io.now);
        batch.push((Key::Lock(who, device), Record::Lock(Lock { round, until, ..lock })));
    }
    io.commit(batch)?;
    Ok(Answer::Nothing)
}

/// Where attempts of this round are counted.
pub fn attempts(who: Who, device: Device, lock: Lock, day: u64) -> Counter {
    Counter::SignIn(who, device, lock.generation, lock.streak, lock.round, day)
}

fn what(who: Who, generation: u8) -> CodeFor {
    CodeFor { purpose: Purpose::SignIn, subject: who, kept_at: KeptAt::Own(who), generation, binding: SIGN_IN }
}

/// components/send-code for somebody whose password was right: to the phone that is registered.
pub fn send(io: &mut Io<'_>, who: Who) -> Stepped<Answer> {
    let Some(person) = io.person(who)? else { return Ok(Answer::Nothing) };
    if !person.methods.open_kinds(Purpose::SignIn).has(Kind::Phone) {
        return Ok(Answer::Nothing);
    }
    let slot = codes::send_slot(io, io.scenario.line(Purpose::SignIn, who, Kind::Phone))?;
    if slot.sending != Sending::Allowed || !codes::claim_send(io, &slot)? {
        return Ok(Answer::Nothing);
    }
    let mut batch = Batch::new();
    codes::make_code(io, &mut batch, what(who, person.generation), Kind::Phone, true)?;
    codes::put_send(io, &mut batch, &slot);
    codes::commit_message(io, batch, &slot)?;
    io.ghosts.codes = io.ghosts.codes.saturating_add(1);
    Ok(Answer::Nothing)
}

/// components/verify-code for a sign-in.
pub fn verify(io: &mut Io<'_>, who: Who, typed: Typed) -> Stepped<Answer> {
    let Some(person) = io.person(who)? else { return Ok(Answer::Nothing) };
    let what = what(who, person.generation);
    let mut batch = Batch::new();
    // (`closed` in refused.rs: the live challenge is read once more.)
    let sent = io.challenge(Key::Challenge(Purpose::SignIn, KeptAt::Own(who)))?;
    if sent.is_some_and(|sent| person.methods.closed_for_sign_in.has(sent.via)) {
        return Ok(Answer::Nothing);
    }
    match codes::try_code(io, &mut batch, what, Some(typed))? {
        Tried::Right(kind, day) => {
            codes::give_back_attempt(io, what, day)?;
            codes::forgive_strikes(io, what, kind)?;
            io.commit(batch)?;
            io.note(Ghost::SignedIn);
        }
        tried => codes::refuse(io, batch, tried, what, None, Some(person.methods))?,
    }
    Ok(Answer::Nothing)
}
