//! Styles, scripts and pictures: read, renamed after their content, pointed at each other.

use super::markup::{Edit, apply, imports_of, pictures_of, resolve};
use anyhow::{Context as _, Result, bail};
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256, Sha384};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Page,
    Style,
    Script,
    Picture,
    /// Served under its own name, because others ask for it by that name.
    Plain,
}

/// Kind, media type and whether compressing it pays, by extension.
pub fn kind_of(path: &str) -> Result<(Kind, &'static str, bool)> {
    let extension = path.rsplit_once('.').map_or("", |(_, end)| end);
    Ok(match extension {
        "html" => (Kind::Page, "text/html; charset=utf-8", true),
        "css" => (Kind::Style, "text/css; charset=utf-8", true),
        "js" => (Kind::Script, "text/javascript; charset=utf-8", true),
        "svg" => (Kind::Picture, "image/svg+xml", true),
        "png" => (Kind::Picture, "image/png", false),
        "txt" => (Kind::Plain, "text/plain; charset=utf-8", true),
        "ico" => (Kind::Plain, "image/x-icon", false),
        _ => bail!("{path}: the site builder does not know this kind of file"),
    })
}

/// Path from the root of the site (`/js/api.js`) to content.
pub type Sources = BTreeMap<String, Vec<u8>>;

pub fn read_sources(static_dir: &Path) -> Result<Sources> {
    let mut sources = Sources::new();
    let mut folders = vec![(static_dir.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let entry = entry?;
            let name = entry.file_name().into_string().ok().context("a file name is not UTF-8")?;
            if name.starts_with('.') || name.ends_with(".md") || name.ends_with(".json") || name == "node_modules" {
                continue;
            }
            let path = format!("{prefix}/{name}");
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), path));
            } else {
                sources.insert(path, fs::read(entry.path())?);
            }
        }
    }
    Ok(sources)
}

pub fn text<'a>(sources: &'a Sources, path: &str) -> Result<&'a str> {
    let bytes = sources.get(path).with_context(|| format!("{path} does not exist"))?;
    std::str::from_utf8(bytes).with_context(|| format!("{path} is not UTF-8"))
}

/// A style, script or picture with its final name.
#[derive(Debug)]
pub struct Asset {
    pub url: String,
    pub integrity: String,
    pub body: Vec<u8>,
    /// What it names directly, as source paths: imports of a script, pictures of a style.
    pub uses: BTreeSet<String>,
}

pub struct Assets<'a> {
    pub sources: &'a Sources,
    pub done: BTreeMap<String, Asset>,
}

impl<'a> Assets<'a> {
    pub fn new(sources: &'a Sources) -> Self {
        Self { sources, done: BTreeMap::new() }
    }

    /// The finished asset; what it names is finished before it. `above` are the files that wait for it.
    pub fn finish(&mut self, path: &str, above: &[&str]) -> Result<&Asset> {
        if above.contains(&path) {
            bail!("{path} imports itself, by way of {}", above.join(" > "));
        }
        if !self.done.contains_key(path) {
            let asset = self.make(path, &[above, &[path]].concat())?;
            self.done.insert(path.to_owned(), asset);
        }
        self.done.get(path).context("an asset was not finished")
    }

    pub fn make(&mut self, path: &str, above: &[&str]) -> Result<Asset> {
        let (kind, _, _) = kind_of(path)?;
        let references = match kind {
            Kind::Script => imports_of(text(self.sources, path)?)?,
            Kind::Style => pictures_of(text(self.sources, path)?)?,
            Kind::Picture => Vec::new(),
            Kind::Page | Kind::Plain => bail!("{path} is not something a page can load"),
        };
        let mut uses = BTreeSet::new();
        let mut edits = Vec::new();
        for at in references {
            let reference = text(self.sources, path)?.get(at.clone()).unwrap_or_default();
            let target = resolve(path, reference)
                .filter(|target| self.sources.contains_key(target))
                .with_context(|| format!("{path} names {reference}, which does not exist"))?;
            edits.push(Edit { at, with: self.finish(&target, above)?.url.clone() });
            uses.insert(target);
        }
        let body = match kind {
            Kind::Picture => self.sources.get(path).cloned().unwrap_or_default(),
            _ => apply(text(self.sources, path)?, edits)?.into_bytes(),
        };
        let (stem, extension) = path.rsplit_once('.').with_context(|| format!("{path} has no extension"))?;
        let hash: String = HEXLOWER.encode(&Sha256::digest(&body)).chars().take(12).collect();
        let integrity = format!("sha384-{}", BASE64.encode(&Sha384::digest(&body)));
        Ok(Asset { url: format!("/assets{stem}.{hash}.{extension}"), integrity, body, uses })
    }

    /// Everything that `path` needs, itself not included, in a stable order.
    pub fn needs(&self, path: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![path.to_owned()];
        while let Some(next) = waiting.pop() {
            for used in self.done.get(&next).map(|asset| &asset.uses).into_iter().flatten() {
                if found.insert(used.clone()) {
                    waiting.push(used.clone());
                }
            }
        }
        found
    }
}

pub fn check_all_used(sources: &Sources, assets: &Assets<'_>) -> Result<()> {
    for path in sources.keys() {
        let loadable = matches!(kind_of(path)?.0, Kind::Style | Kind::Script | Kind::Picture);
        if loadable && !assets.done.contains_key(path) {
            bail!("no page uses {path}");
        }
    }
    Ok(())
}
