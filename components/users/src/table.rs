//! Users as CSV: import with a report for every line, export a page at a time.

use crate::edit;
use crate::rows::{Column, Rows, columns};
use crate::step::{NewPerson, create_with};
use crate::wire::{Import, Imported, ImportedLine, TypedDetails};
use csv::{StringRecord, Writer};
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

/// Imports the complete rows at the beginning of `wanted.rows`, at most [`ROWS`] of them.
pub async fn import<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, wanted: &Import) -> Stepped<Imported> {
    let bad_header = || Problem::new(Code::InvalidField).field("header");
    let columns = columns(&wanted.header).ok_or_else(bad_header)?;
    let mut rows = Rows::new(&wanted.rows, wanted.last);
    let mut report = Vec::new();
    while report.len() < ROWS {
        let row = rows.read().map_err(|_| Problem::new(Code::InvalidField).field("rows"))?;
        let Some((at, record)) = row else { break };
        let line = wanted.line.saturating_add(at).saturating_sub(1);
        report.push(ImportedLine { line, ..import_row(app, caller, &columns, &record).await? });
    }
    Ok(Imported { report, consumed: rows.consumed })
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
