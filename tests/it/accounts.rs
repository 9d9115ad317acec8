//! One of many accounts: the accounts file, places with names in them, records of runs, and the summary of all.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Ran, World, files, ndjson, run};

/// The date in places.
const NOW: &str = "2026-12-02T23:30:00Z";

/// An account of the simulator: `other` is the one that has nothing.
fn entry(world: &World, name: &str, settings: &str) -> String {
    format!("[[account]]\nname = \"{name}\"\naccount_sid = \"{}\"\n{settings}\n", world.running.account_sid())
}

/// A world with an accounts file of these entries and the secret of the account in a file.
fn world(entries: &[(&str, &str)]) -> World {
    let world = World::with_faults("");
    fs::write(world.path("secret"), world.running.auth_token()).unwrap();
    let text: String = entries.iter().map(|(name, settings)| entry(&world, name, settings)).collect();
    fs::write(world.path("accounts.toml"), text).unwrap();
    world
}

/// A verb with the accounts file, and an environment whose credentials are another account's.
fn ferry(world: &World, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = world.chatferry(arguments);
    command.env("CHATFERRY_ACCOUNTS", "accounts.toml").env("CHATFERRY_TEST_NOW", NOW);
    command
        .env("TWILIO_ACCOUNT_SID", format!("AC{}", "9".repeat(32)))
        .env("TWILIO_AUTH_TOKEN", "9".repeat(32));
    command.envs(environment.iter().copied());
    run(&mut command)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

const SECRET: &str = "secret_file = \"secret\"";

#[test]
fn every_verb_works_for_the_account_of_the_index_with_its_own_credentials() {
    let world = world(&[("acme", SECRET), ("Big.Co-1", SECRET)]);
    let places = ["--snapshot", "data/{name}/snapshot.db", "--result", "data/{name}/{account}.json"];
    let service = world.running.service_sid();
    let crawl = [&["crawl", "--service", service], &places[..]].concat();
    let ran = ferry(&world, &crawl, &[("JOB_COMPLETION_INDEX", "1")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let account = world.running.account_sid();
    let record = json(&world.path(&format!("data/Big.Co-1/{account}.json")));
    assert_eq!(
        (&record["account"], &record["verb"], &record["exit_code"]),
        (&"Big.Co-1".into(), &"crawl".into(), &0.into())
    );
    assert_eq!(record["result"]["verdict"], "complete");

    let export = [
        &["export", "--account", "Big.Co-1", "--out", "lake/account={account}/service={service}/date={date}"],
        &places[..2],
    ];
    let ran = ferry(&world, &export.concat(), &[("JOB_COMPLETION_INDEX", "0")]);
    assert_eq!(ran.code, 0, "the flag wins over the index: {ran:?}");
    // The date is the crawl's, which the test's clock does not set.
    let there = files(&world.path(&format!("lake/account={account}/service={service}")));
    let [date] = fs::read_dir(world.path(&format!("lake/account={account}/service={service}")))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let started = record["started"].as_str().unwrap();
    assert!(there.is_empty() && date == format!("date={}", &started[..10]), "{date} {started}");
    let out = world.path(&format!("lake/account={account}/service={service}/{date}"));
    assert_eq!(ndjson(&out.join("users.ndjson")).len(), world.truth()["users"].len());

    let audit = [
        "audit",
        "--account",
        "0",
        "--service",
        service,
        "--dir",
        "{name}/{service}/{date}",
        "--metrics-file",
        "{name}-{account}.prom",
    ];
    assert_eq!(ferry(&world, &audit, &[]).code, 0);
    assert!(world.path(&format!("acme/{service}/2026-12-02/latest")).exists());
    assert!(world.path(&format!("acme-{account}.prom")).exists());
}

#[test]
fn accounts_check_has_a_line_for_each_and_the_worst_exit_code() {
    let world = world(&[
        ("good", SECRET),
        ("elsewhere", "secret_file = \"wrong\""),
        ("oauth", "secret_command = \"cat secret\"\nservice = [\"IS00000000000000000000000000000000\"]"),
    ]);
    fs::write(world.path("wrong"), "0".repeat(32)).unwrap();
    let ran = ferry(&world, &["accounts", "check", "--json"], &[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
    let accounts = summary["accounts"].as_array().unwrap();
    assert_eq!((&summary["usable"], accounts.len()), (&1.into(), 3));
    assert_eq!((&accounts[0]["outcome"], &accounts[0]["services"]), (&"ok".into(), &2.into()));
    assert_eq!(accounts[0]["users"], world.truth()["users"].len());
    assert_eq!((&accounts[1]["outcome"], &accounts[1]["exit_code"]), (&"refused".into(), &3.into()));
    assert!(accounts[2]["outcome"] != "ok", "a service that the account does not have: {}", accounts[2]);

    fs::remove_file(world.path("wrong")).unwrap();
    let ran = ferry(&world, &["accounts", "check"], &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 5, "a header, a line for each, and how many: {}", ran.stdout);
    assert!(
        lines[2].starts_with("wrong settings  elsewhere") && lines[2].contains("secret file wrong"),
        "{}",
        lines[2]
    );
    assert_eq!(lines[4], "1 of 3 accounts can be crawled");
}

#[test]
fn a_wrong_accounts_file_or_choice_is_refused_with_file_and_line() {
    let world = world(&[("acme", SECRET), ("zeta", SECRET)]);
    let ran = |arguments: &[&str], environment: &[(&str, &str)]| ferry(&world, arguments, environment);
    let crawl = ["crawl", "--all-services", "--snapshot", "{name}.db"];
    let refused = |ran: Ran, told: &[&str]| {
        assert_eq!(ran.code, 2, "{ran:?}");
        for text in told {
            assert!(ran.stderr.contains(text), "no {text} in {}", ran.stderr);
        }
        assert!(!world.path("acme.db").exists() && !world.path("snapshot.db").exists());
    };
    refused(
        ran(&crawl, &[("JOB_COMPLETION_INDEX", "2")]),
        &[
            "accounts.toml",
            "JOB_COMPLETION_INDEX asks for account 2, and the last is 1, on line 5",
            "count from 0",
        ],
    );
    refused(
        ran(&[&crawl[..], &["--account", "acne"]].concat(), &[]),
        &["--account asks for `acne`", "did you mean `acme`?"],
    );
    refused(ran(&crawl, &[]), &["no account of accounts.toml is chosen", "--account NAME"]);
    // One place for two accounts, whether it is typed or the default.
    let index = [("JOB_COMPLETION_INDEX", "0")];
    for (arguments, flag) in [
        (&["crawl", "--all-services"][..], "--snapshot"),
        (&["crawl", "--all-services", "--snapshot", "{account}/{date}.db"], "--snapshot"),
        (&["crawl", "--all-services", "--snapshot", "{name}.db", "--result", "r.json"], "--result"),
        (&["export", "--snapshot", "{name}.db"], "--out"),
        (&["audit", "--all-services", "--dir", "audits"], "--dir"),
        (&["audit", "--all-services", "--dir", "{name}", "--metrics-file", "m.prom"], "--metrics-file"),
    ] {
        let both = "is one place for the accounts `acme` and `zeta`";
        refused(ran(arguments, &index), &[flag, both, "put {account} or {name} into it"]);
    }
    for (place, told) in [
        ("{team}.db", "has `{team}`, which stands for nothing"),
        ("{name.db", "has a `{` without `}`"),
        ("{name}/{service}.db", "has `{service}`, which stands for one service, and none is named"),
    ] {
        refused(ran(&["crawl", "--all-services", "--snapshot", place], &index), &[told]);
    }
    let files = [
        ("[[account]]\nname = \"a\"\n", "line 1: the account `a` has no `account_sid`"),
        ("[[account]]\nrps = 1\n", "line 1: the account has no `name`"),
        ("[[account]]\nname = \"../a\"\n", "line 2: `../a` cannot be the name of an account"),
        ("[[account]]\nname = \"12\"\n", "`12` cannot be the name"),
        (
            "\n[[account]]\nname = \"a\"\naccount_sid = \"hunter2\"\n",
            "line 4: the `account_sid` of `a` is not an Account SID",
        ),
        ("[[account]]\nname = \"a\"\nrsp = 1\n", "line 3, column 1: unknown key `rsp`"),
        ("[[account]]\nname = \"a\"\nauth_token = \"hunter2\"\n", "`auth_token` is a secret"),
        ("rps = 1\n", "line 1, column 1: `rps` is not an `[[account]]`"),
        ("account = 1\n", "`account` must be tables"),
        ("", "it has no `[[account]]`"),
        ("[[account\n", "line 1"),
    ];
    for (text, told) in files {
        fs::write(world.path("accounts.toml"), text).unwrap();
        let ran = ran(&crawl, &index);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
        refused(ran, &["accounts.toml", told]);
    }
    let twice = [entry(&world, "acme", SECRET), entry(&world, "ACME", SECRET)].concat();
    fs::write(world.path("accounts.toml"), twice).unwrap();
    refused(ran(&crawl, &index), &["lines 1 and 5 are accounts of one name, `ACME`"]);
    // A secret of another account in the environment is not taken.
    fs::write(world.path("accounts.toml"), entry(&world, "acme", "")).unwrap();
    refused(
        ran(&crawl, &index),
        &["accounts.toml:1 (account acme) has neither `secret_file` nor `secret_command`"],
    );
    let alone = run(&mut world.chatferry(&["crawl", "--account", "acme"]));
    refused(alone, &["--account asks for an account, but there is no accounts file"]);
}

#[test]
fn the_snapshot_of_another_account_is_not_exported_as_this_ones() {
    let world = world(&[("acme", SECRET)]);
    assert_eq!(world.crawl(&[]).code, 0);
    let other = format!("[[account]]\nname = \"b\"\naccount_sid = \"AC{}\"\n", "1".repeat(32));
    fs::write(world.path("accounts.toml"), other).unwrap();
    let ran = ferry(&world, &["export", "--account", "b", "--out", "{name}"], &[]);
    assert!(ran.code == 2 && ran.stderr.contains("the account `b` is AC1111"), "{ran:?}");
    assert!(!world.path("b").exists());
}

#[test]
fn a_summary_says_which_accounts_are_complete_and_which_failed_or_are_missing() {
    let names = ["complete", "refused", "stopped", "audited", "never"];
    let entries: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (*name, if *name == "refused" { "secret_file = \"wrong\"" } else { SECRET }))
        .collect();
    let world = world(&entries);
    fs::write(world.path("wrong"), "0".repeat(32)).unwrap();
    let service = world.running.service_sid();
    let crawl = [
        "crawl",
        "--service",
        service,
        "--snapshot",
        "data/{name}/snapshot.db",
        "--result",
        "data/{name}/r.json",
    ];
    let of = |account: &str, flags: &[&str]| {
        ferry(&world, &[&crawl[..], &["--account", account], flags].concat(), &[])
    };
    assert_eq!(of("complete", &[]).code, 0);
    assert_eq!(of("refused", &[]).code, 3);
    let audit = [
        "audit",
        "--account",
        "audited",
        "--service",
        service,
        "--dir",
        "data/{name}/audits",
        "--result",
        "data/{name}/a.json",
    ];
    assert_eq!(ferry(&world, &audit, &[]).code, 0);
    // A run that was killed: the record of its beginning.
    assert_eq!(of("stopped", &[]).code, 0);
    let mut record = json(&world.path("data/stopped/r.json"));
    (record["finished"], record["exit_code"], record["result"]) = (Value::Null, Value::Null, Value::Null);
    fs::write(world.path("data/stopped/r.json"), record.to_string()).unwrap();

    let summary = |flags: &[&str]| ferry(&world, &[&["summary", "data"], flags].concat(), &[]);
    let ran = summary(&["--json", "--report", "summary.html"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let overview: Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = overview["accounts"].as_array().unwrap();
    let states: Vec<(&str, &str, u64)> = rows
        .iter()
        .map(|row| {
            (
                row["name"].as_str().unwrap(),
                row["state"].as_str().unwrap(),
                row["exit_code"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("complete", "complete", 0),
        ("refused", "failed", 3),
        ("stopped", "unfinished", 4),
        ("audited", "complete", 0),
        ("never", "missing", 4),
    ];
    assert_eq!(states, expected);
    assert_eq!(rows[0]["memberships"], world.truth()["user_channels"].len());
    let page = fs::read_to_string(world.path("summary.html")).unwrap();
    assert!(page.contains("2 of 5 accounts complete") && page.ends_with("</html>\n"));

    let csv = summary(&["--format", "csv"]).stdout;
    assert_eq!(csv.lines().count(), 6);
    assert!(csv.starts_with("number,name,account_sid,state,services,time,"), "{csv}");
    let table = summary(&[]).stdout;
    assert!(table.ends_with("5 accounts: 2 complete, 1 unfinished, 1 failed, 1 missing\n"), "{table}");
    // Without the accounts file, what is there. These are all of one account.
    let alone = run(&mut world.chatferry(&["summary", "data/complete"]));
    assert!(alone.code == 0 && alone.stdout.contains("1 account: 1 complete"), "{alone:?}");
    let none = run(&mut world.chatferry(&["summary", "gone"]));
    assert!(none.code == 2 && none.stderr.contains("`gone` cannot be read"), "{none:?}");
}

#[test]
fn a_finding_is_a_success_to_schedulers_that_ask_for_it_and_stays_in_the_record() {
    let world = World::with_faults("changing=2");
    let service = world.running.service_sid();
    let crawl = ["crawl", "--service", service, "--result", "results/{service}.json"];
    let ran = run(&mut world.chatferry(&[&crawl[..], &["--findings-ok"]].concat()));
    assert_eq!(ran.code, 0, "{ran:?}");
    let record = json(&world.path(&format!("results/{service}.json")));
    assert_eq!(record["services"], serde_json::json!([service]), "the service of the verb's own flag");
    assert_eq!(
        (&record["exit_code"], &record["result"]["verdict"]),
        (&5.into(), &"complete_with_drift".into())
    );
    assert_eq!(run(&mut world.chatferry(&["summary", "results"])).code, 5);
}
