use super::*;
use crate::vault::testing::{TestVault, vault};

const MIA: AccountId = AccountId::from_bytes([1; 16]);

fn on(device: Device) -> SignInAttempt {
    SignInAttempt { subject: MIA, generation: 1, device }
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

async fn charge(vault: &TestVault, device: Device, text: &str, now: u64) -> ChargedSignIn {
    vault.charge_sign_in(on(device), &password(text), Timestamp(now)).await.unwrap()
}

async fn put_failure(vault: &TestVault, charged: &ChargedSignIn, now: u64) {
    let mut batch = Batch::default();
    vault.put_sign_in_failure(&mut batch, charged, false, Timestamp(now)).unwrap();
    vault.commit(batch).await.unwrap();
}

/// A wrong password; was it compared?
async fn fail_with(vault: &TestVault, device: Device, text: &str, now: u64) -> bool {
    let charged = charge(vault, device, text, now).await;
    put_failure(vault, &charged, now).await;
    charged.may_compare
}

/// A wrong password nobody typed before.
async fn fail(vault: &TestVault, device: Device, now: u64) -> bool {
    let guess = vault.random_id().unwrap();
    fail_with(vault, device, &guess, now).await
}

async fn forgive(vault: &TestVault, charged: &ChargedSignIn) {
    let mut batch = Batch::default();
    vault.forgive_sign_in(&mut batch, charged).await.unwrap();
    vault.commit(batch).await.unwrap();
}

/// A password that is not `text` and has its tag.
fn twin(vault: &TestVault, text: &str) -> String {
    let tag = vault.wrong_tag(MIA, 1, &password(text));
    (0..).map(|n| format!("twin {n}")).find(|twin| vault.wrong_tag(MIA, 1, &password(twin)) == tag).unwrap()
}

#[test]
fn ten_failures_lock_for_a_minute_then_two() {
    pollster::block_on(async {
        let vault = vault();
        for device in Device::ALL {
            for _ in 0..10 {
                assert!(fail(&vault, device, 1_000).await);
            }
            assert!(!fail(&vault, device, 1_059).await);
            assert!(fail(&vault, device, 1_060).await);
            assert!(!fail(&vault, device, 1_061).await);
            assert!(!fail(&vault, device, 1_179).await);
            assert!(fail(&vault, device, 1_180).await);
        }
    });
}

#[test]
fn an_account_is_locked_while_a_lock_of_its_password_lasts() {
    pollster::block_on(async {
        for device in Device::ALL {
            let vault = vault();
            let locked = async |generation, now| vault.is_locked(MIA, generation, Timestamp(now)).await.unwrap();
            assert!(!locked(1, 1_000).await);
            for _ in 0..10 {
                fail(&vault, device, 1_000).await;
            }
            assert!(locked(1, 1_059).await);
            assert!(!locked(2, 1_059).await, "another password is not locked");
            assert!(!locked(1, 1_060).await);
        }
    });
}

#[test]
fn neither_kind_of_device_locks_the_other() {
    pollster::block_on(async {
        for (one, other) in [(Device::Known, Device::Unknown), (Device::Unknown, Device::Known)] {
            let vault = vault();
            for _ in 0..30 {
                fail(&vault, one, 1_000).await;
            }
            assert!(!charge(&vault, one, "right", 1_001).await.may_compare);
            // All ten are there.
            for _ in 0..10 {
                assert!(fail(&vault, other, 1_001).await);
            }
            assert!(!charge(&vault, other, "right", 1_001).await.may_compare);
        }
    });
}

#[test]
fn a_mistake_on_one_kind_of_device_is_a_new_one_on_the_other() {
    pollster::block_on(async {
        let vault = vault();
        fail_with(&vault, Device::Known, "old one", 1_000).await;
        assert!(charge(&vault, Device::Known, "old one", 1_000).await.counter.is_none());
        assert!(charge(&vault, Device::Unknown, "old one", 1_000).await.counter.is_some());
    });
}

#[test]
fn a_success_on_one_kind_of_device_forgets_no_failure_on_the_other() {
    pollster::block_on(async {
        let vault = vault();
        for _ in 0..9 {
            fail(&vault, Device::Unknown, 1_000).await;
            forgive(&vault, &charge(&vault, Device::Known, "right", 1_000).await).await;
        }
        assert!(fail(&vault, Device::Unknown, 1_000).await);
        assert!(!fail(&vault, Device::Unknown, 1_000).await);
    });
}

#[test]
fn a_new_password_is_not_locked() {
    pollster::block_on(async {
        let vault = vault();
        for device in Device::ALL {
            for _ in 0..10 {
                fail(&vault, device, 1_000).await;
            }
            assert!(!charge(&vault, device, "right", 1_001).await.may_compare);
            let changed = SignInAttempt { generation: 2, ..on(device) };
            assert!(vault.charge_sign_in(changed, &password("right"), Timestamp(1_001)).await.unwrap().may_compare);
        }
    });
}

#[test]
fn unlocking_frees_both_kinds_of_devices_and_keeps_the_password() {
    pollster::block_on(async {
        let vault = vault();
        for device in Device::ALL {
            for _ in 0..10 {
                fail(&vault, device, 1_000).await;
            }
        }
        let mut batch = Batch::default();
        vault.unlock(&mut batch, MIA, 1).await.unwrap();
        vault.commit(batch).await.unwrap();
        for device in Device::ALL {
            for _ in 0..10 {
                assert!(fail(&vault, device, 1_001).await);
            }
            assert!(!fail(&vault, device, 1_002).await);
        }
    });
}

#[test]
fn unlocking_begins_anew_also_where_nothing_is_locked_yet() {
    pollster::block_on(async {
        let vault = vault();
        for _ in 0..9 {
            fail(&vault, Device::Unknown, 1_000).await;
        }
        let mut batch = Batch::default();
        vault.unlock(&mut batch, MIA, 1).await.unwrap();
        vault.commit(batch).await.unwrap();
        for attempt in 0..10 {
            assert!(fail(&vault, Device::Unknown, 1_001).await, "{attempt}");
        }
        assert!(!fail(&vault, Device::Unknown, 1_002).await);
    });
}

#[test]
fn success_forgets_failures_and_successes_never_lock() {
    pollster::block_on(async {
        let vault = vault();
        for round in 0..3 {
            for _ in 0..9 {
                assert!(fail(&vault, Device::Unknown, 1_000).await, "round {round}");
            }
            let charged = charge(&vault, Device::Unknown, "right", 1_000).await;
            assert!(charged.may_compare);
            forgive(&vault, &charged).await;
        }
        for _ in 0..40 {
            let charged = charge(&vault, Device::Unknown, "right", 1_000).await;
            assert!(charged.may_compare);
            forgive(&vault, &charged).await;
        }
    });
}

#[test]
fn fifty_attempts_at_once_are_worth_ten() {
    pollster::block_on(async {
        let vault = vault();
        let mut all = Vec::new();
        for n in 0..50 {
            all.push(charge(&vault, Device::Unknown, &format!("guess {n}"), 1_000).await);
        }
        assert_eq!(all.iter().filter(|charged| charged.may_compare).count(), 10);
        for charged in &all {
            put_failure(&vault, charged, 1_000).await;
        }
        assert!(!charge(&vault, Device::Unknown, "right", 1_059).await.may_compare);
        assert!(charge(&vault, Device::Unknown, "right", 1_060).await.may_compare);
    });
}

#[test]
fn fifty_attempts_at_once_are_worth_ten_also_among_repeats() {
    pollster::block_on(async {
        let vault = vault();
        assert!(fail_with(&vault, Device::Unknown, "old one", 1_000).await);
        let mut all = Vec::new();
        // Every second one repeats what is known to be wrong; half of them are done before the rest begin.
        for n in 0..100 {
            let text = if n % 2 == 0 { "old one".to_owned() } else { format!("guess {n}") };
            all.push((n % 2 == 0, charge(&vault, Device::Unknown, &text, 1_000).await));
            if n == 50 {
                for (_, charged) in all.iter().filter(|(repeated, _)| *repeated) {
                    put_failure(&vault, charged, 1_000).await;
                }
            }
        }
        let compared =
            |of: bool| all.iter().filter(|(repeated, charged)| *repeated == of && charged.may_compare).count();
        assert_eq!(compared(false), 9, "and the first: ten");
        assert_eq!(compared(true), 9, "one before each guess that had room, none after");
    });
}

#[test]
fn the_last_three_wrong_passwords_do_not_count_again() {
    pollster::block_on(async {
        let vault = vault();
        for text in ["one", "two", "three"] {
            assert!(fail_with(&vault, Device::Unknown, text, 1_000).await);
        }
        for _ in 0..50 {
            for text in ["one", "two", "three"] {
                assert!(fail_with(&vault, Device::Unknown, text, 1_000).await);
            }
        }
        // Seven are left. The fourth wrong password pushes the oldest out.
        assert!(fail_with(&vault, Device::Unknown, "four", 1_000).await);
        for _ in 0..5 {
            assert!(fail(&vault, Device::Unknown, 1_000).await);
        }
        assert!(fail_with(&vault, Device::Unknown, "one", 1_000).await);
        assert!(!fail(&vault, Device::Unknown, 1_000).await);
    });
}

#[test]
fn a_repeat_neither_locks_nor_takes_the_place_of_the_next_attempt() {
    pollster::block_on(async {
        let vault = vault();
        for _ in 0..9 {
            fail(&vault, Device::Unknown, 1_000).await;
        }
        fail_with(&vault, Device::Unknown, "old one", 1_000).await;
        // After the lock there is one place; a client that repeats itself leaves it to its owner.
        for _ in 0..20 {
            assert!(fail_with(&vault, Device::Unknown, "old one", 1_060).await);
        }
        let inflight = charge(&vault, Device::Unknown, "old one", 1_060).await;
        let charged = charge(&vault, Device::Unknown, "right", 1_060).await;
        assert!(charged.may_compare);
        put_failure(&vault, &inflight, 1_060).await;
        forgive(&vault, &charged).await;
        assert!(fail(&vault, Device::Unknown, 1_061).await);
    });
}

#[test]
fn a_repeat_is_not_compared_while_locked_or_when_the_round_is_used_up() {
    pollster::block_on(async {
        let vault = vault();
        for _ in 0..9 {
            fail(&vault, Device::Unknown, 1_000).await;
        }
        assert!(fail_with(&vault, Device::Unknown, "old one", 1_000).await);
        assert!(!charge(&vault, Device::Unknown, "old one", 1_059).await.may_compare);
        // The round after the lock is used up by somebody who has not written the next lock yet.
        assert!(charge(&vault, Device::Unknown, "new one", 1_060).await.may_compare);
        assert!(!charge(&vault, Device::Unknown, "old one", 1_060).await.may_compare);
    });
}

#[test]
fn the_right_password_gets_in_with_the_tag_of_a_wrong_one() {
    pollster::block_on(async {
        let vault = vault();
        let wrong = twin(&vault, "right");
        for round in 0..3 {
            assert!(fail_with(&vault, Device::Unknown, &wrong, 1_000).await);
            let charged = charge(&vault, Device::Unknown, "right", 1_000).await;
            assert!(charged.may_compare, "round {round}");
            forgive(&vault, &charged).await;
        }
        // The nine that are left are still nine: what was not charged is not given back.
        let mut compared = 0;
        while fail(&vault, Device::Unknown, 1_000).await {
            compared += 1;
        }
        assert_eq!(compared, 10);
        assert!(!charge(&vault, Device::Unknown, "right", 1_000).await.may_compare);
    });
}

#[test]
fn what_was_not_compared_or_was_right_is_not_remembered() {
    pollster::block_on(async {
        let vault = vault();
        for _ in 0..10 {
            fail(&vault, Device::Unknown, 1_000).await;
        }
        // The owner's password, refused because of the lock, twice.
        assert!(!fail_with(&vault, Device::Unknown, "right", 1_001).await);
        assert!(!fail_with(&vault, Device::Unknown, "right", 1_001).await);
        assert!(charge(&vault, Device::Unknown, "right", 1_060).await.counter.is_some());
        // A blocked account's: compared, right, and refused all the same.
        let charged = charge(&vault, Device::Known, "right", 1_000).await;
        let mut batch = Batch::default();
        vault.put_sign_in_failure(&mut batch, &charged, true, Timestamp(1_000)).unwrap();
        vault.commit(batch).await.unwrap();
        assert!(charge(&vault, Device::Known, "right", 1_000).await.counter.is_some());
    });
}

#[test]
fn a_lost_tag_costs_a_count_and_never_a_lock() {
    pollster::block_on(async {
        let vault = vault();
        for _ in 0..8 {
            fail(&vault, Device::Unknown, 1_000).await;
        }
        // The ninth read before the tenth wrote, and writes after it.
        let ninth = charge(&vault, Device::Unknown, "nine", 1_000).await;
        let tenth = charge(&vault, Device::Unknown, "ten", 1_000).await;
        put_failure(&vault, &tenth, 1_000).await;
        put_failure(&vault, &ninth, 1_000).await;
        assert!(!charge(&vault, Device::Unknown, "right", 1_059).await.may_compare);
    });
}

#[test]
fn repeats_and_first_mistakes_cost_the_same() {
    pollster::block_on(async {
        let vault = vault();
        let mut costs = Vec::new();
        for text in ["one", "one", "two"] {
            let before = vault.kv.commits();
            fail_with(&vault, Device::Unknown, text, 1_000).await;
            costs.push(vault.kv.commits() - before);
        }
        assert_eq!(costs, [2, 2, 2]);
    });
}

#[test]
fn a_right_password_takes_none_of_the_ten() {
    pollster::block_on(async {
        let vault = vault();
        let charged = charge(&vault, Device::Unknown, "the right one", 1_000).await;
        forgive(&vault, &charged).await;
        for n in 1..=11 {
            assert_eq!(fail(&vault, Device::Unknown, 1_000).await, n <= 10, "{n}");
        }
    });
}

#[test]
fn every_unlock_gives_the_whole_round_again() {
    pollster::block_on(async {
        let vault = vault();
        for _ in 0..3 {
            for n in 1..=11 {
                assert_eq!(fail(&vault, Device::Unknown, 1_000).await, n <= 10, "{n}");
            }
            let mut batch = Batch::default();
            vault.unlock(&mut batch, MIA, 1).await.unwrap();
            vault.commit(batch).await.unwrap();
        }
    });
}
