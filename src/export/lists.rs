//! Lists within rows: the items of a list are written to a temporary file in the order of the rows that they stand in, and read
//! back row by row.
//!
//! **Invariant:** memory does not grow with the data. The text of one row's list is in memory at a time, and a longer one than
//! [`LONGEST`] is refused unless the mapping makes several rows of it.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::sync::Arc;

use super::error::ExportError;
use super::formats::JsonRow;
use super::item_sorter::{ItemKey, ItemSorter, read_sid, read_text, write_sid, write_text};
use super::passed::{RowsPassed, TakeRow};
use crate::mapping::{KeyOrder, ListParent, MappedList, MappedRecord};
use crate::model::{ChannelSid, Entity, RowRecords, ServiceSid, UserSid};

/// The longest list of one row, in bytes.
const LONGEST: usize = 64 << 20;
/// What is written and read at once.
const BUFFER: usize = 256 * 1024;

/// What rows of a list have in common with the row that they stand in. Its order is that of walks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ListKey {
    service: ServiceSid,
    parent: ParentSid,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum ParentSid {
    User(UserSid),
    Channel(ChannelSid),
}

impl fmt::Display for ParentSid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(sid) => sid.fmt(formatter),
            Self::Channel(sid) => sid.fmt(formatter),
        }
    }
}

impl ListKey {
    /// The key of a row of an entity.
    fn of(records: &RowRecords<'_>, walked: Entity, parent: ListParent) -> Option<Self> {
        let user = || match walked {
            Entity::User => Some(&records.user?.sid),
            _ => Some(&records.membership?.user_sid),
        };
        let channel = || match walked {
            Entity::Channel => Some(&records.channel?.sid),
            Entity::Invite => Some(&records.invite?.channel_sid),
            Entity::Message => Some(&records.message?.channel_sid),
            _ => records
                .membership
                .map(|membership| &membership.channel_sid)
                .or_else(|| records.member.map(|member| &member.channel_sid)),
        };
        let parent = match parent {
            ListParent::User => ParentSid::User(user()?.clone()),
            ListParent::Channel => ParentSid::Channel(channel()?.clone()),
        };
        Some(Self { service: records.service.sid.clone(), parent })
    }

    fn write(&self, out: &mut impl io::Write) -> io::Result<()> {
        write_sid(out, &self.service)?;
        match &self.parent {
            ParentSid::User(sid) => write_sid(out, sid),
            ParentSid::Channel(sid) => write_sid(out, sid),
        }
    }

    fn read(file: &mut impl io::Read, parent: ListParent) -> io::Result<Self> {
        let service = read_sid(file)?;
        let parent = match parent {
            ListParent::User => ParentSid::User(read_sid(file)?),
            ListParent::Channel => ParentSid::Channel(read_sid(file)?),
        };
        Ok(Self { service, parent })
    }
}

/// Writes items in the order of their rows.
struct ItemWriter {
    out: BufWriter<File>,
    written: Option<ListKey>,
}

impl ItemWriter {
    fn put(&mut self, key: ListKey, item: &[u8]) -> io::Result<()> {
        if self.written.as_ref() == Some(&key) {
            self.out.write_all(&[0])?;
        } else {
            self.out.write_all(&[1])?;
            key.write(&mut self.out)?;
            self.written = Some(key);
        }
        write_text(&mut self.out, item)
    }
}

/// The items of a list, read in the order of the rows that they stand in.
#[derive(Debug)]
pub(crate) struct ListReader<'m> {
    list: &'m MappedList,
    /// The entity of the rows that it stands in.
    of: Entity,
    file: BufReader<File>,
    /// The next item that was read, and whose it is.
    next: Option<(ListKey, Vec<u8>)>,
    last: Option<ListKey>,
    current: Option<ListKey>,
    text: Arc<str>,
}

fn temporary(source: io::Error) -> ExportError {
    ExportError::Temporary(source.into())
}

impl<'m> ListReader<'m> {
    /// Writes the items of a list, which `feed` gives for its record, to a temporary file, for rows of that entity.
    pub(super) fn collect(
        list: &'m MappedList,
        of: Entity,
        feed: impl FnOnce(&MappedRecord, &mut TakeRow<'_>) -> Result<RowsPassed, ExportError>,
    ) -> Result<(Self, RowsPassed), ExportError> {
        let file = tempfile::tempfile().map_err(temporary)?;
        let mut items = ItemWriter { out: BufWriter::with_capacity(BUFFER, file), written: None };
        let passed = if is_cheaper_by_channel(list) {
            collect_by_channel(list, feed, &mut items)?
        } else {
            let row = JsonRow::new(&list.record);
            let mut item = Vec::new();
            feed(&list.record, &mut |mapped, records| {
                let Some(key) = ListKey::of(records, list.record.entity, list.parent) else { return Ok(()) };
                item.clear();
                row.push(&mut item, mapped).and_then(|()| items.put(key, &item)).map_err(temporary)
            })?
        };
        let mut file = items.out.into_inner().map_err(|error| temporary(error.into_error()))?;
        file.rewind().map_err(temporary)?;
        let file = BufReader::with_capacity(BUFFER, file);
        let mut reader = Self { list, of, file, next: None, last: None, current: None, text: "[]".into() };
        reader.advance().map_err(temporary)?;
        Ok((reader, passed))
    }

    /// Takes the items of a row: the first of them where there are more than one row has.
    pub(crate) fn enter(&mut self, records: &RowRecords<'_>) -> Result<(), ExportError> {
        let key = ListKey::of(records, self.of, self.list.parent);
        if key.is_some() && key == self.current {
            return Ok(());
        }
        while self.next.as_ref().is_some_and(|(next, _)| Some(next) < key.as_ref()) {
            self.advance().map_err(temporary)?;
        }
        self.current = key;
        self.take()
    }

    /// Whether the row has items that are not in its text yet.
    pub(super) fn has_more(&self) -> bool {
        self.next.as_ref().is_some_and(|(next, _)| Some(next) == self.current.as_ref())
    }

    /// The text of the items that were taken.
    pub(crate) fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Takes the next items of the row.
    pub(super) fn take(&mut self) -> Result<(), ExportError> {
        let most = self.list.max_items.unwrap_or(u64::MAX);
        let (mut text, mut items) = (vec![b'['], 0);
        while items < most && self.has_more() {
            if let Some((_, json)) = &self.next {
                if items > 0 {
                    text.push(b',');
                }
                text.extend_from_slice(json);
                items += 1;
            }
            if text.len() > LONGEST {
                let subject = self.current.as_ref().map(|key| key.parent.to_string()).unwrap_or_default();
                let list = self.list.record.name.clone();
                return Err(ExportError::LongList { list, subject, most: LONGEST });
            }
            self.advance().map_err(temporary)?;
        }
        text.push(b']');
        self.text = String::from_utf8_lossy(&text).into();
        Ok(())
    }

    fn advance(&mut self) -> io::Result<()> {
        let mut tag = [0];
        if self.file.read(&mut tag)? == 0 {
            self.next = None;
            return Ok(());
        }
        if tag == [1] {
            self.last = Some(ListKey::read(&mut self.file, self.list.parent)?);
        }
        let reused = self.next.take().map(|(_, json)| json).unwrap_or_default();
        let json = read_text(&mut self.file, reused)?;
        self.next = self.last.clone().map(|key| (key, json));
        Ok(())
    }
}

/// Whether a list of users' memberships is read by channel and sorted: what its rows need of channels and members stands together
/// there, and looking it up for each row in the order of users costs several times as much.
fn is_cheaper_by_channel(list: &MappedList) -> bool {
    let record = &list.record;
    let reads = |entities: &[Entity]| entities.iter().any(|&entity| record.reads(entity));
    list.parent == ListParent::User
        && record.entity == Entity::Membership
        && reads(&[Entity::Channel, Entity::Member, Entity::Role])
        && !reads(&[Entity::User])
}

/// The items of a list of users' memberships, by a walk by channel.
fn collect_by_channel(
    list: &MappedList,
    feed: impl FnOnce(&MappedRecord, &mut TakeRow<'_>) -> Result<RowsPassed, ExportError>,
    items: &mut ItemWriter,
) -> Result<RowsPassed, ExportError> {
    let mut record = list.record.clone();
    record.order = KeyOrder::ByChannel;
    let row = JsonRow::new(&record);
    let (mut item, mut services, mut sorter) = (Vec::new(), Vec::<ServiceSid>::new(), ItemSorter::default());
    let passed = feed(&record, &mut |mapped, records| {
        let Some(membership) = records.membership else { return Ok(()) };
        if services.last() != Some(&records.service.sid) {
            services.push(records.service.sid.clone());
        }
        let key = ItemKey {
            service: u32::try_from(services.len() - 1).unwrap_or(u32::MAX),
            user: membership.user_sid.clone(),
            channel: membership.channel_sid.clone(),
        };
        item.clear();
        row.push(&mut item, mapped).and_then(|()| sorter.push(key, &item)).map_err(temporary)
    })?;
    let mut put = |key: &ItemKey, item: &[u8]| {
        let service = services.get(key.service as usize).cloned();
        let service = service.ok_or_else(|| io::Error::other("an item of no service"))?;
        items.put(ListKey { service, parent: ParentSid::User(key.user.clone()) }, item)
    };
    sorter.finish(&mut put).map_err(temporary)?;
    Ok(passed)
}
