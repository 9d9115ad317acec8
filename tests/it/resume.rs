//! Killed, interrupted, run again: the result is that of one undisturbed run.

use std::io::Read;
#[cfg(unix)]
use std::process::Child;

use chatferry::internals::simulator::Options;

use crate::support::{DEFAULT_RECORDS, World, files, spawn, wait_for_requests};

#[test]
fn killed_at_any_moment_and_resumed_it_is_as_if_it_never_was() {
    let undisturbed = World::with_faults("");
    assert_eq!(undisturbed.crawl(&[]).code, 0);
    let expected = data_files(&undisturbed);

    let world = World::with_faults("429=2%,500=1%,reset=1%,repeat-row=2%,empty-page=2%");
    let mut kills = 0;
    // Steps of primes, so that the kills fall on lists, details, first and later pages alike.
    for more in [1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47].into_iter().cycle().take(24) {
        let mut child = spawn(&world, &[]);
        wait_for_requests(&world, &mut child, more);
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap(); // SIGKILL
            kills += 1;
        }
        child.wait().unwrap();
        if kills > 0 {
            // Whatever was committed is sound at every moment.
            let check = world.chatferry(&["snapshot", "check", "--json"]).output().unwrap();
            if let Ok(report) = serde_json::from_slice::<serde_json::Value>(&check.stdout)
                && report["sound"].is_boolean()
            {
                assert_eq!(report["sound"], true, "{report}");
            }
        }
    }
    assert!(kills >= 10, "{kills} kills");
    let finished = world.crawl(&[]);
    assert_eq!(finished.code, 0, "{}", finished.talk);
    world.assert_exported_truth(&world.export("truth", &[]), &DEFAULT_RECORDS);
    assert_eq!(data_files(&world), expected, "byte for byte");
}

/// The killed run's write-ahead log must not be played into the snapshot that replaces its own.
#[test]
fn begun_anew_after_a_kill_nothing_of_the_former_run_is_left() {
    let world = World::with_faults("");
    let mut child = spawn(&world, &[]);
    wait_for_requests(&world, &mut child, 200);
    child.kill().unwrap();
    child.wait().unwrap();
    let log = std::fs::metadata(world.path("snapshot.db-wal")).unwrap();
    assert!(log.len() > 0, "the killed run left a log, or this test shows nothing");
    let restarted = world.crawl(&["--restart"]);
    assert_eq!(restarted.code, 0, "{}", restarted.talk);
    let info = world.json(&["snapshot", "info"]);
    assert_eq!(info["verdict"], "complete");
    assert_eq!(info["requests"], restarted.result["requests"], "it is the new one's own account of itself");
    world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
    assert!(!world.path("snapshot.db-wal").exists());
}

fn data_files(world: &World) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut files = files(&world.export("out", &[]));
    files.remove("datapackage.json"); // says when the crawl was
    files
}

#[test]
fn a_resumed_crawl_reads_no_committed_page_again() {
    let world = World::with_faults("");
    let minimum = {
        let other = World::with_faults("");
        other.crawl(&[]).result["requests"]["minimum"].as_u64().unwrap()
    };
    let mut child = spawn(&world, &["--concurrency", "1"]);
    wait_for_requests(&world, &mut child, 150);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(world.crawl(&[]).code, 0);
    let requests = world.running.stats().requests;
    // What was in flight, or fetched and not yet committed, is read again; no more.
    assert!(requests >= minimum && requests <= minimum + 70, "{requests} of {minimum}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_once_commits_and_says_how_to_go_on() {
    let world = World::new(Options { latency: std::time::Duration::from_millis(5), ..Options::default() });
    let mut child = spawn(&world, &[]);
    wait_for_requests(&world, &mut child, 60);
    interrupt(&child);
    let mut talk = String::new();
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{talk}");
    assert!(talk.contains("run the same command again"), "{talk}");
    let committed = world.running.stats().requests;
    assert_eq!(world.crawl(&[]).code, 0);
    let truth = world.truth();
    let minimum = committed + 1; // the rest takes something
    assert!(world.running.stats().requests >= minimum);
    assert!(!truth["users"].is_empty());
    world.assert_exported_truth(&world.export("out", &[]), &DEFAULT_RECORDS);
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
}
