//! One script for each page: its modules in one file, so that a page waits for one answer and not for forty.
//!
//! Our modules name what they import and export only declarations, so each can become a function that is called
//! once and gives what it exports, in the order in which a browser would run them. Nothing else of the language
//! is understood, and what is not understood stops the build.

use super::assets::{Sources, text};
use super::markup::{Edit, apply, imports_of, resolve};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;

/// A script as the browser gets it, and the source paths of the modules in it.
pub struct Bundle {
    pub script: String,
    pub modules: Vec<String>,
}

/// A module that imports nothing stays as it is: another script may import it later.
pub fn bundle(sources: &Sources, entry: &str) -> Result<Bundle> {
    let source = text(sources, entry)?;
    if imports_of(source)?.is_empty() {
        return Ok(Bundle { script: source.to_owned(), modules: vec![entry.to_owned()] });
    }
    let mut bundler = Bundler { sources, numbers: BTreeMap::new(), modules: Vec::new(), script: String::new() };
    bundler.add(entry, &[])?;
    Ok(Bundle { script: bundler.script, modules: bundler.modules })
}

struct Bundler<'a> {
    sources: &'a Sources,
    /// Which of the functions a module has become.
    numbers: BTreeMap<String, usize>,
    modules: Vec<String>,
    script: String,
}

impl Bundler<'_> {
    /// Adds a module after all that it imports; `above` are those that wait for it. Gives its number.
    fn add(&mut self, path: &str, above: &[&str]) -> Result<usize> {
        if above.contains(&path) {
            bail!("{path} imports itself, by way of {}", above.join(" > "));
        }
        if let Some(number) = self.numbers.get(path) {
            return Ok(*number);
        }
        let source = text(self.sources, path)?;
        let mut edits = Vec::new();
        for import in imports_of(source).with_context(|| format!("in {path}"))? {
            let target = resolve(path, &import.target)
                .filter(|target| self.sources.contains_key(target))
                .with_context(|| format!("{path} names {}, which does not exist", import.target))?;
            let number = self.add(&target, &[above, &[path]].concat())?;
            let with = match import.names {
                Some(names) => format!("const {} = module{number};", names.replace(" as ", ": ")),
                None => String::new(),
            };
            edits.push(Edit { at: import.at, with });
        }
        let exports = exports_of(source).with_context(|| format!("in {path}"))?;
        edits.extend(
            exports.iter().map(|export| Edit { at: export.at..export.at + "export ".len(), with: String::new() }),
        );
        let body = apply(source, edits)?;
        let names: Vec<&str> = exports.iter().map(|export| export.name).collect();
        let number = self.modules.len();
        let line = format!(
            "// {path}\nconst module{number} = (() => {{\n{body}\nreturn {{ {} }};\n}})();\n",
            names.join(", ")
        );
        self.script.push_str(&line);
        self.numbers.insert(path.to_owned(), number);
        self.modules.push(path.to_owned());
        Ok(number)
    }
}

/// An exported declaration: where its line begins, and its name.
struct Export<'a> {
    at: usize,
    name: &'a str,
}

const DECLARATIONS: [&str; 4] = ["async function ", "function ", "class ", "const "];

/// A `let` is not among them: whoever imports it would keep its first value.
fn exports_of(script: &str) -> Result<Vec<Export<'_>>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in script.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("export ") {
            let declared = DECLARATIONS.iter().find_map(|word| rest.strip_prefix(word));
            let name =
                declared.and_then(|rest| rest.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$')).next());
            let name = name.filter(|name| !name.is_empty());
            found.push(Export {
                at,
                name: name.with_context(|| format!("cannot read this export: {}", line.trim_end()))?,
            });
        }
        at += line.len();
    }
    Ok(found)
}
