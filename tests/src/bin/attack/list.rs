//! Every attack of the security contract (A1 to A46), and requirements (SEC) that HTTP alone can show.

use crate::outcome::Probed;
use crate::world::World;
use crate::{abuse, browsers, codes, enumeration, flow, inside};
use futures::future::BoxFuture;

pub struct Probe {
    /// `A1`, `SEC-55`.
    pub id: &'static str,
    pub title: &'static str,
    /// A test of `cargo xtask test` about the same.
    pub test: &'static str,
    /// People made for it alone.
    pub people: usize,
    /// It has a message sent to one of them, and so has to wait after they registered.
    pub sends: bool,
    pub run: Run,
}

pub enum Run {
    Http(for<'a> fn(&'a World) -> BoxFuture<'a, Probed>),
    /// Not from here, and why.
    Never(&'static str),
}

macro_rules! probe {
    ($id:literal, $title:literal, $test:literal, $people:literal $($sends:ident)?, $module:ident::$name:ident) => {
        Probe {
            id: $id,
            title: $title,
            test: $test,
            people: $people,
            sends: probe!(@ $($sends)?),
            run: Run::Http(|world| Box::pin($module::$name(world))),
        }
    };
    ($id:literal, $title:literal, $test:literal, $why:literal) => {
        Probe { id: $id, title: $title, test: $test, people: 0, sends: false, run: Run::Never($why) }
    };
    (@ sends) => { true };
    (@) => { false };
}

#[rustfmt::skip]
pub const ALL: [Probe; 51] = [
    probe!("A1", "Guesses of a code in the same instant", "sec_14_fifty_guesses_at_once_are_worth_five", 1 sends, codes::a1_concurrent_guesses),
    probe!("A2", "Guesses from many addresses", "sec_15_failures_add_up_across_flows_and_addresses", 1 sends, codes::a2_guesses_from_many_addresses),
    probe!("A3", "New flows to reset the count", "sec_15_failures_add_up_across_flows_and_addresses", 1, codes::a3_new_flows_reset_no_counter),
    probe!("A4", "Passwords guessed in parallel", "a4_sign_ins_at_once_do_not_beat_the_lock", 1, abuse::a4_parallel_guesses_bring_the_lock),
    probe!("A5", "Racing what is good once", "sec_23_a_grant_is_single_use_and_tied_to_its_browser", 2, codes::a5_one_winner_of_what_is_good_once),
    probe!("A6", "Skipping and reordering steps", "sec_21_steps_only_in_their_order", 0, flow::a6_no_step_is_skipped),
    probe!("A7", "A password without a proof", "sec_21_steps_only_in_their_order", 0, flow::a7_no_password_without_proof),
    probe!("A8", "Another account in a later step", "sec_26_the_account_is_fixed_at_start", 0, flow::a8_the_account_is_fixed_at_start),
    probe!("A9", "One person's proof, another's account", "sec_12_a_code_is_bound_to_flow_account_and_purpose", 0, flow::a9_a_proof_is_its_owners),
    probe!("A10", "More than one recipient", "sec_27_a_message_has_one_recipient_the_stored_one", 1 sends, flow::a10_a_message_has_one_recipient),
    probe!("A11", "Types mixed up", "sec_16_malformed_codes_are_charged_or_refused", 0, codes::a11_types_are_not_mixed_up),
    probe!("A12", "Names that look alike", "sec_28_look_alike_names_reach_nobody", 1 sends, flow::a12_look_alikes_reach_nobody),
    probe!("A13", "Forged host headers", "sec_20_links_are_built_from_configuration_only", 1 sends, browsers::a13_no_other_host_is_believed),
    probe!("A14", "Secrets in addresses, links to elsewhere", "sec_19_a_link_spends_nothing_by_being_looked_at", 0, browsers::a14_addresses_hold_no_secret_and_stay_here),
    probe!("A15", "The code in the answer", "sec_13_no_secret_in_answers_logs_or_storage", 1 sends, codes::a15_no_code_in_an_answer),
    probe!("A16", "Codes and grants used again", "sec_10_a_code_and_a_grant_work_once", 1 sends, codes::a16_nothing_is_good_twice_or_for_ever),
    probe!("A17", "Scanners that spend what they look at", "sec_19_a_link_spends_nothing_by_being_looked_at", 1 sends, browsers::a17_looking_spends_nothing),
    probe!("A18", "Who exists, by words and sizes", "sec_4_verify_on_a_decoy_behaves_like_a_real_one", 1 sends, enumeration::a18_answers_are_alike),
    probe!("A19", "Who exists, by time", "sec_2_the_steps_of_a_reset_take_as_long_for_nobody", 1, enumeration::a19_answers_take_as_long),
    probe!("A20", "Who exists, by side effects", "sec_67_limits_look_alike_for_everybody", 1 sends, enumeration::a20_side_effects_are_alike),
    probe!("A21", "A browser that says it went well", "sec_21_steps_only_in_their_order", 1 sends, flow::a21_the_server_keeps_the_state),
    probe!("A22", "A code in another place", "sec_12_a_code_is_bound_to_flow_account_and_purpose", 2 sends, codes::a22_a_code_is_good_in_its_place_only),
    probe!("A23", "Losing the second factor by a reset", "sec_24_a_reset_signs_nobody_in_and_keeps_the_second_factor", 1, flow::a23_a_reset_leaves_the_second_factor),
    probe!("A24", "The second factor before the first", "sec_51_half_a_sign_in_has_no_rights", 0, flow::a24_no_second_factor_before_the_first),
    probe!("A25", "Sessions that survive a reset", "sec_25_a_reset_ends_sessions_flows_codes_and_grants", 1 sends, flow::a25_a_reset_ends_everything),
    probe!("A26", "Planted cookies", "sec_49_sessions_are_opaque_hashed_and_rotated", 0, flow::a26_planted_cookies_are_not_adopted),
    probe!("A27", "Requests from other pages", "sec_52_only_our_own_pages_may_write", 0, browsers::a27_no_other_page_may_write),
    probe!("A28", "Framing and foreign scripts", "sec_55_the_headers_are_on_every_answer", 0, browsers::a28_pages_are_not_framed_and_run_our_scripts_only),
    probe!("A29", "Texts to numbers that pay", "sec_62_no_number_but_a_registered_one_is_texted", 1 sends, codes::a29_no_texts_to_numbers_that_pay),
    probe!("A30", "Bombing somebody with messages", "sec_61_fifty_sends_at_once_text_a_phone_once", 1 sends, abuse::a30_one_message_for_fifty_requests),
    probe!("A31", "A swapped SIM", "sec_22_two_kinds_for_administrators_and_whoever_has_an_app", 1 sends, flow::a31_a_phone_alone_is_not_enough),
    probe!("A32", "Forged client addresses", "sec_63_forged_addresses_do_not_help", 0, abuse::a32_forged_addresses_do_not_help),
    probe!("A33", "Getting round the bot check", "sec_64_an_answer_is_good_once_and_for_a_while", 0, abuse::a33_a_bot_check_is_not_got_round),
    probe!("A34", "Locking somebody out", "sec_66_neither_path_locks_the_other", 1, abuse::a34_no_path_locks_the_other),
    probe!("A35", "Hashing as a lever", "sec_39_a_flood_of_sign_ins_does_not_stop_the_rest", 0, abuse::a35_hashing_is_no_lever),
    probe!("A36", "Slow clients", "a36_slow_bodies_hold_up_nobody", 0, abuse::a36_slow_clients_keep_nobody_waiting),
    probe!("A37", "Filling the store", "sec_75_strangers_leave_only_what_ends", "needs a look into its store, and its clock"),
    probe!("A38", "Names that mean something to a store", "sec_69_nothing_is_injected_through_identifiers", 0, inside::a38_identifiers_are_inert),
    probe!("A39", "Enrolling many times at once", "a39_nothing_is_good_again_after_a_sweep", 0, codes::a39_enrolment_is_won_once),
    probe!("A40", "Reading the past on another connection", "a40_a_session_that_one_host_ends_is_dead_on_the_other_at_once", 1, flow::a40_no_connection_reads_the_past),
    probe!("A41", "Requests that leak into one another", "sec_73_requests_share_nothing", 0, inside::a41_requests_share_nothing),
    probe!("A42", "An app's code again, early or late", "sec_45_a_step_of_an_app_is_good_once", 1, codes::a42_a_step_of_an_app_is_good_once),
    probe!("A43", "A stolen session", "sec_42_methods_change_only_in_a_fresh_session", 1, abuse::a43_a_session_alone_changes_little),
    probe!("A44", "Administration without an administrator", "sec_57_only_administrators_administer", 0, inside::a44_only_administrators_administer),
    probe!("A45", "A helpdesk talked into it", "sec_31_an_administrator_starts_a_reset_and_never_sees_the_password", 1, inside::a45_an_administrator_cannot_give_a_password_away),
    probe!("A46", "Words injected into messages", "sec_69_nothing_is_injected_through_identifiers", 1, inside::a46_messages_carry_no_strangers_words),
    probe!("SEC-53", "Reading from other origins", "sec_53_there_is_no_cors", 0, browsers::sec_53_no_cors),
    probe!("SEC-55", "Headers on refusals", "sec_55_the_headers_are_on_every_answer", 0, browsers::sec_55_headers_on_every_answer),
    probe!("SEC-59", "Setting up again", "sec_59_there_is_no_default_account", 0, inside::sec_59_set_up_is_over),
    probe!("SEC-68", "Bodies that are not quite JSON", "sec_68_bodies_are_read_strictly", 0, inside::sec_68_bodies_are_read_strictly),
    probe!("SEC-76", "Hooks that were left in", "sec_76_hooks_are_not_there_and_redirects_are_not_followed", 0, inside::sec_76_no_hooks),
];
