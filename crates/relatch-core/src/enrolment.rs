//! Who may reset: the scope an administrator chose, and what the person has registered.

use crate::GroupId;

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
    /// Registered, proven methods.
    pub methods: usize,
}

/// Why an account cannot reset its password by itself. Never told to a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Blocked,
    NotInScope,
    NothingRegistered,
    /// Administrators need two different methods, and only one kind can be registered so far.
    AdministratorNeedsTwoMethods,
}

/// May this account reset its password by itself?
pub fn may_reset(standing: Standing) -> Result<(), Refusal> {
    if !standing.enabled {
        Err(Refusal::Blocked)
    } else if standing.administrator {
        Err(Refusal::AdministratorNeedsTwoMethods)
    } else if !standing.in_scope {
        Err(Refusal::NotInScope)
    } else if standing.methods == 0 {
        Err(Refusal::NothingRegistered)
    } else {
        Ok(())
    }
}

/// Is "more information required" (S36) before this person may go on?
///
/// Administrators are asked whatever the scope: an administrator without a second factor would be
/// the weakest account with the greatest power.
pub fn must_register(standing: Standing) -> bool {
    standing.methods == 0 && (standing.in_scope || standing.administrator)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIA: Standing = Standing { enabled: true, administrator: false, in_scope: true, methods: 1 };

    #[test]
    fn everything_must_be_in_place_to_reset() {
        assert_eq!(may_reset(MIA), Ok(()));
        assert_eq!(may_reset(Standing { enabled: false, ..MIA }), Err(Refusal::Blocked));
        assert_eq!(may_reset(Standing { in_scope: false, ..MIA }), Err(Refusal::NotInScope));
        assert_eq!(may_reset(Standing { methods: 0, ..MIA }), Err(Refusal::NothingRegistered));
        assert_eq!(may_reset(Standing { administrator: true, ..MIA }), Err(Refusal::AdministratorNeedsTwoMethods));
    }

    #[test]
    fn registration_is_asked_once() {
        assert!(!must_register(MIA));
        assert!(must_register(Standing { methods: 0, ..MIA }));
        assert!(!must_register(Standing { methods: 0, in_scope: false, ..MIA }));
        assert!(must_register(Standing { methods: 0, in_scope: false, administrator: true, ..MIA }));
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
