//! How far a sign-in has come, and how long it lasts.

use crate::Timestamp;
use crate::limits::{
    ADMIN_SESSION_IDLE, ADMIN_SESSION_LIFE, FIRST_SIGN_IN_LIFE, PENDING_LIFE, SESSION_IDLE, SESSION_LIFE,
};

/// What a session may do. Only `SignedIn` may do more than finish signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The password was right but is an initial one: choose another (S35).
    PasswordChangeRequired,
    /// The password was right: prove the second factor (S57).
    SecondFactorRequired,
    /// Nothing is registered yet: "More information required" (S36).
    RegistrationRequired,
    SignedIn,
}

impl Stage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PasswordChangeRequired => "password_change_required",
            Self::SecondFactorRequired => "second_factor_required",
            Self::RegistrationRequired => "registration_required",
            Self::SignedIn => "signed_in",
        }
    }
}

/// What is asked of a person whose password was right.
///
/// A second factor comes before a forced change: otherwise who knows an initial password of an
/// account that has a phone could set a new one without the phone.
pub fn after_password(has_methods: bool, must_change: bool, must_register: bool) -> Stage {
    if has_methods {
        Stage::SecondFactorRequired
    } else if must_change {
        Stage::PasswordChangeRequired
    } else if must_register {
        Stage::RegistrationRequired
    } else {
        Stage::SignedIn
    }
}

/// What is asked once the second factor was proven.
pub fn after_second_factor(must_change: bool, must_register: bool) -> Stage {
    if must_change { Stage::PasswordChangeRequired } else { after_password_change(must_register) }
}

/// What is asked once a required password change is done.
pub fn after_password_change(must_register: bool) -> Stage {
    if must_register { Stage::RegistrationRequired } else { Stage::SignedIn }
}

/// Is a session over, by idleness or by age?
pub fn is_over(stage: Stage, administrator: bool, begun: Timestamp, seen: Timestamp, now: Timestamp) -> bool {
    let (idle, life) = match stage {
        Stage::SignedIn if administrator => (ADMIN_SESSION_IDLE, ADMIN_SESSION_LIFE),
        Stage::SignedIn => (SESSION_IDLE, SESSION_LIFE),
        Stage::SecondFactorRequired => (PENDING_LIFE, PENDING_LIFE),
        Stage::PasswordChangeRequired | Stage::RegistrationRequired => (FIRST_SIGN_IN_LIFE, FIRST_SIGN_IN_LIFE),
    };
    now.is_past(begun, life) || now.is_past(seen, idle)
}

/// "Last seen" is written at most once a minute: a write per request would be a lever to slow the
/// whole store down, and a minute is far below every idle limit.
pub const SEEN_EVERY: u64 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_what_is_asked() {
        assert_eq!(after_password(true, true, false), Stage::SecondFactorRequired);
        assert_eq!(after_password(false, true, true), Stage::PasswordChangeRequired);
        assert_eq!(after_password(false, false, true), Stage::RegistrationRequired);
        assert_eq!(after_password(false, false, false), Stage::SignedIn);
        assert_eq!(after_second_factor(true, true), Stage::PasswordChangeRequired);
        assert_eq!(after_second_factor(false, false), Stage::SignedIn);
        assert_eq!(after_password_change(true), Stage::RegistrationRequired);
        assert_eq!(after_password_change(false), Stage::SignedIn);
    }

    #[test]
    fn the_pages_know_the_stages_by_name() {
        assert_eq!(Stage::PasswordChangeRequired.as_str(), "password_change_required");
        assert_eq!(Stage::SecondFactorRequired.as_str(), "second_factor_required");
        assert_eq!(Stage::RegistrationRequired.as_str(), "registration_required");
        assert_eq!(Stage::SignedIn.as_str(), "signed_in");
    }

    #[test]
    fn sessions_end_by_idleness_and_by_age() {
        let start = Timestamp(10_000);
        let over = |stage, admin, seen: u64, now: u64| is_over(stage, admin, start, start.plus(seen), start.plus(now));
        assert!(!over(Stage::SignedIn, false, 0, 1_799));
        assert!(over(Stage::SignedIn, false, 0, 1_800));
        assert!(over(Stage::SignedIn, false, 43_000, 43_200));
        assert!(over(Stage::SignedIn, true, 0, 900));
        assert!(over(Stage::SignedIn, true, 28_700, 28_800));
        assert!(!over(Stage::SecondFactorRequired, false, 0, 299));
        assert!(over(Stage::SecondFactorRequired, false, 299, 300));
        assert!(over(Stage::RegistrationRequired, false, 1_000, 1_800));
    }
}
