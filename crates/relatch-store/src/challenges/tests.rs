use super::*;
use crate::vault::testing::{TestVault, vault};

const NOW: Timestamp = Timestamp(1_000_000);
const MIA: AccountId = AccountId::from_bytes([1; 16]);

fn for_mia(binding: &str) -> CodeFor<'_> {
    CodeFor { purpose: Purpose::Reset, subject: MIA, kept_at: MIA, generation: 3, binding }
}

async fn send(vault: &TestVault, what: CodeFor<'_>, real: bool, now: Timestamp) -> Code {
    let new = vault.make_code(what, Via::Phone, "+44 7400123456", real, now).await.unwrap();
    let mut batch = Batch::default();
    vault.put_challenge(&mut batch, what, &new).unwrap();
    vault.commit(batch).await.unwrap();
    new.code
}

async fn try_it(vault: &TestVault, what: CodeFor<'_>, code: &str, now: Timestamp) -> Tried {
    let mut batch = Batch::default();
    let tried = vault.try_code(&mut batch, what, Code::parse(code).as_ref(), now).await.unwrap();
    vault.commit(batch).await.unwrap();
    tried
}

fn right() -> Tried {
    Tried::Right { via: Via::Phone, to: "+44 7400123456".to_owned(), day: day_of(NOW) }
}

fn wrong(code: &Code) -> String {
    let number: u64 = code.expose().parse().unwrap();
    format!("{:08}", (number + 1) % 100_000_000)
}

#[test]
fn a_right_code_works_once() {
    pollster::block_on(async {
        let vault = vault();
        let code = send(&vault, for_mia("f"), true, NOW).await;
        assert_eq!(try_it(&vault, for_mia("f"), code.expose(), NOW).await, right());
        assert_eq!(try_it(&vault, for_mia("f"), code.expose(), NOW).await, Tried::Wrong);
    });
}

#[test]
fn an_attempt_that_was_no_failure_is_given_back() {
    pollster::block_on(async {
        let vault = vault();
        let what = for_mia("f");
        for _ in 0..30 {
            let code = send(&vault, what, true, NOW).await;
            assert_eq!(try_it(&vault, what, code.expose(), NOW).await, right());
            vault.give_back_attempt(what, day_of(NOW)).await.unwrap();
        }
    });
}

#[test]
fn a_code_is_good_for_its_flow_account_purpose_and_time_only() {
    pollster::block_on(async {
        let vault = vault();
        let code = send(&vault, for_mia("f"), true, NOW).await;
        let other = AccountId::from_bytes([2; 16]);
        for what in [
            for_mia("g"),
            CodeFor { purpose: Purpose::SignIn, ..for_mia("f") },
            CodeFor { subject: other, ..for_mia("f") },
            CodeFor { kept_at: other, ..for_mia("f") },
            CodeFor { generation: 4, ..for_mia("f") },
        ] {
            assert_eq!(try_it(&vault, what, code.expose(), NOW).await, Tried::Wrong);
        }
        assert_eq!(try_it(&vault, for_mia("f"), code.expose(), NOW.plus(300)).await, Tried::Expired);
        assert_eq!(try_it(&vault, for_mia("f"), code.expose(), NOW.plus(299)).await, right());
    });
}

#[test]
fn mail_has_longer() {
    assert_eq!((code_life(Via::Phone), code_life(Via::Email)), (300, 600));
}

#[test]
fn a_resend_kills_the_old_code() {
    pollster::block_on(async {
        let vault = vault();
        let old = send(&vault, for_mia("f"), true, NOW).await;
        let new = send(&vault, for_mia("f"), true, NOW).await;
        assert_eq!(try_it(&vault, for_mia("f"), old.expose(), NOW).await, Tried::Wrong);
        assert_eq!(try_it(&vault, for_mia("f"), new.expose(), NOW).await, right());
    });
}

#[test]
fn five_tries_a_code_and_ten_a_day_whatever_is_resent() {
    pollster::block_on(async {
        let vault = vault();
        for real in [true, false] {
            let what = CodeFor { subject: AccountId::from_bytes([u8::from(real) + 7; 16]), ..for_mia("f") };
            let what = CodeFor { kept_at: what.subject, ..what };
            let first = send(&vault, what, real, NOW).await;
            for _ in 0..5 {
                assert_eq!(try_it(&vault, what, &wrong(&first), NOW).await, Tried::Wrong);
            }
            // The right one is not even looked at any more.
            assert_eq!(
                try_it(&vault, what, first.expose(), NOW).await,
                Tried::UsedUp { for_today: false, retry_after: 0 }
            );
            let second = send(&vault, what, real, NOW).await;
            for _ in 0..4 {
                assert_eq!(try_it(&vault, what, &wrong(&second), NOW).await, Tried::Wrong);
            }
            let third = send(&vault, what, real, NOW).await;
            let tried = try_it(&vault, what, third.expose(), NOW).await;
            assert!(matches!(tried, Tried::UsedUp { for_today: true, retry_after: 1.. }), "{tried:?}");
        }
    });
}

#[test]
fn what_was_wrong_without_a_message_is_allowed_for_in_the_next_code() {
    pollster::block_on(async {
        let vault = vault();
        for attempt in 1..=5 {
            let charged = vault.charge_attempt(for_mia("f"), NOW).await.unwrap();
            assert_eq!((charged.attempt, charged.refused.is_some()), (attempt, false));
            let mut batch = Batch::default();
            vault.put_failed(&mut batch, for_mia("f"), &charged).unwrap();
            vault.commit(batch).await.unwrap();
        }
        let code = send(&vault, for_mia("f"), true, NOW).await;
        assert_eq!(try_it(&vault, for_mia("f"), code.expose(), NOW).await, right());
    });
}

#[test]
fn what_was_right_or_too_late_is_allowed_for_too() {
    pollster::block_on(async {
        let vault = vault();
        let what = for_mia("f");
        // Somebody who unlocks ten times a day keeps the password, and so the count.
        for _ in 0..9 {
            let code = send(&vault, what, true, NOW).await;
            assert_eq!(try_it(&vault, what, code.expose(), NOW).await, right());
        }
        let other = CodeFor { subject: AccountId::from_bytes([2; 16]), ..what };
        let code = send(&vault, other, true, NOW).await;
        for _ in 0..5 {
            assert_eq!(try_it(&vault, other, code.expose(), NOW.plus(300)).await, Tried::Expired);
        }
        let used_up = Tried::UsedUp { for_today: false, retry_after: 0 };
        assert_eq!(try_it(&vault, other, code.expose(), NOW.plus(300)).await, used_up);
        let code = send(&vault, other, true, NOW).await;
        assert_eq!(try_it(&vault, other, code.expose(), NOW).await, right());
    });
}

#[test]
fn a_decoy_s_code_is_never_right() {
    pollster::block_on(async {
        let vault = vault();
        let code = send(&vault, for_mia("f"), false, NOW).await;
        assert_eq!(try_it(&vault, for_mia("f"), code.expose(), NOW).await, Tried::Wrong);
    });
}

#[test]
fn failures_of_one_day_are_counted_together() {
    assert_eq!([0, 86_399, 86_400, 259_205].map(|at| day_of(Timestamp(at))), [0, 0, 1, 3]);
}
