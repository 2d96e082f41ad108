//! Makes the bundled list of common passwords out of word lists. `cargo xtask blocklist` gets those and runs this.
//!
//! `blocklist <words> <long passwords>`: text files, one word a line, the most common first. Writes
//! `data/`, prints the facts for `data/README.md` as rows of a table.

use relatch_core::password::{canonical, list_key};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use xorf::{BinaryFuse16, DmaSerializable, Filter};

/// Shortest word, in characters: shorter ones are no password and no part that counts.
const SHORTEST: usize = 4;
/// Where a sign-in has no second factor, 15 characters are asked, and the first list has few of them.
/// SEC-35 wants 3,000 of a length that could be used.
const LONG: usize = 15;
const LONG_WORDS: usize = 4_000;
/// A password has 8 characters or more; so has 7 or more what is one character away from it.
const NEAR: usize = 7;
const NEAR_WORDS: usize = 1_000;
/// Texts to measure with.
const TRIES: u32 = 2_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(words), Some(long)) = (arguments.next(), arguments.next()) else {
        return Err("two files are needed; run `cargo xtask blocklist`".into());
    };
    let all = distinct(&std::fs::read_to_string(words)?, SHORTEST);
    let long = distinct(&std::fs::read_to_string(long)?, LONG);
    let mut near: Vec<&str> =
        all.iter().filter(|word| word.chars().count() >= NEAR).take(NEAR_WORDS).map(String::as_str).collect();
    let list: BTreeSet<&str> = all.iter().chain(long.iter().take(LONG_WORDS)).map(String::as_str).collect();

    // Two words with one key would be one to the filter; its maker wants every key once.
    let keys: BTreeSet<u64> = list.iter().map(|word| list_key(word)).collect();
    let filter = BinaryFuse16::try_from(keys.into_iter().collect::<Vec<u64>>())?;
    let mut file = vec![0; BinaryFuse16::DESCRIPTOR_LEN];
    filter.dma_copy_descriptor_to(&mut file);
    file.extend_from_slice(filter.dma_fingerprints());

    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    std::fs::write(data.join("common-passwords.bin"), &file)?;
    near.sort_unstable();
    std::fs::write(data.join("near-words.txt"), lines(near.iter().copied()))?;

    let of_length = |length: usize| list.iter().filter(|word| word.chars().count() >= length).count();
    let hash = Sha256::digest(lines(list.iter().copied()));
    let hits = false_hits(&filter, &list);
    println!("| words | {} |", list.len());
    println!("| of these with 8 characters or more | {} |", of_length(8));
    println!("| of these with {LONG} characters or more | {} |", of_length(LONG));
    println!("| SHA-256 of the words, sorted, each with a line feed | `{}` |", data_encoding::HEXLOWER.encode(&hash));
    println!("| `common-passwords.bin` | {} bytes |", file.len());
    println!("| `near-words.txt` | the {} most common of {NEAR} characters or more |", near.len());
    println!(
        "| false hits | {hits} of {TRIES} random texts that are not on the list: {:.1} in a million |",
        f64::from(hits) * 1e6 / f64::from(TRIES)
    );
    Ok(())
}

/// The words in canonical form, each once, in the order of the file.
fn distinct(text: &str, shortest: usize) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let words = text.lines().map(canonical).filter(|word| word.chars().count() >= shortest);
    words.filter(|word| seen.insert(word.clone())).collect()
}

fn lines<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("{word}\n")).collect()
}

/// How many of many texts that are not on the list the filter takes for one of its words.
fn false_hits(filter: &BinaryFuse16, list: &BTreeSet<&str>) -> u32 {
    // Chosen by SplitMix64 from a fixed start, so that the same list gives the same figure.
    let mut state = 0_u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let (mut tried, mut hits) = (0, 0);
    while tried < TRIES {
        let length = 8 + next() % 17;
        let text: String = (0..length).filter_map(|_| char::from_u32(0x21 + (next() % 94) as u32)).collect();
        let word = canonical(&text);
        if !list.contains(word.as_str()) {
            tried += 1;
            hits += u32::from(filter.contains(&list_key(&word)));
        }
    }
    hits
}
