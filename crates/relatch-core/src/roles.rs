//! What administrators of each kind may do in the portal.

use crate::coded::Coded;

/// Entra's names where Entra has the role; the rights are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    GlobalAdministrator,
    AuthenticationAdministrator,
    Helpdesk,
    Reader,
}

impl Coded for Role {
    const ALL: &'static [Self] =
        &[Self::GlobalAdministrator, Self::AuthenticationAdministrator, Self::Helpdesk, Self::Reader];

    fn code(self) -> &'static str {
        match self {
            Self::GlobalAdministrator => "global_administrator",
            Self::AuthenticationAdministrator => "authentication_administrator",
            Self::Helpdesk => "helpdesk",
            Self::Reader => "reader",
        }
    }
}

/// Something the portal asks for before it does anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Look at users, groups, policy, audit and usage.
    See,
    /// Start a reset, unlock, end sessions, block and unblock.
    Help,
    /// Take away what somebody registered.
    Methods,
    /// Create, change and delete users and groups, give roles, set policy.
    Manage,
}

impl Coded for Right {
    const ALL: &'static [Self] = &[Self::See, Self::Help, Self::Methods, Self::Manage];

    fn code(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::Help => "help",
            Self::Methods => "methods",
            Self::Manage => "manage",
        }
    }
}

impl Role {
    fn gives(self, right: Right) -> bool {
        match self {
            Self::GlobalAdministrator => true,
            Self::AuthenticationAdministrator => right != Right::Manage,
            Self::Helpdesk => matches!(right, Right::See | Right::Help),
            Self::Reader => right == Right::See,
        }
    }
}

/// Does one of `roles` give `right`?
pub fn have(roles: &[Role], right: Right) -> bool {
    roles.iter().any(|role| role.gives(right))
}

/// Every right that `roles` give.
pub fn rights(roles: &[Role]) -> impl Iterator<Item = Right> {
    Right::ALL.iter().copied().filter(|right| have(roles, *right))
}

/// The right it takes to do `right` to somebody who has `roles`: whoever has power over others is
/// looked after by those who could have given it, so that a helpdesk cannot rise by way of a colleague.
pub fn needed_for(right: Right, roles: &[Role]) -> Right {
    if roles.is_empty() || right == Right::See { right } else { Right::Manage }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_rights() {
        let rights = |role| rights(&[role]).map(Coded::code).collect::<Vec<_>>();
        assert_eq!(rights(Role::GlobalAdministrator), ["see", "help", "methods", "manage"]);
        assert_eq!(rights(Role::AuthenticationAdministrator), ["see", "help", "methods"]);
        assert_eq!(rights(Role::Helpdesk), ["see", "help"]);
        assert_eq!(rights(Role::Reader), ["see"]);
        assert!(!have(&[], Right::See));
    }

    #[test]
    fn nobody_rises_by_way_of_a_colleague() {
        assert_eq!(needed_for(Right::Help, &[]), Right::Help);
        for role in Role::ALL {
            assert_eq!(needed_for(Right::Help, &[*role]), Right::Manage);
            assert_eq!(needed_for(Right::See, &[*role]), Right::See);
        }
    }

    #[test]
    fn codes_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.code()), Some(*role));
        }
        assert_eq!(Role::parse("owner"), None);
    }
}
