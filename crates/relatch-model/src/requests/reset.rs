//! START, SEND, VERIFY, SETPW and UNLOCK of a reset. Counts per client address are left out: strangers have
//! as many addresses as they like. So is the log: nothing is decided by it.

use super::codes::{self, Batch, CodeFor, Tried};
use super::{Answer, Cookie, Stage, Typed};
use crate::ghosts::Ghost;
use crate::io::{Io, Stepped};
use crate::records::{Counter, Device, KeptAt, Key, Line, Lock, Person, Policy, Purpose, Record, Who};
use crate::scenario::Mutation;
use relatch_core::enrolment::{is_enough, may_go_on, may_reset};
use relatch_core::limits::PASSWORD_CLAIM;
use relatch_core::methods::{Kind, Kinds};
use relatch_core::sending::Sending;

pub enum Proof {
    Sent(Typed),
    RecoveryCode(u8),
}

/// components/start-reset. Whoever may not reset gets a flow of a decoy, which opens nothing: none at all here.
pub fn start(io: &mut Io<'_>, who: Who) -> Stepped<Answer> {
    let person = io.person(who)?;
    let policy = io.policy()?;
    let person = person.filter(|person| may_reset(person.standing(policy)).is_ok());
    io.commit(Batch::new())?;
    Ok(person.map_or(Answer::Nothing, |person| {
        Answer::Begun(Cookie {
            flow: 0,
            subject: who,
            generation: person.generation,
            begun: io.now,
            stage: Stage::Started,
            challenge: KeptAt::Decoy(who),
            proofs: Kinds::NONE,
            won: Kinds::NONE,
        })
    }))
}

/// components/send-code.
pub fn send(io: &mut Io<'_>, mut cookie: Cookie, kind: Kind, typed_theirs: bool) -> Stepped<Answer> {
    let person = io.person(cookie.subject)?;
    let policy = io.policy()?;
    let registered = typed_theirs && person.is_some_and(|person| is_theirs(person, policy, &cookie, kind));
    let other = Line::Of(Purpose::Reset, kind, u8::MAX);
    let theirs = if typed_theirs { io.scenario.line(Purpose::Reset, cookie.subject, kind) } else { other };
    let theirs = codes::send_slot(io, theirs)?;
    let nobodys = codes::send_slot(io, Line::Nobodys(cookie.subject))?;
    let deliver = registered && theirs.sending == Sending::Allowed;
    let slot = if deliver { theirs } else { nobodys };
    let decoy = KeptAt::Decoy(cookie.subject);
    cookie.challenge = if registered { KeptAt::Own(cookie.subject) } else { decoy };
    cookie.stage = Stage::Sent;
    if !codes::claim_send(io, &slot)? {
        return Ok(Answer::Cookie(cookie));
    }
    let what = CodeFor {
        purpose: Purpose::Reset,
        subject: cookie.subject,
        kept_at: if deliver { KeptAt::Own(cookie.subject) } else { decoy },
        generation: cookie.generation,
        binding: cookie.flow,
    };
    let mut batch = Batch::new();
    codes::make_code(io, &mut batch, what, kind, deliver)?;
    codes::put_send(io, &mut batch, &slot);
    codes::commit_message(io, batch, &slot)?;
    if deliver {
        io.ghosts.codes = io.ghosts.codes.saturating_add(1);
    }
    Ok(Answer::Cookie(cookie))
}

fn is_theirs(person: Person, policy: Policy, cookie: &Cookie, kind: Kind) -> bool {
    let (standing, proven) = person.standing_of(policy, cookie.proofs);
    standing.kinds_left(proven).has(kind) && person.generation == cookie.generation && may_go_on(standing, proven)
}

/// components/verify-code.
pub fn verify(io: &mut Io<'_>, mut cookie: Cookie, proof: Proof) -> Stepped<Answer> {
    let person = io.person(cookie.subject)?;
    let policy = io.policy()?;
    let entitled = person.filter(|person| {
        let (standing, proven) = person.standing_of(policy, cookie.proofs);
        let goes_on = may_go_on(standing, proven);
        person.generation == cookie.generation && goes_on
    });
    let own = KeptAt::Own(cookie.subject);
    let what = CodeFor {
        purpose: Purpose::Reset,
        subject: cookie.subject,
        kept_at: if matches!(proof, Proof::Sent(_)) { cookie.challenge } else { own },
        generation: cookie.generation,
        binding: cookie.flow,
    };
    let standing = entitled.map(|person| person.standing_of(policy, cookie.proofs));
    let methods = entitled.map(|person| person.methods);
    let mut batch = Batch::new();
    let (tried, aimed) = match proof {
        Proof::Sent(typed) => {
            let tried = codes::try_code(io, &mut batch, what, Some(typed).filter(|_| entitled.is_some()))?;
            // A destination that was removed meanwhile proves nothing any more (SEC-46).
            let tried = match tried {
                Tried::Right(kind, _) if !methods.is_some_and(|methods| methods.kinds().has(kind)) => Tried::Wrong,
                tried => tried,
            };
            (tried, None)
        }
        Proof::RecoveryCode(at) => {
            let set = methods.filter(|_| standing.is_some_and(|(standing, _)| standing.kinds.has(Kind::RecoveryCodes)));
            (codes::try_recovery_code(io, &mut batch, what, set, at)?, Some(Kind::RecoveryCodes))
        }
    };
    let usable = |kind: Kind| standing.is_some_and(|(standing, proven)| standing.kinds_left(proven).has(kind));
    let kind = match tried {
        Tried::Right(kind, _) if usable(kind) => kind,
        Tried::Right(..) => {
            codes::refuse(io, batch, Tried::Wrong, what, aimed, methods)?;
            return Ok(Answer::Nothing);
        }
        tried => {
            codes::refuse(io, batch, tried, what, aimed, methods)?;
            return Ok(Answer::Nothing);
        }
    };
    io.commit(batch)?;
    cookie.proofs = cookie.proofs.with(kind);
    cookie.won = cookie.won.with(kind);
    let enough = entitled.is_some_and(|person| {
        let (standing, proven) = person.standing_of(policy, cookie.proofs);
        is_enough(standing, proven)
    });
    cookie.stage = if enough { Stage::Proven } else { Stage::Started };
    Ok(Answer::Cookie(cookie))
}

/// `Flow::holds_grant`.
fn holds_grant(io: &Io<'_>, person: Person, policy: Policy, cookie: &Cookie) -> bool {
    let (standing, proven) = person.standing_of(policy, cookie.proofs);
    let proven = if io.is(Mutation::RemovedStillProves) { cookie.proofs } else { proven };
    let enough = is_enough(standing, proven) || io.is(Mutation::TrustTheCookie);
    cookie.stage == Stage::Proven && person.generation == cookie.generation && enough
}

/// components/set-password.
pub fn set_password(io: &mut Io<'_>, cookie: Cookie) -> Stepped<Answer> {
    let person = io.person(cookie.subject)?;
    let policy = io.policy()?;
    let Some(person) = person.filter(|person| holds_grant(io, *person, policy, &cookie)) else {
        return Ok(Answer::Nothing);
    };
    let next = cookie.generation.saturating_add(1);
    let gate = |span| Counter::PasswordClaim(cookie.subject, next, span);
    if !io.is(Mutation::GrantWithoutGate) && !io.wins_spans(gate, PASSWORD_CLAIM)? {
        return Ok(Answer::Nothing);
    }
    io.commit(vec![(Key::Password(cookie.subject), Record::Password(person.generation.saturating_add(1)))])?;
    io.note(Ghost::PasswordSet(cookie.flow));
    io.note(Ghost::Followed(cookie.subject, person.generation));
    if !io.earned {
        io.note(Ghost::Unearned);
    }
    if io.ghosts.has(Ghost::CrashedInMidChange) {
        io.note(Ghost::FinishedAfterCrash);
    }
    Ok(Answer::Nothing)
}

/// components/unlock.
pub fn unlock(io: &mut Io<'_>, cookie: Cookie) -> Stepped<Answer> {
    let person = io.person(cookie.subject)?;
    let policy = io.policy()?;
    if !person.is_some_and(|person| holds_grant(io, person, policy, &cookie)) {
        return Ok(Answer::Nothing);
    }
    if !io.is(Mutation::GrantWithoutGate) && !io.wins(Counter::Grant(cookie.flow))? {
        return Ok(Answer::Nothing);
    }
    let mut batch = Batch::new();
    for device in [Device::Known, Device::Unknown] {
        let key = Key::Lock(cookie.subject, device);
        let lock = io.lock(key)?.filter(|lock| lock.generation == cookie.generation);
        batch.push((key, Record::Lock(lock.unwrap_or(Lock::fresh(cookie.generation)).anew())));
    }
    io.commit(batch)?;
    io.note(Ghost::Unlocked(cookie.flow));
    Ok(Answer::Nothing)
}
