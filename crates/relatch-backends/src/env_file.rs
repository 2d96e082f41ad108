//! The file a deployment's variables are in.

use std::collections::BTreeMap;

/// The prefix Spin reads from the environment.
pub const PREFIX: &str = "SPIN_VARIABLE_";

/// Reads an environment file: `SPIN_VARIABLE_NAME=value` lines, blank lines and `#` comments. Errors name the line and
/// never its content, which may be a secret.
pub fn parse_env_file(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or_else(|| anyhow::anyhow!("line {number} is not NAME=value"))?;
        let name = name
            .trim()
            .strip_prefix(PREFIX)
            .ok_or_else(|| anyhow::anyhow!("line {number}: the name does not start with {PREFIX}"))?
            .to_ascii_lowercase();
        let value = value.trim();
        let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
        if values.insert(name, unquoted.to_owned()).is_some() {
            anyhow::bail!("line {number} gives a variable a second value");
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_file_is_read_line_by_line() {
        let values = parse_env_file("# keys\n\nSPIN_VARIABLE_PEPPER=a=b\nSPIN_VARIABLE_NAME=\"A B\"\n").unwrap();
        assert_eq!(values.get("pepper").map(String::as_str), Some("a=b"));
        assert_eq!(values.get("name").map(String::as_str), Some("A B"));
    }

    #[test]
    fn a_bad_line_is_named_by_number_and_not_shown() {
        for text in ["SPIN_VARIABLE_A=1\nhunter2", "SECRET=hunter2", "SPIN_VARIABLE_A=1\nSPIN_VARIABLE_A=hunter2"] {
            let error = parse_env_file(text).unwrap_err().to_string();
            assert!(error.starts_with("line ") && !error.contains("hunter2"), "{error}");
        }
    }
}
