//! `cargo xtask timing`: do the timing tests pass, and do they notice when the work for nobody is left out (SEC-2)?

use crate::components;
use crate::reproduce::copy_tracked;
use crate::shell::{cargo, say};
use crate::test;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Stdio;

const FOLDER: &str = "target/timing";
/// The variable by which the tests take another manifest than the shipped one.
const MANIFEST: &str = "RELATCH_MANIFEST";

/// What a timing test says when it fails as it should, and what is said when there was none of that name.
const TOLD_APART: &str = "a stranger can tell by the clock";
const NONE_RAN: &str = "test result: ok. 0 passed";

/// Work that is done for nobody, and what the code is without it.
struct Defect {
    what: &'static str,
    file: &'static str,
    is: &'static str,
    becomes: &'static str,
    components: &'static [&'static str],
    /// Which test has to notice.
    test: &'static str,
}

const SIGN_IN: &str = "sec_2_a_sign_in_takes_as_long_for_nobody";
const RESET: &str = "sec_2_the_steps_of_a_reset_take_as_long_for_nobody";
const DEFECTS: [Defect; 2] = [
    Defect {
        what: "a sign-in without a hash for names nobody has",
        file: "components/sign-in/src/step.rs",
        is: "app.verify_password(&password, compared.map_or(StoredHash::DECOY, |person| person.password.stored()))?;",
        becomes: "compared.is_some_and(|person| app.verify_password(&password, person.password.stored()).is_ok_and(|is| is));",
        components: &["sign-in"],
        test: SIGN_IN,
    },
    Defect {
        what: "a reset that opens nothing where there is no record",
        file: "crates/relatch-store/src/vault.rs",
        is: "            self.open_nothing(key)?;\n            return Ok(None);",
        becomes: "            let _ = Self::open_nothing;\n            return Ok(None);",
        components: &["start-reset", "send-code", "verify-code"],
        test: RESET,
    },
];

/// Fails when the shipped components are told apart, or a defect is not.
pub fn run() -> Result<()> {
    components::build_all()?;
    test::build()?;
    say("The components as they are shipped");
    if are_told_apart("sec_timing::sqlite", Path::new("spin.toml"))? {
        bail!("a stranger can tell by the time who exists");
    }
    let mut unnoticed = Vec::new();
    for defect in &DEFECTS {
        say(&format!("Put in: {}", defect.what));
        let manifest = put_in(defect)?;
        let is_noticed = are_told_apart(&format!("sec_timing::sqlite::{}", defect.test), &manifest)?;
        println!("{}: {}", if is_noticed { "noticed" } else { "NOT NOTICED" }, defect.what);
        unnoticed.extend((!is_noticed).then_some(defect.what));
    }
    if unnoticed.is_empty() { Ok(()) } else { bail!("not noticed: {}", unnoticed.join(", ")) }
}

/// What the timing tests say. Tests that fail for another reason, or none at all, have said nothing.
fn are_told_apart(tests: &str, manifest: &Path) -> Result<bool> {
    let mut command = cargo();
    command.args(["test", "--workspace", "--test", "blackbox", "--locked", "--", tests]);
    command.env(MANIFEST, std::path::absolute(manifest)?).stderr(Stdio::inherit());
    let output = command.output().context("could not start the tests")?;
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    if said.contains(TOLD_APART) {
        return Ok(true);
    }
    if !output.status.success() || said.contains(NONE_RAN) {
        bail!("{tests} did not come to its end");
    }
    Ok(false)
}

/// A manifest whose components are the shipped ones, but for those with the defect in them.
fn put_in(defect: &Defect) -> Result<PathBuf> {
    let tree = std::env::current_dir()?.join(FOLDER).join("tree");
    copy_tracked(&tree)?;
    let file = tree.join(defect.file);
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, text.replace(defect.is, defect.becomes))?;
    let names: Vec<String> = defect.components.iter().map(|name| (*name).to_owned()).collect();
    let made = components::compile(&tree, &names, None)?;
    let shipped = Path::new("target/components");
    let out = tree.join(shipped);
    std::fs::create_dir_all(&out)?;
    for entry in std::fs::read_dir(shipped)? {
        let entry = entry?;
        std::fs::copy(entry.path(), out.join(entry.file_name()))?;
    }
    let pages = tree.join("target/site");
    if !pages.exists() {
        std::os::unix::fs::symlink(std::path::absolute("target/site")?, pages)?;
    }
    for name in &names {
        std::fs::copy(made.join(components::file_of(name)), out.join(format!("{name}.wasm")))?;
    }
    Ok(tree.join("spin.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_still_has_its_place() {
        for defect in &DEFECTS {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(defect.file);
            let text = std::fs::read_to_string(file).unwrap();
            assert_eq!(text.matches(defect.is).count(), 1, "{}", defect.what);
        }
    }
}
