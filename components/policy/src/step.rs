//! Saving a page of the policy: what it says must make sense, and nobody else may have saved it first.

use crate::logo;
use crate::wire::{Everything, Pages};
use relatch_core::limits::RETURN_ADDRESSES;
use relatch_core::methods::Objection;
use relatch_core::password::BannedWords;
use relatch_core::phone::is_country;
use relatch_core::{Colour, EmailAddress, ReturnAddress};
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::changes::changes;
use relatch_spin::views::{GroupName, to_value};
use relatch_spin::{App, Stepped};
use relatch_store::events::{Event, EventKind};
use relatch_store::policy::{SavedPolicy, Section};
use relatch_store::records::{CustomisationPolicy, MethodsPolicy, Policy};
use relatch_store::{Batch, Entropy, Kv};

/// Most days between two reconfirmations (Entra: 730).
const RECONFIRM_MAX: u16 = 730;
/// Most earlier passwords a new one is compared with: each costs a hash (choice).
const HISTORY_MAX: usize = 10;
/// Groups that can have plans.
const PLAN_GROUPS_MAX: usize = 50;
/// Longest name of an organisation and longest address of a helpdesk, in characters (choice).
const NAME_MAX: usize = 60;
const HELPDESK_MAX: usize = 200;

const NOT_AN_ADDRESS: &str =
    "This is not an address people can be sent on to: https, a host, perhaps a path, nothing else.";

const NOT_A_COUNTRY: &str = "Two capital letters of a country that has telephones, like GB, each once.";

/// All pages, with the names of groups that have plans.
pub async fn everything<'a, K: Kv, E: Entropy>(app: &App<K, E>, policy: &'a Policy) -> Stepped<Everything<'a>> {
    let mut group_names = Vec::new();
    for plans in &policy.entitlement.groups {
        if let Some(group) = app.vault.group(plans.group).await? {
            group_names.push(GroupName { id: group.id.to_string(), name: group.name });
        }
    }
    Ok(Everything { pages: Pages::from(policy), group_names })
}

pub async fn save<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, page: &str, wanted: Section) -> Stepped<Policy> {
    check(&wanted)?;
    let mut batch = Batch::default();
    let saved = app.vault.save_section(&mut batch, wanted, app.now).await?;
    finish(app, caller, Saving { page, what: page, batch, saved }).await
}

/// A logo in base64, or none any more.
pub async fn save_logo<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    version: u64,
    png: Option<&str>,
) -> Stepped<Policy> {
    let png = png.map(logo::read).transpose();
    let png = png.map_err(|flaw| Problem::new(Code::InvalidField).field("png").because_of(vec![flaw.code()]))?;
    let mut batch = Batch::default();
    let saved = app.vault.save_logo(&mut batch, version, png.as_deref(), app.now).await?;
    finish(app, caller, Saving { page: "customisation", what: "logo", batch, saved }).await
}

/// What became of saving `what`, which is part of `page`.
struct Saving<'a> {
    page: &'a str,
    what: &'a str,
    batch: Batch,
    saved: SavedPolicy,
}

async fn finish<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, saving: Saving<'_>) -> Stepped<Policy> {
    let Saving { page, what, mut batch, saved } = saving;
    let page_of = |policy: &Policy| to_value(&Pages::from(policy)).get(page).cloned().unwrap_or_default();
    match saved {
        SavedPolicy::Done { before, after } => {
            let actor = Some(caller.person().account.id.to_string());
            let result = format!("{what}_revision_{}", after.revision);
            let changes = changes(&page_of(&before), &page_of(&after));
            let event = Event { actor, changes, ..app.event(EventKind::PolicyChanged, &result) };
            app.vault.put_event(&mut batch, &event).await?;
            app.vault.commit(batch).await?;
            Ok(after)
        }
        SavedPolicy::Stale(current) => Err(Problem::new(Code::StaleVersion).current(page_of(&current)).into()),
        SavedPolicy::UnknownGroup => Err(Problem::new(Code::InvalidField).field("groups").into()),
    }
}

fn check(wanted: &Section) -> Result<(), Problem> {
    let bad = |field| Problem::new(Code::InvalidField).field(field);
    match wanted {
        Section::Methods(page) => check_methods(page),
        Section::Registration(page) if page.reconfirm_days > RECONFIRM_MAX => Err(bad("reconfirm_days")),
        Section::Registration(_) | Section::Notifications(_) => Ok(()),
        Section::Passwords(page) if page.history > HISTORY_MAX => Err(bad("history")),
        Section::Passwords(page) => match BannedWords::parse(page.own_words.iter().map(String::as_str)) {
            Ok(_) => Ok(()),
            Err(error) => Err(bad("own_words").pointing_at(error.line, error.reason.to_string())),
        },
        Section::Entitlement(page) if page.groups.len() > PLAN_GROUPS_MAX => Err(bad("groups")),
        Section::Entitlement(page) if page.check && (page.cloud.is_empty() && page.on_premises.is_empty()) => {
            Err(Problem::new(Code::PolicyRefused).because_of(vec!["nobody_entitled"]))
        }
        Section::Entitlement(_) => Ok(()),
        Section::Customisation(page) => check_customisation(page),
    }
}

fn check_customisation(page: &CustomisationPolicy) -> Result<(), Problem> {
    let bad = |field| Problem::new(Code::InvalidField).field(field);
    if !is_line(&page.organisation, NAME_MAX) {
        return Err(bad("organisation"));
    }
    if !is_helpdesk(page) {
        return Err(bad("helpdesk"));
    }
    if !page.colour.is_empty() && !Colour::parse(&page.colour).ok_or_else(|| bad("colour"))?.carries_white() {
        return Err(bad("colour").because_of(vec!["too_pale"]));
    }
    if page.return_addresses.len() > RETURN_ADDRESSES {
        return Err(bad("return_addresses"));
    }
    match page.return_addresses.iter().position(|address| ReturnAddress::parse(address).is_none()) {
        None => Ok(()),
        Some(at) => Err(bad("return_addresses").pointing_at(at.saturating_add(1), NOT_AN_ADDRESS.to_owned())),
    }
}

fn check_methods(page: &MethodsPolicy) -> Result<(), Problem> {
    if !(1..=2).contains(&page.needed) {
        return Err(Problem::new(Code::InvalidField).field("needed"));
    }
    let mut known: Vec<&str> = Vec::new();
    for country in &page.countries {
        if !is_country(country) || known.contains(&country.as_str()) {
            let at = known.len().saturating_add(1);
            return Err(Problem::new(Code::InvalidField).field("countries").pointing_at(at, NOT_A_COUNTRY.to_owned()));
        }
        known.push(country);
    }
    let objections: Vec<&'static str> = page.allowed().objections().into_iter().map(Objection::code).collect();
    if objections.is_empty() { Ok(()) } else { Err(Problem::new(Code::PolicyRefused).because_of(objections)) }
}

fn is_line(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control) && text.trim() == text
}

/// Nothing, an https address without credentials, or a mail address: it becomes a link on every page.
fn is_helpdesk(page: &CustomisationPolicy) -> bool {
    let text = page.helpdesk.as_str();
    let link = text.strip_prefix("https://").is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let plain = rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\`{}|^".contains(&b));
        plain && host.contains('.') && !host.contains('@')
    });
    is_line(text, HELPDESK_MAX) && (text.is_empty() || link || EmailAddress::parse(text).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helpdesk_is_a_link_or_a_mailbox() {
        let judge = |text: &str| {
            is_helpdesk(&CustomisationPolicy { helpdesk: text.to_owned(), ..CustomisationPolicy::default() })
        };
        for good in ["", "https://help.example.org/reset?x=1", "help@example.org"] {
            assert!(judge(good), "{good}");
        }
        for bad in [
            "http://help.example.org",
            "javascript:alert(1)",
            "https://user@evil.example",
            "https://x",
            "help",
            "https://a.b/\"",
        ] {
            assert!(!judge(bad), "{bad}");
        }
    }

    #[test]
    fn a_colour_carries_white_and_return_addresses_are_https() {
        let judge = |page: CustomisationPolicy| {
            check_customisation(&page)
                .err()
                .map(|problem| (problem.field.unwrap(), problem.reasons, problem.place.map(|place| place.0)))
        };
        let page = CustomisationPolicy::default;
        assert_eq!(judge(page()), None);
        assert_eq!(judge(CustomisationPolicy { colour: "#0f6cbd".to_owned(), ..page() }), None);
        let pale = judge(CustomisationPolicy { colour: "#ffff00".to_owned(), ..page() });
        assert_eq!(pale, Some(("colour", vec!["too_pale"], None)));
        let name = judge(CustomisationPolicy { colour: "red".to_owned(), ..page() });
        assert_eq!(name, Some(("colour", vec![], None)));
        let addresses = |addresses: Vec<&str>| {
            let return_addresses = addresses.into_iter().map(str::to_owned).collect();
            judge(CustomisationPolicy { return_addresses, ..page() })
        };
        assert_eq!(addresses(vec!["https://app.example.org"; 10]), None);
        assert_eq!(addresses(vec!["https://app.example.org"; 11]), Some(("return_addresses", vec![], None)));
        let second = addresses(vec!["https://app.example.org", "http://app.example.org"]);
        assert_eq!(second, Some(("return_addresses", vec![], Some(2))));
    }

    #[test]
    fn a_policy_nobody_can_meet_is_refused() {
        let none =
            MethodsPolicy { text: false, call: false, email: false, recovery_codes: false, ..MethodsPolicy::default() };
        assert_eq!(check_methods(&none).unwrap_err().code, Code::PolicyRefused);
        assert!(check_methods(&MethodsPolicy { needed: 3, ..MethodsPolicy::default() }).is_err());
        assert!(check_methods(&MethodsPolicy { needed: 2, ..MethodsPolicy::default() }).is_ok());
    }

    #[test]
    fn countries_are_codes_each_once() {
        let judge = |codes: &[&str]| {
            let countries = codes.iter().map(ToString::to_string).collect();
            let judged = check_methods(&MethodsPolicy { countries, ..MethodsPolicy::default() });
            judged.map_err(|problem| problem.place.map(|place| place.0))
        };
        assert_eq!(judge(&["GB", "DE"]), Ok(()));
        assert_eq!(judge(&["GB", "gb"]), Err(Some(2)));
        assert_eq!(judge(&["GB", "GB"]), Err(Some(2)));
        assert_eq!(judge(&["Germany"]), Err(Some(1)));
    }
}
