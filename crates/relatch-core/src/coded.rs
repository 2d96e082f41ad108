//! Things with a permanent name, as it is stored and sent.

/// A closed set of values, each with a permanent name.
pub trait Coded: Copy + Sized + 'static {
    const ALL: &'static [Self];

    fn code(self) -> &'static str;

    fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.code() == code)
    }
}
