//! What a test can do to a running host: move the clock, inject faults, count, read logs, call private components.
//! Compiled only with the feature `testing`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};

use crate::log::lock;
use crate::probe::{OpKind, Verdict};
use crate::runtime::Runtime;
use relatch_backends::KeyValue;

/// A store operation that went by. Keys are secrets of a kind: only what stands before the first colon is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Who.
    pub component: String,
    /// What.
    pub kind: OpKind,
    /// The first segment of each key.
    pub families: Vec<String>,
}

/// What happened since the last [`Testing::mark`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Store operations by kind.
    pub operations: BTreeMap<OpKind, u64>,
    /// Operations that end in a commit.
    pub commits: u64,
    /// Outbound requests, in-process ones included.
    pub outbound: u64,
}

impl Counts {
    /// Store operations of one kind.
    pub fn of(&self, kind: OpKind) -> u64 {
        self.operations.get(&kind).copied().unwrap_or(0)
    }

    /// All store operations.
    pub fn total(&self) -> u64 {
        self.operations.values().sum()
    }
}

/// Which of the matching calls a fault hits, counted from its injection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Every one.
    Every,
    /// Only the n-th, from 1.
    Nth(u64),
    /// The n-th and all after it.
    From(u64),
}

impl When {
    fn hits(self, count: u64) -> bool {
        match self {
            Self::Every => true,
            Self::Nth(n) => count == n,
            Self::From(n) => count >= n,
        }
    }
}

/// What a store fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreEffect {
    /// The operation is not done and reports an error.
    Fail,
    /// The operation is done and reports an error: the answer got lost.
    LoseAnswer,
    /// The operation is done later.
    Delay(Duration),
    /// The operation is done, then the request that asked for it is aborted.
    Kill,
    /// The operation is done, then the whole process is gone, as after `kill -9`.
    Die,
}

/// A fault in the store. Empty filters match everything.
#[derive(Debug, Clone)]
pub struct StoreFault {
    /// Only this component's operations.
    pub component: Option<String>,
    /// Only this kind.
    pub kind: Option<OpKind>,
    /// Only operations with a key that starts so.
    pub key_prefix: Option<String>,
    /// Which of them.
    pub when: When,
    /// And then.
    pub effect: StoreEffect,
}

impl StoreFault {
    /// A fault for every operation of every component.
    pub fn every(effect: StoreEffect) -> Self {
        Self { component: None, kind: None, key_prefix: None, when: When::Every, effect }
    }
}

/// What an outbound fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboundEffect {
    /// The call fails at once.
    Fail,
    /// The call is made later.
    Delay(Duration),
}

/// A fault in outbound requests. Empty filters match everything.
#[derive(Debug, Clone)]
pub struct OutboundFault {
    /// Only calls by this component.
    pub component: Option<String>,
    /// Only calls to this host, without its port.
    pub host: Option<String>,
    /// Which of them.
    pub when: When,
    /// And then.
    pub effect: OutboundEffect,
}

impl OutboundFault {
    /// A fault for every call.
    pub fn every(effect: OutboundEffect) -> Self {
        Self { component: None, host: None, when: When::Every, effect }
    }
}

struct Armed<T> {
    fault: T,
    seen: AtomicU64,
}

impl<T> Armed<T> {
    fn new(fault: T) -> Arc<Self> {
        Arc::new(Self { fault, seen: AtomicU64::new(0) })
    }

    fn next(&self, when: When) -> bool {
        when.hits(self.seen.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

const MOST_OPERATIONS: usize = 100_000;

/// The state behind a [`Testing`] handle.
#[derive(Default)]
pub struct Probe {
    /// Nanoseconds the guests' clock is ahead of the machine's; behind it, if negative.
    clock_offset: AtomicI64,
    store_faults: Mutex<Vec<Arc<Armed<StoreFault>>>>,
    outbound_faults: Mutex<Vec<Arc<Armed<OutboundFault>>>>,
    counts: Mutex<Counts>,
    operations: Mutex<Vec<Operation>>,
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Probe")
    }
}

impl Probe {
    /// No faults, the machine's clock.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the guests' wall clock shows when the machine's shows `real`.
    pub fn clock(&self, real: Duration) -> Duration {
        let offset = self.clock_offset.load(Ordering::SeqCst);
        let by = Duration::from_nanos(offset.unsigned_abs());
        if offset < 0 { real.saturating_sub(by) } else { real.saturating_add(by) }
    }

    /// Called before each store operation.
    pub async fn before_store<'a>(
        &self,
        component: &str,
        kind: OpKind,
        keys: impl Iterator<Item = &'a str> + Send,
    ) -> Verdict {
        let keys: Vec<&str> = keys.collect();
        self.record(component, kind, &keys);
        let mut delay = Duration::ZERO;
        let mut verdict = Verdict::Proceed;
        for armed in lock(&self.store_faults).clone() {
            let fault = &armed.fault;
            let prefix_fits =
                fault.key_prefix.as_ref().is_none_or(|prefix| keys.iter().any(|key| key.starts_with(prefix)));
            let fits = fault.component.as_ref().is_none_or(|only| only == component)
                && fault.kind.is_none_or(|only| only == kind)
                && prefix_fits;
            if fits && armed.next(fault.when) {
                match fault.effect {
                    StoreEffect::Fail => verdict = Verdict::Fail,
                    StoreEffect::LoseAnswer => verdict = Verdict::LoseAnswer,
                    StoreEffect::Kill => verdict = Verdict::Kill,
                    StoreEffect::Die => verdict = Verdict::Die,
                    StoreEffect::Delay(by) => delay += by,
                }
            }
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        verdict
    }

    fn record(&self, component: &str, kind: OpKind, keys: &[&str]) {
        let mut counts = lock(&self.counts);
        *counts.operations.entry(kind).or_default() += 1;
        counts.commits += u64::from(kind.commits());
        drop(counts);
        let mut operations = lock(&self.operations);
        if operations.len() < MOST_OPERATIONS {
            let families = keys.iter().map(|key| key.split(':').next().unwrap_or_default().to_owned()).collect();
            operations.push(Operation { component: component.to_owned(), kind, families });
        }
    }

    /// Called before each outbound request; false makes it fail.
    pub async fn before_outbound(&self, component: &str, host: &str) -> bool {
        lock(&self.counts).outbound += 1;
        let mut delay = Duration::ZERO;
        let mut proceed = true;
        for armed in lock(&self.outbound_faults).clone() {
            let fault = &armed.fault;
            let fits = fault.component.as_ref().is_none_or(|only| only == component)
                && fault.host.as_ref().is_none_or(|only| only == host);
            if fits && armed.next(fault.when) {
                match fault.effect {
                    OutboundEffect::Fail => proceed = false,
                    OutboundEffect::Delay(by) => delay += by,
                }
            }
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        proceed
    }
}

fn nanos(by: Duration) -> i64 {
    i64::try_from(by.as_nanos()).unwrap_or(i64::MAX)
}

/// A test's handle on a running host.
#[derive(Clone)]
pub struct Testing {
    runtime: Arc<Runtime>,
}

impl Testing {
    pub(crate) fn new(runtime: Arc<Runtime>) -> Self {
        Self { runtime }
    }

    fn probe(&self) -> &Probe {
        &self.runtime.services.probe
    }

    /// Moves the wall clock of all guests forward. Timers stay real.
    pub fn advance(&self, by: Duration) {
        self.probe().clock_offset.fetch_add(nanos(by), Ordering::SeqCst);
    }

    /// Moves it back, as a clock does that was wrong and is corrected.
    pub fn set_back(&self, by: Duration) {
        self.probe().clock_offset.fetch_sub(nanos(by), Ordering::SeqCst);
    }

    /// The time guests see.
    pub fn now(&self) -> SystemTime {
        let real = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        SystemTime::UNIX_EPOCH + self.probe().clock(real)
    }

    /// Breaks the store; faults add up.
    pub fn break_store(&self, fault: StoreFault) {
        lock(&self.probe().store_faults).push(Armed::new(fault));
    }

    /// Breaks outbound requests; faults add up.
    pub fn break_outbound(&self, fault: OutboundFault) {
        lock(&self.probe().outbound_faults).push(Armed::new(fault));
    }

    /// Removes all faults.
    pub fn mend(&self) {
        lock(&self.probe().store_faults).clear();
        lock(&self.probe().outbound_faults).clear();
    }

    /// Sets all counts to zero and forgets the recorded operations.
    pub fn mark(&self) {
        *lock(&self.probe().counts) = Counts::default();
        lock(&self.probe().operations).clear();
    }

    /// What happened since the mark.
    pub fn counts(&self) -> Counts {
        lock(&self.probe().counts).clone()
    }

    /// The store operations since the mark, oldest first.
    pub fn operations(&self) -> Vec<Operation> {
        lock(&self.probe().operations).clone()
    }

    /// Every line guests and host logged, access log included.
    pub fn logs(&self) -> Vec<String> {
        self.runtime.services.log.lines()
    }

    /// Forgets the lines.
    pub fn clear_logs(&self) {
        self.runtime.services.log.clear();
    }

    /// The store itself: what is read or written here is neither counted nor broken.
    pub fn store(&self) -> Arc<dyn KeyValue> {
        Arc::clone(&self.runtime.services.store)
    }

    /// Waits until no guest works any more, its work after the answer included.
    pub async fn settled(&self) {
        self.runtime.settled().await;
    }

    /// Calls a component, private or not, as another component would.
    pub async fn call(&self, component: &str, request: http::Request<Bytes>) -> Result<http::Response<Bytes>> {
        let request = request.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync());
        let runtime = Arc::clone(&self.runtime);
        let component = component.to_owned();
        let answer = self.runtime.handle.spawn(async move {
            let (parts, body) = runtime.call_internal(&component, request).await?.into_parts();
            let body = body.collect().await.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
            anyhow::Ok(http::Response::from_parts(parts, body))
        });
        answer.await?
    }
}
