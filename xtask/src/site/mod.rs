//! Builds the site: `static/` in, a folder that the `site` component can serve as it lies out.
//!
//! - Styles, scripts and pictures get a name that carries a hash of their content, so that browsers
//!   may keep them for ever; every reference to them is rewritten, leaves first.
//! - The modules of a page become one script. Scripts, stylesheets and modules for later carry a sha384
//!   `integrity`.
//! - Text gets a gzip and a brotli copy where that is smaller.
//! - `index.json` lists every route with its file, type, tag and copies.
//!
//! The builder is also the gatekeeper of the content security policy: inline script or style, a
//! broken link, a file that nobody uses or a reference that leaves the house stops the build.
//! Equal input gives equal output, byte for byte.

mod assets;
mod bundle;
mod markup;
mod output;
mod pages;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use assets::{Assets, Kind, Sources, check_all_used, kind_of, read_sources};
use output::{brotli_of, gzip_of, swap_in};
use pages::{Page, compose, finish_page, is_part, route_of};

/// What a build made, for the size budget and for the person who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteReport {
    /// For each page the compressed bytes of its first view: the page and all that it loads.
    pub first_view: Vec<(String, u64)>,
    /// The compressed bytes of each module that a page loads only when somebody needs it.
    pub later: Vec<(String, u64)>,
    /// How many files were written, compressed copies included.
    pub files: usize,
}

/// Builds the folders `from`, laid over one another, into `out_dir`, which is replaced as a whole or not at all.
pub fn build(from: &[&Path], out_dir: &Path) -> Result<SiteReport> {
    let mut sources = BTreeMap::new();
    for folder in from {
        sources.extend(read_sources(folder)?);
    }
    let site = Site::make(&sources)?;
    swap_in(out_dir, |folder| site.write(folder))?;
    Ok(SiteReport { first_view: site.first_view, later: site.later, files: site.files.len() + 1 })
}

const NOT_FOUND: &str = "/404.html";

struct Site {
    files: BTreeMap<String, Vec<u8>>,
    index: Value,
    first_view: Vec<(String, u64)>,
    later: Vec<(String, u64)>,
}

impl Site {
    fn make(sources: &Sources) -> Result<Self> {
        let mut pages = BTreeMap::new();
        let mut routes: BTreeMap<String, String> = BTreeMap::new();
        for path in sources.keys().filter(|path| !is_part(path)) {
            if kind_of(path)?.0 != Kind::Page {
                continue;
            }
            let composed = compose(sources, path, 0)?;
            if path != NOT_FOUND {
                let names = composed.aliases.iter().cloned().chain([route_of(path)]);
                for name in names {
                    if let Some(other) = routes.insert(name.clone(), path.clone()) {
                        bail!("{path} and {other} both want to be {name}");
                    }
                }
            }
            pages.insert(path.clone(), composed.html);
        }
        let known: BTreeSet<String> = routes.keys().cloned().collect();
        let mut assets = Assets::new(sources);
        let mut finished = BTreeMap::new();
        for (path, html) in &pages {
            let page = finish_page(&mut assets, &known, path, html).with_context(|| format!("in {path}"))?;
            finished.insert(path.clone(), page);
        }
        check_all_used(sources, &assets)?;
        Self::assemble(sources, &assets, &finished, &routes)
    }

    fn assemble(
        sources: &Sources,
        assets: &Assets<'_>,
        pages: &BTreeMap<String, Page>,
        routes: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let mut site = Self { files: BTreeMap::new(), index: Value::Null, first_view: Vec::new(), later: Vec::new() };
        let mut listed = serde_json::Map::new();
        let mut weights: BTreeMap<&str, u64> = BTreeMap::new();
        for (path, asset) in &assets.done {
            let (entry, weight) = site.add(&asset.url, &asset.body, true)?;
            listed.insert(asset.url.clone(), entry);
            weights.insert(path, weight);
        }
        for (path, body) in sources {
            if kind_of(path)?.0 == Kind::Plain {
                listed.insert(path.clone(), site.add(path, body, false)?.0);
            }
        }
        let later: BTreeSet<&String> = pages.values().flat_map(|page| &page.later).collect();
        site.later = weights
            .iter()
            .filter(|(path, _)| later.iter().any(|late| late == *path))
            .map(|(path, weight)| ((*path).to_owned(), *weight))
            .collect();
        let mut entries = BTreeMap::new();
        for (path, page) in pages {
            let (entry, weight) = site.add(path, page.html.as_bytes(), false)?;
            let loaded: u64 = page.loads.iter().filter_map(|load| weights.get(load.as_str())).sum();
            site.first_view.push((path.clone(), weight + loaded));
            entries.insert(path.as_str(), entry);
        }
        for (route, path) in routes {
            listed.insert(route.clone(), entries.get(path.as_str()).cloned().context("a page was lost")?);
        }
        let not_found = entries.remove(NOT_FOUND).context("static/404.html does not exist")?;
        listed.sort_keys();
        site.index = json!({ "routes": listed, "not_found": not_found });
        Ok(site)
    }

    /// Adds a file with its compressed copies; gives its entry in the index and its size on the wire.
    fn add(&mut self, name: &str, body: &[u8], immutable: bool) -> Result<(Value, u64)> {
        let (_, media_type, compressible) = kind_of(name)?;
        let mut smallest = body.len();
        let mut keep = |ending: &str, copy: Vec<u8>| {
            let pays = copy.len() < body.len();
            if pays {
                smallest = smallest.min(copy.len());
                self.files.insert(format!("{name}{ending}"), copy);
            }
            pays
        };
        let (br, gzip) =
            if compressible { (keep(".br", brotli_of(body)?), keep(".gz", gzip_of(body)?)) } else { (false, false) };
        self.files.insert(name.to_owned(), body.to_vec());
        let tag: String = HEXLOWER.encode(&Sha256::digest(body)).chars().take(32).collect();
        let entry = json!({
            "file": name, "type": media_type, "immutable": immutable,
            "etag": format!("\"{tag}\""), "br": br, "gzip": gzip,
        });
        Ok((entry, u64::try_from(smallest)?))
    }

    fn write(&self, folder: &Path) -> Result<()> {
        for (name, body) in &self.files {
            let path = folder.join(name.trim_start_matches('/'));
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, body).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let index = format!("{}\n", serde_json::to_string_pretty(&self.index)?);
        fs::write(folder.join("index.json"), index).context("cannot write index.json")
    }
}

#[cfg(test)]
mod tests;
