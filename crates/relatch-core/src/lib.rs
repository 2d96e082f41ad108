//! The rules of Relatch.
//!
//! Everything here could be decided with pen and paper, given the facts and the time: no async, no
//! clock, no randomness, no storage, no logging. Time comes in as [`Timestamp`], random bytes come
//! in as arguments.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod altcha;
pub mod breach;
pub mod claim;
pub mod code;
pub mod coded;
pub mod colour;
pub mod destination;
pub mod email;
pub mod enrolment;
pub mod entitlement;
pub mod generate;
pub mod hashing;
pub mod ids;
pub mod keyed;
pub mod limits;
pub mod lockout;
pub mod membership;
pub mod methods;
pub mod name;
pub mod password;
pub mod phone;
pub mod return_address;
pub mod roles;
pub mod secret;
pub mod sending;
pub mod session;
pub mod siteverify;
pub mod timestamp;
pub mod totp;

pub use code::Code;
pub use coded::Coded;
pub use colour::Colour;
pub use destination::Destination;
pub use email::EmailAddress;
pub use ids::{AccountId, GroupId, Id, MethodId};
pub use name::{DisplayName, GroupName, UserName};
pub use password::Password;
pub use phone::PhoneNumber;
pub use return_address::ReturnAddress;
pub use secret::Secret;
pub use timestamp::Timestamp;
