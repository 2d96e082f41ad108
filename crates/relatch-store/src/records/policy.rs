//! Everything under Password reset, as it is stored.

use super::{Account, as_text};
use relatch_core::GroupId;
use relatch_core::entitlement::{Plan, Rules};
use relatch_core::membership::Rule;
use relatch_core::methods::Allowed;
use relatch_core::password::{BannedWords, Profile};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    None,
    Selected,
    All,
}

/// Everything under Password reset. One record, read once per request; each page of the portal has a
/// version of its own, so that two administrators on two pages do not disturb one another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Policy {
    /// Rises with every save of any page.
    #[serde(default)]
    pub revision: u64,
    /// Properties.
    pub version: u64,
    pub scope: ScopeKind,
    /// The groups the administrator chose.
    #[serde(with = "as_text::list")]
    pub selected: Vec<GroupId>,
    /// What requests look at.
    #[serde(flatten)]
    pub included: Included,
    #[serde(default)]
    pub methods: MethodsPolicy,
    #[serde(default)]
    pub registration: RegistrationPolicy,
    #[serde(default)]
    pub notifications: NotificationsPolicy,
    #[serde(default)]
    pub customisation: CustomisationPolicy,
    #[serde(default)]
    pub passwords: PasswordsPolicy,
    #[serde(default)]
    pub entitlement: EntitlementPolicy,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            revision: 0,
            version: 0,
            scope: ScopeKind::None,
            selected: Vec::new(),
            included: Included::default(),
            methods: MethodsPolicy::default(),
            registration: RegistrationPolicy::default(),
            notifications: NotificationsPolicy::default(),
            customisation: CustomisationPolicy::default(),
            passwords: PasswordsPolicy::default(),
            entitlement: EntitlementPolicy::default(),
        }
    }
}

/// Authentication methods (S32a).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodsPolicy {
    pub version: u64,
    /// Kinds to prove: 1 or 2 (Entra: 1).
    pub needed: usize,
    pub text: bool,
    pub call: bool,
    pub email: bool,
    pub app: bool,
    pub recovery_codes: bool,
    /// Countries that codes may be sent to (ISO 3166-1, two letters); empty: every country (SEC-62).
    #[serde(default)]
    pub countries: Vec<String>,
}

impl Default for MethodsPolicy {
    fn default() -> Self {
        Self {
            version: 0,
            needed: 1,
            text: true,
            call: true,
            email: true,
            app: true,
            recovery_codes: true,
            countries: Vec::new(),
        }
    }
}

impl MethodsPolicy {
    pub fn allowed(&self) -> Allowed {
        Allowed {
            text: self.text,
            call: self.call,
            email: self.email,
            app: self.app,
            recovery_codes: self.recovery_codes,
            needed: self.needed,
        }
    }
}

/// Registration (S32b).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationPolicy {
    pub version: u64,
    /// "More information required" at sign-in for whoever has too little registered (Entra: yes).
    pub ask_at_sign_in: bool,
    /// Days after which people are asked whether what they registered is still right; 0: never (Entra: 180).
    pub reconfirm_days: u16,
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self { version: 0, ask_at_sign_in: true, reconfirm_days: 180 }
    }
}

/// Notifications (S32c).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationsPolicy {
    pub version: u64,
    /// Tell people what was done with their account (Entra: yes; NIST 4.6 wants it always).
    pub person: bool,
    /// Tell the other administrators when one of them resets (Entra: no).
    pub administrators: bool,
}

impl Default for NotificationsPolicy {
    fn default() -> Self {
        Self { version: 0, person: true, administrators: false }
    }
}

/// Customisation (S32d).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomisationPolicy {
    pub version: u64,
    /// Shown instead of the deployment's name; empty: that one.
    pub organisation: String,
    /// Where a dead end sends people: an https address or a mail address; empty: "your helpdesk".
    pub helpdesk: String,
    /// `#rrggbb`, dark enough for white on it; empty: ours.
    #[serde(default)]
    pub colour: String,
    /// Addresses people may be sent on to when they are done.
    #[serde(default)]
    pub return_addresses: Vec<String>,
    /// Which logo there is: the version of this page that it was saved under. 0: none. Only a logo's own
    /// save changes it.
    #[serde(default)]
    pub logo: u64,
}

/// Groups with every group nested in them, worked out when something is saved: a request reads no group
/// to know whether somebody is in one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Included {
    #[serde(rename = "included", with = "as_text::list")]
    pub groups: Vec<GroupId>,
    /// Rules of the dynamic ones among them.
    #[serde(default, rename = "included_rules")]
    pub rules: Vec<String>,
}

impl Included {
    pub fn has(&self, account: &Account) -> bool {
        let member = account.groups.iter().any(|membership| self.groups.contains(&membership.group));
        // A rule that does not parse was never saved; if one is there all the same, it includes nobody.
        let matches = |rule: &String| Rule::parse(rule).is_ok_and(|rule| rule.matches(&account.attributes()));
        member || self.rules.iter().any(matches)
    }
}

/// Password rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordsPolicy {
    pub version: u64,
    #[serde(with = "as_text::coded")]
    pub profile: Profile,
    /// Words no password may be, beside the bundled list.
    pub own_words: Vec<String>,
    /// How many of the last passwords a new one must differ from; each costs a hash. 0: none (NIST).
    pub history: usize,
    /// Ask a list of breached passwords (by the first five digits of a hash, with padding).
    pub breach_check: bool,
}

impl Default for PasswordsPolicy {
    fn default() -> Self {
        Self { version: 0, profile: Profile::Nist, own_words: Vec::new(), history: 0, breach_check: false }
    }
}

impl PasswordsPolicy {
    pub fn banned_words(&self) -> BannedWords {
        BannedWords::parse(self.own_words.iter().map(String::as_str)).unwrap_or_default()
    }
}

/// Entitlement (S5-S8): which plans include password reset, and which groups have a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitlementPolicy {
    pub version: u64,
    pub check: bool,
    #[serde(with = "as_text::coded_list")]
    pub cloud: Vec<Plan>,
    #[serde(with = "as_text::coded_list")]
    pub on_premises: Vec<Plan>,
    pub groups: Vec<GroupPlans>,
}

/// A group whose members have these plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPlans {
    #[serde(with = "as_text")]
    pub group: GroupId,
    #[serde(with = "as_text::coded_list")]
    pub plans: Vec<Plan>,
    #[serde(flatten)]
    pub included: Included,
}

impl Default for EntitlementPolicy {
    fn default() -> Self {
        let Rules { check, cloud, on_premises } = Rules::default();
        Self { version: 0, check, cloud, on_premises, groups: Vec::new() }
    }
}

impl EntitlementPolicy {
    pub fn entitles(&self, account: &Account) -> bool {
        if !self.check {
            return true;
        }
        let rules = Rules { check: self.check, cloud: self.cloud.clone(), on_premises: self.on_premises.clone() };
        let by_group = self.groups.iter().filter(|group| group.included.has(account)).flat_map(|group| &group.plans);
        rules.entitle(account.details.source, account.details.plans.iter().chain(by_group).copied())
    }
}

impl Policy {
    /// Is password reset enabled for this account (S30)?
    pub fn includes(&self, account: &Account) -> bool {
        match self.scope {
            ScopeKind::None => false,
            ScopeKind::Selected => self.included.has(account),
            ScopeKind::All => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Membership;
    use crate::vault::testing::{account, vault};
    use relatch_core::Timestamp;

    const SALES: GroupId = GroupId::from_bytes([7; 16]);
    const NOW: Timestamp = Timestamp(1_000);

    async fn of(department: &str, groups: &[GroupId]) -> Account {
        let mut account = account(&vault(), "mia", department, Vec::new(), NOW).await;
        account.groups = groups.iter().map(|group| Membership { group: *group, at: 1 }).collect();
        account
    }

    #[test]
    fn somebody_is_included_by_a_group_or_by_a_rule() {
        pollster::block_on(async {
            let rules = vec![r#"department == "Sales""#.to_owned(), "nonsense".to_owned()];
            let included = Included { groups: vec![SALES], rules };
            for (department, groups, is_in) in
                [("", [].as_slice(), false), ("Sales", &[], true), ("", &[SALES], true), ("Sales", &[SALES], true)]
            {
                let mia = of(department, groups).await;
                assert_eq!(included.has(&mia), is_in, "{department} {groups:?}");
                for (scope, is_in) in [(ScopeKind::None, false), (ScopeKind::Selected, is_in), (ScopeKind::All, true)] {
                    let policy = Policy { scope, included: included.clone(), ..Policy::default() };
                    assert_eq!(policy.includes(&mia), is_in, "{scope:?}");
                }
            }
        });
    }

    #[test]
    fn plans_come_from_the_account_and_from_its_groups_and_only_if_they_are_asked_for() {
        pollster::block_on(async {
            let plans = |groups: Vec<GroupId>| GroupPlans {
                group: SALES,
                plans: vec![Plan::P1],
                included: Included { groups, rules: Vec::new() },
            };
            let (mut mia, mut policy) = (of("", &[SALES]).await, EntitlementPolicy::default());
            assert!(policy.entitles(&mia), "not asked for");
            policy.check = true;
            assert!(!policy.entitles(&mia));
            policy.groups = vec![plans(Vec::new())];
            assert!(!policy.entitles(&mia), "another group's");
            policy.groups = vec![plans(vec![SALES])];
            assert!(policy.entitles(&mia));
            policy.groups.clear();
            mia.details.plans = vec![Plan::P1];
            assert!(policy.entitles(&mia));
        });
    }

    #[test]
    fn own_words_are_banned() {
        let banned = |own_words| PasswordsPolicy { own_words, ..PasswordsPolicy::default() }.banned_words();
        assert_eq!(banned(Vec::new()), BannedWords::default());
        assert_ne!(banned(vec!["fabrikam".to_owned()]), BannedWords::default());
    }
}
