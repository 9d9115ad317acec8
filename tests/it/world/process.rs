//! The end of the terminal.

use std::process::Stdio;

use chatferry::internals::simulator::Options;

use crate::support::{World, wait_for_requests};

/// Case 20.
#[cfg(unix)]
#[test]
fn a_closed_terminal_ends_a_crawl_as_a_request_to_end_does() {
    let latency = std::time::Duration::from_millis(20);
    let world = World::new(Options { users: 60, latency, ..Options::default() });
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("chatferry"));
    let url = world.running.url();
    let mut child = command
        .args(["crawl", "--service", world.running.service_sid(), "--progress", "none"])
        .current_dir(world.folder.path())
        .env_clear()
        .env("TWILIO_ACCOUNT_SID", world.running.account_sid())
        .env("TWILIO_AUTH_TOKEN", world.running.auth_token())
        .env("CHATFERRY_CHAT_URL", &url)
        .env("CHATFERRY_CONVERSATIONS_URL", &url)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_requests(&world, &mut child, 10);
    let killed = std::process::Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("interrupted"), "{stderr}");
}

/// Case 20: an audit ends as one that failed, with its metrics and its hook.
#[cfg(unix)]
#[test]
fn a_closed_terminal_ends_an_audit_with_metrics_and_hook() {
    let latency = std::time::Duration::from_millis(20);
    let world = World::new(Options { users: 60, latency, ..Options::default() });
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("chatferry"));
    let url = world.running.url();
    let mut child = command
        .args(["audit", "--service", world.running.service_sid(), "--dir", "audits", "--progress", "none"])
        .args(["--metrics-file", "audit.prom", "--on-failure", "echo failed > hook.txt"])
        .current_dir(world.folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TWILIO_ACCOUNT_SID", world.running.account_sid())
        .env("TWILIO_AUTH_TOKEN", world.running.auth_token())
        .env("CHATFERRY_CHAT_URL", &url)
        .env("CHATFERRY_CONVERSATIONS_URL", &url)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_requests(&world, &mut child, 10);
    let killed = std::process::Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let metrics = std::fs::read_to_string(world.path("audit.prom")).unwrap();
    assert!(metrics.contains("chatferry_audit_exit_code"), "{metrics}");
    assert_eq!(std::fs::read_to_string(world.path("hook.txt")).unwrap(), "failed\n");
}
