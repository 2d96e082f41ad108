//! Users as CSV: import with a report for every line, export a page at a time.

use crate::edit;
use crate::step::{NewPerson, create_with};
use crate::wire::{Import, Imported, ImportedLine, TypedDetails};
use csv::{ReaderBuilder, StringRecord, Writer};
use relatch_core::{Coded, DisplayName, UserName};
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::sheet::{guarded, unguarded};
use relatch_spin::views::codes;
use relatch_spin::{App, StepError, Stepped};
use relatch_store::account_changes::AccountChange;
use relatch_store::events::EventKind;
use relatch_store::records::{Details, Person};
use relatch_store::{Entropy, Kv};

/// Rows one request imports: each new one costs a hash, so that ten take about a second.
const ROWS: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
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
fn columns(header: &str) -> Option<Vec<Column>> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).from_reader(header.trim_start_matches('\u{feff}').as_bytes());
    let record = reader.records().next()?.ok()?;
    let columns: Vec<Column> = record.iter().map(|name| Column::parse(name.trim())).collect::<Option<_>>()?;
    let once = columns.iter().all(|column| columns.iter().filter(|other| *other == column).count() == 1);
    let named = columns.contains(&Column::UserName) && columns.contains(&Column::DisplayName);
    (once && named).then_some(columns)
}

/// Imports the complete rows at the beginning of `wanted.rows`, at most [`ROWS`] of them.
pub async fn import<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, wanted: &Import) -> Stepped<Imported> {
    let bad_header = || Problem::new(Code::InvalidField).field("header");
    let columns = columns(&wanted.header).ok_or_else(bad_header)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(wanted.rows.as_bytes());
    let mut imported = Imported { report: Vec::new(), consumed: 0 };
    let mut record = StringRecord::new();
    while imported.report.len() < ROWS {
        let from = reader.position().clone();
        if !reader.read_record(&mut record).map_err(|_| Problem::new(Code::InvalidField).field("rows"))? {
            imported.consumed = wanted.rows.len() as u64;
            break;
        }
        let to = reader.position().byte();
        let text = slice(&wanted.rows, from.byte(), to);
        if !wanted.last && !is_finished(text) {
            break;
        }
        let line = wanted.line.saturating_add(from.line()).saturating_sub(1);
        imported.report.push(ImportedLine { line, ..import_row(app, caller, &columns, &record).await? });
        imported.consumed = to;
    }
    Ok(imported)
}

fn slice(text: &str, from: u64, to: u64) -> &str {
    let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
    text.get(range).unwrap_or_default()
}

/// A row that is all there: it ends, and so does every quote in it.
fn is_finished(text: &str) -> bool {
    text.ends_with('\n') && text.bytes().filter(|byte| *byte == b'"').count() % 2 == 0
}

async fn import_row<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    columns: &[Column],
    record: &StringRecord,
) -> Stepped<ImportedLine> {
    let cell = |wanted: Column| {
        let at = columns.iter().position(|column| *column == wanted)?;
        record.get(at).map(unguarded)
    };
    let name = cell(Column::UserName).unwrap_or_default();
    let refused = |field: Option<&'static str>, reason| ImportedLine {
        name: name.to_owned(),
        result: "refused",
        field,
        reason: Some(reason),
        ..ImportedLine::default()
    };
    if record.len() != columns.len() {
        return Ok(refused(None, "wrong_number_of_fields"));
    }
    let Some(user) = UserName::in_domain(name, &app.settings.domain) else {
        return Ok(refused(Some("user_name"), "invalid"));
    };
    let Some(shown) = DisplayName::parse(cell(Column::DisplayName).unwrap_or_default()) else {
        return Ok(refused(Some("display_name"), "invalid"));
    };
    let known = app.vault.find_person(user.as_str()).await?;
    let typed = TypedDetails {
        department: cell(Column::Department),
        country: cell(Column::Country),
        source: cell(Column::AccountKind).filter(|kind| !kind.is_empty()),
        plans: cell(Column::Plans).map(|plans| plans.split_whitespace().collect()),
    };
    let before = known.as_ref().map(|person| person.account.details.clone()).unwrap_or_default();
    let details = match typed.over(&before) {
        Ok(details) => details,
        Err(field) => return Ok(refused(Some(if field == "source" { "account_kind" } else { field }), "invalid")),
    };
    let done = match known.filter(|person| person.account.deleted_at.is_none()) {
        Some(person) => update(app, caller, &person, shown, details).await,
        None => create(app, caller, &user, &shown, details).await,
    };
    match done {
        Ok(line) => Ok(ImportedLine { name: user.as_str().to_owned(), ..line }),
        Err(StepError::Refused(problem)) => Ok(refused(None, problem.code.as_str())),
        Err(error) => Err(error),
    }
}

async fn create<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    name: &UserName,
    shown: &DisplayName,
    details: Details,
) -> Stepped<ImportedLine> {
    let NewPerson { initial_password, .. } = create_with(app, caller, name, shown, Vec::new(), details).await?;
    let initial_password = Some(initial_password.expose().to_owned());
    Ok(ImportedLine { result: "created", initial_password, ..ImportedLine::default() })
}

async fn update<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    person: &Person,
    shown: DisplayName,
    details: Details,
) -> Stepped<ImportedLine> {
    let account = &person.account;
    let change = AccountChange {
        display_name: (shown.as_str() != account.display_name).then_some(shown),
        details: (details != account.details).then_some(details),
        ..AccountChange::default()
    };
    if change.display_name.is_none() && change.details.is_none() {
        return Ok(ImportedLine { result: "unchanged", ..ImportedLine::default() });
    }
    edit::save(app, caller, account.id, Some(account.version), change, (EventKind::UserChanged, "imported")).await?;
    Ok(ImportedLine { result: "updated", ..ImportedLine::default() })
}

/// People as CSV; `first`: with the header.
pub fn export(people: &[Person], first: bool) -> Stepped<String> {
    let broken = |_| StepError::from(Code::Internal);
    let mut writer = Writer::from_writer(Vec::new());
    if first {
        writer.write_record(Column::ALL.iter().map(|column| column.code())).map_err(broken)?;
    }
    for person in people {
        let account = &person.account;
        let cells = Column::ALL.iter().map(|column| match column {
            Column::UserName => account.name.clone(),
            Column::DisplayName => account.display_name.clone(),
            Column::Department => account.details.department.clone(),
            Column::Country => account.details.country.clone(),
            Column::AccountKind => account.details.source.code().to_owned(),
            Column::Plans => codes(&account.details.plans).join(" "),
            Column::State => account.state().to_owned(),
            Column::Roles => codes(&account.roles).join(" "),
            Column::CreatedAt => account.created_at.rfc3339(),
        });
        writer.write_record(cells.map(guarded)).map_err(broken)?;
    }
    let bytes = writer.into_inner().map_err(|_| Code::Internal)?;
    Ok(String::from_utf8(bytes).map_err(|_| Code::Internal)?)
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
