//! Ctrl-C, in one place.
//!
//! The first Ctrl-C (or SIGTERM) asks the verb to stop: it sends no new requests and commits what is in flight. The second
//! leaves at once; that is safe at any moment, since a commit is rows and cursor together.
//!
//! **Invariant:** this is the only place but `main` that ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::error::ExitStatus;

/// Signals that wait to be looked at. Two are all that is ever asked for.
const WAITING: usize = 2;

/// Says when to stop. Signals are looked at while it lives.
#[derive(Debug)]
pub(crate) struct Interrupt {
    token: CancellationToken,
    interrupted: Arc<AtomicBool>,
    /// The tasks that look at the signals; they end when this is dropped.
    _tasks: JoinSet<()>,
}

impl Interrupt {
    /// Begins to look at signals. Needs the runtime.
    ///
    /// `tell` is called at the first one, with what is to be said.
    pub(crate) fn listen(tell: impl FnOnce(&'static str) + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let mut tasks = JoinSet::new();
        tasks.spawn(forward(sender));
        Self::watch(receiver, tasks, tell, leave)
    }

    /// Looks at no signals: for tests.
    pub(crate) fn never() -> Self {
        Self { token: CancellationToken::new(), interrupted: Arc::default(), _tasks: JoinSet::new() }
    }

    /// Stops when this one does: for verbs inside verbs. Looks at no signals of its own.
    #[must_use]
    pub(crate) fn nested(&self) -> Self {
        Self { token: self.token.clone(), interrupted: Arc::clone(&self.interrupted), _tasks: JoinSet::new() }
    }

    /// Cancelled at the first Ctrl-C.
    pub(crate) fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Whether Ctrl-C came, as opposed to the token being cancelled for another reason (the time was up).
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    fn watch(
        mut signals: mpsc::Receiver<()>,
        mut tasks: JoinSet<()>,
        tell: impl FnOnce(&'static str) + Send + 'static,
        leave: impl FnOnce() + Send + 'static,
    ) -> Self {
        let token = CancellationToken::new();
        let interrupted = Arc::new(AtomicBool::new(false));
        let (cancel, mark) = (token.clone(), Arc::clone(&interrupted));
        tasks.spawn(async move {
            if signals.recv().await.is_none() {
                return;
            }
            mark.store(true, Ordering::Relaxed);
            cancel.cancel();
            tell("interrupted: finishing what is in flight (again to leave at once)");
            if signals.recv().await.is_some() {
                leave();
            }
        });
        Self { token, interrupted, _tasks: tasks }
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
    let (mut interrupts, mut terminations) =
        match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
            (Ok(interrupts), Ok(terminations)) => (interrupts, terminations),
            (Err(error), _) | (_, Err(error)) => {
                tracing::debug!(%error, "signals cannot be caught");
                return;
            }
        };
    loop {
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = terminations.recv() => {}
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
        let tell = move |text: &'static str| stderr.print(text);
        let interrupt = Interrupt::watch(receiver, JoinSet::new(), tell, leave);
        assert!(!interrupt.is_interrupted());

        sender.send(()).await.unwrap();
        interrupt.token().cancelled().await;
        assert!(interrupt.is_interrupted());

        sender.send(()).await.unwrap();
        has_left.await.unwrap();
        assert_eq!(kept.text(), "interrupted: finishing what is in flight (again to leave at once)\n");
    }
}
