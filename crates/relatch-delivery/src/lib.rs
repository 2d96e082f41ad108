//! What Relatch says to people.
//!
//! A message is a value with a permanent id; its words are here and nowhere else. Texts stay within
//! the GSM-7 alphabet, because one other character would halve what fits and double the price.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use relatch_core::Code;
use relatch_core::methods::Kind;

/// Everything that can be said.
#[derive(Debug, Clone)]
pub enum Message<'a> {
    ResetCode(&'a Code),
    RegistrationCode(&'a Code),
    SignInCode(&'a Code),
    /// Something was done with an account; its owner hears of it everywhere (SEC-30).
    Notice(Notice),
}

/// What was done. Without secrets, and without links to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    PasswordReset,
    /// For the other administrators.
    AdministratorReset,
    PasswordChanged,
    Unlocked,
    MethodAdded(Kind),
    MethodRemoved(Kind),
    RecoveryCodeUsed,
    /// Too many wrong answers in a row closed it.
    MethodClosed(Kind),
    /// An administrator made a code for the person to reset with.
    ResetStarted,
    /// An administrator took away what was registered.
    MethodsTaken,
}

impl Notice {
    fn words(self) -> &'static str {
        match self {
            Self::PasswordReset => "Your password was reset.",
            Self::AdministratorReset => "The password of another administrator was reset.",
            Self::PasswordChanged => "Your password was changed.",
            Self::Unlocked => "Your account was unlocked.",
            Self::MethodAdded(Kind::Phone) => "A phone was registered for your account.",
            Self::MethodAdded(Kind::Email) => "An email address was registered for your account.",
            Self::MethodAdded(Kind::App) => "An authenticator app was registered for your account.",
            Self::MethodAdded(Kind::RecoveryCodes) => "New recovery codes were made for your account.",
            Self::MethodAdded(Kind::HelpdeskCode) => "A code of the helpdesk was made for your account.",
            Self::MethodRemoved(Kind::Phone) => "A phone was removed from your account.",
            Self::MethodRemoved(Kind::Email) => "An email address was removed from your account.",
            Self::MethodRemoved(Kind::App) => "An authenticator app was removed from your account.",
            Self::MethodRemoved(Kind::RecoveryCodes) => "The recovery codes of your account were removed.",
            Self::MethodRemoved(Kind::HelpdeskCode) => "A code of the helpdesk was withdrawn.",
            Self::MethodClosed(Kind::Phone) => "Your phone was closed after 100 wrong codes. Register it again.",
            Self::MethodClosed(Kind::Email) => "Your address was closed after 100 wrong codes. Register it again.",
            Self::MethodClosed(Kind::App) => "Your app was closed after 100 wrong codes. Register it again.",
            Self::MethodClosed(Kind::RecoveryCodes | Kind::HelpdeskCode) => {
                "Your recovery codes were closed after 100 wrong ones. Make new ones."
            }
            Self::RecoveryCodeUsed => "A recovery code of your account was used.",
            Self::ResetStarted => "An administrator started a reset of your password.",
            Self::MethodsTaken => "An administrator removed everything registered for your account.",
        }
    }
}

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub subject: String,
    pub body: String,
}

impl Message<'_> {
    /// Permanent; docs and tests use it.
    pub fn id(&self) -> &'static str {
        match self {
            Self::ResetCode(_) => "reset_code",
            Self::RegistrationCode(_) => "registration_code",
            Self::SignInCode(_) => "sign_in_code",
            Self::Notice(_) => "notice",
        }
    }

    /// The code and what it is for, or the notice.
    fn parts(&self, thing: &str) -> Result<(&Code, String), Notice> {
        match self {
            Self::ResetCode(code) => Ok((code, "get back into your account".to_owned())),
            Self::RegistrationCode(code) => Ok((code, format!("register this {thing}"))),
            Self::SignInCode(code) => Ok((code, "sign in".to_owned())),
            Self::Notice(notice) => Err(*notice),
        }
    }

    /// The body of a text message.
    pub fn text(&self, organisation: &str) -> String {
        let name = plain(organisation);
        match self.parts("phone") {
            Ok((code, act)) => format!(
                "{} is your {name} code to {act}. It works for 5 minutes. Nobody will ever ask you for it.",
                code.expose(),
            ),
            Err(notice) => format!("{name}: {} If this was not you, call your helpdesk now.", notice.words()),
        }
    }

    /// What a voice says: digits apart, everything twice.
    pub fn speech(&self, organisation: &str) -> String {
        let name = plain(organisation);
        match self.parts("phone") {
            Ok((code, act)) => {
                let digits: Vec<String> = code.expose().chars().map(String::from).collect();
                let digits = digits.join(", ");
                format!(
                    "Hello. This is {name}. Your code to {act} is: {digits}. Once more, your code is: {digits}. Goodbye."
                )
            }
            Err(notice) => format!("Hello. This is {name}. {0} {0} Goodbye.", notice.words()),
        }
    }

    /// A mail. The code stands in the subject too: many people read it there and nowhere else.
    pub fn mail(&self, organisation: &str) -> Mail {
        let name = plain(organisation);
        match self.parts("address") {
            Ok((code, act)) => Mail {
                subject: format!("{} is your {name} code", code.expose()),
                body: format!(
                    "Your code to {act} is {}.\n\nIt works for 10 minutes. Nobody will ever ask you for it.\n\n\
                     You did not ask for a code? Then somebody typed your name. You need not do anything.\n\n{name}\n",
                    code.expose(),
                ),
            },
            Err(notice) => Mail {
                subject: format!("{name}: {}", notice.words().trim_end_matches('.')),
                body: format!(
                    "{}\n\nWas it you? Then you need not do anything.\n\nIf it was not you, call your helpdesk now.\n\n{name}\n",
                    notice.words(),
                ),
            },
        }
    }
}

/// An organisation's name as a text message can carry it: printable ASCII, 40 characters at most.
fn plain(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|c| matches!(c, ' '..='~') && !matches!(c, '[' | ']' | '{' | '}' | '\\' | '^' | '~' | '|' | '`'))
        .take(40)
        .collect();
    if name.trim().is_empty() { "Relatch".to_owned() } else { name.trim().to_owned() }
}

/// Escapes text for an XML element: TwiML is XML.
pub fn xml_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_carries_the_code_in_one_gsm_message() {
        let code = Code::parse("01234567").unwrap();
        for message in [Message::ResetCode(&code), Message::RegistrationCode(&code), Message::SignInCode(&code)] {
            let text = message.text("Contoso {Ltd} \u{1f512}");
            assert!(text.starts_with("01234567 is your Contoso Ltd code"), "{text}");
            assert!(text.is_ascii() && text.len() <= 160, "{}: {text}", text.len());
        }
    }

    #[test]
    fn notices_fit_a_text_and_carry_no_link() {
        let kinds = Kind::ALL
            .into_iter()
            .flat_map(|kind| [Notice::MethodAdded(kind), Notice::MethodRemoved(kind), Notice::MethodClosed(kind)]);
        let others = [
            Notice::PasswordReset,
            Notice::AdministratorReset,
            Notice::PasswordChanged,
            Notice::Unlocked,
            Notice::RecoveryCodeUsed,
        ];
        for notice in kinds.chain(others) {
            let message = Message::Notice(notice);
            let text = message.text(&"x".repeat(60));
            assert!(text.is_ascii() && text.len() <= 160, "{}: {text}", text.len());
            let mail = message.mail("Contoso");
            assert!(!mail.body.contains("http") && !mail.subject.contains(['\r', '\n']));
        }
    }

    #[test]
    fn a_mail_names_the_code_and_its_ten_minutes() {
        let code = Code::parse("01234567").unwrap();
        let mail = Message::RegistrationCode(&code).mail("Contoso");
        assert_eq!(mail.subject, "01234567 is your Contoso code");
        assert!(mail.body.contains("register this address is 01234567") && mail.body.contains("10 minutes"));
    }

    #[test]
    fn a_call_says_every_digit_twice() {
        let code = Code::parse("01234567").unwrap();
        let speech = Message::ResetCode(&code).speech("Contoso");
        assert_eq!(speech.matches("0, 1, 2, 3, 4, 5, 6, 7").count(), 2);
    }

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(xml_escape("<b>&\"'\n"), "&lt;b&gt;&amp;&quot;&apos; ");
        assert_eq!(plain("\u{1f512}"), "Relatch");
    }
}
