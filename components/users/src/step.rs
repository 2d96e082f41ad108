//! Creating a user: a name of our own domain, a generated password that must be changed.

use crate::wire::{self, NewUser, TypedDetails};
use relatch_core::methods::Kind;
use relatch_core::roles::Role;
use relatch_core::{AccountId, DisplayName, Password, Secret, UserName, generate};
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::views::{GroupName, Readiness, activity};
use relatch_spin::{App, Stepped};
use relatch_store::account_changes::is_gone;
use relatch_store::accounts::{Created, NewAccount};
use relatch_store::events::{Event, EventKind};
use relatch_store::records::{Details, Methods, Person};
use relatch_store::{Batch, Entropy, Kv};

pub struct NewPerson {
    pub person: Person,
    pub initial_password: Secret<String>,
}

pub async fn create<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, wanted: &NewUser) -> Stepped<NewPerson> {
    let bad = |field| Problem::new(Code::InvalidField).field(field);
    let name = UserName::in_domain(&wanted.name, &app.settings.domain).ok_or_else(|| bad("name"))?;
    let display_name = DisplayName::parse(&wanted.display_name).ok_or_else(|| bad("display_name"))?;
    let typed = TypedDetails::new(&wanted.department, &wanted.country, &wanted.source, wanted.plans.as_deref());
    let details = typed.over(&Details::default()).map_err(bad)?;
    let roles = wire::roles(wanted.role.as_slice()).map_err(|problem| problem.field("role"))?;
    create_with(app, caller, &name, &display_name, roles, details).await
}

/// One hash: everybody gets a password that nobody chose, and must change it.
pub async fn create_with<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    name: &UserName,
    display_name: &DisplayName,
    roles: Vec<Role>,
    details: Details,
) -> Stepped<NewPerson> {
    let taken = app.vault.find_person(name.as_str()).await?;
    if taken.is_some_and(|person| !is_gone(&person.account, app.now)) {
        return Err(Problem::new(Code::NameTaken).field("name").into());
    }
    let initial_password = generate::initial_password(&app.vault.random()?);
    let parsed = Password::parse(initial_password.expose()).map_err(|_| Code::Internal)?;
    let password = app.hash_password(&parsed, 1, true)?;
    let mut batch = Batch::default();
    let id = AccountId::from_bytes(app.vault.random()?);
    let actor = Some(caller.person().account.id.to_string());
    let event = Event { actor, target: Some(id.to_string()), ..app.event(EventKind::UserCreated, "done") };
    app.vault.put_event(&mut batch, &event).await?;
    let new = NewAccount { id, name, display_name, roles, details, password: password.clone() };
    match app.vault.create_account(new, batch, app.now).await? {
        Created::Done(account) => Ok(NewPerson {
            person: Person { account: *account, password, methods: Methods::default() },
            initial_password,
        }),
        Created::NameTaken => Err(Problem::new(Code::NameTaken).field("name").into()),
    }
}

pub async fn groups_of<K: Kv, E: Entropy>(app: &App<K, E>, person: &Person) -> Stepped<Vec<GroupName>> {
    let mut groups = Vec::new();
    for membership in &person.account.groups {
        if let Some(group) = app.vault.group(membership.group).await? {
            groups.push(GroupName { id: group.id.to_string(), name: group.name });
        }
    }
    Ok(groups)
}

/// Everything an administrator sees of one person.
pub async fn shown<'a, K: Kv, E: Entropy>(app: &App<K, E>, person: &'a Person) -> Stepped<wire::Shown<'a>> {
    let policy = app.vault.policy().await?;
    let account = &person.account;
    Ok(wire::Shown {
        user: person.into(),
        groups: groups_of(app, person).await?,
        version: account.version,
        readiness: Readiness::of(person, &policy),
        activity: activity(person),
        registered_kinds: person.methods.kinds().iter().map(Kind::as_str).collect(),
        locked: app.vault.is_locked(account.id, person.password.generation, app.now).await?,
    })
}
