//! The text of a CSV, before anybody asks what is in its cells.

use csv::{Reader, ReaderBuilder, StringRecord};
use relatch_core::Coded;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    UserName,
    DisplayName,
    Department,
    Country,
    AccountKind,
    Plans,
    /// Written by the export; nothing is read from it.
    State,
    Roles,
    CreatedAt,
}

impl Coded for Column {
    const ALL: &'static [Self] = &[
        Self::UserName,
        Self::DisplayName,
        Self::Department,
        Self::Country,
        Self::AccountKind,
        Self::Plans,
        Self::State,
        Self::Roles,
        Self::CreatedAt,
    ];

    fn code(self) -> &'static str {
        match self {
            Self::UserName => "user_name",
            Self::DisplayName => "display_name",
            Self::Department => "department",
            Self::Country => "country",
            Self::AccountKind => "account_kind",
            Self::Plans => "plans",
            Self::State => "state",
            Self::Roles => "roles",
            Self::CreatedAt => "created_at",
        }
    }
}

/// Reads the header: known columns, each once, the names among them.
pub fn columns(header: &str) -> Option<Vec<Column>> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).from_reader(header.trim_start_matches('\u{feff}').as_bytes());
    let record = reader.records().next()?.ok()?;
    let columns: Vec<Column> = record.iter().map(|name| Column::parse(name.trim())).collect::<Option<_>>()?;
    let once = columns.iter().all(|column| columns.iter().filter(|other| *other == column).count() == 1);
    let named = columns.contains(&Column::UserName) && columns.contains(&Column::DisplayName);
    (once && named).then_some(columns)
}

/// The complete rows at the beginning of a text, one after the other.
pub struct Rows<'a> {
    text: &'a str,
    /// Nothing follows the text.
    last: bool,
    reader: Reader<&'a [u8]>,
    /// Bytes of the text that were read.
    pub consumed: u64,
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str, last: bool) -> Self {
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        Self { text, last, reader, consumed: 0 }
    }

    /// The next row and its line, counted from 1; nothing when no complete one is left.
    pub fn read(&mut self) -> csv::Result<Option<(u64, StringRecord)>> {
        let from = self.reader.position().clone();
        let mut record = StringRecord::new();
        if !self.reader.read_record(&mut record)? {
            self.consumed = self.text.len() as u64;
            return Ok(None);
        }
        let to = self.reader.position().byte();
        if !self.last && !is_finished(slice(self.text, from.byte(), to)) {
            return Ok(None);
        }
        self.consumed = to;
        Ok(Some((from.line(), record)))
    }
}

fn slice(text: &str, from: u64, to: u64) -> &str {
    let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
    text.get(range).unwrap_or_default()
}

/// A row that is all there: it ends, and so does every quote in it.
fn is_finished(text: &str) -> bool {
    text.ends_with('\n') && text.bytes().filter(|byte| *byte == b'"').count() % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_known_columns_once() {
        assert!(columns("user_name,display_name,department").is_some());
        assert!(columns("\u{feff}display_name, user_name").is_some());
        for bad in ["", "user_name", "user_name,display_name,password", "user_name,display_name,user_name"] {
            assert!(columns(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_unfinished_row_waits() {
        assert!(is_finished("a,b\n"));
        assert!(!is_finished("a,b"));
        assert!(!is_finished("a,\"b\n"));
        assert!(is_finished("a,\"b\nc\"\n"));
    }
}
