use super::*;
use crate::records::{ScopeKind, Via};
use crate::vault::testing::{account, vault};

/// Places that a flow reserves in the log.
const FLOW_PLACES: u64 = 16;

#[test]
fn what_a_helpdesk_began_saved_no_call() {
    let mut usage = Usage::default();
    for (kind, method, result) in [
        (EventKind::CodeAccepted, "helpdesk_code", "reset"),
        (EventKind::PasswordReset, "helpdesk_code", "done"),
        (EventKind::PasswordReset, "phone", "done"),
        (EventKind::AccountUnlocked, "app+phone", "done"),
        (EventKind::AccountUnlocked, "", "by_administrator"),
        (EventKind::SignedIn, "", "signed_in"),
        (EventKind::SignedIn, "", "second_factor_required"),
    ] {
        usage.add(&Event { method: Some(method.to_owned()), ..event(DAY, kind, result) });
    }
    assert_eq!((usage.resets, usage.unlocks, usage.by_helpdesk, usage.calls_saved()), (2, 1, 1, 2));
    assert_eq!(usage.days[&1].sign_ins, 1, "half a sign-in is none");
}

#[test]
fn a_count_that_is_half_way_says_so() {
    let at = |before| {
        let running = Running { counts: Counts::default(), before, newest: 200 };
        Census { running: Some(running), ..Census::default() }.progress()
    };
    assert_eq!((at(None), at(Some(100)), at(Some(0))), (0.0, 0.5, 1.0));
}

fn event(at: u64, kind: EventKind, result: &str) -> Event {
    Event::new(kind, result, Timestamp(at))
}

#[test]
fn a_reset_is_counted_once_and_only_when_its_flow_has_settled() {
    pollster::block_on(async {
        let vault = vault();
        let mut batch = Batch::default();
        let log = vault.reserve_flow_log().await.unwrap();
        let started = event(10_000, EventKind::ResetStarted, "started");
        vault.put_flow_event(&mut batch, log, crate::events::FlowPlace::Started, &started).await.unwrap();
        vault.put_event(&mut batch, &event(10_001, EventKind::SignInFailed, "refused")).await.unwrap();
        vault.commit(batch).await.unwrap();
        let (usage, _) = vault.count_usage(Timestamp(10_100)).await.unwrap();
        assert!(usage.refusals.is_empty() && usage.up_to_date);
        let mut batch = Batch::default();
        let method = Some("phone+app".to_owned());
        let done = Event { method, ..event(10_200, EventKind::PasswordReset, "done") };
        vault.put_flow_event(&mut batch, log, crate::events::FlowPlace::Reset, &done).await.unwrap();
        vault.commit(batch).await.unwrap();
        for _ in 0..2 {
            let (usage, census) = vault.count_usage(Timestamp(20_000)).await.unwrap();
            assert_eq!((usage.resets, usage.calls_saved()), (1, 1));
            assert!(usage.up_to_date);
            let proofs = &usage.days[&0].proofs;
            assert_eq!((proofs.get("phone"), proofs.get("app"), proofs.len()), (Some(&1), Some(&1), 2));
            assert_eq!(usage.refusals.get("sign_in_failed"), Some(&1));
            assert_eq!((census.counts.total, census.progress()), (0, 1.0));
        }
    });
}

#[test]
fn all_accounts_are_counted_a_page_at_a_time_and_anew_after_a_while() {
    pollster::block_on(async {
        let (vault, now) = (vault(), Timestamp(1_763_000_000));
        for n in 0..=crate::accounts::PAGE {
            account(&vault, &format!("person{n}"), "", Vec::new(), now).await;
        }
        let id = vault.list_accounts(None).await.unwrap().0[0].account.id;
        let mut batch = Batch::default();
        vault.add_destination(&mut batch, id, Via::Phone, "+44 7400123456", now).await.unwrap();
        vault.save_policy(&mut batch, 0, ScopeKind::All, Vec::new(), now).await.unwrap();
        vault.commit(batch).await.unwrap();
        let (_, census) = vault.count_usage(now).await.unwrap();
        assert_eq!((census.counted_at, census.counts.total), (None, 0), "half way");
        let progress = census.progress();
        assert!(progress > 0.9 && progress < 1.0, "{progress}");
        let (_, census) = vault.count_usage(now).await.unwrap();
        let Counts { total, enabled, registered, capable } = census.counts;
        assert_eq!((total, enabled, registered, capable), (51, 51, 1, 1));
        assert_eq!((census.counted_at, census.progress()), (Some(now.0), 1.0));
        // What was counted a moment ago is not counted again.
        let before = vault.kv().commits();
        let (_, census) = vault.count_usage(now.plus(COUNT_LIFE - 1)).await.unwrap();
        assert_eq!(census.counted_at, Some(now.0));
        assert_eq!(vault.kv().commits() - before, 1, "it looks where the log ends, and commits nothing");
        account(&vault, "late", "", Vec::new(), now).await;
        for _ in 0..2 {
            vault.count_usage(now.plus(COUNT_LIFE)).await.unwrap();
        }
        let (_, census) = vault.usage().await.unwrap();
        assert_eq!((census.counted_at, census.counts.total), (Some(now.0 + COUNT_LIFE), 52));
    });
}

#[test]
fn a_long_log_is_counted_piece_by_piece_and_its_places_once() {
    pollster::block_on(async {
        let (vault, now) = (vault(), Timestamp(1_763_000_000));
        let events = 2 * PIECE + 10;
        for n in 0..events {
            let mut batch = Batch::default();
            // A flow reserves places that it may never use.
            if n == 20 {
                vault.reserve_flow_log().await.unwrap();
            }
            vault.put_event(&mut batch, &event(now.0, EventKind::PasswordChanged, "done")).await.unwrap();
            vault.commit(batch).await.unwrap();
        }
        let later = now.plus(SETTLED_AFTER);
        let mut seen = Vec::new();
        for _ in 0..4 {
            let (usage, _) = vault.count_usage(later).await.unwrap();
            seen.push((usage.days.values().map(|day| day.changes).sum::<u64>(), usage.up_to_date));
        }
        let first = PIECE - FLOW_PLACES;
        assert_eq!(seen, [(first, false), (first + PIECE, false), (events, true), (events, true)]);
    });
}

#[test]
fn days_are_kept_for_a_while_and_the_oldest_go() {
    let mut usage = Usage::default();
    for day in 0..DAYS as u64 + 5 {
        usage.add(&event(day * DAY + 7, EventKind::PasswordChanged, "done"));
    }
    assert_eq!((usage.days.len(), usage.days.keys().next()), (DAYS, Some(&5)));
    assert!(usage.days.values().all(|day| day.changes == 1));
}

#[test]
fn each_event_counts_for_what_it_is() {
    let mut usage = Usage::default();
    for (kind, result) in [
        (EventKind::PasswordChanged, "done"),
        (EventKind::SignedIn, "signed_in"),
        (EventKind::SignedIn, "second_factor_required"),
        (EventKind::SignedIn, "registration_required"),
        (EventKind::ResetStarted, "started"),
        (EventKind::ResetStarted, "unknown_account"),
        (EventKind::ResetStarted, "unknown_account"),
        (EventKind::CodeRefused, "wrong"),
        (EventKind::SignInFailed, "refused"),
        (EventKind::PasswordReset, "done"),
        (EventKind::AccountUnlocked, "done"),
        (EventKind::AccountUnlocked, "by_administrator"),
        (EventKind::AccountUnlocked, "by_administrator"),
        (EventKind::SignedOut, "done"),
    ] {
        usage.add(&event(DAY + 7, kind, result));
    }
    let day = Day { resets: 1, unlocks: 1, changes: 1, sign_ins: 1, proofs: BTreeMap::new() };
    assert_eq!(usage.days, BTreeMap::from([(1, day)]));
    let refusals: Vec<(&str, u64)> = usage.refusals.iter().map(|(why, times)| (why.as_str(), *times)).collect();
    assert_eq!(refusals, [("code_wrong", 1), ("sign_in_failed", 1), ("unknown_account", 2)]);
    assert_eq!((usage.resets, usage.unlocks, usage.by_helpdesk), (1, 1, 0));
}

#[test]
fn places_nobody_used_are_passed_and_what_is_not_settled_is_waited_for() {
    pollster::block_on(async {
        let (vault, now) = (vault(), Timestamp(1_763_000_000));
        for _ in 0..(2 * PIECE / FLOW_PLACES) {
            vault.reserve_flow_log().await.unwrap();
        }
        for _ in 0..PIECE + 10 {
            let mut batch = Batch::default();
            vault.put_event(&mut batch, &event(now.0, EventKind::PasswordChanged, "done")).await.unwrap();
            vault.commit(batch).await.unwrap();
        }
        let counted = async |at| {
            let (usage, _) = vault.count_usage(at).await.unwrap();
            (usage.days.values().map(|day| day.changes).sum::<u64>(), usage.up_to_date)
        };
        // Two pieces of places nobody used; then there is nothing to do before what follows has settled.
        while !counted(now).await.1 {}
        let (usage, _) = vault.usage().await.unwrap();
        assert_eq!((usage.next, usage.days.is_empty()), (PIECE + 1, true));
        let later = now.plus(SETTLED_AFTER);
        while !counted(later).await.1 {}
        assert_eq!(counted(later).await, (PIECE + 10, true));
    });
}

#[test]
fn an_event_has_settled_a_minute_after_its_flow_could_still_be_under_way() {
    pollster::block_on(async {
        let (vault, now) = (vault(), Timestamp(1_763_000_000));
        let mut batch = Batch::default();
        vault.put_event(&mut batch, &event(now.0, EventKind::PasswordChanged, "done")).await.unwrap();
        vault.commit(batch).await.unwrap();
        for (at, days) in [(now.plus(FLOW_LIFE + 59), 0), (now.plus(FLOW_LIFE + 60), 1)] {
            assert_eq!(vault.count_usage(at).await.unwrap().0.days.len(), days);
        }
    });
}

#[test]
fn who_is_in_scope_without_a_plan_is_not_enabled() {
    pollster::block_on(async {
        let (vault, now) = (vault(), Timestamp(1_763_000_000));
        let id = account(&vault, "mia", "", Vec::new(), now).await.id;
        let person = vault.person(id).await.unwrap().unwrap();
        let mut policy = Policy { scope: ScopeKind::All, ..Policy::default() };
        let enabled = |policy: &Policy| {
            let mut counts = Counts::default();
            counts.add(&person, policy);
            counts.enabled
        };
        assert_eq!(enabled(&policy), 1);
        policy.entitlement.check = true;
        assert_eq!(enabled(&policy), 0);
        assert_eq!(enabled(&Policy::default()), 0, "in no scope");
    });
}

#[test]
fn what_is_written_into_reserved_places_at_the_end_is_still_counted() {
    pollster::block_on(async {
        let (vault, now) = (vault(), Timestamp(1_763_000_000));
        let log = vault.reserve_flow_log().await.unwrap();
        assert!(vault.count_usage(now).await.unwrap().0.up_to_date);
        let mut batch = Batch::default();
        let done = event(now.0, EventKind::PasswordReset, "done");
        vault.put_flow_event(&mut batch, log, crate::events::FlowPlace::Reset, &done).await.unwrap();
        vault.commit(batch).await.unwrap();
        assert_eq!(vault.count_usage(now.plus(SETTLED_AFTER)).await.unwrap().0.resets, 1);
    });
}
