//! What Relatch says to people.
//!
//! A message is a value with a permanent id; its words are here and nowhere else. Texts stay within
//! the GSM-7 alphabet, because one other character would halve what fits and double the price.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

use relatch_core::Code;

/// Everything that can be said.
#[derive(Debug, Clone)]
pub enum Message<'a> {
    ResetCode(&'a Code),
    RegistrationCode(&'a Code),
    SignInCode(&'a Code),
}

impl Message<'_> {
    /// Permanent; docs and tests use it.
    pub fn id(&self) -> &'static str {
        match self {
            Self::ResetCode(_) => "reset_code",
            Self::RegistrationCode(_) => "registration_code",
            Self::SignInCode(_) => "sign_in_code",
        }
    }

    fn parts(&self) -> (&Code, &'static str) {
        match self {
            Self::ResetCode(code) => (code, "reset your password"),
            Self::RegistrationCode(code) => (code, "register this phone"),
            Self::SignInCode(code) => (code, "sign in"),
        }
    }

    /// The body of a text message.
    pub fn text(&self, organisation: &str) -> String {
        let (code, act) = self.parts();
        format!(
            "{} is your {} code to {act}. It works for 5 minutes. Nobody will ever ask you for it.",
            code.expose(),
            plain(organisation),
        )
    }

    /// What a voice says: digits apart, everything twice.
    pub fn speech(&self, organisation: &str) -> String {
        let (code, act) = self.parts();
        let digits: Vec<String> = code.expose().chars().map(String::from).collect();
        let digits = digits.join(", ");
        let name = plain(organisation);
        format!("Hello. This is {name}. Your code to {act} is: {digits}. Once more, your code is: {digits}. Goodbye.")
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
