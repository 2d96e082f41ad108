//! How a request runs one store operation at a time and still reads like the code of its step.
//!
//! A request remembers what every operation answered so far. To go on by one, it is run again from its
//! beginning: operations it has had answer as before, the next one is really done, and at the one after that it
//! pauses. So its whole state is what it was asked and what it saw.

use crate::ghosts::{Ghost, Ghosts};
use crate::records::{Challenge, Counter, Key, Lock, Methods, Person, Policy, Record, Sends, Who};
use crate::scenario::{Mutation, Scenario};
use crate::store::Store;
use relatch_core::{Timestamp, claim};

/// The next operation is not this turn's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause;

pub type Stepped<T> = Result<T, Pause>;

/// What an operation answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seen {
    Record(Option<Record>),
    Sum(i64),
    Done,
}

pub struct Io<'a> {
    pub scenario: &'a Scenario,
    pub now: Timestamp,
    /// Was it, at some moment since this request began, enough to set a password?
    pub earned: bool,
    pub store: &'a mut Store,
    pub ghosts: &'a mut Ghosts,
    pub seen: &'a mut Vec<Seen>,
    pub replayed: usize,
    pub may_act: bool,
}

impl Io<'_> {
    fn act(&mut self, operation: impl FnOnce(&mut Store) -> Seen) -> Stepped<Seen> {
        if let Some(seen) = self.seen.get(self.replayed) {
            self.replayed += 1;
            return Ok(seen.clone());
        }
        if !self.may_act {
            return Err(Pause);
        }
        self.may_act = false;
        let seen = operation(self.store);
        self.seen.push(seen.clone());
        self.replayed += 1;
        Ok(seen)
    }

    /// Writes down what happened, once: not when it is only run again.
    pub fn note(&mut self, ghost: Ghost) {
        if !self.may_act && self.replayed == self.seen.len() {
            self.ghosts.note(ghost);
        }
    }

    pub fn is(&self, mutation: Mutation) -> bool {
        self.scenario.mutation == Some(mutation)
    }

    /// Reading what nobody writes in this scenario can be done at any moment, so it is no operation of its own.
    pub fn get(&mut self, key: Key) -> Stepped<Option<Record>> {
        if self.scenario.is_fixed(key) {
            return Ok(self.store.get(key));
        }
        match self.act(|store| Seen::Record(store.get(key)))? {
            Seen::Record(record) => Ok(record),
            Seen::Sum(_) | Seen::Done => Err(Pause),
        }
    }

    pub fn increment(&mut self, counter: Counter, delta: i64) -> Stepped<i64> {
        let answer = if self.is(Mutation::ReadThenWrite) {
            let before = self.act(|store| Seen::Sum(store.sum(counter)))?;
            let Seen::Sum(before) = before else { return Err(Pause) };
            self.act(|store| {
                store.set_counter(counter, before.saturating_add(delta));
                Seen::Sum(before.saturating_add(delta))
            })?
        } else {
            self.act(|store| Seen::Sum(store.increment(counter, delta)))?
        };
        match answer {
            Seen::Sum(sum) => Ok(sum),
            Seen::Record(_) | Seen::Done => Err(Pause),
        }
    }

    /// One commit, also of what the model does not hold: events, messages, sessions.
    pub fn commit(&mut self, batch: Vec<(Key, Record)>) -> Stepped<()> {
        debug_assert!(batch.iter().all(|(key, _)| !self.scenario.is_fixed(*key)), "{batch:?} is said to be fixed");
        self.act(|store| {
            store.set_many(batch);
            Seen::Done
        })
        .map(|_| ())
    }

    pub fn wins(&mut self, counter: Counter) -> Stepped<bool> {
        Ok(self.increment(counter, 1)? == 1)
    }

    /// `Vault::wins_spans`.
    pub fn wins_spans(&mut self, gate: impl Fn(u64) -> Counter, length: u64) -> Stepped<bool> {
        for (span, _) in claim::spans(self.now, length) {
            if self.is(Mutation::OneSpan) && span != self.now.window(length) {
                continue;
            }
            if !self.wins(gate(span))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub fn count(&mut self, counter: Counter) -> Stepped<u64> {
        Ok(u64::try_from(self.increment(counter, 1)?).unwrap_or(u64::MAX))
    }

    pub fn counted(&mut self, counter: Counter) -> Stepped<u64> {
        Ok(u64::try_from(self.increment(counter, 0)?).unwrap_or(u64::MAX))
    }

    pub fn person(&mut self, who: Who) -> Stepped<Option<Person>> {
        let account = self.get(Key::Account(who))?;
        let password = self.get(Key::Password(who))?;
        let methods = self.methods(who)?;
        Ok(match (account, password) {
            (Some(Record::Account(account)), Some(Record::Password(generation))) => {
                Some(Person { account, generation, methods })
            }
            _ => None,
        })
    }

    pub fn policy(&mut self) -> Stepped<Policy> {
        Ok(match self.get(Key::Policy)? {
            Some(Record::Policy(policy)) => policy,
            _ => Policy { needed: 1 },
        })
    }

    pub fn methods(&mut self, who: Who) -> Stepped<Methods> {
        Ok(match self.get(Key::Methods(who))? {
            Some(Record::Methods(methods)) => methods,
            _ => Methods::default(),
        })
    }

    pub fn challenge(&mut self, key: Key) -> Stepped<Option<Challenge>> {
        Ok(match self.get(key)? {
            Some(Record::Challenge(challenge)) => Some(challenge),
            _ => None,
        })
    }

    pub fn failed(&mut self, key: Key) -> Stepped<Option<u64>> {
        Ok(match self.get(key)? {
            Some(Record::Failed(failed)) => Some(failed),
            _ => None,
        })
    }

    pub fn sends(&mut self, key: Key) -> Stepped<Sends> {
        Ok(match self.get(key)? {
            Some(Record::Sends(sends)) => sends,
            _ => Sends::default(),
        })
    }

    pub fn lock(&mut self, key: Key) -> Stepped<Option<Lock>> {
        Ok(match self.get(key)? {
            Some(Record::Lock(lock)) => Some(lock),
            _ => None,
        })
    }

    pub fn wrong(&mut self, key: Key) -> Stepped<Vec<u8>> {
        Ok(match self.get(key)? {
            Some(Record::Wrong(tags)) => tags,
            _ => Vec::new(),
        })
    }
}
