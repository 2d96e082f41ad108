//! The order of SETPW: is it still allowed, is the password good, win the change, hash, write.

use crate::breaches::{Breaches, is_breached};
use relatch_core::Password;
use relatch_core::enrolment::must_register;
use relatch_core::keyed::same;
use relatch_core::limits::{PASSWORD_CHANGES_PER_ACCOUNT, SIGN_IN_PER_CLIENT, STEP_UP_LIFE};
use relatch_core::password::Rejection;
use relatch_core::session::{Stage, after_password_change};
use relatch_delivery::Notice;
use relatch_http::{Code, Problem};
use relatch_spin::app::Caller;
use relatch_spin::{App, Stepped};
use relatch_store::devices::Device;
use relatch_store::events::{Event, EventKind, FlowPlace};
use relatch_store::lockout::SignInAttempt;
use relatch_store::outbox::OutboxTicket;
use relatch_store::records::{Methods, Person, Policy};
use relatch_store::sessions::Opened;
use relatch_store::tokens::{Flow, FlowStage};
use relatch_store::{Batch, Entropy, Kv};

/// Two commits and one hash. The gate is the password's next generation, so one success spends every
/// grant, code, flow and session of the old one (SEC-23, SEC-25). A new password is not locked, so this
/// unlocks too.
pub async fn reset<K: Kv, E: Entropy>(
    app: &App<K, E>,
    breaches: &impl Breaches,
    flow: &Flow,
    typed: &str,
) -> Stepped<Option<OutboxTicket>> {
    if flow.stage != FlowStage::Proven || !flow.real {
        return Err(Code::WrongStep.into());
    }
    let person = app.vault.person(flow.subject).await?;
    let policy = app.vault.policy().await?;
    let person = person.filter(|person| flow.holds_grant(person, &policy)).ok_or(Code::GrantSpent)?;
    let password = judged(app, &person, &policy, typed).await?;
    if policy.passwords.history > 0 || policy.passwords.breach_check {
        // Every remembered password costs a hash, and the list a request to others, so whoever keeps trying is
        // charged.
        app.limit(SIGN_IN_PER_CLIENT).await?;
        refuse_used(app, &person, &policy, &password)?;
        refuse_breached(breaches, &policy, &password).await?;
    }
    if !app.vault.claim_password_change(flow.subject, flow.generation, app.now).await? {
        return Err(Code::GrantSpent.into());
    }
    let record = app.replace_password(&person.password, &password, &policy, "password_reset")?;
    let mut batch = Batch::default();
    app.vault.put_password(&mut batch, flow.subject, &record)?;
    let id = Some(flow.subject.to_string());
    let method = Some(flow.methods());
    let event = Event { actor: id.clone(), target: id, method, ..app.event(EventKind::PasswordReset, "done") };
    app.vault.put_flow_event(&mut batch, flow.log, FlowPlace::Reset, &event).await?;
    if person.account.is_administrator() {
        app.raise(&mut batch, "administrator_reset").await?;
    }
    let ticket = tell_of_reset(app, &mut batch, &policy, &person).await?;
    app.vault.commit(batch).await?;
    Ok(ticket)
}

/// The person hears of it; of an administrator's reset the other administrators too, where policy says so.
async fn tell_of_reset<K: Kv, E: Entropy>(
    app: &App<K, E>,
    batch: &mut Batch,
    policy: &Policy,
    person: &Person,
) -> Stepped<Option<OutboxTicket>> {
    let reach: &[&Methods] = if policy.notifications.person { &[&person.methods] } else { &[] };
    let mut notices = app.notices(policy, Notice::PasswordReset, reach);
    if person.account.is_administrator() && policy.notifications.administrators {
        let others = app.vault.other_administrators(person.account.id).await?;
        let others: Vec<&Methods> = others.iter().map(|other| &other.methods).collect();
        notices.extend(app.notices(policy, Notice::AdministratorReset, &others));
    }
    app.put_notices(batch, notices)
}

/// The forced change of a first sign-in (S35): two hashes, so the client is charged first.
pub async fn first_sign_in<K: Kv, E: Entropy>(
    app: &App<K, E>,
    breaches: &impl Breaches,
    caller: &Caller,
    typed: &str,
) -> Stepped<(Opened, Stage, Policy)> {
    app.limit(SIGN_IN_PER_CLIENT).await?;
    let person = caller.person();
    let policy = app.vault.policy().await?;
    let password = judged(app, person, &policy, typed).await?;
    if app.verify_password(&password, person.password.stored())? {
        return Err(rejected(&[Rejection::SameAsBefore]).into());
    }
    refuse_used(app, person, &policy, &password)?;
    refuse_breached(breaches, &policy, &password).await?;
    let stage = after_password_change(must_register(person.standing(&policy), policy.registration.ask_at_sign_in));
    let mut batch = Batch::default();
    let token = change_to(app, caller, &mut batch, &password, stage, &policy).await?;
    app.vault.commit(batch).await?;
    Ok((token, stage, policy))
}

/// Somebody who knows their password chooses another (S1): the sign-in must be fresh, the current
/// password is asked for, and a wrong one counts like at sign-in (SEC-40). Every other session ends.
pub async fn change<K: Kv, E: Entropy>(
    app: &App<K, E>,
    breaches: &impl Breaches,
    caller: &Caller,
    current: &str,
    typed: &str,
) -> Stepped<(Opened, Option<OutboxTicket>, Policy)> {
    if !caller.session.is_fresh(app.now, STEP_UP_LIFE) {
        return Err(Code::StepUpRequired.into());
    }
    app.limit(SIGN_IN_PER_CLIENT).await?;
    let person = caller.person();
    let (id, generation) = (person.account.id, person.password.generation);
    let current = Password::parse(current).map_err(|_| Problem::new(Code::InvalidField).field("current"))?;
    let policy = app.vault.policy().await?;
    let password = judged(app, person, &policy, typed).await?;
    // Somebody is signed in here, so the device is a known one: no stranger's failures bar the way.
    let attempt = SignInAttempt { subject: id, generation, device: Device::Known };
    let charged = app.vault.charge_sign_in(attempt, &current, app.now).await?;
    let right = charged.may_compare && app.verify_password(&current, person.password.stored())?;
    let mut batch = Batch::default();
    if !right {
        app.vault.put_sign_in_failure(&mut batch, &charged, right, app.now)?;
        let target = Some(id.to_string());
        app.vault.put_event(&mut batch, &Event { target, ..app.event(EventKind::SignInFailed, "change") }).await?;
        app.vault.commit(batch).await?;
        return Err(Problem::new(Code::WrongPassword).field("current").into());
    }
    app.limit_person(PASSWORD_CHANGES_PER_ACCOUNT, caller, id).await?;
    app.vault.forgive_sign_in(&mut batch, &charged).await?;
    // Both are at hand, so sameness needs no third hash.
    let reason = if same(current.expose().as_bytes(), password.expose().as_bytes()) {
        Some(Rejection::SameAsBefore)
    } else if app.was_used_before(person, &password, &policy)? {
        Some(Rejection::UsedBefore)
    } else {
        is_breached(breaches, &policy, &password).await.then_some(Rejection::Breached)
    };
    if let Some(reason) = reason {
        app.vault.commit(batch).await?;
        return Err(rejected(&[reason]).into());
    }
    let token = change_to(app, caller, &mut batch, &password, Stage::SignedIn, &policy).await?;
    let ticket = app.notify(&mut batch, &policy, Notice::PasswordChanged, &[&person.methods])?;
    app.vault.commit(batch).await?;
    Ok((token, ticket, policy))
}

/// Wins the next password and puts it, the session that goes on, and the event in `batch`.
async fn change_to<K: Kv, E: Entropy>(
    app: &App<K, E>,
    caller: &Caller,
    batch: &mut Batch,
    password: &Password,
    stage: Stage,
    policy: &Policy,
) -> Stepped<Opened> {
    let person = caller.person();
    let (id, generation) = (person.account.id, person.password.generation);
    if !app.vault.claim_password_change(id, generation, app.now).await? {
        return Err(Code::WrongStep.into());
    }
    let first = person.password.must_change;
    let (what, result) =
        if first { ("password_set_at_first_sign_in", "first_sign_in") } else { ("password_changed", "done") };
    let record = app.replace_password(&person.password, password, policy, what)?;
    app.vault.put_password(batch, id, &record)?;
    let token = app.rotate(batch, caller, record.generation, stage).await?;
    let who = Some(id.to_string());
    let event = Event { actor: who.clone(), target: who, ..app.event(EventKind::PasswordChanged, result) };
    app.vault.put_event(batch, &event).await?;
    Ok(token)
}

async fn judged<K: Kv, E: Entropy>(
    app: &App<K, E>,
    person: &Person,
    policy: &Policy,
    typed: &str,
) -> Stepped<Password> {
    let password = Password::parse(typed).map_err(too_much)?;
    let reasons = app.rules_for(person, policy).judge(&password);
    if reasons.is_empty() { Ok(password) } else { Err(rejected(&reasons).into()) }
}

fn refuse_used<K: Kv, E: Entropy>(
    app: &App<K, E>,
    person: &Person,
    policy: &Policy,
    password: &Password,
) -> Stepped<()> {
    if app.was_used_before(person, password, policy)? { Err(rejected(&[Rejection::UsedBefore]).into()) } else { Ok(()) }
}

async fn refuse_breached(breaches: &impl Breaches, policy: &Policy, password: &Password) -> Stepped<()> {
    if is_breached(breaches, policy, password).await { Err(rejected(&[Rejection::Breached]).into()) } else { Ok(()) }
}

fn rejected(reasons: &[Rejection]) -> Problem {
    Problem::new(Code::PasswordRejected).field("password").reasons(reasons)
}

fn too_much(reason: Rejection) -> Problem {
    // Refused before any work is done on it: the shape of the request is wrong, not a choice of words.
    let code = if reason == Rejection::TooLong { Code::InvalidField } else { Code::PasswordRejected };
    Problem::new(code).field("password").reasons(&[reason])
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXUPPER;
    use relatch_core::methods::{Kind, Kinds};
    use relatch_core::{AccountId, Timestamp};
    use relatch_spin::StepError;
    use relatch_store::policy::Section;
    use relatch_store::tokens::Reason;
    use relatch_testkit::{PASSWORD, PHONE, TestApp, app, enable_all, person, with_phone};
    use sha1::{Digest, Sha1};
    use std::cell::Cell;

    /// Nobody can be asked.
    struct Silent;

    impl Breaches for Silent {
        async fn list(&self, _: &str) -> Option<String> {
            None
        }
    }

    /// Knows these passwords, and counts how often it was asked.
    struct Known(&'static [&'static str], Cell<usize>);

    impl Breaches for Known {
        async fn list(&self, prefix: &str) -> Option<String> {
            self.1.set(self.1.get() + 1);
            let hash = |password: &&str| HEXUPPER.encode(&Sha1::digest(password.as_bytes()));
            let lines =
                self.0.iter().map(hash).filter_map(|hash| Some(format!("{}:2\r\n", hash.strip_prefix(prefix)?)));
            Some(lines.collect())
        }
    }

    async fn check_breaches(app: &TestApp) {
        let mut passwords = app.vault.policy().await.unwrap().passwords;
        passwords.breach_check = true;
        let mut batch = Batch::default();
        app.vault.save_section(&mut batch, Section::Passwords(passwords), app.now).await.unwrap();
        app.vault.commit(batch).await.unwrap();
    }

    async fn granted(app: &TestApp) -> Flow {
        let alice = with_phone(app, &person(app, "alice", Vec::new(), false).await, PHONE).await;
        enable_all(app).await;
        let id = alice.account.id;
        let begun = app.now;
        Flow {
            id: "f".repeat(32),
            subject: id,
            named: id,
            real: true,
            generation: 1,
            stage: FlowStage::Proven,
            begun,
            sends: 1,
            last_sent: Timestamp(0),
            challenge: id,
            proven_at: begun,
            reason: Reason::Forgot,
            proofs: Kinds::NONE.with(Kind::Phone).bits(),
            proven_by: alice.methods.phones.iter().map(|phone| phone.id.clone()).collect(),
            log: 1,
        }
    }

    #[test]
    fn a_grant_buys_one_password_in_two_commits() {
        pollster::block_on(async {
            let app = app();
            let flow = granted(&app).await;
            let before = app.vault.kv().commits();
            reset(&app, &Silent, &flow, "quiet green bottles").await.unwrap();
            assert_eq!(app.vault.kv().commits() - before, 2);
            assert!(reset(&app, &Silent, &flow, "quiet green bottles").await.is_err());
            let person = app.vault.person(flow.subject).await.unwrap().unwrap();
            assert_eq!(person.password.generation, 2);
        });
    }

    #[test]
    fn a_bad_password_costs_no_grant() {
        pollster::block_on(async {
            let app = app();
            let flow = granted(&app).await;
            let before = app.vault.kv().commits();
            for bad in ["short", "alice", &"x".repeat(257)] {
                assert!(reset(&app, &Silent, &flow, bad).await.is_err(), "{bad}");
            }
            assert_eq!(app.vault.kv().commits(), before);
            reset(&app, &Silent, &flow, "quiet green bottles").await.unwrap();
        });
    }

    #[test]
    fn a_breached_password_is_refused_where_policy_asks_and_costs_no_grant() {
        pollster::block_on(async {
            let app = app();
            let flow = granted(&app).await;
            let breaches = Known(&["quiet green bottles"], Cell::new(0));
            check_breaches(&app).await;
            let refused = reset(&app, &breaches, &flow, "quiet green bottles").await.unwrap_err();
            let StepError::Refused(problem) = refused else { panic!("it was judged") };
            assert_eq!((problem.code, problem.reasons), (Code::PasswordRejected, vec!["breached"]));
            // What is refused anyway is asked of nobody.
            assert!(reset(&app, &breaches, &flow, "short").await.is_err());
            assert_eq!(breaches.1.get(), 1);
            reset(&app, &breaches, &flow, "quiet brown bottles").await.unwrap();
            assert_eq!(breaches.1.get(), 2);
        });
    }

    #[test]
    fn nobody_is_asked_unless_policy_says_so_and_silence_is_no_reason() {
        pollster::block_on(async {
            let app = app();
            let flow = granted(&app).await;
            let breaches = Known(&["quiet green bottles"], Cell::new(0));
            reset(&app, &breaches, &flow, "quiet green bottles").await.unwrap();
            assert_eq!(breaches.1.get(), 0);
            let app = relatch_testkit::app();
            let flow = granted(&app).await;
            check_breaches(&app).await;
            reset(&app, &Silent, &flow, "quiet green bottles").await.unwrap();
        });
    }

    /// A wrong or right sign-in that was charged, and refused.
    async fn fail(app: &TestApp, id: AccountId, generation: u64, device: Device, typed: &str) -> bool {
        let attempt = SignInAttempt { subject: id, generation, device };
        let password = Password::parse(typed).unwrap();
        let charged = app.vault.charge_sign_in(attempt, &password, app.now).await.unwrap();
        let mut batch = Batch::default();
        app.vault.put_sign_in_failure(&mut batch, &charged, false, app.now).unwrap();
        app.vault.commit(batch).await.unwrap();
        charged.may_compare
    }

    #[test]
    fn a_stranger_who_locks_the_account_stops_no_change_and_a_change_frees_it() {
        pollster::block_on(async {
            let app = app();
            let alice = person(&app, "alice", Vec::new(), false).await;
            let id = alice.account.id;
            let mut batch = Batch::default();
            let opened = app.vault.open_session(&mut batch, &alice, 1, Stage::SignedIn, None, app.now).await.unwrap();
            app.vault.commit(batch).await.unwrap();
            let old = opened.device.as_ref().unwrap().expose().as_str();
            assert_eq!(app.vault.device(Some(old), id, 1, app.now), Device::Known);
            for n in 0..11 {
                fail(&app, id, 1, Device::Unknown, &format!("guess number {n}")).await;
            }
            assert!(!fail(&app, id, 1, Device::Unknown, PASSWORD).await);
            let session = app.vault.session(opened.expose(), app.now).await.unwrap().unwrap();
            let caller = Caller { session, cookie: opened.expose().to_owned() };
            let (opened, _, _) = change(&app, &Silent, &caller, PASSWORD, "quiet green bottles").await.unwrap();
            assert!(fail(&app, id, 2, Device::Unknown, "not the right one").await);
            // Devices that were known are no longer; this one is.
            assert_eq!(app.vault.device(Some(old), id, 2, app.now), Device::Unknown);
            let new = opened.device.as_ref().unwrap().expose().as_str();
            assert_eq!(app.vault.device(Some(new), id, 2, app.now), Device::Known);
        });
    }

    #[test]
    fn a_broken_store_changes_nothing() {
        pollster::block_on(async {
            let app = app();
            let flow = granted(&app).await;
            app.vault.kv().fail(true);
            assert!(reset(&app, &Silent, &flow, "quiet green bottles").await.is_err());
            app.vault.kv().fail(false);
            assert_eq!(app.vault.person(flow.subject).await.unwrap().unwrap().password.generation, 1);
        });
    }
}
