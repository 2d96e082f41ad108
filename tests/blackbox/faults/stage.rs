//! One request, broken at each of its store operations, from one and the same moment: before each fault the store,
//! the clock and the browser's cookies are put back.

use super::judged::honest;
use super::{Cookies, Ready, effects};
use relatch_host::testing::{StoreFault, When};
use relatch_tests::{Answer, Backend, Browser, Site};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::SystemTime;

/// A site, and what was broken on it.
pub struct Stage {
    pub site: Site,
    backend: Backend,
    broken: Mutex<BTreeSet<String>>,
}

/// Everything the site remembered at one moment.
pub struct Moment {
    store: BTreeMap<String, Vec<u8>>,
    at: SystemTime,
}

/// What came of the request.
pub struct Tried<'a> {
    pub ready: &'a Ready,
    /// What its browser held before.
    pub cookies: &'a Cookies,
    pub answer: &'a Answer,
    /// It was answered as if nothing were wrong.
    pub done: bool,
    pub told: String,
}

impl Tried<'_> {
    /// How often it was right, made three times from the same browser.
    pub async fn right(&self) -> usize {
        usize::from(self.done) + self.ready.again(self.cookies, 2).await
    }

    /// Is the same request right from another browser?
    pub async fn right_in(&self, browser: &Browser) -> usize {
        let body = self.ready.body.as_ref().map(ToString::to_string);
        let answer = browser.send(self.ready.method.clone(), &self.ready.path, body, &[]).await;
        usize::from(answer.status == self.ready.normal)
    }

    /// The browser as it was before the request.
    pub fn before(&self) -> &Browser {
        self.ready.browser.restore(self.cookies);
        &self.ready.browser
    }

    /// The same request, once whoever died in the middle of it holds nothing any more.
    pub async fn later(&self, site: &Site) -> Answer {
        // A claim of a minute, and one more where it died between two.
        site.advance(151);
        self.before();
        self.ready.send().await
    }
}

impl Stage {
    pub async fn new(backend: Backend) -> Self {
        Self { site: Site::start(backend).await, backend, broken: Mutex::default() }
    }

    /// Another browser with the same cookies.
    pub fn twin(&self, browser: &Browser) -> Browser {
        let twin = self.site.browser();
        twin.restore(&browser.remember());
        twin
    }

    /// What is remembered now, to come back to.
    pub async fn moment(&self) -> Moment {
        self.site.settled().await;
        Moment { store: self.site.dump().await.into_iter().collect(), at: self.site.t.now() }
    }

    pub async fn back_to(&self, moment: &Moment) {
        let now = self.moment().await;
        let store = self.site.t.store();
        let gone: Vec<String> = now.store.keys().filter(|key| !moment.store.contains_key(*key)).cloned().collect();
        let other = moment.store.iter().filter(|(key, value)| now.store.get(*key) != Some(value));
        let other: Vec<_> = other.map(|(key, value)| (key.clone(), value.clone())).collect();
        if !gone.is_empty() {
            store.delete_many("default", gone).await.expect("deleted");
        }
        if !other.is_empty() {
            store.set_many("default", other).await.expect("written");
        }
        self.site.t.set_back(self.site.t.now().duration_since(moment.at).unwrap_or_default());
    }

    /// Makes the request without faults, then with a fault at each of the operations it turned out to have.
    pub async fn break_each(&self, ready: &Ready, judge: impl AsyncFn(&Tried<'_>)) {
        let operation = ready.operation();
        // The clock is put back too, so each time there are as many operations.
        let start = self.moment().await;
        let cookies = ready.browser.remember();
        self.site.t.mark();
        let answer = ready.send().await.expect(ready.normal);
        self.site.settled().await;
        let operations = self.site.t.operations();
        assert!(!operations.is_empty(), "{operation} asks the store");
        let told = format!("{operation}, without faults");
        judge(&Tried { ready, cookies: &cookies, answer: &answer, done: true, told }).await;
        let (mut tried, mut noticed) = (0, 0);
        for (at, touched) in operations.iter().enumerate() {
            for effect in effects(self.backend, at, operations.len()) {
                self.back_to(&start).await;
                ready.browser.restore(&cookies);
                let when = When::Nth(at as u64 + 1);
                self.site.t.break_store(StoreFault { when, ..StoreFault::every(effect) });
                let answer = ready.send().await;
                self.site.settled().await;
                self.site.t.mend();
                let told = format!("{operation}, {effect:?} at {} of {}, {touched:?}", at + 1, operations.len());
                let (done, told) = honest(ready, &answer, &told);
                judge(&Tried { ready, cookies: &cookies, answer: &answer, done, told }).await;
                tried += 1;
                noticed += usize::from(!done);
            }
        }
        self.back_to(&start).await;
        ready.browser.restore(&cookies);
        println!("{:?}: {tried} faults in {operation}, {noticed} noticed", self.backend);
        assert!(noticed > 0, "{operation}: nothing broke");
        self.broken.lock().expect("lock").insert(operation);
    }

    /// Exactly these were broken: what a list says is covered is covered.
    pub fn all_of(&self, operations: &[&str]) {
        let broken = self.broken.lock().expect("lock");
        let broken: BTreeSet<&str> = broken.iter().map(String::as_str).collect();
        assert_eq!(broken, operations.iter().copied().collect());
    }
}
