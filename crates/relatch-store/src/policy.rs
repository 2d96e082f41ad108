//! Everything under Password reset: for whom, with what, how it is said.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{CustomisationPolicy, MethodsPolicy, NotificationsPolicy, Policy, RegistrationPolicy, ScopeKind};
use crate::vault::{Batch, Vault};
use relatch_core::{GroupId, Timestamp};

/// What became of an attempt to save.
pub enum SavedPolicy {
    Done(Policy),
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
}

impl Section {
    /// Puts the page into `policy` under its next version; `false` when it was read too long ago.
    fn put_into(self, policy: &mut Policy) -> bool {
        fn newer(wanted: &mut u64, current: u64) -> bool {
            let fits = *wanted == current;
            *wanted = current.saturating_add(1);
            fits
        }
        match self {
            Self::Methods(mut page) => {
                let fits = newer(&mut page.version, policy.methods.version);
                policy.methods = page;
                fits
            }
            Self::Registration(mut page) => {
                let fits = newer(&mut page.version, policy.registration.version);
                policy.registration = page;
                fits
            }
            Self::Notifications(mut page) => {
                let fits = newer(&mut page.version, policy.notifications.version);
                policy.notifications = page;
                fits
            }
            Self::Customisation(mut page) => {
                let fits = newer(&mut page.version, policy.customisation.version);
                policy.customisation = page;
                fits
            }
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
        let Some(included) = self.with_nested(&selected).await? else { return Ok(SavedPolicy::UnknownGroup) };
        let version = version.saturating_add(1);
        self.write_policy(batch, Policy { version, scope, selected, included, ..current }, now).await
    }

    /// Saves one of the other pages over exactly the version it was read at.
    pub async fn save_section(
        &self,
        batch: &mut Batch,
        section: Section,
        now: Timestamp,
    ) -> Result<SavedPolicy, StoreError> {
        let current = self.policy().await?;
        let mut changed = current.clone();
        if !section.put_into(&mut changed) {
            return Ok(SavedPolicy::Stale(current));
        }
        self.write_policy(batch, changed, now).await
    }

    async fn write_policy(
        &self,
        batch: &mut Batch,
        mut policy: Policy,
        now: Timestamp,
    ) -> Result<SavedPolicy, StoreError> {
        policy.revision = policy.revision.saturating_add(1);
        match self.claim_version(&self.keys.policy(), policy.revision, now).await {
            Ok(()) => {}
            Err(StoreError::Contended) => return Ok(SavedPolicy::Stale(self.policy().await?)),
            Err(error) => return Err(error),
        }
        self.put(batch, self.keys.policy(), &policy)?;
        Ok(SavedPolicy::Done(policy))
    }

    /// Nesting changed: the selected groups may now include others. Saved as a new version.
    pub async fn refresh_policy(&self, now: Timestamp) -> Result<(), StoreError> {
        let current = self.policy().await?;
        if current.selected.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        let saved = self.save_policy(&mut batch, current.version, current.scope, current.selected, now).await?;
        match saved {
            SavedPolicy::Done(_) => self.commit(batch).await,
            SavedPolicy::Stale(_) | SavedPolicy::UnknownGroup => Err(StoreError::Contended),
        }
    }
}
