//! What the store holds, as far as decisions look at it. Names and keys are relatch-store's.

use relatch_core::Timestamp;
use relatch_core::enrolment::Standing;
use relatch_core::methods::{Allowed, Kind, Kinds};

/// An account, by its number in the scenario.
pub type Who = u8;
/// A code that was sent, by its number.
pub type CodeId = u8;
/// A flow or sign-in a code is bound to, by its number.
pub type FlowId = u8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    Reset,
    SignIn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Device {
    Known,
    Unknown,
}

/// Where a challenge is kept: with its account, or with a decoy where the destination was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeptAt {
    Own(Who),
    Decoy(Who),
}

/// Where messages go, and what for. Accounts whose numbers are the same share a line; nobody's is a decoy of one
/// account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    Of(Purpose, Kind, u8),
    Nobodys(Who),
}

/// Records are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Policy,
    Account(Who),
    Password(Who),
    Methods(Who),
    Challenge(Purpose, KeptAt),
    /// Purpose, account, generation, day.
    Failed(Purpose, Who, u8, u64),
    Sends(Line),
    Lock(Who, Device),
    Wrong(Who, Device),
}

/// Counters are only ever incremented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Purpose, account, generation, day.
    Attempts(Purpose, Who, u8, u64),
    MethodFailures(Purpose, Who, u8, Option<Kind>),
    CodeClaim(CodeId),
    RecoveryUsed(Who, u8),
    /// Version, bucket.
    SendClaim(Line, u64, u64),
    /// The generation that is won, bucket.
    PasswordClaim(Who, u8, u64),
    /// Version, bucket.
    MethodsClaim(Who, u64, u64),
    Grant(FlowId),
    /// Generation, streak, round, day.
    SignIn(Who, Device, u8, u64, u32, u64),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Record {
    Policy(Policy),
    Account(Account),
    /// The generation of the password.
    Password(u8),
    Methods(Methods),
    Challenge(Challenge),
    Failed(u64),
    Sends(Sends),
    Lock(Lock),
    Wrong(Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Policy {
    pub needed: usize,
}

impl Policy {
    fn allowed(self) -> Allowed {
        Allowed { text: true, call: true, email: true, app: true, recovery_codes: true, needed: self.needed }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    pub enabled: bool,
    pub in_scope: bool,
    pub administrator: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Methods {
    pub version: u64,
    pub phone: bool,
    pub email: bool,
    /// How many saved codes there are, and how many of them people see as used.
    pub recovery: u8,
    pub recovery_used: u8,
    /// What too many wrong answers closed, for resets and for sign-ins.
    pub closed_for_reset: Kinds,
    pub closed_for_sign_in: Kinds,
}

impl Methods {
    pub fn kinds(self) -> Kinds {
        Kinds::NONE
            .with_if(Kind::Phone, self.phone)
            .with_if(Kind::Email, self.email)
            .with_if(Kind::RecoveryCodes, self.recovery > self.recovery_used)
    }

    pub fn closed(self, purpose: Purpose) -> Kinds {
        match purpose {
            Purpose::Reset => self.closed_for_reset,
            Purpose::SignIn => self.closed_for_sign_in,
        }
    }

    pub fn open_kinds(self, purpose: Purpose) -> Kinds {
        self.kinds().without(self.closed(purpose))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Challenge {
    /// Which code answers it; nothing: none ever does.
    pub code: Option<CodeId>,
    pub binding: FlowId,
    pub generation: u8,
    pub window: u64,
    pub allowed: u64,
    pub via: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sends {
    pub version: u64,
    pub sent: Vec<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lock {
    pub generation: u8,
    pub streak: u64,
    pub round: u32,
    pub until: Timestamp,
}

impl Lock {
    pub fn fresh(generation: u8) -> Self {
        Self { generation, streak: 0, round: 0, until: Timestamp(0) }
    }

    #[must_use]
    pub fn anew(self) -> Self {
        Self { streak: self.streak.saturating_add(1), ..Self::fresh(self.generation) }
    }
}

/// Everything about one account that decisions need.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub account: Account,
    pub generation: u8,
    pub methods: Methods,
}

impl Person {
    pub fn standing(self, policy: Policy) -> Standing {
        let allowed = policy.allowed();
        Standing {
            enabled: self.account.enabled,
            administrator: self.account.administrator,
            switched_on: true,
            in_scope: self.account.in_scope,
            entitled: true,
            writable: true,
            kinds: self.methods.open_kinds(Purpose::Reset).and(allowed.kinds()),
            has_app: false,
            needed: allowed.needed,
            second_factor: self.methods.phone,
        }
    }

    /// `Flow::standing`: what was proven counts while it is registered, allowed and open. A set of recovery codes is
    /// registered also when the last of them was used.
    pub fn standing_of(self, policy: Policy, proven: Kinds) -> (Standing, Kinds) {
        let standing = self.standing(policy);
        let registered = self.methods.kinds().with_if(Kind::RecoveryCodes, self.methods.recovery > 0);
        let counts = registered.without(self.methods.closed(Purpose::Reset)).and(policy.allowed().kinds());
        let proven = proven.and(counts);
        (Standing { kinds: proven.iter().fold(standing.kinds, Kinds::with), ..standing }, proven)
    }
}
