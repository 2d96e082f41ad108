//! What must hold in every state, and what must happen in some.

use crate::ghosts::Ghost;
use crate::records::{Counter, Device, Key, Lock, Purpose, Record, Who};
use crate::requests::attempts;
use crate::scenario::Scenario;
use crate::world::World;
use relatch_core::limits::{ATTEMPTS_PER_CODE, FAILURE_WINDOW, FAILURES_PER_DAY};
use relatch_core::lockout::{allowance, may_compare};
use relatch_core::methods::Kind;
use relatch_core::sending::{Sending, may_send};
use stateright::Property;

pub const FIVE_PER_CODE: &str = "a code is compared five times at most";
pub const TEN_PER_DAY: &str = "an account has ten failures a day at most";
pub const ONE_PER_CODE: &str = "a code is right once";
pub const ONE_PER_GRANT: &str = "a grant sets one password and frees once";
pub const ONE_PER_RECOVERY_CODE: &str = "a recovery code is right once";
pub const EARNED: &str = "no password is set without as many kinds as the account asks for";
pub const SIGN_IN_OPEN: &str = "neither resets nor sign-ins on other devices lock a device out";
pub const ONE_PER_GENERATION: &str = "a password is followed by one";
pub const SPACED: &str = "a message goes only where none went a moment ago";
pub const SEEN: &str = "where nobody typed a wrong code, no attempt is refused";
pub const ROUND: &str = "a round of sign-ins compares what it allows";

pub const RESET: &str = "a reset is completed";
pub const USED_UP: &str = "a code is refused as used up";
pub const DAY_USED_UP: &str = "an account is refused for today";
pub const FINISHED_AFTER_CRASH: &str = "a machine stops in mid-change, and the person finishes later";
pub const CLOSED: &str = "a method is closed for resets";
pub const SIGNED_IN: &str = "somebody signs in";
pub const UNLOCKED: &str = "an account is freed";
pub const RECOVERED: &str = "a recovery code is right";

/// Says whether something is so in a state.
type Holds = fn(&Scenario, &World) -> bool;

/// What must always hold, and what this scenario was made to reach.
pub fn of(scenario: &Scenario) -> Vec<Property<Scenario>> {
    let mut all = always();
    let left = scenario.left;
    let sometimes: [(bool, &'static str, Holds); 8] = [
        (left.passwords > 0, RESET, |_, world: &World| {
            world.ghosts.iter().any(|(ghost, _)| matches!(ghost, Ghost::PasswordSet(_)))
        }),
        (left.guesses >= 6, USED_UP, |_, world| world.ghosts.has(Ghost::UsedUp)),
        (left.guesses >= 11, DAY_USED_UP, |_, world| world.ghosts.has(Ghost::DayUsedUp)),
        (
            left.passwords > 1 && left.crashes > 0 && scenario.moments.len() > 1,
            FINISHED_AFTER_CRASH,
            |_, world: &World| world.ghosts.has(Ghost::FinishedAfterCrash),
        ),
        (scenario.wrong_before > 0, CLOSED, |_, world| world.ghosts.has(Ghost::Closed)),
        (left.sign_ins > 0, SIGNED_IN, |_, world| world.ghosts.has(Ghost::SignedIn)),
        (left.unlocks > 0, UNLOCKED, |_, world: &World| {
            world.ghosts.iter().any(|(ghost, _)| matches!(ghost, Ghost::Unlocked(_)))
        }),
        (left.recovery_codes > 0, RECOVERED, |_, world: &World| {
            world.ghosts.iter().any(|(ghost, _)| matches!(ghost, Ghost::RecoveryCodeWon(..)))
        }),
    ];
    all.extend(sometimes.into_iter().filter(|(asked, ..)| *asked).map(|(_, name, is)| Property::sometimes(name, is)));
    all
}

fn always() -> Vec<Property<Scenario>> {
    vec![
        Property::always(FIVE_PER_CODE, |_, world: &World| {
            at_most(world, ATTEMPTS_PER_CODE, |ghost| matches!(ghost, Ghost::Compared(_)))
        }),
        Property::always(TEN_PER_DAY, |_, world: &World| {
            at_most(world, FAILURES_PER_DAY, |ghost| matches!(ghost, Ghost::Failed(..)))
        }),
        Property::always(ONE_PER_CODE, |_, world| at_most(world, 1, |ghost| matches!(ghost, Ghost::CodeWon(_)))),
        Property::always(ONE_PER_GRANT, |_, world: &World| {
            at_most(world, 1, |ghost| matches!(ghost, Ghost::PasswordSet(_) | Ghost::Unlocked(_)))
        }),
        Property::always(ONE_PER_RECOVERY_CODE, |_, world: &World| {
            at_most(world, 1, |ghost| matches!(ghost, Ghost::RecoveryCodeWon(..)))
        }),
        Property::always(EARNED, |_, world: &World| !world.ghosts.has(Ghost::Unearned)),
        Property::always(ONE_PER_GENERATION, |_, world: &World| {
            at_most(world, 1, |ghost| matches!(ghost, Ghost::Followed(..)))
        }),
        Property::always(SPACED, |_, world: &World| !world.ghosts.has(Ghost::SentTooSoon)),
        Property::always(SEEN, |scenario, world: &World| {
            scenario.left.guesses > 0 || !world.ghosts.has(Ghost::RefusedUnseen)
        }),
        Property::always(ROUND, |scenario, world: &World| {
            world.ghosts.iter().all(|(ghost, count)| match ghost {
                Ghost::SignInCompared(_, is_known, streak, round, _) => {
                    let first = !is_known && streak == 0 && round == 0;
                    let before = if first { scenario.wrong_passwords_before } else { 0 };
                    u64::from(count).saturating_add_signed(before) <= allowance(round)
                }
                _ => true,
            })
        }),
        Property::always(SIGN_IN_OPEN, |scenario, world| {
            scenario.left.sign_in_codes > 0 || scenario.whos().all(|who| can_sign_in(scenario, world, who))
        }),
    ]
}

fn at_most(world: &World, most: u64, counts: fn(&Ghost) -> bool) -> bool {
    world.ghosts.iter().all(|(ghost, count)| !counts(&ghost) || u64::from(count) <= most)
}

/// Would somebody who signed in now, on any device but those where somebody has tried, have the password compared, a
/// code sent, and that code taken?
fn can_sign_in(scenario: &Scenario, world: &World, who: Who) -> bool {
    let now = scenario.moment(world.at);
    let day = now.window(FAILURE_WINDOW);
    let generation = world.store.generation(who);
    let is_tried = |device: &Device| scenario.left.sign_ins > 0 && scenario.devices.contains(device);
    let password = Scenario::DEVICES.into_iter().filter(|device| !is_tried(device)).all(|device| {
        let lock = match world.store.get(Key::Lock(who, device)) {
            Some(Record::Lock(lock)) if lock.generation == generation => lock,
            _ => Lock::fresh(generation),
        };
        let next = world.store.sum(attempts(who, device, lock, day)).saturating_add(1);
        may_compare(now, lock.until, lock.round, u64::try_from(next).unwrap_or(u64::MAX))
    });
    let open = world.store.methods(who).open_kinds(Purpose::SignIn).has(Kind::Phone);
    let tried = world.store.sum(Counter::Attempts(Purpose::SignIn, who, generation, day));
    let is_free = match world.store.get(Key::Sends(scenario.line(Purpose::SignIn, who, Kind::Phone))) {
        Some(Record::Sends(sends)) => may_send(&sends.sent, now) == Sending::Allowed,
        _ => true,
    };
    password && open && tried == 0 && is_free
}
