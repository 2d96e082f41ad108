//! Kinds of ways to prove who one is, and what policy lets people use.

use crate::limits::METHOD_FAILURES;

/// A kind of method. Text and call to one number are one kind: who has the phone has both (SEC-22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Phone,
    Email,
    /// Codes of an authenticator app (RFC 6238).
    App,
    RecoveryCodes,
    /// A code an administrator started a reset with. Nobody registers it.
    HelpdeskCode,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Phone, Self::Email, Self::App, Self::RecoveryCodes, Self::HelpdeskCode];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::App => "app",
            Self::RecoveryCodes => "recovery_codes",
            Self::HelpdeskCode => "helpdesk_code",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Phone => 1,
            Self::Email => 2,
            Self::App => 4,
            Self::RecoveryCodes => 8,
            Self::HelpdeskCode => 16,
        }
    }
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Kinds(u8);

impl Kinds {
    pub const NONE: Self = Self(0);

    #[must_use]
    pub fn with(self, kind: Kind) -> Self {
        Self(self.0 | kind.bit())
    }

    /// `self` with `kind`, if `is` says so.
    #[must_use]
    pub fn with_if(self, kind: Kind, is: bool) -> Self {
        if is { self.with(kind) } else { self }
    }

    #[must_use]
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    pub fn has(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn count(self) -> usize {
        self.iter().count()
    }

    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }

    /// For a sealed record; [`Kinds::from_bits`] reads it back.
    pub fn bits(self) -> u8 {
        self.0
    }

    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 31)
    }
}

/// Do so many wrong answers in a row close a method (SEC-18)?
pub fn closes(wrong_in_a_row: i64) -> bool {
    wrong_in_a_row >= METHOD_FAILURES
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<T: IntoIterator<Item = Kind>>(kinds: T) -> Self {
        kinds.into_iter().fold(Self::NONE, Self::with)
    }
}

/// Password reset > Authentication methods (S32a): what people may use, and how many kinds it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    pub text: bool,
    pub call: bool,
    pub email: bool,
    pub app: bool,
    pub recovery_codes: bool,
    /// Kinds a person must prove to reset: 1 or 2.
    pub needed: usize,
}

impl Allowed {
    pub fn kinds(self) -> Kinds {
        Kinds::NONE
            .with_if(Kind::Phone, self.text || self.call)
            .with_if(Kind::Email, self.email)
            .with_if(Kind::App, self.app)
            .with_if(Kind::RecoveryCodes, self.recovery_codes)
    }

    /// What can be asked of somebody about whom nothing is known yet. Six digits of an app are too few
    /// to stand alone: they can only follow another proof (SEC-22; docs/THREATS.md has the arithmetic).
    pub fn first(self) -> Kinds {
        self.kinds().without(Kinds::NONE.with(Kind::App))
    }

    /// Why these settings would leave nobody able to reset; empty when they are fine.
    pub fn objections(self) -> Vec<Objection> {
        let mut found = Vec::new();
        if self.first().is_empty() {
            found.push(Objection::NoFirstMethod);
        }
        if self.kinds().count() < self.needed {
            found.push(Objection::TooFewKinds);
        }
        // Administrators always need two kinds, and one of them at sign-in; none may be left without.
        let at_sign_in = self.kinds().has(Kind::Phone) || self.kinds().has(Kind::App);
        if self.kinds().count() < ADMINISTRATOR_NEEDS || !at_sign_in {
            found.push(Objection::LocksAdministratorsOut);
        }
        found
    }
}

/// Different kinds an administrator proves, whatever policy says (Entra's two-gate policy; SEC-22).
pub const ADMINISTRATOR_NEEDS: usize = 2;

/// Why a policy is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    NoFirstMethod,
    TooFewKinds,
    LocksAdministratorsOut,
}

impl Objection {
    pub fn code(self) -> &'static str {
        match self {
            Self::NoFirstMethod => "no_first_method",
            Self::TooFewKinds => "too_few_kinds",
            Self::LocksAdministratorsOut => "locks_administrators_out",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Allowed = Allowed { text: true, call: true, email: true, app: true, recovery_codes: true, needed: 1 };

    #[test]
    fn a_hundred_wrong_answers_in_a_row_close_a_method() {
        assert!(!closes(99));
        assert!(closes(100) && closes(101));
    }

    #[test]
    fn text_and_call_are_one_kind() {
        assert_eq!(ALL.kinds().count(), 4);
        assert_eq!(Allowed { call: false, ..ALL }.kinds().count(), 4);
        assert!(!Allowed { call: false, text: false, ..ALL }.kinds().has(Kind::Phone));
    }

    #[test]
    fn an_app_never_comes_first() {
        assert!(!ALL.first().has(Kind::App));
    }

    #[test]
    fn a_policy_nobody_can_meet_is_refused() {
        let only_app = Allowed { text: false, call: false, email: false, app: true, recovery_codes: false, needed: 2 };
        assert_eq!(
            only_app.objections(),
            [Objection::NoFirstMethod, Objection::TooFewKinds, Objection::LocksAdministratorsOut]
        );
        let only_text = Allowed { text: true, app: false, needed: 1, ..only_app };
        assert_eq!(only_text.objections(), [Objection::LocksAdministratorsOut]);
        assert_eq!(Allowed { email: true, ..only_text }.objections(), [], "two kinds are enough for administrators");
        let nothing_for_sign_in = Allowed { text: false, call: false, app: false, needed: 1, ..ALL };
        assert_eq!(nothing_for_sign_in.objections(), [Objection::LocksAdministratorsOut]);
        assert_eq!(Allowed { app: true, ..nothing_for_sign_in }.objections(), []);
        assert_eq!(ALL.objections(), []);
        assert_eq!(Allowed { needed: 4, ..ALL }.objections(), []);
        assert_eq!(Allowed { needed: 5, ..ALL }.objections(), [Objection::TooFewKinds]);
    }

    #[test]
    fn what_is_stored_and_answered_keeps_its_name() {
        assert_eq!(Kind::ALL.map(Kind::as_str), ["phone", "email", "app", "recovery_codes", "helpdesk_code"]);
        let objections = [Objection::NoFirstMethod, Objection::TooFewKinds, Objection::LocksAdministratorsOut];
        assert_eq!(objections.map(Objection::code), ["no_first_method", "too_few_kinds", "locks_administrators_out"]);
    }

    #[test]
    fn sets_are_sets() {
        let two: Kinds = [Kind::App, Kind::Phone, Kind::App].into_iter().collect();
        assert_eq!((two.count(), two.has(Kind::App), two.has(Kind::Email)), (2, true, false));
        assert_eq!(Kinds::from_bits(two.bits()), two);
        assert_eq!(two.without(Kinds::NONE.with(Kind::App)).iter().collect::<Vec<_>>(), [Kind::Phone]);
        let other = Kinds::NONE.with(Kind::App).with(Kind::Email);
        assert_eq!(two.and(other).iter().collect::<Vec<_>>(), [Kind::App]);
    }
}
