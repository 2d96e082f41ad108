use super::*;
use crate::records::{Purpose, ScopeKind};
use crate::vault::testing::{TestVault, account, vault};
use relatch_core::entitlement::Source;
use relatch_core::methods::Kinds;

const MIA: AccountId = AccountId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp(1_111_111_109);

fn what(purpose: Purpose) -> CodeFor<'static> {
    CodeFor { purpose, subject: MIA, kept_at: MIA, generation: 1, binding: "f" }
}

async fn stored(vault: &TestVault) -> Methods {
    vault.methods(MIA).await.unwrap()
}

async fn with_app(vault: &TestVault) -> AppMethod {
    let mut batch = Batch::default();
    vault.begin_app(&mut batch, MIA, NOW).unwrap();
    vault.commit(batch).await.unwrap();
    let pending = vault.pending_app(MIA, NOW).await.unwrap().unwrap();
    let mut batch = Batch::default();
    let app = vault.add_app(&mut batch, MIA, pending, NOW).await.unwrap();
    vault.commit(batch).await.unwrap();
    app
}

fn code_at(app: &AppMethod, now: Timestamp) -> String {
    Seed::parse(&app.seed).unwrap().code_at(now.window(STEP)).unwrap()
}

async fn try_code(vault: &TestVault, app: &AppMethod, purpose: Purpose, code: &str, now: Timestamp) -> AppTried {
    let mut batch = Batch::default();
    let tried = vault.try_app(&mut batch, what(purpose), Some((&app.id, &app.seed)), code, now).await.unwrap();
    vault.commit(batch).await.unwrap();
    tried
}

async fn add(vault: &TestVault, via: Via, to: &str, now: Timestamp) -> String {
    let mut batch = Batch::default();
    let added = vault.add_destination(&mut batch, MIA, via, to, now).await.unwrap();
    vault.commit(batch).await.unwrap();
    match added {
        Registered::Phone(phone) => phone.id,
        Registered::Email(email) => email.id,
        Registered::Shared => panic!("{to} is taken"),
    }
}

async fn save_codes(vault: &TestVault, now: Timestamp) -> Vec<Secret<String>> {
    let mut batch = Batch::default();
    let codes = vault.make_recovery_codes(&mut batch, MIA, now).await.unwrap();
    vault.commit(batch).await.unwrap();
    codes
}

async fn try_saved(vault: &TestVault, purpose: Purpose, code: &str, now: Timestamp) -> AppTried {
    let set = stored(vault).await.recovery;
    let mut batch = Batch::default();
    let tried = vault.try_recovery_code(&mut batch, what(purpose), set.as_ref(), code, now).await.unwrap();
    vault.commit(batch).await.unwrap();
    tried
}

#[test]
fn of_changes_at_once_only_the_winner_counts_for_its_destination() {
    pollster::block_on(async {
        let vault = vault();
        with_app(&vault).await;
        let to = "mia@mail.example.org";
        let sharers = vault.keys.sharers(&vault.destination(to));
        let add = async |batch: &mut Batch| vault.add_destination(batch, MIA, Via::Email, to, NOW).await;
        let mut first = Batch::default();
        assert!(add(&mut first).await.is_ok());
        assert!(add(&mut Batch::default()).await.is_err(), "both saw the same version");
        vault.commit(first).await.unwrap();
        assert_eq!(vault.counted(&sharers).await, Ok(1));
        let id = stored(&vault).await.emails[0].id.clone();
        let mut first = Batch::default();
        for n in 0..5 {
            let mut other = Batch::default();
            let batch = if n == 0 { &mut first } else { &mut other };
            assert_eq!(vault.remove_method(batch, MIA, &id, NOW).await.is_ok(), n == 0);
            assert!(vault.take_methods(&mut other, MIA, NOW).await.is_err());
        }
        vault.commit(first).await.unwrap();
        assert_eq!(vault.kv.increment(&sharers, 0).await, Ok(0));
    });
}

#[test]
fn a_pending_app_waits_ten_minutes_and_is_gone_when_it_is_registered() {
    pollster::block_on(async {
        let vault = vault();
        let mut batch = Batch::default();
        vault.begin_app(&mut batch, MIA, NOW).unwrap();
        vault.commit(batch).await.unwrap();
        assert!(vault.pending_app(MIA, NOW.plus(599)).await.unwrap().is_some());
        assert!(vault.pending_app(MIA, NOW.plus(600)).await.unwrap().is_none());
        with_app(&vault).await;
        assert!(vault.pending_app(MIA, NOW).await.unwrap().is_none());
    });
}

#[test]
fn a_step_is_good_once_in_all_flows_together() {
    pollster::block_on(async {
        let vault = vault();
        let app = with_app(&vault).await;
        let code = code_at(&app, NOW);
        assert_eq!(try_code(&vault, &app, Purpose::SignIn, &code, NOW).await, AppTried::Right);
        for purpose in [Purpose::SignIn, Purpose::Reset] {
            assert_eq!(try_code(&vault, &app, purpose, &code, NOW).await, AppTried::Other(Tried::Wrong));
        }
    });
}

#[test]
fn right_codes_of_an_app_are_no_tries() {
    pollster::block_on(async {
        let vault = vault();
        let app = with_app(&vault).await;
        let start = Timestamp(NOW.window(86_400) * 86_400);
        for step in 0..8 {
            let now = start.plus(step * STEP);
            let tried = try_code(&vault, &app, Purpose::SignIn, &code_at(&app, now), now).await;
            assert_eq!(tried, AppTried::Right, "{step}");
        }
    });
}

#[test]
fn five_codes_of_an_app_in_a_quarter_of_an_hour_and_ten_a_day() {
    pollster::block_on(async {
        let vault = vault();
        let app = with_app(&vault).await;
        let start = Timestamp(NOW.window(86_400) * 86_400);
        let code = code_at(&app, start);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            let tried = try_code(&vault, &app, Purpose::SignIn, wrong, start).await;
            assert_eq!(tried, AppTried::Other(Tried::Wrong));
        }
        let tried = try_code(&vault, &app, Purpose::SignIn, &code, start).await;
        assert!(matches!(tried, AppTried::Other(Tried::UsedUp { .. })), "{tried:?}");
        let later = start.plus(900);
        for _ in 0..4 {
            try_code(&vault, &app, Purpose::SignIn, wrong, later).await;
        }
        let tried = try_code(&vault, &app, Purpose::SignIn, &code_at(&app, later), later).await;
        assert!(matches!(tried, AppTried::Other(Tried::UsedUp { for_today: true, .. })), "{tried:?}");
        let window = later.window(APP_WINDOW);
        let end = Timestamp::end_of_window(window, APP_WINDOW);
        let quarter = vault.keys.app_attempts(Purpose::SignIn, MIA, window, end);
        assert_eq!(vault.counted(&quarter).await, Ok(4), "what the day refuses takes nothing from the quarter");
    });
}

#[test]
fn a_recovery_code_works_once_and_a_new_set_kills_the_old() {
    pollster::block_on(async {
        let vault = vault();
        let codes = save_codes(&vault, NOW).await;
        assert_eq!(codes.len(), 10);
        let attempt = async |code: &str| try_saved(&vault, Purpose::Reset, code, NOW).await;
        assert_eq!(attempt(codes[3].expose()).await, AppTried::Right);
        assert_eq!(stored(&vault).await.recovery_left(), 9);
        assert_eq!(attempt(codes[3].expose()).await, AppTried::Other(Tried::Wrong));
        save_codes(&vault, NOW).await;
        assert_eq!(attempt(codes[4].expose()).await, AppTried::Other(Tried::Wrong));
    });
}

#[test]
fn the_last_phone_or_app_stays() {
    pollster::block_on(async {
        let vault = vault();
        let app = with_app(&vault).await;
        let mut batch = Batch::default();
        assert!(matches!(vault.remove_method(&mut batch, MIA, &app.id, NOW).await.unwrap(), Removed::LastOne));
        vault.add_destination(&mut batch, MIA, Via::Phone, "+44 7400123456", NOW).await.unwrap();
        vault.commit(batch).await.unwrap();
        let mut batch = Batch::default();
        assert!(matches!(vault.remove_method(&mut batch, MIA, &app.id, NOW).await.unwrap(), Removed::Done(_)));
        assert!(matches!(vault.remove_method(&mut batch, MIA, "x", NOW).await.unwrap(), Removed::Unknown));
    });
}

#[test]
fn the_only_way_back_in_stays() {
    pollster::block_on(async {
        let vault = vault();
        save_codes(&vault, NOW).await;
        let mut batch = Batch::default();
        assert!(matches!(vault.remove_recovery_codes(&mut batch, MIA, NOW).await.unwrap(), Removed::LastOne));
        vault.add_destination(&mut batch, MIA, Via::Email, "mia@mail.example.org", NOW).await.unwrap();
        vault.commit(batch).await.unwrap();
        let mut batch = Batch::default();
        let removed = vault.remove_recovery_codes(&mut batch, MIA, NOW.plus(60)).await.unwrap();
        let Removed::Done(left) = removed else { panic!("not removed") };
        vault.commit(batch).await.unwrap();
        let mut batch = Batch::default();
        let alone = vault.remove_method(&mut batch, MIA, &left.emails[0].id, NOW.plus(120)).await.unwrap();
        assert!(matches!(alone, Removed::LastOne));
        assert!(matches!(vault.remove_recovery_codes(&mut batch, MIA, NOW).await.unwrap(), Removed::Unknown));
    });
}

#[test]
fn what_is_not_meant_stays_as_it_was() {
    pollster::block_on(async {
        let vault = vault();
        let app = with_app(&vault).await;
        save_codes(&vault, NOW).await;
        let before = stored(&vault).await;
        let mut batch = Batch::default();
        let confirmed = vault.confirm_methods(&mut batch, MIA, NOW.plus(60)).await.unwrap();
        vault.commit(batch).await.unwrap();
        assert_eq!((confirmed.confirmed_at, confirmed.version), (NOW.0 + 60, before.version + 1));
        assert_eq!((&confirmed.apps[0].id, confirmed.recovery.is_some()), (&app.id, true));
        let mut batch = Batch::default();
        let removed = vault.remove_recovery_codes(&mut batch, MIA, NOW.plus(120)).await.unwrap();
        let Removed::Done(without) = removed else { panic!("not removed") };
        vault.commit(batch).await.unwrap();
        assert_eq!((without.confirmed_at, without.recovery.is_none()), (NOW.0 + 60, true));
        assert_eq!(without.apps[0].id, app.id);
        let mut batch = Batch::default();
        vault.take_methods(&mut batch, MIA, NOW.plus(180)).await.unwrap();
        vault.commit(batch).await.unwrap();
        let taken = stored(&vault).await;
        assert!(taken.apps.is_empty() && taken.recovery.is_none());
        // The versions go on: whoever read the one before cannot write over this.
        assert_eq!(taken.version, before.version + 3);
        let lately: Vec<&str> = taken.lately.0.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(lately[..3], ["method_removed:all", "method_removed:recovery_codes", "methods_confirmed"]);
        assert_eq!(taken.lately.0[0].by, By::Administrator);
    });
}

#[test]
fn whoever_registered_long_ago_is_asked_again_if_policy_says_so() {
    pollster::block_on(async {
        let vault = vault();
        let id = account(&vault, "mia", "", Vec::new(), NOW).await.id;
        let mut batch = Batch::default();
        vault.add_destination(&mut batch, id, Via::Phone, "+44 7400123456", NOW).await.unwrap();
        let version = vault.policy().await.unwrap().version;
        vault.save_policy(&mut batch, version, ScopeKind::All, Vec::new(), NOW).await.unwrap();
        vault.commit(batch).await.unwrap();
        let person = vault.person(id).await.unwrap().unwrap();
        let mut policy = vault.policy().await.unwrap();
        let after = |days: u64| NOW.plus(days * 86_400);
        assert_eq!(policy.registration.reconfirm_days, 180);
        assert!(!person.should_reconfirm(&policy, after(179)));
        assert!(person.should_reconfirm(&policy, after(180)));
        policy.registration.reconfirm_days = 0;
        assert!(!person.should_reconfirm(&policy, after(1_000)), "never");
    });
}

#[test]
fn where_somebody_stands_follows_policy_and_where_their_password_lives() {
    pollster::block_on(async {
        let vault = vault();
        let id = account(&vault, "mia", "", Vec::new(), NOW).await.id;
        let mut person = vault.person(id).await.unwrap().unwrap();
        let mut policy = vault.policy().await.unwrap();
        let standing = person.standing(&policy);
        assert_eq!((standing.switched_on, standing.in_scope, standing.writable), (false, false, true));
        policy.scope = ScopeKind::All;
        person.account.details.source = Source::OnPremises;
        let standing = person.standing(&policy);
        assert_eq!((standing.switched_on, standing.in_scope, standing.writable), (true, true, false));
        person.account.blocked = true;
        assert!(standing.enabled && !person.standing(&policy).enabled);
    });
}

#[test]
fn the_sixth_account_on_one_phone_is_refused() {
    pollster::block_on(async {
        let vault = vault();
        for n in 0..6 {
            let mut batch = Batch::default();
            let id = AccountId::from_bytes([n; 16]);
            let added = vault.add_destination(&mut batch, id, Via::Phone, "+44 7400123456", NOW).await.unwrap();
            vault.commit(batch).await.unwrap();
            assert_eq!(matches!(added, Registered::Shared), n == 5, "{n}");
        }
        let sharers = vault.keys.sharers(&vault.destination("+44 7400123456"));
        assert_eq!(vault.counted(&sharers).await, Ok(5), "whoever was refused takes no place");
    });
}

#[test]
fn what_is_replaced_gives_its_place_back_and_the_rest_stays() {
    pollster::block_on(async {
        let vault = vault();
        let (old, new, mail) = ("+44 7400123456", "+44 7400123457", "Mia@mail.example.org");
        add(&vault, Via::Phone, old, NOW).await;
        add(&vault, Via::Email, mail, NOW.plus(60)).await;
        add(&vault, Via::Phone, new, NOW.plus(120)).await;
        for (to, places) in [(old, 0), (new, 1), ("mia@mail.example.org", 1)] {
            assert_eq!(vault.counted(&vault.keys.sharers(&vault.destination(to))).await, Ok(places), "{to}");
        }
        let methods = stored(&vault).await;
        assert_eq!((methods.phones[0].number.as_str(), methods.emails[0].address.as_str()), (new, mail));
    });
}

#[test]
fn what_is_registered_already_stays_unless_it_is_closed() {
    pollster::block_on(async {
        let vault = vault();
        let (phone, mail) = ("+44 7400123456", "mia@mail.example.org");
        let ids = [add(&vault, Via::Phone, phone, NOW).await, add(&vault, Via::Email, mail, NOW.plus(60)).await];
        let version = stored(&vault).await.version;
        assert_eq!([add(&vault, Via::Phone, phone, NOW).await, add(&vault, Via::Email, mail, NOW).await], ids);
        assert_eq!(stored(&vault).await.version, version, "nothing was changed");
        let mut batch = Batch::default();
        vault.close_method(&mut batch, MIA, Kind::Phone, &ids[0], Purpose::Reset, NOW.plus(120)).await.unwrap();
        vault.commit(batch).await.unwrap();
        assert_eq!(add(&vault, Via::Email, mail, NOW.plus(180)).await, ids[1], "another one is closed");
        assert_ne!(add(&vault, Via::Phone, phone, NOW.plus(180)).await, ids[0], "registered anew, it is open");
        assert!(stored(&vault).await.closed.is_empty());
    });
}

#[test]
fn each_of_three_can_go_and_the_owner_sees_which() {
    pollster::block_on(async {
        for kind in [Kind::Phone, Kind::Email, Kind::App] {
            let vault = vault();
            with_app(&vault).await;
            add(&vault, Via::Phone, "+44 7400123456", NOW.plus(60)).await;
            add(&vault, Via::Email, "mia@mail.example.org", NOW.plus(120)).await;
            let id = stored(&vault).await.id_of(kind).unwrap().to_owned();
            let mut batch = Batch::default();
            let Removed::Done(left) = vault.remove_method(&mut batch, MIA, &id, NOW.plus(180)).await.unwrap() else {
                panic!("{kind:?} stays");
            };
            assert!(!left.kinds().has(kind) && left.kinds().iter().count() == 2, "{kind:?}");
            assert_eq!(left.lately.0[0].what, format!("method_removed:{}", kind.as_str()));
            let shared = async |to| vault.counted(&vault.keys.sharers(&vault.destination(to))).await.unwrap();
            assert_eq!(shared("+44 7400123456").await, u64::from(kind != Kind::Phone));
            assert_eq!(shared("mia@mail.example.org").await, u64::from(kind != Kind::Email));
        }
    });
}

#[test]
fn a_used_recovery_code_is_replaced_by_a_new_one() {
    pollster::block_on(async {
        let vault = vault();
        let codes = save_codes(&vault, NOW).await;
        let attempt = async |code: &str, now| try_saved(&vault, Purpose::SignIn, code, now).await == AppTried::Right;
        let replace = async |now: Timestamp| {
            let mut batch = Batch::default();
            let code = vault.replace_recovery_code(&mut batch, MIA, now).await.unwrap();
            vault.commit(batch).await.unwrap();
            code
        };
        assert!(replace(NOW).await.is_none(), "all ten are there");
        assert!(attempt(codes[0].expose(), NOW.plus(60)).await);
        let new = replace(NOW.plus(120)).await.unwrap();
        assert_eq!(stored(&vault).await.recovery_left(), RECOVERY_CODES);
        assert!(replace(NOW.plus(180)).await.is_none());
        assert!(attempt(new.expose(), NOW.plus(180)).await);
        assert!(!attempt(new.expose(), NOW.plus(240)).await, "once");
        assert!(attempt(codes[1].expose(), NOW.plus(240)).await, "the others are as good as before");
    });
}

#[test]
fn mail_and_saved_codes_are_ways_back_and_no_second_factor() {
    pollster::block_on(async {
        let vault = vault();
        assert!(stored(&vault).await.kinds().is_empty());
        add(&vault, Via::Email, "mia@mail.example.org", NOW).await;
        save_codes(&vault, NOW.plus(60)).await;
        let methods = stored(&vault).await;
        assert_eq!(methods.kinds(), Kinds::NONE.with(Kind::Email).with(Kind::RecoveryCodes));
        assert!(!methods.has_second_factor());
        add(&vault, Via::Phone, "+44 7400123456", NOW.plus(120)).await;
        assert!(stored(&vault).await.has_second_factor());
    });
}

#[test]
fn a_destination_is_known_by_its_spellings_and_no_other_is() {
    pollster::block_on(async {
        let vault = vault();
        add(&vault, Via::Email, "Mia@mail.example.org", NOW).await;
        add(&vault, Via::Phone, "+44 7400123456", NOW.plus(60)).await;
        let methods = stored(&vault).await;
        assert_eq!(methods.stored(Via::Email, "mia@MAIL.example.org"), Some("Mia@mail.example.org"));
        assert_eq!(methods.stored(Via::Phone, "+44 7400123456"), Some("+44 7400123456"));
        for (via, to, is_known) in [
            (Via::Email, "mia@mail.example.org", true),
            (Via::Email, "max@mail.example.org", false),
            (Via::Email, "+44 7400123456", false),
            (Via::Phone, "+44 7400123456", true),
            (Via::Phone, "+44 7400123457", false),
            (Via::Phone, "Mia@mail.example.org", false),
        ] {
            assert_eq!(methods.has(via, to), is_known, "{to}");
        }
    });
}
