//! The entire program, run inside the test: what it prints and how it ends.

use std::ffi::OsString;
use std::io::{self, Write};

use tempfile::TempDir;

use super::*;
use crate::report::stderr::CapturedStderr;
use crate::settings::Environment;

struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

fn run_in(folder: &TempDir, line: &str, variables: &[(&str, &str)]) -> Ended {
    let (stdout, stderr) = (CapturedStderr::default(), CapturedStderr::default());
    let status = run_to(Box::new(stdout.clone()), &stderr, folder, line, variables);
    Ended { status, stdout: stdout.text(), stderr: stderr.text() }
}

fn run_to(
    stdout: Box<dyn Write + Send>,
    stderr: &CapturedStderr,
    folder: &TempDir,
    line: &str,
    variables: &[(&str, &str)],
) -> ExitStatus {
    let arguments: Vec<OsString> =
        std::iter::once("chatferry").chain(line.split_whitespace()).map(OsString::from).collect();
    let streams = Streams {
        stdin: Box::new(io::empty()),
        stdout,
        stderr: Box::new(stderr.clone()),
        stdin_is_terminal: false,
        stdout_is_terminal: false,
        stderr_is_terminal: false,
    };
    start(&arguments, Environment::of(variables.iter().copied()), folder.path(), streams)
}

fn run(line: &str, variables: &[(&str, &str)]) -> Ended {
    run_in(&TempDir::new().unwrap(), line, variables)
}

#[test]
fn config_shows_every_setting_and_where_it_came_from() {
    let folder = TempDir::new().unwrap();
    let file = "rps = 50\n[profiles.live]\nconcurrency = 8\n";
    std::fs::write(folder.path().join("chatferry.toml"), file).unwrap();
    let variables = [
        ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
        ("TWILIO_AUTH_TOKEN", "markersecret"),
        ("TWILIO_REGION", "ie1"),
    ];
    let line = "config --profile live --max-duration 2h";
    let text = run_in(&folder, line, &variables);
    assert_eq!(text.status, ExitStatus::Done);
    assert_eq!(text.stderr, "");
    insta::assert_snapshot!("config", text.stdout);
    let json = run_in(&folder, &format!("{line} --json"), &variables);
    let object: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(object["file"], "chatferry.toml");
    assert_eq!(object["settings"]["rps"]["value"], "50");
    assert_eq!(object["settings"]["concurrency"]["from"], "file");
    assert_eq!(object["settings"]["max_duration"]["place"], "--max-duration");
    assert_eq!(object["settings"]["chat_url"]["value"], "https://chat.dublin.ie1.twilio.com");
    assert_eq!(object["settings"]["TWILIO_AUTH_TOKEN"]["value"], "set");
    assert!(!format!("{}{}", text.stdout, json.stdout).contains("marker"));
}

#[test]
fn wrong_settings_end_with_two_and_are_told_once() {
    let variables = [("CHATFERRY_LOG_FORMAT", "jsn")];
    let told = "error: CHATFERRY_LOG_FORMAT cannot be used\n\
                caused by: `jsn` is none of text, json\n\
                hint: did you mean `json`?\n";
    let ended = run("config", &variables);
    assert_eq!((ended.status, ended.stdout.as_str(), ended.stderr.as_str()), (ExitStatus::Usage, "", told));
    let ended = run("--json config", &variables);
    assert_eq!(ended.status, ExitStatus::Usage);
    assert_eq!(ended.stderr, told);
    let object: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(object["error"]["message"], "CHATFERRY_LOG_FORMAT cannot be used");
    assert_eq!(object["error"]["exit_code"], 2);
}

#[test]
fn wrong_usage_ends_with_two_and_help_with_zero() {
    let ended = run("config --nonsense", &[]);
    assert_eq!((ended.status, ended.stdout.as_str()), (ExitStatus::Usage, ""));
    assert!(ended.stderr.starts_with("error: unexpected argument '--nonsense' found"), "{}", ended.stderr);
    let ended = run("config --nonsense --json", &[]);
    let object: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(object["error"]["message"], "unexpected argument '--nonsense' found");
    let ended = run("config --concurency 3 --json", &[]);
    let object: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(object["error"]["hint"], "a similar argument exists: '--concurrency'");
    for line in ["--help", "-h", "--version", "crawl --help"] {
        let ended = run(line, &[]);
        assert_eq!((ended.status, ended.stderr.as_str()), (ExitStatus::Done, ""), "{line}");
        assert!(!ended.stdout.is_empty());
    }
    assert_eq!(run("", &[]).status, ExitStatus::Usage);
}

#[test]
fn color_is_used_when_asked_for_alone() {
    let escape = '\u{1b}';
    assert!(!run("--help", &[]).stdout.contains(escape));
    assert!(run("--color always --help", &[]).stdout.contains(escape));
    assert!(run("--help --color=always", &[]).stdout.contains(escape));
    assert!(run("config --color always", &[("CHATFERRY_RPS", "x")]).stderr.contains(escape));
    assert!(!run("config --color never", &[("CHATFERRY_RPS", "x")]).stderr.contains(escape));
}

#[test]
fn completions_and_manual_pages_come_from_the_same_definition() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = run(&format!("completions {shell}"), &[]);
        assert_eq!(ended.status, ExitStatus::Done);
        assert!(ended.stdout.contains("account-concurrency"), "{shell}");
    }
    assert!(run("man", &[]).stdout.contains(".TH chatferry 1"));
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("man/man1");
    let ended = run(&format!("man --out {}", out.display()), &[]);
    assert_eq!(ended.status, ExitStatus::Done);
    assert_eq!(ended.stdout, "");
    for page in ["chatferry.1", "chatferry-crawl.1", "chatferry-snapshot-check.1"] {
        assert!(out.join(page).exists(), "{page}");
    }
    let ended = run(&format!("man --out {}/chatferry.1", out.display()), &[]);
    assert_eq!(ended.status, ExitStatus::Failed);
    assert!(ended.stderr.starts_with("error: the manual pages cannot be written to "), "{}", ended.stderr);
}

/// A pipe whose reader went away.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_is_quiet() {
    let folder = TempDir::new().unwrap();
    for line in ["config", "config --json", "completions bash", "man", "--help"] {
        let stderr = CapturedStderr::default();
        let status = run_to(Box::new(Closed), &stderr, &folder, line, &[]);
        assert_eq!((status, stderr.text().as_str()), (ExitStatus::Done, ""), "{line}");
    }
}
