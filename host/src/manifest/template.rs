//! Values with `{{ variable }}` in them.

use std::collections::BTreeMap;
use std::fmt;

/// A value that may name variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
}

/// Why a value is no template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError(pub String);

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Template {
    /// Takes a value apart.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, tail) = after.split_once("}}").ok_or_else(|| TemplateError("`{{` without `}}`".to_owned()))?;
            let name = name.trim();
            if !is_variable_name(name) {
                return Err(TemplateError(format!("`{name}` is no variable name")));
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Variable(name.to_owned()));
            rest = tail;
        }
        if rest.contains("}}") {
            return Err(TemplateError("`}}` without `{{`".to_owned()));
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The value as it is written in the manifest: safe to show.
    pub fn as_written(&self) -> &str {
        &self.text
    }

    /// The variables it names.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Variable(name) => Some(name.as_str()),
        })
    }

    /// The value, or the name of the first variable that has none.
    pub fn resolve(&self, values: &BTreeMap<String, String>) -> Result<String, String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Variable(name) => out.push_str(values.get(name).ok_or_else(|| name.clone())?),
            }
        }
        Ok(out)
    }
}

/// Spin's rule: lower-case letters, digits and single underscores; a letter first, no underscore last.
pub fn is_variable_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('_')
        && !name.contains("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_variables_are_joined() {
        let template = Template::parse("a {{ one }}{{two}} z").unwrap();
        let values = BTreeMap::from([("one".to_owned(), "1".to_owned()), ("two".to_owned(), "2".to_owned())]);
        assert_eq!(template.resolve(&values), Ok("a 12 z".to_owned()));
        assert_eq!(template.resolve(&BTreeMap::new()), Err("one".to_owned()));
        assert_eq!(template.variables().collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn a_value_is_not_read_twice() {
        let values = BTreeMap::from([("one".to_owned(), "{{ two }}".to_owned())]);
        assert_eq!(Template::parse("{{ one }}").unwrap().resolve(&values), Ok("{{ two }}".to_owned()));
    }

    #[test]
    fn broken_templates_are_refused() {
        for text in ["{{ one", "one }}", "{{ }}", "{{ One }}", "{{ a__b }}", "{{ a_ }}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }
}
