//! Bodies of the policy pages: the stored pages themselves, versions included.

use relatch_store::records::{CustomisationPolicy, MethodsPolicy, NotificationsPolicy, Policy, RegistrationPolicy};
use serde::Serialize;

#[derive(Serialize)]
pub struct Pages<'a> {
    pub methods: &'a MethodsPolicy,
    pub registration: &'a RegistrationPolicy,
    pub notifications: &'a NotificationsPolicy,
    pub customisation: &'a CustomisationPolicy,
}

impl<'a> From<&'a Policy> for Pages<'a> {
    fn from(policy: &'a Policy) -> Self {
        Self {
            methods: &policy.methods,
            registration: &policy.registration,
            notifications: &policy.notifications,
            customisation: &policy.customisation,
        }
    }
}
