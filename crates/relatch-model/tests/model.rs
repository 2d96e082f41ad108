//! Every scenario holds, and every defect that is put in is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use relatch_model::scenario::{Mutation, Scenario};
use relatch_model::{bounds, check, find, properties as says};

#[test]
fn whoever_guesses_gets_five_tries_a_code_and_ten_a_day() {
    check(bounds::guessing(false));
}

#[test]
fn whatever_is_asked_twice_is_won_once() {
    check(bounds::resetting(false));
}

#[test]
fn a_machine_that_stops_keeps_nobody_out() {
    check(bounds::crashing(false));
}

#[test]
fn the_account_as_it_is_now_decides() {
    check(bounds::changing(false));
}

#[test]
fn a_recovery_code_is_won_once() {
    check(bounds::recovering(false));
}

#[test]
fn two_people_may_share_a_phone() {
    check(bounds::neighbours(false));
}

#[test]
fn a_stranger_s_resets_lock_no_sign_in() {
    check(bounds::locking_out(false));
}

#[test]
fn a_round_of_sign_ins_is_never_larger_than_it_is() {
    check(bounds::signing_in(false));
}

fn is_found(scenario: Scenario, mutation: Mutation, property: &'static str) {
    assert!(find(Scenario { mutation: Some(mutation), ..scenario }, property).is_some(), "{mutation:?}: {property}");
}

#[test]
fn comparing_before_charging_is_found() {
    is_found(bounds::guessing(false), Mutation::CompareFirst, says::FIVE_PER_CODE);
}

#[test]
fn a_sixth_try_is_found() {
    is_found(bounds::guessing(false), Mutation::SixTries, says::FIVE_PER_CODE);
}

#[test]
fn a_code_without_its_gate_is_found() {
    is_found(bounds::resetting(false), Mutation::CodeWithoutGate, says::ONE_PER_CODE);
}

#[test]
fn a_recovery_code_without_its_gate_is_found() {
    is_found(bounds::recovering(false), Mutation::RecoveryWithoutGate, says::ONE_PER_RECOVERY_CODE);
}

#[test]
fn a_grant_without_its_gate_is_found() {
    is_found(bounds::recovering(false), Mutation::GrantWithoutGate, says::ONE_PER_GRANT);
}

#[test]
fn reading_and_writing_instead_of_incrementing_is_found() {
    let guessing = || bounds::guessing(false);
    is_found(guessing(), Mutation::ReadThenWrite, says::FIVE_PER_CODE);
    is_found(guessing(), Mutation::ReadThenWrite, says::TEN_PER_DAY);
    is_found(bounds::resetting(false), Mutation::ReadThenWrite, says::ONE_PER_CODE);
    is_found(bounds::signing_in(false), Mutation::ReadThenWrite, says::ROUND);
}

#[test]
fn a_grant_that_outlives_a_change_of_the_account_is_found() {
    is_found(bounds::changing(false), Mutation::TrustTheCookie, says::EARNED);
}

#[test]
fn wrong_answers_counted_for_resets_and_sign_ins_together_are_found() {
    is_found(bounds::locking_out(false), Mutation::OneRowForAll, says::SIGN_IN_OPEN);
}

#[test]
fn wrong_passwords_counted_for_all_devices_together_are_found() {
    is_found(bounds::signing_in(false), Mutation::OneLockForAll, says::SIGN_IN_OPEN);
}

#[test]
fn messages_counted_for_resets_and_sign_ins_together_are_found() {
    is_found(bounds::locking_out(false), Mutation::OneLineForAll, says::SIGN_IN_OPEN);
}

#[test]
fn a_removed_method_that_still_proves_something_is_found() {
    is_found(bounds::changing(false), Mutation::RemovedStillProves, says::EARNED);
}

#[test]
fn where_spans_of_claims_meet_one_wins_all_the_same() {
    check(bounds::two_quarters());
    check(bounds::two_spans());
    // Each of these was once found not to hold.
    is_found(bounds::two_quarters(), Mutation::OneSpan, says::ONE_PER_GENERATION);
    is_found(bounds::two_spans(), Mutation::OneSpan, says::SPACED);
}

#[test]
fn a_sign_in_finished_after_midnight_is_nothing_to_the_new_day() {
    check(bounds::midnight());
    is_found(bounds::midnight(), Mutation::GiveBackToday, says::SEEN);
}
