//! The end of the terminal.

use std::process::{Child, Output, Stdio};

use chatferry::internals::simulator::Options;

use crate::support::{World, spawn, wait_for_requests};

/// The terminal of a child is closed while it works.
#[cfg(unix)]
fn hang_up(world: &World, mut child: Child) -> Output {
    wait_for_requests(world, &mut child, 10);
    let killed = std::process::Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    child.wait_with_output().unwrap()
}

/// Case 20.
#[cfg(unix)]
#[test]
fn a_closed_terminal_ends_a_crawl_as_a_request_to_end_does() {
    let latency = std::time::Duration::from_millis(50);
    let world = World::new(Options { users: 60, latency, ..Options::default() });
    let output = hang_up(&world, spawn(&world, &[]));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("interrupted"), "{stderr}");
}

/// Case 20: an audit ends as one that failed, with its metrics and its hook.
#[cfg(unix)]
#[test]
fn a_closed_terminal_ends_an_audit_with_metrics_and_hook() {
    let latency = std::time::Duration::from_millis(50);
    let world = World::new(Options { users: 60, latency, ..Options::default() });
    let mut command = world.process(&[
        "audit",
        "--service",
        world.running.service_sid(),
        "--dir",
        "audits",
        "--progress",
        "none",
    ]);
    command
        .args(["--metrics-file", "audit.prom", "--on-failure", "echo failed > hook.txt"])
        .env("PATH", std::env::var_os("PATH").unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let output = hang_up(&world, command.spawn().unwrap());
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let metrics = std::fs::read_to_string(world.path("audit.prom")).unwrap();
    assert!(metrics.contains("chatferry_audit_exit_code"), "{metrics}");
    assert_eq!(std::fs::read_to_string(world.path("hook.txt")).unwrap(), "failed\n");
}
