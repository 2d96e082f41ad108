//! Reading the log backwards, a bounded piece for each request.

use crate::wire::{EventView, Export, Exported, Filter, Format, Found, Named};
use csv::Writer;
use relatch_core::limits::FLOW_LIFE;
use relatch_core::{AccountId, GroupId, Timestamp};
use relatch_http::{Code, Problem};
use relatch_spin::sheet::guarded;
use relatch_spin::{App, Stepped};
use relatch_store::events::{Event, EventKind, Numbered};
use relatch_store::{Entropy, Kv};
use std::collections::HashMap;

/// Events of one answer.
const PAGE: usize = 50;
/// Places of the log one request looks at, and how many at a time.
const LOOKED_AT: u64 = 500;
const PIECE: u64 = 50;

/// A filter that was understood.
struct Wanted {
    person: Option<String>,
    kinds: Option<Vec<EventKind>>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    before: Option<u64>,
}

impl Wanted {
    fn parse(filter: &Filter) -> Result<Self, Problem> {
        let bad = |field| Problem::new(Code::InvalidField).field(field);
        let time = |text: &Option<String>, field| match text.as_deref() {
            None => Ok(None),
            Some(text) => Timestamp::parse_rfc3339(text).map(Some).ok_or_else(|| bad(field)),
        };
        let person = match filter.person.as_deref() {
            None => None,
            Some(id) => Some(AccountId::parse(id).ok_or_else(|| bad("person"))?.to_string()),
        };
        let before = match filter.before.as_deref() {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| bad("before"))?),
        };
        let kinds = filter.kinds.clone().filter(|kinds| !kinds.is_empty());
        Ok(Self { person, kinds, from: time(&filter.from, "from")?, to: time(&filter.to, "to")?, before })
    }

    fn matches(&self, event: &Event) -> bool {
        let by = |id: &Option<String>| id.is_some() && *id == self.person;
        let at = Timestamp(event.at);
        (self.person.is_none() || by(&event.actor) || by(&event.target))
            && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&event.kind))
            && self.from.is_none_or(|from| at >= from)
            && self.to.is_none_or(|to| at <= to)
    }

    /// Nothing below this event can be young enough.
    fn is_past(&self, event: &Event) -> bool {
        self.from.is_some_and(|from| Timestamp(event.at).plus(FLOW_LIFE) < from)
    }
}

pub async fn search<K: Kv, E: Entropy>(app: &App<K, E>, filter: &Filter) -> Stepped<Found> {
    let wanted = Wanted::parse(filter)?;
    let mut end = match wanted.before {
        Some(before) => before,
        None => app.vault.log_end().await?,
    };
    if let (None, Some(to)) = (wanted.before, wanted.to) {
        end = app.vault.log_end_at(end, to).await?;
    }
    let oldest = relatch_store::Vault::<K, E>::log_start(end);
    let lowest = end.saturating_sub(LOOKED_AT).max(oldest);
    let mut found: Vec<Numbered> = Vec::new();
    let (mut at, mut looked_back_to, mut past) = (end, None, false);
    while at > lowest && found.len() < PAGE && !past {
        let from = at.saturating_sub(PIECE).max(lowest);
        for line in app.vault.events(from..at).await? {
            looked_back_to = Some(line.event.at);
            past |= wanted.is_past(&line.event);
            if wanted.matches(&line.event) {
                found.push(line);
            }
        }
        at = from;
    }
    found.sort_by_key(|line| std::cmp::Reverse((line.event.at, line.number)));
    Ok(Found {
        events: named(app, found).await?,
        next: (at > oldest && !past).then(|| at.to_string()),
        looked_back_to: looked_back_to.map(|at| Timestamp(at).rfc3339()),
    })
}

/// Puts names to the ids of a page; each is read once.
async fn named<K: Kv, E: Entropy>(app: &App<K, E>, lines: Vec<Numbered>) -> Stepped<Vec<EventView>> {
    let mut names: HashMap<String, String> = HashMap::new();
    let mut views = Vec::with_capacity(lines.len());
    for Numbered { number, event } in lines {
        for id in [&event.actor, &event.target].into_iter().flatten() {
            if !names.contains_key(id) {
                let name = name_of(app, id).await?;
                names.insert(id.clone(), name);
            }
        }
        let named = |id: Option<String>| id.map(|id| Named { name: names.get(&id).cloned().unwrap_or_default(), id });
        views.push(EventView {
            number,
            at: Timestamp(event.at).rfc3339(),
            kind: event.kind,
            result: event.result,
            method: event.method,
            changes: event.changes,
            actor: named(event.actor),
            target: named(event.target),
            client: event.client,
            request: event.request,
        });
    }
    Ok(views)
}

async fn name_of<K: Kv, E: Entropy>(app: &App<K, E>, id: &str) -> Stepped<String> {
    if let Some(id) = AccountId::parse(id)
        && let Some(account) = app.vault.account(id).await?
    {
        return Ok(account.name);
    }
    let group = match GroupId::parse(id) {
        Some(id) => app.vault.group(id).await?,
        None => None,
    };
    Ok(group.map(|group| group.name).unwrap_or_default())
}

/// The same events as text. CSV has its header on the first page.
pub async fn export<K: Kv, E: Entropy>(app: &App<K, E>, wanted: &Export) -> Stepped<Exported> {
    let filter = Filter {
        person: wanted.person.clone(),
        kinds: wanted.kinds.clone(),
        from: wanted.from.clone(),
        to: wanted.to.clone(),
        before: wanted.before.clone(),
    };
    let found = search(app, &filter).await?;
    let text = match wanted.format {
        Format::Ndjson => ndjson(&found.events),
        Format::Csv => as_csv(&found.events, wanted.before.is_none())?,
    };
    Ok(Exported { text, next: found.next, looked_back_to: found.looked_back_to })
}

fn ndjson(events: &[EventView]) -> String {
    let lines = events.iter().filter_map(|event| serde_json::to_string(event).ok());
    lines.map(|line| line + "\n").collect()
}

fn as_csv(events: &[EventView], header: bool) -> Stepped<String> {
    let broken = |_| Code::Internal;
    let mut writer = Writer::from_writer(Vec::new());
    if header {
        let columns = ["number", "at", "kind", "result", "method", "actor", "target", "client", "request", "changes"];
        writer.write_record(columns).map_err(broken)?;
    }
    for event in events {
        let kind = serde_json::to_value(event.kind).ok().and_then(|kind| kind.as_str().map(ToOwned::to_owned));
        let name = |named: &Option<Named>| named.as_ref().map(|named| named.name.clone()).unwrap_or_default();
        let row = [
            event.number.to_string(),
            event.at.clone(),
            kind.unwrap_or_default(),
            event.result.clone(),
            event.method.clone().unwrap_or_default(),
            name(&event.actor),
            name(&event.target),
            event.client.clone(),
            event.request.clone(),
            event.changes.join("; "),
        ];
        writer.write_record(row.map(guarded)).map_err(broken)?;
    }
    let bytes = writer.into_inner().map_err(|_| Code::Internal)?;
    Ok(String::from_utf8(bytes).map_err(|_| Code::Internal)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use relatch_store::Batch;
    use relatch_testkit::{TestApp, app, person};

    async fn happen(app: &mut TestApp, kind: EventKind, target: Option<String>, after: u64) {
        app.now = app.now.plus(after);
        let mut batch = Batch::default();
        app.vault.put_event(&mut batch, &Event { target, ..app.event(kind, "done") }).await.unwrap();
        app.vault.commit(batch).await.unwrap();
    }

    #[test]
    fn a_search_is_narrowed_by_person_kind_and_time() {
        pollster::block_on(async {
            let mut app = app();
            let alice = person(&app, "alice", Vec::new(), false).await;
            let id = alice.account.id.to_string();
            let begun = app.now;
            for _ in 0..120 {
                happen(&mut app, EventKind::SignInFailed, None, 3_600).await;
            }
            happen(&mut app, EventKind::PasswordReset, Some(id.clone()), 3_600).await;
            let find = async |filter: Filter| search(&app, &filter).await.unwrap();
            let all = find(Filter::default()).await;
            assert_eq!((all.events.len(), all.next.is_some()), (50, true));
            assert_eq!(all.events[0].target.as_ref().unwrap().name, "alice@contoso.example");
            let hers = find(Filter { person: Some(id), ..Filter::default() }).await;
            assert_eq!((hers.events.len(), hers.next), (1, None));
            let kinds = Some(vec![EventKind::PasswordReset]);
            assert_eq!(find(Filter { kinds, ..Filter::default() }).await.events.len(), 1);
            let to = Some(begun.plus(10 * 3_600).rfc3339());
            let from = Some(begun.plus(3 * 3_600).rfc3339());
            let window = find(Filter { from, to, ..Filter::default() }).await;
            assert_eq!((window.events.len(), window.next), (8, None));
            let bad = Filter { from: Some("yesterday".to_owned()), ..Filter::default() };
            assert!(search(&app, &bad).await.is_err());
        });
    }
}
