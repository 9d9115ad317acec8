//! What the stages say has happened, as typed events. `report` turns them into bars, lines and log records.
//!
//! **Invariant:** an event about data follows its commit. What was announced is on disk.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Api, Entity};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A stage went on to its next part.
    Phase(Phase),
    /// What earlier runs have already brought, at the start of a crawl that goes on.
    Resumed {
        /// Users known.
        users: u64,
        /// The users of every service are all known.
        users_listed: bool,
        /// Users whose channels are all read.
        users_done: u64,
        /// Rows of every kind.
        rows: u64,
    },
    /// The crawl reads from another API than the one it was to begin with.
    SourceChosen {
        source: Api,
        /// Why, in one line.
        why: String,
    },
    /// One HTTP attempt ended, well or not.
    Attempted {
        /// The answer was 429.
        throttled: bool,
        /// The request will be sent again.
        will_retry: bool,
    },
    /// A request is sent again after a wait.
    Retrying {
        /// `GET /v2/Services/IS…/Users`.
        request: String,
        why: String,
        /// How long it waits.
        after: Duration,
        /// The number of the attempt that failed, from 1.
        attempt: u32,
    },
    /// The number of requests that may be in flight changed.
    ConcurrencyLimit(usize),
    /// How many requests the crawl takes in all, as far as the lists read so far tell.
    Estimated {
        /// Requests in all, those already done included.
        requests: u64,
        /// Requests already done, in earlier runs too.
        done: u64,
        /// True once every list of users and channels is complete, so that the number is no longer a lower bound.
        exact: bool,
        /// Seconds for what is left at the allowed rate; none without a limit.
        seconds_left: Option<f64>,
    },
    /// A page was committed to the snapshot.
    Committed {
        /// What it held.
        entity: Entity,
        /// How many rows were on it.
        rows: u64,
        /// The list it belongs to is now complete.
        list_complete: bool,
    },
    /// A list could not be read; the run continues with the others.
    UnitFailed {
        /// `user_channels of US…`.
        subject: String,
        /// Why, in one line.
        error: String,
    },
    /// A user or channel no longer existed when it was rechecked.
    Vanished {
        /// Its SID.
        subject: String,
    },
    /// A list is read again from its first page.
    ListRestarted {
        /// `user_channels of US…`.
        subject: String,
        /// Why, in one line.
        why: String,
    },
    /// A plan begins to be performed.
    Applying {
        /// The work by kind, in the order of performance.
        steps: Vec<ApplyStep>,
    },
    /// An operation has come to its end, and the journal has it.
    Performed {
        /// What it does: `create_user`.
        kind: &'static str,
        /// The outcome: `done`.
        state: &'static str,
    },
    /// Nothing is in flight: what can be done waits to be sent or looked up again.
    WaitsForRetry {
        /// The kind of the operation that is next.
        kind: &'static str,
        /// How many wait.
        operations: u64,
    },
    /// An operation failed, or cannot be done; the run continues with the others. Follows its `Performed`.
    NotPerformed {
        /// `create_user US…`.
        subject: String,
        /// Why, in one line.
        error: String,
    },
    /// A file of an export is complete and in its place.
    Exported {
        record: String,
        /// The file's name.
        file: String,
        /// How many rows it has.
        rows: u64,
        /// Its size.
        bytes: u64,
    },
    /// Rows written to files so far, in all.
    Exporting {
        /// The record being written.
        record: String,
        /// Its rows so far.
        rows: u64,
    },
}

/// What one kind of operation takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ApplyStep {
    /// `create_user`
    pub kind: &'static str,
    /// Its operations but for those that the plan blocks.
    pub operations: u64,
    /// Those that earlier runs have finished.
    pub ended: u64,
    /// The seconds that the plan says for all of them.
    pub seconds: f64,
}

/// The parts of a crawl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Lists and details are read.
    Reading,
    /// What did not agree is read again.
    Reconciling,
    /// The verdict is written.
    Finishing,
}

/// Where a stage sends its events. Cloned freely.
#[derive(Clone)]
pub struct Events(Arc<dyn Fn(Event) + Send + Sync>);

impl Events {
    /// Events go to this function. It must not block.
    pub fn new(receive: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    /// Events go nowhere.
    pub fn none() -> Self {
        Self::new(|_| {})
    }

    pub fn send(&self, event: Event) {
        (self.0)(event);
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Events")
    }
}
