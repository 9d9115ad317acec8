//! The entire command line: it parses, it reads well, and it offers what it should.

use clap::Parser;

use super::setting::FlagGroup;
use super::setting::declarations::{
    ALLOW_HTTP, COLOR, CROSS_CHECK, LOG_FORMAT, MAX_DURATION, PROGRESS, RPS, SERVICE, SERVICE_RATE, SOURCE,
};
use super::*;
use crate::error::ExitStatus;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

/// The long help of a verb as a terminal of a hundred columns shows it.
fn help(verb: &[&str]) -> String {
    let mut command = command().term_width(100);
    command.build();
    let mut found = &mut command;
    for name in verb {
        found = found.find_subcommand_mut(name).expect("the verb exists");
    }
    let help = found.render_long_help().to_string();
    help.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[test]
fn the_definition_is_sound() {
    command().debug_assert();
}

#[test]
fn the_help_of_every_verb_reads_well() {
    insta::assert_snapshot!("chatferry", help(&[]));
    for verb in ["probe", "crawl", "snapshot", "plan", "apply", "demo", "config", "completions", "man"] {
        insta::assert_snapshot!(verb, help(&[verb]));
    }
    insta::assert_snapshot!("plan_show", help(&["plan", "show"]));
    insta::assert_snapshot!("snapshot_info", help(&["snapshot", "info"]));
    insta::assert_snapshot!("snapshot_check", help(&["snapshot", "check"]));
}

#[test]
fn the_short_help_fits_a_screen() {
    let mut command = command().term_width(100);
    let help = command.render_help().to_string();
    assert!(help.lines().count() <= 40, "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
}

#[test]
fn the_table_of_exit_codes_is_the_one_of_the_program() {
    for status in ExitStatus::ALL {
        let line = format!("  {:>3}  {}", status.code(), status.meaning());
        assert!(MAIN_HELP.lines().any(|text| text == line), "{line}");
    }
}

#[test]
fn global_flags_work_before_and_after_the_verb() {
    for line in [
        "chatferry --json -v --log-format json --progress plain --color never --config f --profile p config",
        "chatferry config --json -v --log-format json --progress plain --color never --config f --profile p",
    ] {
        let global = parse(line).unwrap().global;
        assert!(global.json);
        assert_eq!(global.verbose, 1);
        let typed = |declaration| global.settings.flags().get(declaration).unwrap().to_vec();
        assert_eq!(typed(&LOG_FORMAT.declaration), ["json"]);
        assert_eq!(typed(&PROGRESS.declaration), ["plain"]);
        assert_eq!(typed(&COLOR.declaration), ["never"]);
        assert_eq!(global.config.unwrap().to_str(), Some("f"));
        assert_eq!(global.profile.as_deref(), Some("p"));
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    for line in [
        "chatferry",
        "chatferry config -v -q",
        "chatferry crawl --service IS1 --all-services",
        "chatferry crawl --secret-file f --secret-command c",
        "chatferry crawl --auth-token hunter2",
        "chatferry crawl extra",
        "chatferry snapshot",
        "chatferry snapshot info a --snapshot b",
        "chatferry completions cobol",
        "chatferry plan --undo p.db --target in-place",
        "chatferry plan show extra",
        "chatferry apply plan.db",
        "chatferry apply --dry-run",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn a_plan_takes_every_flag_of_its_contract() {
    let line = "chatferry plan --snapshot s.db --target IS1 --mapping m.toml --plan p.db --report a.html --report b.md --check \
                --allow-incomplete --max-age 48 --max-change-percent 100 --mute-source --rps 0";
    let Verb::Plan(args) = parse(line).unwrap().verb else { panic!("a plan") };
    assert_eq!(args.reports.len(), 2);
    assert!(args.check && args.allow_incomplete && args.mute_source);
    let Verb::Plan(args) =
        parse("chatferry plan show --plan p.db --format ndjson --state failed,blocked --json").unwrap().verb
    else {
        panic!("a plan")
    };
    let Some(plan::PlanVerb::Show(show)) = args.verb else { panic!("shown") };
    assert_eq!(show.state.unwrap(), ["failed", "blocked"]);
    assert_eq!(show.format, plan::ShowFormat::Ndjson);
}

#[test]
fn an_apply_takes_every_flag_of_its_contract() {
    let line = "chatferry apply --plan p.db --yes --only create_role,create_user --limit 10 --max-duration 2h \
                --stop-after-errors 5 --webhooks --conversation-rate 10 --service-rate 20 --rps 0";
    let Verb::Apply(args) = parse(line).unwrap().verb else { panic!("an apply") };
    assert_eq!(args.only.unwrap(), ["create_role", "create_user"]);
    assert!(args.yes && args.webhooks && args.limit.is_some() && args.stop_after_errors.is_some());
    assert_eq!(args.connection.flags().get(&MAX_DURATION.declaration).unwrap(), ["2h"]);
    assert_eq!(args.settings.flags().get(&SERVICE_RATE.declaration).unwrap(), ["20"]);
}

#[test]
fn a_crawl_takes_every_flag_of_its_contract() {
    let line = "chatferry crawl --service IS1 --service IS2 --snapshot s.db --source chat --include roles,users \
                --users - --restart --cross-check 1/7 --concurrency 1 --rps 0 --account-concurrency 9 --max-duration 2h \
                --chat-url http://127.0.0.1:1 --conversations-url http://127.0.0.1:2 --allow-http --secret-file f";
    let Verb::Crawl(args) = parse(line).unwrap().verb else { panic!("a crawl") };
    let settings = args.settings.flags().and(args.connection.flags());
    let typed = |declaration| settings.get(declaration).unwrap().to_vec();
    assert_eq!(typed(&SERVICE.declaration), ["IS1", "IS2"]);
    assert_eq!(typed(&SOURCE.declaration), ["chat"]);
    assert_eq!(typed(&RPS.declaration), ["0"]);
    assert_eq!(typed(&CROSS_CHECK.declaration), ["1/7"]);
    assert_eq!(typed(&ALLOW_HTTP.declaration), ["true"]);
    assert!(args.restart);
}
