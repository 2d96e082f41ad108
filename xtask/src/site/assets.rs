//! Styles, scripts and pictures: read, renamed after their content, pointed at each other.

use super::bundle::bundle;
use super::markup::{Edit, apply, pictures_of, resolve};
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
            if name.starts_with('.')
                || name.ends_with(".md")
                || name.ends_with(".json")
                || name.ends_with(".mjs")
                || name == "node_modules"
            {
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
    /// What it names directly, as source paths: the pictures of a style.
    pub uses: BTreeSet<String>,
    /// The modules of a script, itself among them.
    pub modules: Vec<String>,
}

pub struct Assets<'a> {
    pub sources: &'a Sources,
    pub done: BTreeMap<String, Asset>,
}

impl<'a> Assets<'a> {
    pub fn new(sources: &'a Sources) -> Self {
        Self { sources, done: BTreeMap::new() }
    }

    /// The finished asset; what it names is finished before it.
    pub fn finish(&mut self, path: &str) -> Result<&Asset> {
        if !self.done.contains_key(path) {
            let asset = self.make(path)?;
            self.done.insert(path.to_owned(), asset);
        }
        self.done.get(path).context("an asset was not finished")
    }

    fn make(&mut self, path: &str) -> Result<Asset> {
        let mut uses = BTreeSet::new();
        let mut modules = Vec::new();
        let body = match kind_of(path)?.0 {
            Kind::Script => {
                let bundle = bundle(self.sources, path)?;
                modules = bundle.modules;
                bundle.script.into_bytes()
            }
            Kind::Style => self.style(path, &mut uses)?.into_bytes(),
            Kind::Picture => self.sources.get(path).cloned().unwrap_or_default(),
            Kind::Page | Kind::Plain => bail!("{path} is not something a page can load"),
        };
        let (stem, extension) = path.rsplit_once('.').with_context(|| format!("{path} has no extension"))?;
        let hash: String = HEXLOWER.encode(&Sha256::digest(&body)).chars().take(12).collect();
        let integrity = format!("sha384-{}", BASE64.encode(&Sha384::digest(&body)));
        Ok(Asset { url: format!("/assets{stem}.{hash}.{extension}"), integrity, body, uses, modules })
    }

    /// A style that points at its pictures by their final names.
    fn style(&mut self, path: &str, uses: &mut BTreeSet<String>) -> Result<String> {
        let source = text(self.sources, path)?;
        let mut edits = Vec::new();
        for at in pictures_of(source)? {
            let reference = source.get(at.clone()).unwrap_or_default();
            let target = resolve(path, reference)
                .filter(|target| self.sources.contains_key(target))
                .with_context(|| format!("{path} names {reference}, which does not exist"))?;
            edits.push(Edit { at, with: self.finish(&target)?.url.clone() });
            uses.insert(target);
        }
        apply(source, edits)
    }
}

pub fn check_all_used(sources: &Sources, assets: &Assets<'_>) -> Result<()> {
    let modules: BTreeSet<&String> = assets.done.values().flat_map(|asset| &asset.modules).collect();
    for path in sources.keys() {
        let loadable = matches!(kind_of(path)?.0, Kind::Style | Kind::Script | Kind::Picture);
        if loadable && !assets.done.contains_key(path) && !modules.contains(path) {
            bail!("no page uses {path}");
        }
    }
    Ok(())
}
