//! Things with a permanent name, as it is stored and sent.

/// A closed set of values, each with a permanent name.
pub trait Coded: Copy + Sized + 'static {
    const ALL: &'static [Self];

    fn code(self) -> &'static str;

    fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrolment::Refusal;
    use crate::entitlement::{Plan, Source};
    use crate::password::Profile;
    use crate::roles::{Right, Role};
    use crate::siteverify::Provider;

    /// They are stored and sent: what is changed here is lost there.
    fn stay<C: Coded + PartialEq>(codes: &[&str]) {
        let all: Vec<&str> = C::ALL.iter().map(|value| value.code()).collect();
        assert_eq!(all, codes);
        assert!(C::ALL.iter().all(|value| C::parse(value.code()).is_some_and(|parsed| parsed == *value)));
        assert!(C::parse("").is_none());
    }

    #[test]
    fn names_are_permanent() {
        stay::<Source>(&["cloud", "on_premises"]);
        stay::<Plan>(&["p1", "p2", "business_standard", "business_premium"]);
        stay::<Provider>(&["turnstile", "hcaptcha"]);
        stay::<Profile>(&["nist", "entra"]);
        stay::<Role>(&["global_administrator", "authentication_administrator", "helpdesk", "reader"]);
        stay::<Right>(&["see", "help", "methods", "manage"]);
        stay::<Refusal>(&[
            "reset_sign_in_blocked",
            "reset_off",
            "reset_not_in_group",
            "reset_not_entitled",
            "reset_no_writeback",
            "reset_nothing_registered",
            "reset_too_few_methods",
        ]);
    }
}
