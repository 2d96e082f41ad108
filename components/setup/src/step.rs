//! The order of set-up: limit, still needed, secret, judge, win, hash, write.

use crate::wire::First;
use relatch_core::keyed::{keyed_hash, same};
use relatch_core::limits::SETUP_PER_CLIENT;
use relatch_core::password::PasswordRules;
use relatch_core::phone::is_country;
use relatch_core::roles::Role;
use relatch_core::{AccountId, DisplayName, Password, UserName};
use relatch_http::{Code, Problem};
use relatch_spin::{App, Stepped};
use relatch_store::accounts::{Created, NewAccount};
use relatch_store::events::EventKind;
use relatch_store::policy::Section;
use relatch_store::records::{Details, MethodsPolicy};
use relatch_store::{Batch, Entropy, Kv};

/// 128 bits in base64url: a shorter secret is refused, not used (SEC-59).
const SECRET_MIN: usize = 22;

pub async fn create_first<K: Kv, E: Entropy>(app: &App<K, E>, secret: &str, wanted: &First) -> Stepped<UserName> {
    app.limit(SETUP_PER_CLIENT).await?;
    if !app.vault.setup_needed().await? {
        return Err(Code::AlreadySetUp.into());
    }
    if secret.len() < SECRET_MIN {
        return Err(Problem::new(Code::Unavailable).because("setup_secret is shorter than 128 bits").into());
    }
    // Hashed first, so that neither length nor content shows in the time of the comparison.
    let digest = |text: &str| keyed_hash(app.settings.pepper().expose(), &[b"setup", text.as_bytes()]);
    if !same(&digest(secret), &digest(&wanted.secret)) {
        return Err(Problem::new(Code::WrongSecret).field("secret").into());
    }
    let bad = |field| Problem::new(Code::InvalidField).field(field);
    let name = UserName::in_domain(&wanted.name, &app.settings.domain).ok_or_else(|| bad("name"))?;
    let display_name = DisplayName::parse(&wanted.display_name).ok_or_else(|| bad("display_name"))?;
    if wanted.country.as_deref().is_some_and(|country| !is_country(country)) {
        return Err(bad("country").into());
    }
    let rejected = |reasons: &[_]| Problem::new(Code::PasswordRejected).field("password").reasons(reasons);
    let password = Password::parse(&wanted.password).map_err(|reason| rejected(&[reason]))?;
    let reasons =
        PasswordRules::new(false, &[name.as_str(), name.local(), display_name.as_str(), &app.settings.organisation])
            .judge(&password);
    if !reasons.is_empty() {
        return Err(rejected(&reasons).into());
    }
    let mut batch = Batch::default();
    if !app.vault.claim_setup(&mut batch, app.now).await? {
        return Err(Code::AlreadySetUp.into());
    }
    let password = app.hash_password(&password, 1, false)?;
    app.vault.put_event(&mut batch, &app.event(EventKind::SetupDone, "done")).await?;
    if let Some(country) = &wanted.country {
        let methods = MethodsPolicy { countries: vec![country.clone()], ..MethodsPolicy::default() };
        app.vault.save_section(&mut batch, Section::Methods(methods), app.now).await?;
    }
    let new = NewAccount {
        id: AccountId::from_bytes(app.vault.random()?),
        name: &name,
        display_name: &display_name,
        roles: vec![Role::GlobalAdministrator],
        details: Details::default(),
        password,
    };
    match app.vault.create_account(new, batch, app.now).await? {
        Created::Done(_) => Ok(name),
        Created::NameTaken => Err(Problem::new(Code::NameTaken).field("name").into()),
    }
}
