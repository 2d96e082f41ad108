//! All that can happen next: somebody asks, a machine does one store operation, a machine stops, an
//! administrator changes something, time passes.

use crate::ghosts::{Ghost, Ghosts};
use crate::io::{Io, Seen};
use crate::properties;
use crate::records::Who;
use crate::requests::{Answer, Ask, Cookie, Stage, Typed, run};
use crate::scenario::{Change, Left, Scenario};
use crate::store::Store;
use relatch_core::enrolment::is_enough;
use stateright::{Model, Property};
use std::collections::BTreeSet;

/// A request under way on some machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    pub ask: Ask,
    /// When it began: a request never looks at the clock again.
    pub begun: u8,
    pub seen: Vec<Seen>,
    /// Was what has been proven enough to set a password, at some moment since it began?
    pub earned: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub store: Store,
    /// Sorted: which machine runs which request makes no difference.
    pub running: Vec<Request>,
    /// All flow cookies that were ever given out.
    pub cookies: BTreeSet<Cookie>,
    pub at: u8,
    pub left: Left,
    pub ghosts: Ghosts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Begin(Ask),
    GoOn(usize),
    Crash(usize),
    Change(Change),
    TimePasses,
}

impl Model for Scenario {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            store: self.store(),
            running: Vec::new(),
            cookies: BTreeSet::new(),
            at: 0,
            left: self.left,
            ghosts: Ghosts::default(),
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for at in 0..world.running.len() {
            actions.push(Action::GoOn(at));
            if world.left.crashes > 0 {
                actions.push(Action::Crash(at));
            }
        }
        if world.running.len() < self.machines {
            self.asks(world, &mut |ask| actions.push(Action::Begin(ask)));
        }
        if world.left.changes > 0 {
            actions.extend(self.changes.iter().copied().map(Action::Change));
        }
        if usize::from(world.at) + 1 < self.moments.len() {
            actions.push(Action::TimePasses);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Begin(ask) => {
                charge(&mut next.left, ask)?;
                let earned = enough(&next.store, ask);
                self.go_on(&mut next, Request { ask, begun: world.at, seen: Vec::new(), earned });
            }
            Action::GoOn(at) => {
                let request = next.running.remove(at);
                self.go_on(&mut next, request);
            }
            Action::Crash(at) => {
                let request = next.running.remove(at);
                next.left.crashes -= 1;
                if matches!(request.ask, Ask::SetPassword(_)) && request.seen.contains(&Seen::Sum(1)) {
                    next.ghosts.note(Ghost::CrashedInMidChange);
                }
            }
            Action::Change(change) => {
                next.left.changes -= 1;
                self.change(&mut next.store, change);
                if next.store == world.store {
                    return None;
                }
            }
            Action::TimePasses => next.at += 1,
        }
        let World { running, store, .. } = &mut next;
        for request in running.iter_mut().filter(|request| !request.earned) {
            request.earned = enough(store, request.ask);
        }
        next.running.sort();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(self)
    }
}

impl Scenario {
    /// Everything that may be asked for now.
    fn asks(&self, world: &World, ask: &mut impl FnMut(Ask)) {
        let left = world.left;
        for who in self.whos() {
            if left.starts > 0 {
                ask(Ask::Start(who));
            }
            self.sign_in_asks(world, who, ask);
        }
        for cookie in world.cookies.iter().copied() {
            if cookie.stage == Stage::Proven {
                if left.passwords > 0 {
                    ask(Ask::SetPassword(cookie));
                }
                if left.unlocks > 0 {
                    ask(Ask::Unlock(cookie));
                }
                continue;
            }
            if left.sends > 0 {
                for kind in self.kinds.iter().copied() {
                    ask(Ask::Send(cookie, kind, true));
                    if self.wrong_destinations {
                        ask(Ask::Send(cookie, kind, false));
                    }
                }
            }
            if left.recovery_codes > 0 {
                let codes = self.people.get(usize::from(cookie.subject)).map_or(0, |(_, methods)| methods.recovery);
                (0..codes).for_each(|at| ask(Ask::VerifyRecovery(cookie, at)));
            }
            if cookie.stage == Stage::Sent {
                if left.guesses > 0 {
                    ask(Ask::Verify(cookie, Typed::Guess));
                }
                if left.right_codes > 0 {
                    (0..world.ghosts.codes).for_each(|code| ask(Ask::Verify(cookie, Typed::Code(code))));
                }
            }
        }
    }

    fn sign_in_asks(&self, world: &World, who: Who, ask: &mut impl FnMut(Ask)) {
        let left = world.left;
        if left.sign_ins > 0 {
            // Three wrong passwords are remembered, so that of four in turn each is new, or the last one again.
            let wrong = [left.sign_ins % 4, left.sign_ins.saturating_add(1) % 4];
            for device in self.devices.iter().copied() {
                ask(Ask::SignIn(who, device, None));
                wrong.into_iter().for_each(|wrong| ask(Ask::SignIn(who, device, Some(wrong))));
            }
        }
        if left.sign_in_sends > 0 {
            ask(Ask::SendSignIn(who));
        }
        if left.sign_in_codes > 0 {
            ask(Ask::VerifySignIn(who, Typed::Guess));
            (0..world.ghosts.codes).for_each(|code| ask(Ask::VerifySignIn(who, Typed::Code(code))));
        }
    }

    /// Lets a request do its next store operation, and whatever follows before the one after that.
    fn go_on(&self, world: &mut World, mut request: Request) {
        let mut io = Io {
            scenario: self,
            now: self.moment(request.begun),
            earned: request.earned,
            store: &mut world.store,
            ghosts: &mut world.ghosts,
            seen: &mut request.seen,
            replayed: 0,
            may_act: true,
        };
        match run(&mut io, request.ask) {
            Err(_) => world.running.push(request),
            Ok(Answer::Nothing) => {}
            Ok(Answer::Cookie(cookie)) => {
                world.cookies.insert(cookie);
            }
            Ok(Answer::Begun(cookie)) => {
                world.cookies.insert(Cookie { flow: world.ghosts.flows, ..cookie });
                world.ghosts.flows += 1;
            }
        }
    }
}

/// Is what was proven in this flow enough for the account as it is at this moment?
fn enough(store: &Store, ask: Ask) -> bool {
    let Ask::SetPassword(cookie) = ask else { return false };
    store.person(cookie.subject).is_some_and(|person| {
        let (standing, won) = person.standing_of(store.policy(), cookie.won);
        is_enough(standing, won)
    })
}

fn charge(left: &mut Left, ask: Ask) -> Option<()> {
    let one = match ask {
        Ask::Start(_) => &mut left.starts,
        Ask::Send(..) => &mut left.sends,
        Ask::Verify(_, Typed::Guess) => &mut left.guesses,
        Ask::Verify(_, Typed::Code(_)) => &mut left.right_codes,
        Ask::VerifyRecovery(..) => &mut left.recovery_codes,
        Ask::SetPassword(_) => &mut left.passwords,
        Ask::Unlock(_) => &mut left.unlocks,
        Ask::SignIn(..) => &mut left.sign_ins,
        Ask::SendSignIn(_) => &mut left.sign_in_sends,
        Ask::VerifySignIn(..) => &mut left.sign_in_codes,
    };
    *one = one.checked_sub(1)?;
    Some(())
}
