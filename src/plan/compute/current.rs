//! The conversation that is being planned, as far as its participants have to know it.

use super::message_findings::MessageFindings;
use crate::model::ChannelSid;
use crate::plan::operation::{JsonFields, Operation, Subject};

/// The conversation that is being planned.
#[derive(Debug)]
pub(super) struct CurrentConversation {
    /// Why nothing is written to it, if so.
    pub(super) blocked: Option<&'static str>,
    /// Why no participant is added to it, if so.
    pub(super) full: Option<&'static str>,
    /// In place: it is public, and its members come with it when it is made private.
    pub(super) is_carried: bool,
    /// In place: Conversations does not have it, and that is said already.
    pub(super) is_absent: bool,
    /// It is closed in the target.
    pub(super) closed: Option<ClosedConversation>,
    /// Its SID and its name for people.
    pub(super) name: (String, Option<String>),
    pub(super) messages: MessageFindings,
    /// What is written to it last: `state` and timers.
    pub(super) last: Option<Operation>,
    /// What happens to the participant that was visited last.
    pub(super) participant: ParticipantOutcome,
    /// What the participant that was visited last has read, if that is still to be written.
    pub(super) read: Option<ReadPosition>,
}

/// What happens to a participant, for the user's own view that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParticipantOutcome {
    /// It is there, or not planned.
    Left,
    /// It is created; blocked, if so, for this reason.
    Created(Option<&'static str>),
}

/// How far a new participant has read: written with the user's own view where that is written anyway, else by itself.
#[derive(Debug)]
pub(super) struct ReadPosition {
    pub(super) subject: Subject,
    pub(super) fields: JsonFields,
    pub(super) blocked: Option<&'static str>,
}

/// A conversation that is closed in the target.
#[derive(Debug)]
pub(super) struct ClosedConversation {
    pub(super) sid: ChannelSid,
    pub(super) name: Option<String>,
}
