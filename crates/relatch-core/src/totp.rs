//! Codes of authenticator apps: RFC 6238, six digits, thirty seconds, SHA-1 as the apps expect.

use crate::keyed::same;
use crate::{Secret, Timestamp};
use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Algorithm, Builder, Totp};

/// Seconds of a step.
pub const STEP: u64 = 30;
/// Bytes of a seed: 160 bits (RFC 4226 R6).
pub const SEED: usize = 20;

/// What app and service share.
#[derive(Clone, Debug)]
pub struct Seed(Secret<[u8; SEED]>);

impl Seed {
    pub fn new(random: [u8; SEED]) -> Self {
        Self(Secret::new(random))
    }

    /// Base32, as people type it into an app.
    pub fn to_text(&self) -> String {
        BASE32_NOPAD.encode(self.0.expose())
    }

    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self::new)
    }

    fn totp(&self) -> Option<Totp> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(STEP)
            .with_secret(self.0.expose().to_vec())
            .build()
            .ok()
    }

    /// What the app shows during a step.
    pub fn code_at(&self, step: u64) -> Option<String> {
        Some(self.totp()?.generate(step.saturating_mul(STEP)).to_string())
    }

    /// The step whose code this is: the current one or the one before it, never a later one
    /// (SEC-45). A step must be accepted once only; that is the store's to decide.
    pub fn matched_step(&self, typed: &str, now: Timestamp) -> Option<u64> {
        let step = now.window(STEP);
        let shaped = typed.len() == 6 && typed.bytes().all(|b| b.is_ascii_digit());
        let mut found = None;
        for candidate in [step, step.saturating_sub(1)] {
            let code = self.code_at(candidate)?;
            if shaped && same(code.as_bytes(), typed.as_bytes()) {
                found = Some(candidate);
            }
        }
        found
    }

    /// The address an app reads from the picture.
    pub fn uri(&self, organisation: &str, name: &str) -> String {
        let escape = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (issuer, name) = (escape(&organisation.replace(':', " ")), escape(name));
        format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}&digits=6&period={STEP}", self.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the seed of the SHA-1 rows, and the last six of their eight digits.
    fn published() -> Seed {
        Seed::new(*b"12345678901234567890")
    }

    #[test]
    fn the_published_codes_match() {
        for (time, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            assert_eq!(published().matched_step(code, Timestamp(time)), Some(time / STEP), "{time}");
        }
    }

    #[test]
    fn the_step_before_is_good_and_no_other() {
        let code = "081804";
        let step = 1_111_111_109 / STEP;
        let at = |steps: i64| published().matched_step(code, Timestamp((step as i64 + steps) as u64 * STEP));
        assert_eq!((at(-1), at(0), at(1), at(2)), (None, Some(step), Some(step), None));
    }

    #[test]
    fn only_six_digits_are_looked_at() {
        for bad in ["", "08180", "0818044", "08180x", "081 804", "０８１８０４"] {
            assert_eq!(published().matched_step(bad, Timestamp(1_111_111_109)), None, "{bad}");
        }
    }

    #[test]
    fn a_seed_is_160_bits_and_survives_its_text() {
        let text = published().to_text();
        assert_eq!(text.len(), 32);
        assert_eq!(Seed::parse(&text).unwrap().to_text(), text);
        assert!(Seed::parse("ABC").is_none());
    }

    #[test]
    fn the_address_escapes_names() {
        let uri = published().uri("Contoso: A&B", "mias@contoso.example");
        assert!(uri.starts_with("otpauth://totp/Contoso%20%20A%26B:mias%40contoso%2Eexample?secret=GEZDG"), "{uri}");
    }
}
