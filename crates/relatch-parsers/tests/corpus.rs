//! The corpus goes through the same functions without a fuzzer, with every test run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use relatch_parsers::TARGETS;
use std::fs;
use std::path::{Path, PathBuf};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn names_in(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(fuzz().join(folder)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_corpus_breaks_nothing() {
    for (name, target) in TARGETS {
        let mut files = 0;
        for entry in fs::read_dir(fuzz().join("corpus").join(name)).unwrap() {
            target(&fs::read(entry.unwrap().path()).unwrap());
            files += 1;
        }
        assert!(files >= 3, "{name} has hardly a corpus");
    }
}

#[test]
fn every_parser_has_its_program_and_its_corpus() {
    let named: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names_in("fuzz_targets"), named);
    assert_eq!(names_in("corpus"), named);
    let cargo = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in named {
        assert!(cargo.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is not in fuzz/Cargo.toml");
        let program = fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("relatch_parsers::{name}(")), "{name} runs another parser");
    }
}
