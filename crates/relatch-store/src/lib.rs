//! What Relatch remembers.
//!
//! Steps call the acts of [`Vault`] (`try_code`, `claim_password_change`, `open_session`), never a
//! bare get or set. Every value is sealed, every key is built in [`keys`], and only
//! [`Kv::increment`] settles races.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod account_changes;
pub mod accounts;
pub mod alarm;
pub mod challenges;
pub mod contract;
pub mod devices;
pub mod events;
pub mod groups;
pub mod helpdesk;
pub mod keys;
pub mod kv;
pub mod limits;
pub mod lockout;
pub mod logo;
pub mod memory;
pub mod methods;
pub mod outbox;
pub mod passwords;
pub mod policy;
pub mod records;
pub mod seal;
pub mod search;
pub mod sends;
pub mod sessions;
pub mod strikes;
pub mod sweep;
pub mod tokens;
pub mod usage;
pub mod vault;

pub use kv::{Entropy, Kv, OsEntropy, Scan, StoreError};
pub use memory::MemoryKv;
pub use vault::{Batch, Vault};
