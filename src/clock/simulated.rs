//! A clock that jumps ahead: where everything waits for a time, it is that time at once.
//!
//! It is the paused clock of a tokio runtime of its own, on the caller's thread. Sleeps, the time-outs of the HTTP client, the limits of
//! requests and writes, and those of a simulator on the same runtime all read it, so that hours pass in minutes and in their order.
//!
//! **Invariant:** time stands still while something is at work that the runtime does not see: a request on its way through a socket
//! ([`at_work`]), a thread that answers. It passes while a simulated server keeps a request waiting ([`hold_until`]), which ends with its client.
//!
//! **Why a task that yields:** a paused runtime jumps to the next timer whenever it has no task to run, though an answer may be in a socket
//! already. As long as a task yields, it has one, and polls its sockets between any two yields.
//!
//! **Why threads of another runtime:** tokio keeps a paused clock from jumping as long as a blocking task of that runtime runs. The threads
//! that keep a journal or commit pages run as long as their stage, which waits for times.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinHandle, yield_now};
use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
struct SimulatedClock {
    /// The runtime whose clock it is.
    runtime: Handle,
    /// The runtime that has the threads.
    threads: Handle,
    /// One moment, by the machine and by the clock.
    began: (SystemTime, Instant),
    /// What the runtime does not see: how much of it there is,
    at_work: AtomicUsize,
    /// and how much of this a simulated server keeps waiting.
    held: AtomicUsize,
    /// One of these has changed.
    changed: Notify,
}

thread_local! {
    static CLOCK: RefCell<Option<Arc<SimulatedClock>>> = const { RefCell::new(None) };
}

fn current() -> Option<Arc<SimulatedClock>> {
    CLOCK.with_borrow(Clone::clone)
}

/// The clock of this thread until it is dropped, which gives it the one that it had before.
struct ClockOfThread(Option<Arc<SimulatedClock>>);

impl ClockOfThread {
    fn set(clock: Option<Arc<SimulatedClock>>) -> Self {
        Self(CLOCK.replace(clock))
    }
}

impl Drop for ClockOfThread {
    fn drop(&mut self) {
        CLOCK.set(self.0.take());
    }
}

impl SimulatedClock {
    fn stands_still(&self) -> bool {
        self.at_work.load(Ordering::SeqCst) > self.held.load(Ordering::SeqCst)
    }

    /// Keeps the runtime from jumping while something is at work.
    async fn keep_awake(self: Arc<Self>) {
        loop {
            if self.stands_still() {
                yield_now().await;
            } else {
                self.changed.notified().await;
            }
        }
    }
}

/// Runs a future on this thread, on a clock that jumps ahead. The caller is on the program's runtime.
///
/// # Errors
///
/// The system refuses what a runtime needs.
pub(crate) fn run_simulated<F: Future>(future: F) -> io::Result<F::Output> {
    tokio::task::block_in_place(|| {
        let threads = Handle::current();
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build()?;
        let began = {
            let _entered = runtime.enter();
            (super::system_time(), Instant::now())
        };
        let clock = Arc::new(SimulatedClock {
            runtime: runtime.handle().clone(),
            threads,
            began,
            at_work: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            changed: Notify::new(),
        });
        let _clock = ClockOfThread::set(Some(Arc::clone(&clock)));
        runtime.spawn(clock.keep_awake());
        Ok(runtime.block_on(future))
    })
}

/// The time of day by the clock of this thread, if it has one.
pub(super) fn system_time() -> Option<SystemTime> {
    let clock = current()?;
    let _entered = clock.runtime.enter();
    Some(clock.began.0 + clock.began.1.elapsed())
}

/// Time stands still until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct AtWork(Option<Arc<SimulatedClock>>);

/// Something begins that the runtime does not see. Of no effect without a simulated clock.
pub(crate) fn at_work() -> AtWork {
    let clock = current();
    if let Some(clock) = &clock {
        clock.at_work.fetch_add(1, Ordering::SeqCst);
        clock.changed.notify_one();
    }
    AtWork(clock)
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if let Some(clock) = &self.0 {
            clock.at_work.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// A request that is at work and waits for a time.
struct Held(Arc<SimulatedClock>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_one();
    }
}

/// Waits until then on behalf of a request that is [at work](at_work): for that long it does not keep time from passing.
pub(crate) async fn hold_until(at: Instant) {
    let _held = current().map(|clock| {
        clock.held.fetch_add(1, Ordering::SeqCst);
        Held(clock)
    });
    sleep_until(at).await;
}

/// Runs a closure on a thread that may block as long as it likes, by the caller's clock.
pub(crate) fn spawn_blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    match current() {
        None => tokio::task::spawn_blocking(run),
        Some(clock) => {
            let threads = clock.threads.clone();
            threads.spawn_blocking(move || {
                let _clock = ClockOfThread::set(Some(clock));
                run()
            })
        }
    }
}

/// Waits for the end of a thread that has nothing to wait for any more, in no time.
pub(crate) async fn end_of<T>(thread: JoinHandle<T>) -> Result<T, JoinError> {
    let _at_work = at_work();
    thread.await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;
    use tokio::task::JoinSet;
    use tokio::time::{sleep, timeout};

    use super::*;

    /// Answers one request after this time.
    async fn serve(listener: TcpListener, latency: Duration) {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        hold_until(Instant::now() + latency).await;
        stream.write_all(&byte).await.unwrap();
    }

    async fn exchange(latency: Duration) -> u8 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new(); // a server drops a request whose client is gone
        server.spawn(serve(listener, latency));
        let _at_work = at_work();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&[7]).await.unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        server.join_next().await.unwrap().unwrap();
        byte[0]
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn waits_pass_at_once_and_what_is_at_work_takes_no_time() {
        let second = Duration::from_secs(1);
        let elapsed = run_simulated(async {
            let (start, day) = (Instant::now(), super::super::now());
            sleep(second * 3600).await;
            assert_eq!(super::super::now().duration_since(day).as_secs(), 3600);
            // On a loopback socket, against a time-out that would be over first if time passed meanwhile.
            assert_eq!(timeout(second, exchange(Duration::ZERO)).await, Ok(7));
            assert_eq!(start.elapsed(), second * 3600);
            // The server's latency is time.
            assert_eq!(timeout(second * 60, exchange(second * 20)).await, Ok(7));
            assert_eq!(start.elapsed(), second * 3620);
            assert!(timeout(second * 10, exchange(second * 20)).await.is_err());
            // A thread answers, and knows what time it is here.
            let (answer, answered) = oneshot::channel();
            let work = at_work();
            let thread = spawn_blocking(move || answer.send((super::super::now(), work)));
            let (there, work) = timeout(second, answered).await.unwrap().unwrap();
            drop(work);
            assert!(thread.await.unwrap().is_ok());
            let thread = spawn_blocking(|| std::thread::sleep(Duration::from_millis(20)));
            assert!(timeout(second, end_of(thread)).await.unwrap().is_ok());
            assert_eq!(there.duration_since(day).as_secs(), 3630);
            start.elapsed()
        });
        assert_eq!(elapsed.unwrap(), second * 3630);
        assert!(current().is_none());
    }
}
