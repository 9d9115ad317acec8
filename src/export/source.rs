//! What an export reads from: a snapshot, or in tests anything that walks like one.

use super::error::ExportError;
use crate::mapping::Subject;
use crate::snapshot::{Info, Snapshot, SnapshotError, Step, Walk};

/// Something whose records can be walked in order.
pub trait Rows {
    /// What it says about itself.
    fn info(&self) -> Result<Info, SnapshotError>;

    /// Visits every step of a walk in order; the visitor's error ends it.
    fn walk(
        &self,
        walk: &Walk,
        visit: &mut dyn FnMut(&Step) -> Result<(), ExportError>,
    ) -> Result<(), ExportError>;
}

impl Rows for Snapshot {
    fn info(&self) -> Result<Info, SnapshotError> {
        Snapshot::info(self)
    }

    fn walk(
        &self,
        walk: &Walk,
        visit: &mut dyn FnMut(&Step) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        Snapshot::walk(self, walk, visit)
    }
}

/// The step as mappings see it.
pub(crate) fn subject(step: &Step) -> Subject<'_> {
    Subject {
        service: &step.service,
        membership: step.membership.as_ref(),
        user: step.user.as_deref(),
        channel: step.channel.as_deref(),
        member: step.member.as_deref(),
        role: step.role.as_deref(),
        invite: step.invite.as_ref(),
        message: step.message.as_ref(),
    }
}
