//! The bodies of every step that has any (but for the one whose answer is a picture), read where they are, as in `borrowed`.
#![allow(dead_code, unreachable_pub, reason = "the steps use the rest")]

#[path = "../../../components/audit/src/wire.rs"]
pub mod audit;
#[path = "../../../components/enable-group/src/wire.rs"]
pub mod enable_group;
#[path = "../../../components/groups/src/wire.rs"]
pub mod groups;
#[path = "../../../components/policy/src/wire.rs"]
pub mod policy;
#[path = "../../../components/send-code/src/wire.rs"]
pub mod send_code;
#[path = "../../../components/set-password/src/wire.rs"]
pub mod set_password;
#[path = "../../../components/setup/src/wire.rs"]
pub mod setup;
#[path = "../../../components/sign-in/src/wire.rs"]
pub mod sign_in;
#[path = "../../../components/start-reset/src/wire.rs"]
pub mod start_reset;
#[path = "../../../components/users/src/wire.rs"]
pub mod users;
#[path = "../../../components/verify-code/src/wire.rs"]
pub mod verify_code;
