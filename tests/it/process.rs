//! What the system does to the program: a closed terminal, a limit on threads, a limit on the size of files.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chatferry::internals::simulator::Options;

use crate::support::{World, spawn, wait_for_requests};

fn binary() -> std::path::PathBuf {
    assert_cmd::cargo::cargo_bin("chatferry")
}

/// The environment of a world, for commands that a shell starts.
fn shell(world: &World, script: &str) -> Command {
    let mut command = Command::new("sh");
    let url = world.running.url();
    command
        .args(["-c", script, "sh"])
        .arg(binary())
        .current_dir(world.folder.path())
        .env("TWILIO_ACCOUNT_SID", world.running.account_sid())
        .env("TWILIO_AUTH_TOKEN", world.running.auth_token())
        .env("CHATFERRY_CHAT_URL", &url)
        .env("CHATFERRY_CONVERSATIONS_URL", &url)
        .env("CHATFERRY_SERVICE", world.running.service_sid())
        .env("CHATFERRY_RPS", "0")
        .stdin(Stdio::null());
    command
}

#[test]
fn a_closed_terminal_stops_a_crawl_as_ctrl_c_does() {
    let world = World::new(Options { latency: Duration::from_millis(30), ..Options::default() });
    let mut child = spawn(&world, &[]);
    wait_for_requests(&world, &mut child, 10);
    let hung_up = Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap();
    assert!(hung_up.success());
    assert_eq!(child.wait().unwrap().code(), Some(130), "stopped, and not killed");
    let resumed = world.crawl(&[]);
    assert_eq!(resumed.code, 0, "{}", resumed.talk);
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_like_a_full_disk() {
    let world = World::new(Options { users: 200, channels: 60, memberships: 10, ..Options::default() });
    // Blocks of 512 or 1,024 bytes: far less than the snapshot takes.
    let output = shell(&world, "ulimit -f 100; exec \"$1\" crawl --progress none").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("error: ") && stderr.contains("hint: "), "{stderr}");
    assert!(stderr.contains("ulimit -f") || stderr.contains("space"), "{stderr}");
}

#[test]
fn a_limit_on_threads_is_an_error_with_a_hint_and_no_hang() {
    let world = World::new(Options::default());
    // Root is not limited, so another user runs it where that is possible.
    let limited = "ulimit -u 1 2>/dev/null || exit 77; exec \"$1\" probe";
    let can_drop =
        Command::new("setpriv").arg("--version").output().is_ok_and(|output| output.status.success());
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = if is_root && can_drop {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "64123", "--clear-groups", "sh", "-c", limited, "sh"])
            .arg(binary())
            .env("TWILIO_ACCOUNT_SID", world.running.account_sid())
            .env("TWILIO_AUTH_TOKEN", world.running.auth_token())
            .current_dir("/")
            .stdin(Stdio::null());
        command
    } else {
        shell(&world, limited)
    };
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_mins(1), "it hangs");
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        // The system does not let this test set the limit, or does not keep to it.
        Some(77 | 126 | 127) => {}
        code => {
            assert_eq!(code, Some(1), "{stderr}");
            assert!(stderr.contains("threads that it needs") && stderr.contains("ulimit -u"), "{stderr}");
        }
    }
}
