//! The third-party modules of the pages, made from the npm packages that `static/package.json` names. Nobody else's
//! code is committed; without npm the pages are built without these modules, and work.

use crate::install;
use crate::shell::{find, run, say};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// What is made, laid out like `static/`.
pub const MADE: &str = "target/vendor";
const FOLDER: &str = "static";
const OF: [&str; 3] = ["package-lock.json", "vendor.mjs", "zxcvbn.mjs"];
const STAMP: &str = "target/vendor.stamp";
/// What a page imports where there is no npm: importing it fails, as a lost download does.
const ABSENT: &str = "throw new Error(\"built without npm\");\nexport const score = undefined;\n";

/// Makes the modules, if they are not there as they should be.
pub fn ensure() -> Result<()> {
    let mut wanted = Vec::new();
    for file in OF {
        wanted.extend(std::fs::read(Path::new(FOLDER).join(file))?);
    }
    if std::fs::read(STAMP).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    if find("npm").is_none() || find("node").is_none() {
        return without("there is no npm on this machine");
    }
    match make() {
        Ok(()) => Ok(std::fs::write(STAMP, wanted)?),
        Err(error) => without(&format!("npm could not get its packages: {error:#}")),
    }
}

fn make() -> Result<()> {
    install::node_packages(Path::new(FOLDER))?;
    run(Command::new("node").args(["vendor.mjs", &format!("../{MADE}")]).current_dir(FOLDER))
}

fn without(why: &str) -> Result<()> {
    say(&format!("The pages are built without the strength meter of passwords: {why}"));
    let folder = Path::new(MADE).join("js/vendor");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("zxcvbn.js"), ABSENT)?;
    Ok(std::fs::write(folder.join("licences.txt"), "Nothing of others is in this folder.\n")?)
}
