//! The parts of Microsoft Entra's password protection that need more than a look at a list.
//!
//! Published: one point for each banned word found, one for each character left over, five are
//! enough. Not published, and chosen here:
//! - Words that overlap are taken in the way that gives the fewest points.
//! - Inside a password only the words themselves count, not what is one character away from them:
//!   else almost any three characters would be most of a four-letter word. One edit is forgiven
//!   between a word and the *whole* password, which is then that one word.

use super::{WORD_MAX, WORD_MIN};

/// Fewest points of a password (Entra).
const ENOUGH_POINTS: usize = 5;
/// Fewest kinds of characters (Entra).
const ENOUGH_KINDS: usize = 3;

/// Has this canonical text the points? `is_banned` is asked about its parts, at most 13 for each of
/// the first 64 characters: what is longer has its points anyway, a word being 16 at most.
pub(super) fn has_enough_points(text: &str, is_banned: impl Fn(&str) -> bool) -> bool {
    text.chars().count() > (ENOUGH_POINTS - 1) * WORD_MAX || points(text, is_banned) >= ENOUGH_POINTS
}

/// Fewest points over all ways to cut the text into banned words and single characters.
fn points(text: &str, is_banned: impl Fn(&str) -> bool) -> usize {
    let edges: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    // Fewest points of the first none, one, two ... characters.
    let mut fewest = vec![0];
    for end in 1..edges.len() {
        let alone = fewest.last().map_or(1, |before| before + 1);
        let starts = end.saturating_sub(WORD_MAX)..(end + 1).saturating_sub(WORD_MIN);
        let best = starts.fold(alone, |best, start| {
            let with_word = fewest.get(start).map_or(best, |before| before + 1);
            let word = edges.get(start).zip(edges.get(end)).and_then(|(from, to)| text.get(*from..*to));
            // Asking costs a hash: only where the answer matters.
            if with_word < best && word.is_some_and(&is_banned) { with_word } else { best }
        });
        fewest.push(best);
    }
    fewest.last().copied().unwrap_or_default()
}

/// Three of: lower case, upper case, digits, symbols (space is one).
pub(super) fn has_enough_kinds(text: &str) -> bool {
    let kinds: [fn(char) -> bool; 4] = [
        |c| c.is_ascii_lowercase(),
        |c| c.is_ascii_uppercase(),
        |c| c.is_ascii_digit(),
        |c| c == ' ' || c.is_ascii_punctuation(),
    ];
    kinds.into_iter().filter(|kind| text.chars().any(kind)).count() >= ENOUGH_KINDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;

    fn with(words: &[&str], text: &str) -> usize {
        points(text, |part| words.contains(&part))
    }

    #[test]
    fn a_word_is_one_point_and_so_is_each_other_character() {
        assert_eq!(with(&["contoso", "blank"], "contosoblankl2"), 4);
        assert_eq!(with(&["contoso", "blank"], "contosoblankf9!"), 5);
        assert_eq!(with(&["contoso"], "contosocontoso"), 2);
        assert_eq!(with(&[], "abcde"), 5);
        assert_eq!(with(&["straße"], "xstraßex"), 3);
        assert_eq!(with(&[], ""), 0);
    }

    #[test]
    fn overlapping_words_give_the_fewest_points() {
        // Taking the first, or the longest, would leave more over.
        assert_eq!(with(&["pass", "password", "wordplay"], "passwordplay"), 2);
        assert_eq!(with(&["abcde", "abcd", "efgh"], "abcdefgh"), 2);
        assert_eq!(with(&["abcd", "bcdefg"], "abcdefg"), 2);
    }

    #[test]
    fn words_have_four_to_sixteen_characters() {
        let everything = |_: &str| true;
        assert_eq!(points("abc", everything), 3);
        assert_eq!(points("abcd", everything), 1);
        assert_eq!(points(&"x".repeat(16), everything), 1);
        assert_eq!(points(&"x".repeat(17), everything), 2);
    }

    #[test]
    fn the_work_is_bounded() {
        for length in [64, 65, 256] {
            let asked = Cell::new(0);
            let enough = has_enough_points(&"x".repeat(length), |_| {
                asked.set(asked.get() + 1);
                false
            });
            assert!(enough && asked.get() <= 64 * 13, "{length}: {}", asked.get());
            assert_eq!(asked.get() == 0, length > 64, "what is long enough needs no question");
        }
        let asked = Cell::new(0);
        let points = points("abcde", |part| {
            asked.set(asked.get() + 1);
            part == "abcd"
        });
        // About `abcd` and `abcde`: `bcde` would make no fewer points.
        assert_eq!((points, asked.get()), (2, 2));
        assert!(!has_enough_points(&"x".repeat(64), |_| true));
        assert!(has_enough_points(&"x".repeat(65), |_| true));
    }

    #[test]
    fn three_kinds_of_four() {
        for good in ["Abcdefg1", "abc-efg1", "ABC EFG1", "Abc efgh", "Ab1!"] {
            assert!(has_enough_kinds(good), "{good}");
        }
        for bad in ["abcdefg1", "ABCDEFGH!", "12345678 ", "abc def", "Éabc1", ""] {
            assert!(!has_enough_kinds(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_banned_word_ever_adds_points(text in "[ab]{0,40}", words in proptest::collection::vec("[ab]{4,6}", 0..5)) {
            let without = text.chars().count();
            let mut last = without;
            for count in 0..=words.len() {
                let some: Vec<&str> = words.iter().take(count).map(String::as_str).collect();
                let now = with(&some, &text);
                prop_assert!(now <= last);
                last = now;
            }
        }
    }
}
