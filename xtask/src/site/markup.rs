//! Reading pages, styles and scripts just far enough to find what they load.

use anyhow::{Context as _, Result, bail};
use std::ops::Range;

/// A replacement of one stretch of a text.
pub struct Edit {
    pub at: Range<usize>,
    pub with: String,
}

pub fn apply(text: &str, mut edits: Vec<Edit>) -> Result<String> {
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

/// Where `reference`, written in the file `from`, points inside the site, without query and fragment.
pub fn resolve(from: &str, reference: &str) -> Option<String> {
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

/// An import: the whole statement, its names in braces (none: only to run it), and where it points.
#[derive(Debug, PartialEq, Eq)]
pub struct Import {
    pub at: Range<usize>,
    pub names: Option<String>,
    pub target: String,
}

/// The imports of a script. They stand at the start of a line, are literal, name what they want, and end with `;`.
pub fn imports_of(script: &str) -> Result<Vec<Import>> {
    if ["import(\"", "import('", "import(`"].iter().any(|literal| script.contains(literal)) {
        bail!("a script imports a module by name: say it in a <link rel=\"modulepreload\">, which gets its integrity");
    }
    let mut found = Vec::new();
    let mut start = 0;
    for line in script.split_inclusive('\n') {
        if line.starts_with("import ") {
            let statement = script.get(start..).and_then(|rest| rest.split_inclusive(';').next()).unwrap_or_default();
            let (names, target) =
                read_import(statement).with_context(|| format!("cannot read this import: {statement}"))?;
            found.push(Import { at: start..start + statement.len(), names, target });
        }
        start += line.len();
    }
    Ok(found)
}

fn read_import(statement: &str) -> Option<(Option<String>, String)> {
    let rest = statement.strip_prefix("import ")?.strip_suffix("\";")?;
    match rest.split_once(" from \"") {
        None => Some((None, rest.strip_prefix('"')?.to_owned())),
        Some((names, target)) if names.starts_with('{') && names.ends_with('}') => {
            Some((Some(names.to_owned()), target.to_owned()))
        }
        Some(_) => None,
    }
}

/// The targets of every `url("…")` of a style, except fragments.
pub fn pictures_of(style: &str) -> Result<Vec<Range<usize>>> {
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

/// A start tag. `attributes` hold name, value and where the value stands (empty for a bare name).
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub end: usize,
    pub attributes: Vec<(String, String, Range<usize>)>,
}

impl Tag {
    pub fn get(&self, name: &str) -> Option<(&str, Range<usize>)> {
        let found = self.attributes.iter().find(|(key, _, _)| key == name);
        found.map(|(_, value, at)| (value.as_str(), at.clone()))
    }
}

/// Every start tag of a page without comments. Values stand in double quotes.
pub fn tags_of(page: &str) -> Result<Vec<Tag>> {
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

pub fn read_tag(page: &str, start: usize) -> Result<Tag> {
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
            return Ok(Tag { name, end: position + 1, attributes });
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

/// Refuses what the content security policy would refuse in the browser, or what would dodge it.
pub fn check_tag(tag: &Tag) -> Result<()> {
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
