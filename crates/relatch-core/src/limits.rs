//! The limits of the security contract, in one place, with their sources: how often, how long, how much. What each
//! means is read in the portal too, so it is said in an administrator's words.
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

/// How a number of the table is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    Count(u64),
    Bytes(u64),
    Seconds(u64),
    Limited(Limit),
    /// Seconds to wait, one after the other; the last one stays.
    Waits(&'static [u64]),
}

/// A line of the table: docs/LIMITS.md and the portal show it, the code uses the same constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub name: &'static str,
    /// What it means, and where the number comes from.
    pub what: &'static str,
    pub amount: Amount,
}

/// Defines the constants and [`TABLE`] in one, so that they cannot disagree.
macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $unit:ident $name:ident: $type:ty = $value:expr;)+) => {
        $($(#[doc = $doc])+ pub const $name: $type = $value;)+

        /// Every number above, in order.
        pub const TABLE: &[Row] = &[
            $(Row { name: stringify!($name), what: concat!($($doc),+), amount: limits!(@$unit $name) }),+
        ];
    };
    (@Limited $name:ident) => { Amount::Limited($name) };
    (@Waits $name:ident) => { Amount::Waits(&$name) };
    (@$unit:ident $name:ident) => { Amount::$unit($name as u64) };
}

limits! {
    /// Resets begun from one client address: 10 in 10 minutes (choice).
    Limited START_PER_CLIENT: Limit = Limit { name: "start", count: 10, window: 10 * MINUTE };

    /// Time a browser has to send in the answer to a bot check (choice).
    Seconds BOT_CHECK_LIFE: u64 = 10 * MINUTE;

    /// Hashes a browser has to try for a bot check at most, half as many on average: less than a second on a phone
    /// (choice; more while many codes are wrong).
    Count BOT_CHECK_EFFORT: u64 = 30_000;

    /// Longest answer of Cloudflare Turnstile that is passed on to be checked, in bytes (theirs).
    Bytes TURNSTILE_TOKEN_MAX: usize = 2_048;

    /// Longest answer of hCaptcha that is passed on to be checked, in bytes (choice; they name no number, and some have
    /// more than 4,000).
    Bytes HCAPTCHA_TOKEN_MAX: usize = 6 * 1_024;

    /// Where another company makes the bot check, it is waited for no longer than this; then no reset begins (choice).
    Seconds BOT_CHECK_TIMEOUT: u64 = 5;

    /// Largest answer that is read of a company that makes the bot check, in bytes (choice; they have a few hundred).
    Bytes BOT_CHECK_ANSWER_MAX: usize = 16 * 1_024;

    /// So many wrong codes in an hour, of all people together, make the bot check twice as hard, twice as many four
    /// times, and so on (choice).
    Count FAILURES_PER_STEP: u64 = 50;

    /// The bot check gets twice as hard so many times at most: 32 times in all (choice).
    Count BOT_CHECK_STEPS: u32 = 5;

    /// So many wrong codes in an hour, or one for every hundred registered people if that is more, raise an alert
    /// (choice; the arithmetic is in docs/THREATS.md).
    Count FAILURES_ALERT: u64 = 100;

    /// Once so many texts and calls went to new numbers of one country in an hour, it matters how many were answered
    /// with their code: if too few were, the country is paused until the hour ends, and an alert raised (choice).
    Count CONVERSION_SENDS: u64 = 50;

    /// Of a hundred texts and calls to new numbers of one country, so many have to be answered with their code, or the
    /// country is paused (choice).
    Count CONVERSION_MIN: u64 = 30;

    /// Codes asked for from one client address: 10 an hour (choice).
    Limited SEND_PER_CLIENT: Limit = Limit { name: "send", count: 10, window: HOUR };

    /// Wrong codes from one client address: 30 an hour (choice). Right ones do not count. After the thirtieth nothing
    /// from there is looked at, right or wrong, until the hour ends.
    Limited VERIFY_FAILURES_PER_CLIENT: Limit = Limit { name: "verify", count: 30, window: HOUR };

    /// Changes one person makes to their authenticator app and recovery codes in a day: each is a notice to their phone,
    /// which costs money (choice).
    Limited METHOD_CHANGES_PER_ACCOUNT: Limit = Limit { name: "methods", count: 20, window: DAY };

    /// Changes of one account's password by whoever knows it, in a day: each is a notice too (choice).
    Limited PASSWORD_CHANGES_PER_ACCOUNT: Limit = Limit { name: "passwords", count: 20, window: DAY };

    /// What one administrator does for one person that the person is told of, in a day: each is a notice too (choice).
    Limited HELP_PER_ACCOUNT: Limit = Limit { name: "help", count: 20, window: DAY };

    /// Sign-ins and changes of password from one client address: 20 in 10 minutes (choice). Right passwords count too:
    /// they are as much work.
    Limited SIGN_IN_PER_CLIENT: Limit = Limit { name: "signin", count: 20, window: 10 * MINUTE };

    /// Tries of the set-up secret from one client address: 10 in 10 minutes (choice).
    Limited SETUP_PER_CLIENT: Limit = Limit { name: "setup", count: 10, window: 10 * MINUTE };

    /// Digits of a code that is sent (ASVS 6.5.4 asks for 20 bits, NIST 3.1.3.2 for 6 digits; the arithmetic is in
    /// docs/THREATS.md).
    Count CODE_DIGITS: usize = 8;

    /// A code sent by text or voice lives 5 minutes (Entra; ASVS 6.5.5 allows 10).
    Seconds CODE_LIFE: u64 = 5 * MINUTE;

    /// A code sent by mail lives 10 minutes (ASVS 6.5.5).
    Seconds MAILED_CODE_LIFE: u64 = 10 * MINUTE;

    /// Wrong codes of an authenticator app in a quarter of an hour, per account, for resets, sign-ins and registrations
    /// each (choice, after NIST 3.2.2).
    Count APP_ATTEMPTS: u64 = 5;

    /// Wrong codes of an authenticator app are counted for this long, then anew (choice).
    Seconds APP_WINDOW: u64 = 15 * MINUTE;

    /// Accounts that may share one phone or address (choice; SEC-48).
    Count ACCOUNTS_PER_DESTINATION: u64 = 5;

    /// Tries that one code allows (Entra, Twilio: 5).
    Count ATTEMPTS_PER_CODE: u64 = 5;

    /// Wrong codes of one account in a day, for resets, sign-ins and registrations each (choice).
    Count FAILURES_PER_DAY: u64 = 10;

    /// Wrong codes of one account are counted for this long, from midnight UTC, then anew (choice).
    Seconds FAILURE_WINDOW: u64 = DAY;

    /// Wrong answers in a row that close one method until it is registered anew (NIST 3.2.2: 100 at most).
    Count METHOD_FAILURES: i64 = 100;

    /// Seconds to wait for another code after the first, second, third and every later one (choice).
    Waits SEND_COOLDOWNS: [u64; 4] = [30, 60, 120, 300];

    /// Of several people who save the same thing at once, one wins. If the service stops before it has saved it, the
    /// next one can win when this time is over (choice).
    Seconds RECORD_CLAIM: u64 = MINUTE;

    /// Of several requests for a message to the same phone or address, one wins. If the service stops before it has
    /// written that down, the next one can win when this time is over (choice).
    Seconds SEND_CLAIM: u64 = 5 * MINUTE;

    /// Of several new passwords for one account at once, one wins. If the service stops before it has saved it, the
    /// next one can win when this time is over (choice).
    Seconds PASSWORD_CLAIM: u64 = 15 * MINUTE;

    /// One of several who save the same thing wins, in each minute, five minutes or quarter of an hour anew. So close
    /// to where two of these meet, one has to win in both, so that no two win (choice; no request takes longer, by the
    /// host's time-out).
    Seconds CLAIM_MARGIN: u64 = 30;

    /// Codes that are sent in one reset (choice).
    Count SENDS_PER_FLOW: u64 = 3;

    /// Codes to one phone or address in an hour (Entra: 5 texts an hour).
    Count SENDS_PER_HOUR: usize = 5;

    /// Codes to one phone or address in a day (choice).
    Count SENDS_PER_DAY: usize = 10;

    /// Texts and calls to new numbers of one range, all digits but the last four, in an hour (choice, after Twilio's
    /// advice about neighbouring numbers).
    Limited NEW_NUMBERS_PER_RANGE: Limit = Limit { name: "range", count: 10, window: HOUR };

    /// So many times fewer calls than texts to new numbers, because calls cost more (choice).
    Count CALLS_PART: u64 = 4;

    /// Texts and calls to new numbers in a day: as many as in so many full hours (choice).
    Count DAY_IN_HOURS: u64 = 5;

    /// A provider of texts, calls or mail is waited for no longer than this, however long the code is good (choice).
    Seconds DELIVERY_TIMEOUT: u64 = 10;

    /// A list of breached passwords is waited for no longer than this; then the password is not looked up (choice).
    Seconds BREACH_TIMEOUT: u64 = 3;

    /// Largest list of breached passwords that is read, in bytes (choice; with padding they are 50 KiB).
    Bytes BREACH_LIST_MAX: usize = 256 * 1_024;

    /// A notice of what was done with an account is not delivered after this long (choice).
    Seconds NOTICE_LIFE: u64 = HOUR;

    /// A reset, from the name that is typed to the new password (Entra: 15 minutes).
    Seconds FLOW_LIFE: u64 = 15 * MINUTE;

    /// What a right code buys: 5 minutes to choose a password or to unlock (choice).
    Seconds GRANT_LIFE: u64 = 5 * MINUTE;

    /// A phone must be proven within 10 minutes of being named (NIST 4.1.2.2).
    Seconds BINDING_LIFE: u64 = 10 * MINUTE;

    /// Wrong passwords before the first lock (Entra smart lockout: 10).
    Count SIGN_IN_FAILURES: u64 = 10;

    /// The first lock lasts a minute, each next one twice as long (Entra: 60 s, growing).
    Seconds LOCK_FIRST: u64 = MINUTE;

    /// No lock that ends by itself lasts longer than an hour (choice).
    Seconds LOCK_LONGEST: u64 = HOUR;

    /// Wrong passwords in a row after which a lock no longer ends by itself (NIST 3.2.2: 100 at most).
    Count PASSWORD_FAILURES: u64 = 100;

    /// Wrong passwords that do not count again when they are repeated (Entra smart lockout: 3).
    Count WRONG_PASSWORDS_REMEMBERED: usize = 3;

    /// A device stays known for 90 days after a sign-in was completed on it (choice).
    Seconds DEVICE_LIFE: u64 = 90 * DAY;

    /// Time to prove the second factor after a right password (choice).
    Seconds PENDING_LIFE: u64 = 5 * MINUTE;

    /// First sign-in: time to choose a password and register a phone (choice).
    Seconds FIRST_SIGN_IN_LIFE: u64 = 30 * MINUTE;

    /// A session dies after 30 minutes without a request (NIST AAL2: an hour at most).
    Seconds SESSION_IDLE: u64 = 30 * MINUTE;

    /// A session dies after 12 hours (NIST AAL2: 24 hours at most).
    Seconds SESSION_LIFE: u64 = 12 * HOUR;

    /// An administrator's session dies after 15 minutes without a request (choice).
    Seconds ADMIN_SESSION_IDLE: u64 = 15 * MINUTE;

    /// An administrator's session dies after 8 hours (choice).
    Seconds ADMIN_SESSION_LIFE: u64 = 8 * HOUR;

    /// Changing the password or what is registered needs a sign-in not older than this, or a new one (ASVS 7.5.1;
    /// choice).
    Seconds STEP_UP_LIFE: u64 = 5 * MINUTE;

    /// Shortest password where no second factor is asked (NIST 3.1.1.2).
    Count PASSWORD_MIN: usize = 15;

    /// Shortest password of an account that has a second factor (NIST 3.1.1.2).
    Count PASSWORD_MIN_WITH_SECOND_FACTOR: usize = 8;

    /// Longest password, in characters (Unicode code points; Entra: 256).
    Count PASSWORD_MAX: usize = 256;

    /// Longest password, in bytes (UTF-8); refused before any work is done on it (SEC-37).
    Bytes PASSWORD_MAX_BYTES: usize = 1_024;

    /// Largest request that is read, in bytes (SEC-37, SEC-68).
    Bytes BODY_MAX: usize = 8 * 1_024;

    /// Largest request that carries a logo, in bytes: on its way (base64) a logo is a third larger.
    Bytes LOGO_BODY_MAX: usize = 40 * 1_024;

    /// Deepest nesting of what a request sends (SEC-68).
    Count BODY_DEPTH: usize = 8;

    /// Longest name of a person or group as it is typed, in bytes (choice).
    Bytes NAME_MAX_BYTES: usize = 256;

    /// Largest logo as it is sent, in bytes (choice).
    Bytes LOGO_MAX: usize = 24 * 1_024;

    /// Largest logo as it is kept: written anew it may be less well compressed than it came (choice).
    Bytes LOGO_KEPT_MAX: usize = 64 * 1_024;

    /// Widest logo in pixels (choice).
    Count LOGO_WIDTH: u32 = 480;

    /// Highest logo in pixels (choice).
    Count LOGO_HEIGHT: u32 = 160;

    /// Addresses people may be sent on to (choice).
    Count RETURN_ADDRESSES: usize = 10;

    /// What has ended stays for a day before it is removed: whoever is late finds it over, not as new (choice).
    Seconds SWEEP_MARGIN: u64 = DAY;

    /// Client addresses, and names that nobody has, share so many places for what is counted and kept of them, so that
    /// strangers cannot grow the store without bound (SEC-75).
    Count STRANGER_SLOTS: u32 = 1 << 16;

    /// A deleted account can be restored for 30 days (Entra).
    Seconds RESTORABLE_FOR: u64 = 30 * 86_400;

    /// A code that an administrator started a reset with is good for a day (choice).
    Seconds HELPDESK_CODE_LIFE: u64 = DAY;
}

impl Row {
    /// What it means, without the marks of the code's documentation.
    pub fn words(self) -> String {
        self.what.trim().replace("[`", "`").replace("`]", "`")
    }
}

impl Amount {
    /// `10 in 10 minutes`, `8 KiB`, `a day`.
    pub fn words(self) -> String {
        match self {
            Self::Count(count) => grouped(count),
            Self::Bytes(bytes) if bytes.is_multiple_of(1_024) => format!("{} KiB", bytes / 1_024),
            Self::Bytes(bytes) => format!("{} bytes", grouped(bytes)),
            Self::Seconds(seconds) => time(seconds),
            Self::Limited(limit) => format!("{} in {}", grouped(limit.count), time(limit.window)),
            Self::Waits(waits) => {
                let waits: Vec<String> = waits.iter().map(u64::to_string).collect();
                format!("{} seconds", waits.join(", "))
            }
        }
    }
}

fn time(seconds: u64) -> String {
    let units = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second")];
    let (length, unit) =
        units.into_iter().find(|(length, _)| seconds.is_multiple_of(*length) && seconds > 0).unwrap_or((1, "second"));
    let count = seconds / length;
    if count == 1 { format!("1 {unit}") } else { format!("{} {unit}s", grouped(count)) }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The table as docs/LIMITS.md has it.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Limits\n\nHow often, how long and how much: the limits Relatch goes by, each with its source. This page \
         is written by a test from the table the code uses (`crates/relatch-core/src/limits.rs`); the portal shows \
         the same one. \"NIST\" is SP 800-63B-4, \"ASVS\" is OWASP ASVS 5.0, \"Entra\" is Microsoft's published \
         behaviour; (choice) marks our own number.\n\nOther numbers stand where they are used, like argon2id's \
         parameters, those of an app's codes and of recovery codes (`hashing.rs`, `totp.rs` and `generate.rs` in \
         `crates/relatch-core/src`), and how much of a list one page or one request takes.\n\n\
         | number | amount | what, and why |\n|---|---|---|\n",
    );
    for row in TABLE {
        text.push_str(&format!("| `{}` | {} | {} |\n", row.name, row.amount.words(), row.words()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        assert_eq!(Amount::Seconds(0).words(), "0 seconds");
        assert_eq!(Amount::Limited(START_PER_CLIENT).words(), "10 in 10 minutes");
        assert_eq!(Amount::Bytes(8_192).words(), "8 KiB");
        assert_eq!(Amount::Bytes(1_000).words(), "1,000 bytes");
        assert_eq!(Amount::Seconds(90 * 86_400).words(), "90 days");
        assert_eq!(Amount::Seconds(3_600).words(), "1 hour");
        assert_eq!(Amount::Seconds(60).words(), "1 minute");
        assert_eq!(Amount::Seconds(3).words(), "3 seconds");
        assert_eq!(Amount::Count(65_536).words(), "65,536");
        assert_eq!(Amount::Count(300).words(), "300");
        assert_eq!(Amount::Waits(&[30, 60]).words(), "30, 60 seconds");
    }

    #[test]
    fn a_row_is_said_without_marks_of_the_code() {
        let row = Row { name: "N", amount: Amount::Count(1), what: " As [`THIS`]. " };
        assert_eq!(row.words(), "As `THIS`.");
    }

    #[test]
    fn every_number_has_words_and_a_name_of_its_own() {
        for (at, row) in TABLE.iter().enumerate() {
            assert!(row.what.len() > 20 && !row.what.contains('|'), "{}", row.name);
            assert!(TABLE.iter().skip(at + 1).all(|other| other.name != row.name), "{}", row.name);
        }
        assert!(markdown().lines().count() > 60);
    }
}
