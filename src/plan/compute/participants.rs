//! Participants, and users' own views of conversations.

use super::conversations::Participant;
use super::people::number;
use super::planner::Planner;
use super::values;
use crate::model::{Entity, MembershipStatus, NotificationLevel};
use crate::plan::align::{Actual, Item, Standing, projected_address};
use crate::plan::check;
use crate::plan::equality;
use crate::plan::error::PlanError;
use crate::plan::operation::{Fields, Kind, Operation, Subject};

impl Planner<'_> {
    pub(super) fn participant(&mut self, item: &Item<'_>) -> Result<(), PlanError> {
        if let Some(current) = &mut self.current {
            current.participant = Participant::Left;
        }
        match item.standing {
            Standing::Extra => {
                let has_identity = matches!(item.actual, Some(Actual::Participant { member: Some(member), .. }) if member.identity.is_none());
                let check = if has_identity { &check::NON_CHAT_PARTICIPANT } else { &check::ONLY_IN_TARGET };
                let detail = of_conversation(item, "a participant that the source does not have, of");
                self.find(check, item, detail)?;
            }
            Standing::OneSided => {
                let is_chat = item.name().is_some();
                let check = if is_chat { &check::MEMBER_WITHOUT_USER } else { &check::NON_CHAT_PARTICIPANT };
                let detail = of_conversation(item, "of");
                self.find(check, item, detail)?;
            }
            Standing::Duplicate => {
                let detail = of_conversation(item, "another member has the same identity, of");
                self.find(&check::IDENTITY_DUPLICATE, item, detail)?;
            }
            Standing::Same => {
                self.counterpart(item)?;
                self.tally.noop(Entity::Member);
                self.mute(item)?;
            }
            Standing::Different => {
                self.counterpart(item)?;
                self.update_participant(item)?;
                self.mute(item)?;
            }
            Standing::Missing => self.missing_participant(item)?,
            Standing::Taken | Standing::Failed(_) => {}
        }
        Ok(())
    }

    fn missing_participant(&mut self, item: &Item<'_>) -> Result<(), PlanError> {
        let membership = item.source.as_ref().and_then(|source| source.membership);
        let is_invited =
            membership.is_none_or(|membership| membership.status == Some(MembershipStatus::Invited));
        if !self.is_copy && !is_invited {
            let said = self.current.as_ref().is_some_and(|current| current.is_carried || current.is_absent);
            if !said {
                let detail = of_conversation(item, "not a participant of");
                self.find(&check::PARTICIPANT_MISSING, item, detail)?;
            }
            return Ok(());
        }
        let member =
            item.source.as_ref().and_then(|source| source.member).filter(|_| self.is_other_account());
        if let Some(address) = member.and_then(projected_address) {
            let detail = format!("the projected address {address} belongs to the source's account");
            self.find(&check::NOT_CARRIED, item, detail)?;
        }
        let own = match self.check_identity(item)? {
            None => self.check_values(item, None)?,
            found => found,
        };
        let user = match item.user_sid() {
            Some(sid) => self.blocked_users.get(&number(sid)).copied(),
            None => item.name().and_then(|identity| self.blocked_identities.get(&identity).copied()),
        };
        let full = self.current.as_ref().and_then(|current| current.full);
        let blocked = self.blocked_conversation()?.or(full).or(user).or(own.map(|check| check.code));
        let subject = self.participant_subject(item);
        self.create_participant(item, &subject, blocked)?;
        if let Some(current) = &mut self.current {
            current.participant = Participant::Created(blocked);
        }
        if blocked.is_none() {
            self.mute(item)?;
        }
        Ok(())
    }

    fn create_participant(
        &mut self,
        item: &Item<'_>,
        subject: &Subject,
        blocked: Option<&'static str>,
    ) -> Result<(), PlanError> {
        let (mut after, mut horizon) = (Fields::new(), Fields::new());
        for field in &item.fields {
            let Some(value) = values::created(field).filter(|_| !self.leaves_out(item, field.name)) else {
                continue;
            };
            if Kind::can_send(Kind::CreateParticipant, field.name, &value) {
                after.insert(field.name.to_owned(), value);
            } else if field.name.starts_with("last_read_") {
                horizon.insert(field.name.to_owned(), value);
            }
        }
        let operation =
            |kind, after| Operation { kind, subject: subject.clone(), before: Fields::new(), after };
        self.operation(&operation(Kind::CreateParticipant, after), blocked)?;
        // A timestamp without an index says nothing that the API would count from.
        let is_wanted = self.inputs.records.mapping.plan.read_horizon;
        if is_wanted && horizon.contains_key("last_read_message_index") {
            self.horizons += u64::from(blocked.is_none() && self.is_copy);
            self.operation(&operation(Kind::UpdateParticipant, horizon), blocked)?;
        }
        Ok(())
    }

    fn update_participant(&mut self, item: &Item<'_>) -> Result<(), PlanError> {
        let found = self.differences(item, Kind::UpdateParticipant);
        if !found.left.is_empty() {
            self.find(&check::PARTICIPANT_DIFFERS, item, found.left.join("; "))?;
        }
        if found.after.is_empty() {
            return Ok(());
        }
        let own = self.check_values(item, Some(&found.after))?;
        let blocked = self.blocked_conversation()?.or(own.map(|check| check.code));
        let has_index = found.after.contains_key("last_read_message_index");
        self.horizons += u64::from(self.is_copy && has_index && blocked.is_none());
        let (subject, before, after) = (self.participant_subject(item), found.before, found.after);
        self.operation(&Operation { kind: Kind::UpdateParticipant, subject, before, after }, blocked)
    }

    /// The user's own view of a conversation: its notification level.
    pub(super) fn view(&mut self, item: &Item<'_>) -> Result<(), PlanError> {
        let kind = Kind::UpdateUserConversation;
        match item.standing {
            Standing::Same => self.tally.noop(Entity::Membership),
            Standing::Different => {
                let found = self.differences(item, kind);
                if !found.left.is_empty() {
                    self.find(&check::NOTIFICATION_LEVEL_DIFFERS, item, found.left.join("; "))?;
                }
                if !found.after.is_empty() {
                    let blocked = self.blocked_conversation()?;
                    let (subject, before, after) =
                        (self.participant_subject(item), found.before, found.after);
                    self.operation(&Operation { kind, subject, before, after }, blocked)?;
                }
            }
            Standing::Missing => {
                let created = self.current.as_ref().map(|current| current.participant);
                // A new participant has the default level.
                let level = item.field("notification_level").filter(|field| {
                    field.desired.is_some_and(|level| !equality::is_unset(field.name, level))
                });
                if let (Some(Participant::Created(blocked)), Some(level)) =
                    (created, level.and_then(values::created))
                {
                    let after = Fields::from_iter([("notification_level".to_owned(), level)]);
                    let subject = self.participant_subject(item);
                    self.operation(&Operation { kind, subject, before: Fields::new(), after }, blocked)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Mutes the source's User Channel, so that nobody is notified twice.
    fn mute(&mut self, item: &Item<'_>) -> Result<(), PlanError> {
        let membership = item.source.as_ref().and_then(|source| source.membership);
        let Some(membership) = membership.filter(|membership| membership.is_joined()) else { return Ok(()) };
        let is_muted = membership.notification_level == Some(NotificationLevel::Muted);
        if !self.is_copy || !self.inputs.header.mute_source || is_muted {
            return Ok(());
        }
        let blocked = self.current.as_ref().and_then(|current| current.blocked);
        // A level that was never set is `default`.
        let level = membership.notification_level.as_ref().map_or("default", |level| level.as_str());
        let one = |level: &str| Fields::from_iter([("notification_level".to_owned(), level.into())]);
        let subject = Subject {
            service_sid: Some(self.source_service.clone()),
            target_sid: None,
            conversation_sid: None,
            target_user_sid: None,
            ..self.participant_subject(item)
        };
        let operation =
            Operation { kind: Kind::MuteSource, subject, before: one(level), after: one("muted") };
        self.operation(&operation, blocked)
    }

    fn participant_subject(&self, item: &Item<'_>) -> Subject {
        let source = item.source.as_ref();
        let membership = source.and_then(|source| source.membership);
        let member = source.and_then(|source| source.member.map(|member| &member.sid));
        let member = member.or_else(|| membership?.member_sid.as_ref());
        let conversation = item.conversation;
        let target = conversation.and_then(|conversation| conversation.target_sid.as_ref());
        let in_place = conversation.filter(|_| !self.is_copy).map(|conversation| &conversation.sid);
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
        let user = item.user_sid().filter(|_| !self.is_copy).map(ToString::to_string);
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
            ..self.of_target()
        }
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
