//! The requests, each a sequence of store operations in the order of its step's code.

mod codes;
mod reset;
mod sign_in;

pub use sign_in::{SIGN_IN_WINDOW, attempts};

use crate::io::{Io, Stepped};
use crate::records::{CodeId, Device, FlowId, KeptAt, Who};
use relatch_core::Timestamp;
use relatch_core::methods::{Kind, Kinds};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    Started,
    Sent,
    Proven,
}

/// What the sealed flow cookie says. Whoever has been given one may use it again and again. Its own count of
/// messages and its lifetimes are left out: a model without them allows more than the code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cookie {
    pub flow: FlowId,
    pub subject: Who,
    pub generation: u8,
    pub begun: Timestamp,
    pub stage: Stage,
    pub challenge: KeptAt,
    pub proofs: Kinds,
    /// Not in the cookie: the gates that were really passed on the way to it.
    pub won: Kinds,
}

/// What is typed as a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Typed {
    Code(CodeId),
    Guess,
}

/// What somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    Start(Who),
    /// To the registered destination of this kind (`true`), or to one that is not.
    Send(Cookie, Kind, bool),
    Verify(Cookie, Typed),
    VerifyRecovery(Cookie, u8),
    SetPassword(Cookie),
    Unlock(Cookie),
    /// With this wrong password, or with the right one (nothing).
    SignIn(Who, Device, Option<u8>),
    SendSignIn(Who),
    VerifySignIn(Who, Typed),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A cookie; its flow is numbered by whoever collects it, if it is new.
    Begun(Cookie),
    Cookie(Cookie),
    Nothing,
}

pub fn run(io: &mut Io<'_>, ask: Ask) -> Stepped<Answer> {
    match ask {
        Ask::Start(who) => reset::start(io, who),
        Ask::Send(cookie, kind, registered) => reset::send(io, cookie, kind, registered),
        Ask::Verify(cookie, typed) => reset::verify(io, cookie, reset::Proof::Sent(typed)),
        Ask::VerifyRecovery(cookie, at) => reset::verify(io, cookie, reset::Proof::RecoveryCode(at)),
        Ask::SetPassword(cookie) => reset::set_password(io, cookie),
        Ask::Unlock(cookie) => reset::unlock(io, cookie),
        Ask::SignIn(who, device, wrong) => sign_in::sign_in(io, who, device, wrong),
        Ask::SendSignIn(who) => sign_in::send(io, who),
        Ask::VerifySignIn(who, typed) => sign_in::verify(io, who, typed),
    }
}
