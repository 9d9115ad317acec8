//! The snapshot: one SQLite file that holds what a crawl received and how far it got. (to be laid; this is the reading side's shape)

use crate::model::*;
use std::path::Path;

/// What to walk: an entity, in its key's order, with the records it refers to.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    /// The records to walk.
    pub entity: Entity,
    /// The order of memberships; ignored for other entities.
    pub order: Order,
    /// Which of the records that each one refers to are wanted. What is not wanted is `None`.
    pub with: With,
}

/// The order of a walk over memberships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By service SID, user SID, channel SID.
    ByUser,
    /// By service SID, channel SID, member SID (null first), user SID.
    ByChannel,
}

/// The referred records that a walk shall look up.
#[derive(Debug, Clone, Copy, Default)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "each flag is the record its name says")]
pub struct With {
    pub user: bool,
    pub channel: bool,
    pub member: bool,
    pub role: bool,
}

/// One step of a walk: the record of the walked entity is always there, others where wanted and known.
/// `role` is the member's role for memberships and members, the user's for users, the invite's for invites.
/// Other entities are walked by service SID, then their own key: roles, users, channels by SID; members and invites by
/// channel SID, SID; messages by channel SID, index, SID.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is the record its name says")]
pub struct Step {
    pub service: Service,
    pub membership: Option<Membership>,
    pub user: Option<User>,
    pub channel: Option<Channel>,
    pub member: Option<Member>,
    pub role: Option<Role>,
    pub invite: Option<Invite>,
    pub message: Option<Message>,
}

/// What a snapshot says about itself. (more to come)
#[derive(Debug, Clone, serde::Serialize)]
pub struct Info {
    /// Verdict: `complete`, `complete_with_drift`, `incomplete`.
    pub verdict: String,
    /// `chat` or `conversations`.
    pub source: String,
    /// The account.
    pub account_sid: Option<AccountSid>,
    /// The services crawled.
    pub services: Vec<ServiceSid>,
    /// When the crawl began and ended.
    pub started: Timestamp,
    /// Absent while it has not ended.
    pub finished: Option<Timestamp>,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// What was asked for with `--include`.
    pub include: Vec<Entity>,
    /// A digest of the content that does not depend on order (for `datapackage.json`).
    pub id: String,
}

/// A snapshot opened for reading.
#[derive(Debug)]
pub struct Snapshot {}

/// (to be laid)
#[derive(Debug, thiserror::Error)]
#[error("snapshot")]
pub struct SnapshotError {}

impl Snapshot {
    /// Opens a snapshot for reading.
    pub fn open(_path: &Path) -> Result<Self, SnapshotError> {
        Err(SnapshotError {})
    }
    /// What it says about itself.
    pub fn info(&self) -> Result<Info, SnapshotError> {
        Err(SnapshotError {})
    }
    /// Visits every step of a walk in order; the visitor's error ends it.
    pub fn walk<E: From<SnapshotError>>(
        &self,
        _walk: &Walk,
        _visit: impl FnMut(&Step) -> Result<(), E>,
    ) -> Result<(), E> {
        Err(SnapshotError {}.into())
    }
}
