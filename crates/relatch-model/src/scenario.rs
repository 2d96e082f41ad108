//! What may happen: who there is at the beginning, and how much of everything people may do.

use crate::records::{Account, Counter, Device, Key, Line, Lock, Methods, Policy, Purpose, Record, Who};
use crate::requests::{SIGN_IN_WINDOW, attempts};
use crate::store::Store;
use relatch_core::Timestamp;
use relatch_core::limits::METHOD_FAILURES;
use relatch_core::methods::Kind;

/// A defect that is put in on purpose, to show that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// The code is compared before the attempt is charged.
    CompareFirst,
    /// One more try for each code.
    SixTries,
    /// The first right answer is not told from the second.
    CodeWithoutGate,
    RecoveryWithoutGate,
    /// A password is set, or an account freed, without winning it.
    GrantWithoutGate,
    /// Counters are read and written instead of incremented.
    ReadThenWrite,
    /// What was enough when the code was right is enough for ever.
    TrustTheCookie,
    /// Wrong answers in resets and at sign-in are counted in one row.
    OneRowForAll,
    /// Wrong passwords on known and on unknown devices are counted together.
    OneLockForAll,
    /// Messages for resets and for sign-ins are counted together.
    OneLineForAll,
    /// A method that was removed after it proved something still proves it.
    RemovedStillProves,
    /// A request close to the end of a span of claims wins the gate of that span only.
    OneSpan,
    /// The attempt a right code is given back is taken from today's, whenever it was charged.
    GiveBackToday,
}

/// What an administrator, or the owner elsewhere, does to an account while flows are under way. One commit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    NeedTwo,
    Promote(Who),
    LeaveScope(Who),
    Block(Who),
    RemoveEmail(Who),
}

/// How often something may be asked for, over all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Left {
    pub starts: u8,
    pub sends: u8,
    pub guesses: u8,
    pub right_codes: u8,
    pub recovery_codes: u8,
    pub passwords: u8,
    pub unlocks: u8,
    pub sign_ins: u8,
    pub sign_in_sends: u8,
    pub sign_in_codes: u8,
    pub crashes: u8,
    pub changes: u8,
}

#[derive(Debug, Clone)]
pub struct Scenario {
    pub name: &'static str,
    pub people: Vec<(Account, Methods)>,
    pub needed: usize,
    /// Do all people share their phone?
    pub shared_phone: bool,
    /// Wrong answers in a row that were counted against every phone before.
    pub wrong_before: i64,
    /// Wrong passwords that were counted for new devices before.
    pub wrong_passwords_before: i64,
    pub left: Left,
    /// Which kinds of destination codes are asked for, and whether also for ones that are not registered.
    pub kinds: Vec<Kind>,
    pub wrong_destinations: bool,
    pub changes: Vec<Change>,
    /// Where sign-ins are tried.
    pub devices: Vec<Device>,
    /// The moments there are, one after the other.
    pub moments: Vec<u64>,
    /// Requests that are under way at once.
    pub machines: usize,
    pub mutation: Option<Mutation>,
}

/// A day begins here.
pub const DAY: u64 = 86_400 * 20_000;

impl Scenario {
    /// One person with a phone and an address, a policy that asks for one of them, nothing to do.
    pub fn named(name: &'static str) -> Self {
        let methods = Methods { phone: true, email: true, ..Methods::default() };
        Self {
            name,
            people: vec![(Account { enabled: true, in_scope: true, administrator: false }, methods)],
            needed: 1,
            shared_phone: false,
            wrong_before: 0,
            wrong_passwords_before: 0,
            left: Left::default(),
            kinds: vec![Kind::Phone],
            wrong_destinations: false,
            changes: Vec::new(),
            devices: vec![Device::Unknown],
            moments: vec![DAY],
            machines: 2,
            mutation: None,
        }
    }

    /// Does nobody write this record in this scenario?
    pub fn is_fixed(&self, key: Key) -> bool {
        let changes = |is: fn(&Change) -> bool| self.left.changes > 0 && self.changes.iter().any(is);
        match key {
            Key::Policy => !changes(|change| matches!(change, Change::NeedTwo)),
            Key::Account(_) => {
                !changes(|change| matches!(change, Change::Promote(_) | Change::LeaveScope(_) | Change::Block(_)))
            }
            Key::Methods(_) => {
                let may_close = self.wrong_before + i64::from(self.left.guesses) >= METHOD_FAILURES;
                let removed = changes(|change| matches!(change, Change::RemoveEmail(_)));
                !removed && !may_close && self.left.recovery_codes == 0
            }
            Key::Password(_) => self.left.passwords == 0,
            Key::Lock(..) | Key::Wrong(..) => self.left.sign_ins == 0 && self.left.unlocks == 0,
            Key::Challenge(..) | Key::Failed(..) | Key::Sends(_) => false,
        }
    }

    pub fn line(&self, purpose: Purpose, who: Who, kind: Kind) -> Line {
        let purpose = if self.mutation == Some(Mutation::OneLineForAll) { Purpose::Reset } else { purpose };
        Line::Of(purpose, kind, if self.shared_phone && kind == Kind::Phone { 0 } else { who })
    }

    pub fn moment(&self, at: u8) -> Timestamp {
        Timestamp(self.moments.get(usize::from(at)).copied().unwrap_or(DAY))
    }

    pub fn whos(&self) -> impl Iterator<Item = Who> + use<> {
        0..u8::try_from(self.people.len()).unwrap_or(u8::MAX)
    }

    pub fn store(&self) -> Store {
        let mut store = Store::default();
        let mut records = vec![(Key::Policy, Record::Policy(Policy { needed: self.needed }))];
        for (who, (account, methods)) in self.whos().zip(&self.people) {
            records.push((Key::Account(who), Record::Account(*account)));
            records.push((Key::Password(who), Record::Password(1)));
            records.push((Key::Methods(who), Record::Methods(*methods)));
            if self.wrong_passwords_before > 0 {
                let one = self.mutation == Some(Mutation::OneLockForAll);
                let device = if one { Device::Known } else { Device::Unknown };
                let counter = attempts(who, device, Lock::fresh(1), self.moment(0).window(SIGN_IN_WINDOW));
                store.increment(counter, self.wrong_passwords_before);
            }
            if self.wrong_before > 0 {
                let counter = Counter::MethodFailures(Purpose::Reset, who, 1, Some(Kind::Phone));
                store.increment(counter, self.wrong_before);
                if self.mutation == Some(Mutation::OneRowForAll) {
                    store.increment(
                        Counter::MethodFailures(Purpose::SignIn, who, 1, Some(Kind::Phone)),
                        self.wrong_before,
                    );
                }
            }
        }
        store.set_many(records);
        store
    }

    pub fn change(&self, store: &mut Store, change: Change) {
        let entry = match change {
            Change::NeedTwo => Some((Key::Policy, Record::Policy(Policy { needed: 2 }))),
            Change::Promote(who) => change_account(store, who, |account| account.administrator = true),
            Change::LeaveScope(who) => change_account(store, who, |account| account.in_scope = false),
            Change::Block(who) => change_account(store, who, |account| account.enabled = false),
            Change::RemoveEmail(who) => {
                let mut methods = store.methods(who);
                methods.email = false;
                methods.version += 1;
                Some((Key::Methods(who), Record::Methods(methods)))
            }
        };
        store.set_many(entry.into_iter().collect());
    }

    pub const DEVICES: [Device; 2] = [Device::Known, Device::Unknown];
}

fn change_account(store: &Store, who: Who, change: impl FnOnce(&mut Account)) -> Option<(Key, Record)> {
    let mut account = store.account(who)?;
    change(&mut account);
    Some((Key::Account(who), Record::Account(account)))
}
