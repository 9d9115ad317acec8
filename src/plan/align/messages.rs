//! Messages of a conversation: what the target should have of them, in order, and what it has.
//!
//! Messages have no name by which they are found again, so they are compared in order. Where the two sides disagree, a few of each are
//! looked at for the next pair that is the same: what stands before it is missing, or only in the target.
//!
//! **Invariant:** memory does not grow with messages: of each side a few are held.

use std::collections::{HashMap, VecDeque};

use super::compare;
use super::context::{AlignContext, Visit, plain};
use super::copied_messages::CopiedMessages;
use super::fields::MESSAGE;
use super::item::{Actual, AlignedMessage, Conversation, FieldPair, Item, Standing};
use super::message_digest::MessageDigest;
use super::records::{AlignedRows, Evaluated, PlanRecords};
use crate::mapping::Value;
use crate::model::{Channel, ChannelSid, Entity, Message, MessageSid, RowRecords};
use crate::plan::finding::PlanCheck;
use crate::plan::messages::{MessageFields, SYSTEM};
use crate::snapshot::{ServiceView, SnapshotError};

/// Messages that are read at a time.
const READ_AT_ONCE: u32 = 64;

/// How many messages of each side are looked at for the next pair that is the same.
const AHEAD: usize = 8;

/// Messages of the source that are held, those that are left out included.
const MOST_HELD: usize = 64;

/// Authors that are remembered; many messages have one of few.
const AUTHORS: usize = 4_096;

/// A message of the source, with what its author is called in the target where that is another name.
struct SourceMessage {
    message: Message,
    author: Option<String>,
    /// The source has a user of this name, or it is the system.
    is_known: bool,
    left_out: Option<&'static PlanCheck>,
    with_media: bool,
}

impl SourceMessage {
    fn fields(&self) -> MessageFields<'_> {
        MessageFields::of(&self.message, self.author.as_deref(), self.with_media)
    }
}

/// Aligns messages, one conversation after another.
pub(super) struct MessageAligner<'c> {
    context: &'c AlignContext<'c>,
    users: AlignedRows<'c>,
    authors: HashMap<String, KnownAuthor>,
}

#[derive(Clone)]
struct KnownAuthor {
    is_user: bool,
    other_name: Option<String>,
}

impl<'c> MessageAligner<'c> {
    pub(super) fn new(context: &'c AlignContext<'c>) -> Self {
        let records: &PlanRecords<'_> = context.records;
        Self { context, users: AlignedRows::new(&records.users), authors: HashMap::new() }
    }

    /// Where the messages of a channel go.
    pub(super) fn copied(&mut self, channel: &ChannelSid) -> Result<CopiedMessages, SnapshotError> {
        let context = self.context;
        let mut source = MessageStream::new(&context.pair.source, channel);
        let mut copied = CopiedMessages::default();
        let mut last = None;
        while let Some(message) = source.next()? {
            let message = self.source_message(message, &mut last)?;
            if let (None, Some(index)) = (message.left_out, message.message.index) {
                copied.push(index);
            }
        }
        Ok(copied)
    }

    fn source_message(
        &mut self,
        message: Message,
        last: &mut Option<i64>,
    ) -> Result<SourceMessage, SnapshotError> {
        let KnownAuthor { is_user, other_name } = match message.from.as_deref() {
            None | Some("" | SYSTEM) => KnownAuthor { is_user: true, other_name: None },
            Some(author) => self.author(author)?,
        };
        let is_second = last.is_some() && *last == message.index;
        *last = message.index;
        let with_media = self.context.options.media;
        let mut message =
            SourceMessage { message, author: other_name, is_known: is_user, left_out: None, with_media };
        let rules = &self.context.records.mapping.plan;
        message.left_out = message.fields().left_out(&message.message, is_second, rules, with_media);
        Ok(message)
    }

    /// What the mapping calls the user of an identity.
    fn author(&mut self, identity: &str) -> Result<KnownAuthor, SnapshotError> {
        if let Some(known) = self.authors.get(identity) {
            return Ok(known.clone());
        }
        let pair = self.context.pair;
        let user = pair.source.user_of_identity(identity)?;
        let mut known = KnownAuthor { is_user: user.is_some(), other_name: None };
        if let Some(user) = &user {
            let role = match &user.role_sid {
                Some(sid) => pair.source.role(sid)?,
                None => None,
            };
            let service = RowRecords::of_service(pair.source.record());
            let subject = RowRecords { user: Some(user), role: role.as_ref(), ..service };
            if matches!(self.users.take(&subject), Evaluated::Wanted) {
                let desired = self.users.desired(&subject);
                let name = desired[super::fields::KEY].and_then(Value::to_text);
                known.other_name = name.filter(|name| *name != identity).map(std::borrow::Cow::into_owned);
            }
        } else {
            known.is_user = pair.target.user_of_identity(identity)?.is_some();
        }
        if self.authors.len() >= AUTHORS {
            self.authors.clear();
        }
        self.authors.insert(identity.to_owned(), known.clone());
        Ok(known)
    }

    /// Visits the messages of a conversation in order.
    pub(super) fn align<E: From<SnapshotError>>(
        &mut self,
        conversation: &Conversation,
        channel: &Channel,
        visit: Visit<'_, E>,
    ) -> Result<(), E> {
        let context = self.context;
        let pair = context.pair;
        if let Some(count) = self.same_by_digest(conversation, channel)? {
            let item = plain(Entity::Message, Standing::Same);
            return visit(&Item { conversation: Some(conversation), same_messages: Some(count), ..item });
        }
        let mut source = MessageStream::new(&pair.source, &channel.sid);
        let mut target = conversation.target_sid.as_ref().map(|sid| MessageStream::new(&pair.target, sid));
        let mut wanted: VecDeque<SourceMessage> = VecDeque::new();
        let mut found: VecDeque<Message> = VecDeque::new();
        let (mut last, mut position, mut in_order) = (None, 0, true);
        loop {
            let copied = |wanted: &VecDeque<SourceMessage>| {
                wanted.iter().filter(|message| message.left_out.is_none()).count()
            };
            while wanted.len() < MOST_HELD && copied(&wanted) < AHEAD {
                let Some(message) = source.next()? else { break };
                wanted.push_back(self.source_message(message, &mut last)?);
            }
            while found.len() < AHEAD {
                let next = match &mut target {
                    Some(target) => target.next()?,
                    None => None,
                };
                let Some(message) = next else { break };
                found.push_back(message);
            }
            let step = step(&wanted, &found);
            let wants = matches!(step, AlignedSide::Missing | AlignedSide::Pair);
            let message = if wants { wanted.pop_front() } else { None };
            let actual =
                if matches!(step, AlignedSide::Extra | AlignedSide::Pair) { found.pop_front() } else { None };
            if message.is_none() && actual.is_none() {
                return Ok(());
            }
            let left_out = message.as_ref().and_then(|message| message.left_out);
            let is_copied = message.is_some() && left_out.is_none();
            // What comes before a message of the target, or after one that is not of the source, cannot be put in its place any more.
            in_order &= message.is_some();
            let fits = in_order && actual.is_none() && found.is_empty();
            let aligned = AlignedMessage {
                author: message.as_ref().and_then(|message| message.author.as_deref()),
                is_known: message.as_ref().is_none_or(|message| message.is_known),
                left_out,
                position: (is_copied && fits).then_some(position),
            };
            self.visit_one(conversation, channel, (message.as_ref(), actual.as_ref()), aligned, visit)?;
            position += i64::from(is_copied);
        }
    }

    /// How many messages a conversation has, where both sides have the same by count and digest.
    fn same_by_digest(
        &mut self,
        conversation: &Conversation,
        channel: &Channel,
    ) -> Result<Option<u64>, SnapshotError> {
        let pair = self.context.pair;
        let Some(sid) = conversation.target_sid.as_ref().filter(|_| self.context.options.digests) else {
            return Ok(None);
        };
        let (mut source, mut target) =
            (MessageStream::new(&pair.source, &channel.sid), MessageStream::new(&pair.target, sid));
        let (mut wanted, mut found, mut last) = (MessageDigest::default(), MessageDigest::default(), None);
        while let Some(message) = source.next()? {
            let message = self.source_message(message, &mut last)?;
            if message.left_out.is_some() {
                return Ok(None); // it is missing, and reported
            }
            wanted.add_wanted(&values(&message.fields()));
        }
        while let Some(message) = target.next()? {
            found.add_found(&message);
        }
        Ok(wanted.same(found))
    }

    fn visit_one<E>(
        &self,
        conversation: &Conversation,
        channel: &Channel,
        (message, actual): (Option<&SourceMessage>, Option<&Message>),
        aligned: AlignedMessage<'_>,
        visit: Visit<'_, E>,
    ) -> Result<(), E> {
        let fields = message.map(SourceMessage::fields);
        let desired = fields.as_ref().map_or_else(Vec::new, values);
        let actual = actual.map(Actual::Message);
        let fields: Vec<FieldPair<'_>> = compare::pair(&MESSAGE, desired, actual.as_ref(), None, &[]);
        let standing = match message {
            Some(_) => compare::standing(&fields, actual.as_ref()),
            None => Standing::Extra,
        };
        let source = message.map(|message| RowRecords {
            channel: Some(channel),
            message: Some(&message.message),
            ..RowRecords::of_service(self.context.pair.source.record())
        });
        let item = plain(Entity::Message, standing);
        visit(&Item {
            fields,
            source,
            actual,
            conversation: Some(conversation),
            message: Some(aligned),
            ..item
        })
    }
}

fn values<'a>(fields: &'a MessageFields<'_>) -> Vec<Option<Value<'a>>> {
    let text = |text: Option<&'a str>| Some(text.map_or(Value::Null, Value::Text));
    let date = |date: Option<&'a crate::model::Timestamp>| Some(date.map_or(Value::Null, Value::Time));
    vec![
        text(Some(fields.author)),
        text(fields.body),
        text(fields.attributes.as_deref()),
        date(fields.created),
        date(fields.updated),
        Some(fields.media.as_deref().map_or(Value::Null, Value::Json)),
    ]
}

/// What is taken next of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AlignedSide {
    /// A message that the target does not have.
    Missing,
    /// A message that only the target has.
    Extra,
    /// One of each.
    Pair,
}

fn step(wanted: &VecDeque<SourceMessage>, found: &VecDeque<Message>) -> AlignedSide {
    let (Some(first), Some(actual)) = (wanted.front(), found.front()) else {
        return if wanted.is_empty() { AlignedSide::Extra } else { AlignedSide::Missing };
    };
    if first.left_out.is_some() {
        return AlignedSide::Missing;
    }
    if is_same(first, actual) {
        return AlignedSide::Pair;
    }
    for ahead in 1..AHEAD {
        let copied = wanted.iter().filter(|message| message.left_out.is_none());
        if copied.clone().nth(ahead).is_some_and(|message| is_same(message, actual)) {
            return AlignedSide::Missing;
        }
        if found.get(ahead).is_some_and(|actual| is_same(first, actual)) {
            return AlignedSide::Extra;
        }
    }
    // Of one that was edited, the date of creation stays.
    if differing(first, actual).contains(&"date_created") { AlignedSide::Extra } else { AlignedSide::Pair }
}

fn is_same(message: &SourceMessage, actual: &Message) -> bool {
    differing(message, actual).is_empty()
}

/// The fields in which a message of the target is not as it should be.
fn differing(message: &SourceMessage, actual: &Message) -> Vec<&'static str> {
    let fields = message.fields();
    let pairs = compare::pair(&MESSAGE, values(&fields), Some(&Actual::Message(actual)), None, &[]);
    pairs.iter().filter(|field| field.differs).map(|field| field.name).collect()
}

/// The messages of a channel, in order.
struct MessageStream<'s> {
    view: &'s ServiceView<'s>,
    channel: ChannelSid,
    read: VecDeque<Message>,
    after: (Option<i64>, Option<MessageSid>),
    has_more: bool,
}

impl<'s> MessageStream<'s> {
    fn new(view: &'s ServiceView<'s>, channel: &ChannelSid) -> Self {
        let after = (Some(i64::MIN), None);
        Self { view, channel: channel.clone(), read: VecDeque::new(), after, has_more: true }
    }

    fn next(&mut self) -> Result<Option<Message>, SnapshotError> {
        if self.read.is_empty() && self.has_more {
            let (index, sid) = &self.after;
            let read = self.view.messages_from(&self.channel, *index, sid.as_ref(), READ_AT_ONCE)?;
            self.has_more = read.len() == READ_AT_ONCE as usize;
            if let Some(last) = read.last() {
                self.after = (last.index, Some(last.sid.clone()));
            }
            self.read.extend(read);
        }
        Ok(self.read.pop_front())
    }
}
