//! The threads of the program: the runtime, and whether the system lets the process start what it takes.
//!
//! **Why:** the standard library and the runtime panic where a thread cannot be started (`ulimit -u`, a container's limit on
//! processes), in the middle of a run. So the limit is tried before anything starts.
//!
//! **Invariant:** a panic does not leave the process hanging: whatever drops the runtime waits only shortly for its threads.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::{Advise, Failure};

/// Threads besides those of the runtime: the one that writes, the one that looks up names of hosts, the one of the progress bars, the
/// ones that read a snapshot while another is written, and room for one of the simulator.
const BESIDES: usize = 6;

/// The longest that the end of the program waits for threads of the runtime.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// The system does not let this process start the threads that it needs.
#[derive(Debug, thiserror::Error)]
#[error("the system does not let this process start the {needed} threads that it needs")]
pub(super) struct ThreadError {
    needed: usize,
    source: io::Error,
}

impl Advise for ThreadError {
    fn status(&self) -> Failure {
        Failure::Failed
    }

    fn hint(&self) -> Option<String> {
        Some(
            "raise the limit on processes (`ulimit -u`, or the container's limit on pids), or stop other programs of this user"
                .to_owned(),
        )
    }
}

/// The runtime that verbs run on.
#[derive(Debug)]
pub(super) struct ProgramRuntime(Option<tokio::runtime::Runtime>);

impl ProgramRuntime {
    pub(super) fn start() -> Result<Self, ThreadError> {
        let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let needed = workers + BESIDES;
        let failed = |source| ThreadError { needed, source };
        try_threads(needed, std::thread::Builder::spawn).map_err(failed)?;
        tokio::runtime::Runtime::new().map(|runtime| Self(Some(runtime))).map_err(failed)
    }

    pub(super) fn enter(&self) -> tokio::runtime::EnterGuard<'_> {
        self.runtime().enter()
    }

    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime().block_on(future)
    }

    fn runtime(&self) -> &tokio::runtime::Runtime {
        self.0.as_ref().expect("it is taken only when it is dropped")
    }
}

/// Stages end what they begin. A thread that waits for a file or a terminal all the same must not hold the exit.
impl Drop for ProgramRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_timeout(LEAVE_WITHIN);
        }
    }
}

type Body = Box<dyn FnOnce() + Send>;

/// Starts so many threads at once, and ends them again.
fn try_threads(
    count: usize,
    spawn: impl Fn(thread::Builder, Body) -> io::Result<thread::JoinHandle<()>>,
) -> io::Result<()> {
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock().unwrap_or_else(PoisonError::into_inner);
    let mut started = Vec::new();
    let mut failed = None;
    for _ in 0..count {
        let gate = Arc::clone(&gate);
        let body = Box::new(move || drop(gate.lock().unwrap_or_else(PoisonError::into_inner)));
        match spawn(thread::Builder::new().stack_size(64 * 1024), body) {
            Ok(thread) => started.push(thread),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    drop(closed);
    for thread in started {
        if thread.join().is_err() {
            tracing::debug!("a thread that was tried ended in a panic");
        }
    }
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_limit_on_threads_is_an_error_with_a_hint_and_ends_what_was_started() {
        let left = Cell::new(3);
        let limited = |builder: thread::Builder, body: Body| {
            left.set(left.get() - 1);
            if left.get() == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { builder.spawn(body) }
        };
        let source = try_threads(8, limited).unwrap_err();
        let error = ThreadError { needed: 8, source };
        assert_eq!(error.status(), Failure::Failed);
        assert!(error.hint().unwrap().contains("ulimit -u"));
        assert!(try_threads(4, std::thread::Builder::spawn).is_ok());
    }

    #[test]
    fn the_runtime_ends_although_a_thread_of_it_waits() {
        let runtime = ProgramRuntime::start().unwrap();
        let (never, waits) = std::sync::mpsc::channel::<()>();
        let (begun, has_begun) = std::sync::mpsc::channel();
        runtime.block_on(async move {
            tokio::task::spawn_blocking(move || {
                begun.send(()).unwrap();
                waits.recv()
            });
        });
        has_begun.recv().unwrap();
        let start = std::time::Instant::now();
        drop(runtime);
        assert!(start.elapsed() < Duration::from_secs(30));
        drop(never);
    }
}
