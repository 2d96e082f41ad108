//! Bodies of the policy pages: the stored pages themselves, versions included.

use relatch_core::GroupId;
use relatch_core::entitlement::Plan;
use relatch_core::limits::{Row, TABLE};
use relatch_spin::views::GroupName;
use relatch_store::records::{
    CustomisationPolicy, EntitlementPolicy, GroupPlans, Included, MethodsPolicy, NotificationsPolicy, PasswordsPolicy,
    Policy, RegistrationPolicy, as_text,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub struct Pages<'a> {
    pub methods: &'a MethodsPolicy,
    pub registration: &'a RegistrationPolicy,
    pub notifications: &'a NotificationsPolicy,
    pub customisation: &'a CustomisationPolicy,
    pub passwords: &'a PasswordsPolicy,
    pub entitlement: EntitlementPage,
}

/// The table of limits, to be looked at.
#[derive(Serialize)]
pub struct Limits {
    pub limits: Vec<LimitLine>,
}

#[derive(Serialize)]
pub struct LimitLine {
    pub name: &'static str,
    pub amount: String,
    pub what: String,
}

impl Limits {
    pub fn all() -> Self {
        let line = |row: &Row| LimitLine { name: row.name, amount: row.amount.words(), what: row.words() };
        Self { limits: TABLE.iter().map(line).collect() }
    }
}

/// A logo to be saved. The version is that of Customisation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLogo {
    /// In base64.
    pub png: String,
    pub version: u64,
}

/// A logo to be taken away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoLogo {
    pub version: u64,
}

/// Entitlement as it is shown and saved: without what follows from it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntitlementPage {
    pub version: u64,
    pub check: bool,
    #[serde(with = "as_text::coded_list")]
    pub cloud: Vec<Plan>,
    #[serde(with = "as_text::coded_list")]
    pub on_premises: Vec<Plan>,
    pub groups: Vec<GroupPlansLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupPlansLine {
    #[serde(with = "as_text")]
    pub group: GroupId,
    #[serde(with = "as_text::coded_list")]
    pub plans: Vec<Plan>,
}

impl From<&EntitlementPolicy> for EntitlementPage {
    fn from(policy: &EntitlementPolicy) -> Self {
        let line = |group: &GroupPlans| GroupPlansLine { group: group.group, plans: group.plans.clone() };
        Self {
            version: policy.version,
            check: policy.check,
            cloud: policy.cloud.clone(),
            on_premises: policy.on_premises.clone(),
            groups: policy.groups.iter().map(line).collect(),
        }
    }
}

impl From<EntitlementPage> for EntitlementPolicy {
    fn from(page: EntitlementPage) -> Self {
        let groups = page.groups.into_iter();
        Self {
            version: page.version,
            check: page.check,
            cloud: page.cloud,
            on_premises: page.on_premises,
            groups: groups
                .map(|line| GroupPlans { group: line.group, plans: line.plans, included: Included::default() })
                .collect(),
        }
    }
}

/// All pages, and the names of the groups they mention.
#[derive(Serialize)]
pub struct Everything<'a> {
    #[serde(flatten)]
    pub pages: Pages<'a>,
    pub group_names: Vec<GroupName>,
}

impl<'a> From<&'a Policy> for Pages<'a> {
    fn from(policy: &'a Policy) -> Self {
        Self {
            methods: &policy.methods,
            registration: &policy.registration,
            notifications: &policy.notifications,
            customisation: &policy.customisation,
            passwords: &policy.passwords,
            entitlement: (&policy.entitlement).into(),
        }
    }
}
