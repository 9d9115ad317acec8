//! Conversations: each with the channel that it is, or is copied from, after it who is on it, and its messages.

use super::compare;
use super::context::{AlignContext, Visit, fingerprint, number, plain, walk_over};
use super::fields::{CREATED, KEY};
use super::item::{Actual, Conversation, FieldPair, Item, Standing, channel_name};
use super::messages::MessageAligner;
use super::participants::ParticipantAligner;
use super::records::{AlignedRows, Evaluated, PlanRecords};
use crate::mapping::Value;
use crate::model::{Channel, ChannelSid, ChannelType, Entity, RowRecords};
use crate::snapshot::SnapshotError;
use crate::storage::NumberSet;

/// Visits every conversation of the source, and then those that the target alone has.
pub(super) fn align<E: From<SnapshotError>>(
    context: &AlignContext<'_>,
    visit: Visit<'_, E>,
) -> Result<(), E> {
    let mut conversations = Conversations {
        context,
        rows: AlignedRows::new(&context.records.conversations),
        participants: ParticipantAligner::new(context),
        messages: MessageAligner::new(context),
        seen: NumberSet::default(),
        names: NumberSet::default(),
    };
    context.pair.source.channels::<E>(|sid, channel| {
        if context.options.share.is_some_and(|share| !share.has(sid)) {
            return Ok(());
        }
        match channel {
            Some(channel) => conversations.one(channel, visit),
            None => conversations.unlisted(sid, visit),
        }
    })?;
    let seen = conversations.seen;
    // A share is of the source's SIDs, so in a copy it says nothing of what the target alone has.
    if !context.options.extras || context.is_copy() && context.options.share.is_some() {
        return Ok(());
    }
    context.pair.target.walk::<E>(walk_over(Entity::Channel, false), |step| {
        let Some(channel) = step.channel else { return Ok(()) };
        let is_left_out = context.options.share.is_some_and(|share| !share.has(&channel.sid));
        if is_left_out || seen.contains(number(&channel.sid)).map_err(SnapshotError::from)? {
            return Ok(());
        }
        visit(&Item { actual: Some(Actual::Channel(channel)), ..plain(Entity::Channel, Standing::Extra) })
    })
}

struct Conversations<'c> {
    context: &'c AlignContext<'c>,
    rows: AlignedRows<'c>,
    participants: ParticipantAligner<'c>,
    messages: MessageAligner<'c>,
    /// The target's conversations that were met.
    seen: NumberSet,
    /// The unique names that were asked for, in a copy.
    names: NumberSet,
}

impl Conversations<'_> {
    /// A channel that memberships name and the snapshot does not have.
    fn unlisted<E: From<SnapshotError>>(&mut self, sid: &ChannelSid, visit: Visit<'_, E>) -> Result<(), E> {
        self.seen.insert(number(sid)).map_err(SnapshotError::from)?;
        let joined = self.context.pair.source.users_of_channel(sid)?.joined;
        let conversation = Conversation {
            sid: sid.clone(),
            name: None,
            unique_name: None,
            target_sid: None,
            is_public: false,
            participants: 0,
            joined,
            messages: None,
        };
        let source = Some(RowRecords::of_service(self.context.pair.source.record()));
        let item = plain(Entity::Channel, Standing::OneSided);
        visit(&Item { source, conversation: Some(&conversation), ..item })
    }

    fn one<E: From<SnapshotError>>(&mut self, channel: &Channel, visit: Visit<'_, E>) -> Result<(), E> {
        let context = self.context;
        let (pair, is_copy) = (context.pair, context.is_copy());
        let subject = RowRecords { channel: Some(channel), ..RowRecords::of_service(pair.source.record()) };
        if !is_copy {
            self.seen.insert(number(&channel.sid)).map_err(SnapshotError::from)?;
        }
        match self.rows.take(&subject) {
            Evaluated::Wanted => {}
            Evaluated::Filtered => return Ok(()),
            Evaluated::Failed(error) => {
                let item = plain(Entity::Channel, Standing::Failed(&error));
                return visit(&Item { source: Some(subject), ..item });
            }
        }
        let mut desired = self.rows.desired(&subject);
        let unique_name = unique_name(context.records, is_copy, &desired, channel);
        let found = match &unique_name {
            _ if !is_copy => pair.target.channel(&channel.sid)?,
            Some(name) => pair.target.channel_of_unique_name(name)?,
            None => None,
        };
        let own_name = desired[KEY].filter(|value| *value != Value::Null);
        if is_copy {
            desired[KEY] = unique_name.as_deref().map(Value::Text);
        }
        context.keep_possible(self.rows.source.fields, &mut desired);
        let actual = found.as_ref().map(Actual::Channel);
        let fields = compare::pair(self.rows.source.fields, desired, actual.as_ref(), None, &[]);
        let mut standing = compare::standing(&fields, actual.as_ref());
        let is_second = match unique_name.as_deref().filter(|_| is_copy) {
            Some(name) => !self.names.insert(fingerprint(name)).map_err(SnapshotError::from)?,
            None => false,
        };
        if is_second {
            standing = Standing::Duplicate;
        } else if is_copy
            && own_name.is_some()
            && is_another(&fields[CREATED])
            && !context.records.mapping.plan.adopt
        {
            standing = Standing::Taken;
        } else if let Some(channel) = found.as_ref().filter(|_| is_copy) {
            self.seen.insert(number(&channel.sid)).map_err(SnapshotError::from)?;
        }
        let counted = pair.source.users_of_channel(&channel.sid)?;
        let mut conversation = Conversation {
            sid: channel.sid.clone(),
            name: channel_name(channel),
            unique_name: unique_name.clone(),
            target_sid: found.as_ref().map(|channel| channel.sid.clone()),
            is_public: channel.r#type == Some(ChannelType::Public),
            participants: counted.joined,
            joined: counted.joined,
            messages: None,
        };
        let mut item = Item { fields, source: Some(subject), actual, ..plain(Entity::Channel, standing) };
        if matches!(standing, Standing::Duplicate | Standing::Taken) {
            item.conversation = Some(&conversation);
            return visit(&item);
        }
        let held = self.participants.hold(&conversation)?;
        conversation.participants = self.participants.count(&held, &conversation, channel, counted)?;
        if context.options.messages {
            conversation.messages = Some(self.messages.copied(&channel.sid)?);
        }
        item.conversation = Some(&conversation);
        visit(&item)?;
        self.participants.align(held, &conversation, channel, visit)?;
        if context.options.messages {
            self.messages.align(&conversation, channel, visit)?;
        }
        Ok(())
    }
}

/// Whether a conversation of the target was created at another time than the channel. Of a channel without a date that is unknown,
/// and what is not known to be its copy is left alone.
fn is_another(created: &FieldPair<'_>) -> bool {
    created.differs || created.desired == Some(Value::Null) && created.actual != Value::Null
}

/// What the conversation is called in the target: as the mapping says, and otherwise after its channel's SID, so that it is
/// found again. In place, a conversation without a unique name needs none.
pub(super) fn unique_name(
    records: &PlanRecords<'_>,
    is_copy: bool,
    desired: &[Option<Value<'_>>],
    channel: &Channel,
) -> Option<String> {
    let wanted = desired[KEY].and_then(Value::to_text).filter(|name| !name.is_empty());
    match wanted {
        Some(name) => Some(name.into_owned()),
        None if is_copy => Some(format!("{}{}", records.mapping.plan.unique_name_prefix, channel.sid)),
        None => None,
    }
}
