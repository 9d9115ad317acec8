//! Reports of made-up plans.

use std::fs;
use std::io::BufWriter;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::plan::{Move, OperationKind, OperationState, PlanError, PlanFile, PlanVerdict, WantedOperations};
use crate::report::text::format;
use crate::testkit::reviewed_plan::{HOSTILE, MadeUp, plan};

fn written(
    report: impl Fn(&PlanFile, &mut dyn io::Write) -> Result<(), ReportError>,
    plan: &PlanFile,
) -> String {
    let mut bytes = Vec::new();
    report(plan, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A made-up plan, for as long as its folder lives.
fn made(made_up: MadeUp) -> (tempfile::TempDir, PlanFile) {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(&folder.path().join("plan.db"), made_up);
    (folder, plan)
}

/// As a run would leave it that was stopped before the last operations.
fn applied_in_part(plan: &PlanFile, pending: i64) {
    let connection = rusqlite::Connection::open(plan.path()).unwrap();
    let state = |name: &str| format!("(SELECT number FROM states WHERE name = '{name}')");
    let sql = format!(
        "UPDATE operation SET state = CASE number % 50 WHEN 3 THEN {failed} WHEN 4 THEN {existing} ELSE {done} END,
           reason = CASE number % 50 WHEN 3 THEN '50438: the identity is over its limit of conversations' END,
           started = CASE WHEN number < 40 THEN '2026-03-02T09:00:00Z' ELSE '2026-03-02T10:00:00Z' END
         WHERE state = {pending} AND number <= (SELECT max(number) FROM operation) - ?1",
        failed = state("failed"),
        existing = state("existing"),
        done = state("done"),
        pending = state("pending"),
    );
    connection.execute(&sql, [pending]).unwrap();
}

/// The pages that the browser's test opens: into the folder that the variable names, else into one that goes again.
#[test]
fn pages_for_the_browser() {
    let given = std::env::var_os("CHATFERRY_TEST_PAGES");
    let scratch = tempfile::tempdir().unwrap();
    let folder = given.as_deref().map_or(scratch.path(), Path::new);
    let many = if given.is_some() { 100_000 } else { 1_000 };
    let blocked =
        MadeUp { verdict: PlanVerdict::Blocked, snapshot_verdict: "incomplete", ..MadeUp::default() };
    for (name, made_up) in [
        ("plan", MadeUp { findings: 300, scale: 10, ..MadeUp::default() }),
        ("blocked", MadeUp { findings: 90, ..blocked }),
        ("in_place", MadeUp { kind: Move::InPlace, ..MadeUp::default() }),
        ("begun", MadeUp::default()),
        ("applied", MadeUp { scale: 2, ..MadeUp::default() }),
        ("undo", MadeUp { kind: Move::Undo, findings: 0, ..MadeUp::default() }),
        ("user_channels", MadeUp { kind: Move::UserChannels, findings: 0, ..MadeUp::default() }),
        ("nothing", MadeUp { verdict: PlanVerdict::NothingToDo, findings: 0, ..MadeUp::default() }),
        ("many", MadeUp { findings: many, ..MadeUp::default() }),
    ] {
        let (_plan_folder, plan) = made(made_up);
        match name {
            "begun" => applied_in_part(&plan, 100),
            "applied" => applied_in_part(&plan, 0),
            _ => {}
        }
        let page = folder.join(format!("{name}.html"));
        html(&plan, &mut BufWriter::new(fs::File::create(&page).unwrap())).unwrap();
        let page = fs::read_to_string(page).unwrap();
        assert!(page.ends_with("</html>\n"), "{name}");
        assert_eq!(page.matches("<script").count(), 2, "{name}: data and script");
        fs::write(folder.join(format!("{name}.md")), written(markdown, &plan)).unwrap();
        fs::write(folder.join(format!("{name}.txt")), table(&plan).unwrap().to_string()).unwrap();
    }
}

#[test]
fn the_terminal_has_the_story_in_forty_lines() {
    for (name, made_up) in [
        ("ready", MadeUp { verdict: PlanVerdict::Ready, ..MadeUp::default() }),
        ("ready_except_blocked", MadeUp::default()),
        (
            "cannot_be_undone",
            MadeUp {
                kind: Move::Undo,
                verdict: PlanVerdict::CannotBeUndone,
                findings: 0,
                ..MadeUp::default()
            },
        ),
        ("undo_in_part", MadeUp { kind: Move::Undo, findings: 0, ..MadeUp::default() }),
        (
            "blocked",
            MadeUp { verdict: PlanVerdict::Blocked, snapshot_verdict: "incomplete", ..MadeUp::default() },
        ),
        ("in_place", MadeUp { kind: Move::InPlace, findings: 0, ..MadeUp::default() }),
        ("nothing_to_do", MadeUp { verdict: PlanVerdict::NothingToDo, findings: 0, ..MadeUp::default() }),
        ("begun", MadeUp { snapshot_verdict: "complete_with_drift", ..MadeUp::default() }),
        ("undo", MadeUp { kind: Move::Undo, verdict: PlanVerdict::Ready, findings: 0, ..MadeUp::default() }),
    ] {
        let (folder, plan) = made(made_up);
        if name == "begun" {
            applied_in_part(&plan, 100);
        }
        let place = format!("{}/", folder.path().display());
        let text = table(&plan).unwrap().to_string().replace(&place, "");
        assert!(text.lines().count() <= 40, "{text}");
        insta::assert_snapshot!(format!("table_{name}"), text);
    }
}

#[test]
fn a_plan_that_was_applied_says_how_that_ended() {
    let all_in = |plan: &PlanFile, state: &str| {
        let connection = rusqlite::Connection::open(plan.path()).unwrap();
        let sql = "UPDATE operation SET state = (SELECT number FROM states WHERE name = ?1)";
        connection.execute(sql, [state]).unwrap();
    };
    for (name, expected) in [
        ("done", "Applied: All of its "),
        ("exceptions", "Applied, with exceptions: "),
        ("blocked", "Everything is blocked: "),
    ] {
        let (_folder, plan) = made(MadeUp::default());
        match name {
            "exceptions" => applied_in_part(&plan, 0),
            state => all_in(&plan, state),
        }
        let text = table(&plan).unwrap().to_string();
        let last = text.lines().last().unwrap();
        assert!(last.starts_with(expected), "{last}");
        insta::assert_snapshot!(format!("verdict_{name}"), last);
    }
}

#[test]
fn after_apply_the_page_says_what_was_done_and_what_was_not_and_why() {
    let (_folder, plan) = made(MadeUp::default());
    let command = "chatferry apply --plan plan.db";
    assert!(!written(html, &plan).contains(r#"id="outcome""#), "nothing was done yet");
    applied_in_part(&plan, 100);
    let page = written(html, &plan);
    let (overview, rest) = page.split_once(r#"<section id="outcome""#).unwrap();
    assert!(
        overview
            .contains("Applied from <time>2026-03-02T09:00:00Z</time> to <time>2026-03-02T10:00:00Z</time>."),
        "{overview}"
    );
    let (outcome, _) = rest.split_once(r#"<section id="planned""#).unwrap();
    assert!(outcome.contains(&format!("<code data-copy>{command}</code> does what is left")), "{outcome}");
    let totals = plan.totals().unwrap();
    let pending: u64 =
        totals.operations.values().filter_map(|states| states.get(&OperationState::Pending)).sum();
    assert!(outcome.contains(&format!("{pending} left to do")), "{outcome}");
    for (kind, states) in &totals.operations {
        let of = |state: OperationState| format::count(states.get(&state).copied().unwrap_or_default());
        let cells: String = [
            OperationState::Done,
            OperationState::Existing,
            OperationState::Failed,
            OperationState::Blocked,
            OperationState::Pending,
        ]
        .map(|state| format!("{}</td>", of(state)))
        .concat();
        let (_, row) = outcome.split_once(&format!("<a href=\"#kind-{}\">", kind.name())).unwrap();
        let (row, _) = row.split_once("</tr>").unwrap();
        let cells_of = row.split("<td class=\"n").skip(1);
        let shown: String = cells_of.filter_map(|cell| Some(cell.split_once('>')?.1)).collect();
        assert_eq!(shown, cells, "{kind:?}");
    }
    let (_, why) = outcome.split_once("What was not, and why").unwrap();
    assert!(why.contains("50438: the identity is over its limit of conversations"), "{why}");
    let failed = totals.operations[&OperationKind::CreateParticipant][&OperationState::Failed];
    assert!(why.contains(&format!("(the first of {failed})")), "{why}");
    assert!(why.contains(r##"<a href="#check-conversation_over_limit">"##), "{why}");
}

#[test]
fn the_page_says_what_its_search_covers() {
    let (_folder, plan) = made(MadeUp::default());
    let page = written(html, &plan);
    let shown = page.matches(r#"<li id="operation-"#).count();
    let all: u64 = plan.totals().unwrap().operations.values().flat_map(|states| states.values()).sum();
    assert!(page.contains(&format!("The page has {shown} of {all}:")), "{shown} of {all}");
    assert!(page.contains("chatferry plan show --plan plan.db --format ndjson | grep -F &#x27;TEXT&#x27;"));
    let (_folder, few) = made(MadeUp { kind: Move::UserChannels, findings: 0, ..MadeUp::default() });
    assert!(written(html, &few).contains("The page has all of them."));
}

#[test]
fn a_small_plan_as_markdown() {
    let small =
        MadeUp { kind: Move::InPlace, findings: 9, snapshot_verdict: "incomplete", ..MadeUp::default() };
    let (_folder, plan) = made(small);
    insta::assert_snapshot!("markdown", written(markdown, &plan));
}

/// The requests of a plan with batches, and what it would take without them.
#[test]
fn every_report_has_both_numbers_of_requests() {
    let (_folder, plan) = made(MadeUp::default());
    let without = format::count(plan.totals().unwrap().batches.requests_without);
    let text = format!("({without} with a request for each participant)");
    assert!(table(&plan).unwrap().to_string().contains(&text));
    assert!(written(markdown, &plan).contains(&text));
    assert!(written(html, &plan).contains(&format!("{without} with one for each participant")));
}

#[test]
fn a_plan_with_nothing_to_do_mutes_no_one() {
    let notice = "The source is muted";
    let (_folder, ready) = made(MadeUp::default());
    assert!(written(html, &ready).contains(notice));
    let (_folder, nothing) = made(MadeUp { verdict: PlanVerdict::NothingToDo, ..MadeUp::default() });
    assert!(nothing.header().mute_source && !written(html, &nothing).contains(notice));
    assert!(!table(&nothing).unwrap().to_string().contains(notice));
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let ((one_folder, one), (other_folder, other)) = (made(MadeUp::default()), made(MadeUp::default()));
    // The commands of a report name the plan by its place.
    let placed =
        |text: String, folder: &tempfile::TempDir| text.replace(&folder.path().display().to_string(), "here");
    let same =
        |one: String, other: String| assert_eq!(placed(one, &one_folder), placed(other, &other_folder));
    same(written(html, &one), written(html, &other));
    same(written(markdown, &one), written(markdown, &other));
    same(written(json, &one), written(json, &other));
    same(table(&one).unwrap().to_string(), table(&other).unwrap().to_string());
}

#[test]
fn a_name_is_text_wherever_it_stands() {
    let (_folder, plan) = made(MadeUp::default());
    let page = written(html, &plan);
    assert!(!page.contains(HOSTILE));
    // In a finding, in an operation's subject, in its values and in its request.
    assert!(page.matches("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;").count() >= 4);
    assert!(page.contains("\\u003cscript\\u003ealert(1)\\u003c/script\\u003e"), "and in the script's data");
    let text = written(markdown, &plan);
    assert!(
        !text.replace(&format!("`{HOSTILE}`"), "").replace(&format!("={HOSTILE}`"), "").contains("<script")
    );
}

#[test]
fn the_page_has_every_finding_once_and_counts_them() {
    let (_folder, plan) = made(MadeUp { findings: 1_000, ..MadeUp::default() });
    let page = written(html, &plan);
    let (_, data) = page.split_once(r#"<script type="application/json" id="rows">"#).unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let rows: Vec<(usize, String, Option<String>, String)> = serde_json::from_str(data).unwrap();
    let mut expected = Vec::new();
    plan.findings::<PlanError>(|finding| {
        expected.push((finding.sid.clone(), finding.name.clone(), finding.detail.clone()));
        Ok(())
    })
    .unwrap();
    assert_eq!(
        rows.iter()
            .map(|(_, sid, name, detail)| (sid.clone(), name.clone(), detail.clone()))
            .collect::<Vec<_>>(),
        expected
    );
    // The number of a row's check is that of the check's section.
    for (number, code, count) in
        [(0, "conversation_over_limit", 700), (1, "attributes_broken", 200), (2, "public_channel", 100)]
    {
        assert_eq!(rows.iter().filter(|(check, ..)| *check == number).count(), count);
        assert!(page.contains(&format!(r#"data-check="{number}" data-code="{code}""#)), "{code}");
    }
    assert!(page.contains("the first 25 of 700"));
}

#[test]
fn what_does_not_fit_into_the_page_is_said() {
    let (_folder, plan) = made(MadeUp { findings: 50, ..MadeUp::default() });
    let page = html::with_room(&plan, 12).unwrap();
    let (_, data) = page.split_once(r#"id="rows">"#).unwrap();
    let rows: Vec<Value> = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    assert_eq!(rows.len(), 12);
    for check in 0..3 {
        assert!(rows.iter().any(|row| row[0] == check), "check {check} is crowded out");
    }
    assert!(page.contains("12 of 50 findings are in this page"));
}

#[test]
fn the_object_has_all_findings_with_their_checks() {
    let (_folder, plan) = made(MadeUp { verdict: PlanVerdict::Blocked, ..MadeUp::default() });
    let object: Value = serde_json::from_str(&written(json, &plan)).unwrap();
    let keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["header", "totals", "checks", "findings"]);
    assert_eq!(object["header"]["digest"], plan.digest());
    assert_eq!(object["header"]["kind"], "copy");
    assert_eq!(object["totals"]["verdict"], "blocked");
    assert_eq!(
        object["totals"]["operations"]["create_participant"],
        json_value(r#"{"pending": 400, "blocked": 23}"#)
    );
    let findings = object["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 41);
    assert_eq!(findings[0]["code"], "too_much_changed");
    assert_eq!(findings[0]["severity"], "block");
    let of = |code: &str| findings.iter().filter(|finding| finding["code"] == code).count() as u64;
    for check in object["checks"].as_array().unwrap() {
        let code = check["code"].as_str().unwrap();
        assert_eq!(check["count"], of(code), "{code}");
        assert_eq!(check["severity"] == "pass", of(code) == 0, "{code}");
        assert!(check["count"] == 0 || !check["advice"].as_str().unwrap().is_empty(), "{code}");
    }
}

#[test]
fn what_failed_or_is_blocked_is_shown_first() {
    let (_folder, plan) = made(MadeUp::default());
    applied_in_part(&plan, 100);
    let page = written(html, &plan);
    let (_, kind) = page.split_once(r#"id="kind-create_participant""#).unwrap();
    let (kind, _) = kind.split_once("</details>").unwrap();
    let states: Vec<&str> =
        kind.split(r#"<span class="mark "#).skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
    assert_eq!(states.len(), 31 + 40, "8 failed and 23 blocked, and the first of the rest");
    assert!(states[..31].iter().all(|state| ["failed", "blocked"].contains(state)), "{states:?}");
    assert!(states[31..].iter().all(|state| ["done", "existing"].contains(state)), "{states:?}");
    assert!(kind.contains("50438: the identity is over its limit of conversations"));
}

fn json_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_examples_are_operations_of_the_plan_in_its_order() {
    let (_folder, plan) = made(MadeUp::default());
    for (kind, state, most) in [
        (OperationKind::CreateParticipant, OperationState::Pending, 40),
        (OperationKind::CreateParticipant, OperationState::Blocked, 1_000),
        (OperationKind::CreateRole, OperationState::Pending, 40),
        (OperationKind::CreateRole, OperationState::Done, 40),
    ] {
        let wanted = WantedOperations { kinds: Some(vec![kind]), states: Some(vec![state]) };
        let mut all = Vec::new();
        plan.operations::<PlanError>(&wanted, |entry| {
            all.push(entry.clone());
            Ok(())
        })
        .unwrap();
        let first = plan.first(kind, state, most).unwrap();
        assert_eq!(first.len(), all.len().min(most), "{kind:?} {state:?}");
        assert!(first.iter().all(|entry| all.contains(entry)));
        assert!(first.is_sorted_by_key(|entry| entry.number));
    }
}
