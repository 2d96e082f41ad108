//! JSON that several steps answer with.

use crate::app::App;
use relatch_core::enrolment::refusals;
use relatch_core::methods::{Kind, Kinds};
use relatch_core::password::PasswordRules;
use relatch_core::session::Stage;
use relatch_core::{Coded, EmailAddress, PhoneNumber, Timestamp, roles};
use relatch_store::records::{AppMethod, By, EmailMethod, Happening, Methods, Person, PhoneMethod, Policy, Purpose};
use relatch_store::{Entropy, Kv};
use serde::Serialize;

#[derive(Serialize)]
pub struct Organisation<'a> {
    pub name: &'a str,
    pub domain: &'a str,
    /// Where a dead end sends people: an https address or a mail address.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub helpdesk: &'a str,
    /// `#rrggbb`, dark enough for white on it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub colour: &'a str,
    /// Where the logo is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
}

#[derive(Serialize)]
pub struct MethodView {
    pub id: String,
    pub kind: &'static str,
    pub hint: String,
    pub registered_at: String,
    /// What it is not taken for any more, after too many wrong codes: `reset`, `sign-in`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub closed_for: Vec<&'static str>,
}

impl From<&PhoneMethod> for MethodView {
    fn from(phone: &PhoneMethod) -> Self {
        let hint = PhoneNumber::from_stored(&phone.number).map(|number| number.hint()).unwrap_or_default();
        Self {
            id: phone.id.clone(),
            kind: "phone",
            hint,
            registered_at: phone.registered_at.rfc3339(),
            closed_for: Vec::new(),
        }
    }
}

impl From<&EmailMethod> for MethodView {
    fn from(email: &EmailMethod) -> Self {
        let hint = EmailAddress::parse(&email.address).map(|address| address.hint()).unwrap_or_default();
        Self {
            id: email.id.clone(),
            kind: "email",
            hint,
            registered_at: email.registered_at.rfc3339(),
            closed_for: Vec::new(),
        }
    }
}

impl From<&AppMethod> for MethodView {
    fn from(app: &AppMethod) -> Self {
        let registered_at = app.registered_at.rfc3339();
        Self { id: app.id.clone(), kind: "app", hint: String::new(), registered_at, closed_for: Vec::new() }
    }
}

/// Everything somebody registered, recovery codes apart.
pub fn method_views(methods: &Methods) -> Vec<MethodView> {
    let phones = methods.phones.iter().map(MethodView::from);
    let emails = methods.emails.iter().map(MethodView::from);
    let apps = methods.apps.iter().map(MethodView::from);
    let views = phones.chain(emails).chain(apps);
    views.map(|view| MethodView { closed_for: closed_for(methods, &view.id), ..view }).collect()
}

/// What a method is not taken for any more.
fn closed_for(methods: &Methods, id: &str) -> Vec<&'static str> {
    let purposes = [Purpose::Reset, Purpose::SignIn];
    purposes.into_iter().filter(|purpose| methods.is_closed(id, *purpose)).map(Purpose::as_str).collect()
}

/// How many saved codes are left.
#[derive(Serialize)]
pub struct RecoveryView {
    pub left: usize,
    pub created_at: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub closed_for: Vec<&'static str>,
}

impl RecoveryView {
    /// Nothing, if there are none.
    pub fn of(methods: &Methods) -> Option<Self> {
        let set = methods.recovery.as_ref()?;
        Some(Self { left: set.left(), created_at: set.created_at.rfc3339(), closed_for: closed_for(methods, &set.id) })
    }
}

/// The kinds policy lets people register.
pub fn offered(policy: &Policy) -> Vec<&'static str> {
    policy.methods.allowed().kinds().iter().map(Kind::as_str).collect()
}

/// How a phone may be reached.
pub fn deliveries(policy: &Policy) -> Vec<&'static str> {
    let both = [("text", policy.methods.text), ("call", policy.methods.call)];
    both.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect()
}

/// How a phone may be reached for a sign-in: what is switched on, and both where neither is, since what was registered
/// stays good.
pub fn sign_in_deliveries(policy: &Policy) -> Vec<&'static str> {
    let on = deliveries(policy);
    if on.is_empty() { vec!["text", "call"] } else { on }
}

/// A way to prove oneself in a reset.
#[derive(Serialize)]
pub struct WayView {
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<&'static str>,
}

/// Ways of these kinds, as the policy lets them be used.
pub fn ways(policy: &Policy, kinds: Kinds) -> Vec<WayView> {
    let way = |kind: Kind| match kind {
        Kind::Phone => WayView { kind: "phone", deliveries: deliveries(policy) },
        Kind::Email => WayView { kind: "email", deliveries: Vec::new() },
        Kind::App => WayView { kind: "app", deliveries: Vec::new() },
        Kind::RecoveryCodes => WayView { kind: "recovery_code", deliveries: Vec::new() },
        Kind::HelpdeskCode => WayView { kind: "helpdesk_code", deliveries: Vec::new() },
    };
    kinds.iter().map(way).collect()
}

#[derive(Serialize)]
pub struct RulesView {
    pub min_length: usize,
    pub max_length: usize,
    pub profile: &'static str,
    /// How many of the last passwords it must differ from.
    pub history: usize,
}

impl From<&PasswordRules> for RulesView {
    fn from(rules: &PasswordRules) -> Self {
        Self { min_length: rules.min_length, max_length: rules.max_length, profile: rules.profile().code(), history: 0 }
    }
}

/// Where somebody is in signing in.
#[derive(Serialize)]
pub struct SessionView<'a> {
    pub stage: &'static str,
    pub organisation: Organisation<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csrf: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<&'static str>>,
    /// What they may do in the portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<MethodView>>,
    /// How a code for this sign-in may come, while one is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_codes_left: Option<usize>,
    /// It has been a while: is what is registered still right?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reconfirm: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_rules: Option<RulesView>,
}

/// A group as a line in somebody else's view.
#[derive(Serialize)]
pub struct GroupName {
    pub id: String,
    pub name: String,
}

/// What an administrator sees of a person. Nothing they registered, only whether they did.
#[derive(Serialize)]
pub struct UserView<'a> {
    pub id: String,
    pub name: &'a str,
    pub display_name: &'a str,
    pub department: &'a str,
    pub country: &'a str,
    pub source: &'static str,
    pub plans: Vec<&'static str>,
    pub roles: Vec<&'static str>,
    pub state: &'static str,
    pub registered: bool,
    pub must_change_password: bool,
    pub created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
}

/// Permanent names of values.
pub fn codes<C: Coded>(values: &[C]) -> Vec<&'static str> {
    values.iter().map(|value| value.code()).collect()
}

/// Can this account reset its password by itself, and if not, everything that stands in the way.
#[derive(Serialize)]
pub struct Readiness {
    pub able: bool,
    pub reasons: Vec<&'static str>,
}

impl Readiness {
    pub fn of(person: &Person, policy: &Policy) -> Self {
        let reasons: Vec<&str> = refusals(person.standing(policy)).map(Coded::code).collect();
        Self { able: reasons.is_empty(), reasons }
    }
}

/// Something that was done with an account.
#[derive(Serialize)]
pub struct Activity {
    pub at: String,
    pub what: String,
    pub by: &'static str,
}

/// What was done with an account lately, newest first.
pub fn activity(person: &Person) -> Vec<Activity> {
    let lists = [&person.account.lately, &person.password.lately, &person.methods.lately];
    let mut all: Vec<&Happening> = lists.into_iter().flat_map(|lately| &lately.0).collect();
    all.sort_by_key(|happening| std::cmp::Reverse(happening.at));
    let view = |happening: &Happening| Activity {
        at: Timestamp(happening.at).rfc3339(),
        what: happening.what.clone(),
        by: match happening.by {
            By::Owner => "self",
            By::Administrator => "administrator",
            By::Unknown => "unknown",
        },
    };
    all.into_iter().map(view).collect()
}

impl<'a> From<&'a Person> for UserView<'a> {
    fn from(person: &'a Person) -> Self {
        let account = &person.account;
        Self {
            id: account.id.to_string(),
            name: &account.name,
            display_name: &account.display_name,
            department: &account.details.department,
            country: &account.details.country,
            source: account.details.source.code(),
            plans: codes(&account.details.plans),
            roles: codes(&account.roles),
            state: account.state(),
            registered: !person.methods.kinds().is_empty(),
            must_change_password: person.password.must_change,
            created_at: account.created_at.rfc3339(),
            deleted_at: account.deleted_at.map(|at| Timestamp(at).rfc3339()),
        }
    }
}

impl<K: Kv, E: Entropy> App<K, E> {
    pub fn organisation<'a>(&'a self, policy: &'a Policy) -> Organisation<'a> {
        let page = &policy.customisation;
        Organisation {
            name: self.organisation_name(policy),
            domain: &self.settings.domain,
            helpdesk: &page.helpdesk,
            colour: &page.colour,
            logo: (page.logo != 0).then(|| format!("/api/logo/{}", page.logo)),
        }
    }

    pub fn signed_out<'a>(&'a self, policy: &'a Policy) -> SessionView<'a> {
        SessionView {
            stage: "signed_out",
            organisation: self.organisation(policy),
            csrf: None,
            name: None,
            display_name: None,
            roles: None,
            rights: None,
            methods: None,
            deliveries: Vec::new(),
            recovery_codes_left: None,
            reconfirm: false,
            password_rules: None,
        }
    }

    /// `cookie`: the session cookie this view goes with.
    pub fn session_view<'a>(
        &'a self,
        person: &'a Person,
        stage: Stage,
        cookie: &str,
        policy: &'a Policy,
    ) -> SessionView<'a> {
        let rules = (stage == Stage::PasswordChangeRequired).then(|| self.rules_view(person, policy));
        SessionView {
            stage: stage.as_str(),
            organisation: self.organisation(policy),
            csrf: Some(self.vault.csrf_token(cookie)),
            name: Some(&person.account.name),
            display_name: Some(&person.account.display_name),
            roles: Some(codes(&person.account.roles)),
            rights: Some(roles::rights(&person.account.roles).map(Coded::code).collect()),
            methods: Some(method_views(&person.methods)),
            deliveries: if stage == Stage::SecondFactorRequired { sign_in_deliveries(policy) } else { Vec::new() },
            recovery_codes_left: Some(person.methods.recovery_left()),
            reconfirm: stage == Stage::SignedIn && person.should_reconfirm(policy, self.now),
            password_rules: rules,
        }
    }

    /// What a new password of this person must be.
    pub fn rules_for(&self, person: &Person, policy: &Policy) -> PasswordRules {
        let account = &person.account;
        let local = account.name.split('@').next().unwrap_or_default();
        let second_factor = person.methods.has_second_factor();
        let organisation = self.organisation_name(policy);
        let names = [account.name.as_str(), local, &account.display_name, &self.settings.organisation, organisation];
        PasswordRules::new(second_factor, &names)
            .with_profile(policy.passwords.profile)
            .with_banned_words(policy.passwords.banned_words())
    }

    /// The rules as they are shown.
    pub fn rules_view(&self, person: &Person, policy: &Policy) -> RulesView {
        RulesView { history: policy.passwords.history, ..RulesView::from(&self.rules_for(person, policy)) }
    }
}

/// A view as a JSON value, for a problem that shows the current state.
pub fn to_value(view: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(view).unwrap_or(serde_json::Value::Null)
}
