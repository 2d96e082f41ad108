//! Phone numbers in E.164, read with libphonenumber's rules.

use crate::secret::Secret;
use rlibphonenumber::enums::Region;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};

/// A valid phone number: `+447400123456`. Secret: it never reaches a log or an unauthenticated reply.
#[derive(Clone, Debug)]
pub struct PhoneNumber {
    e164: Secret<String>,
    /// Digits of the country's calling code, which only the library can tell from the rest.
    calling_code: usize,
    country: Option<Region>,
}

/// Longest text a number is read from; E.164 has 15 digits, people add spaces and brackets.
const TYPED_MAX: usize = 40;

/// Digits of a number, its calling code among them (E.164: 15 at most).
const LENGTHS: std::ops::RangeInclusive<usize> = 7..=15;

impl PhoneNumber {
    /// Reads what a person typed, with the country they chose (ISO 3166 two letters).
    ///
    /// A number that starts with `+` is read without the country, and only if the library kept the
    /// very digits that were typed: a code must never go to a number nobody named.
    pub fn parse(typed: &str, country: &str) -> Option<Self> {
        let typed = typed.trim();
        let allowed = |b: u8| b.is_ascii_digit() || b" ()-./+".contains(&b);
        if typed.len() > TYPED_MAX || !typed.bytes().all(allowed) || typed.rfind('+').is_some_and(|at| at > 0) {
            return None;
        }
        let international = typed.starts_with('+');
        let region = if international { None } else { Some(region(country)?) };
        let number = PHONE_NUMBER_UTIL.parse(typed, region).ok()?;
        if !number.is_valid() || !is_somebodys(&number) {
            return None;
        }
        let e164 = number.format_as(PhoneNumberFormat::E164).to_string();
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
        // The library takes a few numbers for valid that are longer than E.164 allows, and nobody could read them back.
        if !LENGTHS.contains(&digits(&e164).len()) {
            return None;
        }
        let calling_code = number.country_code.to_string().len();
        let country = number.get_region_code();
        (!international || digits(typed) == digits(&e164)).then(|| Self {
            e164: Secret::new(e164),
            calling_code,
            country,
        })
    }

    /// Reads back what [`PhoneNumber::to_stored`] wrote.
    pub fn from_stored(stored: &str) -> Option<Self> {
        let (code, rest) = stored.strip_prefix('+')?.split_once(' ')?;
        let digits = format!("{code}{rest}");
        let fits = LENGTHS.contains(&digits.len()) && (1..=3).contains(&code.len());
        let fits = fits && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self { e164: Secret::new(format!("+{digits}")), calling_code: code.len(), country: None })
    }

    /// `+44 7400123456`: what a record holds, so that reading it back needs no library.
    pub fn to_stored(&self) -> String {
        let (code, rest) = self.split();
        format!("{code} {rest}")
    }

    /// E.164, with the plus.
    pub fn expose(&self) -> &str {
        self.e164.expose()
    }

    /// Is this number in one of these countries? An empty list is no list: then it may be in any. One that
    /// came back from a record does not know its country, and is in none.
    pub fn is_in(&self, countries: &[String]) -> bool {
        countries.is_empty() || self.country.is_some_and(|own| countries.iter().any(|code| region(code) == Some(own)))
    }

    /// `+44`: the country, or the few that share a code, as far as a record tells.
    pub fn calling_code(&self) -> &str {
        self.split().0
    }

    fn split(&self) -> (&str, &str) {
        self.expose().split_at_checked(self.calling_code.saturating_add(1)).unwrap_or((self.expose(), ""))
    }

    /// What its owner may see once signed in: `+44 •••• ••3456`.
    pub fn hint(&self) -> String {
        let (country, all) = self.split();
        let digits = all.chars().count();
        // Some countries have numbers of four digits: never more than half.
        let tail: String = all.chars().skip(digits.saturating_sub(4.min(digits / 2))).collect();
        format!("{country} •••• ••{tail}")
    }
}

/// Calling codes that belong to no country: free and shared lines, satellites, premium networks. A message
/// there costs a fortune, which somebody else is paid (SEC-62).
const NO_COUNTRY: [i32; 9] = [800, 808, 870, 878, 881, 882, 883, 888, 979];

/// A number that a person has, in a country: never a paid service.
fn is_somebodys(number: &rlibphonenumber::PhoneNumber) -> bool {
    use PhoneNumberType::{FixedLine, FixedLineOrMobile, Mobile, VoIP};
    let kind = number.get_type();
    !NO_COUNTRY.contains(&number.country_code) && matches!(kind, FixedLine | Mobile | FixedLineOrMobile | VoIP)
}

/// Is this the code of a country (ISO 3166-1, two capital letters)? Asks no table of numbers, which would
/// weigh half a megabyte.
pub fn is_country(code: &str) -> bool {
    // ZZ is how the list of regions says "unknown".
    code != "ZZ" && region(code).is_some()
}

fn region(country: &str) -> Option<Region> {
    let fits = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
    if fits { Region::try_from(country).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn e164(typed: &str, country: &str) -> Option<String> {
        PhoneNumber::parse(typed, country).map(|number| number.expose().to_owned())
    }

    #[test]
    fn national_and_international_spellings_meet() {
        for typed in ["07400 123456", "(07400) 123-456", "+447400123456", "+44 7400 123456"] {
            assert_eq!(e164(typed, "GB").as_deref(), Some("+447400123456"), "{typed}");
        }
        assert_eq!(e164("(201) 555-0123", "US").as_deref(), Some("+12015550123"));
    }

    #[test]
    fn what_is_typed_has_an_end() {
        let spaced = |length: usize| format!("07400{}123456", " ".repeat(length - 11));
        assert_eq!(e164(&spaced(TYPED_MAX), "GB").as_deref(), Some("+447400123456"));
        assert_eq!(e164(&spaced(TYPED_MAX + 1), "GB"), None);
    }

    #[test]
    fn sec_62_no_satellite_and_no_paid_line() {
        for typed in ["+881612345678", "+979123456789", "+19005551234", "+449012345678", "+448001111111"] {
            assert_eq!(e164(typed, "GB"), None, "{typed}");
        }
        assert!(e164("+442079460123", "GB").is_some());
    }

    #[test]
    fn a_foreign_number_keeps_its_own_digits() {
        // A library once turned these into other people's numbers when a country was given.
        assert_eq!(e164("+4915112345678", "US").as_deref(), Some("+4915112345678"));
        assert_eq!(e164("+8613912345678", "US").as_deref(), Some("+8613912345678"));
        assert_eq!(e164("+39 312 345 6789", "GB").as_deref(), Some("+393123456789"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for typed in [
            "",
            "+",
            "12",
            "+44",
            "+1;ext=5",
            "tel:+447400123456",
            "+44 7400 123456 x5",
            "+447400123456,+12015550123",
            "++447400123456",
            "447400123456+",
            "+44740012345678901",
            "07400\n123456",
            "０７４００１２３４５６",
        ] {
            assert_eq!(e164(typed, "GB"), None, "{typed:?}");
        }
        for country in ["", "gb", "G", "GBR", "ZZ", "??"] {
            assert_eq!(e164("07400 123456", country), None, "{country:?}");
        }
    }

    #[test]
    fn what_is_stored_comes_back() {
        let number = PhoneNumber::parse("07400 123456", "GB").unwrap();
        assert_eq!(number.to_stored(), "+44 7400123456");
        assert_eq!(number.calling_code(), "+44");
        let back = PhoneNumber::from_stored(&number.to_stored()).unwrap();
        assert_eq!((back.expose(), back.hint()), (number.expose(), number.hint()));
        for bad in ["", "+447400123456", "44 7400123456", "+44 x", "+4474 00123456", "+ 447400123456"] {
            assert!(PhoneNumber::from_stored(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_number_knows_its_country_also_where_a_code_is_shared() {
        let list = |codes: &[&str]| codes.iter().map(ToString::to_string).collect::<Vec<_>>();
        let in_these = |typed: &str, codes: &[&str]| PhoneNumber::parse(typed, "GB").unwrap().is_in(&list(codes));
        assert!(in_these("+447400123456", &[]) && in_these("+447400123456", &["DE", "GB"]));
        assert!(!in_these("+447400123456", &["DE"]) && !in_these("+447797712345", &["GB"]), "Jersey is not GB");
        assert!(in_these("+12015550123", &["US"]) && !in_these("+12015550123", &["CA"]));
        assert!(!PhoneNumber::from_stored("+44 7400123456").unwrap().is_in(&list(&["GB"])));
        assert!(is_country("GB") && is_country("JE"));
        assert!(!is_country("gb") && !is_country("ZZ") && !is_country("GBR") && !is_country(""));
    }

    #[test]
    fn the_hint_shows_four_digits() {
        let number = PhoneNumber::parse("07400 123456", "GB").unwrap();
        assert_eq!(number.hint(), "+44 •••• ••3456");
        assert!(!format!("{number:?}").contains("7400"));
    }

    /// Found by the fuzzer: it was stored, and then could not be read.
    #[test]
    fn a_number_longer_than_e164_allows_is_none() {
        assert!(PhoneNumber::parse("05 45245/30252 4538", "DE").is_none());
        assert!(PhoneNumber::parse("+49 545245302524538", "").is_none());
    }

    /// Found by the fuzzer.
    #[test]
    fn the_hint_of_a_short_number_is_not_the_number() {
        let short = PhoneNumber::parse("+352 7406", "").unwrap();
        assert_eq!(short.hint(), "+352 •••• ••06");
    }
}
