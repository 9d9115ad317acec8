//! Ctrl-C, in one place.
//!
//! The first Ctrl-C (or SIGTERM, or SIGHUP of a closed terminal) asks the verb to stop: it sends no new requests and commits what is
//! in flight. The second leaves at once; that is safe at any moment, since a commit is rows and cursor together. While a person is
//! asked nothing is in flight, so that the first one says nothing: the question ends with its own message. A limit on file sizes
//! (SIGXFSZ) becomes an error of the write.
//!
//! **Invariant:** this is the only place but `main` that ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::error::ExitStatus;
use crate::report::text::problem::INTERRUPTED;

/// Signals that wait to be handled. Two are all that is ever asked for.
const WAITING: usize = 2;

/// A file grew over the limit (`ulimit -f`). The number is the same on Linux and macOS.
#[cfg(unix)]
const SIGXFSZ: i32 = 25;

/// Says when to stop. Signals are handled while it lives.
#[derive(Debug)]
pub(crate) struct Interrupt {
    token: CancellationToken,
    /// A person is asked at this moment.
    asking: Arc<AtomicBool>,
    /// The tasks that handle the signals; they end when this is dropped.
    _tasks: JoinSet<()>,
}

/// A question that waits for its answer, until this is dropped.
#[derive(Debug)]
pub(crate) struct Asking(Arc<AtomicBool>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Interrupt {
    /// Starts to handle signals. Needs the runtime.
    ///
    /// `report` is called at the first one, with a sentence for people.
    pub(crate) fn listen(report: impl FnOnce(&'static str) + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let mut tasks = JoinSet::new();
        tasks.spawn(forward(sender));
        Self::watch(receiver, tasks, report, leave)
    }

    /// Stops when this one does: for verbs inside verbs. It handles no signals itself.
    #[must_use]
    pub(crate) fn nested(&self) -> Self {
        Self { token: self.token.clone(), asking: Arc::clone(&self.asking), _tasks: JoinSet::new() }
    }

    /// A question begins.
    pub(crate) fn asking(&self) -> Asking {
        self.asking.store(true, Ordering::Relaxed);
        Asking(Arc::clone(&self.asking))
    }

    /// Cancelled at the first Ctrl-C.
    pub(crate) fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    fn watch(
        mut signals: mpsc::Receiver<()>,
        mut tasks: JoinSet<()>,
        report: impl FnOnce(&'static str) + Send + 'static,
        leave: impl FnOnce() + Send + 'static,
    ) -> Self {
        let token = CancellationToken::new();
        let cancel = token.clone();
        let asking = Arc::new(AtomicBool::new(false));
        let is_asking = Arc::clone(&asking);
        tasks.spawn(async move {
            if signals.recv().await.is_none() {
                return;
            }
            let asked = is_asking.load(Ordering::Relaxed);
            cancel.cancel();
            if !asked {
                report(INTERRUPTED);
            }
            if signals.recv().await.is_some() {
                leave();
            }
        });
        Self { token, asking, _tasks: tasks }
    }
}

/// Leaves at once, with everything committed so far on disk.
#[expect(clippy::exit, reason = "the second Ctrl-C asks for exactly this")]
fn leave() {
    std::process::exit(i32::from(ExitStatus::Interrupted.code()));
}

/// Passes signals on. Where they cannot be caught the system's own handling stays, and a debug record says so.
#[cfg(unix)]
async fn forward(sender: mpsc::Sender<()>) {
    use tokio::signal::unix::{SignalKind, signal};
    let caught = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    let [Ok(mut interrupts), Ok(mut terminations), Ok(mut hang_ups)] = caught else {
        tracing::debug!("signals cannot be caught");
        return;
    };
    // Once it is caught it does nothing: the write that is over the limit fails with an error instead, like a full disk.
    let _file_too_large = signal(SignalKind::from_raw(SIGXFSZ));
    loop {
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = terminations.recv() => {}
            _ = hang_ups.recv() => {}
        }
        if sender.send(()).await.is_err() {
            return;
        }
    }
}

#[cfg(not(unix))]
async fn forward(sender: mpsc::Sender<()>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        if sender.send(()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::stderr::CapturedStderr;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn the_first_signal_asks_and_the_second_leaves() {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (left, has_left) = oneshot::channel();
        let kept = CapturedStderr::default();
        let leave = move || left.send(()).expect("the test still waits");
        let stderr = kept.stderr();
        let report = move |text: &'static str| stderr.print(text);
        let interrupt = Interrupt::watch(receiver, JoinSet::new(), report, leave);
        assert!(!interrupt.token().is_cancelled());

        sender.send(()).await.unwrap();
        interrupt.token().cancelled().await;

        sender.send(()).await.unwrap();
        has_left.await.unwrap();
        assert_eq!(kept.text(), "interrupted: finishing what is in flight (again to leave at once)\n");
    }

    #[tokio::test]
    async fn while_a_person_is_asked_nothing_is_in_flight() {
        let (sender, receiver) = mpsc::channel(WAITING);
        let kept = CapturedStderr::default();
        let (left, has_left) = oneshot::channel();
        let stderr = kept.stderr();
        let report = move |text: &'static str| stderr.print(text);
        let leave = move || left.send(()).expect("the test still waits");
        let interrupt = Interrupt::watch(receiver, JoinSet::new(), report, leave);
        let question = interrupt.nested().asking();
        sender.send(()).await.unwrap();
        interrupt.token().cancelled().await;
        sender.send(()).await.unwrap();
        has_left.await.unwrap();
        assert_eq!(kept.text(), "");
        drop(question);
        assert!(!interrupt.asking.load(Ordering::Relaxed));
    }
}
