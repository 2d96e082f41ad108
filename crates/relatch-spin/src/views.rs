//! JSON that several steps answer with.

use crate::app::App;
use relatch_core::PhoneNumber;
use relatch_core::password::PasswordRules;
use relatch_core::session::Stage;
use relatch_store::records::{Person, PhoneMethod, Role};
use relatch_store::{Entropy, Kv};
use serde::Serialize;

#[derive(Serialize)]
pub struct Organisation<'a> {
    pub name: &'a str,
    pub domain: &'a str,
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
            registered: !person.methods.phones.is_empty(),
            must_change_password: person.password.must_change,
            created_at: account.created_at.rfc3339(),
        }
    }
}

impl<K: Kv, E: Entropy> App<K, E> {
    pub fn organisation(&self) -> Organisation<'_> {
        Organisation { name: &self.settings.organisation, domain: &self.settings.domain }
    }

    pub fn signed_out(&self) -> SessionView<'_> {
        SessionView {
            stage: "signed_out",
            organisation: self.organisation(),
            csrf: None,
            name: None,
            display_name: None,
            roles: None,
            methods: None,
            password_rules: None,
        }
    }

    /// `cookie`: the session cookie this view goes with.
    pub fn session_view<'a>(&'a self, person: &'a Person, stage: Stage, cookie: &str) -> SessionView<'a> {
        let rules = (stage == Stage::PasswordChangeRequired).then(|| RulesView::from(&self.rules_for(person)));
        SessionView {
            stage: stage.as_str(),
            organisation: self.organisation(),
            csrf: Some(self.vault.csrf_token(cookie)),
            name: Some(&person.account.name),
            display_name: Some(&person.account.display_name),
            roles: Some(&person.account.roles),
            methods: Some(person.methods.phones.iter().map(MethodView::from).collect()),
            password_rules: rules,
        }
    }

    /// What a new password of this person must be.
    pub fn rules_for(&self, person: &Person) -> PasswordRules {
        let account = &person.account;
        let local = account.name.split('@').next().unwrap_or_default();
        let second_factor = !person.methods.phones.is_empty();
        PasswordRules::new(second_factor, &[&account.name, local, &account.display_name, &self.settings.organisation])
    }
}

/// A view as a JSON value, for a problem that shows the current state.
pub fn to_value(view: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(view).unwrap_or(serde_json::Value::Null)
}
