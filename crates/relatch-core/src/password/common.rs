//! The bundled list of common passwords. What it holds and where it comes from: `data/README.md`.
//!
//! It is a filter, not text: it knows every word of the list, and takes about one other text in
//! 65,000 for one of them. That price buys two bytes a word.

use super::canonical::is_within_one_edit;
use sha2::{Digest, Sha256};
use xorf::{BinaryFuse16Ref, Filter, FilterRef};

/// Two-byte fingerprints are read where they lie, so they must lie on an even address.
#[repr(C, align(2))]
struct Aligned<T: ?Sized>(T);

static FILTER: &Aligned<[u8]> = &Aligned(*include_bytes!("../../data/common-passwords.bin"));

/// The most common words, canonical, one a line. A filter cannot tell what is near to one of its
/// words: trying every neighbour of a good password would take one in a hundred for common.
static NEAR: &str = include_str!("../../data/near-words.txt");

// xorf trusts the file: lookups in a wrong one would panic. So a wrong one does not compile.
const _: () = assert!(is_sound(&FILTER.0), "data/common-passwords.bin is damaged: run `cargo xtask blocklist`");

/// Length in bytes of what describes the filter; the fingerprints follow.
const HEADER: usize = 20;

/// Does every place that a lookup can reach exist? Places lie in segments whose length is a power of
/// two; a lookup reads one place in each of three segments side by side.
const fn is_sound(file: &[u8]) -> bool {
    let Some((header, fingerprints)) = file.split_first_chunk::<HEADER>() else { return false };
    let [_, _, _, _, _, _, _, _, l0, l1, l2, l3, m0, m1, m2, m3, c0, c1, c2, c3] = *header;
    let segment = u32::from_le_bytes([l0, l1, l2, l3]) as u64;
    let mask = u32::from_le_bytes([m0, m1, m2, m3]) as u64;
    let first_places = u32::from_le_bytes([c0, c1, c2, c3]) as u64;
    segment.is_power_of_two()
        && mask == segment - 1
        && first_places > 0
        && first_places.is_multiple_of(segment)
        && fingerprints.len() as u64 == 2 * (first_places + 2 * segment)
}

/// Is this [`canonical`](super::canonical()) text on the list?
pub(super) fn contains(word: &str) -> bool {
    FILTER
        .0
        .split_first_chunk::<HEADER>()
        .is_some_and(|(header, fingerprints)| BinaryFuse16Ref::from_dma(header, fingerprints).contains(&list_key(word)))
}

/// Is this canonical text one of the most common words, or one character away from it?
pub(super) fn is_near_a_word(text: &str) -> bool {
    NEAR.lines().any(|word| is_within_one_edit(text, word))
}

/// What stands for a word in the list: the first 8 bytes of its SHA-256, the same on every machine.
pub fn list_key(word: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = Sha256::digest(word).into();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::super::canonical;
    use super::*;

    #[test]
    fn known_words_are_found_however_they_are_spelt() {
        for word in ["password123", "iloveyou", "qwertyuiop", "1234567890", "1234567890qwerty", "passwordpassword"] {
            let capital = format!("{}{}", &word[..1].to_uppercase(), &word[1..]);
            for spelt in [word.to_owned(), word.to_uppercase(), capital] {
                assert!(contains(&canonical(&spelt)), "{spelt}");
            }
        }
        assert!(contains(&canonical("P@$$w0rd")));
    }

    #[test]
    fn long_passphrases_are_not_found() {
        for phrase in [
            "correct horse battery staple",
            "tall giraffe eats my lunch",
            "password123 and then some",
            "fifteen  chars!",
            "ein Pferd frisst keinen Gurkensalat",
            "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
            "",
        ] {
            assert!(!contains(&canonical(phrase)), "{phrase}");
        }
    }

    #[test]
    fn every_near_word_is_canonical_and_on_the_list() {
        assert!(NEAR.lines().count() >= 1_000);
        for word in NEAR.lines() {
            assert!(word == canonical(word) && contains(word), "{word}");
        }
        assert!(is_near_a_word("basketbal") && is_near_a_word("bazketball") && is_near_a_word("basketball7"));
        assert!(!is_near_a_word("bazketbal") && !is_near_a_word("tall giraffe"));
    }

    #[test]
    fn a_damaged_list_is_noticed() {
        let file = &FILTER.0;
        assert!(is_sound(file));
        for broken in [&file[..0], &file[..19], &file[..20], &file[..file.len() - 2], &file[2..]] {
            assert!(!is_sound(broken), "{} bytes", broken.len());
        }
        for at in 8..20 {
            let mut changed = file.to_vec();
            changed[at] ^= 1;
            assert!(!is_sound(&changed), "byte {at}");
        }
        // As long as it says, but without the first of the three segments that a lookup reads.
        let mut empty = [0; HEADER + 2 * 2 * 4];
        (empty[8], empty[12]) = (4, 3);
        assert!(!is_sound(&empty));
    }
}
