//! What people type and upload.

use crate::{borrowed, two};
use data_encoding::BASE64;
use relatch_core::generate::{parse_recovery_code, parse_token};
use relatch_core::limits::{LOGO_KEPT_MAX, LOGO_MAX};
use relatch_core::membership::{Attributes, Rule};
use relatch_core::name::{Description, is_typeable, words};
use relatch_core::return_address::is_listed;
use relatch_core::totp::Seed;
use relatch_core::{Code, Colour, DisplayName, EmailAddress, GroupName, Password, PhoneNumber, Timestamp, UserName};

const DOMAIN: &str = "contoso.example";

/// A country in the first line, a number in the others.
pub fn phones(data: &[u8]) {
    let Some((country, typed)) = two(data) else { return };
    let Some(number) = PhoneNumber::parse(typed, country) else { return };
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    assert!(number.expose().starts_with('+') && (7..=15).contains(&digits(number.expose())), "not E.164");
    assert!(digits(&number.hint()) < digits(number.expose()), "the hint says all of it");
    let stored = PhoneNumber::from_stored(&number.to_stored()).expect("what was stored is read");
    assert_eq!((stored.expose(), stored.hint()), (number.expose(), number.hint()));
    let again = PhoneNumber::parse(number.expose(), "").expect("what was understood is understood again");
    assert_eq!(again.expose(), number.expose());
}

/// Names, addresses, colours, passwords.
pub fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(name) = UserName::parse(text, DOMAIN) {
        assert_eq!(UserName::parse(name.as_str(), "another.example").as_ref(), Some(&name), "no canonical form");
        assert!(name.as_str().is_ascii() && is_typeable(name.as_str()) && !name.local().is_empty());
    }
    let _ = UserName::in_domain(text, DOMAIN).map(|name| assert!(name.as_str().ends_with(DOMAIN)));
    if let Some(address) = EmailAddress::parse(text) {
        let folded = EmailAddress::parse(&address.folded()).expect("folded it is one");
        assert_eq!(folded.folded(), address.folded());
        let (local, _) = address.expose().rsplit_once('@').expect("an @");
        let hint = address.hint();
        assert!(
            hint.rsplit_once('@').is_some_and(|(shown, _)| local.len() < 2 || shown != local),
            "the hint says it all"
        );
    }
    for shown in [
        DisplayName::parse(text).map(|name| name.as_str().to_owned()),
        GroupName::parse(text).map(|name| name.as_str().to_owned()),
        Description::parse(text).map(|text| text.as_str().to_owned()),
    ] {
        assert!(shown.is_none_or(|shown| !shown.is_empty() && !shown.contains(char::is_control)));
    }
    let _ = Colour::parse(text).map(Colour::carries_white);
    let _ = Password::parse(text);
    assert!(words(text).iter().all(|word| !word.is_empty()));
}

/// A rule in the first line, a department in the others.
pub fn rules(data: &[u8]) {
    let Some((typed, department)) = two(data) else { return };
    match Rule::parse(typed) {
        Ok(rule) => {
            assert_eq!(Rule::parse(rule.as_str()).as_ref(), Ok(&rule), "what is kept is another rule");
            let of = Attributes { department, country: "GB", domain: DOMAIN, kind: "cloud" };
            let not = Rule::parse(&format!("not ({})", rule.as_str()));
            assert!(not.is_err() || not.is_ok_and(|not| not.matches(&of) != rule.matches(&of)), "neither is true");
        }
        Err(bad) => assert!((1..=typed.chars().count() + 1).contains(&bad.at), "{bad} of {typed:?}"),
    }
}

/// The first line of a CSV, and rows as they come in parts.
pub fn csv(data: &[u8]) {
    let Some((header, text)) = two(data) else { return };
    let _ = borrowed::rows::columns(header);
    let whole = rows(text, true);
    // In parts: what the first part left over comes again, before the rest.
    let mut at = text.len() / 2;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let part = rows(text.get(..at).unwrap_or_default(), false);
    // A byte order mark is dropped at the beginning of every part; and of quotes in the wrong places nothing is promised.
    let Some(((whole, _), (part, consumed))) = whole.zip(part).filter(|_| !text.contains(['\u{feff}', '"'])) else {
        return;
    };
    let rest = text.get(consumed..).expect("it ends between characters");
    if let Some((rest, _)) = rows(rest, true) {
        assert_eq!([part, rest].concat(), whole, "in parts other rows are read");
    }
}

type Row = Vec<String>;

fn rows(text: &str, last: bool) -> Option<(Vec<Row>, usize)> {
    let mut rows = borrowed::rows::Rows::new(text, last);
    let mut found = Vec::new();
    while let Some((_, record)) = rows.read().ok()? {
        found.push(record.iter().map(str::to_owned).collect());
    }
    let consumed = usize::try_from(rows.consumed).expect("a length");
    assert!(consumed <= text.len() && (!last || consumed == text.len()), "{consumed} of {}", text.len());
    Some((found, consumed))
}

/// A picture.
pub fn logo(data: &[u8]) {
    let _ = std::str::from_utf8(data).map(borrowed::logo::read);
    let Ok(kept) = borrowed::logo::read(&BASE64.encode(data)) else { return };
    assert!(data.len() <= LOGO_MAX && kept.len() <= LOGO_KEPT_MAX, "too large");
    if kept.len() <= LOGO_MAX {
        assert_eq!(borrowed::logo::read(&BASE64.encode(&kept)).as_ref(), Ok(&kept), "what is kept is not plain");
    }
}

/// An address an administrator lists in the first line, one that somebody asks for in the others.
pub fn return_addresses(data: &[u8]) {
    let Some((listed, wanted)) = two(data) else { return };
    if is_listed([listed], wanted) {
        let lower = wanted.to_ascii_lowercase();
        assert!(lower.starts_with("https://") && wanted.bytes().all(|byte| byte.is_ascii_graphic()), "{wanted:?}");
        // Where a browser sees its end.
        let host = lower.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
        let host = host.unwrap_or_default();
        assert!(!wanted.contains('\\') && !host.contains('@'), "{wanted:?}");
    }
}

/// Codes, recovery codes, codes and seeds of apps, tokens, times.
pub fn codes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert!(Code::parse(text).is_none_or(|code| code.expose() == text && text.len() == 8));
    if let Some(code) = parse_recovery_code(text) {
        assert_eq!(
            parse_recovery_code(code.expose()).map(|again| again.expose().to_owned()).as_deref(),
            Some(code.expose().as_str())
        );
    }
    let seed = Seed::new([7; 20]);
    assert!(seed.matched_step(text, Timestamp(59)).is_none_or(|_| text.len() == 6));
    let _ = Seed::parse(text)
        .map(|seed| assert_eq!(Seed::parse(&seed.to_text()).map(|again| again.to_text()), Some(seed.to_text())));
    let _ = parse_token(text);
    let _ = Timestamp::parse_rfc3339(text);
}
