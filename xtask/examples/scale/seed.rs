//! Filling a store with people and groups, sealed and indexed as the service itself would have done it.

use crate::overlay::Overlay;
use crate::people::{DEPARTMENTS, Invented, RARE, group_name, invent, mixed};
use anyhow::{Context, Result, anyhow, bail};
use relatch_core::entitlement::{Plan, Source};
use relatch_core::membership::Rule;
use relatch_core::name::Description;
use relatch_core::{AccountId, DisplayName, GroupId, GroupName, Password, Secret, Timestamp, UserName, hashing};
use relatch_host::{StoreConfig, parse_env_file};
use relatch_store::accounts::{Created, NewAccount};
use relatch_store::events::{Event, EventKind};
use relatch_store::groups::{Changed, MemberChange};
use relatch_store::keys::Keys;
use relatch_store::records::{Details, Lately, PasswordRecord};
use relatch_store::seal::{NamedKey, Sealer, parse_keys};
use relatch_store::{Batch, Kv, OsEntropy, Vault};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What every seeded account signs in with.
pub const PASSWORD: &str = "everybody shares this one";
/// People of one commit.
const BATCH: u64 = 20_000;
/// How long ago the first of them was created.
const SINCE: u64 = 600 * 86_400;
/// What happened to them later, at least: a log that is too short to be searched says nothing.
const EVENTS: u64 = 3_000;

#[derive(clap::Args)]
pub struct Seed {
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    accounts: u64,
    #[arg(long)]
    groups: u64,
    #[arg(long)]
    add: bool,
}

type Store = Vault<Overlay, OsEntropy>;

struct Seeding {
    vault: Store,
    domain: String,
    password: PasswordRecord,
    /// When the first account was created, and the seconds until the next.
    begun: Timestamp,
    step: u64,
    events: u64,
}

/// The variables of a state folder, by the names of spin.toml.
pub fn variables(folder: &Path) -> Result<BTreeMap<String, String>> {
    let path = folder.join("env");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    parse_env_file(&text).with_context(|| path.display().to_string())
}

fn named_key(variables: &BTreeMap<String, String>, name: &str) -> Result<NamedKey> {
    let keys = variables.get(name).and_then(|text| parse_keys(text));
    keys.and_then(|keys| keys.into_iter().next()).with_context(|| format!("the variable {name} is no key"))
}

pub async fn run(seed: &Seed) -> Result<()> {
    let variables = variables(&seed.data)?;
    let sealing = variables.get("sealing_keys").and_then(|text| parse_keys(text)).and_then(Sealer::new);
    let keys = Keys::new(named_key(&variables, "lookup_key")?.key);
    let kv = Overlay::new(StoreConfig::Sqlite.open(&seed.data).await?);
    let vault = Vault::new(kv, OsEntropy, keys, sealing.context("the variable sealing_keys holds no key")?);
    let domain = variables.get("organisation_domain").cloned().unwrap_or_else(|| "contoso.example".to_owned());
    let there = u64::try_from(vault.kv().increment(&vault.keys.account_seq(), 0).await?).unwrap_or(0);
    let seeded = if there == 0 { 0 } else { already_there(&vault, &domain, seed.accounts).await? };
    if there > seeded && !seed.add {
        bail!(
            "{} holds {there} accounts, of which {seeded} are of this seed. With --add the seed is added to them",
            seed.data.display()
        );
    }
    let now = Timestamp(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    let pepper = named_key(&variables, "pepper")?;
    let seeding = Seeding {
        password: shared_password(&vault, &pepper, now)?,
        vault,
        domain,
        begun: Timestamp(now.0.saturating_sub(SINCE)),
        step: SINCE / seed.accounts.max(1),
        events: (EVENTS / seed.accounts.max(1)).max(1),
    };
    let ids = seeding.accounts(seed.accounts, there == 0).await?;
    seeding.groups(seed.groups, &ids, now).await?;
    eprintln!("{} accounts, {} groups in {}", ids.len(), seed.groups, seed.data.display());
    println!("Each of these accounts has the password: {PASSWORD}");
    println!("One of them has a name nobody else has: {} {}", RARE.0, RARE.1);
    Ok(())
}

/// How many of this seed's names are taken.
async fn already_there(vault: &Store, domain: &str, accounts: u64) -> Result<u64> {
    let mut there = 0;
    for person in invent(accounts) {
        let name = full_name(&person, domain)?;
        there += u64::from(vault.kv().get(&vault.keys.name(name.as_str())).await?.is_some());
    }
    Ok(there)
}

fn full_name(person: &Invented, domain: &str) -> Result<UserName> {
    UserName::in_domain(&person.login, domain).ok_or_else(|| anyhow!("{}@{domain} is no name", person.login))
}

/// One hash for all: 100,000 of them would take an hour or two.
fn shared_password(vault: &Store, pepper: &NamedKey, now: Timestamp) -> Result<PasswordRecord> {
    let password = Password::parse(PASSWORD).map_err(|_| anyhow!("the seed's password is refused"))?;
    let pepper_key: &Secret<[u8; 32]> = &pepper.key;
    Ok(PasswordRecord {
        generation: 1,
        hash: hashing::hash(&password, &vault.random()?, pepper_key.expose())?,
        pepper: pepper.id.clone(),
        must_change: false,
        changed_at: now,
        earlier: Vec::new(),
        lately: Lately::default(),
    })
}

impl Seeding {
    /// Everybody's id, in order.
    async fn accounts(&self, count: u64, fresh: bool) -> Result<Vec<AccountId>> {
        let mut ids = Vec::new();
        for (number, person) in (0_u64..).zip(invent(count)) {
            ids.push(self.account(number, &person, fresh).await?);
            if (number + 1).is_multiple_of(BATCH) {
                self.vault.kv().flush().await?;
                eprintln!("{} of {count} accounts", number + 1);
            }
        }
        self.vault.kv().flush().await?;
        Ok(ids)
    }

    async fn account(&self, number: u64, person: &Invented, fresh: bool) -> Result<AccountId> {
        let name = full_name(person, &self.domain)?;
        let existing = if fresh { None } else { self.vault.find_person(name.as_str()).await? };
        if let Some(existing) = existing {
            return Ok(existing.account.id);
        }
        let display_name = DisplayName::parse(&person.display_name)
            .with_context(|| format!("{} is no display name", person.display_name))?;
        let at = Timestamp(self.begun.0.saturating_add(number.saturating_mul(self.step)));
        let details = Details {
            department: person.department.to_owned(),
            country: person.country.to_owned(),
            source: if person.on_premises { Source::OnPremises } else { Source::Cloud },
            plans: if person.premium { vec![Plan::P1] } else { Vec::new() },
        };
        let mut batch = Batch::default();
        self.happens(&mut batch, EventKind::UserCreated, None, "done", at).await?;
        let password = PasswordRecord { changed_at: at, ..self.password.clone() };
        let id = AccountId::from_bytes(self.vault.random()?);
        let new = NewAccount { id, name: &name, display_name: &display_name, roles: Vec::new(), details, password };
        let Created::Done(account) = self.vault.create_account(new, batch, at).await? else {
            bail!("{} is taken", name.as_str());
        };
        let mut batch = Batch::default();
        for event in 0..self.events {
            let (kind, result) = match mixed(number, 100 + event) % 8 {
                0 => (EventKind::PasswordReset, "done"),
                1 => (EventKind::PasswordChanged, "done"),
                2 => (EventKind::SignInFailed, "wrong_password"),
                _ => (EventKind::SignedIn, "signed_in"),
            };
            let later = at.plus(event.saturating_mul(self.step) / self.events);
            self.happens(&mut batch, kind, Some(account.id), result, later).await?;
        }
        self.vault.commit(batch).await?;
        Ok(account.id)
    }

    async fn happens(
        &self,
        batch: &mut Batch,
        kind: EventKind,
        who: Option<AccountId>,
        result: &str,
        at: Timestamp,
    ) -> Result<()> {
        let who = who.map(|id| id.to_string());
        let event = Event {
            actor: who.clone(),
            target: who,
            client: "192.0.2.1".to_owned(),
            request: self.vault.random_id()?,
            ..Event::new(kind, result, at)
        };
        Ok(self.vault.put_event(batch, &event).await?)
    }

    async fn groups(&self, count: u64, people: &[AccountId], now: Timestamp) -> Result<()> {
        let mut ids: Vec<GroupId> = Vec::new();
        let mut nested = MemberChange::default();
        for number in 0..count {
            let name = group_name(number);
            let parsed = GroupName::parse(&name).with_context(|| format!("{name} is no name of a group"))?;
            let rule = match number % 20 {
                7 => Some(rule(number)?),
                _ => None,
            };
            let mut change = MemberChange::default();
            if rule.is_none() {
                change.add_members = members(number, count, people);
                // Every twentieth holds the one before it as well.
                let below = if number % 20 == 3 { ids.last().copied() } else { None };
                change.add_groups = below.into_iter().collect();
                nested.add_groups.extend(below);
            }
            let mut batch = Batch::default();
            let description = Description::parse("Made up by the seed");
            let made =
                self.vault.create_group(&mut batch, &parsed, description.as_ref(), rule.as_ref(), &change, now).await?;
            match made {
                Changed::Done(group) => ids.push(group.id),
                Changed::NameTaken => continue,
                _ => bail!("the group {name} was refused"),
            }
            self.happens(&mut batch, EventKind::GroupCreated, None, "done", now).await?;
            self.vault.commit(batch).await?;
            if (number + 1).is_multiple_of(200) {
                self.vault.kv().flush().await?;
                eprintln!("{} of {count} groups", number + 1);
            }
        }
        self.vault.after_change(&nested, now).await?;
        Ok(self.vault.kv().flush().await?)
    }
}

fn rule(number: u64) -> Result<Rule> {
    let at = usize::try_from(number / 20).unwrap_or_default() % DEPARTMENTS.len();
    let department = DEPARTMENTS.get(at).copied().unwrap_or_default();
    Rule::parse(&format!("department == \"{department}\" and country in [\"GB\", \"IE\"]"))
        .map_err(|bad| anyhow!("{bad}"))
}

/// Two large groups, one that is just over a page, and many of up to a hundred. However few people there are, nobody is
/// in many of them.
fn members(number: u64, groups: u64, people: &[AccountId]) -> Vec<AccountId> {
    let count = people.len() as u64;
    let wanted = match number {
        0 => 5_000,
        1 => 1_000,
        2 => 60,
        _ => (10 + mixed(number, 7) % 90).min(count / groups.max(1) + 1),
    };
    let place = |k: u64| usize::try_from((mixed(number, 8) % count.max(1) + k * 17) % count.max(1)).ok();
    let mut members: Vec<AccountId> = (0..wanted.min(count)).filter_map(|k| people.get(place(k)?).copied()).collect();
    members.sort();
    members.dedup();
    members
}
