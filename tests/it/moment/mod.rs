//! What is true at the moment of decision, as a list of tests. Each moment of the list has its tests here, by name; a test of this module
//! holds that each of them is there.
//!
//! | moment | tests |
//! |---|---|
//! | a finding's title says what was found | `every_check_has_a_code_of_its_own_and_words`, `titles_say_what_was_found_with_the_number_in_it`, `the_document_says_what_the_table_says` |
//! | every verdict of a plan, of a crawl, of an apply | `the_terminal_has_the_story_in_forty_lines`, `each_outcome_has_one_plain_verdict_line_at_its_end`, `the_summary_ends_with_its_verdict`, `a_plan_that_was_applied_says_how_that_ended`, `only_what_was_read_on_both_sides_is_the_same`, `every_verb_ends_with_one_line_that_says_how_it_went` |
//! | an undo says what stays | `an_undo_names_what_stays_and_nothing_says_the_opposite`, `an_undo_of_both_kinds_counts_what_it_undoes_and_what_stays`, `the_first_are_named_and_the_others_counted` |
//! | ready except for blocked operations | `the_terminal_has_the_story_in_forty_lines`, `a_plan_that_leaves_something_out_says_how_much_and_why` |
//! | holes | `missing_memberships_are_named_and_reading_again_is_not_advised` |
//! | a failed first crawl binds nothing | `a_first_crawl_that_received_nothing_binds_its_file_to_nothing` |
//! | time left | `the_time_left_of_a_run_without_a_limit_is_at_most_twice_the_truth_and_a_second`, `the_time_left_of_recorded_runs_is_at_most_twice_the_truth_and_a_second`, `the_time_left_follows_the_plan_at_the_measured_speed`, `what_is_blocked_is_no_progress`, `what_a_killed_run_left_in_flight_says_nothing_about_the_rest` |
//! | Ctrl-C at the confirmation | `ctrl_c_leaves_though_nothing_is_typed`, `while_a_person_is_asked_nothing_is_in_flight`, `ctrl_c_at_the_question_leaves_at_once_and_nothing_was_written` |
//! | private channels only | `a_snapshot_of_conversations_says_that_it_has_private_channels_only`, `a_probe_says_how_an_api_took_the_request` |
//! | `verify` groups by field and cause | `verify_groups_by_field_and_cause_and_records_has_every_line`, `each_field_and_cause_has_its_first_lines_and_a_count` |
//! | `diff` folds what follows from one event | `a_user_who_leaves_is_one_line`, `a_channel_takes_everyone_on_it_along` |
//! | results in color | `results_have_color_by_the_same_rules`, `color_is_used_when_asked_for_alone`, `color_is_for_those_who_ask` |
//! | bars fit and leave no dead line | `a_line_fits_every_terminal`, `bars_fit_and_leave_no_line_behind`, `ctrl_c_in_a_crawl_leaves_no_line_of_a_bar` |
//! | plain progress on a dumb terminal | `a_dumb_terminal_gets_plain_lines` |
//! | a next step | `a_person_at_a_terminal_gets_the_next_step` |
//! | `--dry-run` | `whoever_asks_for_a_dry_run_is_told_that_the_plan_is_one` |
//! | near-miss values, durations, `--records memberships` | `what_is_nearly_right_says_what_was_meant`, `a_near_miss_says_what_was_meant_and_a_bare_number_gets_its_units` |
//! | `chatferry help VERB`, verbs in groups, `-h` | `help_of_a_verb_is_the_same_by_both_ways`, `verbs_stand_in_groups_and_each_in_one`, `the_short_help_of_network_verbs_leaves_out_what_verbs_share` |
//! | the only service | `the_only_service_of_an_account_is_taken_and_named` |
//! | `export` has a folder and a total | `an_export_has_a_folder_and_says_how_much_it_wrote` |
//! | `diff \| head` | `a_reader_that_closes_the_pipe_does_not_change_the_verdict` |
//! | a person's own settings, `.env` | `a_persons_own_settings_stand_below_those_of_the_folder`, `a_dot_env_that_lies_there_is_pointed_out` |
//! | locks go | `no_lock_stays_behind_where_a_run_ends_well` |
//! | a log in JSON ends with the result | `a_log_in_json_ends_with_the_result_of_every_verb` |
//! | ages beside UTC times | `utc_times_come_with_their_age`, `ages_and_sizes_are_round` |
//! | widths are measured, and text fits the terminal | `columns_are_as_wide_as_what_is_in_them`, `long_lines_are_broken_between_words_under_their_last_column`, `no_word_is_broken_at_the_edge_of_the_terminal` |

mod ends;
mod terminal;
mod words;

use std::fs;
use std::path::Path;

/// The text of every source file below a folder.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn each_test_of_the_list_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    sources(&root.join("src"), &mut text);
    sources(&root.join("tests/it"), &mut text);
    let list = include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let mut tests = 0;
    for row in list.filter(|row| !row.starts_with("moment")) {
        let (moment, named) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
        for name in named.split('`').filter(|part| part.contains('_')) {
            tests += 1;
            assert!(text.contains(&format!("fn {name}() {{")), "{moment}: there is no test `{name}`");
        }
    }
    assert!(tests > 50, "{tests} tests");
}
