//! A snapshot compared with the target as it is: every item that the mapping wants there, field by field.
//!
//! **Invariant:** this asks the same question as a plan, by the same alignment. What a plan finds nothing to do about is the same
//! here, and the other way round.
//!
//! **Invariant:** what could not be read on one of the two sides is unreadable (`!`), never missing.

use serde_json::Value as Json;

use super::difference::{ConversationName, DiffTotals, Difference, FieldChange, Mark};
use crate::mapping::Value;
use crate::model::{Entity, Share};
use crate::plan::Move;
use crate::plan::align::{self, Actual, AlignOptions, Item, Pair, PlanRecords, Standing};
use crate::snapshot::{ListOf, SnapshotError, why_incomplete};

/// How to compare a snapshot with its target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TargetDiffOptions {
    /// In place, where SIDs are the same, or to another service, where names are.
    pub kind: Move,
    /// Which conversations; none for all.
    pub share: Option<Share>,
    /// Whether messages are compared, and read positions are those of the copied ones.
    pub messages: bool,
    /// Whether messages have their media in the target.
    pub media: bool,
    /// Whether what is the same is reported too.
    pub report_same: bool,
}

/// What is said once and is no difference: items that have no counterpart and are not asked for, and how messages were compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Uncounted {
    /// Invitations that the mapping leaves behind.
    pub invites: u64,
    /// Participants without an identity.
    pub not_of_chat: u64,
    /// Roles, users and conversations of another service that have nothing to do with the source.
    pub strangers: u64,
    /// Conversations whose messages are the same by count and digest.
    pub same_by_digest: u64,
    /// Conversations whose messages were compared field by field.
    pub by_fields: u64,
}

/// Compares a snapshot with its target and visits each difference in the order of alignment.
pub(crate) fn diff_target<E: From<SnapshotError>>(
    pair: &Pair<'_>,
    records: &PlanRecords<'_>,
    options: TargetDiffOptions,
    mut visit: impl FnMut(&Difference) -> Result<(), E>,
) -> Result<(DiffTotals, Uncounted), E> {
    let mut totals = DiffTotals::default();
    for entity in [Entity::Role, Entity::User, Entity::Channel, Entity::Member, Entity::Membership] {
        totals.by_entity.entry(entity).or_default();
    }
    if options.messages {
        totals.by_entity.entry(Entity::Message).or_default();
    }
    let mut uncounted = Uncounted::default();
    let aligning = AlignOptions {
        kind: options.kind,
        exact_above: u64::MAX,
        share: options.share,
        extras: true,
        messages: options.messages,
        media: options.media,
        // What is the same is reported one by one, if it is.
        digests: !options.report_same,
    };
    let mut last = None;
    align::align::<E>(pair, records, aligning, &mut |item| {
        if let Some(count) = item.same_messages {
            totals.add(Entity::Message, Mark::Same, count);
            uncounted.same_by_digest += u64::from(count > 0);
            return Ok(());
        }
        let conversation = item.conversation.filter(|_| item.entity == Entity::Message).map(|of| &of.sid);
        if conversation.is_some() && last.as_ref() != conversation {
            uncounted.by_fields += 1;
            last = conversation.cloned();
        }
        if item.entity == Entity::Invite {
            uncounted.invites += 1;
            return Ok(());
        }
        if is_not_of_chat(item) {
            uncounted.not_of_chat += 1;
            return Ok(());
        }
        // Another service may have other items besides a copy. In place, what the source lacks is a difference.
        let is_at_large = matches!(item.entity, Entity::Role | Entity::User | Entity::Channel);
        if options.kind == Move::Copy && is_at_large && matches!(item.standing, Standing::Extra) {
            uncounted.strangers += 1;
            return Ok(());
        }
        if options.share.is_none() && has_no_view(item) {
            totals.add(Entity::Membership, Mark::Unreadable, 1);
            visit(&Difference {
                mark: Mark::Unreadable,
                entity: Entity::Membership,
                sid: item.sid(),
                name: item.name(),
                changes: Vec::new(),
                record: None,
                conversation: name_of(item),
                reason: Some(
                    "the participant is there, and its user's own list does not have the conversation"
                        .to_owned(),
                ),
            })?;
        }
        let (mark, reason) = judge(pair, item)?;
        totals.add(item.entity, mark, 1);
        if mark == Mark::Same && !options.report_same {
            return Ok(());
        }
        visit(&Difference {
            mark,
            entity: item.entity,
            sid: item.sid(),
            name: item.name(),
            changes: if mark == Mark::Different { changes(item) } else { Vec::new() },
            record: None,
            reason,
            conversation: name_of(item),
        })
    })?;
    Ok((totals, uncounted))
}

/// The conversation of a participant or of a user's view.
fn name_of(item: &Item<'_>) -> Option<ConversationName> {
    let conversation = item.conversation.filter(|_| item.entity != Entity::Channel)?;
    Some(ConversationName { sid: conversation.sid.to_string(), name: conversation.name.clone() })
}

/// Whether an item is a participant without an identity: by SMS, `WhatsApp` or another network. A mapping says nothing of them, and
/// Chat does not show them.
fn is_not_of_chat(item: &Item<'_>) -> bool {
    let is_alone = match item.standing {
        Standing::OneSided => true,
        Standing::Extra => {
            matches!(item.actual, Some(Actual::Participant { member: Some(_), membership: None }))
        }
        _ => false,
    };
    item.entity == Entity::Member && is_alone && item.name().is_none()
}

/// Whether a participant of the source is there whose user does not have the conversation. Of a sample, the users' own views are
/// read by themselves.
fn has_no_view(item: &Item<'_>) -> bool {
    let actual = &item.actual;
    item.entity == Entity::Member
        && item.source.is_some()
        && matches!(actual, Some(Actual::Participant { member: Some(_), membership: None }))
}

/// What is said of an item, and why.
fn judge(pair: &Pair<'_>, item: &Item<'_>) -> Result<(Mark, Option<String>), SnapshotError> {
    let is_unread = matches!(item.actual, Some(Actual::Participant { member: None, .. }));
    Ok(match item.standing {
        // Its user's list names it, and its role, attributes and dates are in the list of participants alone.
        Standing::Same if is_unread && item.entity == Entity::Member => {
            let why =
                why_unread(pair, item)?.unwrap_or_else(|| "the list of participants lacks it".to_owned());
            (Mark::Unreadable, Some(format!("in the target {why}")))
        }
        Standing::Same => (Mark::Same, None),
        Standing::Different => (Mark::Different, None),
        Standing::Extra => (Mark::Added, None),
        Standing::Missing => match why_unread(pair, item)? {
            Some(why) => (Mark::Unreadable, Some(format!("in the target {why}"))),
            None if is_public(item) => {
                (Mark::Missing, Some("the channel is public, and Conversations does not show it".to_owned()))
            }
            None => (Mark::Missing, left_out(item)),
        },
        Standing::Failed(error) => (Mark::Unreadable, Some(format!("the mapping fails on it: {error}"))),
        Standing::Duplicate => (
            Mark::Missing,
            Some("another record of the source has the same name and took its place".to_owned()),
        ),
        Standing::Taken => {
            (Mark::Missing, Some("its unique name is another conversation's in the target".to_owned()))
        }
        Standing::OneSided => {
            (Mark::Unreadable, Some("the snapshot refers to it and has no record of it".to_owned()))
        }
    })
}

/// Why the target may have an item all the same, though what was read of it does not.
fn why_unread(pair: &Pair<'_>, item: &Item<'_>) -> Result<Option<String>, SnapshotError> {
    let list =
        match (item.entity, item.conversation.and_then(|conversation| conversation.target_sid.as_ref())) {
            (Entity::Role, _) => ListOf::Roles,
            (Entity::User, _) => ListOf::Users,
            (Entity::Member | Entity::Membership, Some(conversation)) => ListOf::Members(conversation),
            (Entity::Message, Some(conversation)) => ListOf::Messages(conversation),
            _ => ListOf::Channels,
        };
    why_incomplete(&pair.target, list)
}

/// Why a message is not copied, if so.
fn left_out(item: &Item<'_>) -> Option<String> {
    let check = item.message?.left_out?;
    Some(format!("the plan leaves it out ({})", check.code))
}

fn is_public(item: &Item<'_>) -> bool {
    item.conversation.is_some_and(|conversation| conversation.is_public && conversation.target_sid.is_none())
}

/// The fields that differ: as they should be, and as they are.
fn changes(item: &Item<'_>) -> Vec<FieldChange> {
    let differing = item.fields.iter().filter(|field| field.differs);
    differing
        .map(|field| FieldChange {
            field: field.name,
            old: field.desired.map_or(Json::Null, Value::to_json),
            new: field.actual.to_json(),
        })
        .collect()
}
