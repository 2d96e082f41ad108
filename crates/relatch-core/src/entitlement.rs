//! Plans, and which of them include self-service password reset (S5-S8).

use crate::coded::Coded;

/// Where the password of an account lives (S5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// Here.
    #[default]
    Cloud,
    /// In a directory elsewhere, which must take the new password too (S9).
    OnPremises,
}

impl Coded for Source {
    const ALL: &'static [Self] = &[Self::Cloud, Self::OnPremises];

    fn code(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::OnPremises => "on_premises",
        }
    }
}

/// A plan somebody was given, by name or by group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    P1,
    P2,
    BusinessStandard,
    BusinessPremium,
}

impl Coded for Plan {
    const ALL: &'static [Self] = &[Self::P1, Self::P2, Self::BusinessStandard, Self::BusinessPremium];

    fn code(self) -> &'static str {
        match self {
            Self::P1 => "p1",
            Self::P2 => "p2",
            Self::BusinessStandard => "business_standard",
            Self::BusinessPremium => "business_premium",
        }
    }
}

/// Which plans include password reset, for each kind of account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Off: everybody is entitled.
    pub check: bool,
    pub cloud: Vec<Plan>,
    pub on_premises: Vec<Plan>,
}

impl Default for Rules {
    /// Entra's: with Business Standard a cloud account only (S7), with Business Premium an account
    /// from a directory (S8).
    fn default() -> Self {
        Self {
            check: false,
            cloud: vec![Plan::P1, Plan::P2, Plan::BusinessStandard],
            on_premises: vec![Plan::P1, Plan::P2, Plan::BusinessPremium],
        }
    }
}

impl Rules {
    pub fn entitle(&self, source: Source, mut plans: impl Iterator<Item = Plan>) -> bool {
        let enough = match source {
            Source::Cloud => &self.cloud,
            Source::OnPremises => &self.on_premises,
        };
        !self.check || plans.any(|plan| enough.contains(&plan))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entitled(source: Source, plans: &[Plan]) -> bool {
        Rules { check: true, ..Rules::default() }.entitle(source, plans.iter().copied())
    }

    #[test]
    fn s7_s8_standard_is_enough_in_the_cloud_and_premium_on_premises() {
        for plan in [Plan::P1, Plan::P2] {
            assert!(entitled(Source::Cloud, &[plan]));
            assert!(entitled(Source::OnPremises, &[plan]));
        }
        assert!(entitled(Source::Cloud, &[Plan::BusinessStandard]));
        assert!(!entitled(Source::OnPremises, &[Plan::BusinessStandard]));
        assert!(!entitled(Source::Cloud, &[Plan::BusinessPremium]));
        assert!(entitled(Source::OnPremises, &[Plan::BusinessPremium]));
        assert!(!entitled(Source::Cloud, &[]));
        assert!(entitled(Source::OnPremises, &[Plan::BusinessStandard, Plan::P1]));
    }

    #[test]
    fn unchecked_everybody_is_entitled() {
        assert!(Rules::default().entitle(Source::OnPremises, std::iter::empty()));
    }
}
