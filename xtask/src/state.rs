//! The state folder: secrets made once, kept for ever.

use anyhow::{Context, Result, bail};
use data_encoding::BASE64URL_NOPAD;
use std::collections::BTreeMap;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

pub const FOLDER: &str = ".relatch";
const FILE: &str = "env";

/// The variables of one deployment, as `SPIN_VARIABLE_...` lines.
pub struct State {
    pub folder: PathBuf,
    values: BTreeMap<String, String>,
}

/// Variables a deployment cannot be without.
const NEEDED: [&str; 10] = [
    "SPIN_VARIABLE_SEALING_KEYS",
    "SPIN_VARIABLE_LOOKUP_KEY",
    "SPIN_VARIABLE_PEPPER",
    "SPIN_VARIABLE_SETUP_SECRET",
    "SPIN_VARIABLE_TWILIO_ACCOUNT_SID",
    "SPIN_VARIABLE_TWILIO_AUTH_TOKEN",
    "SPIN_VARIABLE_TWILIO_FROM",
    "SPIN_VARIABLE_POSTMARK_SERVER_TOKEN",
    "SPIN_VARIABLE_MAIL_FROM",
    "SPIN_VARIABLE_PUBLIC_ORIGIN",
];

impl State {
    /// Opens the folder; the first time, makes it and fills it with fresh secrets.
    pub fn open_or_create(folder: &Path, defaults: &[(&str, String)]) -> Result<Self> {
        if folder.join(FILE).exists() {
            return Self::open(folder);
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let secret = || -> Result<String> {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
            Ok(BASE64URL_NOPAD.encode(&bytes))
        };
        let mut lines = String::from(
            "# Made by `cargo xtask up`. These keys open everything that is stored: keep them, and keep them secret.\n",
        );
        let mut put = |name: &str, value: &str| lines.push_str(&format!("SPIN_VARIABLE_{name}={value}\n"));
        put("SEALING_KEYS", &format!("k1:{}", secret()?));
        put("LOOKUP_KEY", &format!("l1:{}", secret()?));
        put("PEPPER", &format!("p1:{}", secret()?));
        put("SETUP_SECRET", &secret()?);
        put("SWEEP_SECRET", &secret()?);
        put("TWILIO_ACCOUNT_SID", "ACdevelopment");
        put("TWILIO_AUTH_TOKEN", &secret()?);
        put("TWILIO_FROM", "+15005550006");
        put("POSTMARK_SERVER_TOKEN", &secret()?);
        put("MAIL_FROM", "reset@contoso.example");
        for (name, value) in defaults {
            put(name, value);
        }
        let path = folder.join(FILE);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        file.write_all(lines.as_bytes())?;
        file.sync_all()?;
        Self::open(folder)
    }

    /// Reads what is there; says what to do when it cannot be used.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "cannot read {}: start once with `cargo xtask up`, or give the right folder with --state",
                path.display()
            )
        })?;
        let mut values = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once('=') {
                Some((name, value)) if name.starts_with("SPIN_VARIABLE_") => {
                    values.insert(name.to_owned(), value.to_owned())
                }
                _ => bail!(
                    "{} line {} is damaged: expected SPIN_VARIABLE_NAME=value. Restore the file from a backup; without its keys the stored data cannot be read. To start over with nothing, move the folder {} away.",
                    path.display(),
                    at.saturating_add(1),
                    folder.display()
                ),
            };
        }
        if let Some(missing) = NEEDED.iter().find(|name| !values.contains_key(**name)) {
            bail!(
                "{} lacks {missing}. Restore the file from a backup; without its keys the stored data cannot be read. To start over with nothing, move the folder {} away.",
                path.display(),
                folder.display()
            );
        }
        Ok(Self { folder: folder.to_owned(), values })
    }

    pub fn get(&self, name: &str) -> &str {
        self.values.get(&format!("SPIN_VARIABLE_{name}")).map_or("", String::as_str)
    }

    /// Replaces a value for this run only; the file stays as it is.
    pub fn set(&mut self, name: &str, value: &str) {
        self.values.insert(format!("SPIN_VARIABLE_{name}"), value.to_owned());
    }

    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn text(&self) -> String {
        self.variables().map(|(name, value)| format!("{name}={value}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("relatch-state-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn secrets_are_made_once_and_kept_private() {
        let folder = folder("once");
        let defaults = [("PUBLIC_ORIGIN", "http://localhost:3000".to_owned())];
        let first = State::open_or_create(&folder, &defaults).unwrap().text();
        assert_eq!(State::open_or_create(&folder, &defaults).unwrap().text(), first);
        let mode = std::fs::metadata(folder.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_damaged_file_is_refused_and_left_alone() {
        let folder = folder("damaged");
        std::fs::create_dir_all(&folder).unwrap();
        for text in ["garbage\n", "SPIN_VARIABLE_PEPPER=p1:x\n", ""] {
            std::fs::write(folder.join(FILE), text).unwrap();
            let error = State::open_or_create(&folder, &[]).err().unwrap().to_string();
            assert!(error.contains("Restore the file"), "{error}");
            assert_eq!(std::fs::read_to_string(folder.join(FILE)).unwrap(), text);
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
