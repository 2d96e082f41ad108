//! Black-box tests: the shipped spin.toml and components, from outside. SEC tests are named after
//! their number in the security contract, and run on SQLite and on Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

/// Writes each test twice: once per backend.
macro_rules! on_both_stores {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(relatch_tests::Backend::Sqlite).await; })+
        }
        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(relatch_tests::Backend::Redis).await; })+
        }
    };
}

mod administration;
mod attack_command;
mod attacks;
mod audit;
mod bad_input;
mod breach;
mod clock;
mod cost;
mod customisation;
mod entitlement;
mod faults;
mod journeys;
mod lockout;
mod policy;
mod sec_abuse;
mod sec_admin;
mod sec_bot_check;
mod sec_bot_check_provider;
mod sec_browser;
mod sec_codes;
mod sec_crash;
mod sec_enumeration;
mod sec_flow;
mod sec_input;
mod sec_keys;
mod sec_limits;
mod sec_methods;
mod sec_passwords;
mod sec_sessions;
mod sec_strikes;
mod sec_timing;
mod sec_turns;
mod sweep;
mod tidy;
mod two_hosts;
mod unlock;
