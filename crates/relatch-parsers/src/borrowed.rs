//! Files of the components and of the host, read where they are. A component cannot be linked natively (no native
//! linker can name its exports), and the host would bring its WebAssembly runtime along.
#![allow(dead_code, unreachable_pub, reason = "they use the rest")]

#[path = "../../../components/policy/src/logo.rs"]
pub mod logo;
#[path = "../../../host/src/manifest/mod.rs"]
pub mod manifest;
#[path = "../../../components/users/src/rows.rs"]
pub mod rows;
