//! The store: get, increment that returns the exact sum, a batch that is set in one commit.

use crate::records::{Account, Counter, Key, Methods, Person, Policy, Record, Who};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Store {
    records: BTreeMap<Key, Record>,
    counters: BTreeMap<Counter, i64>,
}

impl Store {
    pub fn get(&self, key: Key) -> Option<Record> {
        self.records.get(&key).cloned()
    }

    pub fn set_many(&mut self, entries: Vec<(Key, Record)>) {
        self.records.extend(entries);
    }

    pub fn increment(&mut self, counter: Counter, delta: i64) -> i64 {
        let sum = self.counters.entry(counter).or_default();
        *sum = sum.saturating_add(delta);
        *sum
    }

    /// For properties and for a mutation that does what only `increment` may: looks at a counter.
    pub fn sum(&self, counter: Counter) -> i64 {
        self.counters.get(&counter).copied().unwrap_or(0)
    }

    pub fn set_counter(&mut self, counter: Counter, sum: i64) {
        self.counters.insert(counter, sum);
    }

    pub fn policy(&self) -> Policy {
        match self.records.get(&Key::Policy) {
            Some(Record::Policy(policy)) => *policy,
            _ => Policy { needed: 1 },
        }
    }

    pub fn account(&self, who: Who) -> Option<Account> {
        match self.records.get(&Key::Account(who)) {
            Some(Record::Account(account)) => Some(*account),
            _ => None,
        }
    }

    pub fn methods(&self, who: Who) -> Methods {
        match self.records.get(&Key::Methods(who)) {
            Some(Record::Methods(methods)) => *methods,
            _ => Methods::default(),
        }
    }

    pub fn generation(&self, who: Who) -> u8 {
        match self.records.get(&Key::Password(who)) {
            Some(Record::Password(generation)) => *generation,
            _ => 0,
        }
    }

    /// The person as they are at this moment, in one look that no request ever has.
    pub fn person(&self, who: Who) -> Option<Person> {
        let account = self.account(who)?;
        Some(Person { account, generation: self.generation(who), methods: self.methods(who) })
    }
}
