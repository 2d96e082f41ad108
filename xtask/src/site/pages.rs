//! Pages: parts put in, references replaced, integrity written beside them.

use super::assets::{Assets, Sources, text};
use super::markup::{Edit, apply, check_tag, resolve, tags_of};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeSet;

/// A page with its parts put in and its comments gone, and the other addresses it answers to.
pub struct Composed {
    pub html: String,
    pub aliases: Vec<String>,
}

/// Comments carry the builder's two words: `<!-- include parts/x.html -->` and `<!-- alias /sspr -->`.
pub fn compose(sources: &Sources, path: &str, depth: usize) -> Result<Composed> {
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

pub fn is_part(path: &str) -> bool {
    path.starts_with("/parts/")
}

/// A finished page: its text, the source paths of all it loads at once, and of what it may load later.
pub struct Page {
    pub html: String,
    pub loads: BTreeSet<String>,
    pub later: BTreeSet<String>,
}

pub fn finish_page(assets: &mut Assets<'_>, routes: &BTreeSet<String>, path: &str, html: &str) -> Result<Page> {
    let mut edits = Vec::new();
    let mut loads = BTreeSet::new();
    let mut later = BTreeSet::new();
    for tag in tags_of(html)? {
        check_tag(&tag)?;
        let Some((value, at)) = tag.get("src").or_else(|| tag.get("href")) else { continue };
        if value.starts_with('#') || (tag.name == "a" && value.starts_with("https://")) {
            continue;
        }
        // An answer of the service that is asked for before the script is there to ask.
        if tag.get("rel").is_some_and(|rel| rel.0 == "preload") && value.starts_with("/api/") {
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
        let asset = assets.finish(&target)?;
        edits.push(Edit { at, with: asset.url.clone() });
        let rel = tag.get("rel").map(|rel| rel.0);
        if tag.name == "script" || matches!(rel, Some("stylesheet" | "modulepreload")) {
            let integrity = format!(" integrity=\"{}\"", asset.integrity);
            edits.push(Edit { at: tag.end - 1..tag.end - 1, with: integrity });
        }
        // Such a link waits in a <template> until a script wants its module.
        if rel == Some("modulepreload") {
            if asset.modules.len() > 1 {
                bail!("{value} is loaded later, so it must not import anything");
            }
            later.insert(target);
            continue;
        }
        loads.extend(asset.uses.iter().cloned());
        loads.insert(target);
    }
    Ok(Page { html: apply(html, edits)?, loads, later })
}

/// `/signin.html` answers to `/signin`, `/index.html` to `/`.
pub fn route_of(path: &str) -> String {
    let stem = path.strip_suffix(".html").unwrap_or(path);
    match stem.strip_suffix("index") {
        Some(folder) => folder.to_owned(),
        None => stem.to_owned(),
    }
}
