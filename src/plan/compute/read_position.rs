//! How far a new participant has read. A create does not take it; one update takes it together with the user's notification level.
//!
//! Of who comes with its conversation it is written as the user's own view: that request names no participant, and its answer gives the
//! participant's SID, so that no list has to be read for it.

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
    let is_brought = planner.held.as_ref().is_some_and(|held| held.brings(subject.identity.as_deref()));
    let kind = if is_brought && subject.user_sid.is_some() {
        OperationKind::UpdateUserConversation
    } else {
        OperationKind::UpdateParticipant
    };
    let before = JsonFields::new();
    planner.operation(Operation { kind, subject, before, after }, blocked)
}
