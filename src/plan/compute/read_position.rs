//! How far a new participant has read. A create does not take it; one update takes it together with the user's notification level.

use super::current::ReadPosition;
use super::planner::Planner;
use crate::plan::error::PlanError;
use crate::plan::operation::{JsonFields, Operation, OperationKind};

/// What the participant that was visited last has read, to be written with something else.
pub(super) fn take(planner: &mut Planner<'_>) -> Option<ReadPosition> {
    planner.current.as_mut().and_then(|current| current.read.take())
}

/// Writes it by itself, where no update of the user's own view took it.
pub(super) fn write(planner: &mut Planner<'_>) -> Result<(), PlanError> {
    let Some(ReadPosition { subject, fields: after, blocked }) = take(planner) else { return Ok(()) };
    let (kind, before) = (OperationKind::UpdateParticipant, JsonFields::new());
    planner.operation(&Operation { kind, subject, before, after }, blocked)
}
