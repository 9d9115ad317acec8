//! Everything about one person as a source of rows: the rows of a snapshot that are that person's.
//!
//! **Invariant:** of other people nothing is passed on but, where it is asked for, that there was a message, when, and how long it was,
//! with numbers in the place of names. Of channels the names and dates are passed on, and not what an application or Conversations
//! keeps of them.
//!
//! **Why complete walks:** what a person wrote in a channel before leaving it is found only by its author.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use super::error::ExportError;
use super::source::RowSource;
use crate::model::{
    Channel, ChannelSid, Entity, Invite, Member, MemberSid, Message, RoleSid, RowRecords, ServiceSid, UserSid,
};
use crate::snapshot::{Counts, Info, Lookup, Snapshot, SnapshotError, Walk, WalkOrder, With};

/// The author of what no one wrote.
const SYSTEM: &str = "system";

/// A person in a service. Of one who is no user any more, only the identity is known.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub service: ServiceSid,
    pub user: Option<UserSid>,
    pub identity: Option<String>,
}

/// The rows of a snapshot that are about one person.
#[derive(Debug)]
pub(crate) struct SubjectSource<'s> {
    snapshot: &'s Snapshot,
    subject: Person,
    /// Whether other people's messages in the person's channels are passed on.
    context: bool,
    channels: BTreeSet<ChannelSid>,
    /// Those of them whose messages are the context of the person's own: where it is or was a member, or wrote.
    talks: BTreeSet<ChannelSid>,
    members: BTreeSet<MemberSid>,
    roles: BTreeSet<RoleSid>,
    has_devices: bool,
    /// The numbers of other people, in the order in which they are met.
    others: RefCell<HashMap<String, usize>>,
}

impl<'s> SubjectSource<'s> {
    /// Reads what is the person's.
    pub(crate) fn of(snapshot: &'s Snapshot, subject: Person, context: bool) -> Result<Self, SnapshotError> {
        let mut source = Self {
            snapshot,
            subject,
            context,
            channels: BTreeSet::new(),
            talks: BTreeSet::new(),
            members: BTreeSet::new(),
            roles: BTreeSet::new(),
            has_devices: false,
            others: RefCell::default(),
        };
        for entity in [
            Entity::User,
            Entity::Channel,
            Entity::Membership,
            Entity::Member,
            Entity::Invite,
            Entity::Message,
            Entity::Binding,
        ] {
            let walk = Walk { entity, order: WalkOrder::ByUser, with: With::default() };
            snapshot.walk(&walk, |records| {
                if records.service.sid == source.subject.service {
                    source.note(records);
                }
                Ok::<(), SnapshotError>(())
            })?;
        }
        Ok(source)
    }

    /// Whether the snapshot has anything of the person.
    pub(crate) fn is_known(&self) -> bool {
        self.subject.user.is_some() || self.has_devices || !self.channels.is_empty()
    }

    /// Visits the rows of an entity with the channel, the member and the role that they refer to.
    pub(crate) fn each(
        &self,
        entity: Entity,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let with =
            With { channel: true, member: Lookup::Yes, role: true, other_members: true, ..With::default() };
        RowSource::walk(self, &Walk { entity, order: WalkOrder::ByChannel, with }, visit)
    }

    fn note(&mut self, records: &RowRecords<'_>) {
        let own_identity =
            |identity: &Option<String>| is_same(identity.as_ref(), self.subject.identity.as_ref());
        if let Some(user) = records.user.filter(|user| Some(&user.sid) == self.subject.user.as_ref()) {
            self.roles.extend(user.role_sid.clone());
        } else if let Some(channel) = records.channel.filter(|channel| own_identity(&channel.created_by)) {
            self.channels.insert(channel.sid.clone());
        } else if let Some(membership) =
            records.membership.filter(|membership| Some(&membership.user_sid) == self.subject.user.as_ref())
        {
            self.channels.insert(membership.channel_sid.clone());
            if membership.member_sid.is_some() {
                self.talks.insert(membership.channel_sid.clone());
            }
            self.members.extend(membership.member_sid.clone());
        } else if let Some(member) = records.member.filter(|member| self.is_own_member(member)) {
            self.channels.insert(member.channel_sid.clone());
            self.talks.insert(member.channel_sid.clone());
            self.members.insert(member.sid.clone());
            self.roles.extend(member.role_sid.clone());
        } else if let Some(invite) = records.invite.filter(|invite| own_identity(&invite.identity)) {
            self.channels.insert(invite.channel_sid.clone());
            self.roles.extend(invite.role_sid.clone());
        } else if let Some(message) = records.message.filter(|message| self.is_own_message(message)) {
            self.channels.insert(message.channel_sid.clone());
            self.talks.insert(message.channel_sid.clone());
        } else if records.binding.is_some_and(|binding| own_identity(&binding.identity)) {
            self.has_devices = true;
        }
    }

    fn is_own(&self, identity: Option<&String>) -> bool {
        is_same(identity, self.subject.identity.as_ref())
    }

    fn is_own_member(&self, member: &Member) -> bool {
        self.is_own(member.identity.as_ref()) || self.members.contains(&member.sid)
    }

    fn is_own_message(&self, message: &Message) -> bool {
        self.is_own(message.from.as_ref())
            || message.participant_sid.as_ref().is_some_and(|member| self.members.contains(member))
    }

    /// A name that is the person's own or no one's; a number in the place of another.
    fn masked(&self, identity: Option<&String>) -> Option<String> {
        let identity = identity?;
        if self.is_own(Some(identity)) || identity == SYSTEM {
            return Some(identity.clone());
        }
        Some(self.number(identity))
    }

    fn number(&self, other: &str) -> String {
        let mut others = self.others.borrow_mut();
        let next = others.len() + 1;
        format!("person-{}", others.entry(other.to_owned()).or_insert(next))
    }

    fn masked_channel(&self, channel: &Channel) -> Channel {
        Channel {
            created_by: self.masked(channel.created_by.as_ref()),
            attributes: None,
            bindings: None,
            extra: None,
            ..channel.clone()
        }
    }

    fn masked_invite(&self, invite: &Invite) -> Invite {
        Invite { created_by: self.masked(invite.created_by.as_ref()), ..invite.clone() }
    }

    fn masked_message(&self, message: &Message) -> Message {
        let last_updated_by = self.masked(message.last_updated_by.as_ref());
        if self.is_own_message(message) {
            return Message { last_updated_by, ..message.clone() };
        }
        let participant = || message.participant_sid.as_ref().map(|sid| self.number(&sid.to_string()));
        Message {
            index: message.index,
            from: self.masked(message.from.as_ref()).or_else(participant),
            body: message.body.as_ref().map(|body| format!("[masked: {} characters]", body.chars().count())),
            date_created: message.date_created.clone(),
            date_updated: message.date_updated.clone(),
            r#type: message.r#type.clone(),
            account_sid: message.account_sid.clone(),
            service_sid: message.service_sid.clone(),
            channel_sid: message.channel_sid.clone(),
            sid: message.sid.clone(),
            last_updated_by,
            ..Message::sample(false)
        }
    }

    /// Whether a message is the person's own, and not context.
    pub(crate) fn wrote(&self, message: &Message) -> bool {
        self.is_own_message(message)
    }

    /// Whether a row is the person's.
    fn has(&self, entity: Entity, records: &RowRecords<'_>) -> bool {
        match entity {
            Entity::Service => true,
            Entity::Role => records.role.is_some_and(|role| self.roles.contains(&role.sid)),
            Entity::User => records.user.is_some_and(|user| Some(&user.sid) == self.subject.user.as_ref()),
            Entity::Channel => records.channel.is_some_and(|channel| self.channels.contains(&channel.sid)),
            Entity::Membership => records.membership.map_or_else(
                || records.member.is_some_and(|member| self.is_own_member(member)),
                |membership| Some(&membership.user_sid) == self.subject.user.as_ref(),
            ),
            Entity::Member => records.member.is_some_and(|member| self.is_own_member(member)),
            Entity::Invite => records.invite.is_some_and(|invite| self.is_own(invite.identity.as_ref())),
            Entity::Message => records.message.is_some_and(|message| {
                self.is_own_message(message) || self.context && self.talks.contains(&message.channel_sid)
            }),
            Entity::Binding => records.binding.is_some_and(|binding| self.is_own(binding.identity.as_ref())),
        }
    }
}

fn is_same(one: Option<&String>, other: Option<&String>) -> bool {
    one.is_some() && one == other
}

impl RowSource for SubjectSource<'_> {
    /// What the snapshot says of itself, but for how much it has of others.
    fn info(&self) -> Result<Info, SnapshotError> {
        Ok(Info { counts: Counts::default(), ..self.snapshot.info()? })
    }

    fn walk(
        &self,
        walk: &Walk,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        self.snapshot.walk(walk, |records| {
            if records.service.sid != self.subject.service || !self.has(walk.entity, records) {
                return Ok(());
            }
            let channel = records.channel.map(|channel| self.masked_channel(channel));
            let invite = records.invite.map(|invite| self.masked_invite(invite));
            let message = records.message.map(|message| self.masked_message(message));
            visit(&RowRecords {
                channel: channel.as_ref(),
                invite: invite.as_ref(),
                message: message.as_ref(),
                ..*records
            })
        })
    }
}
