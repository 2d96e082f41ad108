//! An organisation's own banned words.

use super::canonical::{canonical, is_within_one_edit};
use super::{WORD_MAX, WORD_MIN};

/// Most words of one organisation (Entra: 1,000).
pub const BANNED_WORDS_MAX: usize = 1_000;

/// Words that no password of an organisation may be (and that earn it next to nothing in
/// [`Profile::Entra`](super::Profile::Entra)): its products, places, teams.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BannedWords {
    /// Canonical, sorted, each once.
    words: Vec<String>,
}

/// A line that cannot be a banned word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BadBannedWord {
    /// Which line, counted from 1.
    pub line: usize,
    pub reason: BadWordReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadWordReason {
    #[error("a banned word has {WORD_MIN} characters or more")]
    TooShort,
    #[error("a banned word has {WORD_MAX} characters or fewer")]
    TooLong,
    #[error("a banned word has no control characters")]
    UnsupportedCharacter,
    #[error("there may be {BANNED_WORDS_MAX} banned words")]
    TooMany,
}

impl BannedWords {
    /// One word a line, white space around it dropped, empty lines skipped; case, NFC and look-alikes
    /// make no difference. 4 to 16 characters, at most 1,000 words (Entra). The first bad line is told.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, BadBannedWord> {
        let mut words = Vec::new();
        for (line, text) in (1..).zip(lines) {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            let bad = |reason| BadBannedWord { line, reason };
            if words.len() >= BANNED_WORDS_MAX {
                return Err(bad(BadWordReason::TooMany));
            }
            if text.chars().any(char::is_control) {
                return Err(bad(BadWordReason::UnsupportedCharacter));
            }
            let word = canonical(text);
            match word.chars().count() {
                ..WORD_MIN => return Err(bad(BadWordReason::TooShort)),
                WORD_MIN..=WORD_MAX => words.push(word),
                _ => return Err(bad(BadWordReason::TooLong)),
            }
        }
        words.sort_unstable();
        words.dedup();
        Ok(Self { words })
    }

    /// Is this canonical text one of them?
    pub(super) fn contains(&self, text: &str) -> bool {
        self.words.binary_search_by(|word| word.as_str().cmp(text)).is_ok()
    }

    /// Is this canonical text one of them, or one character away from it?
    pub(super) fn is_near_a_word(&self, text: &str) -> bool {
        self.words.iter().any(|word| is_within_one_edit(text, word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(lines: &str) -> (usize, BadWordReason) {
        let error = BannedWords::parse(lines.lines()).unwrap_err();
        (error.line, error.reason)
    }

    #[test]
    fn four_to_sixteen_characters() {
        assert!(BannedWords::parse(["abcd", "Sechzehn Zeichen", "äöüß", "😀😀😀😀"]).is_ok());
        assert_eq!(bad("abcd\nabc"), (2, BadWordReason::TooShort));
        assert_eq!(bad("\n\n  abc  \n"), (3, BadWordReason::TooShort));
        assert_eq!(bad("seventeen letters"), (1, BadWordReason::TooLong));
        assert_eq!(bad("good\nab\u{7}cd"), (2, BadWordReason::UnsupportedCharacter));
        assert_eq!(
            BannedWords::parse(["abcd", "x"]).unwrap_err().to_string(),
            "line 2: a banned word has 4 characters or more"
        );
    }

    #[test]
    fn a_thousand_and_no_more() {
        let lines = |count: usize| (0..count).map(|n| format!("word{n}\n\n")).collect::<String>();
        assert!(BannedWords::parse(lines(1_000).lines()).is_ok());
        assert_eq!(bad(&lines(1_001)), (2_001, BadWordReason::TooMany));
    }

    #[test]
    fn spelling_makes_no_difference() {
        let words = BannedWords::parse(["Contoso", "c0ntoso", " BLANK "]).unwrap();
        assert_eq!(words, BannedWords::parse(["blank", "contoso", ""]).unwrap());
        assert!(words.contains("contoso") && words.contains("blank") && !words.contains("conto"));
        assert!(words.is_near_a_word("contosa") && !words.is_near_a_word("contos"[1..].trim()));
        assert!(!BannedWords::default().contains("") && !BannedWords::default().is_near_a_word(""));
    }
}
