//! Every parser that sees bytes from outside, one function each. None may panic, and what each promises beside that is
//! asserted here: the fuzzer looks for bytes that break it, and a test runs the corpus.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]
#![allow(clippy::expect_used, clippy::panic, reason = "a broken promise is what is looked for")]

mod borrowed;
mod requests;
mod typed;
mod wire;

pub use requests::{cookies, json, requests, tokens};
pub use typed::{codes, csv, logo, names, phones, return_addresses, rules};

/// A parser by the name of its program and of its corpus.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 12] = [
    ("codes", codes),
    ("cookies", cookies),
    ("csv", csv),
    ("json", json),
    ("logo", logo),
    ("manifest", manifest),
    ("names", names),
    ("phones", phones),
    ("requests", requests),
    ("return_addresses", return_addresses),
    ("rules", rules),
    ("tokens", tokens),
];

/// `spin.toml`, for the host of our own.
pub fn manifest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(manifest) = borrowed::manifest::Manifest::parse(text, "spin.toml", std::path::Path::new(".")) {
        for route in &manifest.routes {
            assert!(manifest.components.contains_key(&route.component), "a route to nobody");
        }
    }
}

/// The first line, and the rest.
fn two(data: &[u8]) -> Option<(&str, &str)> {
    let text = std::str::from_utf8(data).ok()?;
    Some(text.split_once('\n').unwrap_or((text, "")))
}
