//! Participants, and users' own views of conversations.

use super::current::{ParticipantOutcome, ReadPosition};
use super::planner::Planner;
use super::{checks, conversations, differences, read_position, values};
use crate::model::{Entity, MembershipStatus, NotificationLevel};
use crate::plan::align::{Actual, Item, Standing, number, projected_address};
use crate::plan::check;
use crate::plan::equality;
use crate::plan::error::PlanError;
use crate::plan::operation::{JsonFields, Operation, OperationKind, Subject};

pub(super) fn participant(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    read_position::write(planner)?;
    if let Some(current) = &mut planner.current {
        current.participant = ParticipantOutcome::Left;
    }
    match item.standing {
        Standing::Extra => {
            let has_none = matches!(item.actual, Some(Actual::Participant { member: Some(member), .. }) if member.identity.is_none());
            let check = if has_none { &check::NON_CHAT_PARTICIPANT } else { &check::ONLY_IN_TARGET };
            let detail = of_conversation(item, "a participant that the source does not have, of");
            planner.find(check, item, detail)?;
        }
        Standing::OneSided => {
            let is_chat = item.name().is_some();
            let check = if is_chat { &check::MEMBER_WITHOUT_USER } else { &check::NON_CHAT_PARTICIPANT };
            let detail = of_conversation(item, "of");
            planner.find(check, item, detail)?;
        }
        Standing::Duplicate => {
            let detail = of_conversation(item, "another member has the same identity, of");
            planner.find(&check::IDENTITY_DUPLICATE, item, detail)?;
        }
        Standing::Same => {
            planner.counterpart(item)?;
            planner.tally.noop(Entity::Member);
            mute(planner, item)?;
        }
        Standing::Different => {
            planner.counterpart(item)?;
            update_participant(planner, item)?;
            mute(planner, item)?;
        }
        Standing::Missing => missing_participant(planner, item)?,
        Standing::Taken | Standing::Failed(_) => {}
    }
    Ok(())
}

fn missing_participant(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    let membership = item.source.as_ref().and_then(|source| source.membership);
    let is_invited = membership.is_none_or(|membership| membership.status == Some(MembershipStatus::Invited));
    if !planner.is_copy && !is_invited {
        let said = planner.current.as_ref().is_some_and(|current| current.is_carried || current.is_absent);
        if !said {
            let detail = of_conversation(item, "not a participant of");
            planner.find(&check::PARTICIPANT_MISSING, item, detail)?;
        }
        return Ok(());
    }
    let member = item.source.as_ref().and_then(|source| source.member).filter(|_| planner.is_other_account());
    if let Some(address) = member.and_then(projected_address) {
        let detail = format!("the projected address {address} belongs to the source's account");
        planner.find(&check::NOT_CARRIED, item, detail)?;
    }
    let own = match checks::check_identity(planner, item)? {
        None => checks::check_values(planner, item, None)?,
        found => found,
    };
    let user = match item.user_sid() {
        Some(sid) => planner.blocked_users.code_of(number(sid))?,
        None => match item.name() {
            Some(identity) => planner.blocked_users.code_of_identity(&identity)?,
            None => None,
        },
    };
    let full = planner.current.as_ref().and_then(|current| current.full);
    let blocked =
        conversations::blocked_conversation(planner)?.or(full).or(user).or(own.map(|check| check.code));
    let subject = participant_subject(planner, item);
    create_participant(planner, item, &subject, blocked)?;
    if let Some(current) = &mut planner.current {
        current.participant = ParticipantOutcome::Created(blocked);
    }
    if blocked.is_none() {
        mute(planner, item)?;
    }
    Ok(())
}

fn create_participant(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
    subject: &Subject,
    blocked: Option<&'static str>,
) -> Result<(), PlanError> {
    let (mut after, mut horizon) = (JsonFields::new(), JsonFields::new());
    for field in &item.fields {
        let Some(value) = values::created(field).filter(|_| !checks::leaves_out(planner, item, field.name))
        else {
            continue;
        };
        if OperationKind::can_send(OperationKind::CreateParticipant, field.name, &value) {
            after.insert(field.name.to_owned(), value);
        } else if field.name.starts_with("last_read_") {
            horizon.insert(field.name.to_owned(), value);
        }
    }
    let operation =
        |kind, after| Operation { kind, subject: subject.clone(), before: JsonFields::new(), after };
    planner.operation(operation(OperationKind::CreateParticipant, after), blocked)?;
    // A timestamp without an index says nothing that the API would count from.
    let is_wanted = planner.inputs.records.mapping.plan.read_horizon;
    if is_wanted && horizon.contains_key("last_read_message_index") {
        planner.horizons += u64::from(blocked.is_none() && planner.is_copy);
        let read = ReadPosition { subject: subject.clone(), fields: horizon, blocked };
        match &mut planner.current {
            Some(current) => current.read = Some(read),
            None => planner.operation(operation(OperationKind::UpdateParticipant, read.fields), blocked)?,
        }
    }
    Ok(())
}

fn update_participant(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    let found = differences::differences(planner, item, OperationKind::UpdateParticipant);
    if !found.left.is_empty() {
        planner.find(&check::PARTICIPANT_DIFFERS, item, found.left.join("; "))?;
    }
    if found.after.is_empty() {
        return Ok(());
    }
    let own = checks::check_values(planner, item, Some(&found.after))?;
    let blocked = conversations::blocked_conversation(planner)?.or(own.map(|check| check.code));
    let has_index = found.after.contains_key("last_read_message_index");
    planner.horizons += u64::from(planner.is_copy && has_index && blocked.is_none());
    let (subject, before, after) = (participant_subject(planner, item), found.before, found.after);
    planner.operation(Operation { kind: OperationKind::UpdateParticipant, subject, before, after }, blocked)
}

/// The user's own view of a conversation: its notification level, and with it how far a new participant has read. One request takes both.
pub(super) fn view(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    let kind = OperationKind::UpdateUserConversation;
    match item.standing {
        Standing::Same => planner.tally.noop(Entity::Membership),
        Standing::Different => {
            let found = differences::differences(planner, item, kind);
            if !found.left.is_empty() {
                planner.find(&check::NOTIFICATION_LEVEL_DIFFERS, item, found.left.join("; "))?;
            }
            if !found.after.is_empty() {
                let blocked = conversations::blocked_conversation(planner)?;
                let (subject, before, after) =
                    (participant_subject(planner, item), found.before, found.after);
                planner.operation(Operation { kind, subject, before, after }, blocked)?;
            }
        }
        Standing::Missing => {
            let created = planner.current.as_ref().map(|current| current.participant);
            // A new participant has the default level.
            let level = item
                .field("notification_level")
                .filter(|field| field.desired.is_some_and(|level| !equality::is_unset(field.name, level)));
            if let (Some(ParticipantOutcome::Created(blocked)), Some(level)) =
                (created, level.and_then(values::created))
            {
                let mut after = JsonFields::from_iter([("notification_level".to_owned(), level)]);
                after.extend(read_position::take(planner).into_iter().flat_map(|read| read.fields));
                let subject = participant_subject(planner, item);
                planner.operation(Operation { kind, subject, before: JsonFields::new(), after }, blocked)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Mutes the source's User Channel, so that no one is notified twice.
fn mute(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    let membership = item.source.as_ref().and_then(|source| source.membership);
    let Some(membership) = membership.filter(|membership| membership.is_joined()) else { return Ok(()) };
    let is_muted = membership.notification_level == Some(NotificationLevel::Muted);
    if !planner.is_copy || !planner.inputs.header.mute_source || is_muted {
        return Ok(());
    }
    let blocked = planner.current.as_ref().and_then(|current| current.blocked);
    // A level that was never set is `default`.
    let level = membership.notification_level.as_ref().map_or("default", |level| level.as_str());
    let one = |level: &str| JsonFields::from_iter([("notification_level".to_owned(), level.into())]);
    let subject = Subject {
        service_sid: Some(planner.source_service.clone()),
        target_sid: None,
        conversation_sid: None,
        target_user_sid: None,
        ..participant_subject(planner, item)
    };
    let operation =
        Operation { kind: OperationKind::MuteSource, subject, before: one(level), after: one("muted") };
    planner.operation(operation, blocked)
}

fn participant_subject(planner: &Planner<'_>, item: &Item<'_>) -> Subject {
    let source = item.source.as_ref();
    let membership = source.and_then(|source| source.membership);
    let member = source.and_then(|source| source.member.map(|member| &member.sid));
    let member = member.or_else(|| membership?.member_sid.as_ref());
    let conversation = item.conversation;
    let target = conversation.and_then(|conversation| conversation.target_sid.as_ref());
    let in_place = conversation.filter(|_| !planner.is_copy).map(|conversation| &conversation.sid);
    let (target_sid, target_user) = match item.actual {
        Some(Actual::Participant { member, membership }) => (
            member
                .map(|member| &member.sid)
                .or_else(|| membership?.member_sid.as_ref())
                .map(ToString::to_string),
            membership.map(|membership| membership.user_sid.to_string()),
        ),
        _ => (None, None),
    };
    let user = item.user_sid().filter(|_| !planner.is_copy).map(ToString::to_string);
    Subject {
        user_sid: item.user_sid().cloned(),
        channel_sid: conversation.map(|conversation| conversation.sid.clone()),
        member_sid: member.cloned(),
        invite_sid: item.invite.map(|invite| invite.sid.clone()),
        identity: item.name(),
        unique_name: conversation.and_then(|conversation| conversation.unique_name.clone()),
        target_sid,
        conversation_sid: target.or(in_place).map(ToString::to_string),
        target_user_sid: target_user.or(user),
        ..planner.of_target()
    }
}

/// A detail that names the conversation.
fn of_conversation(item: &Item<'_>, what: &str) -> String {
    let Some(conversation) = item.conversation else { return what.to_owned() };
    match &conversation.name {
        Some(name) => format!("{what} {} `{name}`", conversation.sid),
        None => format!("{what} {}", conversation.sid),
    }
}
