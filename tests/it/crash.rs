//! Killed between any two steps and damaged after it: what the next run does is what `docs/reference/crashes.md` says.
//!
//! **Invariant:** a run that ends with 0 or 5 left what an undisturbed one leaves, except where the table admits another value.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use chatferry::internals::simulator::Options;

use crate::support::{DEFAULT_RECORDS, World, files, run, spawn, wait_for_requests};

/// What happens to a file after the kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Damage {
    Nothing,
    Cut,
    Flipped,
    WithoutLog,
}

impl Damage {
    /// As the table calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing else",
            Self::Cut => "its second half is lost",
            Self::Flipped => "a bit in its middle is flipped",
            Self::WithoutLog => "its `-wal` file is lost",
        }
    }

    fn apply(self, file: &Path) {
        let mut bytes = fs::read(file).unwrap();
        let half = bytes.len() / 2;
        match self {
            Self::Nothing => return,
            Self::Cut => bytes.truncate(half),
            Self::Flipped => bytes[half] ^= 4,
            Self::WithoutLog => {
                remove(&log_of(file));
                return;
            }
        }
        fs::write(file, bytes).unwrap();
    }
}

fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn remove(file: &Path) {
    if file.exists() {
        fs::remove_file(file).unwrap();
    }
}

/// Removes a SQLite file with all that stands beside it.
fn remove_with_log(file: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        remove(Path::new(&name));
    }
}

/// A copy of a SQLite file with its log; SQLite makes the index of the log again.
fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    remove(&log_of(to));
    if log_of(from).exists() {
        fs::copy(log_of(from), log_of(to)).unwrap();
    }
}

/// What was seen, by the first three cells of the table: the file, the run that was killed, and what happened then.
#[derive(Default)]
struct Seen(BTreeMap<[String; 3], BTreeSet<String>>);

impl Seen {
    fn add(&mut self, file: &str, killed: &str, damage: &str, outcome: impl Into<String>) {
        let key = [file, killed, damage].map(str::to_owned);
        self.0.entry(key).or_default().insert(outcome.into());
    }

    /// Compares with the rows of the table about these files. What was seen is what the table has, outcome for outcome.
    fn compare(&self, about: &[&str]) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/crashes.md");
        let text = fs::read_to_string(path).unwrap();
        let rows: Vec<Vec<&str>> = text
            .lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| file"))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .filter(|row: &Vec<&str>| about.contains(&row[0]))
            .collect();
        let mut wrong = Vec::new();
        for (key, outcomes) in &self.0 {
            let row = rows.iter().find(|row| row[..3] == key[..]);
            let told: BTreeSet<&str> = row.map(|row| row[3].split("; or ").collect()).unwrap_or_default();
            for outcome in outcomes.iter().filter(|outcome| !told.contains(outcome.as_str())) {
                wrong.push(format!("| {} | {outcome} |", key.join(" | ")));
            }
        }
        assert!(wrong.is_empty(), "crashes.md does not have\n{}", wrong.join("\n"));
        for row in rows {
            let key = [row[0], row[1], row[2]].map(str::to_owned);
            let seen =
                self.0.get(&key).unwrap_or_else(|| panic!("crashes.md has a row that was not seen: {key:?}"));
            let unseen: Vec<&str> =
                row[3].split("; or ").filter(|outcome| !seen.contains(*outcome)).collect();
            assert!(unseen.is_empty(), "crashes.md has what was not seen of {key:?}: {unseen:?}");
        }
    }
}

fn world() -> World {
    World::new(Options { users: 6, channels: 4, memberships: 3, ..Options::default() })
}

/// Runs a command that is killed when it passes this point for the Nth time. False where it ended before.
fn is_killed(mut command: Command, point: &str, pass: u32) -> bool {
    let output = command.env("CHATFERRY_TEST_KILL", format!("{point}:{pass}")).output().unwrap();
    output.status.code().is_none()
}

/// How a run that was refused or failed says why, in the words of the table.
fn refusal(code: i32, stderr: &str) -> String {
    let reasons = [
        ("is not as it was written", "says that it is not as it was written"),
        ("is damaged", "says that it is damaged"),
        ("cannot be understood", "says that it cannot be understood"),
        ("is not a chatferry", "says that it is not one of its files"),
        ("was changed since it was made", "says that it was changed"),
        ("changed while it was being written", "says that it changed meanwhile"),
        ("not of a former export", "says that the folder holds files of others"),
    ];
    let reason = reasons.iter().find(|(text, _)| stderr.contains(text));
    let reason = reason.map_or_else(|| stderr.to_owned(), |(_, reason)| (*reason).to_owned());
    format!("{reason} (exit code {code})")
}

#[test]
fn a_killed_or_damaged_snapshot_ends_as_the_table_says() {
    // Each page is committed by itself where the next one is still on its way.
    let latency = std::time::Duration::from_millis(10);
    let world = World::new(Options { users: 6, channels: 4, memberships: 3, latency, ..Options::default() });
    let mut seen = Seen::default();
    let service = world.running.service_sid().to_owned();
    let crawl = |file: &str| {
        world.chatferry(&[
            "crawl",
            "--service",
            &service,
            "--snapshot",
            file,
            "--concurrency",
            "1",
            "--quiet",
        ])
    };
    let mut crawled = 0;
    let mut end = |killed: &str, file: &str, damage: Damage, seen: &mut Seen| {
        let ran = run(&mut crawl(file));
        let outcome = match ran.code {
            0 | 5 => {
                crawled += 1;
                let out = format!("out{crawled}");
                let export =
                    world.chatferry(&["export", "--snapshot", file, "--out", &out, "--quiet"]).output();
                let is_exported = export.unwrap().status.success();
                let is_true = is_exported
                    && catch_unwind(AssertUnwindSafe(|| {
                        world.assert_exported_truth(&world.path(&out), &DEFAULT_RECORDS);
                    }))
                    .is_ok();
                match (is_exported, is_true) {
                    (true, true) => "the crawl is complete, as if undisturbed (exit code 0)".to_owned(),
                    (true, false) => "the crawl ends with a value that is not Twilio's".to_owned(),
                    (false, _) => "the crawl is there, and what uses it refuses it".to_owned(),
                }
            }
            code => refusal(code, &ran.stderr),
        };
        seen.add("snapshot", killed, damage.name(), outcome);
    };
    let mut passes = 0;
    for point in ["publish", "snapshot"] {
        for pass in 1.. {
            remove_with_log(&world.path("a.db"));
            if !is_killed(crawl("a.db"), point, pass) {
                break;
            }
            passes += 1;
            let killed = "`crawl`";
            // A kill before the file is there leaves nothing to be damaged. Each damage takes every fifth moment.
            for damage in [Damage::Nothing, Damage::Cut, Damage::Flipped, Damage::WithoutLog] {
                let is_turn = damage == Damage::Nothing || pass % 5 == damage as u32;
                if is_turn && (damage == Damage::Nothing || world.path("a.db").exists()) {
                    if world.path("a.db").exists() {
                        copy(&world.path("a.db"), &world.path("b.db"));
                        damage.apply(&world.path("b.db"));
                    }
                    end(killed, "b.db", damage, &mut seen);
                    remove_with_log(&world.path("b.db"));
                }
            }
        }
    }
    assert!(passes > 20, "only {passes} moments");
    assert_eq!(run(&mut crawl("a.db")).code, 0);
    for damage in [Damage::Nothing, Damage::Cut, Damage::Flipped] {
        copy(&world.path("a.db"), &world.path("b.db"));
        damage.apply(&world.path("b.db"));
        end("none, it is finished", "b.db", damage, &mut seen);
    }
    seen.compare(&["snapshot"]);
}

/// What is written while a crawl runs is read back at its end.
#[test]
fn a_crawl_whose_log_is_changed_meanwhile_is_never_complete() {
    for is_emptied in [true, false] {
        let latency = std::time::Duration::from_millis(4);
        let world = World::new(Options { users: 40, channels: 20, latency, ..Options::default() });
        let mut child = spawn(&world, &["--concurrency", "1", "--quiet"]);
        wait_for_requests(&world, &mut child, 40);
        assert_eq!(child.try_wait().unwrap(), None, "it is still at work");
        let log = log_of(&world.path("snapshot.db"));
        if is_emptied {
            fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
        } else {
            // Every page that it has by now, somewhere in its values.
            let bytes = fs::read(&log).unwrap();
            let file = fs::OpenOptions::new().write(true).open(&log).unwrap();
            for at in (32 + 24 + 8_000..bytes.len()).step_by(24 + 8_192) {
                file.write_all_at(&[bytes[at] ^ 1], at as u64).unwrap();
            }
        }
        let ended = child.wait().unwrap().code().unwrap();
        assert!([1, 2, 4].contains(&ended), "exit code {ended}");
        let info = world.json(&["snapshot", "info"]);
        assert!(info["verdict"] != "complete" && info["verdict"] != "complete_with_drift", "{info}");
        let again = world.crawl(&[]);
        assert_ne!(again.code, 0, "{}", again.talk);
        assert_eq!(world.crawl(&["--restart"]).code, 0, "it is crawled anew");
    }
}

/// A world that is crawled, with its plan for a copy.
fn planned() -> World {
    let world = world();
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    let target = world.running.target_service_sid().to_owned();
    assert_eq!(run(&mut plan(&world, &target)).code, 0);
    world
}

fn plan(world: &World, target: &str) -> Command {
    world.chatferry(&[
        "plan",
        "--target",
        target,
        "--max-change-percent",
        "100",
        "--plan",
        "plan.db",
        "--quiet",
    ])
}

fn apply(world: &World) -> Command {
    let rates = ["--service-rate", "1000", "--conversation-rate", "1000"];
    world.chatferry(&[&["apply", "--yes", "--quiet"], &rates[..]].concat())
}

/// What applying once more comes to, and whether it is as an undisturbed run leaves it.
fn applied(world: &World) -> String {
    let ran = run(&mut apply(world));
    if ran.code != 0 && ran.code != 5 {
        return refusal(ran.code, &ran.stderr);
    }
    let twice = world.running.created_more_than_once();
    let target = world.running.target_service_sid().to_owned();
    let again = world.json(&["plan", "--target", &target, "--plan", "again.db"]);
    let left: u64 = again["operations"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(|states| states["pending"].as_u64())
        .sum();
    match (twice.is_empty(), left) {
        (true, 0) => "all is applied, each once (exit code 0)".to_owned(),
        (false, _) => format!("{} are created twice", twice.len()),
        (true, left) => format!("{left} operations are left"),
    }
}

#[test]
fn a_killed_or_damaged_plan_ends_as_the_table_says() {
    let mut seen = Seen::default();
    let world = planned();
    let target = world.running.target_service_sid().to_owned();
    let planned_file = fs::read(world.path("plan.db")).unwrap();
    for pass in 1.. {
        fs::write(world.path("plan.db"), &planned_file).unwrap();
        if !is_killed(plan(&world, &target), "publish", pass) {
            break;
        }
        let ran = run(&mut plan(&world, &target));
        let is_same = fs::read(world.path("plan.db")).unwrap() == planned_file;
        assert_eq!((ran.code, is_same), (0, true), "{ran:?}");
        seen.add("plan", "`plan`", Damage::Nothing.name(), "the plan is made, byte for byte (exit code 0)");
    }
    for damage in [Damage::Cut, Damage::Flipped] {
        fs::write(world.path("plan.db"), &planned_file).unwrap();
        damage.apply(&world.path("plan.db"));
        let ran = run(&mut apply(&world));
        seen.add("plan", "none, it is made", damage.name(), refusal(ran.code, &ran.stderr));
    }
    assert_eq!(world.running.created(), [], "nothing was written");

    // One run after the other is killed, each a little later.
    fs::write(world.path("plan.db"), &planned_file).unwrap();
    let mut kills = 0;
    while is_killed(apply(&world), "journal", kills * 7 % 41 + 10) {
        kills += 1;
        assert!(kills < 60, "it never ends");
    }
    assert!(kills > 2, "only {kills} kills");
    seen.add("plan", "`apply`", Damage::Nothing.name(), applied(&world));

    for (damage, passes) in [Damage::Cut, Damage::WithoutLog]
        .into_iter()
        .flat_map(|damage| [17, 31].map(|passes| (damage, passes)))
    {
        let world = planned();
        assert!(is_killed(apply(&world), "journal", passes));
        damage.apply(&world.path("plan.db"));
        seen.add("plan", "`apply`", damage.name(), applied(&world));
    }
    flip_each_part(&mut seen);
    seen.compare(&["plan"]);
}

/// Flips a bit in one part of a killed run's plan after the other. The first one that passes the checks is applied.
fn flip_each_part(seen: &mut Seen) {
    const PARTS: usize = 48;
    const PAGE: usize = 4_096;
    let damage = "a bit of it is flipped";
    let world = planned();
    assert!(is_killed(apply(&world), "journal", 31));
    let (plan, good) = (world.path("plan.db"), world.path("good.db"));
    copy(&plan, &good);
    let length = fs::read(&plan).unwrap().len();
    let flip = |part: usize| {
        copy(&good, &plan);
        let mut bytes = fs::read(&plan).unwrap();
        let at = length / PARTS * part;
        // In the structure of a page, and in what it holds.
        bytes[if part.is_multiple_of(2) { at / PAGE * PAGE } else { at + length / PARTS / 2 }] ^= 4;
        fs::write(&plan, bytes).unwrap();
    };
    let mut passed = None;
    for part in 0..PARTS {
        flip(part);
        // No operation is of this kind, so what passes writes nothing.
        let ran = run(apply(&world).args(["--only", "delete_role"]));
        match ran.code {
            1 | 2 => seen.add("plan", "`apply`", damage, refusal(ran.code, &ran.stderr)),
            _ => passed = passed.or(Some(part)),
        }
    }
    flip(passed.expect("a part that nothing reads any more"));
    seen.add("plan", "`apply`", damage, applied(&world));
}

#[test]
fn a_killed_or_damaged_export_ends_as_the_table_says() {
    let mut seen = Seen::default();
    let world = world();
    assert_eq!(world.crawl(&["--quiet"]).code, 0);
    let expected = files(&world.export("undisturbed", &[]));
    let export = || world.chatferry(&["export", "--out", "out", "--quiet"]);
    let end = |killed: &str, what: &str, seen: &mut Seen| {
        let ran = run(&mut export());
        let outcome = match ran.code {
            0 if files(&world.path("out")) == expected => {
                "the export is made, byte for byte (exit code 0)".to_owned()
            }
            0 => "the export is another one".to_owned(),
            code => refusal(code, &ran.stderr),
        };
        seen.add("export folder", killed, what, outcome);
    };
    let mut passes = 0;
    for (killed, is_new) in [("`export` into a new folder", true), ("`export` over a former one", false)] {
        for pass in 1.. {
            if is_new && world.path("out").exists() {
                fs::remove_dir_all(world.path("out")).unwrap();
            }
            if !is_killed(export(), "export", pass) {
                break;
            }
            passes += 1;
            end(killed, Damage::Nothing.name(), &mut seen);
        }
    }
    assert!(passes > 20, "only {passes} moments");
    for (name, what) in
        [("users.csv", "one of its files is cut"), ("datapackage.json", "`datapackage.json` is cut")]
    {
        Damage::Cut.apply(&world.path("out").join(name));
        end("none, it is made", what, &mut seen);
    }
    seen.compare(&["export folder"]);
}

#[test]
fn a_killed_or_damaged_folder_of_audits_ends_as_the_table_says() {
    let mut seen = Seen::default();
    let world = world();
    let service = world.running.service_sid().to_owned();
    let audit = |night: u32, keep: &str| {
        let mut command =
            world.chatferry(&["audit", "--service", &service, "--dir", "audits", "--keep", keep, "--json"]);
        command.env("CHATFERRY_TEST_NOW", format!("2026-12-{:02}T02:00:00Z", night + 1));
        command
    };
    let end = |mut next: Command, killed: &str, what: &str, seen: &mut Seen| {
        let ran = run(&mut next);
        let result: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
        let outcome = match (ran.code, result["base"].as_str()) {
            (0, Some(_)) => {
                "the next audit is complete, compared with the last complete one (exit code 0)".to_owned()
            }
            (0, None) => "the next audit is complete, and compared with none (exit code 0)".to_owned(),
            (code, _) => refusal(code, &ran.stderr),
        };
        seen.add("audit folder", killed, what, outcome);
    };
    let mut night = 0;
    assert_eq!(run(&mut audit(night, "3")).code, 0);
    // A removal too, once there are as many as are kept.
    for pass in 1..12 {
        night += 1;
        if is_killed(audit(night, "2"), "audit", pass) {
            night += 1;
            end(audit(night, "2"), "`audit`", Damage::Nothing.name(), &mut seen);
        }
    }
    for (file, what) in [
        ("latest/snapshot.db", "the snapshot of the last one is cut"),
        ("latest/result.json", "the `result.json` of the last one is cut"),
        ("audit.json", "`audit.json` is cut"),
    ] {
        night += 1;
        assert!(night < 30);
        Damage::Cut.apply(&world.path("audits").join(file));
        end(audit(night, "9"), "none, it is made", what, &mut seen);
    }
    seen.compare(&["audit folder"]);
}
