//! A request, already read to its end and within its limits.

use crate::json;
use crate::problem::{Code, Problem};
use http::{HeaderMap, Method};
use relatch_core::limits::BODY_MAX;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Debug)]
pub struct Request {
    pub method: Method,
    /// The path as it came, without the query.
    pub path: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Request {
    /// The one value of a header, if it came exactly once and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() { None } else { value.to_str().ok() }
    }

    /// The path's segments below `/api/`: `["users", "ID"]`. A path that is not in its plainest
    /// spelling (`//`, `/./`, `%2e`, `;x`, a trailing slash) has none (SEC-57).
    pub fn segments(&self) -> Option<Vec<&str>> {
        let rest = self.path.strip_prefix("/api/")?;
        let plain = |part: &&str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let parts: Vec<&str> = rest.split('/').collect();
        parts.iter().all(plain).then_some(parts)
    }

    /// The one value of a query parameter, of plain characters only; nothing secret is ever put there.
    pub fn query_value(&self, name: &str) -> Result<Option<&str>, Problem> {
        let Some(query) = self.query.as_deref().filter(|query| !query.is_empty()) else { return Ok(None) };
        match query.split_once('=') {
            Some((key, value)) if key == name && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                Ok(Some(value))
            }
            _ => Err(Problem::new(Code::InvalidField).field("query")),
        }
    }

    /// Where the last page of a list ended: the query `after`, a number.
    pub fn after(&self) -> Result<Option<u64>, Problem> {
        let bad = |_| Problem::new(Code::InvalidField).field("after");
        self.query_value("after")?.map(str::parse).transpose().map_err(bad)
    }

    /// The body as `T`: JSON only, strict (SEC-68).
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.json_within(BODY_MAX)
    }

    /// The same where a body may have up to `most` bytes.
    pub fn json_within<T: DeserializeOwned>(&self, most: usize) -> Result<T, Problem> {
        let media = self.header("content-type").unwrap_or_default();
        let essence = media.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(Code::UnsupportedMediaType));
        }
        if self.body.len() > most {
            return Err(Problem::new(Code::BodyTooLarge));
        }
        json::parse(&self.body)
    }

    /// The body of a request that says nothing more: an object without fields.
    pub fn nothing(&self) -> Result<(), Problem> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        self.json().map(|Nothing {}| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Request {
        Request { method: Method::GET, path: path.to_owned(), query: None, headers: HeaderMap::new(), body: Vec::new() }
    }

    #[test]
    fn only_the_plainest_spelling_of_a_path_counts() {
        assert_eq!(at("/api/users/ab12").segments(), Some(vec!["users", "ab12"]));
        for path in [
            "/api//users",
            "/api/users/",
            "/api/./users",
            "/api/%75sers",
            "/api/users;x",
            "/api/Users",
            "/api/users/../x",
            "/users",
        ] {
            assert_eq!(at(path).segments(), None, "{path}");
        }
    }
}
