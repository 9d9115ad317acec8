//! Running a hook: a command of the user's in a shell, with the result on its stdin.
//!
//! **Invariant:** a hook gets no credentials. Variables of Twilio and of chatferry are not in its environment.
//!
//! **Invariant:** a hook cannot hold the audit up for ever: after [`LONGEST`] it is killed.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::report::HookReport;
use crate::report::text::audit::HookFailure;

/// The longest that a hook may run.
const LONGEST: Duration = Duration::from_mins(5);

/// How often a hook is asked whether it has ended.
const ASKED_EVERY: Duration = Duration::from_millis(50);

/// Runs a hook to its end.
pub(super) async fn run(hook: &'static str, command: &str, stdin: &str, without: &[String]) -> HookReport {
    let ended = match start(command, without) {
        Ok(child) => wait(child, stdin).await,
        Err(error) => Err(HookFailure::Start(error)),
    };
    HookReport { hook, ok: ended.is_ok(), detail: ended.err().map(|failure| failure.to_string()) }
}

fn start(command: &str, without: &[String]) -> io::Result<Child> {
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.arg(if cfg!(windows) { "/C" } else { "-c" }).arg(command);
    for name in without {
        shell.env_remove(name);
    }
    // What it prints is stderr: stdout is the verb's own.
    shell.stdin(Stdio::piped()).stdout(io::stderr()).stderr(Stdio::inherit()).spawn()
}

async fn wait(mut child: Child, text: &str) -> Result<(), HookFailure> {
    let stdin = child.stdin.take();
    let text = text.to_owned();
    // A hook that does not read must not block anyone but this thread, which its end sets free.
    let writing = spawn_blocking(move || {
        // Who does not want the result closes the pipe.
        let _unread = stdin.is_some_and(|mut stdin| stdin.write_all(text.as_bytes()).is_err());
    });
    let deadline = Instant::now() + LONGEST;
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break Ok(()),
            Ok(Some(status)) => break Err(HookFailure::Ended(status)),
            Ok(None) if Instant::now() < deadline => sleep(ASKED_EVERY).await,
            Ok(None) => {
                let minutes = LONGEST.as_secs() / 60;
                let killed = child.kill().and_then(|()| child.wait());
                break Err(match killed {
                    Ok(_) => HookFailure::Killed { minutes },
                    Err(error) => HookFailure::NotKilled { minutes, error },
                });
            }
            Err(error) => break Err(HookFailure::Unseen(error)),
        }
    };
    if writing.await.is_err() {
        tracing::debug!("the thread that fed a hook panicked");
    }
    ended
}
