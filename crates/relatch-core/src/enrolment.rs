//! Who may reset: what an administrator chose, and what the person has registered.

use crate::coded::Coded;
use crate::methods::{ADMINISTRATOR_NEEDS, Kind, Kinds};

/// What the rules need to know of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Sign-in is not blocked.
    pub enabled: bool,
    pub administrator: bool,
    /// Password reset is enabled for somebody.
    pub switched_on: bool,
    pub in_scope: bool,
    /// A plan includes it, or nobody asks for plans.
    pub entitled: bool,
    /// The password lives here, so it can be set here (S9).
    pub writable: bool,
    /// Kinds of method that are registered, proven, allowed by policy, and not closed after too many wrong
    /// answers.
    pub kinds: Kinds,
    /// An app is registered and allowed, closed or not: who closes it by guessing must not need less.
    pub has_app: bool,
    /// Kinds policy asks for: 1 or 2.
    pub needed: usize,
    /// Something is asked for after the password, whatever policy says about resets.
    pub second_factor: bool,
}

impl Standing {
    /// Different kinds this person must prove to get back in. Administrators, and whoever protects the
    /// sign-in with an app, need two: otherwise a stolen phone would undo what the app protects (SEC-22).
    pub fn proofs(self) -> usize {
        if self.is_guarded() { self.needed.max(ADMINISTRATOR_NEEDS) } else { self.needed }
    }

    /// Kinds that would still prove something to a reset in which `proven` is: a kind counts once.
    pub fn kinds_left(self, proven: Kinds) -> Kinds {
        self.kinds.without(proven)
    }

    fn is_guarded(self) -> bool {
        self.administrator || self.has_app
    }

    /// Kinds still to be registered before this person has what policy asks for.
    pub fn more_needed(self) -> usize {
        let missing = self.needed.saturating_sub(self.kinds.count());
        // An app alone opens nothing: one more kind is needed beside it.
        let app_alone = self.kinds == Kinds::NONE.with(Kind::App);
        if app_alone { missing.max(1) } else { missing }
    }
}

/// Why an account cannot reset its password by itself. The codes are permanent. Told to administrators
/// and to the signed-in person, never to a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Sign-in is blocked, or the account is deleted.
    Blocked,
    /// Password reset is enabled for nobody.
    SwitchedOff,
    NotInScope,
    NotEntitled,
    /// The password lives in a directory that is not connected.
    NoWriteback,
    NothingRegistered,
    /// Something is registered, but fewer kinds than it takes.
    TooFewMethods,
}

impl Coded for Refusal {
    const ALL: &'static [Self] = &[
        Self::Blocked,
        Self::SwitchedOff,
        Self::NotInScope,
        Self::NotEntitled,
        Self::NoWriteback,
        Self::NothingRegistered,
        Self::TooFewMethods,
    ];

    fn code(self) -> &'static str {
        match self {
            Self::Blocked => "reset_sign_in_blocked",
            Self::SwitchedOff => "reset_off",
            Self::NotInScope => "reset_not_in_group",
            Self::NotEntitled => "reset_not_entitled",
            Self::NoWriteback => "reset_no_writeback",
            Self::NothingRegistered => "reset_nothing_registered",
            Self::TooFewMethods => "reset_too_few_methods",
        }
    }
}

/// Everything that stands between this account and a reset of its own.
pub fn refusals(standing: Standing) -> impl Iterator<Item = Refusal> {
    Refusal::ALL.iter().copied().filter(move |refusal| match refusal {
        Refusal::Blocked => !standing.enabled,
        Refusal::SwitchedOff => !standing.switched_on,
        Refusal::NotInScope => standing.switched_on && !standing.in_scope,
        Refusal::NotEntitled => !standing.entitled,
        Refusal::NoWriteback => !standing.writable,
        Refusal::NothingRegistered => standing.kinds.is_empty(),
        Refusal::TooFewMethods => !standing.kinds.is_empty() && standing.kinds.count() < standing.proofs(),
    })
}

/// May this account reset its password by itself?
pub fn may_reset(standing: Standing) -> Result<(), Refusal> {
    refusals(standing).next().map_or(Ok(()), Err)
}

/// May somebody who has proven `proven` in this reset go on with it? A code from the helpdesk opens it to
/// whoever can sign in at all: that is what it is for.
pub fn may_go_on(standing: Standing, proven: Kinds) -> bool {
    let by_helpdesk = proven.has(Kind::HelpdeskCode) && standing.enabled && standing.writable;
    by_helpdesk || may_reset(standing).is_ok()
}

/// Is what was proven enough to set a password? A code from the helpdesk stands for all that policy asks
/// of most people. Administrators, and whoever has an app, must show something of their own as well: a
/// helpdesk that was talked into it is not enough (A45).
pub fn is_enough(standing: Standing, proven: Kinds) -> bool {
    let needed = if proven.has(Kind::HelpdeskCode) && !standing.is_guarded() { 1 } else { standing.proofs() };
    may_go_on(standing, proven) && proven.count() >= needed
}

/// Is "more information required" (S36) before this person may go on?
///
/// Administrators must have a second factor whatever the scope and the policy: one without would be the
/// weakest account with the greatest power. (The second kind, which a reset takes, they are only told of.)
pub fn must_register(standing: Standing, ask_at_sign_in: bool) -> bool {
    let lacks_what_policy_asks = ask_at_sign_in && standing.in_scope && standing.more_needed() > 0;
    lacks_what_policy_asks || (standing.administrator && !standing.second_factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: Kinds = Kinds::from_bits(1);
    const MIA: Standing = Standing {
        enabled: true,
        administrator: false,
        switched_on: true,
        in_scope: true,
        entitled: true,
        writable: true,
        kinds: PHONE,
        has_app: false,
        needed: 1,
        second_factor: true,
    };

    #[test]
    fn everything_must_be_in_place_to_reset() {
        assert_eq!(may_reset(MIA), Ok(()));
        assert_eq!(may_reset(Standing { enabled: false, ..MIA }), Err(Refusal::Blocked));
        assert_eq!(may_reset(Standing { in_scope: false, ..MIA }), Err(Refusal::NotInScope));
        assert_eq!(may_reset(Standing { switched_on: false, ..MIA }), Err(Refusal::SwitchedOff));
        assert_eq!(may_reset(Standing { entitled: false, ..MIA }), Err(Refusal::NotEntitled));
        assert_eq!(may_reset(Standing { writable: false, ..MIA }), Err(Refusal::NoWriteback));
        assert_eq!(may_reset(Standing { kinds: Kinds::NONE, ..MIA }), Err(Refusal::NothingRegistered));
        assert_eq!(may_reset(Standing { needed: 2, ..MIA }), Err(Refusal::TooFewMethods));
    }

    #[test]
    fn every_reason_is_named() {
        let nobody = Standing { enabled: false, in_scope: false, entitled: false, kinds: Kinds::NONE, ..MIA };
        let codes: Vec<&str> = refusals(nobody).map(Coded::code).collect();
        assert_eq!(
            codes,
            ["reset_sign_in_blocked", "reset_not_in_group", "reset_not_entitled", "reset_nothing_registered"]
        );
    }

    #[test]
    fn a_kind_counts_once_and_only_while_it_is_registered() {
        let mia = Standing { kinds: PHONE.with(Kind::Email), ..MIA };
        assert_eq!(mia.kinds_left(Kinds::NONE), mia.kinds);
        assert_eq!(mia.kinds_left(PHONE), Kinds::NONE.with(Kind::Email));
        assert_eq!(MIA.kinds_left(PHONE.with(Kind::RecoveryCodes)), Kinds::NONE);
    }

    #[test]
    fn administrators_need_two_kinds() {
        let ada = Standing { administrator: true, ..MIA };
        assert_eq!(may_reset(ada), Err(Refusal::TooFewMethods));
        let both = PHONE.with(Kind::Email);
        assert_eq!(may_reset(Standing { kinds: both, ..ada }), Ok(()));
        assert_eq!(Standing { kinds: both, ..ada }.proofs(), 2);
    }

    #[test]
    fn a_helpdesk_code_is_enough_for_most() {
        let code = Kinds::NONE.with(Kind::HelpdeskCode);
        let outside = Standing { in_scope: false, kinds: Kinds::NONE, needed: 2, ..MIA };
        assert!(is_enough(outside, code));
        assert!(!is_enough(Standing { enabled: false, ..outside }, code));
        assert!(!is_enough(Standing { writable: false, ..outside }, code));
        assert!(!is_enough(Standing { administrator: true, ..outside }, code));
        let ada = Standing { administrator: true, kinds: PHONE, ..MIA };
        assert!(!is_enough(ada, code));
        assert!(is_enough(ada, code.with(Kind::Phone)));
        assert!(is_enough(MIA, PHONE));
        assert!(!is_enough(Standing { in_scope: false, ..MIA }, PHONE));
    }

    #[test]
    fn who_has_an_app_needs_it_or_two_others() {
        assert_eq!(Standing { kinds: PHONE.with(Kind::App), has_app: true, ..MIA }.proofs(), 2);
        assert_eq!(Standing { has_app: true, ..MIA }.proofs(), 2, "closed by guessing, it still guards");
        let app = Kinds::NONE.with(Kind::App);
        assert_eq!(may_reset(Standing { kinds: app, has_app: true, ..MIA }), Err(Refusal::TooFewMethods));
        assert_eq!(Standing { kinds: app, ..MIA }.more_needed(), 1);
    }

    #[test]
    fn registration_is_asked_until_there_is_enough() {
        assert!(!must_register(MIA, true));
        assert!(must_register(Standing { kinds: Kinds::NONE, ..MIA }, true));
        assert!(!must_register(Standing { kinds: Kinds::NONE, ..MIA }, false));
        assert!(must_register(Standing { needed: 2, ..MIA }, true));
        assert!(!must_register(Standing { kinds: Kinds::NONE, in_scope: false, ..MIA }, true));
        let ada = Standing { administrator: true, in_scope: false, ..MIA };
        assert!(!must_register(ada, false));
        assert!(must_register(Standing { second_factor: false, ..ada }, false));
    }
}
