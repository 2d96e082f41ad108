//! Strict JSON: no duplicate keys, no unknown fields, no null, an object, bounded depth, nothing after the end.

use crate::problem::{Code, Problem};
use relatch_core::limits::BODY_DEPTH;
use serde::de::{DeserializeOwned, DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// Reads `T` (which denies unknown fields itself) after checking the text as a whole.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| invalid())?;
    if !is_object(body) {
        return Err(invalid());
    }
    let mut checker = serde_json::Deserializer::from_str(text);
    Checked { depth: 0 }.deserialize(&mut checker).map_err(|_| invalid())?;
    checker.end().map_err(|_| invalid())?;
    serde_json::from_str(text).map_err(|_| invalid())
}

/// Does an object begin here? serde would take an array for the values of its fields, in their order.
pub fn is_object(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'{')
}

fn invalid() -> Problem {
    Problem::new(Code::InvalidBody)
}

/// The result of a check: nothing but the fact that it passed.
struct Passed;

/// Walks any JSON value and refuses duplicate keys, null (what is absent is left out), NUL characters and too deep
/// nesting.
#[derive(Clone, Copy)]
struct Checked {
    depth: usize,
}

impl Checked {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        if depth > BODY_DEPTH { Err(E::custom("too deep")) } else { Ok(Self { depth }) }
    }
}

impl<'de> DeserializeSeed<'de> for Checked {
    type Value = Passed;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Passed, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Checked {
    type Value = Passed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("strict JSON")
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Passed, E> {
        Ok(Passed)
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<Passed, E> {
        Ok(Passed)
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<Passed, E> {
        Ok(Passed)
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Passed, E> {
        Ok(Passed)
    }
    fn visit_unit<E: Error>(self) -> Result<Passed, E> {
        Err(E::custom("null"))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Passed, E> {
        if text.contains('\0') { Err(E::custom("NUL")) } else { Ok(Passed) }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Passed, A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(Passed)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Passed, A::Error> {
        let inner = self.deeper()?;
        let mut seen = BTreeSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            entries.next_value_seed(inner)?;
            if !seen.insert(key) {
                return Err(A::Error::custom("duplicate key"));
            }
        }
        Ok(Passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Body {
        code: String,
    }

    #[test]
    fn a_plain_body_is_read() {
        assert_eq!(parse::<Body>(br#" {"code":"12"} "#).unwrap().code, "12");
    }

    #[test]
    fn anything_unusual_is_refused() {
        let deep = format!("{}1{}", "[".repeat(9), "]".repeat(9));
        for bad in [
            r#"{"code":"1","code":"2"}"#,
            r#"{"code":"1","\u0063ode":"2"}"#,
            r#"{"code":"1"} x"#,
            r#"{"code":"1"}{}"#,
            r#"{"code":["1"]}"#,
            r#"{"code":12345678}"#,
            r#"{"code":null}"#,
            r#"{"code":true}"#,
            r#"{"code":{}}"#,
            "{}",
            "[]",
            "null",
            "",
            r#"{"code":"1","role":"x"}"#,
            r#"{"code":"1\u0000"}"#,
            r#"{"code":"\ud800"}"#,
            r#"{'code':'1'}"#,
            deep.as_str(),
        ] {
            assert_eq!(parse::<Body>(bad.as_bytes()).unwrap_err().code, Code::InvalidBody, "{bad}");
        }
        assert!(parse::<Body>(b"{\"code\":\"\xff\"}").is_err());
    }

    #[test]
    fn null_is_no_other_way_to_leave_something_out() {
        #[derive(Deserialize, Debug)]
        struct Noted {
            note: Option<String>,
        }
        assert_eq!(parse::<Noted>(b"{}").unwrap().note, None);
        assert!(parse::<Noted>(br#"{"note":null}"#).is_err());
    }

    #[test]
    fn fields_have_names() {
        assert!(parse::<Body>(br#"["12"]"#).is_err());
        assert!(parse::<serde_json::Value>(b"[]").is_err());
    }

    #[test]
    fn eight_levels_are_deep_enough() {
        let nested = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        assert!(parse::<serde_json::Value>(nested(BODY_DEPTH).as_bytes()).is_ok());
        assert!(parse::<serde_json::Value>(nested(BODY_DEPTH + 1).as_bytes()).is_err());
    }
}
