//! For whom self-service password reset is enabled.

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Policy, ScopeKind};
use crate::vault::{Batch, Vault};
use relatch_core::enrolment::Scope;
use relatch_core::{GroupId, Timestamp};

/// What became of an attempt to save.
pub enum SavedPolicy {
    Done(Policy),
    /// Somebody saved first; this is what they saved.
    Stale(Policy),
    UnknownGroup,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    pub async fn policy(&self) -> Result<Policy, StoreError> {
        Ok(self.read(&self.keys.policy()).await?.unwrap_or_default())
    }

    pub async fn scope(&self) -> Result<Scope, StoreError> {
        Ok(self.policy().await?.scope())
    }

    /// Saves over exactly `version`; anybody else's save in between makes this one stale.
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
        let policy = Policy { version: version.saturating_add(1), scope, selected, included };
        match self.claim_version(&self.keys.policy(), policy.version, now).await {
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
