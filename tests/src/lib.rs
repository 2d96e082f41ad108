//! What the black-box tests stand on: a running Relatch, and browsers that talk to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "test support")]

pub mod browser;
pub mod contract;
pub mod corpus;
pub mod people;
pub mod process;
pub mod race;
pub mod site;
pub mod store;

pub use browser::{Answer, Browser};
pub use people::{Admin, Person};
pub use site::{Backend, Site};

/// `RELATCH_FULL=1`, as `cargo xtask attack --full` sets it: everything at its full size, which takes half an hour.
pub fn full() -> bool {
    std::env::var_os("RELATCH_FULL").is_some()
}
