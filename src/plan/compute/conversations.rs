//! Conversations: made private, created, updated, and closed when everything else is written.

use serde_json::Value as Json;

use super::current::{ClosedConversation, CurrentConversation, ParticipantOutcome};
use super::message_findings::MessageFindings;
use super::planner::Planner;
use super::{checks, differences, read_position, users, values};
use crate::mapping::Value;
use crate::model::{ChannelSid, ConversationState, Entity, JsonText, Timestamp};
use crate::plan::align::{Actual, Conversation, Item, Standing, email};
use crate::plan::check;
use crate::plan::error::PlanError;
use crate::plan::finding::{PlanCheck, PlanFinding, Severity};
use crate::plan::operation::{JsonFields, Operation, OperationKind, Subject};

/// The most characters of a unique name.
const UNIQUE_NAME: usize = 256;
/// The shortest timers that Twilio takes, in seconds.
const LEAST_INACTIVE: i64 = 60;
const LEAST_CLOSED: i64 = 600;

/// Adds what is written to a conversation last.
pub(super) fn conversation_ends(planner: &mut Planner<'_>) -> Result<(), PlanError> {
    read_position::write(planner)?;
    planner.write_held()?;
    if let Some(current) = planner.current.take() {
        for finding in current.messages.into_findings(&current.name) {
            planner.found(&finding)?;
        }
        if let Some(last) = current.last {
            planner.operation(last, current.blocked)?;
        }
    }
    planner.tally.conversation_ends();
    Ok(())
}

pub(super) fn conversation(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    conversation_ends(planner)?;
    planner.current = Some(CurrentConversation {
        blocked: None,
        full: None,
        is_carried: false,
        is_absent: false,
        closed: None,
        name: (item.sid(), item.name()),
        messages: MessageFindings::default(),
        last: None,
        participant: ParticipantOutcome::Left,
        read: None,
    });
    let Some(conversation) = item.conversation else {
        return match item.standing {
            Standing::Extra => {
                let detail = "a conversation that the source does not have".to_owned();
                planner.find(&check::ONLY_IN_TARGET, item, detail)
            }
            _ => Ok(()),
        };
    };
    match item.standing {
        Standing::OneSided => {
            let detail = format!("it has {}", values::counted(conversation.joined, "member", "members"));
            return planner.find(&check::MEMBERSHIP_WITHOUT_CHANNEL, item, detail);
        }
        Standing::Duplicate => {
            let detail = format!("`{}` of another channel too", shown_name(conversation));
            return planner.find(&check::UNIQUE_NAME_DUPLICATE, item, detail);
        }
        Standing::Taken => {
            let taken = conversation.target_sid.as_ref().map(ToString::to_string).unwrap_or_default();
            let detail = format!("`{}` is {taken}", shown_name(conversation));
            return planner.find(&check::UNIQUE_NAME_TAKEN, item, detail);
        }
        _ => {}
    }
    if planner.has_vanished(&conversation.sid)? {
        change(planner, |current| {
            current.blocked = Some(check::CHANNEL_VANISHED.code);
            current.is_absent = true;
        });
        return Ok(());
    }
    planner.tally.size(conversation.participants);
    planner.counterpart(item)?;
    let full = check_size(planner, item, conversation)?;
    change(planner, |current| current.full = full.map(|check| check.code));
    // In place it is there already, whatever its size.
    let mut blocked = full.filter(|_| planner.is_copy);
    if planner.is_copy {
        note_what_is_lost(planner, item, conversation)?;
    }
    match item.standing {
        Standing::Missing if !planner.is_copy && conversation.is_public => {
            make_private(planner, item, conversation, blocked)?;
        }
        Standing::Missing if !planner.is_copy => {
            planner.find(&check::CONVERSATION_MISSING, item, "Conversations does not list it".to_owned())?;
            blocked = blocked.or(Some(&check::CONVERSATION_MISSING));
            change(planner, |current| current.is_absent = true);
        }
        Standing::Missing => {
            blocked =
                blocked.or(check_unique_name(planner, item)?).or(checks::check_values(planner, item, None)?);
            let subject = conversation_subject(planner, item, conversation);
            users::create(planner, OperationKind::CreateConversation, item, subject, blocked)?;
            plan_last(planner, item, conversation, JsonFields::new());
        }
        Standing::Same => planner.tally.noop(Entity::Channel),
        Standing::Different => update_conversation(planner, item, conversation, blocked)?,
        _ => {}
    }
    if let Some(Actual::Channel(channel)) = item.actual
        && channel.state == Some(ConversationState::Closed)
    {
        let closed = ClosedConversation { sid: conversation.sid.clone(), name: conversation.name.clone() };
        change(planner, |current| current.closed = Some(closed));
    }
    change(planner, |current| current.blocked = blocked.map(|check| check.code));
    Ok(())
}

fn change(planner: &mut Planner<'_>, change: impl FnOnce(&mut CurrentConversation)) {
    if let Some(current) = &mut planner.current {
        change(current);
    }
}

/// Why nothing is written to the conversation that is being planned. A closed one is reported when something would be.
pub(super) fn blocked_conversation(planner: &mut Planner<'_>) -> Result<Option<&'static str>, PlanError> {
    let Some(current) = &mut planner.current else { return Ok(None) };
    if current.blocked.is_none()
        && let Some(ClosedConversation { sid, name }) = current.closed.take()
    {
        let check = &check::CONVERSATION_CLOSED;
        if planner.effective(check).severity == Severity::Block {
            change(planner, |current| current.blocked = Some(check.code));
        }
        let (entity, sid) = (Entity::Channel, sid.to_string());
        let detail = "something would be written to it".to_owned();
        planner.found(&PlanFinding { check, entity, sid, name, detail })?;
    }
    Ok(planner.current.as_ref().and_then(|current| current.blocked))
}

fn make_private(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
    conversation: &Conversation,
    blocked: Option<&'static PlanCheck>,
) -> Result<(), PlanError> {
    let users = planner.source_users;
    let others = users.saturating_sub(conversation.joined);
    let detail = format!(
        "{} and {} of {users} users can no longer join",
        match conversation.joined {
            1 => "1 member stays".to_owned(),
            joined => format!("{joined} members stay"),
        },
        others
    );
    planner.find(&check::PUBLIC_ONE_WAY, item, detail)?;
    let one = |value: &str| JsonFields::from_iter([("type".to_owned(), Json::from(value))]);
    let subject = Subject {
        service_sid: Some(planner.source_service.clone()),
        ..conversation_subject(planner, item, conversation)
    };
    let operation =
        Operation { kind: OperationKind::MakePrivate, subject, before: one("public"), after: one("private") };
    planner.operation(operation, blocked.map(|check| check.code))?;
    change(planner, |current| current.is_carried = true);
    Ok(())
}

fn update_conversation(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
    conversation: &Conversation,
    blocked: Option<&'static PlanCheck>,
) -> Result<(), PlanError> {
    let mut found = differences::differences(planner, item, OperationKind::UpdateConversation);
    let state = item.field("state").filter(|field| field.differs && planner.is_copy);
    // A copy that was not finished is closed now; one that was closed or went to sleep in the target stays so.
    if let Some(state) = state
        && state.desired.is_some_and(is_at_rest)
    {
        found.left.retain(|text| !text.starts_with("state: "));
        let before = JsonFields::from_iter([("state".to_owned(), values::json(state.actual))]);
        plan_last(planner, item, conversation, before);
    }
    if !found.left.is_empty() {
        planner.find(&check::CONVERSATION_DIFFERS, item, found.left.join("; "))?;
    }
    if !found.after.is_empty() {
        let closed = matches!(item.actual, Some(Actual::Channel(channel)) if channel.state == Some(ConversationState::Closed));
        let mut blocked = blocked.or(checks::check_values(planner, item, Some(&found.after))?);
        if closed && blocked.is_none() {
            blocked = planner.block(&check::CONVERSATION_CLOSED, item, "its fields differ".to_owned())?;
        }
        let subject = conversation_subject(planner, item, conversation);
        let (before, after) = (found.before, found.after);
        let operation = Operation { kind: OperationKind::UpdateConversation, subject, before, after };
        planner.operation(operation, blocked.map(|check| check.code))?;
    }
    Ok(())
}

/// Plans what is written when everything else is: a state of rest, and timers.
fn plan_last(planner: &mut Planner<'_>, item: &Item<'_>, conversation: &Conversation, before: JsonFields) {
    let mut after = JsonFields::new();
    if let Some(state) = item.desired("state").filter(|state| is_at_rest(*state)) {
        after.insert("state".to_owned(), values::json(state));
    }
    // Of what is there already timers are not compared, and a closed conversation has none. An inactive one has run out of its
    // first timer.
    let state = item.desired_text("state");
    let timers = item.source.as_ref().and_then(|source| source.channel?.timers.as_ref());
    if let Some(timers) = timers.filter(|_| state.as_deref() != Some("closed") && before.is_empty()) {
        let begun = Timestamp::from_wire(&planner.infos.0.started).seconds();
        let left = timers_left(timers, begun).into_iter();
        after
            .extend(left.filter(|(name, _)| state.as_deref() != Some("inactive") || name == "timers.closed"));
    }
    if after.is_empty() {
        return;
    }
    let subject = conversation_subject(planner, item, conversation);
    let operation = Operation { kind: OperationKind::UpdateConversation, subject, before, after };
    change(planner, |current| current.last = Some(operation));
}

fn conversation_subject(planner: &Planner<'_>, item: &Item<'_>, conversation: &Conversation) -> Subject {
    let target = conversation.target_sid.as_ref().map(ToString::to_string);
    Subject {
        channel_sid: Some(conversation.sid.clone()),
        unique_name: conversation.unique_name.clone(),
        target_sid: item.target_sid(),
        conversation_sid: target.or_else(|| (!planner.is_copy).then(|| conversation.sid.to_string())),
        ..planner.of_target()
    }
}

fn check_size(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
    conversation: &Conversation,
) -> Result<Option<&'static PlanCheck>, PlanError> {
    let (count, most, usual) =
        (conversation.participants, planner.limits.participants, planner.usual_limits.participants);
    // Converting a channel adds no one to it; in place only invitations do.
    if !planner.is_copy && count <= conversation.joined {
        return Ok(None);
    }
    if count > most {
        let detail =
            format!("{}; the limit is {most}", values::counted(count, "participant", "participants"));
        return planner.block(&check::PARTICIPANTS_OVER_LIMIT, item, detail);
    }
    if count > usual {
        let detail = format!(
            "{}; the default limit is {usual}",
            values::counted(count, "participant", "participants")
        );
        planner.find(&check::OVER_USUAL_LIMIT, item, detail)?;
    }
    Ok(None)
}

fn check_unique_name(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
) -> Result<Option<&'static PlanCheck>, PlanError> {
    let Some(name) = item.desired_text("unique_name") else { return Ok(None) };
    let length = name.chars().count();
    if length > UNIQUE_NAME {
        let detail = format!("{length} characters; {UNIQUE_NAME} fit");
        return planner.block(&check::UNIQUE_NAME_TOO_LONG, item, detail);
    }
    if name.parse::<ChannelSid>().is_ok() {
        return planner.block(&check::UNIQUE_NAME_LIKE_SID, item, format!("`{name}`"));
    }
    Ok(None)
}

/// What a copy cannot have: messages, and who created the conversation.
fn note_what_is_lost(
    planner: &mut Planner<'_>,
    item: &Item<'_>,
    conversation: &Conversation,
) -> Result<(), PlanError> {
    let Some(channel) = item.source.as_ref().and_then(|source| source.channel) else { return Ok(()) };
    let count = channel.messages_count.and_then(|count| u64::try_from(count).ok());
    if count != Some(0) && planner.inputs.header.messages.is_none() {
        planner.messages.0 += count.unwrap_or(0);
        planner.messages.1 += 1;
    }
    let is_new = conversation.target_sid.is_none();
    let service = channel.messaging_service_sid.as_ref();
    if let Some(service) = service.filter(|_| is_new && planner.is_other_account()) {
        let detail = format!("the messaging service {service} belongs to the source's account");
        planner.find(&check::NOT_CARRIED, item, detail)?;
    }
    if let Some(email) = email(channel).filter(|_| is_new && planner.is_other_account()) {
        let detail = format!("the sender of e-mails {} belongs to the source's account", values::cut(email));
        planner.find(&check::NOT_CARRIED, item, detail)?;
    }
    let creator = channel.created_by.as_ref().filter(|creator| *creator != "system");
    match creator.filter(|_| is_new) {
        Some(creator) => planner.find(&check::CREATED_BY_LOST, item, format!("created by `{creator}`")),
        None => Ok(()),
    }
}

fn shown_name(conversation: &Conversation) -> &str {
    conversation.unique_name.as_deref().unwrap_or_default()
}

/// Closed and inactive conversations are created active, so that they can be written to.
fn is_at_rest(state: Value<'_>) -> bool {
    state.to_text().is_some_and(|state| matches!(state.as_ref(), "closed" | "inactive"))
}

/// What was left of timers when the crawl started, as durations: the API gives instants and takes durations.
fn timers_left(timers: &JsonText, begun: Option<i64>) -> Vec<(String, Json)> {
    let Some(begun) = begun else { return Vec::new() };
    let said: Json = serde_json::from_str(&timers.0).unwrap_or_default();
    let left = |key: &str, least: i64| {
        let instant = Timestamp::from_wire(said.get(key)?.as_str()?).seconds()?;
        (instant > begun).then(|| Json::from(format!("PT{}S", (instant - begun).max(least))))
    };
    let timers = [
        ("timers.inactive", "date_inactive", LEAST_INACTIVE),
        ("timers.closed", "date_closed", LEAST_CLOSED),
    ];
    timers.into_iter().filter_map(|(name, key, least)| Some((name.to_owned(), left(key, least)?))).collect()
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn timers_are_what_was_left_of_them() {
        let timers = JsonText(
            "{\"date_inactive\":\"1970-01-01T00:10:00Z\",\"date_closed\":\"1970-01-01T00:00:30Z\"}".into(),
        );
        let left = timers_left(&timers, Some(0));
        assert_eq!(left[0], ("timers.inactive".to_owned(), "PT600S".into()));
        assert_eq!(
            left[1],
            ("timers.closed".to_owned(), "PT600S".into()),
            "Twilio takes none below 10 minutes"
        );
        assert!(timers_left(&timers, Some(3_600)).is_empty(), "both have run out");
        assert!(timers_left(&JsonText("null".into()), Some(0)).is_empty());
    }
}
