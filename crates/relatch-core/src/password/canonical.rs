//! The one spelling in which passwords, names and banned words are compared. Never what is hashed.

use unicode_normalization::UnicodeNormalization;

/// NFC, without case, look-alikes replaced: `C0ntoso` and `CONTOSO` become `contoso`.
///
/// The replaced characters are the four that Microsoft publishes, and no more: `0` is o, `1` is l,
/// `$` is s, `@` is a.
pub fn canonical(text: &str) -> String {
    text.nfc().flat_map(without_case).map(without_look_alike).nfc().collect()
}

/// Down, up and down again: `ẞ`, `ß` and `SS` meet, so do `Σ`, `σ` and `ς`.
fn without_case(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

fn without_look_alike(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'l',
        '$' => 's',
        '@' => 'a',
        other => other,
    }
}

/// Are they equal but for at most one character inserted, left out or replaced?
pub(super) fn is_within_one_edit(one: &str, other: &str) -> bool {
    let same: usize = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (one, other) = (one.get(same..).unwrap_or_default(), other.get(same..).unwrap_or_default());
    // The one edit can only be where they part; all that follows must agree.
    after_first(one) == after_first(other) || after_first(one) == other || one == after_first(other)
}

fn after_first(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next();
    characters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_that_look_alike_are_one() {
        for typed in ["contoso", "CONTOSO", "C0nt0s0", "c0nTo$o", "CONTO\u{17f}O"] {
            assert_eq!(canonical(typed), "contoso", "{typed}");
        }
        assert_eq!(canonical("1l@a$s0o"), "llaassoo");
        assert_eq!(canonical("2345679!|&"), "2345679!|&");
        assert_eq!(canonical("CAFE\u{301}"), canonical("caf\u{e9}"));
        assert_eq!(canonical("STRASSE"), canonical("straße"));
        assert_eq!(canonical("STRAẞE"), canonical("straße"));
        assert_eq!(canonical("ΟΔΟΣ"), canonical("οδος"));
    }

    #[test]
    fn no_character_has_two_canonical_cases() {
        for c in ('\0'..=char::MAX).filter(|c| !c.to_lowercase().eq([*c]) || !c.to_uppercase().eq([*c])) {
            let once = canonical(&c.to_string());
            assert_eq!(canonical(&once), once, "{c}");
            for spelt in [c.to_uppercase().to_string(), c.to_lowercase().to_string()] {
                assert_eq!(canonical(&spelt), once, "{c} as {spelt}");
            }
        }
    }

    #[test]
    fn the_published_examples_of_one_edit() {
        for near in ["abcdef", "abcdeg", "abcdefg", "abcde", "bcdef", "xabcdef", "abxdef", "abcxdef"] {
            assert!(is_within_one_edit(near, "abcdef"), "{near}");
        }
        for far in ["abcd", "abcdefgh", "abcdfe", "bcdefg", "", "xbcdeg"] {
            assert!(!is_within_one_edit(far, "abcdef"), "{far}");
        }
        assert!(is_within_one_edit("", "a") && is_within_one_edit("é", "e"));
    }

    /// The textbook's table, to compare with.
    fn distance(one: &str, other: &str) -> usize {
        let other: Vec<char> = other.chars().collect();
        let mut row: Vec<usize> = (0..=other.len()).collect();
        for (i, a) in one.chars().enumerate() {
            let mut diagonal = row[0];
            row[0] = i + 1;
            for (j, b) in other.iter().enumerate() {
                let replaced = diagonal + usize::from(a != *b);
                diagonal = row[j + 1];
                row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
            }
        }
        row[other.len()]
    }

    proptest! {
        #[test]
        fn one_edit_agrees_with_the_textbook(one in "[abé]{0,6}", other in "[abé]{0,6}") {
            prop_assert_eq!(is_within_one_edit(&one, &other), distance(&one, &other) <= 1);
        }

        #[test]
        fn composed_and_decomposed_are_one(text in any::<String>()) {
            prop_assert_eq!(canonical(&text.nfd().collect::<String>()), canonical(&text));
        }
    }
}
