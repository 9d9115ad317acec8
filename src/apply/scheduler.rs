//! The scheduler: one kind after the other, and within a kind whatever may be sent next.
//!
//! **Invariant:** no more tasks than requests that may be in flight, and a few: a turn that was taken is used at once.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::error::ApplyError;
use super::keeper::Filled;
use super::lanes::{EXTRA, LOADED, Lanes, Next};
use super::perform::{Performer, Step, Work};
use super::{ApplyOptions, Ended};
use crate::plan::{Endpoint, Kind, State};
use crate::twilio::throttle::WriteLimits;

/// Tasks beyond the requests in flight: for those that wait before they look, and for the journal.
const SPARE: usize = 4;

/// Operations of a killed run that are looked up at a time. There are few: it had begun what it was about to send.
const SETTLED_AT_ONCE: usize = 32;

/// Operations in a row that could not be sent at all, until the run gives up. Each has used up its own attempts.
const LEFT_IN_A_ROW: u32 = 25;

/// A running apply.
pub(super) struct Scheduler {
    pub(super) performer: Performer,
    limits: WriteLimits,
    stop: CancellationToken,
    deadline: Option<Instant>,
    /// How many operations may still be begun.
    quota: Option<u64>,
    stop_after_errors: Option<u64>,
    failed: u64,
    left_in_a_row: u32,
    ending: Option<Ended>,
    endpoint: Endpoint,
}

/// A task's end: whether it was a look, and how far it came.
type Done = (bool, Result<Step, ApplyError>);

impl Scheduler {
    pub(super) fn new(performer: Performer, options: &ApplyOptions, stop: &CancellationToken) -> Self {
        let after = |duration: Duration| Instant::now() + duration;
        Self {
            performer,
            limits: WriteLimits::new(options.conversation_rate, options.service_rate),
            stop: stop.clone(),
            deadline: options.max_duration.map(after),
            quota: options.limit,
            stop_after_errors: options.stop_after_errors.map(NonZeroU32::get).map(u64::from),
            failed: 0,
            left_in_a_row: 0,
            ending: None,
            endpoint: Endpoint::TargetConversations,
        }
    }

    /// Looks up what an earlier run had begun and not brought to an end. Afterwards it is known what was done: what was not is as
    /// if it had never begun. `Some` where the run has ended.
    pub(super) async fn settle(&mut self) -> Result<Option<Ended>, ApplyError> {
        let mut after = 0;
        loop {
            let begun = self.performer.keeper.begun(after, SETTLED_AT_ONCE).await?;
            let Some(last) = begun.last() else { return Ok(self.ending.clone()) };
            after = last.number;
            let mut looks = JoinSet::new();
            for item in begun {
                let performer = self.performer.clone();
                looks.spawn(async move { performer.look(Work::new(item, 0)).await });
            }
            let mut fatal = None;
            while let Some(looked) = looks.join_next().await {
                match looked.map_err(ApplyError::Stopped)? {
                    Ok(Step::ToWrite(work)) => self.performer.keeper.withdraw(work.item.number).await?,
                    Ok(step) => drop(self.note(step)),
                    Err(error) => fatal = Some(error),
                }
            }
            if let Some(error) = fatal {
                return Err(error);
            }
            if self.stop.is_cancelled() {
                self.ending.get_or_insert(Ended::Interrupted);
            }
            if self.ending.is_some() {
                return Ok(self.ending.clone());
            }
        }
    }

    /// Performs what is pending of a kind, on a service whose limit holds for it. `Some` where the run has ended.
    pub(super) async fn perform(&mut self, kind: Kind, service: &str) -> Result<Option<Ended>, ApplyError> {
        if self.stop.is_cancelled() {
            self.ending.get_or_insert(Ended::Interrupted);
        }
        if self.ending.is_some() || self.performer.keeper.open(kind).await? == 0 {
            return Ok(self.ending.clone());
        }
        if self.quota == Some(0) {
            return Ok(Some(Ended::LimitReached));
        }
        self.endpoint = endpoint(kind);
        let mut fatal = None;
        let mut lanes = Lanes::new(service);
        let mut tasks: JoinSet<Done> = JoinSet::new();
        let mut filling: Option<oneshot::Receiver<Filled>> = None;
        loop {
            let mut wake = None;
            if self.ending.is_none() {
                if let Some((known, new)) = lanes.wanted() {
                    filling = Some(self.performer.keeper.fill(known, new, LOADED).await?);
                }
                wake = self.hand_out(&mut lanes, &mut tasks);
            }
            if tasks.is_empty() && (self.ending.is_some() || lanes.is_done()) {
                break;
            }
            tokio::select! {
                biased;
                Some(done) = tasks.join_next() => {
                    let (looked, step) = done.map_err(ApplyError::Stopped)?;
                    match step {
                        Ok(step) => {
                            let (lane, again) = self.note(step);
                            lanes.came_back(lane, looked, again);
                        }
                        Err(error) => {
                            // What is on its way is brought to its end, and nothing more is begun.
                            fatal.get_or_insert(error);
                            self.ending.get_or_insert(Ended::Interrupted);
                            self.stop.cancel();
                        }
                    }
                }
                filled = filled(&mut filling) => {
                    filling = None;
                    lanes.fill(filled?);
                }
                () = self.stop.cancelled(), if self.ending.is_none() => self.ending = Some(Ended::Interrupted),
                () = sleep_until(self.deadline), if self.ending.is_none() => {
                    self.ending = Some(Ended::TimeUp);
                    self.stop.cancel();
                }
                () = sleep_until(wake), if wake.is_some() => {}
            }
        }
        if lanes.has_more() && self.quota == Some(0) {
            self.ending.get_or_insert(Ended::LimitReached);
        }
        fatal.map_or_else(|| Ok(self.ending.clone()), Err)
    }

    /// Starts what may be started. Gives the time at which more may be.
    fn hand_out(&mut self, lanes: &mut Lanes, tasks: &mut JoinSet<Done>) -> Option<Instant> {
        loop {
            let most = self.performer.clients.of(self.endpoint).concurrency_limit() + SPARE;
            if tasks.len() >= most + EXTRA {
                return None;
            }
            if self.quota == Some(0) {
                lanes.begin_no_more(); // those that were begun are brought to their end
            }
            match lanes.next(&self.limits, tasks.len() >= most) {
                Next::Wait(wake) => return wake,
                Next::Look(work, first) => {
                    self.count(first);
                    let performer = self.performer.clone();
                    tasks.spawn(async move { (true, performer.look(work).await) });
                }
                Next::Write(work, first) => {
                    self.count(first);
                    let performer = self.performer.clone();
                    tasks.spawn(async move { (false, performer.write(work).await) });
                }
            }
        }
    }

    fn count(&mut self, first: bool) {
        if let (true, Some(quota)) = (first, &mut self.quota) {
            *quota = quota.saturating_sub(1);
        }
    }

    /// Takes note of how far an operation has come. Gives its lane, and the operation where it is to be written.
    fn note(&mut self, step: Step) -> (u64, Option<Work>) {
        match step {
            Step::ToWrite(work) => (work.lane, Some(*work)),
            Step::Interrupted { lane } => (lane, None),
            Step::Ended { lane, state } => {
                self.left_in_a_row = 0;
                self.failed += u64::from(state == State::Failed);
                if self.stop_after_errors.is_some_and(|most| self.failed >= most) {
                    self.ending.get_or_insert(Ended::TooManyErrors);
                }
                (lane, None)
            }
            Step::Left { lane, why } => {
                tracing::debug!(%why, "left for another run");
                self.left_in_a_row += 1;
                if self.left_in_a_row >= LEFT_IN_A_ROW {
                    self.ending.get_or_insert(Ended::GaveUp(why));
                    self.stop.cancel();
                }
                (lane, None)
            }
        }
    }
}

/// The side that a kind writes to.
pub fn endpoint(kind: Kind) -> Endpoint {
    match kind {
        Kind::MakePrivate | Kind::MuteSource => Endpoint::SourceChat,
        _ => Endpoint::TargetConversations,
    }
}

/// What was asked for, once it is there; never where nothing was.
async fn filled(filling: &mut Option<oneshot::Receiver<Filled>>) -> Result<Filled, ApplyError> {
    match filling {
        Some(receiver) => receiver.await.map_err(|_gone| ApplyError::KeeperGone),
        None => std::future::pending().await,
    }
}

/// Sleeps until then, or for ever where there is none.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
