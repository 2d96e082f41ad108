//! What happened: one sealed record per event, written in the same batch as what it reports, in numbered
//! places of a log (docs/adr/0010).

use crate::kv::{Entropy, Kv, StoreError};
use crate::records::Via;
use crate::vault::{Batch, Vault};
use relatch_core::Timestamp;
use relatch_core::limits::FLOW_LIFE;
use relatch_core::methods::Kind;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    SetupDone,
    SignedIn,
    SignInFailed,
    SignedOut,
    ResetStarted,
    CodeRequested,
    CodeAccepted,
    CodeRefused,
    PasswordReset,
    PasswordChanged,
    MethodRegistered,
    MethodRemoved,
    MethodClosed,
    MethodsConfirmed,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    AccountUnlocked,
    SessionEnded,
    RegistrationFinished,
    DeliveryFailed,
    UserCreated,
    UserChanged,
    UserDeleted,
    UserRestored,
    ResetStartedForUser,
    GroupCreated,
    GroupChanged,
    MembersChanged,
    ScopeChanged,
    PolicyChanged,
    /// Somebody should look (SEC-78); the result says at what.
    Alert,
}

/// Who did what to whom, with which result (SEC-77). Sealed like everything else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub at: u64,
    pub kind: EventKind,
    /// Account id of who acted, where that is known.
    pub actor: Option<String>,
    /// Account or group id of what it was done to.
    pub target: Option<String>,
    /// What somebody proved themselves with; several of a reset with a plus sign between them.
    pub method: Option<String>,
    pub result: String,
    /// What a save changed, a line for each field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    pub client: String,
    pub request: String,
}

impl Event {
    /// That this happened, and to whom and by whom is still to be said.
    pub fn new(kind: EventKind, result: &str, at: Timestamp) -> Self {
        Self {
            at: at.0,
            kind,
            actor: None,
            target: None,
            method: None,
            result: result.to_owned(),
            changes: Vec::new(),
            client: String::new(),
            request: String::new(),
        }
    }
}

/// Places a reset reserves in the log when it begins, so that its later steps need no number of their
/// own (docs/adr/0010).
const FLOW_PLACES: i64 = 16;
/// Events that are kept: the log is a ring of this many places.
const RING: u64 = 1 << 24;

/// What a reserved place is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowPlace {
    Started,
    Sent(Via),
    NotSent,
    Proven(Kind),
    Reset,
    Unlocked,
}

impl FlowPlace {
    fn offset(self) -> u64 {
        match self {
            Self::Started => 0,
            Self::Sent(Via::Phone) => 1,
            Self::Sent(Via::Email) => 2,
            Self::NotSent => 3,
            Self::Proven(Kind::Phone) => 4,
            Self::Proven(Kind::Email) => 5,
            Self::Proven(Kind::App) => 6,
            Self::Proven(Kind::RecoveryCodes) => 7,
            Self::Proven(Kind::HelpdeskCode) => 8,
            Self::Reset => 9,
            Self::Unlocked => 10,
        }
    }

    /// Places that must all be free for this one to be used.
    fn looked_at(self) -> std::ops::RangeInclusive<u64> {
        match self {
            Self::Sent(_) | Self::NotSent => 1..=3,
            _ => self.offset()..=self.offset(),
        }
    }
}

/// An event and its place in the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Numbered {
    pub number: u64,
    #[serde(flatten)]
    pub event: Event,
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    /// Puts an event at the end of the log: one commit for its number, and a line in the batch.
    pub async fn put_event(&self, batch: &mut Batch, event: &Event) -> Result<(), StoreError> {
        let number = self.count(&self.keys.event_seq()).await?;
        self.put_numbered(batch, number, event)
    }

    /// The first of the places of a reset that begins.
    pub async fn reserve_flow_log(&self) -> Result<u64, StoreError> {
        let last = self.kv.increment(&self.keys.event_seq(), FLOW_PLACES).await?;
        Ok(u64::try_from(last.saturating_sub(FLOW_PLACES).saturating_add(1)).unwrap_or(1))
    }

    /// Puts an event where its flow reserved a place, or at the end if its step was taken before. What a
    /// message's place costs depends on whether one was asked for before, never on whether one is sent:
    /// otherwise the time would tell a right number from a wrong one (SEC-3).
    pub async fn put_flow_event(
        &self,
        batch: &mut Batch,
        log: u64,
        place: FlowPlace,
        event: &Event,
    ) -> Result<(), StoreError> {
        let mut taken = false;
        for offset in place.looked_at() {
            taken |= self.event(log.saturating_add(offset)).await?.is_some();
        }
        let number = log.saturating_add(place.offset());
        if taken { self.put_event(batch, event).await } else { self.put_numbered(batch, number, event) }
    }

    fn put_numbered(&self, batch: &mut Batch, number: u64, event: &Event) -> Result<(), StoreError> {
        let key = self.keys.event(number % RING);
        self.put(batch, key, &Numbered { number, event: event.clone() })
    }

    async fn event(&self, number: u64) -> Result<Option<Event>, StoreError> {
        let found: Option<Numbered> = self.read(&self.keys.event(number % RING)).await?;
        Ok(found.filter(|found| found.number == number).map(|found| found.event))
    }

    /// The number the next event will have.
    pub async fn log_end(&self) -> Result<u64, StoreError> {
        let last = self.kv.increment(&self.keys.event_seq(), 0).await?;
        Ok(u64::try_from(last).unwrap_or(0).saturating_add(1))
    }

    /// Where to begin for events no later than `to`: past everything that old. Numbers and times rise
    /// together, but for a flow's later steps.
    pub async fn log_end_at(&self, end: u64, to: Timestamp) -> Result<u64, StoreError> {
        let late = to.plus(FLOW_LIFE);
        let (mut low, mut high) = (Self::log_start(end), end);
        while low < high {
            let middle = low.midpoint(high);
            let around =
                self.events(middle.saturating_sub(FLOW_PLACES.unsigned_abs())..middle.saturating_add(1)).await?;
            match around.first() {
                Some(line) if Timestamp(line.event.at) > late => high = middle,
                _ => low = middle.saturating_add(1),
            }
        }
        Ok(high)
    }

    /// The oldest number that can still be there, of a log that ends before `end`.
    pub fn log_start(end: u64) -> u64 {
        end.saturating_sub(RING).max(1)
    }

    /// The events of `numbers`, newest first. Reserved places that were not used are skipped.
    pub async fn events(&self, numbers: std::ops::Range<u64>) -> Result<Vec<Numbered>, StoreError> {
        let mut found = Vec::new();
        for number in numbers.rev() {
            found.extend(self.event(number).await?.map(|event| Numbered { number, event }));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::testing::{TestVault, vault};

    fn event(result: &str) -> Event {
        Event::new(EventKind::ResetStarted, result, Timestamp(1_000))
    }

    async fn log(vault: &TestVault) -> Vec<String> {
        let end = vault.log_end().await.unwrap();
        let found = vault.events(TestVault::log_start(end)..end).await.unwrap();
        found.into_iter().map(|line| line.event.result).collect()
    }

    #[test]
    fn a_flow_writes_where_it_reserved_and_never_over_anything() {
        pollster::block_on(async {
            let vault = vault();
            let mut batch = Batch::default();
            vault.put_event(&mut batch, &event("before")).await.unwrap();
            let flow = vault.reserve_flow_log().await.unwrap();
            vault.put_event(&mut batch, &event("after")).await.unwrap();
            vault.put_flow_event(&mut batch, flow, FlowPlace::NotSent, &event("flow")).await.unwrap();
            vault.commit(batch).await.unwrap();
            let mut batch = Batch::default();
            // Sent or not, a second message costs the same.
            let before = vault.kv.commits();
            vault.put_flow_event(&mut batch, flow, FlowPlace::NotSent, &event("once more")).await.unwrap();
            vault.put_flow_event(&mut batch, flow, FlowPlace::Sent(Via::Phone), &event("again")).await.unwrap();
            assert_eq!(vault.kv.commits() - before, 2);
            vault.commit(batch).await.unwrap();
            assert_eq!(log(&vault).await, ["again", "once more", "after", "flow", "before"]);
        });
    }

    #[test]
    fn a_search_begins_past_what_is_too_late() {
        pollster::block_on(async {
            let vault = vault();
            let mut batch = Batch::default();
            for number in 1..=200_u64 {
                let at = number * 1_000;
                vault.put_event(&mut batch, &Event { at, ..event("x") }).await.unwrap();
            }
            vault.commit(batch).await.unwrap();
            let end = vault.log_end().await.unwrap();
            assert_eq!(end, 201);
            for to in [0, 500, 1_000, 57_300, 99_999, 150_000, 150_000 - FLOW_LIFE, 199_999, 200_000, 900_000] {
                let begin = vault.log_end_at(end, Timestamp(to)).await.unwrap();
                // What a flow did later stands among the earlier.
                assert_eq!(begin, ((to + FLOW_LIFE) / 1_000 + 1).min(201), "{to}");
            }
            assert_eq!((TestVault::log_start(201), TestVault::log_start(RING + 7)), (1, 7));
        });
    }

    #[test]
    fn every_step_of_a_flow_has_a_place_of_its_own_among_the_reserved() {
        let kinds = [Kind::Phone, Kind::Email, Kind::App, Kind::RecoveryCodes, Kind::HelpdeskCode];
        let mut places: Vec<u64> = kinds.map(|kind| FlowPlace::Proven(kind).offset()).to_vec();
        let others = [FlowPlace::Started, FlowPlace::NotSent, FlowPlace::Reset, FlowPlace::Unlocked];
        places.extend(others.into_iter().chain([Via::Phone, Via::Email].map(FlowPlace::Sent)).map(FlowPlace::offset));
        places.sort_unstable();
        assert_eq!(places, (0..11).collect::<Vec<u64>>());
        assert!(places.len() as i64 <= FLOW_PLACES);
    }
}
