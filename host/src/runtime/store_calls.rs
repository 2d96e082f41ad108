//! The way of every store operation: count it, let a test interfere, do it.

use std::future::Future;
use std::sync::Arc;

use super::Services;
use super::guest::Grants;
use crate::probe::{OpKind, Verdict};
use relatch_backends::{KeyValue, StoreError};

/// As many stores as Spin lets an instance hold open.
pub const MOST_OPEN_STORES: usize = 256;

/// What an operation needs to know about its caller.
#[derive(Clone)]
pub struct Caller {
    pub(super) grants: Arc<Grants>,
    pub(super) services: Arc<Services>,
    pub(super) label: String,
}

impl Caller {
    /// Does an operation. The outer error ends the guest; the inner one is the guest's to handle.
    pub async fn run<'a, T, F>(
        &'a self,
        kind: OpKind,
        keys: impl Iterator<Item = &str> + Send,
        operation: impl FnOnce(&'a dyn KeyValue, &'a str) -> F,
    ) -> wasmtime::Result<Result<T, StoreError>>
    where
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        let verdict = self.services.probe.before_store(&self.grants.id, kind, keys).await;
        #[cfg(feature = "testing")]
        if verdict == Verdict::Fail {
            return Ok(Err(StoreError("the store is broken by a test".to_owned())));
        }
        let result = operation(self.services.store.as_ref(), &self.label).await;
        if let Err(error) = &result {
            self.services.log.line(&format!("[{}] key-value error: {error}", self.grants.id));
        }
        match verdict {
            Verdict::Proceed => Ok(result),
            #[cfg(feature = "testing")]
            Verdict::Fail | Verdict::LoseAnswer => Ok(Err(StoreError("the answer was lost by a test".to_owned()))),
            #[cfg(feature = "testing")]
            Verdict::Kill => Err(wasmtime::format_err!("killed by a test")),
            #[cfg(feature = "testing")]
            Verdict::Die => std::process::abort(),
        }
    }
}
