//! Which copy of a file a browser gets.

use crate::wire::Page;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Brotli,
    Gzip,
    Plain,
}

impl Encoding {
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Plain => None,
        }
    }

    pub fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Plain => "",
        }
    }
}

/// The smallest copy the browser says it can read.
pub fn encoding(page: &Page, accepted: &str) -> Encoding {
    let takes = |name: &str| {
        accepted.split(',').any(|part| {
            let mut pieces = part.split(';').map(str::trim);
            pieces.next() == Some(name) && !pieces.any(|piece| matches!(piece, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
    };
    if page.br && takes("br") {
        Encoding::Brotli
    } else if page.gzip && takes("gzip") {
        Encoding::Gzip
    } else {
        Encoding::Plain
    }
}

/// One tag for all copies of a file: weak, for their bytes differ.
pub fn weak(etag: &str) -> String {
    format!("W/{etag}")
}

/// Does the browser have this very file already?
pub fn unchanged(page: &Page, if_none_match: &str) -> bool {
    if_none_match.split(',').map(str::trim).any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == page.etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        Page {
            file: "/index.html".to_owned(),
            content_type: "text/html; charset=utf-8".to_owned(),
            immutable: false,
            etag: "\"abc\"".to_owned(),
            br: true,
            gzip: true,
        }
    }

    #[test]
    fn the_smallest_accepted_copy_is_sent() {
        assert_eq!(encoding(&page(), "gzip, deflate, br"), Encoding::Brotli);
        assert_eq!(encoding(&page(), "gzip;q=0.5, br;q=0"), Encoding::Gzip);
        assert_eq!(encoding(&page(), ""), Encoding::Plain);
        assert_eq!(encoding(&Page { br: false, gzip: false, ..page() }, "br, gzip"), Encoding::Plain);
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        assert!(unchanged(&page(), "W/\"abc\""));
        assert!(unchanged(&page(), "\"x\", \"abc\""));
        assert!(!unchanged(&page(), ""));
        assert!(!unchanged(&page(), "\"abd\""));
    }
}
