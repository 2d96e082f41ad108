//! Every number of the security contract, in one place, with its source.
//!
//! "NIST" is SP 800-63B-4, "ASVS" is OWASP ASVS 5.0, "Entra" is Microsoft's published SSPR
//! behaviour; (choice) marks our own number.

/// How many of something one key may do in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Permanent name; part of the counter's key.
    pub name: &'static str,
    /// Accepted per window.
    pub count: u64,
    /// Length of the window in seconds.
    pub window: u64,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// START per client address: 10 in 10 minutes (choice).
pub const START_PER_CLIENT: Limit = Limit { name: "start", count: 10, window: 10 * MINUTE };
/// SEND per client address: 10 an hour (choice).
pub const SEND_PER_CLIENT: Limit = Limit { name: "send", count: 10, window: HOUR };
/// Failed VERIFY per client address: 30 an hour (choice). Charged when a code was wrong.
pub const VERIFY_FAILURES_PER_CLIENT: Limit = Limit { name: "verify", count: 30, window: HOUR };
/// SIGNIN per client address: 20 in 10 minutes (choice). Charged before the password is hashed.
pub const SIGN_IN_PER_CLIENT: Limit = Limit { name: "signin", count: 20, window: 10 * MINUTE };
/// Tries of the set-up secret per client address: 10 in 10 minutes (choice).
pub const SETUP_PER_CLIENT: Limit = Limit { name: "setup", count: 10, window: 10 * MINUTE };

/// Digits of a code (8: see the arithmetic in docs/THREATS.md; NIST 3.1.3.2 asks for 6 or more).
pub const CODE_DIGITS: usize = 8;
/// A code sent by text or voice lives 5 minutes (Entra; ASVS 6.5.5 allows 10).
pub const CODE_LIFE: u64 = 5 * MINUTE;
/// A code sent by mail lives 10 minutes (ASVS 6.5.5).
pub const MAILED_CODE_LIFE: u64 = 10 * MINUTE;
/// Codes of an app that are looked at in 15 minutes, per account and purpose (choice, after NIST 3.2.2).
pub const APP_ATTEMPTS: u64 = 5;
/// The window of [`APP_ATTEMPTS`].
pub const APP_WINDOW: u64 = 15 * MINUTE;
/// Accounts that may share one phone or address (choice; SEC-48).
pub const ACCOUNTS_PER_DESTINATION: u64 = 5;
/// Evaluations of one code (Entra, Twilio: 5).
pub const ATTEMPTS_PER_CODE: u64 = 5;
/// Wrong codes per account and purpose in 24 hours (choice).
pub const FAILURES_PER_DAY: u64 = 10;
/// The window of [`FAILURES_PER_DAY`].
pub const FAILURE_WINDOW: u64 = DAY;
/// Wrong answers in a row that close one method until it is registered anew (NIST 3.2.2: 100 at most).
pub const METHOD_FAILURES: i64 = 100;
/// Seconds to wait after the first, second, third and every later code (choice).
pub const SEND_COOLDOWNS: [u64; 4] = [30, 60, 120, 300];
/// Who won a message and died before writing it down blocks its destination for so long at most (choice).
pub const SEND_CLAIM: u64 = 5 * MINUTE;
/// Codes per flow (choice).
pub const SENDS_PER_FLOW: u64 = 3;
/// Codes per destination and hour (Entra: 5 texts an hour).
pub const SENDS_PER_HOUR: usize = 5;
/// Codes per destination and day (choice).
pub const SENDS_PER_DAY: usize = 10;
/// New numbers of one range, all digits but the last four, that are written to in an hour (choice, after
/// Twilio's advice about neighbouring numbers).
pub const NEW_NUMBERS_PER_RANGE: Limit = Limit { name: "range", count: 10, window: HOUR };
/// Calls to new numbers: a quarter as many as texts, because they cost more (choice).
pub const CALLS_PART: u64 = 4;
/// A day's texts to new numbers: as many as five full hours have (choice).
pub const DAY_IN_HOURS: u64 = 5;
/// A message is tried against its provider for this long at most, whatever its code's life.
pub const DELIVERY_TIMEOUT: u64 = 10;

/// A list of breached passwords is waited for no longer than this: seconds (choice).
pub const BREACH_TIMEOUT: u64 = 3;
/// Largest such list in bytes (choice; with padding they are 50 KiB).
pub const BREACH_LIST_MAX: usize = 256 * 1_024;

/// A notice of what was done is tried for an hour (choice).
pub const NOTICE_LIFE: u64 = HOUR;

/// A reset flow, from START to SETPW (Entra: 15 minutes).
pub const FLOW_LIFE: u64 = 15 * MINUTE;
/// Who won a change of password and died before writing it blocks flows and sessions begun in the same
/// quarter of an hour (choice).
pub const PASSWORD_CLAIM: u64 = 15 * MINUTE;
/// Who won the next version of a record and died before writing it blocks the others for so long (choice).
pub const RECORD_CLAIM: u64 = MINUTE;
/// What a right code buys: 5 minutes to choose a password (choice).
pub const GRANT_LIFE: u64 = 5 * MINUTE;
/// A phone must be proven within 10 minutes of being named (NIST 4.1.2.2).
pub const BINDING_LIFE: u64 = 10 * MINUTE;

/// Wrong passwords before the first lock (Entra smart lockout: 10).
pub const SIGN_IN_FAILURES: u64 = 10;
/// The first lock lasts a minute, each next one twice as long (Entra: 60 s, growing).
pub const LOCK_FIRST: u64 = MINUTE;
/// No lock lasts longer than an hour (choice).
pub const LOCK_LONGEST: u64 = HOUR;
/// Wrong passwords in a row after which a lock no longer ends by itself (NIST 3.2.2: 100 at most).
pub const PASSWORD_FAILURES: u64 = 100;
/// Wrong passwords that do not count again when they are repeated (Entra smart lockout: 3).
pub const WRONG_PASSWORDS_REMEMBERED: usize = 3;
/// A device stays known for 90 days after a sign-in was completed on it (choice).
pub const DEVICE_LIFE: u64 = 90 * DAY;

/// Password proven, something else still asked: 5 minutes (choice).
pub const PENDING_LIFE: u64 = 5 * MINUTE;
/// First sign-in: time to choose a password and register a phone (choice).
pub const FIRST_SIGN_IN_LIFE: u64 = 30 * MINUTE;
/// A session dies after 30 minutes without a request (NIST AAL2: an hour at most).
pub const SESSION_IDLE: u64 = 30 * MINUTE;
/// A session dies after 12 hours (NIST AAL2: 24 hours at most).
pub const SESSION_LIFE: u64 = 12 * HOUR;
/// The same for administrators: 15 minutes idle, 8 hours in all (choice).
pub const ADMIN_SESSION_IDLE: u64 = 15 * MINUTE;
pub const ADMIN_SESSION_LIFE: u64 = 8 * HOUR;
/// Adding a method needs a sign-in not older than this, or a new one (ASVS 7.5.1; 5 minutes).
pub const STEP_UP_LIFE: u64 = 5 * MINUTE;

/// Shortest password where no second factor is asked (NIST 3.1.1.2).
pub const PASSWORD_MIN: usize = 15;
/// Shortest password of an account that has a second factor (NIST 3.1.1.2).
pub const PASSWORD_MIN_WITH_SECOND_FACTOR: usize = 8;
/// Longest password, in code points (Entra: 256).
pub const PASSWORD_MAX: usize = 256;
/// Longest password, in UTF-8 bytes; refused before any work is done on it (SEC-37).
pub const PASSWORD_MAX_BYTES: usize = 1_024;

/// Largest request body in bytes (SEC-37, SEC-68).
pub const BODY_MAX: usize = 8 * 1_024;
/// Largest body that carries a logo: [`LOGO_MAX`] in base64, and a version.
pub const LOGO_BODY_MAX: usize = 40 * 1_024;
/// Deepest nesting of a request body (SEC-68).
pub const BODY_DEPTH: usize = 8;
/// Bodies a component may be asked to hash at once are bounded by the host; see docs/OPERATIONS.md.
pub const NAME_MAX_BYTES: usize = 256;

/// Largest logo as it is sent, in bytes (choice).
pub const LOGO_MAX: usize = 24 * 1_024;
/// Largest logo as it is kept: written anew it may be less well compressed than it came (choice).
pub const LOGO_KEPT_MAX: usize = 64 * 1_024;
/// Largest logo in pixels (choice).
pub const LOGO_WIDTH: u32 = 480;
pub const LOGO_HEIGHT: u32 = 160;
/// Addresses people may be sent on to (choice).
pub const RETURN_ADDRESSES: usize = 10;

/// What has ended stays for a day before it is removed: seconds (choice; whoever is late finds it gone for
/// them, not as new).
pub const SWEEP_MARGIN: u64 = DAY;

/// Slots that decoys and client addresses share per window, so that strangers cannot grow the
/// store without bound (SEC-75).
pub const STRANGER_SLOTS: u32 = 1 << 16;

/// Seconds a deleted account can be restored for: 30 days (Entra).
pub const RESTORABLE_FOR: u64 = 30 * 86_400;
/// Seconds a code lives that an administrator started a reset with: a day (choice).
pub const HELPDESK_CODE_LIFE: u64 = DAY;
