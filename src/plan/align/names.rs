//! By what names a copy's users and conversations are known in the target: what of a target has to be read for a plan.
//!
//! **Invariant:** nothing is left out that an alignment looks for. A name too many costs a request, one too few a wrong plan.

use super::context::walk_over;
use super::conversations::unique_name;
use super::fields::KEY;
use super::records::{AlignedRows, Evaluated, PlanRecords};
use crate::mapping::Value;
use crate::model::{ChannelSid, Entity, RowRecords};
use crate::snapshot::{ServiceView, SnapshotError};

/// A name in the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    /// A user's identity.
    Identity(&'a str),
    /// A conversation's unique name, and the SID of its channel in the source.
    Conversation(&'a str, &'a ChannelSid),
}

/// Visits the names of all that a copy would have, users first.
pub(crate) fn names<E: From<SnapshotError>>(
    source: &ServiceView<'_>,
    records: &PlanRecords<'_>,
    visit: &mut dyn FnMut(Name<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut rows = AlignedRows::new(&records.users);
    source.walk::<E>(walk_over(Entity::User, true), |step| {
        let Some(user) = step.user else { return Ok(()) };
        let subject =
            RowRecords { user: Some(user), role: step.role, ..RowRecords::of_service(step.service) };
        if matches!(rows.take(&subject), Evaluated::Filtered) {
            return Ok(());
        }
        // Participants may be mapped by another rule than users, so the source's own identity is looked for too.
        if let Some(identity) = &user.identity {
            visit(Name::Identity(identity))?;
        }
        match rows.desired(&subject)[KEY].and_then(Value::to_text) {
            Some(identity) if user.identity.as_deref() != Some(&identity) => visit(Name::Identity(&identity)),
            _ => Ok(()),
        }
    })?;
    let mut rows = AlignedRows::new(&records.conversations);
    source.walk::<E>(walk_over(Entity::Channel, false), |step| {
        let Some(channel) = step.channel else { return Ok(()) };
        let subject = RowRecords { channel: Some(channel), ..RowRecords::of_service(step.service) };
        if !matches!(rows.take(&subject), Evaluated::Wanted) {
            return Ok(());
        }
        let name = unique_name(records, true, &rows.desired(&subject), channel);
        name.map_or(Ok(()), |name| visit(Name::Conversation(&name, &channel.sid)))
    })
}
