//! Conversations: made private, created, updated, and closed when everything else is written.

use serde_json::Value as Json;

use super::planner::Planner;
use super::values;
use crate::mapping::Value;
use crate::model::{ChannelSid, ConversationState, Entity, JsonText, Timestamp};
use crate::plan::align::{Actual, Conversation, Item, Standing};
use crate::plan::check;
use crate::plan::error::PlanError;
use crate::plan::finding::{Check, Finding, Severity};
use crate::plan::operation::{Fields, Kind, Operation, Subject};

/// The most characters of a unique name.
const UNIQUE_NAME: usize = 256;
/// The shortest timers that Twilio takes, in seconds.
const LEAST_INACTIVE: i64 = 60;
const LEAST_CLOSED: i64 = 600;

/// The conversation that is being planned.
#[derive(Debug)]
pub(super) struct Current {
    /// Why nothing is written to it, if so.
    pub(super) blocked: Option<&'static str>,
    /// Why no participant is added to it, if so.
    pub(super) full: Option<&'static str>,
    /// In place: it is public, and its members come with it when it is made private.
    pub(super) is_carried: bool,
    /// In place: Conversations does not have it, and that is said already.
    pub(super) is_absent: bool,
    /// It is closed in the target.
    closed: Option<Closed>,
    /// What is written to it last: `state` and timers.
    last: Option<Operation>,
    /// What became of the participant that was looked at last.
    pub(super) participant: Participant,
}

/// What becomes of a participant, for the user's own view that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Participant {
    /// It is there, or not planned.
    Left,
    /// It is created; blocked, if so, for this reason.
    Created(Option<&'static str>),
}

/// A conversation that is closed in the target.
#[derive(Debug)]
struct Closed {
    sid: ChannelSid,
    name: Option<String>,
}

impl Planner<'_> {
    /// Adds what is written to a conversation last.
    pub(super) fn conversation_ends(&mut self) -> Result<(), PlanError> {
        if let Some(current) = self.current.take()
            && let Some(last) = current.last
        {
            self.operation(&last, current.blocked)?;
        }
        self.tally.conversation_ends();
        Ok(())
    }

    pub(super) fn conversation(&mut self, item: &Item<'_>) -> Result<(), PlanError> {
        self.conversation_ends()?;
        self.current = Some(Current {
            blocked: None,
            full: None,
            is_carried: false,
            is_absent: false,
            closed: None,
            last: None,
            participant: Participant::Left,
        });
        let Some(conversation) = item.conversation else {
            return match item.standing {
                Standing::Extra => {
                    let detail = "a conversation that the source does not have".to_owned();
                    self.find(&check::ONLY_IN_TARGET, item, detail)
                }
                _ => Ok(()),
            };
        };
        match item.standing {
            Standing::OneSided => {
                let detail = format!("it has {}", values::counted(conversation.joined, "member", "members"));
                return self.find(&check::MEMBERSHIP_WITHOUT_CHANNEL, item, detail);
            }
            Standing::Duplicate => {
                let detail = format!("`{}` of another channel too", shown_name(conversation));
                return self.find(&check::UNIQUE_NAME_DUPLICATE, item, detail);
            }
            Standing::Taken => {
                let taken = conversation.target_sid.as_ref().map(ToString::to_string).unwrap_or_default();
                let detail = format!("`{}` is {taken}", shown_name(conversation));
                return self.find(&check::UNIQUE_NAME_TAKEN, item, detail);
            }
            _ => {}
        }
        if self.vanished.contains(&conversation.sid.to_string()) {
            self.change(|current| {
                current.blocked = Some(check::CHANNEL_VANISHED.code);
                current.is_absent = true;
            });
            return Ok(());
        }
        self.tally.size(conversation.participants);
        self.counterpart(item)?;
        let full = self.check_size(item, conversation)?;
        self.change(|current| current.full = full.map(|check| check.code));
        // In place it is there already, whatever its size.
        let mut blocked = full.filter(|_| self.is_copy);
        if self.is_copy {
            self.note_what_is_lost(item, conversation)?;
        }
        match item.standing {
            Standing::Missing if !self.is_copy && conversation.is_public => {
                self.make_private(item, conversation, blocked)?;
            }
            Standing::Missing if !self.is_copy => {
                self.find(&check::CONVERSATION_MISSING, item, "Conversations does not list it".to_owned())?;
                blocked = blocked.or(Some(&check::CONVERSATION_MISSING));
                self.change(|current| current.is_absent = true);
            }
            Standing::Missing => {
                blocked = blocked.or(self.check_unique_name(item)?).or(self.check_values(item, None)?);
                self.create(Kind::CreateConversation, item, self.subject(item, conversation), blocked)?;
                self.plan_last(item, conversation, Fields::new());
            }
            Standing::Same => self.tally.noop(Entity::Channel),
            Standing::Different => self.update_conversation(item, conversation, blocked)?,
            _ => {}
        }
        if let Some(Actual::Channel(channel)) = item.actual
            && channel.state == Some(ConversationState::Closed)
        {
            let closed = Closed { sid: conversation.sid.clone(), name: conversation.name.clone() };
            self.change(|current| current.closed = Some(closed));
        }
        self.change(|current| current.blocked = blocked.map(|check| check.code));
        Ok(())
    }

    fn change(&mut self, change: impl FnOnce(&mut Current)) {
        if let Some(current) = &mut self.current {
            change(current);
        }
    }

    /// Why nothing is written to the conversation that is being planned. A closed one is reported when something would be.
    pub(super) fn blocked_conversation(&mut self) -> Result<Option<&'static str>, PlanError> {
        let Some(current) = &mut self.current else { return Ok(None) };
        if current.blocked.is_none()
            && let Some(Closed { sid, name }) = current.closed.take()
        {
            let check = &check::CONVERSATION_CLOSED;
            if self.effective(check).severity == Severity::Block {
                self.change(|current| current.blocked = Some(check.code));
            }
            let (entity, sid) = (Entity::Channel, sid.to_string());
            let detail = "something would be written to it".to_owned();
            self.found(&Finding { check, entity, sid, name, detail })?;
        }
        Ok(self.current.as_ref().and_then(|current| current.blocked))
    }

    fn make_private(
        &mut self,
        item: &Item<'_>,
        conversation: &Conversation,
        blocked: Option<&'static Check>,
    ) -> Result<(), PlanError> {
        let users = self.source_users;
        let others = users.saturating_sub(conversation.joined);
        let detail = format!(
            "{} and {} of {users} users can no longer join",
            match conversation.joined {
                1 => "1 member stays".to_owned(),
                joined => format!("{joined} members stay"),
            },
            others
        );
        self.find(&check::PUBLIC_ONE_WAY, item, detail)?;
        let one = |value: &str| Fields::from_iter([("type".to_owned(), Json::from(value))]);
        let subject =
            Subject { service_sid: Some(self.source_service.clone()), ..self.subject(item, conversation) };
        let operation =
            Operation { kind: Kind::MakePrivate, subject, before: one("public"), after: one("private") };
        self.operation(&operation, blocked.map(|check| check.code))?;
        self.change(|current| current.is_carried = true);
        Ok(())
    }

    fn update_conversation(
        &mut self,
        item: &Item<'_>,
        conversation: &Conversation,
        blocked: Option<&'static Check>,
    ) -> Result<(), PlanError> {
        let mut found = self.differences(item, Kind::UpdateConversation);
        let state = item.field("state").filter(|field| field.differs && self.is_copy);
        // A copy that was not finished is closed now; one that was closed or went to sleep in the target stays so.
        if let Some(state) = state
            && state.desired.is_some_and(is_at_rest)
        {
            found.left.retain(|text| !text.starts_with("state: "));
            let before = Fields::from_iter([("state".to_owned(), values::json(state.actual))]);
            self.plan_last(item, conversation, before);
        }
        if !found.left.is_empty() {
            self.find(&check::CONVERSATION_DIFFERS, item, found.left.join("; "))?;
        }
        if !found.after.is_empty() {
            let closed = matches!(item.actual, Some(Actual::Channel(channel)) if channel.state == Some(ConversationState::Closed));
            let mut blocked = blocked.or(self.check_values(item, Some(&found.after))?);
            if closed && blocked.is_none() {
                blocked = self.block(&check::CONVERSATION_CLOSED, item, "its fields differ".to_owned())?;
            }
            let subject = self.subject(item, conversation);
            let (before, after) = (found.before, found.after);
            let operation = Operation { kind: Kind::UpdateConversation, subject, before, after };
            self.operation(&operation, blocked.map(|check| check.code))?;
        }
        Ok(())
    }

    /// Plans what is written when everything else is: a state of rest, and timers.
    fn plan_last(&mut self, item: &Item<'_>, conversation: &Conversation, before: Fields) {
        let mut after = Fields::new();
        if let Some(state) = item.desired("state").filter(|state| is_at_rest(*state)) {
            after.insert("state".to_owned(), values::json(state));
        }
        // Of what is there already timers are not compared, and a closed conversation has none. An inactive one has run out of its
        // first timer.
        let state = item.desired_text("state");
        let timers = item.source.as_ref().and_then(|source| source.channel?.timers.as_ref());
        if let Some(timers) = timers.filter(|_| state.as_deref() != Some("closed") && before.is_empty()) {
            let begun = Timestamp::from_wire(&self.infos.0.started).seconds();
            let left = timers_left(timers, begun).into_iter();
            after.extend(
                left.filter(|(name, _)| state.as_deref() != Some("inactive") || name == "timers.closed"),
            );
        }
        if after.is_empty() {
            return;
        }
        let subject = self.subject(item, conversation);
        let operation = Operation { kind: Kind::UpdateConversation, subject, before, after };
        self.change(|current| current.last = Some(operation));
    }

    fn subject(&self, item: &Item<'_>, conversation: &Conversation) -> Subject {
        let target = conversation.target_sid.as_ref().map(ToString::to_string);
        Subject {
            channel_sid: Some(conversation.sid.clone()),
            unique_name: conversation.unique_name.clone(),
            target_sid: item.target_sid(),
            conversation_sid: target.or_else(|| (!self.is_copy).then(|| conversation.sid.to_string())),
            ..self.of_target()
        }
    }

    fn check_size(
        &mut self,
        item: &Item<'_>,
        conversation: &Conversation,
    ) -> Result<Option<&'static Check>, PlanError> {
        let (count, most, usual) =
            (conversation.participants, self.limits.participants, self.usual_limits.participants);
        // Converting a channel adds no one to it; in place only invitations do.
        if !self.is_copy && count <= conversation.joined {
            return Ok(None);
        }
        if count > most {
            let detail =
                format!("{}; the limit is {most}", values::counted(count, "participant", "participants"));
            return self.block(&check::PARTICIPANTS_OVER_LIMIT, item, detail);
        }
        if count > usual {
            let detail = format!(
                "{}; the default limit is {usual}",
                values::counted(count, "participant", "participants")
            );
            self.find(&check::OVER_USUAL_LIMIT, item, detail)?;
        }
        Ok(None)
    }

    fn check_unique_name(&mut self, item: &Item<'_>) -> Result<Option<&'static Check>, PlanError> {
        let Some(name) = item.desired_text("unique_name") else { return Ok(None) };
        let length = name.chars().count();
        if length > UNIQUE_NAME {
            let detail = format!("{length} characters; {UNIQUE_NAME} fit");
            return self.block(&check::UNIQUE_NAME_TOO_LONG, item, detail);
        }
        if name.parse::<ChannelSid>().is_ok() {
            return self.block(&check::UNIQUE_NAME_LIKE_SID, item, format!("`{name}`"));
        }
        Ok(None)
    }

    /// What a copy cannot have: messages, and who created the conversation.
    fn note_what_is_lost(&mut self, item: &Item<'_>, conversation: &Conversation) -> Result<(), PlanError> {
        let Some(channel) = item.source.as_ref().and_then(|source| source.channel) else { return Ok(()) };
        let messages = channel.messages_count.and_then(|count| u64::try_from(count).ok());
        if messages != Some(0) {
            self.messages.0 += messages.unwrap_or(0);
            self.messages.1 += 1;
        }
        if let Some(service) = channel.messaging_service_sid.as_ref().filter(|_| self.is_other_account()) {
            let detail = format!("the messaging service {service} belongs to the source's account");
            self.find(&check::NOT_CARRIED, item, detail)?;
        }
        let creator = channel.created_by.as_ref().filter(|creator| *creator != "system");
        match creator.filter(|_| conversation.target_sid.is_none()) {
            Some(creator) => self.find(&check::CREATED_BY_LOST, item, format!("created by `{creator}`")),
            None => Ok(()),
        }
    }
}

fn shown_name(conversation: &Conversation) -> &str {
    conversation.unique_name.as_deref().unwrap_or_default()
}

/// Closed and inactive conversations are created active, so that they can be written to.
fn is_at_rest(state: Value<'_>) -> bool {
    state.to_text().is_some_and(|state| matches!(state.as_ref(), "closed" | "inactive"))
}

/// What was left of timers when the snapshot was begun, as durations: the API tells instants and takes durations.
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
