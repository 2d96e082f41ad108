//! Builds the site: `static/` in, a folder that the `site` component can serve as it lies out.
//!
//! - Styles, scripts and pictures get a name that carries a hash of their content, so that browsers
//!   may keep them for ever; every reference to them is rewritten, leaves first.
//! - Scripts, stylesheets and the modules that a script imports carry a sha384 `integrity`.
//! - Text gets a gzip and a brotli copy where that is smaller.
//! - `index.json` lists every route with its file, type, tag and copies.
//!
//! The builder is also the gatekeeper of the content security policy: inline script or style, a
//! broken link, a file that nobody uses or a reference that leaves the house stops the build.
//! Equal input gives equal output, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384};

/// What a build made, for the size budget and for the person who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteReport {
    /// For each page the compressed bytes of its first view: the page and all that it loads.
    pub first_view: Vec<(String, u64)>,
    /// How many files were written, compressed copies included.
    pub files: usize,
}

/// Builds `static_dir` into `out_dir`, which is replaced as a whole or not at all.
pub fn build(static_dir: &Path, out_dir: &Path) -> Result<SiteReport> {
    let site = Site::make(&read_sources(static_dir)?)?;
    swap_in(out_dir, |folder| site.write(folder))?;
    Ok(SiteReport { first_view: site.first_view, files: site.files.len() + 1 })
}

// ---------------------------------------------------------------- what lies in static/

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Page,
    Style,
    Script,
    Picture,
    /// Served under its own name, because others ask for it by that name.
    Plain,
}

/// Kind, media type and whether compressing it pays, by extension.
fn kind_of(path: &str) -> Result<(Kind, &'static str, bool)> {
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
type Sources = BTreeMap<String, Vec<u8>>;

fn read_sources(static_dir: &Path) -> Result<Sources> {
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

fn text<'a>(sources: &'a Sources, path: &str) -> Result<&'a str> {
    let bytes = sources.get(path).with_context(|| format!("{path} does not exist"))?;
    std::str::from_utf8(bytes).with_context(|| format!("{path} is not UTF-8"))
}

/// Where `reference`, written in the file `from`, points inside the site, without query and fragment.
fn resolve(from: &str, reference: &str) -> Option<String> {
    let reference = reference.split(['?', '#']).next().unwrap_or_default();
    let mut parts: Vec<&str> =
        if reference.starts_with('/') { Vec::new() } else { from.split('/').filter(|part| !part.is_empty()).collect() };
    if !reference.starts_with('/') {
        parts.pop();
    }
    for part in reference.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

/// A replacement of one stretch of a text.
struct Edit {
    at: Range<usize>,
    with: String,
}

fn apply(text: &str, mut edits: Vec<Edit>) -> Result<String> {
    edits.sort_by_key(|edit| (edit.at.start, edit.at.end));
    let mut done = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        done.push_str(text.get(from..edit.at.start).context("two edits overlap")?);
        done.push_str(&edit.with);
        from = edit.at.end;
    }
    done.push_str(text.get(from..).context("an edit ends past the text")?);
    Ok(done)
}

// ---------------------------------------------------------------- finished files

/// A style, script or picture with its final name.
#[derive(Debug)]
struct Asset {
    url: String,
    integrity: String,
    body: Vec<u8>,
    /// What it names directly, as source paths: imports of a script, pictures of a style.
    uses: BTreeSet<String>,
}

struct Assets<'a> {
    sources: &'a Sources,
    done: BTreeMap<String, Asset>,
}

impl<'a> Assets<'a> {
    fn new(sources: &'a Sources) -> Self {
        Self { sources, done: BTreeMap::new() }
    }

    /// The finished asset; what it names is finished before it. `above` are the files that wait for it.
    fn finish(&mut self, path: &str, above: &[&str]) -> Result<&Asset> {
        if above.contains(&path) {
            bail!("{path} imports itself, by way of {}", above.join(" > "));
        }
        if !self.done.contains_key(path) {
            let asset = self.make(path, &[above, &[path]].concat())?;
            self.done.insert(path.to_owned(), asset);
        }
        self.done.get(path).context("an asset was not finished")
    }

    fn make(&mut self, path: &str, above: &[&str]) -> Result<Asset> {
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
    fn needs(&self, path: &str) -> BTreeSet<String> {
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

/// The specifiers of a script's imports. They stand at the start of a line, are literal, and end with `;`.
fn imports_of(script: &str) -> Result<Vec<Range<usize>>> {
    if script.contains("import(") {
        bail!("a script imports dynamically: the builder could not give that module its integrity");
    }
    let mut found = Vec::new();
    let mut start = 0;
    for line in script.split_inclusive('\n') {
        let is_import = line.starts_with("import ") || line.starts_with("import\"");
        if is_import || line.starts_with("export {") || line.starts_with("export *") {
            let statement = script.get(start..).and_then(|rest| rest.split(';').next()).unwrap_or_default();
            let named = if is_import && !statement.contains(" from ") {
                statement.find('"')
            } else {
                statement.rfind(" from \"").map(|at| at + " from ".len())
            };
            if let Some(open) = named {
                let length = statement.get(open + 1..).and_then(|rest| rest.find('"'));
                let length = length.with_context(|| format!("cannot read this import: {statement}"))?;
                found.push(start + open + 1..start + open + 1 + length);
            } else if is_import {
                bail!("cannot read this import: {statement}");
            }
        }
        start += line.len();
    }
    Ok(found)
}

/// The targets of every `url("…")` of a style, except fragments.
fn pictures_of(style: &str) -> Result<Vec<Range<usize>>> {
    if style.contains("@import") {
        bail!("a style imports another: there is one style");
    }
    let mut found = Vec::new();
    for (at, opening) in style.match_indices("url(\"") {
        let start = at + opening.len();
        let length = style.get(start..).and_then(|rest| rest.find('"')).context("a url( is not closed")?;
        found.push(start..start + length);
    }
    if found.len() != style.matches("url(").count() {
        bail!("a style has a url() without double quotes");
    }
    Ok(found)
}

// ---------------------------------------------------------------- pages

/// A start tag. `attributes` hold name, value and where the value stands (empty for a bare name).
#[derive(Debug)]
struct Tag {
    name: String,
    start: usize,
    end: usize,
    attributes: Vec<(String, String, Range<usize>)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<(&str, Range<usize>)> {
        let found = self.attributes.iter().find(|(key, _, _)| key == name);
        found.map(|(_, value, at)| (value.as_str(), at.clone()))
    }
}

/// Every start tag of a page without comments. Values stand in double quotes.
fn tags_of(page: &str) -> Result<Vec<Tag>> {
    let mut tags = Vec::new();
    for (start, _) in page.match_indices('<') {
        let rest = page.get(start + 1..).unwrap_or_default();
        if rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            tags.push(
                read_tag(page, start)
                    .with_context(|| format!("cannot read this tag: <{}", rest.chars().take(60).collect::<String>()))?,
            );
        }
    }
    Ok(tags)
}

fn read_tag(page: &str, start: usize) -> Result<Tag> {
    let at = |position: usize| page.get(position..).unwrap_or_default();
    let take = |position: usize, stop: fn(char) -> bool| at(position).find(stop).context("it does not end");
    let mut position = start + 1;
    let length = take(position, |c| c.is_ascii_whitespace() || c == '>' || c == '/')?;
    let name = at(position).get(..length).unwrap_or_default().to_ascii_lowercase();
    position += length;
    let mut attributes = Vec::new();
    loop {
        position += take(position, |c| !c.is_ascii_whitespace() && c != '/')?;
        if at(position).starts_with('>') {
            return Ok(Tag { name, start, end: position + 1, attributes });
        }
        let length = take(position, |c| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/'))?;
        let key = at(position).get(..length).unwrap_or_default().to_ascii_lowercase();
        position += length;
        if !at(position).starts_with('=') {
            attributes.push((key, String::new(), position..position));
            continue;
        }
        if !at(position).starts_with("=\"") {
            bail!("the value of {key} does not stand in double quotes");
        }
        let length = take(position + 2, |c| c == '"')?;
        let range = position + 2..position + 2 + length;
        attributes.push((key, page.get(range.clone()).unwrap_or_default().to_owned(), range));
        position += length + 3;
    }
}

/// A page with its parts put in and its comments gone, and the other addresses it answers to.
struct Composed {
    html: String,
    aliases: Vec<String>,
}

/// Comments carry the builder's two words: `<!-- include parts/x.html -->` and `<!-- alias /sspr -->`.
fn compose(sources: &Sources, path: &str, depth: usize) -> Result<Composed> {
    if depth > 4 {
        bail!("{path}: parts include each other");
    }
    let mut html = String::new();
    let mut aliases = Vec::new();
    let mut rest = text(sources, path)?;
    while let Some((before, after)) = rest.split_once("<!--") {
        let (comment, after) = after.split_once("-->").with_context(|| format!("{path}: a comment does not end"))?;
        let line_is_empty = before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
        html.push_str(if line_is_empty { before.trim_end_matches([' ', '\t']) } else { before });
        let mut is_part = false;
        match comment.trim().split_once(' ') {
            Some(("include", part)) => {
                let part = resolve("/", part.trim()).unwrap_or_default();
                let composed = compose(sources, &part, depth + 1).with_context(|| format!("included by {path}"))?;
                html.push_str(composed.html.trim_end());
                aliases.extend(composed.aliases);
                is_part = true;
            }
            Some(("alias", route)) => aliases.push(route.trim().to_owned()),
            _ => {}
        }
        let own_line = line_is_empty && !is_part;
        rest = if own_line { after.strip_prefix('\n').unwrap_or(after) } else { after };
    }
    html.push_str(rest);
    Ok(Composed { html, aliases })
}

fn is_part(path: &str) -> bool {
    path.starts_with("/parts/")
}

/// Refuses what the content security policy would refuse in the browser, or what would dodge it.
fn check_tag(tag: &Tag) -> Result<()> {
    for (key, _, _) in &tag.attributes {
        if key == "style" || key.starts_with("on") {
            bail!("<{}> has {key}=: the content security policy forbids it", tag.name);
        }
    }
    if matches!(tag.name.as_str(), "style" | "base" | "iframe" | "object" | "embed") {
        bail!("<{}> is forbidden by the content security policy", tag.name);
    }
    if tag.name == "script" && (tag.get("src").is_none() || tag.get("type").map(|t| t.0) != Some("module")) {
        bail!("a script is inline or not a module");
    }
    Ok(())
}

/// A finished page: its text and the source paths of all it loads at once.
struct Page {
    html: String,
    loads: BTreeSet<String>,
}

fn finish_page(assets: &mut Assets<'_>, routes: &BTreeSet<String>, path: &str, html: &str) -> Result<Page> {
    let mut edits = Vec::new();
    let mut loads = BTreeSet::new();
    for tag in tags_of(html)? {
        check_tag(&tag)?;
        let Some((value, at)) = tag.get("src").or_else(|| tag.get("href")) else { continue };
        if value.starts_with('#') || (tag.name == "a" && value.starts_with("https://")) {
            continue;
        }
        let target = resolve(path, value).filter(|_| !value.contains("//") && !value.contains(':'));
        let target = target.with_context(|| format!("{value} leaves the site"))?;
        if tag.name == "a" {
            if !routes.contains(&target) {
                bail!("a link points to {value}, which is not a page");
            }
            continue;
        }
        if !assets.sources.contains_key(&target) {
            bail!("<{}> names {value}, which does not exist", tag.name);
        }
        let asset = assets.finish(&target, &[])?;
        edits.push(Edit { at, with: asset.url.clone() });
        if tag.name == "script" || tag.get("rel").map(|rel| rel.0) == Some("stylesheet") {
            let integrity = format!(" integrity=\"{}\"", asset.integrity);
            edits.push(Edit { at: tag.end - 1..tag.end - 1, with: integrity });
        }
        let needs = assets.needs(&target);
        if tag.name == "script" {
            edits.push(Edit { at: tag.start..tag.start, with: preloads(assets, &needs) });
        }
        loads.extend(needs);
        loads.insert(target);
    }
    Ok(Page { html: apply(html, edits)?, loads })
}

fn preloads(assets: &Assets<'_>, modules: &BTreeSet<String>) -> String {
    let link = |asset: &Asset| {
        format!("<link rel=\"modulepreload\" href=\"{}\" integrity=\"{}\">\n", asset.url, asset.integrity)
    };
    modules.iter().filter_map(|module| assets.done.get(module)).map(link).collect()
}

/// `/signin.html` answers to `/signin`, `/index.html` to `/`.
fn route_of(path: &str) -> String {
    let stem = path.strip_suffix(".html").unwrap_or(path);
    match stem.strip_suffix("index") {
        Some(folder) => folder.to_owned(),
        None => stem.to_owned(),
    }
}

// ---------------------------------------------------------------- the whole site

const NOT_FOUND: &str = "/404.html";

struct Site {
    files: BTreeMap<String, Vec<u8>>,
    index: Value,
    first_view: Vec<(String, u64)>,
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
        let mut site = Self { files: BTreeMap::new(), index: Value::Null, first_view: Vec::new() };
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

fn check_all_used(sources: &Sources, assets: &Assets<'_>) -> Result<()> {
    for path in sources.keys() {
        let loadable = matches!(kind_of(path)?.0, Kind::Style | Kind::Script | Kind::Picture);
        if loadable && !assets.done.contains_key(path) {
            bail!("no page uses {path}");
        }
    }
    Ok(())
}

fn gzip_of(body: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::new(9));
    encoder.write_all(body)?;
    Ok(encoder.finish()?)
}

fn brotli_of(body: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: body.len(),
        mode: brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_TEXT,
        ..Default::default()
    };
    let mut copy = Vec::new();
    brotli::BrotliCompress(&mut &*body, &mut copy, &parameters)?;
    Ok(copy)
}

/// Fills a new folder beside `out_dir`, then puts it in its place. A failed build leaves the old one alone.
fn swap_in(out_dir: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let name = out_dir.file_name().and_then(|name| name.to_str()).context("the output folder has no name")?;
    let beside = |word: &str| out_dir.with_file_name(format!(".{name}.{word}.{}", std::process::id()));
    let (fresh, stale) = (beside("new"), beside("old"));
    fs::create_dir_all(&fresh).with_context(|| format!("cannot make {}", fresh.display()))?;
    if let Err(error) = fill(&fresh) {
        fs::remove_dir_all(&fresh)?;
        return Err(error);
    }
    if out_dir.exists() {
        fs::rename(out_dir, &stale)?;
    }
    fs::rename(&fresh, out_dir)?;
    if stale.exists() {
        fs::remove_dir_all(&stale)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use std::io::Read as _;

    const HEAD: &str = "<!doctype html><html lang=\"en\"><link rel=\"stylesheet\" href=\"/app.css\">";

    fn small_site() -> Sources {
        let page = format!("{HEAD}<script type=\"module\" src=\"/js/reset.js\"></script><a href=\"/\">x</a>");
        Sources::from(
            [
                ("/index.html", format!("{HEAD}<!-- include parts/top.html --><a href=\"/sspr?x#y\">y</a>")),
                ("/reset.html", format!("<!-- alias /sspr -->\n{page}")),
                ("/404.html", HEAD.to_owned()),
                ("/parts/top.html", "<!-- why --><p>Top</p>\n".to_owned()),
                ("/app.css", "a { background: url(\"logo.svg\") }".to_owned()),
                ("/logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned()),
                ("/js/reset.js", "import {\n  b,\n} from \"./b.js\";\nb();\n".to_owned()),
                ("/js/b.js", "import \"./c.js\";\nexport const b = 1;\n".to_owned()),
                ("/js/c.js", "export const c = 1;\n".to_owned()),
            ]
            .map(|(path, body)| (path.to_owned(), body.into_bytes())),
        )
    }

    fn with(path: &str, body: &str) -> Sources {
        let mut sources = small_site();
        sources.insert(path.to_owned(), body.as_bytes().to_vec());
        sources
    }

    fn refusal(sources: &Sources) -> String {
        format!("{:#}", Site::make(sources).err().expect("this site must be refused"))
    }

    fn read(site: &Site, name: &str) -> String {
        String::from_utf8(site.files[name].clone()).unwrap()
    }

    fn url(site: &Site, start: &str) -> String {
        let routes = site.index["routes"].as_object().unwrap();
        routes.keys().find(|key| key.starts_with(start)).unwrap().clone()
    }

    #[test]
    fn names_follow_the_content_up_to_the_page() {
        let before = Site::make(&small_site()).unwrap();
        let after = Site::make(&with("/js/c.js", "export const c = 2;\n")).unwrap();
        for start in ["/assets/js/c.", "/assets/js/b.", "/assets/js/reset."] {
            assert_ne!(url(&before, start), url(&after, start), "{start}");
        }
        assert_eq!(url(&before, "/assets/app."), url(&after, "/assets/app."));
        assert!(read(&before, &url(&before, "/assets/js/reset.")).contains(&url(&before, "/assets/js/b.")));
        assert!(read(&before, &url(&before, "/assets/app.")).contains(&url(&before, "/assets/logo.")));
    }

    #[test]
    fn scripts_styles_and_imports_carry_their_integrity() {
        let site = Site::make(&small_site()).unwrap();
        let page = read(&site, "/reset.html");
        for start in ["/assets/app.", "/assets/js/reset.", "/assets/js/b.", "/assets/js/c."] {
            let name = url(&site, start);
            let hash = BASE64.encode(&Sha384::digest(&site.files[&name]));
            let tag = page.split('<').find(|tag| tag.contains(&name)).unwrap();
            assert!(tag.contains(&format!("integrity=\"sha384-{hash}\"")), "{tag}");
        }
        assert_eq!(page.matches("rel=\"modulepreload\"").count(), 2);
    }

    #[test]
    fn routes_aliases_and_the_missing_page_are_listed() {
        let site = Site::make(&small_site()).unwrap();
        let routes = site.index["routes"].as_object().unwrap();
        assert_eq!(routes["/sspr"], routes["/reset"]);
        assert_eq!(routes["/"]["file"], "/index.html");
        assert_eq!(routes["/"]["immutable"], false);
        assert_eq!(routes["/"]["type"], "text/html; charset=utf-8");
        assert_eq!(routes[&url(&site, "/assets/app.")]["immutable"], true);
        assert_eq!(site.index["not_found"]["file"], "/404.html");
        assert!(!routes.contains_key("/404") && !routes.keys().any(|key| key.contains("parts")));
    }

    #[test]
    fn parts_are_put_in_and_comments_left_out() {
        let site = Site::make(&small_site()).unwrap();
        assert_eq!(read(&site, "/index.html").split('>').nth(3), Some("<p"));
        assert!(!read(&site, "/reset.html").contains("<!--"));
    }

    #[test]
    fn copies_unpack_to_the_original() {
        let long = "a { color: red }\n".repeat(50) + "b { background: url(\"logo.svg\") }";
        let site = Site::make(&with("/app.css", &long)).unwrap();
        let name = url(&site, "/assets/app.");
        let original = &site.files[&name];
        let (mut gz, mut br) = (Vec::new(), Vec::new());
        flate2::read::GzDecoder::new(&site.files[&format!("{name}.gz")][..]).read_to_end(&mut gz).unwrap();
        brotli::Decompressor::new(&site.files[&format!("{name}.br")][..], 4096).read_to_end(&mut br).unwrap();
        assert_eq!((&gz, &br), (original, original));
        assert_eq!(site.index["routes"][&name]["br"], true);
        let small = Site::make(&small_site()).unwrap();
        let logo = url(&small, "/assets/logo.");
        assert_eq!(small.index["routes"][&logo]["br"], small.files.contains_key(&format!("{logo}.br")));
    }

    #[test]
    fn the_first_view_counts_what_the_page_loads_and_no_more() {
        let site = Site::make(&small_site()).unwrap();
        let view: BTreeMap<_, _> = site.first_view.iter().cloned().collect();
        assert!(view["/reset.html"] > view["/404.html"]);
        let weigh = |name: &str| site.files.get(&format!("{name}.br")).unwrap_or(&site.files[name]).len() as u64;
        let parts = ["/404.html".to_owned(), url(&site, "/assets/app."), url(&site, "/assets/logo.")];
        assert!(view["/404.html"] <= parts.iter().map(|part| weigh(part)).sum());
    }

    #[test]
    fn what_the_policy_forbids_stops_the_build() {
        for (html, words) in [
            ("<p style=\"color:red\">", "has style="),
            ("<p onclick=\"x()\">", "has onclick="),
            ("<style>a{}</style>", "<style> is forbidden"),
            ("<script>x()</script>", "inline or not a module"),
            ("<script src=\"/js/reset.js\"></script>", "inline or not a module"),
            ("<img src=\"https://elsewhere.example/x.png\">", "leaves the site"),
            ("<img src=\"//elsewhere.example/x.png\">", "leaves the site"),
            ("<img src=\"data:image/png;base64,AA\">", "leaves the site"),
            ("<a href=\"/nowhere\">", "not a page"),
            ("<img src=\"/nowhere.svg\">", "does not exist"),
            ("<p class=bare>", "double quotes"),
        ] {
            let answer = refusal(&with("/index.html", &format!("{HEAD}{html}")));
            assert!(answer.contains(words), "{html}: {answer}");
            assert!(answer.contains("/index.html"), "{answer}");
        }
    }

    #[test]
    fn broken_scripts_and_styles_stop_the_build() {
        assert!(refusal(&with("/js/c.js", "import \"./b.js\";\n")).contains("imports itself"));
        assert!(refusal(&with("/js/c.js", "import \"./gone.js\";\n")).contains("does not exist"));
        assert!(refusal(&with("/js/c.js", "const x = await import(\"./b.js\");\n")).contains("dynamically"));
        assert!(refusal(&with("/js/lonely.js", "")).contains("no page uses"));
        assert!(refusal(&with("/app.css", "a { background: url(logo.svg) }")).contains("double quotes"));
        assert!(refusal(&with("/font.woff2", "")).contains("does not know"));
        assert!(refusal(&with("/signin.html", "<!-- alias /sspr -->")).contains("both want"));
    }

    #[test]
    fn words_that_look_like_imports_are_left_alone() {
        let script =
            "// import \"x\";\nconst important = 1;\nexport const from = \" from \";\nexport {\n  from as x,\n};\n";
        assert_eq!(imports_of(script).unwrap(), Vec::<Range<usize>>::new());
        assert_eq!(imports_of("export * from \"./a.js\";\n").unwrap(), vec![15..21]);
    }

    #[test]
    fn references_are_resolved_like_a_browser_does() {
        assert_eq!(resolve("/js/admin/users.js", "../api.js").as_deref(), Some("/js/api.js"));
        assert_eq!(resolve("/js/a.js", "./b.js").as_deref(), Some("/js/b.js"));
        assert_eq!(resolve("/js/a.js", "/app.css?x#y").as_deref(), Some("/app.css"));
        assert_eq!(resolve("/a.js", "../../etc/passwd"), None);
    }

    #[test]
    fn a_build_replaces_the_folder_whole_and_equal_input_gives_equal_output() {
        let root = std::env::temp_dir().join(format!("relatch-site-{}", std::process::id()));
        let (from, to) = (root.join("static"), root.join("out/site"));
        for (path, body) in small_site() {
            let path = from.join(path.trim_start_matches('/'));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, body).unwrap();
        }
        fs::write(from.join("README.md"), "not served").unwrap();
        let first = build(&from, &to).unwrap();
        let index = fs::read(to.join("index.json")).unwrap();
        fs::write(to.join("left-over.html"), "x").unwrap();
        assert_eq!(build(&from, &to).unwrap(), first);
        assert_eq!(fs::read(to.join("index.json")).unwrap(), index);
        assert!(!to.join("left-over.html").exists() && !to.join("README.md").exists());
        fs::write(from.join("reset.html"), "<p style=\"\">").unwrap();
        assert!(build(&from, &to).is_err());
        assert_eq!(fs::read(to.join("index.json")).unwrap(), index);
        assert_eq!(fs::read_dir(root.join("out")).unwrap().count(), 1, "no temporary folder stays behind");
        fs::remove_dir_all(&root).unwrap();
    }
}
