//! An app over memory, for tests at the bottom of each `step.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test support")]

use relatch_core::roles::Role;
use relatch_core::{AccountId, DisplayName, Password, Secret, Timestamp, UserName};
use relatch_spin::App;
use relatch_spin::settings::{Peppers, Settings};
use relatch_store::accounts::{Created, NewAccount};
use relatch_store::keys::Keys;
use relatch_store::memory::CountingEntropy;
use relatch_store::policy::SavedPolicy;
use relatch_store::records::{Details, Person, ScopeKind, Via};
use relatch_store::seal::{NamedKey, Sealer};
use relatch_store::{Batch, MemoryKv, Vault};

pub type TestApp = App<MemoryKv, CountingEntropy>;

/// A fixed moment: 2026-11-22 12:02:30 UTC, where no spans of claims meet.
pub const NOON: Timestamp = Timestamp(1_795_348_950);
pub const PASSWORD: &str = "a quiet river at dawn";
pub const PHONE: &str = "+44 7400123456";

/// An app on an empty store, at noon, asked by one client.
pub fn app() -> TestApp {
    let named = |id: &str, byte| NamedKey { id: id.to_owned(), key: Secret::new([byte; 32]) };
    let sealer = Sealer::new(vec![named("k1", 1)]).expect("one key");
    let vault = Vault::new(MemoryKv::default(), CountingEntropy::new(7), Keys::new(Secret::new([2; 32])), sealer);
    let settings = Settings {
        public_origin: "http://localhost:3000".to_owned(),
        organisation: "Contoso".to_owned(),
        domain: "contoso.example".to_owned(),
        trusted_proxies: Default::default(),
        peppers: Peppers::of(vec![named("p1", 3)]).expect("one key"),
    };
    App { vault, settings, now: NOON, client: "192.0.2.1".to_owned(), request_id: "test".to_owned() }
}

/// A person with [`PASSWORD`], nothing registered.
pub async fn person(app: &TestApp, name: &str, roles: Vec<Role>, must_change: bool) -> Person {
    let user = UserName::in_domain(name, &app.settings.domain).expect("a name");
    let shown = DisplayName::parse(name).expect("a name");
    let password = app.hash_password(&Password::parse(PASSWORD).expect("a password"), 1, must_change).expect("a hash");
    let new = NewAccount {
        id: AccountId::from_bytes(app.vault.random().expect("bytes")),
        name: &user,
        display_name: &shown,
        roles,
        details: Details::default(),
        password,
    };
    match app.vault.create_account(new, Batch::default(), app.now).await {
        Ok(Created::Done(account)) => app.vault.person(account.id).await.expect("a read").expect("a person"),
        _ => panic!("could not create {name}"),
    }
}

/// Registers a phone for `person`, and reads them again.
pub async fn with_phone(app: &TestApp, person: &Person, number: &str) -> Person {
    let mut batch = Batch::default();
    app.vault
        .add_destination(&mut batch, person.account.id, Via::Phone, number, app.now)
        .await
        .expect("a free version");
    app.vault.commit(batch).await.expect("a commit");
    app.vault.person(person.account.id).await.expect("a read").expect("a person")
}

/// Switches password reset on for everybody.
pub async fn enable_all(app: &TestApp) {
    let mut batch = Batch::default();
    let version = app.vault.policy().await.expect("a read").version;
    match app.vault.save_policy(&mut batch, version, ScopeKind::All, Vec::new(), app.now).await {
        Ok(SavedPolicy::Done { .. }) => app.vault.commit(batch).await.expect("a commit"),
        _ => panic!("could not enable"),
    }
}
