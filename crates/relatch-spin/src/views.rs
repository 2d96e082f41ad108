//! JSON that several steps answer with.

use crate::app::App;
use relatch_core::methods::{Kind, Kinds};
use relatch_core::password::PasswordRules;
use relatch_core::session::Stage;
use relatch_core::{EmailAddress, PhoneNumber};
use relatch_store::records::{AppMethod, EmailMethod, Methods, Person, PhoneMethod, Policy, RecoverySet, Role};
use relatch_store::{Entropy, Kv};
use serde::Serialize;

#[derive(Serialize)]
pub struct Organisation<'a> {
    pub name: &'a str,
    pub domain: &'a str,
    /// Where a dead end sends people: an https address or a mail address.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub helpdesk: &'a str,
}

#[derive(Serialize)]
pub struct MethodView {
    pub id: String,
    pub kind: &'static str,
    pub hint: String,
    pub registered_at: String,
}

impl From<&PhoneMethod> for MethodView {
    fn from(phone: &PhoneMethod) -> Self {
        let hint = PhoneNumber::from_stored(&phone.number).map(|number| number.hint()).unwrap_or_default();
        Self { id: phone.id.clone(), kind: "phone", hint, registered_at: phone.registered_at.rfc3339() }
    }
}

impl From<&EmailMethod> for MethodView {
    fn from(email: &EmailMethod) -> Self {
        let hint = EmailAddress::parse(&email.address).map(|address| address.hint()).unwrap_or_default();
        Self { id: email.id.clone(), kind: "email", hint, registered_at: email.registered_at.rfc3339() }
    }
}

impl From<&AppMethod> for MethodView {
    fn from(app: &AppMethod) -> Self {
        Self { id: app.id.clone(), kind: "app", hint: String::new(), registered_at: app.registered_at.rfc3339() }
    }
}

/// Everything somebody registered, recovery codes apart.
pub fn method_views(methods: &Methods) -> Vec<MethodView> {
    let phones = methods.phones.iter().map(MethodView::from);
    let emails = methods.emails.iter().map(MethodView::from);
    let apps = methods.apps.iter().map(MethodView::from);
    phones.chain(emails).chain(apps).collect()
}

/// How many saved codes are left.
#[derive(Serialize)]
pub struct RecoveryView {
    pub left: usize,
    pub created_at: String,
}

impl From<&RecoverySet> for RecoveryView {
    fn from(set: &RecoverySet) -> Self {
        Self { left: set.left(), created_at: set.created_at.rfc3339() }
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
    };
    kinds.iter().map(way).collect()
}

#[derive(Serialize)]
pub struct RulesView {
    pub min_length: usize,
    pub max_length: usize,
}

impl From<&PasswordRules> for RulesView {
    fn from(rules: &PasswordRules) -> Self {
        Self { min_length: rules.min_length, max_length: rules.max_length }
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
    pub roles: Option<&'a [Role]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<MethodView>>,
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
    pub roles: &'a [Role],
    pub state: &'static str,
    pub registered: bool,
    pub must_change_password: bool,
    pub created_at: String,
}

impl<'a> From<&'a Person> for UserView<'a> {
    fn from(person: &'a Person) -> Self {
        let account = &person.account;
        Self {
            id: account.id.to_string(),
            name: &account.name,
            display_name: &account.display_name,
            roles: &account.roles,
            state: if account.blocked { "blocked" } else { "enabled" },
            registered: !person.methods.kinds().is_empty(),
            must_change_password: person.password.must_change,
            created_at: account.created_at.rfc3339(),
        }
    }
}

impl<K: Kv, E: Entropy> App<K, E> {
    pub fn organisation<'a>(&'a self, policy: &'a Policy) -> Organisation<'a> {
        let helpdesk = &policy.customisation.helpdesk;
        Organisation { name: self.organisation_name(policy), domain: &self.settings.domain, helpdesk }
    }

    pub fn signed_out<'a>(&'a self, policy: &'a Policy) -> SessionView<'a> {
        SessionView {
            stage: "signed_out",
            organisation: self.organisation(policy),
            csrf: None,
            name: None,
            display_name: None,
            roles: None,
            methods: None,
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
        let rules = (stage == Stage::PasswordChangeRequired).then(|| RulesView::from(&self.rules_for(person)));
        SessionView {
            stage: stage.as_str(),
            organisation: self.organisation(policy),
            csrf: Some(self.vault.csrf_token(cookie)),
            name: Some(&person.account.name),
            display_name: Some(&person.account.display_name),
            roles: Some(&person.account.roles),
            methods: Some(method_views(&person.methods)),
            recovery_codes_left: Some(person.methods.recovery_left()),
            reconfirm: stage == Stage::SignedIn && person.should_reconfirm(policy, self.now),
            password_rules: rules,
        }
    }

    /// What a new password of this person must be.
    pub fn rules_for(&self, person: &Person) -> PasswordRules {
        let account = &person.account;
        let local = account.name.split('@').next().unwrap_or_default();
        let second_factor = person.methods.has_second_factor();
        PasswordRules::new(second_factor, &[&account.name, local, &account.display_name, &self.settings.organisation])
    }
}

/// A view as a JSON value, for a problem that shows the current state.
pub fn to_value(view: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(view).unwrap_or(serde_json::Value::Null)
}
