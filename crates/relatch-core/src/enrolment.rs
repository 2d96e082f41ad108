//! Who may reset: the scope an administrator chose, and what the person has registered.

use crate::GroupId;
use crate::methods::{ADMINISTRATOR_NEEDS, Kind, Kinds};

/// Password reset > Properties: for whom self-service password reset is enabled (S30).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    None,
    /// Members of these groups, and of groups nested in them; the list already holds the nested ones.
    Selected(Vec<GroupId>),
    All,
}

impl Scope {
    pub fn includes(&self, groups: &[GroupId]) -> bool {
        match self {
            Self::None => false,
            Self::Selected(selected) => groups.iter().any(|group| selected.contains(group)),
            Self::All => true,
        }
    }
}

/// What the rules need to know of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Sign-in is not blocked.
    pub enabled: bool,
    pub administrator: bool,
    pub in_scope: bool,
    /// Kinds of method that are registered, proven, and allowed by policy.
    pub kinds: Kinds,
    /// Kinds policy asks for: 1 or 2.
    pub needed: usize,
    /// Something is asked for after the password, whatever policy says about resets.
    pub second_factor: bool,
}

impl Standing {
    /// Different kinds this person must prove to get back in. Administrators, and whoever protects the
    /// sign-in with an app, need two: otherwise a stolen phone would undo what the app protects (SEC-22).
    pub fn proofs(self) -> usize {
        let guarded = self.administrator || self.kinds.has(Kind::App);
        if guarded { self.needed.max(ADMINISTRATOR_NEEDS) } else { self.needed }
    }

    /// Kinds still to be registered before this person has what policy asks for.
    pub fn more_needed(self) -> usize {
        let missing = self.needed.saturating_sub(self.kinds.count());
        // An app alone opens nothing: one more kind is needed beside it.
        let app_alone = self.kinds == Kinds::NONE.with(Kind::App);
        if app_alone { missing.max(1) } else { missing }
    }
}

/// Why an account cannot reset its password by itself. Never told to a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Blocked,
    NotInScope,
    NothingRegistered,
    /// Something is registered, but fewer kinds than it takes.
    TooFewMethods,
}

/// May this account reset its password by itself?
pub fn may_reset(standing: Standing) -> Result<(), Refusal> {
    if !standing.enabled {
        Err(Refusal::Blocked)
    } else if !standing.in_scope {
        Err(Refusal::NotInScope)
    } else if standing.kinds.is_empty() {
        Err(Refusal::NothingRegistered)
    } else if standing.kinds.count() < standing.proofs() {
        Err(Refusal::TooFewMethods)
    } else {
        Ok(())
    }
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
    const MIA: Standing =
        Standing { enabled: true, administrator: false, in_scope: true, kinds: PHONE, needed: 1, second_factor: true };

    #[test]
    fn everything_must_be_in_place_to_reset() {
        assert_eq!(may_reset(MIA), Ok(()));
        assert_eq!(may_reset(Standing { enabled: false, ..MIA }), Err(Refusal::Blocked));
        assert_eq!(may_reset(Standing { in_scope: false, ..MIA }), Err(Refusal::NotInScope));
        assert_eq!(may_reset(Standing { kinds: Kinds::NONE, ..MIA }), Err(Refusal::NothingRegistered));
        assert_eq!(may_reset(Standing { needed: 2, ..MIA }), Err(Refusal::TooFewMethods));
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
    fn who_has_an_app_needs_it_or_two_others() {
        assert_eq!(Standing { kinds: PHONE.with(Kind::App), ..MIA }.proofs(), 2);
        let app = Kinds::NONE.with(Kind::App);
        assert_eq!(may_reset(Standing { kinds: app, ..MIA }), Err(Refusal::TooFewMethods));
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

    #[test]
    fn a_scope_includes_members_of_any_selected_group() {
        let group = |n| GroupId::from_bytes([n; 16]);
        assert!(!Scope::None.includes(&[group(1)]));
        assert!(Scope::All.includes(&[]));
        let selected = Scope::Selected(vec![group(1), group(2)]);
        assert!(selected.includes(&[group(3), group(2)]));
        assert!(!selected.includes(&[group(3)]));
        assert!(!selected.includes(&[]));
        assert!(!Scope::Selected(vec![]).includes(&[group(1)]));
    }
}
