//! The texts of the messages that a plan copies, read from its snapshot.
//!
//! A plan does not repeat them: an operation names its message, and what is sent is filled in here. The digest of the snapshot's messages, which
//! the plan has, says that they are still what was planned.

use std::path::Path;

use super::error::PlanError;
use super::messages::MessageFields;
use super::operation::{Operation, OperationKind};
use super::overview::Header;
use crate::model::ServiceSid;
use crate::snapshot::Snapshot;

/// What the messages of a plan are written with, read from its snapshot.
#[derive(Debug)]
pub(super) struct MessageTexts {
    snapshot: Snapshot,
    service: ServiceSid,
    with_media: bool,
}

impl MessageTexts {
    /// Of the snapshot that a plan was made of.
    pub(super) fn open(header: &Header) -> Result<Self, PlanError> {
        let snapshot = Snapshot::open(Path::new(&header.snapshot))?;
        let service = ServiceSid::from_wire(&header.source.service_sid);
        Ok(Self { snapshot, service, with_media: header.media.is_some() })
    }

    /// Fills in what an operation writes, where it creates a message.
    pub(super) fn fill(&self, operation: &mut Operation) -> Result<(), PlanError> {
        let subject = &operation.subject;
        let (OperationKind::CreateMessage, Some(planned), Some(channel)) =
            (operation.kind, subject.message, &subject.channel_sid)
        else {
            return Ok(());
        };
        let view = self.snapshot.service_for_single_reads(&self.service)?;
        let found = match view {
            Some(view) => view.messages_from(channel, Some(planned.index), None, 1)?,
            None => Vec::new(),
        };
        let Some(message) = found.first().filter(|message| message.index == Some(planned.index)) else {
            return Err(PlanError::NoMessage {
                path: self.snapshot.path().to_path_buf(),
                channel: channel.clone(),
                index: planned.index,
            });
        };
        operation.after = MessageFields::of(message, subject.identity.as_deref(), self.with_media).json();
        Ok(())
    }
}
