//! Bodies of the audit and usage pages.

use relatch_core::Timestamp;
use relatch_store::events::EventKind;
use relatch_store::usage::{Census, Day, Usage};
use serde::{Deserialize, Serialize};

/// What is absent is not asked for.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Id of an account: did it, or had it done to them.
    pub person: Option<String>,
    pub kinds: Option<Vec<EventKind>>,
    /// RFC 3339.
    pub from: Option<String>,
    pub to: Option<String>,
    /// `next` of the answer before.
    pub before: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Ndjson,
    Csv,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    #[serde(default)]
    pub format: Format,
    pub person: Option<String>,
    pub kinds: Option<Vec<EventKind>>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub before: Option<String>,
}

/// Somebody or something in an event.
#[derive(Serialize, Clone)]
pub struct Named {
    pub id: String,
    /// Empty when it is gone for good.
    pub name: String,
}

#[derive(Serialize)]
pub struct EventView {
    pub number: u64,
    pub at: String,
    pub kind: EventKind,
    pub result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Named>,
    pub client: String,
    pub request: String,
}

#[derive(Serialize)]
pub struct Found {
    pub events: Vec<EventView>,
    /// Where to go on; absent at the beginning of the log.
    pub next: Option<String>,
    /// How far back this has looked.
    pub looked_back_to: Option<String>,
}

#[derive(Serialize)]
pub struct Exported {
    pub text: String,
    pub next: Option<String>,
    pub looked_back_to: Option<String>,
}

#[derive(Serialize)]
pub struct UsageView {
    accounts: AccountsView,
    /// The last thirty, oldest first.
    days: Vec<DayView>,
    refusals: Vec<Refused>,
    calls_saved: u64,
    up_to_date: bool,
}

#[derive(Serialize)]
struct AccountsView {
    total: u64,
    enabled: u64,
    registered: u64,
    capable: u64,
    counted_at: Option<String>,
    progress: f64,
}

#[derive(Serialize)]
struct DayView {
    day: String,
    resets: u64,
    unlocks: u64,
    changes: u64,
    sign_ins: u64,
    reset_methods: Proofs,
}

#[derive(Serialize)]
struct Proofs {
    phone: u64,
    email: u64,
    app: u64,
    recovery_codes: u64,
    helpdesk_code: u64,
}

#[derive(Serialize)]
struct Refused {
    reason: String,
    count: u64,
}

const DAY: u64 = 86_400;
const SHOWN: u64 = 30;

impl UsageView {
    pub fn of(usage: &Usage, census: &Census, now: Timestamp) -> Self {
        let today = now.window(DAY);
        let days = today.saturating_sub(SHOWN - 1)..=today;
        let mut refusals: Vec<Refused> =
            usage.refusals.iter().map(|(reason, count)| Refused { reason: reason.clone(), count: *count }).collect();
        refusals.sort_by_key(|refused| std::cmp::Reverse(refused.count));
        Self {
            accounts: AccountsView {
                total: census.counts.total,
                enabled: census.counts.enabled,
                registered: census.counts.registered,
                capable: census.counts.capable,
                counted_at: census.counted_at.map(|at| Timestamp(at).rfc3339()),
                progress: census.progress(),
            },
            days: days.map(|day| DayView::of(day, usage.days.get(&day))).collect(),
            refusals,
            calls_saved: usage.calls_saved(),
            up_to_date: usage.up_to_date,
        }
    }
}

impl DayView {
    fn of(number: u64, day: Option<&Day>) -> Self {
        let day = day.cloned().unwrap_or_default();
        let proofs = |kind: &str| day.proofs.get(kind).copied().unwrap_or(0);
        let text = Timestamp(number.saturating_mul(DAY)).rfc3339();
        Self {
            day: text.split('T').next().unwrap_or_default().to_owned(),
            resets: day.resets,
            unlocks: day.unlocks,
            changes: day.changes,
            sign_ins: day.sign_ins,
            reset_methods: Proofs {
                phone: proofs("phone"),
                email: proofs("email"),
                app: proofs("app"),
                recovery_codes: proofs("recovery_codes"),
                helpdesk_code: proofs("helpdesk_code"),
            },
        }
    }
}
