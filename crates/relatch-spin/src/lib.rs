//! Where Relatch meets the runtime. Everything that names `spin_sdk` is here or in a component's
//! `lib.rs`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod app;
pub mod changes;
pub mod entry;
pub mod outbound;
pub mod settings;
pub mod sheet;
pub mod spin_kv;
pub mod views;

pub use app::{App, StepError, Stepped};
pub use entry::{Handled, SpinApp, serve, serve_with};
