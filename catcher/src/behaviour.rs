//! How the catcher answers what it has found to be in order.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A kind of day a provider can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Accepts.
    #[default]
    Ok,
    /// Answers 500.
    Fail,
    /// Accepts, and answers after the delay.
    Slow,
    /// Answers 4xx: this recipient cannot be reached.
    Refuse,
    /// Answers 429.
    Limit,
    /// Never answers.
    Timeout,
    /// Answers 302, to a place where nobody is.
    Redirect,
}

/// What to do with the next requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// The kind of day.
    pub mode: Mode,
    /// For [`Mode::Slow`], in milliseconds; at most a minute.
    #[serde(default)]
    pub delay_ms: u32,
}

impl Behaviour {
    /// A behaviour without delay.
    pub fn of(mode: Mode) -> Self {
        Self { mode, delay_ms: 0 }
    }

    pub(crate) fn delay(self) -> Duration {
        Duration::from_millis(self.delay_ms.min(60_000).into())
    }
}
