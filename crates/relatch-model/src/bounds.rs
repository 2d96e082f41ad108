//! The scenarios: small ones for every test run, larger ones on demand.

use crate::records::{Account, Methods};
use crate::scenario::{Change, DAY, Left, Scenario};
use relatch_core::methods::Kind;

pub fn all(full: bool) -> Vec<Scenario> {
    vec![
        guessing(full),
        resetting(full),
        crashing(full),
        changing(full),
        recovering(full),
        neighbours(full),
        locking_out(full),
        signing_in(full),
        midnight(),
        two_quarters(),
        two_spans(),
    ]
}

/// Guesses and resends on several machines: five comparisons a code, ten failures a day.
pub fn guessing(full: bool) -> Scenario {
    Scenario {
        left: Left { starts: 1, sends: 2, guesses: 11, right_codes: u8::from(full), ..Left::default() },
        moments: vec![DAY, DAY + 30],
        ..Scenario::named("guessing")
    }
}

/// A whole reset that takes two kinds, every request asked for twice.
pub fn resetting(full: bool) -> Scenario {
    Scenario {
        needed: 2,
        left: Left {
            starts: 1,
            sends: 2,
            right_codes: if full { 4 } else { 3 },
            guesses: u8::from(full),
            passwords: 2,
            crashes: 1,
            ..Left::default()
        },
        kinds: vec![Kind::Phone, Kind::Email],
        ..Scenario::named("resetting")
    }
}

/// Machines stop, also after they have won a gate; a flow of the next quarter of an hour gets through.
pub fn crashing(full: bool) -> Scenario {
    Scenario {
        left: Left {
            starts: 2,
            sends: 2,
            right_codes: if full { 3 } else { 2 },
            passwords: 2,
            crashes: if full { 2 } else { 1 },
            ..Left::default()
        },
        moments: vec![DAY, DAY + 900],
        machines: 1,
        ..Scenario::named("crashing")
    }
}

/// The account or the policy changes while a flow is under way.
pub fn changing(full: bool) -> Scenario {
    Scenario {
        left: Left {
            starts: 1,
            sends: 2,
            right_codes: 2,
            passwords: 1,
            changes: if full { 2 } else { 1 },
            ..Left::default()
        },
        kinds: vec![Kind::Phone, Kind::Email],
        changes: vec![
            Change::NeedTwo,
            Change::Promote(0),
            Change::LeaveScope(0),
            Change::Block(0),
            Change::RemoveEmail(0),
        ],
        ..Scenario::named("changing")
    }
}

/// Saved codes, typed on several machines, as one of two kinds or alone.
pub fn recovering(full: bool) -> Scenario {
    let mut scenario = Scenario {
        needed: if full { 2 } else { 1 },
        left: Left {
            starts: 2,
            sends: u8::from(full),
            right_codes: u8::from(full),
            recovery_codes: 3,
            passwords: if full { 1 } else { 2 },
            unlocks: 1,
            ..Left::default()
        },
        ..Scenario::named("recovering")
    };
    for (_, methods) in &mut scenario.people {
        methods.recovery = 2;
    }
    scenario
}

/// Two people who share a phone.
pub fn neighbours(full: bool) -> Scenario {
    let person = (
        Account { enabled: true, in_scope: true, administrator: false },
        Methods { phone: true, ..Methods::default() },
    );
    Scenario {
        people: vec![person, person],
        shared_phone: true,
        left: Left { starts: 2, sends: 2, right_codes: 2, passwords: if full { 2 } else { 1 }, ..Left::default() },
        moments: vec![DAY, DAY + 30],
        ..Scenario::named("neighbours")
    }
}

/// A stranger guesses until the phone is closed for resets, and the sign-in stays open (SEC-66).
pub fn locking_out(full: bool) -> Scenario {
    Scenario {
        wrong_before: 97,
        left: Left {
            starts: 1,
            sends: 2,
            guesses: if full { 6 } else { 5 },
            crashes: u8::from(full),
            ..Left::default()
        },
        moments: vec![DAY, DAY + 30],
        ..Scenario::named("locking out")
    }
}

/// Wrong and right passwords on unknown devices, with the first two locks; a known one stays open.
pub fn signing_in(full: bool) -> Scenario {
    Scenario {
        wrong_passwords_before: 8,
        left: Left { sign_ins: if full { 6 } else { 5 }, ..Left::default() },
        moments: if full { vec![DAY, DAY + 60, DAY + 180] } else { vec![DAY, DAY + 60] },
        ..Scenario::named("signing in")
    }
}

/// The second factor, all right, some of it after midnight.
pub fn midnight() -> Scenario {
    Scenario {
        left: Left { sign_in_sends: 2, sign_in_codes: 2, ..Left::default() },
        moments: vec![DAY - 1, DAY, DAY + 30],
        machines: 1,
        ..Scenario::named("midnight")
    }
}

/// Two flows of one person, both with a grant, as one span of claims ends and the next begins.
pub fn two_quarters() -> Scenario {
    Scenario {
        left: Left { starts: 2, sends: 2, right_codes: 2, passwords: 2, ..Left::default() },
        moments: vec![DAY + 850, DAY + 880, DAY + 910],
        ..Scenario::named("two quarters")
    }
}

/// Two requests for a message to one phone, as one span of claims ends and the next begins.
pub fn two_spans() -> Scenario {
    Scenario {
        left: Left { starts: 1, sends: 2, ..Left::default() },
        moments: vec![DAY + 299, DAY + 300],
        ..Scenario::named("two spans")
    }
}
