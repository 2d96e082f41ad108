//! Everything under Password reset: for whom, with what, how it is said.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{
    CustomisationPolicy, EntitlementPolicy, GroupPlans, Included, MethodsPolicy, NotificationsPolicy, PasswordsPolicy,
    Policy, RegistrationPolicy, ScopeKind,
};
use crate::vault::{Batch, Vault};
use relatch_core::{GroupId, Timestamp};

/// What became of an attempt to save.
pub enum SavedPolicy {
    Done {
        /// What was saved over.
        before: Box<Policy>,
        after: Policy,
    },
    /// Somebody saved the same page first; this is how things are now.
    Stale(Policy),
    UnknownGroup,
}

/// One page of the portal, as it shall be; its version is the one it was read at.
pub enum Section {
    Methods(MethodsPolicy),
    Registration(RegistrationPolicy),
    Notifications(NotificationsPolicy),
    Customisation(CustomisationPolicy),
    Passwords(PasswordsPolicy),
    /// What its groups include is worked out here.
    Entitlement(EntitlementPolicy),
}

/// A page that knows which version of itself it is.
trait Page {
    fn version(&mut self) -> &mut u64;
}

macro_rules! pages {
    ($($page:ty),*) => {
        $(impl Page for $page {
            fn version(&mut self) -> &mut u64 {
                &mut self.version
            }
        })*
    };
}
pages!(MethodsPolicy, RegistrationPolicy, NotificationsPolicy, CustomisationPolicy, PasswordsPolicy, EntitlementPolicy);

/// Puts `wanted` in the place of `current` under the next version; `false` when it was read too long ago.
fn replace<P: Page>(current: &mut P, mut wanted: P) -> bool {
    let fits = *wanted.version() == *current.version();
    *wanted.version() = current.version().saturating_add(1);
    *current = wanted;
    fits
}

impl Section {
    fn put_into(self, policy: &mut Policy) -> bool {
        match self {
            Self::Methods(page) => replace(&mut policy.methods, page),
            Self::Registration(page) => replace(&mut policy.registration, page),
            Self::Notifications(page) => replace(&mut policy.notifications, page),
            Self::Customisation(page) => {
                let logo = policy.customisation.logo;
                replace(&mut policy.customisation, CustomisationPolicy { logo, ..page })
            }
            Self::Passwords(page) => replace(&mut policy.passwords, page),
            Self::Entitlement(page) => replace(&mut policy.entitlement, page),
        }
    }
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    pub async fn policy(&self) -> Result<Policy, StoreError> {
        Ok(self.read(&self.keys.policy()).await?.unwrap_or_default())
    }

    /// Saves Properties over exactly `version`; anybody else's save in between makes this one stale.
    pub async fn save_policy(
        &self,
        batch: &mut Batch,
        version: u64,
        scope: ScopeKind,
        selected: Vec<GroupId>,
        now: Timestamp,
    ) -> Result<SavedPolicy, StoreError> {
        let current = self.policy().await?;
        if current.version != version {
            return Ok(SavedPolicy::Stale(current));
        }
        let Some(included) = self.included(&selected).await? else { return Ok(SavedPolicy::UnknownGroup) };
        let version = version.saturating_add(1);
        let after = Policy { version, scope, selected, included, ..current.clone() };
        self.write_policy(batch, current, after, now).await
    }

    /// These groups with every group nested in them, and the rules of the dynamic ones; `None` if one
    /// of them does not exist.
    async fn included(&self, groups: &[GroupId]) -> Result<Option<Included>, StoreError> {
        let Some(all) = self.with_nested(groups).await? else { return Ok(None) };
        let (dynamic, assigned): (Vec<_>, Vec<_>) = all.into_iter().partition(|group| group.rule.is_some());
        Ok(Some(Included {
            groups: assigned.into_iter().map(|group| group.id).collect(),
            rules: dynamic.into_iter().filter_map(|group| group.rule).collect(),
        }))
    }

    /// The same for groups that have plans.
    async fn include_plans(&self, plans: &mut [GroupPlans]) -> Result<bool, StoreError> {
        for plan in plans {
            let Some(included) = self.included(&[plan.group]).await? else { return Ok(false) };
            plan.included = included;
        }
        Ok(true)
    }

    /// Saves one of the other pages over exactly the version it was read at.
    pub async fn save_section(
        &self,
        batch: &mut Batch,
        mut section: Section,
        now: Timestamp,
    ) -> Result<SavedPolicy, StoreError> {
        if let Section::Entitlement(page) = &mut section
            && !self.include_plans(&mut page.groups).await?
        {
            return Ok(SavedPolicy::UnknownGroup);
        }
        let current = self.policy().await?;
        let mut changed = current.clone();
        if !section.put_into(&mut changed) {
            return Ok(SavedPolicy::Stale(current));
        }
        self.write_policy(batch, current, changed, now).await
    }

    pub(crate) async fn write_policy(
        &self,
        batch: &mut Batch,
        before: Policy,
        mut after: Policy,
        now: Timestamp,
    ) -> Result<SavedPolicy, StoreError> {
        after.revision = before.revision.saturating_add(1);
        match self.claim_version(&self.keys.policy(), after.revision, now).await {
            Ok(()) => {}
            Err(StoreError::Contended) => return Ok(SavedPolicy::Stale(self.policy().await?)),
            Err(error) => return Err(error),
        }
        self.put(batch, self.keys.policy(), &after)?;
        Ok(SavedPolicy::Done { before: Box::new(before), after })
    }

    /// Nesting or a rule changed: what the policy includes may be others now. No page gets a new version,
    /// because nothing an administrator wrote there changed.
    pub async fn refresh_policy(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut policy = self.policy().await?;
        let before = policy.clone();
        let gone = || StoreError::Backend("a selected group is gone".to_owned());
        policy.included = self.included(&policy.selected).await?.ok_or_else(gone)?;
        if !self.include_plans(&mut policy.entitlement.groups).await? {
            return Err(gone());
        }
        if policy.included == before.included && policy.entitlement == before.entitlement {
            return Ok(());
        }
        let mut batch = Batch::default();
        match self.write_policy(&mut batch, before, policy, now).await? {
            SavedPolicy::Done { .. } => self.commit(batch).await,
            SavedPolicy::Stale(_) | SavedPolicy::UnknownGroup => Err(StoreError::Contended),
        }
    }
}
