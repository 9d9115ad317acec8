//! `audit`: night after night in one folder, with nights that fail or are killed, and what operators get of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use chatferry::internals::simulator::{DriftChange, DriftChangeKind, Options};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Ran, Row, World, ndjson, run};

/// A small service, since a night is a crawl.
fn world_with(faults: &str) -> World {
    World::new(Options { users: 40, channels: 25, faults: faults.parse().unwrap(), ..Options::default() })
}

/// The time of a night, by its number.
fn time(night: u32) -> String {
    format!("2026-{:02}-{:02}T02:00:00Z", 10 + night / 30, 1 + night % 30)
}

/// The name of a night's audit.
fn name(night: u32) -> String {
    time(night).replace(['-', ':'], "")
}

/// Where the audits of these tests are: in a folder of `home`, though another world may be the one that is read.
struct Audits<'w> {
    home: &'w World,
}

impl Audits<'_> {
    fn command(&self, world: &World, night: u32, flags: &[&str]) -> assert_cmd::Command {
        let dir = self.dir().display().to_string();
        let mut arguments = vec!["audit", "--service", world.running.service_sid(), "--dir", &dir];
        arguments.extend(flags);
        let mut command = world.chatferry(&arguments);
        command.env("CHATFERRY_TEST_NOW", time(night)).current_dir(self.home.folder.path());
        // A hook needs a shell's own programs.
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command
    }

    fn run(&self, world: &World, night: u32, flags: &[&str]) -> Ran {
        run(&mut self.command(world, night, flags))
    }

    /// A night with `--json`: exit code and result.
    fn night(&self, world: &World, night: u32, flags: &[&str]) -> (i32, Value) {
        let mut flags = flags.to_vec();
        flags.push("--json");
        let ran = self.run(world, night, &flags);
        let result = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        (ran.code, result)
    }

    fn dir(&self) -> PathBuf {
        self.home.path("audits")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// The names in the folder, without marker, lock and the page of all audits.
    fn names(&self) -> BTreeSet<String> {
        let names =
            fs::read_dir(self.dir()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with("audit.") && name != "index.html").collect()
    }

    fn latest(&self) -> PathBuf {
        fs::read_link(self.path("latest")).unwrap()
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_night_has_a_folder_and_is_compared_with_the_last() {
    let world = world_with("");
    let audits = Audits { home: &world };
    let (code, first) = audits.night(&world, 0, &[]);
    assert_eq!((code, &first["verdict"], &first["base"]), (0, &json!("complete"), &Value::Null), "{first}");
    assert_eq!(first["folder"], name(0));
    let report = std::fs::read_to_string(audits.dir().join(name(0)).join("report.md")).unwrap();
    assert!(report.contains("none to compare it with"), "{report}");
    let (code, second) = audits.night(&world, 1, &[]);
    assert_eq!(code, 0, "{second}");
    assert_eq!((&second["base"], &second["last_complete"]), (&json!(name(0)), &json!(name(1))));
    assert_eq!(second["differences"]["added"], 0);
    assert!(second["differences"]["same"].as_u64().unwrap() > 100);
    assert_eq!(audits.latest(), Path::new(&name(1)));
    assert_eq!(audits.names(), BTreeSet::from([name(0), name(1), "latest".to_owned()]));
    for file in
        ["snapshot.db", "export/datapackage.json", "export/user_channels.csv", "result.json", "report.md"]
    {
        assert!(audits.path("latest").join(file).exists(), "{file}");
    }
    assert_eq!(ndjson(&audits.path("latest/diff.ndjson")).len(), 0);
    let kept = read(&audits.path("latest/result.json"));
    assert_eq!((&kept["verdict"], &kept["exit_code"]), (&json!("complete"), &json!(0)));

    // The page of the folder has a row for each audit, the newest first, with a link to its report.
    let page = fs::read_to_string(audits.path("index.html")).unwrap();
    let at = |night| page.find(&format!("{}/report.html", name(night))).unwrap();
    assert!(at(1) < at(0), "{page}");
    assert!(page.contains("nothing changed since the audit before"), "{page}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(audits.path("index.html")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    // A change of the night before is seen: by exit code, in the files, and for people.
    let base = audits.path(&name(1)).join("snapshot.db");
    let sql = "UPDATE user_row SET friendly_name = 'Old name' WHERE id = 1; DROP TABLE list_digest;
        DELETE FROM property WHERE key = 'list_digests'";
    Connection::open(base).unwrap().execute_batch(sql).unwrap();
    let ran = audits.run(&world, 2, &[]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stderr.contains(&format!("since {}", name(1))) && ran.stderr.contains("something changed"));
    let found = ndjson(&audits.path("latest/diff.ndjson"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["changes"][0]["old"], "Old name");
    assert!(fs::read_to_string(audits.path("latest/report.html")).unwrap().contains("Old name"));
}

#[test]
fn an_incomplete_night_is_kept_and_never_compared_with() {
    let world = world_with("");
    let audits = Audits { home: &world };
    assert_eq!(audits.night(&world, 0, &[]).0, 0);
    // A night with lists that never end.
    let broken = world_with("loop-user=2");
    let (code, result) = audits.night(&broken, 1, &[]);
    assert_eq!((code, &result["verdict"]), (4, &json!("incomplete")), "{result}");
    let folder = format!("{}.incomplete", name(1));
    assert_eq!((&result["folder"], &result["last_complete"]), (&json!(folder), &json!(name(0))));
    assert_eq!(read(&audits.path(&folder).join("result.json"))["verdict"], "incomplete");
    assert_eq!(audits.latest(), Path::new(&name(0)));
    // A night that is refused midway.
    let refused = world_with("unauthorized-after=10");
    let (code, result) = audits.night(&refused, 2, &[]);
    assert_eq!(
        (code, &result["verdict"], &result["exit_code"]),
        (3, &json!("failed"), &json!(3)),
        "{result}"
    );
    assert!(result["error"]["hint"].as_str().unwrap().contains("TWILIO_AUTH_TOKEN"));
    let failed = format!("{}.incomplete", name(2));
    assert_eq!(read(&audits.path(&failed).join("result.json"))["verdict"], "failed");
    // The next one starts from the beginning and is compared with the last complete one.
    let (code, result) = audits.night(&world, 3, &[]);
    assert_eq!((code, &result["base"]), (0, &json!(name(0))), "{result}");
    assert_eq!(audits.latest(), Path::new(&name(3)));
    let all = [name(0), folder, failed, name(3), "latest".to_owned()];
    assert_eq!(audits.names(), BTreeSet::from(all));
}

#[test]
fn a_killed_night_is_left_as_it_is_and_gone_on_with_if_asked_for() {
    let world = world_with("");
    let audits = Audits { home: &world };
    assert_eq!(audits.night(&world, 0, &[]).0, 0);
    let kill = |night: u32| {
        let slow = World::new(Options {
            users: 40,
            channels: 25,
            latency: std::time::Duration::from_millis(20),
            ..Options::default()
        });
        let command = audits.command(&slow, night, &["--concurrency", "1", "--progress", "none"]);
        let mut child = std::process::Command::new(command.get_program());
        child.args(command.get_args()).current_dir(command.get_current_dir().unwrap()).env_clear();
        child.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut child = child.stderr(std::process::Stdio::null()).spawn().unwrap();
        crate::support::wait_for_requests(&slow, &mut child, 20);
        assert_eq!(child.try_wait().unwrap(), None, "it was still at work");
        // While it runs, no other audit does.
        let second = audits.run(&world, night + 1, &[]);
        assert_eq!(second.code, 2, "{second:?}");
        assert!(second.stderr.contains("another audit is running"), "{}", second.stderr);
        child.kill().unwrap();
        child.wait().unwrap();
    };
    kill(1);
    let folder = format!("{}.incomplete", name(1));
    assert!(
        audits.path(&folder).join("snapshot.db").exists()
            && !audits.path(&folder).join("result.json").exists()
    );
    assert_eq!(audits.latest(), Path::new(&name(0)));
    let (code, result) = audits.night(&world, 2, &[]);
    assert_eq!((code, &result["base"]), (0, &json!(name(0))), "{result}");
    assert!(audits.path(&folder).exists());

    kill(3);
    let so_far = format!("{}.incomplete", name(3));
    let (code, result) = audits.night(&world, 4, &["--resume"]);
    assert_eq!((code, &result["folder"], &result["base"]), (0, &json!(name(3)), &json!(name(2))), "{result}");
    assert!(!audits.path(&so_far).exists());
    // There is nothing to resume: --resume starts a new one.
    let (code, result) = audits.night(&world, 5, &["--resume"]);
    assert_eq!((code, &result["folder"]), (0, &json!(name(5))), "{result}");
}

#[test]
fn old_audits_go_by_plan_and_the_last_complete_one_stays() {
    let world = world_with("");
    let audits = Audits { home: &world };
    for night in 0..3 {
        assert_eq!(audits.night(&world, night, &[]).0, 0);
    }
    fs::create_dir(audits.path("my notes")).unwrap();
    let (code, plan) = audits.night(&world, 3, &["--keep", "2", "--plan-only"]);
    assert_eq!(code, 0);
    assert_eq!(
        (&plan["remove"], &plan["keep"], &plan["base"]),
        (&json!([name(0), name(1)]), &json!([name(2), name(3)]), &json!(name(2)))
    );
    assert!(audits.path(&name(0)).exists() && !audits.path(&name(3)).exists(), "a plan does nothing");
    let told = audits.run(&world, 3, &["--keep", "2", "--plan-only"]);
    assert!(told.stdout.contains(&format!("then remove     {}, {}", name(0), name(1))), "{}", told.stdout);
    let (code, result) = audits.night(&world, 3, &["--keep", "2"]);
    assert_eq!((code, &result["removed"]), (0, &plan["remove"]));
    assert_eq!(
        audits.names(),
        BTreeSet::from([name(2), name(3), "latest".to_owned(), "my notes".to_owned()])
    );

    // A month of failing nights removes no whole one, however few days are kept.
    let refused = world_with("unauthorized-after=3");
    let (code, result) = audits.night(&refused, 45, &["--keep-days", "1"]);
    assert_eq!((code, &result["removed"]), (3, &json!([name(2)])), "{result}");
    assert!(audits.path(&name(3)).exists());
}

#[test]
fn an_audit_that_cannot_be_put_in_its_place_removes_nothing() {
    let world = world_with("");
    let audits = Audits { home: &world };
    assert_eq!(audits.night(&world, 0, &[]).0, 0);
    assert_eq!(audits.night(&world_with("loop-user=2"), 1, &[]).0, 4);
    // Its result cannot be written, at the very end.
    let folder = format!("{}.incomplete", name(1));
    fs::remove_file(audits.path(&folder).join("result.json")).unwrap();
    fs::create_dir(audits.path(&folder).join("result.json")).unwrap();
    let (code, result) = audits.night(&world, 2, &["--resume", "--keep", "1"]);
    assert_eq!((code, &result["verdict"]), (1, &json!("failed")), "{result}");
    assert_eq!((&result["folder"], &result["last_complete"]), (&json!(folder), &json!(name(0))), "{result}");
    assert_eq!(result["removed"], json!([]));
    assert_eq!(audits.names(), BTreeSet::from([name(0), folder, "latest".to_owned()]));
    assert_eq!(audits.latest(), Path::new(&name(0)));
}

#[test]
fn a_base_with_nothing_in_common_is_said_and_the_night_is_whole() {
    let world = world_with("");
    let audits = Audits { home: &world };
    assert_eq!(audits.night(&world, 0, &["--include", "roles", "--records", "roles"]).0, 0);
    let (code, result) = audits.night(&world, 1, &["--include", "channels", "--records", "channels"]);
    assert_eq!(
        (code, &result["verdict"], &result["base"]),
        (0, &json!("complete"), &Value::Null),
        "{result}"
    );
    assert!(result["notes"].to_string().contains("nothing in common"), "{result}");
    // Nor is one that is incomplete compared with, whatever its folder is called.
    let base = audits.path(&name(1)).join("snapshot.db");
    let sql = "UPDATE property SET value = 'incomplete' WHERE key = 'verdict'";
    Connection::open(base).unwrap().execute_batch(sql).unwrap();
    let (code, result) = audits.night(&world, 2, &["--include", "roles", "--records", "roles"]);
    assert_eq!((code, &result["base"]), (0, &json!(name(0))), "{result}");
    assert!(result["notes"].to_string().contains("its snapshot is incomplete"), "{result}");
}

/// SQLite opens what lost its second half, and would compare with what is left.
#[test]
fn a_base_that_is_not_as_it_was_written_is_said_and_passed_over() {
    let world = world_with("");
    let audits = Audits { home: &world };
    for night in 0..2 {
        assert_eq!(audits.night(&world, night, &[]).0, 0);
    }
    let damaged = audits.path(&name(1)).join("snapshot.db");
    let good = fs::read(&damaged).unwrap();
    fs::write(&damaged, &good[..good.len() / 2]).unwrap();
    let (code, result) = audits.night(&world, 2, &["--skip-unchanged", "1/7"]);
    assert_eq!(
        (code, &result["verdict"], &result["base"]),
        (0, &json!("complete"), &json!(name(0))),
        "{result}"
    );
    assert!(result["notes"].to_string().contains("is not as it was written"), "{result}");
    // A changed byte is noticed by the seal alone, unless the check is switched off.
    let damaged = audits.path(&name(2)).join("snapshot.db");
    let mut bytes = fs::read(&damaged).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&damaged, bytes).unwrap();
    let unchecked =
        run(audits.command(&world, 3, &["--json", "--keep", "9"]).env("CHATFERRY_CHECK_FILES", "false"));
    let result: Value = serde_json::from_str(&unchecked.stdout).unwrap();
    assert_eq!(result["base"], json!(name(2)), "{result}");
    fs::remove_dir_all(audits.path(&name(3))).unwrap();
    let (code, result) = audits.night(&world, 4, &[]);
    assert_eq!((code, &result["base"]), (0, &json!(name(0))), "{result}");
}

#[test]
fn a_folder_or_a_clock_that_is_not_right_is_refused_with_advice() {
    let world = world_with("");
    let audits = Audits { home: &world };
    let refused = |night: u32, flags: &[&str], message: &str, hint: &str| {
        let before = world.running.stats().requests;
        let ran = audits.run(&world, night, flags);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains(message) && ran.stderr.contains(hint), "{}", ran.stderr);
        assert_eq!(world.running.stats().requests, before, "nothing was sent");
    };
    fs::create_dir(audits.dir()).unwrap();
    fs::write(audits.path("thesis.txt"), "years of work").unwrap();
    refused(0, &[], "holds something else: thesis.txt", "name an empty folder");
    assert_eq!(audits.names(), BTreeSet::from(["thesis.txt".to_owned()]));
    fs::remove_file(audits.path("thesis.txt")).unwrap();
    assert_eq!(audits.night(&world, 1, &[]).0, 0);
    refused(1, &[], "the clock went backwards", "set the clock");
    refused(0, &[], "the clock went backwards", "set the clock");
    let other = format!("IS{}", "0".repeat(32));
    refused(2, &["--service", &other], "has audits of IS", "a --dir of its own");
    refused(
        2,
        &["--ignore", "users.is_onlin"],
        "not a field that is compared",
        "did you mean `users.is_online`?",
    );
    refused(
        2,
        &["--skip-unchanged", "8/7"],
        "--skip-unchanged cannot be used",
        "`8/7` is not one of so many parts",
    );
    refused(2, &["--mapping", "chatt"], "chatt", "");
    let lock = if cfg!(target_os = "linux") {
        File::open(audits.path(""))
    } else {
        File::create(audits.path("audit.lock"))
    };
    let lock = lock.unwrap();
    lock.try_lock().unwrap();
    refused(2, &[], "another audit is running", "wait until it ends");
    drop(lock);

    // A base that cannot be read is said, and the one before it is taken.
    assert_eq!(audits.night(&world, 2, &[]).0, 0);
    fs::write(audits.path(&name(2)).join("snapshot.db"), "not a database").unwrap();
    let (code, result) = audits.night(&world, 3, &[]);
    assert_eq!((code, &result["base"]), (0, &json!(name(1))), "{result}");
    assert!(result["notes"][0].as_str().unwrap().contains("cannot be compared with"));
}

#[test]
fn unchanged_users_are_carried_over_but_for_a_share() {
    let world = world_with("");
    let audits = Audits { home: &world };
    let (_, first) = audits.night(&world, 0, &["--skip-unchanged", "1/7"]);
    assert!(first["notes"][0].as_str().unwrap().contains("no complete audit to carry users over from"));
    let before = first["crawl"]["requests"]["total"].as_u64().unwrap();
    let (code, second) = audits.night(&world, 1, &["--skip-unchanged", "1/7"]);
    assert_eq!(code, 0, "{second}");
    let carried = &second["crawl"]["carried"];
    let users = carried["users"].as_u64().unwrap();
    assert!((20..40).contains(&users), "{carried}");
    assert_eq!(carried["read_anyway"], "1/7");
    let requests = &second["crawl"]["requests"];
    assert!(before - requests["total"].as_u64().unwrap() >= users, "{requests}");
    assert!(requests["minimum"].as_u64() <= requests["total"].as_u64());
    assert_eq!(
        second["differences"]["same"],
        second["crawl"]["counts"]
            .as_object()
            .unwrap()
            .values()
            .map(|count| count.as_u64().unwrap())
            .sum::<u64>()
    );
    let note = "were not read but carried over";
    assert!(second["differences"]["notes"].to_string().contains(note), "{}", second["differences"]["notes"]);
    for report in ["report.md", "report.html"] {
        assert!(fs::read_to_string(audits.path("latest").join(report)).unwrap().contains(note), "{report}");
    }
    let told = world.run(&["snapshot", "info", audits.path("latest/snapshot.db").to_str().unwrap()]);
    assert!(told.stdout.contains("carried") && told.stdout.contains("a heuristic"), "{}", told.stdout);

    // What the counts do not show is not seen, but by the share that is read anyway. A user whose counts moved is read.
    let sql = "UPDATE membership_row SET unread_messages_count = 4711; UPDATE property SET value = '0' WHERE key = 'list_digests';
        UPDATE user_row SET date_updated = date_updated - 60 WHERE id % 3 = 1";
    Connection::open(audits.path("latest/snapshot.db")).unwrap().execute_batch(sql).unwrap();
    let (code, third) = audits.night(&world, 2, &["--skip-unchanged", "2/7"]);
    assert_eq!(code, 5);
    let changed = &third["differences"]["by_entity"]["user_channels"];
    let (same, different) = (changed["same"].as_u64().unwrap(), changed["different"].as_u64().unwrap());
    assert!(same > 0 && different > 0, "{changed}");
    assert_eq!(third["crawl"]["carried"]["user_channels"], same);
}

#[cfg(unix)]
#[test]
fn operators_get_metrics_and_hooks_and_no_credentials() {
    let world = world_with("");
    let audits = Audits { home: &world };
    let hook = |file: &str| format!("cat > {file}.json; env > {file}.env; echo a hook speaks");
    let (good, bad, changed) = (hook("good"), hook("bad"), hook("changed"));
    let flags = [
        "--metrics-file",
        "chatferry.prom",
        "--on-success",
        good.as_str(),
        "--on-failure",
        bad.as_str(),
        "--on-difference",
        changed.as_str(),
    ];
    let (code, result) = audits.night(&world, 0, &flags);
    assert_eq!(code, 0, "{result}");
    assert_eq!(result["hooks"], json!([{"hook": "on_success", "ok": true, "detail": null}]));
    let given = read(&world.path("good.json"));
    assert_eq!((&given["audit"], &given["verdict"]), (&json!(name(0)), &json!("complete")));
    let environment = fs::read_to_string(world.path("good.env")).unwrap();
    assert!(!environment.contains("TWILIO") && !environment.contains("CHATFERRY"), "{environment}");
    assert!(!environment.contains(world.running.auth_token()));
    assert!(!world.path("bad.json").exists() && !world.path("changed.json").exists());

    let metrics = || fs::read_to_string(world.path("chatferry.prom")).unwrap();
    let value = |name: &str| {
        let text = metrics();
        let line =
            text.lines().find(|line| line.starts_with(&format!("chatferry_audit_{name}"))).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{name} in {text}")).rsplit(' ').next().unwrap().to_owned()
    };
    let service = world.running.service_sid();
    assert_eq!(value(&format!("verdict{{service=\"{service}\",verdict=\"complete\"}}")), "1");
    let success = value("last_success_timestamp_seconds");
    assert_eq!(value(&format!("records{{service=\"{service}\",entity=\"users\"}}")), "40");

    // A failing night: the time of the last success stays.
    let refused = world_with("unauthorized-after=3");
    let (code, result) = audits.night(&refused, 1, &flags);
    assert_eq!((code, &result["hooks"][0]["hook"]), (3, &json!("on_failure")), "{result}");
    assert_eq!(read(&world.path("bad.json"))["error"]["exit_code"], 3);
    assert_eq!(value("last_success_timestamp_seconds"), success);
    assert_eq!(value("exit_code"), "3");

    // A hook that fails, or does not read, changes nothing but what is said.
    let (code, result) =
        audits.night(&world, 2, &["--on-success", "exit 7", "--metrics-file", "nowhere/x.prom"]);
    assert_eq!(code, 0, "{result}");
    assert_eq!(
        result["hooks"],
        json!([{"hook": "on_success", "ok": false, "detail": "it ended with exit status: 7"}])
    );
    assert!(result["notes"][0].as_str().unwrap().contains("nowhere/x.prom could not be written"), "{result}");
    let ran = audits.run(&world, 3, &["--on-success", "false"]);
    assert!(
        ran.code == 0 && ran.stderr.contains("note: --on-success: it ended with exit status: 1"),
        "{ran:?}"
    );
}

/// What a night changed, as short lines, from the simulator's own list.
fn told(changes: &[DriftChange]) -> BTreeSet<String> {
    changes
        .iter()
        .map(|change| {
            let key = change.key.join("/");
            match change.kind {
                DriftChangeKind::Added => format!("+ {} {key}", change.entity),
                DriftChangeKind::Removed => format!("- {} {key}", change.entity),
                DriftChangeKind::Changed => {
                    let fields = change.fields.iter();
                    let fields: BTreeSet<String> =
                        fields.map(|field| format!("{} {} {}", field.name, field.old, field.new)).collect();
                    format!("* {} {key} {fields:?}", change.entity)
                }
            }
        })
        .collect()
}

/// The same from a night's differences.
fn found(path: &Path) -> BTreeSet<String> {
    let line = |row: Row| {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let begin = format!("{} {} {}", text("mark"), text("entity"), text("sid"));
        match row.get("changes").and_then(Value::as_array) {
            Some(changes) => {
                let fields: BTreeSet<String> = changes
                    .iter()
                    .map(|change| {
                        format!("{} {} {}", change["field"].as_str().unwrap(), change["old"], change["new"])
                    })
                    .collect();
                format!("{begin} {fields:?}")
            }
            None => begin,
        }
    };
    ndjson(path).into_iter().map(line).collect()
}

/// Fails with the first lines that one of the two has alone.
fn assert_same(found: &BTreeSet<String>, expected: &BTreeSet<String>, night: u32) {
    let only = |left: &BTreeSet<String>, right: &BTreeSet<String>| {
        left.difference(right).take(5).cloned().collect::<Vec<_>>()
    };
    assert_eq!(only(found, expected), only(expected, found), "night {night}");
}

type Truth = BTreeMap<&'static str, Vec<Row>>;

/// The same from what the service held at two times.
fn between(before: &Truth, after: &Truth) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    let not_asked_for = ["messages", "bindings"];
    for (entity, rows) in before.iter().filter(|(entity, _)| !not_asked_for.contains(entity)) {
        let keyed = |rows: &[Row]| -> BTreeMap<String, Row> {
            let sid = |row: &Row| match row.get("sid") {
                Some(sid) => sid.as_str().unwrap().to_owned(),
                None => {
                    format!("{}/{}", row["user_sid"].as_str().unwrap(), row["channel_sid"].as_str().unwrap())
                }
            };
            rows.iter().map(|row| (sid(row), row.clone())).collect()
        };
        let (old, new) = (keyed(rows), keyed(&after[entity]));
        for (sid, row) in &old {
            let Some(now) = new.get(sid) else {
                lines.insert(format!("- {entity} {sid}"));
                continue;
            };
            let moved = row.iter().filter(|(field, value)| now[*field] != **value);
            let fields: BTreeSet<String> =
                moved.map(|(field, value)| format!("{field} {value} {}", now[field])).collect();
            if !fields.is_empty() {
                lines.insert(format!("* {entity} {sid} {fields:?}"));
            }
        }
        lines.extend(new.keys().filter(|sid| !old.contains_key(*sid)).map(|sid| format!("+ {entity} {sid}")));
    }
    lines
}

#[test]
fn thirty_nights_tell_exactly_what_changed() {
    let all = "roles,users,channels,user-channels,members,invites";
    let world = world_with("");
    let audits = Audits { home: &world };
    let flags = ["--include", all, "--ignore", "none", "--keep", "5", "--format", "ndjson"];
    let mut waiting = Vec::new();
    let mut kinds = BTreeSet::new();
    let mut last_whole = None;
    let mut before = world.truth();
    for night in 0..30 {
        if night > 0 {
            waiting.push(world.running.drift(u64::from(night), 0.05));
        }
        match night {
            // One night is refused, one is killed: the next one reports what changed.
            9 => {
                let refused = world_with("unauthorized-after=5");
                assert_eq!(audits.night(&refused, night, &flags).0, 3);
                continue;
            }
            17 => {
                let command = audits.command(&world, night, &flags);
                let mut child = std::process::Command::new(command.get_program());
                child.args(command.get_args()).current_dir(command.get_current_dir().unwrap()).env_clear();
                child.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
                child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
                let mut child = child.spawn().unwrap();
                crate::support::wait_for_requests(&world, &mut child, 10);
                child.kill().unwrap();
                child.wait().unwrap();
                assert!(
                    audits.path(&format!("{}.incomplete", name(night))).exists(),
                    "it was killed at work"
                );
                continue;
            }
            _ => {}
        }
        let (code, result) = audits.night(&world, night, &flags);
        let expected = waiting.drain(..).map(|changes| told(&changes)).collect::<Vec<_>>();
        assert_eq!(result["verdict"], "complete", "night {night}: {result}");
        assert_eq!(
            result["base"],
            last_whole.map_or(Value::Null, |night| json!(name(night))),
            "night {night}"
        );
        last_whole = Some(night);
        match expected.as_slice() {
            [] => assert_eq!(code, 0, "the first night"),
            // A night after one that was missed tells of both together.
            [_, _, ..] => {
                assert_eq!(code, 5);
                let expected = between(&before, &world.truth());
                assert_same(&found(&audits.path("latest/diff.ndjson")), &expected, night);
            }
            [expected] => {
                assert_eq!(code, if expected.is_empty() { 0 } else { 5 }, "night {night}");
                assert_same(&found(&audits.path("latest/diff.ndjson")), expected, night);
                kinds.extend(
                    expected.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")),
                );
            }
        }
        before = world.truth();
        let whole = audits.names().into_iter().filter(|name| name.ends_with('Z')).count();
        assert_eq!(
            whole,
            5.min(night as usize + 1 - usize::from(night > 9) - usize::from(night > 17)),
            "night {night}"
        );
    }
    for kind in [
        "+ users",
        "- users",
        "* users",
        "+ user_channels",
        "- user_channels",
        "* user_channels",
        "+ channels",
    ] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    let mut last: Vec<String> = (25..30).map(name).collect();
    last.push("latest".to_owned());
    assert_eq!(audits.names(), last.into_iter().collect(), "the incomplete nights went by their age");
}
