//! Passwords: what they may be, and the exact bytes that are hashed.

mod banned;
mod canonical;
mod common;
mod entra;

pub use banned::{BANNED_WORDS_MAX, BadBannedWord, BadWordReason, BannedWords};
pub use canonical::canonical;
pub use common::list_key;

use crate::coded::Coded;
use crate::limits::{PASSWORD_MAX, PASSWORD_MAX_BYTES, PASSWORD_MIN, PASSWORD_MIN_WITH_SECOND_FACTOR};
use crate::secret::Secret;
use unicode_normalization::UnicodeNormalization;

/// A password as it is hashed: Unicode NFC, nothing trimmed, cut or changed in case (SEC-36).
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

/// Why a password was refused. The person is told (NIST 3.1.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    TooShort,
    TooLong,
    UnsupportedCharacter,
    ContainsName,
    SameAsBefore,
    /// On the list of common passwords, or an organisation's own banned word.
    Common,
    /// Fewer than three kinds of characters. [`Profile::Entra`] only.
    TooFewKinds,
    /// Little but banned words. [`Profile::Entra`] only.
    TooFewPoints,
    /// One of the last so many of this account.
    UsedBefore,
    /// Known from a breach elsewhere.
    Breached,
}

impl Rejection {
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::UnsupportedCharacter => "unsupported_character",
            Self::ContainsName => "contains_name",
            Self::SameAsBefore => "same_as_before",
            Self::Common => "common",
            Self::TooFewKinds => "too_few_kinds",
            Self::TooFewPoints => "too_few_points",
            Self::UsedBefore => "used_before",
            Self::Breached => "breached",
        }
    }
}

impl Password {
    /// Length is judged before any other work, so a long text costs nothing (SEC-37).
    pub fn parse(typed: &str) -> Result<Self, Rejection> {
        if typed.len() > PASSWORD_MAX_BYTES || typed.chars().count() > PASSWORD_MAX {
            return Err(Rejection::TooLong);
        }
        if typed.chars().any(char::is_control) {
            return Err(Rejection::UnsupportedCharacter);
        }
        Ok(Self(Secret::new(typed.nfc().collect())))
    }

    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Shortest banned word, and shortest name that counts, in characters (Entra: 4).
const WORD_MIN: usize = 4;
/// Longest banned word that is looked for inside a password, in characters (Entra: 16).
const WORD_MAX: usize = 16;

/// Whose rules a new password is judged by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// NIST SP 800-63B-4: long, not common, nothing else. 15 characters, or 8 beside a second
    /// factor; the whole password is compared with the list, so a longer one may hold a listed word.
    #[default]
    Nist,
    /// Microsoft Entra ID as published, for people who move from there: 8 to 256 characters of
    /// ASCII, three kinds of four, no name in it, five points. NIST advises against such rules.
    Entra,
}

impl Coded for Profile {
    const ALL: &'static [Self] = &[Self::Nist, Self::Entra];

    fn code(self) -> &'static str {
        match self {
            Self::Nist => "nist",
            Self::Entra => "entra",
        }
    }
}

/// What a new password of one account must be; shown before typing, judged by [`PasswordRules::judge`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRules {
    /// Fewest code points.
    pub min_length: usize,
    /// Most code points.
    pub max_length: usize,
    profile: Profile,
    second_factor: bool,
    /// The account's and the organisation's names, canonical; no password may be mostly one of them.
    names: Vec<String>,
    /// The same names and each of their words: no password may contain one in [`Profile::Entra`].
    name_parts: Vec<String>,
    banned: BannedWords,
}

impl PasswordRules {
    /// NIST's rules without words of the organisation's own.
    ///
    /// `second_factor`: the account is asked for one at sign-in, so 8 characters are enough. `names`:
    /// the account's sign-in name and its part before the `@`, the person's name, the organisation's.
    pub fn new(second_factor: bool, names: &[&str]) -> Self {
        Self {
            min_length: if second_factor { PASSWORD_MIN_WITH_SECOND_FACTOR } else { PASSWORD_MIN },
            max_length: PASSWORD_MAX,
            profile: Profile::Nist,
            second_factor,
            names: names.iter().map(|name| canonical(name)).filter(|name| is_long_enough(name)).collect(),
            name_parts: names.iter().flat_map(|name| parts(name)).filter(|part| is_long_enough(part)).collect(),
            banned: BannedWords::default(),
        }
    }

    /// The same account under a profile's rules. Entra asks for 8 characters of everybody.
    pub fn with_profile(self, profile: Profile) -> Self {
        let min_length = match profile {
            Profile::Nist if !self.second_factor => PASSWORD_MIN,
            Profile::Nist | Profile::Entra => PASSWORD_MIN_WITH_SECOND_FACTOR,
        };
        Self { min_length, profile, ..self }
    }

    /// The organisation's own words, beside the bundled list.
    pub fn with_banned_words(self, banned: BannedWords) -> Self {
        Self { banned, ..self }
    }

    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Every reason against this password; none means it may be used.
    pub fn judge(&self, password: &Password) -> Vec<Rejection> {
        let text = password.expose();
        // A copy of the password: wiped like the password itself.
        let plain = Secret::new(canonical(text));
        let plain = plain.expose();
        let is_listed = |word: &str| self.banned.contains(word) || common::contains(word);
        let mut reasons = Vec::new();
        let mut refuse_if = |reason, is_so: bool| reasons.extend(is_so.then_some(reason));

        refuse_if(Rejection::TooShort, text.chars().count() < self.min_length);
        match self.profile {
            Profile::Nist => {
                refuse_if(Rejection::ContainsName, self.is_mostly_a_name(plain));
                refuse_if(Rejection::Common, is_listed(plain));
            }
            Profile::Entra => {
                refuse_if(Rejection::UnsupportedCharacter, !text.is_ascii());
                refuse_if(Rejection::TooFewKinds, !entra::has_enough_kinds(text));
                refuse_if(Rejection::ContainsName, self.name_parts.iter().any(|part| plain.contains(part.as_str())));
                // One word from end to end, so one point.
                let is_one_word =
                    is_listed(plain) || self.banned.is_near_a_word(plain) || common::is_near_a_word(plain);
                refuse_if(Rejection::Common, is_one_word);
                refuse_if(Rejection::TooFewPoints, is_one_word || !entra::has_enough_points(plain, is_listed));
            }
        }
        reasons
    }

    /// A name that makes up at least half of the password.
    fn is_mostly_a_name(&self, plain: &str) -> bool {
        let length = plain.chars().count();
        self.names.iter().any(|name| plain.contains(name.as_str()) && name.chars().count() * 2 >= length)
    }
}

/// A name and its words, canonical. Of a sign-in name, what stands before the `@`: the rest is a
/// domain, whose `com` or `example` is nobody's name.
fn parts(name: &str) -> impl Iterator<Item = String> {
    let name = name.split('@').next().unwrap_or_default();
    name.split(|c: char| !c.is_alphanumeric()).chain([name]).map(canonical)
}

fn is_long_enough(name: &str) -> bool {
    name.chars().count() >= WORD_MIN
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn judge(text: &str) -> Vec<Rejection> {
        PasswordRules::new(false, &["mias@contoso.example", "mias", "Mia Steele", "Contoso"])
            .judge(&Password::parse(text).unwrap())
    }

    #[test]
    fn length_counts_code_points() {
        assert_eq!(judge("fourteen chars"), [Rejection::TooShort]);
        assert_eq!(judge("fifteen  chars!"), []);
        assert_eq!(judge(&"😀".repeat(15)), []);
        assert_eq!(Password::parse(&"x".repeat(257)).unwrap_err(), Rejection::TooLong);
        assert!(Password::parse(&"x".repeat(256)).is_ok());
        assert!(Password::parse(&"😀".repeat(256)).is_ok(), "four bytes each, which is as long as it gets");
        assert_eq!(Password::parse(&"😀".repeat(257)).unwrap_err(), Rejection::TooLong);
    }

    #[test]
    fn a_refusal_is_named_as_the_pages_know_it() {
        use Rejection::*;
        let form = [TooShort, TooLong, UnsupportedCharacter, TooFewKinds, TooFewPoints].map(Rejection::code);
        assert_eq!(form, ["too_short", "too_long", "unsupported_character", "too_few_kinds", "too_few_points"]);
        let known = [ContainsName, SameAsBefore, Common, UsedBefore, Breached].map(Rejection::code);
        assert_eq!(known, ["contains_name", "same_as_before", "common", "used_before", "breached"]);
    }

    #[test]
    fn nothing_is_trimmed_and_only_nfc_is_folded() {
        assert_eq!(Password::parse(" pass word ").unwrap().expose(), " pass word ");
        let composed = Password::parse("caf\u{e9}").unwrap();
        let decomposed = Password::parse("cafe\u{301}").unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
        assert_ne!(Password::parse("ﬁ").unwrap().expose(), "fi");
    }

    #[test]
    fn one_s_own_name_is_no_password() {
        assert_eq!(judge("mias@contoso.example"), [Rejection::ContainsName]);
        assert_eq!(judge("MIA STEELE 12345"), [Rejection::ContainsName]);
        assert_eq!(judge("contoso is where I have my lunch"), []);
    }

    #[test]
    fn with_a_second_factor_eight_are_enough() {
        let rules = PasswordRules::new(true, &[]);
        assert_eq!(rules.judge(&Password::parse("8 chars.").unwrap()), []);
    }

    const NAMES: [&str; 4] = ["mia.steele@contoso.example", "mia.steele", "Mia Steele", "Contoso"];

    fn entra(own: &[&str], text: &str) -> Vec<Rejection> {
        PasswordRules::new(false, &["ada@fabrikam.example", "ada", "Ada Byron", "Fabrikam"])
            .with_profile(Profile::Entra)
            .with_banned_words(BannedWords::parse(own.iter().copied()).unwrap())
            .judge(&Password::parse(text).unwrap())
    }

    fn nist(own: &[&str], text: &str) -> Vec<Rejection> {
        PasswordRules::new(true, &NAMES)
            .with_banned_words(BannedWords::parse(own.iter().copied()).unwrap())
            .judge(&Password::parse(text).unwrap())
    }

    #[test]
    fn common_passwords_are_refused_in_every_case_and_longer_ones_are_not() {
        for common in ["password123", "PASSWORD123", "PassWord123", "iloveyou", "1234567890", "P@ssw0rd"] {
            assert_eq!(nist(&[], common), [Rejection::Common], "{common}");
        }
        assert_eq!(judge("1234567890Qwerty"), [Rejection::Common], "also where 15 are asked");
        for longer in ["password123 is not mine", "xiloveyou", "12345678901 and 2"] {
            assert_eq!(nist(&[], longer), [], "{longer}");
        }
    }

    #[test]
    fn own_words_are_refused_whole_in_every_case_and_form() {
        let own = ["caf\u{e9} central", "Northwind"];
        for word in ["northwind", "NORTHWIND", "N0rthwind", "CAFE\u{301} CENTRAL", "Caf\u{e9} Central"] {
            assert_eq!(nist(&own, word), [Rejection::Common], "{word}");
        }
        for other in ["northwind!", "northwin", "my cafe\u{301} central"] {
            assert!(!nist(&own, other).contains(&Rejection::Common), "{other}");
        }
    }

    #[test]
    fn no_composition_is_asked_by_nist() {
        for text in ["kqzvxwjmbhtyfgp", "593817264058371", "               x", "猫が好きです、犬も好きです、鳥も"]
        {
            assert_eq!(judge(text), [], "{text}");
        }
    }

    #[test]
    fn the_published_examples_of_points() {
        assert_eq!(entra(&["contoso", "blank"], "ContoS0Bl@nkf9!"), []);
        assert_eq!(entra(&["contoso", "blank"], "C0ntos0Blank12"), [Rejection::TooFewPoints]);
        for near in ["Abcdef#9g", "Abcdefg#9gh", "Abcdef#9gh", "Abcde#9gh", "Abcdef#8gh"] {
            let reasons = entra(&["abcdef#9gh"], near);
            assert_eq!(reasons, [Rejection::Common, Rejection::TooFewPoints], "{near}");
        }
        assert!(!entra(&["abcdef#9gh"], "Zbcdef#9gX").contains(&Rejection::Common), "two edits");
    }

    #[test]
    fn entra_asks_for_eight_to_256_of_ascii_in_three_kinds() {
        assert_eq!(entra(&[], "kQ7-vxZ"), [Rejection::TooShort]);
        assert_eq!(entra(&[], "kQ7-vxZw"), []);
        let long = "kQ7-".repeat(64);
        assert_eq!(entra(&[], &long), []);
        assert_eq!(entra(&[], "kqv-vxzw"), [Rejection::TooFewKinds]);
        assert_eq!(entra(&[], "kQ7 vxZ\u{e9}w"), [Rejection::UnsupportedCharacter]);
        let rules = PasswordRules::new(false, &[]);
        assert_eq!((rules.min_length, rules.max_length), (15, 256));
        let rules = rules.with_profile(Profile::Entra);
        assert_eq!((rules.min_length, rules.max_length, rules.profile()), (8, 256, Profile::Entra));
        assert_eq!(rules.with_profile(Profile::Nist), PasswordRules::new(false, &[]));
        let rules = PasswordRules::new(true, &[]);
        assert_eq!(rules.clone().with_profile(Profile::Nist), rules);
    }

    #[test]
    fn entra_refuses_a_name_anywhere() {
        let rules = PasswordRules::new(false, &NAMES).with_profile(Profile::Entra);
        let judge = |text: &str| rules.judge(&Password::parse(text).unwrap());
        for text in ["kQ7-vxZw-St33l3-steele", "kQ7-vxZw-CONT0$O-qj", "xw STEELE 7qz kvf"] {
            assert_eq!(judge(text), [Rejection::ContainsName], "{text}");
        }
        // Three letters are too few to count, a domain is nobody's name.
        for text in ["kQ7-vxZw-mia-qj4", "kQ7-vxZw-example-qj4"] {
            assert_eq!(judge(text), [], "{text}");
        }
    }

    #[test]
    fn every_reason_is_given() {
        let rules = PasswordRules::new(false, &NAMES).with_profile(Profile::Entra);
        let all = [
            Rejection::TooShort,
            Rejection::UnsupportedCharacter,
            Rejection::TooFewKinds,
            Rejection::ContainsName,
            Rejection::TooFewPoints,
        ];
        assert_eq!(rules.judge(&Password::parse("ésteele").unwrap()), all);
        assert_eq!(judge("iloveyou"), [Rejection::TooShort, Rejection::Common]);
    }

    #[test]
    fn profiles_have_permanent_names() {
        for profile in [Profile::Nist, Profile::Entra] {
            assert_eq!(Profile::parse(profile.code()), Some(profile));
        }
        assert_eq!(Profile::default(), Profile::Nist);
        assert_eq!(Profile::parse("NIST"), None);
    }

    proptest! {
        #[test]
        fn case_and_form_change_no_verdict_of_nist(text in "[a-cA-C0$@éÖßΣς\u{301}\u{308} ]{1,40}") {
            let rules = PasswordRules::new(true, &NAMES);
            let judge = |text: &str| {
                let reasons = rules.judge(&Password::parse(text).unwrap());
                reasons.into_iter().filter(|reason| *reason != Rejection::TooShort).collect::<Vec<_>>()
            };
            prop_assert_eq!(judge(&text.nfd().collect::<String>()), judge(&text));
            prop_assert_eq!(judge(&text.to_uppercase()), judge(&text));
        }
    }
}
