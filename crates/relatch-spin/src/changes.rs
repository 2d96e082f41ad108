//! What a save changed, in words for the log: who changed a rule is worth little without what it was.

use serde_json::Value;

/// Longest text of a value.
const VALUE_MAX: usize = 80;
/// Most names of a list that are written out.
const NAMES_MAX: usize = 10;
/// Lists whose entries nobody needs to read in a log.
const ONLY_COUNTED: [&str; 1] = ["own_words"];

/// A line for each field that differs between two states of a page: `call: true -> false`.
pub fn changes(before: &Value, after: &Value) -> Vec<String> {
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return Vec::new() };
    let fields = after.keys().chain(before.keys().filter(|field| !after.contains_key(*field)));
    fields
        .filter(|field| *field != "version")
        .filter_map(|field| line(field, before.get(field), after.get(field)))
        .collect()
}

fn line(field: &str, before: Option<&Value>, after: Option<&Value>) -> Option<String> {
    let nothing = &Value::Null;
    let (before, after) = (before.unwrap_or(nothing), after.unwrap_or(nothing));
    if before == after {
        return None;
    }
    let (old, new) = (words(field, before), words(field, after));
    Some(if old == new { format!("{field}: changed") } else { format!("{field}: {old} -> {new}") })
}

fn words(field: &str, value: &Value) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.is_empty() => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => {
            let names: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            let readable = names.filter(|names| names.len() <= NAMES_MAX && !ONLY_COUNTED.contains(&field));
            readable.map_or_else(|| format!("{} entries", list.len()), |names| names.join(", "))
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    text.chars().take(VALUE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_field_that_differs_is_named_with_both_values() {
        let before = json!({ "version": 3, "call": true, "needed": 1, "helpdesk": "", "countries": ["GB"], "same": 1 });
        let after = json!({ "version": 4, "call": false, "needed": 2, "helpdesk": "help@contoso.example", "countries": ["GB", "DE"], "same": 1 });
        let lines = changes(&before, &after);
        for line in [
            "call: true -> false",
            "needed: 1 -> 2",
            "helpdesk: nothing -> help@contoso.example",
            "countries: GB -> GB, DE",
        ] {
            assert!(lines.iter().any(|found| found == line), "{line} in {lines:?}");
        }
        assert_eq!(lines.len(), 4);
        assert!(changes(&after, &after).is_empty());
    }

    #[test]
    fn words_nobody_may_use_are_counted_and_long_texts_cut() {
        let words = |list: &[&str]| json!({ "own_words": list });
        assert_eq!(
            changes(&words(&["fabrikam"]), &words(&["fabrikam", "northwind"])),
            ["own_words: 1 entries -> 2 entries"]
        );
        assert_eq!(changes(&words(&["fabrikam"]), &words(&["northwind"])), ["own_words: changed"]);
        let long = changes(&json!({ "organisation": "" }), &json!({ "organisation": "x".repeat(200) }));
        assert_eq!(long[0].len(), "organisation: nothing -> ".len() + VALUE_MAX);
        let gone = changes(&json!({ "colour": "#123456" }), &json!({}));
        assert_eq!(gone, ["colour: #123456 -> nothing"]);
    }
}
