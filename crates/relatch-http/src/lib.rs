//! HTTP as Relatch speaks it.
//!
//! Requests come in as [`Request`], replies leave as [`Reply`] through one function that adds the
//! headers. Nothing here knows the store or the runtime.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod client;
pub mod cookies;
pub mod guard;
pub mod headers;
pub mod json;
pub mod problem;
pub mod reply;
pub mod request;

pub use problem::{Code, Problem};
pub use reply::Reply;
pub use request::Request;
