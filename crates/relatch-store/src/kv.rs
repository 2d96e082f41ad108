//! The few operations every backend has.

/// The store, or something it needs, did not do what was asked. Always means *no*.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The backend failed or is out of reach; the text is for the log.
    #[error("the store failed: {0}")]
    Backend(String),
    /// A record is there but cannot be opened: a foreign key, damage, or tampering.
    #[error("a record could not be opened")]
    Damaged,
    /// No randomness could be had.
    #[error("no randomness")]
    Entropy,
    /// Somebody else changed the record first.
    #[error("somebody else is changing this")]
    Contended,
}

/// A key-value store whose `increment` is exact.
///
/// Counters are only ever incremented: never read with `get`, written or deleted while they matter
/// (backends store them in different shapes).
#[allow(async_fn_in_trait, reason = "guests are single-threaded; no caller needs Send")]
pub trait Kv {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// All of them, in one commit.
    async fn set_many(&self, entries: &[(String, Vec<u8>)]) -> Result<(), StoreError>;
    async fn delete(&self, key: &str) -> Result<(), StoreError>;
    /// Adds `delta` and returns the new number; an absent counter is 0. One commit, also for 0.
    async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError>;
}

/// What a sweep needs beside that.
#[allow(async_fn_in_trait, reason = "guests are single-threaded; no caller needs Send")]
pub trait Scan {
    /// Shows every key, to the last one. Backends look at all of them, and some serve nobody meanwhile.
    async fn scan(&self, look: &mut dyn FnMut(&str)) -> Result<(), StoreError>;
    /// All of them, in one commit.
    async fn delete_many(&self, keys: &[String]) -> Result<(), StoreError>;
}

/// Random bytes from the operating system.
pub trait Entropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError>;
}

/// The operating system's generator; in a component that is WASI's.
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        getrandom::fill(bytes).map_err(|_| StoreError::Entropy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_fills_all_of_it_anew_each_time() {
        let draw = || {
            let mut bytes = [0; 32];
            OsEntropy.fill(&mut bytes).unwrap();
            bytes
        };
        let (one, other) = (draw(), draw());
        assert_ne!(one, other);
        assert!(one[16..].iter().any(|byte| *byte != 0));
    }
}
