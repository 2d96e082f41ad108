//! How an attack ends.

use relatch_tests::Answer;
use std::ops::Deref;

/// Why a probe did not find the target safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The attack worked, or the target did something it must not. Says what was seen, never a secret.
    Fell(String),
    /// It could not be tried: it needs something that HTTP from here does not give.
    NotRun(String),
}

/// `Ok`: safe.
pub type Probed = Result<(), Stop>;

/// The probe ends as `Fell` unless this holds.
macro_rules! safe {
    ($holds:expr, $($said:tt)+) => {
        if !$holds {
            return Err($crate::outcome::Stop::Fell(format!($($said)+)));
        }
    };
}

/// An answer, and what it answered.
#[derive(Debug, Clone)]
pub struct Got {
    pub what: String,
    pub answer: Answer,
}

impl Deref for Got {
    type Target = Answer;

    fn deref(&self) -> &Answer {
        &self.answer
    }
}

impl Got {
    /// This status. A limit of this address or of this deployment is no finding: then the probe was not run.
    pub fn want(self, status: u16) -> Result<Self, Stop> {
        if self.status == status {
            return Ok(self);
        }
        let code = self.code();
        match code.as_str() {
            "too_many_requests" => Err(Stop::NotRun("what one address may do is used up".to_owned())),
            "too_many_codes" => Err(Stop::NotRun("the messages of this hour are used up".to_owned())),
            _ => Err(Stop::Fell(format!("{} answered {} {code}, not {status}", self.what, self.status))),
        }
    }

    /// This problem.
    pub fn want_code(self, code: &str) -> Result<Self, Stop> {
        let said = self.code();
        safe!(said == code, "{} answered {} {said}, not {code}", self.what, self.status);
        Ok(self)
    }

    /// One of these statuses.
    pub fn want_one_of(self, statuses: &[u16]) -> Result<Self, Stop> {
        if statuses.contains(&self.status) { Ok(self) } else { self.want(statuses.first().copied().unwrap_or(0)) }
    }

    /// A text of the body.
    pub fn text_at(&self, pointer: &str) -> Result<String, Stop> {
        let body = self.json();
        let text = body.pointer(pointer).and_then(|value| value.as_str());
        text.map(str::to_owned).ok_or_else(|| Stop::Fell(format!("{} has no text at {pointer}", self.what)))
    }
}

/// What went wrong with a request, without anything of its body.
pub fn brief(said: &str) -> String {
    let line = said.lines().next().unwrap_or_default();
    let line = line.split(['[', '{']).next().unwrap_or_default();
    let line = line.split_once("undocumented type").map_or(line, |(before, _)| before);
    line.chars().take(200).collect()
}
