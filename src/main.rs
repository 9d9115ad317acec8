//! The `chatferry` command: hands the process to the library, and gives the exit code.

use std::ffi::OsString;
use std::io::{IsTerminal, stderr, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;

use chatferry::Environment;
use chatferry::{Streams, start};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A crash must not leave a file of the memory behind: it holds secrets and other people's data.
#[cfg(target_os = "linux")]
fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).expect("a limit can always be lowered");
}

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    forbid_core_dumps();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let streams = Streams {
        stdin: Box::new(stdin()),
        stdout: Box::new(stdout()),
        stderr: Box::new(stderr()),
        stdin_is_terminal: stdin().is_terminal(),
        stdout_is_terminal: stdout().is_terminal(),
        stderr_is_terminal: stderr().is_terminal(),
    };
    start(&arguments, Environment::of_process(), Path::new("."), streams).into()
}
