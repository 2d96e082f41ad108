//! The organisation's colour: buttons and headings in white on it, so it must not be too pale.

/// Least contrast between text and what it stands on (WCAG 2.2, 1.4.3).
const CONTRAST_MIN: f64 = 4.5;

/// A colour of sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// `#rrggbb` in lower case: the one spelling that is stored and shown.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let part = |from: usize| u8::from_str_radix(digits.get(from..from.checked_add(2)?)?, 16).ok();
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// Can white text be read on it?
    pub fn carries_white(self) -> bool {
        // White has a luminance of 1.
        1.05 / (self.luminance() + 0.05) >= CONTRAST_MIN
    }

    /// Relative luminance (WCAG 2.2), from 0 for black to 1 for white.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

fn linear(part: u8) -> f64 {
    let part = f64::from(part) / 255.0;
    if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_spelling_is_a_colour() {
        assert_eq!(Colour::parse("#0a1fff"), Some(Colour([10, 31, 255])));
        for bad in
            ["", "#", "#fff", "#0A1FFF", "0a1fff", "#0a1fff0", "#0a1ff", "#+a1fff", "red", "#0a1ff\u{e9}", "#é€f"]
        {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn white_text_needs_four_and_a_half_to_one() {
        let carries = |text| Colour::parse(text).unwrap().carries_white();
        // #767676 has 4.54:1, #777777 has 4.48:1.
        for dark in ["#000000", "#767676", "#0f6cbd", "#b00020", "#0000ff"] {
            assert!(carries(dark), "{dark}");
        }
        for pale in ["#ffffff", "#777777", "#ffff00", "#00ff00", "#ff0000"] {
            assert!(!carries(pale), "{pale}");
        }
    }

    #[test]
    fn luminance_is_the_one_of_the_guidelines() {
        // The dark parts are a straight line, the others a curve.
        for (part, expected) in [(0, 0.0), (10, 0.003_035_3), (11, 0.003_346_5), (128, 0.215_860_5), (255, 1.0)] {
            assert!((linear(part) - expected).abs() < 1e-6, "{part}: {}", linear(part));
        }
    }
}
