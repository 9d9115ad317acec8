//! Messages of a copy: each is created after those before it, and what keeps one from that is said once for its conversation.

use super::conversations;
use super::planner::Planner;
use super::read_position;
use crate::model::{Entity, Message};
use crate::plan::align::{Item, Standing};
use crate::plan::check;
use crate::plan::error::PlanError;
use crate::plan::finding::PlanCheck;
use crate::plan::messages::{self, DESCRIBED_BODY, SYSTEM};
use crate::plan::operation::{JsonFields, Operation, OperationKind, PlannedMessage, Subject};

pub(super) fn message(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    // The participants are planned by now.
    read_position::write(planner)?;
    planner.write_held()?;
    match item.standing {
        Standing::Same => planner.tally.noop(Entity::Message),
        Standing::Different => find(planner, &check::MESSAGE_DIFFERS, item),
        Standing::Missing => missing(planner, item)?,
        Standing::Extra => find(planner, &check::ONLY_IN_TARGET, item),
        _ => {}
    }
    if let Some(message) = item.source.as_ref().and_then(|source| source.message) {
        look_at(planner, item, message);
    }
    Ok(())
}

fn find(planner: &mut Planner<'_>, check: &'static PlanCheck, item: &Item<'_>) {
    if let Some(current) = &mut planner.current {
        current.messages.add(check, item);
    }
}

fn missing(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    let (Some(aligned), Some(conversation)) = (item.message, item.conversation) else { return Ok(()) };
    let Some(message) = item.source.as_ref().and_then(|source| source.message) else { return Ok(()) };
    let own = match aligned.left_out {
        None if aligned.position.is_none() => Some(&check::MESSAGE_OUT_OF_ORDER),
        left_out => left_out,
    };
    if let Some(check) = own {
        find(planner, check, item);
    }
    let blocked = match own {
        Some(check) => Some(check.code),
        None => conversations::blocked_conversation(planner)?,
    };
    // One without an index is not told from others, and nothing could be read for it.
    let Some(index) = message.index else { return Ok(()) };
    let position = aligned.position.unwrap_or_default();
    let subject = Subject {
        channel_sid: Some(conversation.sid.clone()),
        identity: aligned.author.map(str::to_owned),
        conversation_sid: conversation.target_sid.as_ref().map(ToString::to_string),
        message: Some(PlannedMessage { index, position }),
        ..planner.of_target()
    };
    if blocked.is_none() && planner.inputs.header.media.is_some() {
        planner.tally.media(messages::copied_media(message));
    }
    let (before, after) = (JsonFields::new(), JsonFields::new());
    planner.operation(Operation { kind: OperationKind::CreateMessage, subject, before, after }, blocked)
}

/// What is to be known of a message, whether it is written or not.
fn look_at(planner: &mut Planner<'_>, item: &Item<'_>, message: &Message) {
    let Some(current) = &mut planner.current else { return };
    let (index, expected) = (message.index, current.messages.follow(message.index));
    let body = message.body.as_deref().unwrap_or_default();
    let with_media = planner.inputs.header.media.is_some();
    let is_copied = item.message.is_some_and(|aligned| aligned.left_out.is_none());
    // Of one that is left out, the reason is found already.
    let of_media =
        messages::media_checks(message, with_media).map(|(check, found)| (check, found && is_copied));
    let checks: [(&'static PlanCheck, bool); 5] = [
        (&check::MESSAGE_INDEX_GAP, index.is_some_and(|index| index > expected)),
        (&check::MESSAGE_LONG, body.len() <= messages::BODY && body.chars().count() > DESCRIBED_BODY),
        (&check::MESSAGE_OF_SYSTEM, message.from.as_deref().is_none_or(|from| matches!(from, "" | SYSTEM))),
        (&check::AUTHOR_UNKNOWN, item.message.is_some_and(|aligned| !aligned.is_known)),
        (&check::ATTRIBUTES_LEFT_OUT, messages::has_other_attributes(message)),
    ];
    for (check, _) in checks.into_iter().chain(of_media).filter(|(_, found)| *found) {
        current.messages.add(check, item);
    }
}
