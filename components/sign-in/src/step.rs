//! The order of SIGNIN: limit, look up, charge, hash, decide. One hash whoever it is.

use relatch_core::enrolment::must_register;
use relatch_core::limits::SIGN_IN_PER_CLIENT;
use relatch_core::name::is_typeable;
use relatch_core::session::{Stage, after_password};
use relatch_core::{Password, UserName};
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::{App, Stepped};
use relatch_store::events::{Event, EventKind};
use relatch_store::lockout::SignInAttempt;
use relatch_store::records::{Person, Policy, StoredHash};
use relatch_store::sessions::Opened;
use relatch_store::{Batch, Entropy, Kv};

/// A password that was right.
pub struct SignedIn {
    pub person: Person,
    pub stage: Stage,
    pub token: Opened,
    pub policy: Policy,
}

/// Unknown, wrong, locked and blocked are refused alike, after the same work (SEC-5). `device` is the
/// cookie of a device somebody signed in on before: it only decides where a failure is counted.
pub async fn sign_in<K: Kv, E: Entropy>(
    app: &App<K, E>,
    before: Option<&Caller>,
    device: Option<&str>,
    name: &str,
    password: &str,
) -> Stepped<SignedIn> {
    if !is_typeable(name) {
        return Err(Problem::new(Code::InvalidField).field("name").into());
    }
    let password = Password::parse(password).map_err(|_| Problem::new(Code::InvalidField).field("password"))?;
    app.limit(SIGN_IN_PER_CLIENT).await?;
    let parsed = UserName::parse(name, &app.settings.domain);
    let lookup = parsed.as_ref().map_or(name, UserName::as_str);
    let person = app.vault.find_person(lookup).await?;
    let policy = app.vault.policy().await?;
    let decoy = app.vault.keys.decoy(&[lookup.as_bytes()]);
    let (subject, generation) =
        person.as_ref().map_or((decoy, 1), |person| (person.account.id, person.password.generation));
    let device = app.vault.device(device, subject, generation, app.now);
    let attempt = SignInAttempt { subject, generation, device };
    let charged = app.vault.charge_sign_in(attempt, &password, app.now).await?;
    // A blocked person's password is compared as well: only what is really wrong is remembered as wrong.
    let compared = person.as_ref().filter(|_| charged.may_compare);
    let right =
        app.verify_password(&password, compared.map_or(StoredHash::DECOY, |person| person.password.stored()))?;
    let mut batch = Batch::default();
    let Some(person) = person.filter(|person| right && person.account.is_enabled()) else {
        app.vault.put_sign_in_failure(&mut batch, &charged, right, app.now)?;
        let target = Some(subject.to_string());
        app.vault.put_event(&mut batch, &Event { target, ..app.event(EventKind::SignInFailed, "refused") }).await?;
        app.vault.commit(batch).await?;
        return Err(Code::SignInFailed.into());
    };
    let must_register = must_register(person.standing(&policy), policy.registration.ask_at_sign_in);
    let stage = after_password(person.methods.has_second_factor(), person.password.must_change, must_register);
    app.vault.forgive_sign_in(&mut batch, &charged).await?;
    let generation = app.renew_hash(&mut batch, &person, &password).await?;
    if let Some(before) = before {
        app.vault.end_session(&mut batch, &before.session)?;
    }
    let token = app.vault.open_session(&mut batch, &person, generation, stage, None, app.now).await?;
    let who = Some(subject.to_string());
    app.vault
        .put_event(
            &mut batch,
            &Event { actor: who.clone(), target: who, ..app.event(EventKind::SignedIn, stage.as_str()) },
        )
        .await?;
    app.vault.commit(batch).await?;
    Ok(SignedIn { person, stage, token, policy })
}

pub async fn sign_out<K: Kv, E: Entropy>(app: &App<K, E>, caller: &Caller) -> Stepped<()> {
    let mut batch = Batch::default();
    app.vault.end_session(&mut batch, &caller.session)?;
    let who = Some(caller.person().account.id.to_string());
    app.vault
        .put_event(&mut batch, &Event { actor: who.clone(), target: who, ..app.event(EventKind::SignedOut, "done") })
        .await?;
    Ok(app.vault.commit(batch).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use relatch_core::Secret;
    use relatch_spin::settings::Peppers;
    use relatch_store::seal::NamedKey;
    use relatch_testkit::{PASSWORD, PHONE, TestApp, app, person, with_phone};

    #[test]
    fn what_is_asked_next_depends_on_the_person() {
        pollster::block_on(async {
            let app = app();
            person(&app, "plain", Vec::new(), false).await;
            person(&app, "fresh", Vec::new(), true).await;
            let registered = person(&app, "alice", Vec::new(), false).await;
            with_phone(&app, &registered, PHONE).await;
            for (name, stage) in [
                ("plain", Stage::SignedIn),
                ("fresh", Stage::PasswordChangeRequired),
                ("alice", Stage::SecondFactorRequired),
            ] {
                assert_eq!(sign_in(&app, None, None, name, PASSWORD).await.unwrap().stage, stage, "{name}");
            }
        });
    }

    #[test]
    fn a_hash_of_an_older_pepper_is_made_anew_unless_the_password_is_being_changed() {
        pollster::block_on(async {
            let mut app = app();
            let alice = person(&app, "alice", Vec::new(), false).await;
            person(&app, "berta", Vec::new(), true).await;
            let named = |id: &str, byte| NamedKey { id: id.to_owned(), key: Secret::new([byte; 32]) };
            app.settings.peppers = Peppers::of(vec![named("p2", 9), named("p1", 3)]).unwrap();
            let stored = async |name: &str| app.vault.find_person(name).await.unwrap().unwrap().password;
            // Somebody else won the next password a moment ago: it must not be written over.
            app.vault.claim_password_change(alice.account.id, 1, app.now).await.unwrap();
            sign_in(&app, None, None, "alice", PASSWORD).await.unwrap();
            assert_eq!(stored("alice@contoso.example").await.pepper, "p1");
            app.now = app.now.plus(3_600);
            let session = sign_in(&app, None, None, "alice", PASSWORD).await.unwrap().token;
            let new = stored("alice@contoso.example").await;
            assert_eq!((new.pepper.as_str(), new.generation, new.changed_at), ("p2", 2, alice.password.changed_at));
            assert!(app.vault.session(session.expose(), app.now).await.unwrap().is_some(), "this session goes on");
            sign_in(&app, None, None, "alice", PASSWORD).await.unwrap();
            assert_eq!(stored("alice@contoso.example").await.generation, 2);
            sign_in(&app, None, None, "berta", PASSWORD).await.unwrap();
            assert_eq!(stored("berta@contoso.example").await.pepper, "p1", "she has to choose another one anyway");
        });
    }

    #[test]
    fn the_twenty_first_session_ends_the_first() {
        pollster::block_on(async {
            let mut app = app();
            person(&app, "alice", Vec::new(), false).await;
            let mut tokens = Vec::new();
            for n in 0..21 {
                app.client = format!("192.0.2.{n}");
                tokens.push(sign_in(&app, None, None, "alice", PASSWORD).await.unwrap().token);
            }
            let alive = async |token: &Opened| app.vault.session(token.expose(), app.now).await.unwrap().is_some();
            assert!(!alive(&tokens[0]).await);
            assert!(alive(&tokens[1]).await);
            let person = app.vault.find_person("alice@contoso.example").await.unwrap().unwrap();
            assert_eq!(app.vault.sessions_of(&person, app.now).await.unwrap().len(), 20);
        });
    }

    #[test]
    fn wrong_repeated_and_unknown_cost_the_same_wherever_they_come_from() {
        pollster::block_on(async {
            let app = app();
            person(&app, "alice", Vec::new(), false).await;
            let known = sign_in(&app, None, None, "alice", PASSWORD).await.unwrap().token.device.unwrap();
            let mut costs = Vec::new();
            for device in [None, Some(known.expose().as_str())] {
                for name in ["alice", "alice", "nobody", "nobody"] {
                    let before = app.vault.kv().commits();
                    assert!(sign_in(&app, None, device, name, "not the right one").await.is_err());
                    costs.push(app.vault.kv().commits() - before);
                }
            }
            assert_eq!(costs, [4; 8]);
        });
    }

    /// Wrong passwords from as many addresses as it takes.
    async fn guess(app: &mut TestApp, device: Option<&str>, guesses: impl Iterator<Item = String>) {
        for (n, guess) in guesses.enumerate() {
            app.client = format!("198.51.100.{n}");
            assert!(sign_in(app, None, device, "alice", &guess).await.is_err());
        }
        app.client = "192.0.2.1".to_owned();
    }

    #[test]
    fn a_stranger_does_not_lock_a_known_device_nor_the_other_way_round() {
        pollster::block_on(async {
            let mut app = app();
            person(&app, "alice", Vec::new(), false).await;
            let known = sign_in(&app, None, None, "alice", PASSWORD).await.unwrap().token.device.unwrap();
            let known = Some(known.expose().as_str());
            guess(&mut app, None, (0..11).map(|n| format!("guess number {n}"))).await;
            assert!(sign_in(&app, None, None, "alice", PASSWORD).await.is_err());
            assert!(sign_in(&app, None, known, "alice", PASSWORD).await.is_ok());
            app.now = app.now.plus(60);
            guess(&mut app, known, (0..11).map(|n| format!("guess number {n}"))).await;
            assert!(sign_in(&app, None, known, "alice", PASSWORD).await.is_err());
            assert!(sign_in(&app, None, None, "alice", PASSWORD).await.is_ok());
        });
    }

    #[test]
    fn somebody_elses_device_is_a_strangers() {
        pollster::block_on(async {
            let mut app = app();
            person(&app, "alice", Vec::new(), false).await;
            person(&app, "berta", Vec::new(), false).await;
            let hers = sign_in(&app, None, None, "berta", PASSWORD).await.unwrap().token.device.unwrap();
            guess(&mut app, Some(hers.expose()), (0..10).map(|n| format!("guess number {n}"))).await;
            assert!(sign_in(&app, None, None, "alice", PASSWORD).await.is_err());
        });
    }

    #[test]
    fn the_same_wrong_password_again_does_not_lock() {
        pollster::block_on(async {
            let mut app = app();
            person(&app, "alice", Vec::new(), false).await;
            guess(&mut app, None, (0..30).map(|_| "last year's password".to_owned())).await;
            assert!(sign_in(&app, None, None, "alice", PASSWORD).await.is_ok());
        });
    }

    #[test]
    fn a_repeat_still_counts_for_its_address() {
        pollster::block_on(async {
            let app = app();
            person(&app, "alice", Vec::new(), false).await;
            let mut refusals = Vec::new();
            for _ in 0..21 {
                let refused = sign_in(&app, None, None, "alice", "last year's password").await;
                refusals.push(Problem::from(refused.err().unwrap()).code);
            }
            assert!(refusals[..20].iter().all(|code| *code == Code::SignInFailed));
            assert_eq!(refusals[20], Code::TooManyRequests);
        });
    }

    #[test]
    fn a_device_is_known_once_the_sign_in_is_complete() {
        pollster::block_on(async {
            let app = app();
            person(&app, "plain", Vec::new(), false).await;
            person(&app, "fresh", Vec::new(), true).await;
            let registered = person(&app, "alice", Vec::new(), false).await;
            with_phone(&app, &registered, PHONE).await;
            for (name, complete) in [("plain", true), ("fresh", false), ("alice", false)] {
                let token = sign_in(&app, None, None, name, PASSWORD).await.unwrap().token;
                assert_eq!(token.device.is_some(), complete, "{name}");
            }
        });
    }
}
