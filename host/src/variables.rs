//! Where the values of application variables come from.

use std::collections::BTreeMap;

use relatch_backends::PREFIX;

use crate::manifest::Manifest;

/// All values that are known, and the names of required variables that have none.
#[derive(Default)]
pub struct Values {
    /// By name.
    pub known: BTreeMap<String, String>,
    /// Sorted.
    pub missing: Vec<String>,
}

/// Looks every variable up: given by the caller, then in the environment, then the default.
pub fn collect(
    manifest: &Manifest,
    given: &BTreeMap<String, String>,
    environment: impl Fn(&str) -> Option<String>,
) -> Values {
    let mut values = Values::default();
    for (name, variable) in &manifest.variables {
        let found = given
            .get(name)
            .cloned()
            .or_else(|| environment(&format!("{PREFIX}{}", name.to_ascii_uppercase())))
            .or_else(|| variable.default.clone());
        match found {
            Some(value) => {
                values.known.insert(name.clone(), value);
            }
            None => values.missing.push(name.clone()),
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_given_value_beats_the_environment_beats_the_default() {
        let text = "spin_manifest_version = 2\n[application]\nname = \"a\"\n[variables]\n\
            one = { default = \"d\" }\ntwo = { default = \"d\" }\nthree = { default = \"d\" }\nfour = { required = true }\n";
        let manifest = Manifest::parse(text, "spin.toml", Path::new(".")).unwrap();
        let given = BTreeMap::from([("one".to_owned(), "g".to_owned())]);
        let values = collect(&manifest, &given, |name| {
            ["SPIN_VARIABLE_ONE", "SPIN_VARIABLE_TWO"].contains(&name).then(|| "e".to_owned())
        });
        assert_eq!(values.known.values().map(String::as_str).collect::<Vec<_>>(), ["g", "d", "e"]);
        assert_eq!(values.missing, ["four"]);
    }
}
