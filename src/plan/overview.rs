//! What a plan says about itself: where it is from, what it would do in all, and whether it may be performed.
//!
//! **Invariant:** no time of making is in here, so that planning twice gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Api, Service};
use crate::storage::hex;

use super::check::MEDIA_LEFT_BEHIND;
use super::operation::{OperationKind, OperationState};
use crate::mapping::PlanRules;

/// What kind of move it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Source and target are the same service: what Chat has is in Conversations already.
    InPlace,
    /// To another service, of the same account or another.
    Copy,
    /// Takes back what another plan did.
    Undo,
    /// No move: what users set for themselves in their channels is updated, as `user-channel update` was asked to.
    UserChannels,
}

/// A service on one side of the move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    pub account_sid: String,
    pub service_sid: String,
    /// Its name for people.
    pub friendly_name: Option<String>,
}

/// The digest of a service's own record and configuration, by which `apply` sees that they are as they were planned for.
///
/// JSON that the API gives is compared by its values, not by the order of its keys.
pub(crate) fn service_digest(service: &Service) -> Result<String, serde_json::Error> {
    let mut record = serde_json::to_value(service)?;
    record.sort_all_objects();
    let digest = Sha256::digest(record.to_string());
    Ok(hex(&digest))
}

/// What a plan was made from, and how. Written first and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of chatferry that made it.
    pub tool_version: String,
    /// In place, copy or undo.
    pub kind: Move,
    /// Where the snapshot is from.
    pub source: Side,
    /// What would be written to.
    pub target: Side,
    /// The snapshot's file, as it was given.
    pub snapshot: String,
    /// The digest of what the snapshot holds.
    pub snapshot_digest: String,
    /// The API that the snapshot was read from.
    pub snapshot_source: Api,
    /// The snapshot's verdict: `complete`, `complete_with_drift` or `incomplete`.
    pub snapshot_verdict: String,
    /// When the snapshot was begun and finished, RFC 3339.
    pub snapshot_window: (String, Option<String>),
    /// The mapping's name or file.
    pub mapping: String,
    /// The digest of the mapping's text.
    pub mapping_digest: String,
    /// The digest of all that was read of the target.
    pub target_digest: String,
    /// The digest of the target service's own record and configuration, which `apply` reads again.
    pub target_service_digest: String,
    /// Whether the sources' User Channels are muted.
    pub mute_source: bool,
    /// The undone plan's digest, of an undo plan.
    pub undoes: Option<String>,
    /// The digest of the snapshot's messages, of a plan that copies them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<String>,
    /// What happens to a message whose media cannot be had, of a plan that copies media.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<UnavailableMedia>,
}

/// What happens to a message whose media cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnavailableMedia {
    /// It is not copied, and those after it wait.
    Fails,
    /// It is copied without, and says so in an attribute.
    LeftBehind,
}

impl UnavailableMedia {
    /// As the mapping has it for media that a plan leaves behind.
    pub(crate) fn of(rules: &PlanRules) -> Self {
        if rules.checks.contains_key(MEDIA_LEFT_BEHIND.code) { Self::LeftBehind } else { Self::Fails }
    }
}

/// Whether a plan may be performed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanVerdict {
    /// The target holds everything; there is nothing to do.
    NothingToDo,
    /// All of it may be performed.
    Ready,
    /// Some of it may be performed, and the rest cannot be: blocked operations, or in an undo plan what cannot be undone.
    ReadyExceptBlocked,
    /// A check blocks all of it.
    Blocked,
    /// Of an undo plan: nothing that was done can be undone.
    CannotBeUndone,
}

/// What one kind of operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub kind: OperationKind,
    /// Requests, lookups before updates included.
    pub requests: u64,
    /// Seconds, under Twilio's write limits and the chosen rates.
    pub seconds: f64,
}

/// Conversations that are created together with participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Batches {
    pub conversations: u64,
    /// Participants that come with them.
    pub participants: u64,
    /// The requests that the plan takes where each participant has one of its own.
    pub requests_without: u64,
}

impl Batches {
    pub(crate) fn is_none(&self) -> bool {
        self.conversations == 0
    }
}

/// The files that messages are copied with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MediaTotals {
    pub files: u64,
    /// All together.
    pub bytes: u64,
}

impl MediaTotals {
    pub(crate) fn is_none(&self) -> bool {
        self.files == 0
    }
}

/// How many conversations have this many participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// The fewest.
    pub from: u64,
    /// The most; none for the last bucket.
    pub to: Option<u64>,
    pub conversations: u64,
}

impl Header {
    /// Whether it is a plan of a snapshot, which a simulator can serve.
    pub(crate) fn can_be_rehearsed(&self) -> bool {
        matches!(self.kind, Move::InPlace | Move::Copy)
    }
}

/// The most of anything that a plan counts. A file that says more was damaged or made up, and sums of such numbers overflow.
const MOST: u64 = 1 << 48;
/// The most seconds that a plan takes: 30,000 years.
const MOST_SECONDS: f64 = 1e12;

/// What a plan comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Whether it may be performed.
    pub verdict: PlanVerdict,
    pub operations: BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    /// Items that are in the target as they should be, by collection (`channels`, `members`, …).
    pub noop: BTreeMap<String, u64>,
    /// How many findings each check has; a check that found nothing is there with 0.
    pub findings: BTreeMap<String, u64>,
    /// Requests that performing it takes.
    pub requests: u64,
    /// Seconds that it takes.
    pub estimated_seconds: f64,
    /// What it takes by kind, in the order of performance.
    pub steps: Vec<Step>,
    /// Conversations by their number of participants.
    pub sizes: Vec<Bucket>,
    /// The most participants that the target allows in a conversation.
    pub participants_limit: u64,
    /// Operations that the plan blocks, by the code of the check that blocks them.
    pub blocked_by: BTreeMap<String, u64>,
    /// What is created in one request with its participants; nothing in a plan without such.
    #[serde(default, skip_serializing_if = "Batches::is_none")]
    pub batches: Batches,
    /// The files that messages are copied with; nothing in a plan without such.
    #[serde(default, skip_serializing_if = "MediaTotals::is_none")]
    pub media: MediaTotals,
    /// The codes of checks that could not look at all they look at: 0 findings of them is not a pass.
    pub not_checked: BTreeSet<String>,
}

impl Totals {
    /// What of it no plan has.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let counts = self.operations.values().flat_map(BTreeMap::values).chain(self.noop.values());
        let counts = counts.chain(self.findings.values()).chain(self.blocked_by.values());
        let of_steps = self.steps.iter().map(|step| step.requests);
        let of_batches =
            [self.batches.conversations, self.batches.participants, self.batches.requests_without];
        let of_sizes =
            self.sizes.iter().flat_map(|size| [size.from, size.to.unwrap_or_default(), size.conversations]);
        let mut counts = counts
            .copied()
            .chain(of_steps)
            .chain(of_batches)
            .chain(of_sizes)
            .chain([self.media.files, self.media.bytes])
            .chain([self.requests, self.participants_limit]);
        let mut seconds = self.steps.iter().map(|step| step.seconds).chain([self.estimated_seconds]);
        if counts.any(|count| count > MOST) {
            return Some("a number is beyond what a plan can have");
        }
        (!seconds.all(|seconds| (0.0..=MOST_SECONDS).contains(&seconds)))
            .then_some("a time is beyond what a plan can take")
    }
}
