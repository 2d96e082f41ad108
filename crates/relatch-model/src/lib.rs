//! The protocol of Relatch as a model: every order of store operations, every place a machine can stop.
//!
//! What is decided is decided by relatch-core, by the same functions the components ask. What is copied here is
//! the order of the store's operations, and README.md says from where.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod bounds;
pub mod ghosts;
mod io;
pub mod properties;
pub mod records;
pub mod requests;
pub mod scenario;
mod store;
pub mod world;

use crate::scenario::Scenario;
use stateright::{Checker, HasDiscoveries, Model};
use std::io::Write;

/// Explores every state of a scenario. Gives the different ones that were found.
///
/// # Panics
/// Where a property does not hold, with the way there.
pub fn check(scenario: Scenario) -> usize {
    let name = scenario.name;
    let checker = scenario.checker().threads(2).spawn_dfs().join();
    let states = checker.unique_state_count();
    // (Not `println!`, which tests keep to themselves.)
    let _ = writeln!(std::io::stdout(), "{name}: {states} states, {} deep", checker.max_depth());
    checker.assert_properties();
    states
}

/// Explores a scenario until `property` is found not to hold. Gives the way there, step by step.
pub fn find(scenario: Scenario, property: &'static str) -> Option<Vec<String>> {
    let wanted = HasDiscoveries::AnyOf([property].into());
    let checker = scenario.checker().threads(2).finish_when(wanted).spawn_dfs().join();
    let path = checker.discovery(property)?;
    Some(path.into_actions().iter().map(|action| format!("{action:?}")).collect())
}
