//! How password reset is used: counted by whoever looks, a bounded piece at a time, so that no step pays
//! for it (docs/adr/0010).

use crate::events::{Event, EventKind};
use crate::kv::{Entropy, Kv, StoreError};
use crate::records::{Person, Policy};
use crate::vault::{Batch, Vault};
use relatch_core::Timestamp;
use relatch_core::enrolment::may_reset;
use relatch_core::limits::FLOW_LIFE;
use relatch_core::methods::Kind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Places of the log one request reads.
const PIECE: u64 = 250;
/// Pages of accounts one request counts.
const PAGES: usize = 1;
/// Seconds a flow's later steps may still be written behind events that are there already.
const SETTLED_AFTER: u64 = FLOW_LIFE + 60;
/// Days that are kept.
const DAYS: usize = 400;
/// Seconds a count of the accounts is good for.
const COUNT_LIFE: u64 = 600;
const DAY: u64 = 86_400;

/// What happened on one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub resets: u64,
    pub unlocks: u64,
    pub changes: u64,
    pub sign_ins: u64,
    /// What those who reset or unlocked had proven themselves with, by kind.
    #[serde(default)]
    pub proofs: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Usage {
    version: u64,
    /// The next place of the log to read.
    next: u64,
    /// By day since 1970.
    pub days: BTreeMap<u64, Day>,
    pub refusals: BTreeMap<String, u64>,
    pub resets: u64,
    pub unlocks: u64,
    pub by_helpdesk: u64,
    /// Everything that has settled is counted.
    #[serde(default)]
    pub up_to_date: bool,
}

impl Usage {
    /// Calls a helpdesk did not get: whoever got back in by themselves.
    pub fn calls_saved(&self) -> u64 {
        self.resets.saturating_add(self.unlocks).saturating_sub(self.by_helpdesk)
    }

    fn add(&mut self, event: &Event) {
        let day = self.days.entry(event.at / DAY).or_default();
        let more = |count: &mut u64| *count = count.saturating_add(1);
        let mut refusal = None;
        let is_unlock = event.kind == EventKind::AccountUnlocked && event.result == "done";
        if is_unlock || event.kind == EventKind::PasswordReset {
            for method in event.method.iter().flat_map(|methods| methods.split('+')) {
                more(day.proofs.entry(method.to_owned()).or_default());
                if method == Kind::HelpdeskCode.as_str() {
                    more(&mut self.by_helpdesk);
                }
            }
        }
        match event.kind {
            EventKind::PasswordReset => {
                more(&mut day.resets);
                more(&mut self.resets);
            }
            EventKind::AccountUnlocked if is_unlock => {
                more(&mut day.unlocks);
                more(&mut self.unlocks);
            }
            EventKind::PasswordChanged => more(&mut day.changes),
            EventKind::SignedIn if event.result == "signed_in" => more(&mut day.sign_ins),
            EventKind::ResetStarted if event.result != "started" => refusal = Some(event.result.clone()),
            EventKind::CodeRefused => refusal = Some(format!("code_{}", event.result)),
            EventKind::SignInFailed => refusal = Some("sign_in_failed".to_owned()),
            _ => {}
        }
        if let Some(reason) = refusal {
            more(self.refusals.entry(reason).or_default());
        }
        while self.days.len() > DAYS {
            self.days.pop_first();
        }
    }
}

/// How many accounts there are, and how far they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub total: u64,
    /// May reset by scope and plan.
    pub enabled: u64,
    /// Registered something.
    pub registered: u64,
    /// Could reset this moment.
    pub capable: u64,
}

impl Counts {
    fn add(&mut self, person: &Person, policy: &Policy) {
        let standing = person.standing(policy);
        self.total = self.total.saturating_add(1);
        self.enabled = self.enabled.saturating_add(u64::from(standing.in_scope && standing.entitled));
        self.registered = self.registered.saturating_add(u64::from(!person.methods.kinds().is_empty()));
        self.capable = self.capable.saturating_add(u64::from(may_reset(standing).is_ok()));
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Census {
    version: u64,
    /// The last complete count, and when it was finished.
    pub counts: Counts,
    pub counted_at: Option<u64>,
    /// A count that is under way: what it has, where it goes on, and the number it began at.
    running: Option<Running>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Running {
    counts: Counts,
    before: Option<u64>,
    newest: u64,
}

impl Census {
    /// 1 when the last count is complete and no new one is under way.
    pub fn progress(&self) -> f64 {
        match &self.running {
            None => f64::from(u8::from(self.counted_at.is_some())),
            Some(running) => {
                let left = running.before.unwrap_or(running.newest) as f64;
                1.0 - left / (running.newest.max(1) as f64)
            }
        }
    }
}

impl<K: Kv, E: Entropy> Vault<K, E> {
    pub async fn usage(&self) -> Result<(Usage, Census), StoreError> {
        let usage: Option<Usage> = self.read(&self.keys.usage()).await?;
        Ok((usage.unwrap_or_default(), self.census().await?))
    }

    /// How many accounts there were when they were last counted.
    pub(crate) async fn census(&self) -> Result<Census, StoreError> {
        Ok(self.read(&self.keys.census()).await?.unwrap_or_default())
    }

    /// Counts a piece more of both.
    pub async fn count_usage(&self, now: Timestamp) -> Result<(Usage, Census), StoreError> {
        let (mut usage, mut census) = self.usage().await?;
        let mut batch = Batch::default();
        let read = self.read_log(&mut usage, now).await?;
        if read {
            usage.version = usage.version.saturating_add(1);
            self.claim_version(&self.keys.usage(), usage.version, now).await?;
            self.put(&mut batch, self.keys.usage(), &usage)?;
        }
        if self.count_accounts(&mut census, now).await? {
            census.version = census.version.saturating_add(1);
            self.claim_version(&self.keys.census(), census.version, now).await?;
            self.put(&mut batch, self.keys.census(), &census)?;
        }
        self.commit(batch).await?;
        Ok((usage, census))
    }

    /// Reads on in the log, up to the first event that may still get company below it. True: something
    /// changed.
    async fn read_log(&self, usage: &mut Usage, now: Timestamp) -> Result<bool, StoreError> {
        let end = self.log_end().await?;
        let from = usage.next.max(Self::log_start(end));
        let to = from.saturating_add(PIECE).min(end);
        let mut events = self.events(from..to).await?;
        events.reverse();
        let settled = events.iter().take_while(|line| now.is_past(Timestamp(line.event.at), SETTLED_AFTER)).count();
        let before = (usage.next, usage.up_to_date);
        for line in events.iter().take(settled) {
            usage.add(&line.event);
            usage.next = line.number.saturating_add(1);
        }
        if events.is_empty() && to < end {
            usage.next = to;
        }
        usage.up_to_date = settled < events.len() || to == end;
        Ok(before != (usage.next, usage.up_to_date))
    }

    async fn count_accounts(&self, census: &mut Census, now: Timestamp) -> Result<bool, StoreError> {
        let fresh = census.counted_at.is_some_and(|at| !now.is_past(Timestamp(at), COUNT_LIFE));
        if census.running.is_none() && fresh {
            return Ok(false);
        }
        let policy = self.policy().await?;
        let mut running = census.running.take().unwrap_or_default();
        for _ in 0..PAGES {
            let (people, next) = self.list_accounts(running.before).await?;
            for person in &people {
                running.counts.add(person, &policy);
            }
            if running.newest == 0 {
                running.newest = next.unwrap_or(1).saturating_add(crate::accounts::PAGE);
            }
            running.before = next;
            if next.is_none() {
                census.counts = running.counts;
                census.counted_at = Some(now.0);
                return Ok(true);
            }
        }
        census.running = Some(running);
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
