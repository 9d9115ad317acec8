//! Reports of made-up plans.

use std::fs;
use std::io::BufWriter;
use std::path::Path;

use super::fixture::{MadeUp, plan};
use super::*;
use crate::plan::{Move, PlanFile, Verdict};

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
           reason = CASE number % 50 WHEN 3 THEN '50438: the identity is over its limit of conversations' END
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
    let blocked = MadeUp { verdict: Verdict::Blocked, snapshot_verdict: "incomplete", ..MadeUp::default() };
    for (name, made_up) in [
        ("plan", MadeUp { findings: 300, scale: 10, ..MadeUp::default() }),
        ("blocked", MadeUp { findings: 90, ..blocked }),
        ("in_place", MadeUp { kind: Move::InPlace, ..MadeUp::default() }),
        ("begun", MadeUp::default()),
        ("undo", MadeUp { kind: Move::Undo, findings: 0, ..MadeUp::default() }),
        ("nothing", MadeUp { verdict: Verdict::NothingToDo, findings: 0, ..MadeUp::default() }),
        ("many", MadeUp { findings: many, ..MadeUp::default() }),
    ] {
        let (_plan_folder, plan) = made(made_up);
        if name == "begun" {
            applied_in_part(&plan, 100);
        }
        let page = folder.join(format!("{name}.html"));
        html(&plan, &mut BufWriter::new(fs::File::create(&page).unwrap())).unwrap();
        let page = fs::read_to_string(page).unwrap();
        assert!(page.ends_with("</html>\n"), "{name}");
        assert_eq!(page.matches("<script").count(), 2, "{name}: data and script");
        fs::write(folder.join(format!("{name}.md")), written(markdown, &plan)).unwrap();
        fs::write(folder.join(format!("{name}.txt")), table(&plan).unwrap()).unwrap();
    }
}
