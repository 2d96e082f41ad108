//! Names that must agree, arrows that must point down, lists that must match.

use relatch_tests::site::root;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn components() -> BTreeSet<String> {
    let folders = fs::read_dir(root().join("components")).unwrap().map(|entry| entry.unwrap());
    folders
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Files in a folder and its folders.
pub fn sources(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut waiting = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "node_modules" && name != "target" {
                waiting.push(path);
            } else if name.ends_with(ending) {
                files.push(path);
            }
        }
    }
    files
}

#[test]
fn folder_crate_component_and_route_have_one_name() {
    let manifest: toml::Value = toml::from_str(&read("spin.toml")).unwrap();
    let in_manifest: BTreeSet<String> = manifest["component"].as_table().unwrap().keys().cloned().collect();
    assert_eq!(in_manifest, components());
    for trigger in manifest["trigger"]["http"].as_array().unwrap() {
        let component = trigger["component"].as_str().unwrap();
        match trigger["route"].as_str() {
            Some("/...") => assert_eq!(component, "site"),
            Some("/api/logo/...") => assert_eq!(component, "policy", "the logo is part of the policy"),
            Some("/internal/sweep") => assert_eq!(component, "sweep", "for a timer, not for browsers"),
            Some(route) => assert_eq!(route, format!("/api/{component}/...")),
            None => assert_eq!(component, "messenger", "only the messenger is private"),
        }
    }
    for name in components() {
        let cargo: toml::Value = toml::from_str(&read(format!("components/{name}/Cargo.toml"))).unwrap();
        assert_eq!(cargo["package"]["name"].as_str(), Some(name.as_str()));
    }
}

#[test]
fn every_step_has_the_same_files_and_its_readme_names_its_grants() {
    let manifest: toml::Value = toml::from_str(&read("spin.toml")).unwrap();
    for name in components() {
        for file in ["README.md", "src/lib.rs", "src/step.rs"] {
            assert!(root().join("components").join(&name).join(file).is_file(), "{name}/{file}");
        }
        let readme = read(format!("components/{name}/README.md"));
        let block = &manifest["component"][&name];
        let grants = |key: &str| block.get(key).and_then(|value| value.as_array()).is_some();
        assert_eq!(
            readme.contains("key-value `default`"),
            grants("key_value_stores"),
            "{name}: key-value in its README"
        );
        assert_eq!(
            readme.contains("Outbound:"),
            grants("allowed_outbound_hosts"),
            "{name}: outbound hosts in its README"
        );
    }
}

#[test]
fn arrows_point_down() {
    let allowed = |name: &str| -> &[&str] {
        match name {
            "relatch-core" | "relatch-backends" | "catcher" | "xtask" => &[],
            "host" => &["relatch-backends"],
            "keys" => &["relatch-backends", "relatch-core", "relatch-store"],
            "relatch-store" | "relatch-delivery" | "relatch-http" | "relatch-model" => &["relatch-core"],
            "relatch-spin" => &["relatch-core", "relatch-store", "relatch-delivery", "relatch-http"],
            _ => &[
                "relatch-core",
                "relatch-store",
                "relatch-delivery",
                "relatch-http",
                "relatch-spin",
                "relatch-testkit",
            ],
        }
    };
    let crates = [
        "relatch-backends",
        "relatch-core",
        "relatch-store",
        "relatch-delivery",
        "relatch-http",
        "relatch-spin",
        "relatch-model",
    ]
    .map(|name| (name.to_owned(), format!("crates/{name}")));
    let steps = components().into_iter().map(|name| (name.clone(), format!("components/{name}")));
    let apart = ["host", "xtask", "catcher", "keys"].map(|name| (name.to_owned(), name.to_owned()));
    for (name, folder) in crates.into_iter().chain(steps).chain(apart) {
        let cargo: toml::Value = toml::from_str(&read(format!("{folder}/Cargo.toml"))).unwrap();
        let none = toml::map::Map::new();
        let depends = cargo.get("dependencies").and_then(|value| value.as_table()).unwrap_or(&none);
        for ours in depends.keys().filter(|dependency| dependency.starts_with("relatch-")) {
            let fine = allowed(&name).contains(&ours.as_str()) && ours != "relatch-testkit";
            assert!(fine, "{name} may not depend on {ours}");
        }
    }
}

#[test]
fn only_the_adapter_and_the_entries_name_the_runtime() {
    for file in sources("components", ".rs").into_iter().chain(sources("crates", ".rs")) {
        let path = file.to_string_lossy().into_owned();
        let may = path.contains("relatch-spin/src") || path.ends_with("src/lib.rs");
        let names = fs::read_to_string(&file)
            .unwrap()
            .lines()
            .any(|line| line.contains("spin_sdk") && !line.trim_start().starts_with("//"));
        assert!(may || !names, "{path} names spin_sdk");
    }
}

#[test]
fn errors_match_their_document() {
    let document = read("docs/ERRORS.md");
    for code in relatch_http::Code::ALL {
        let row = document.lines().find(|line| line.starts_with(&format!("| `{}` |", code.as_str())));
        let row = row.unwrap_or_else(|| panic!("{} is not in docs/ERRORS.md", code.as_str()));
        assert!(row.contains(&format!("| {} |", code.status().as_u16())), "{row}");
    }
    let known: BTreeSet<&str> = relatch_http::Code::ALL.iter().map(|code| code.as_str()).collect();
    for line in document.lines().filter(|line| line.starts_with("| `")) {
        let code = line.split('`').nth(1).unwrap();
        assert!(known.contains(code), "{code} is documented and does not exist");
    }
}

#[test]
fn keys_match_their_document() {
    let document = read("docs/KEYS.md");
    let documented: BTreeSet<&str> = document
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| line.split('`').nth(1))
        .map(|key| key.split(':').next().unwrap())
        .collect();
    let mut known: BTreeSet<&str> = relatch_store::keys::PREFIXES.iter().map(|(prefix, _)| *prefix).collect();
    known.insert(relatch_store::keys::CLAIM);
    assert_eq!(documented, known);
}

#[test]
fn every_documented_problem_code_of_the_api_exists() {
    let document = read("docs/openapi.yaml");
    for code in relatch_http::Code::ALL {
        assert!(document.contains(code.as_str()), "{} is not in openapi.yaml", code.as_str());
    }
}

#[test]
fn sizes_are_within_their_budgets() {
    let mut all = 0;
    for name in components() {
        let size = fs::metadata(root().join(format!("target/components/{name}.wasm"))).unwrap().len();
        assert!(size <= 1_300_000, "{name}: {size} bytes");
        all += size;
    }
    assert!(all <= 16_000_000, "all components: {all} bytes");
}

#[test]
fn nothing_of_ours_is_unsafe_ignored_or_unfinished() {
    for folder in ["components", "crates", "host", "catcher", "xtask"] {
        for file in sources(folder, ".rs") {
            let text = fs::read_to_string(&file).unwrap();
            for bad in
                [concat!("#[igno", "re"), concat!("todo", "!("), concat!("unimpl", "emented!("), concat!("FIX", "ME")]
            {
                assert!(!text.contains(bad), "{bad} in {}", file.display());
            }
        }
    }
}

#[test]
fn s_numbers_of_the_walk_are_named_in_tests() {
    let read = |(folder, end)| sources(folder, end).into_iter().map(|file| fs::read_to_string(file).unwrap());
    let pages: String = read(("tests/browser", ".test.mjs")).collect();
    let journeys: String = read(("tests/blackbox", ".rs")).collect();
    let titles = pages.lines().filter(|line| ["test(", "part(", "\"S50 text\""].iter().any(|mark| line.contains(mark)));
    let names = journeys.lines().filter(|line| line.starts_with("async fn "));
    let words: BTreeSet<String> = titles
        .chain(names)
        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()))
        .map(str::to_ascii_lowercase)
        .collect();
    // S9, writeback, comes later.
    for number in (1..=8).chain(10..=58) {
        assert!(words.contains(&format!("s{number}")), "S{number} is in no test's name");
    }
}

/// `RELATCH_WRITE=1 cargo xtask test limits_match` writes the document.
#[test]
fn limits_match_their_document() {
    let wanted = relatch_core::limits::markdown();
    let path = root().join("docs/LIMITS.md");
    if std::env::var_os("RELATCH_WRITE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), wanted, "run it with RELATCH_WRITE=1");
}

/// Who reads docs/THREATS.md must find every test it names.
#[test]
fn tests_that_threats_name_are_there() {
    let tests: String = sources("tests/blackbox", ".rs").iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let threats = read("docs/THREATS.md");
    let named = threats.split('`').skip(1).step_by(2);
    let named: Vec<&str> = named.filter(|name| name.starts_with("sec_") || name.starts_with("a39_")).collect();
    assert!(named.len() > 60);
    for name in named {
        assert!(tests.contains(&format!("fn {name}(")), "{name}");
    }
    let attacks: Vec<&str> = threats.lines().filter(|line| line.starts_with("| A")).collect();
    assert_eq!(attacks.len(), 46);
    for (number, line) in (1..).zip(attacks) {
        let mut cells = line.split('|').map(str::trim).skip(1);
        assert_eq!(cells.next(), Some(format!("A{number}").as_str()));
        let named: Vec<&str> = cells.nth(1).unwrap().split_whitespace().map(|name| name.trim_matches('`')).collect();
        assert!(!named.is_empty(), "{line}");
        for name in named {
            let called = [format!("fn {name}("), format!("\n    {name},")];
            assert!(called.iter().any(|call| tests.contains(call)), "{name}");
        }
    }
}
