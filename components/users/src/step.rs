//! Creating a user: a name of our own domain, a generated password that must be changed.

use crate::wire::NewUser;
use relatch_core::{DisplayName, Password, Secret, UserName, generate};
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::views::GroupName;
use relatch_spin::{App, Stepped};
use relatch_store::accounts::{Created, NewAccount};
use relatch_store::events::{Event, EventKind};
use relatch_store::records::{Methods, Person};
use relatch_store::{Batch, Entropy, Kv};

pub struct NewPerson {
    pub person: Person,
    pub initial_password: Secret<String>,
}

pub async fn create<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller, wanted: &NewUser) -> Stepped<NewPerson> {
    let bad = |field| Problem::new(Code::InvalidField).field(field);
    let name = UserName::in_domain(&wanted.name, &app.settings.domain).ok_or_else(|| bad("name"))?;
    let display_name = DisplayName::parse(&wanted.display_name).ok_or_else(|| bad("display_name"))?;
    if app.vault.find_person(name.as_str()).await?.is_some() {
        return Err(Problem::new(Code::NameTaken).field("name").into());
    }
    let initial_password = generate::initial_password(&app.vault.random()?);
    let parsed = Password::parse(initial_password.expose()).map_err(|_| Code::Internal)?;
    let password = app.hash_password(&parsed, 1, true)?;
    let mut batch = Batch::default();
    let actor = Some(caller.person().account.id.to_string());
    app.vault.put_event(&mut batch, &Event { actor, ..app.event(EventKind::UserCreated, "done") })?;
    let new = NewAccount {
        name: &name,
        display_name: &display_name,
        roles: wanted.role.into_iter().collect(),
        password: password.clone(),
    };
    match app.vault.create_account(new, batch, app.now).await? {
        Created::Done(account) => {
            Ok(NewPerson { person: Person { account, password, methods: Methods::default() }, initial_password })
        }
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
