//! What is asked of the journal thread, and who asks.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, oneshot};

use super::dependencies::WaitingOperation;
use super::error::ApplyError;
use super::lookup::OperationEnd;
use super::resolved::ResolvedOperation;
use crate::clock::{self, AtWork};
use crate::plan::{LaneName, OperationKind, OperationState};

/// Waiting requests. A task waits for the answer to the request that starts its operation, so there are no more than tasks.
const CHANNEL_CAPACITY: usize = 256;

pub(super) type OperationCounts = BTreeMap<OperationKind, BTreeMap<OperationState, u64>>;

pub(super) enum JournalRequest {
    /// Retry what earlier runs could not do.
    Start { reply: oneshot::Sender<OperationCounts> },
    /// Load operations that an earlier run had begun, after this one.
    Begun { after: i64, most: usize, reply: oneshot::Sender<Vec<ResolvedOperation>> },
    /// Sort the lanes of a kind, longest first. These operations of earlier kinds wait; what depends on them is passed over.
    Open { kind: OperationKind, waiting: Vec<WaitingOperation>, reply: oneshot::Sender<u64> },
    /// Every kind was opened. How many operations were passed over for what waits?
    EndPass { reply: oneshot::Sender<u64> },
    /// Load operations of these lanes, and of so many new ones.
    Fill { lanes: Vec<(LaneName, i64)>, new: usize, most: usize, reply: oneshot::Sender<LoadedLanes> },
    /// An operation is about to be sent.
    Begin { number: i64, reply: oneshot::Sender<()> },
    /// Which index of the target has the message before this one?
    MessageBefore { number: i64, reply: oneshot::Sender<Option<i64>> },
    /// A media of the source was uploaded, and is this one in the target.
    Uploaded { source: String, target: String, reply: oneshot::Sender<()> },
    /// It was not sent.
    Withdraw { number: i64 },
    /// It is left for another run.
    Leave { number: i64 },
    /// It has come to its end.
    End { item: Box<ResolvedOperation>, end: Box<OperationEnd> },
}

/// Operations that were loaded.
#[derive(Debug)]
pub(super) struct LoadedLanes {
    pub(super) lanes: Vec<LaneLoad>,
    /// Every lane of the kind has been given out.
    pub(super) no_more_lanes: bool,
}

/// Operations of one lane.
#[derive(Debug)]
pub(super) struct LaneLoad {
    pub(super) name: LaneName,
    /// How many it has in all; of use where the lane is new.
    pub(super) operations: u64,
    pub(super) items: Vec<ResolvedOperation>,
    /// The last one that was looked at.
    pub(super) cursor: i64,
    pub(super) exhausted: bool,
    /// Those that cannot be done now: what they depend on has failed, or is not done yet.
    pub(super) passed_over: u64,
}

/// Sends requests to the journal thread; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct JournalHandle(mpsc::Sender<(JournalRequest, AtWork)>);

impl JournalHandle {
    /// One that sends to whoever receives here. The requests end when every [`JournalHandle`] is dropped.
    pub(super) fn new() -> (Self, mpsc::Receiver<(JournalRequest, AtWork)>) {
        let (requests, receiver) = mpsc::channel(CHANNEL_CAPACITY);
        (Self(requests), receiver)
    }

    pub(super) async fn open_plan(&self) -> Result<OperationCounts, ApplyError> {
        self.ask(|reply| JournalRequest::Start { reply }).await
    }

    pub(super) async fn begun(&self, after: i64, most: usize) -> Result<Vec<ResolvedOperation>, ApplyError> {
        self.ask(|reply| JournalRequest::Begun { after, most, reply }).await
    }

    pub(super) async fn open(
        &self,
        kind: OperationKind,
        waiting: Vec<WaitingOperation>,
    ) -> Result<u64, ApplyError> {
        self.ask(|reply| JournalRequest::Open { kind, waiting, reply }).await
    }

    pub(super) async fn end_pass(&self) -> Result<u64, ApplyError> {
        self.ask(|reply| JournalRequest::EndPass { reply }).await
    }

    /// Asks for operations; they come when they are there.
    pub(super) async fn fill(
        &self,
        lanes: Vec<(LaneName, i64)>,
        new: usize,
        most: usize,
    ) -> Result<oneshot::Receiver<LoadedLanes>, ApplyError> {
        let (reply, filled) = oneshot::channel();
        self.send(JournalRequest::Fill { lanes, new, most, reply }).await?;
        Ok(filled)
    }

    pub(super) async fn begin(&self, number: i64) -> Result<(), ApplyError> {
        self.ask(|reply| JournalRequest::Begin { number, reply }).await
    }

    pub(super) async fn message_before(&self, number: i64) -> Result<Option<i64>, ApplyError> {
        self.ask(|reply| JournalRequest::MessageBefore { number, reply }).await
    }

    pub(super) async fn uploaded(&self, source: String, target: String) -> Result<(), ApplyError> {
        self.ask(|reply| JournalRequest::Uploaded { source, target, reply }).await
    }

    pub(super) async fn withdraw(&self, number: i64) -> Result<(), ApplyError> {
        self.send(JournalRequest::Withdraw { number }).await
    }

    pub(super) async fn leave(&self, number: i64) -> Result<(), ApplyError> {
        self.send(JournalRequest::Leave { number }).await
    }

    pub(super) async fn end(&self, item: ResolvedOperation, end: OperationEnd) -> Result<(), ApplyError> {
        self.send(JournalRequest::End { item: Box::new(item), end: Box::new(end) }).await
    }

    async fn send(&self, request: JournalRequest) -> Result<(), ApplyError> {
        self.0.send((request, clock::at_work())).await.map_err(|_gone| ApplyError::JournalThreadGone)
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> JournalRequest,
    ) -> Result<T, ApplyError> {
        let (reply, answer) = oneshot::channel();
        self.send(request(reply)).await?;
        answer.await.map_err(|_gone| ApplyError::JournalThreadGone)
    }
}
