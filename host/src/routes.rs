//! Which component answers a path: an exact route first, then the longest `/...`.

use crate::manifest::PublicRoute;

/// All public routes. Private components are not in here, so no path leads to them.
#[derive(Debug, Default)]
pub struct Routes {
    /// Most specific first.
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    pattern: String,
    /// Without slashes at either end.
    path: String,
    wildcard: bool,
    component: String,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// The component that answers.
    pub component: &'a str,
    /// The route as written in the manifest.
    pub pattern: &'a str,
    /// What a `/...` stood for.
    pub tail: String,
}

impl Routes {
    /// Sorts the routes of a manifest.
    pub fn new(routes: &[PublicRoute]) -> Self {
        let mut entries: Vec<Entry> = routes
            .iter()
            .map(|route| {
                let path = route.pattern.strip_suffix("...").unwrap_or(&route.pattern);
                Entry {
                    pattern: route.pattern.clone(),
                    path: path.trim_matches('/').to_owned(),
                    wildcard: route.pattern.ends_with("/..."),
                    component: route.component.clone(),
                }
            })
            .collect();
        entries.sort_by_key(|entry| (entry.wildcard, std::cmp::Reverse(entry.path.len())));
        Self { entries }
    }

    /// Finds the component for a path. Slashes at the ends do not matter, as in Spin; nothing is decoded.
    pub fn find(&self, path: &str) -> Option<Match<'_>> {
        let trimmed = path.trim_matches('/');
        self.entries.iter().find_map(|entry| {
            let rest = match trimmed.strip_prefix(entry.path.as_str())? {
                "" => "",
                rest if entry.path.is_empty() => rest,
                rest => rest.strip_prefix('/')?,
            };
            if !entry.wildcard && !rest.is_empty() {
                return None;
            }
            Some(Match { component: &entry.component, pattern: &entry.pattern, tail: tail(entry.wildcard, rest, path) })
        })
    }
}

/// Spin keeps a slash at the end of a path in the tail.
fn tail(wildcard: bool, rest: &str, path: &str) -> String {
    match (wildcard, rest.is_empty(), path.ends_with('/')) {
        (false, ..) | (true, true, false) => String::new(),
        (true, true, true) => "/".to_owned(),
        (true, false, false) => format!("/{rest}"),
        (true, false, true) => format!("/{rest}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(patterns: &[&str]) -> Routes {
        let route = |pattern: &&str| PublicRoute { pattern: (*pattern).to_owned(), component: (*pattern).to_owned() };
        Routes::new(&patterns.iter().map(route).collect::<Vec<_>>())
    }

    #[test]
    fn exact_beats_wildcard_and_longer_beats_shorter() {
        let routes = routes(&["/...", "/a/...", "/a/b/...", "/a/b", "/"]);
        let cases = [
            ("/", "/"),
            ("/x", "/..."),
            ("/a", "/a/..."),
            ("/a/", "/a/..."),
            ("/a/x", "/a/..."),
            ("/a/b", "/a/b"),
            ("/a/b/", "/a/b"),
            ("/a/b/c", "/a/b/..."),
            ("/ab", "/..."),
            ("//a/x", "/a/..."),
            ("/a/bb", "/a/..."),
        ];
        for (path, expected) in cases {
            assert_eq!(routes.find(path).map(|found| found.component), Some(expected), "{path}");
        }
    }

    #[test]
    fn without_a_catch_all_other_paths_lead_nowhere() {
        let routes = routes(&["/a/...", "/b"]);
        for path in ["/", "/ab", "/b/c", "/c", ""] {
            assert_eq!(routes.find(path), None, "{path}");
        }
    }

    #[test]
    fn the_tail_is_what_the_dots_stood_for() {
        let routes = routes(&["/...", "/a/...", "/b"]);
        let cases =
            [("/a", ""), ("/a/", "/"), ("/a/x/y", "/x/y"), ("/a/x/", "/x/"), ("/b", ""), ("/q", "/q"), ("/", "/")];
        for (path, expected) in cases {
            assert_eq!(routes.find(path).map(|found| found.tail), Some(expected.to_owned()), "{path}");
        }
    }
}
