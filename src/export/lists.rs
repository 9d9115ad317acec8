//! Lists within rows: the items of a list are written to a temporary file in the order of the rows that they stand in, and read
//! back row by row.
//!
//! **Invariant:** memory does not grow with the data. The text of one row's list is in memory at a time, and a longer one than
//! [`LONGEST`] is refused unless the mapping makes several rows of it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::sync::Arc;

use super::error::ExportError;
use super::formats::JsonRow;
use super::passed::{RowsPassed, TakeRow};
use crate::mapping::{ListParent, MappedList};
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

    fn texts(&self) -> [String; 2] {
        let parent = match &self.parent {
            ParentSid::User(sid) => sid.to_string(),
            ParentSid::Channel(sid) => sid.to_string(),
        };
        [self.service.to_string(), parent]
    }

    fn from_texts(service: &str, sid: &str, parent: ListParent) -> Self {
        let parent = match parent {
            ListParent::User => ParentSid::User(UserSid::from_wire(sid)),
            ListParent::Channel => ParentSid::Channel(ChannelSid::from_wire(sid)),
        };
        Self { service: ServiceSid::from_wire(service), parent }
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
    /// Writes the items of a list, which `feed` gives, to a temporary file, for rows of that entity.
    pub(super) fn collect(
        list: &'m MappedList,
        of: Entity,
        feed: impl FnOnce(&mut TakeRow<'_>) -> Result<RowsPassed, ExportError>,
    ) -> Result<(Self, RowsPassed), ExportError> {
        let file = tempfile::tempfile().map_err(temporary)?;
        let mut out = BufWriter::with_capacity(BUFFER, file);
        let row = JsonRow::new(&list.record);
        let (mut item, mut written) = (Vec::new(), None);
        let passed = feed(&mut |mapped, records| {
            let Some(key) = ListKey::of(records, list.record.entity, list.parent) else { return Ok(()) };
            item.clear();
            let write = || {
                row.push(&mut item, mapped)?;
                if written.as_ref() == Some(&key) {
                    out.write_all(&[0])?;
                } else {
                    out.write_all(&[1])?;
                    for text in key.texts() {
                        write_text(&mut out, text.as_bytes())?;
                    }
                    written = Some(key);
                }
                write_text(&mut out, &item)
            };
            write().map_err(temporary)
        })?;
        let mut file = out.into_inner().map_err(|error| temporary(error.into_error()))?;
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
                let subject = self.current.as_ref().map(|key| key.texts()[1].clone()).unwrap_or_default();
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
            let service = read_text(&mut self.file, Vec::new())?;
            let sid = read_text(&mut self.file, Vec::new())?;
            let (service, sid) = (String::from_utf8_lossy(&service), String::from_utf8_lossy(&sid));
            self.last = Some(ListKey::from_texts(&service, &sid, self.list.parent));
        }
        let reused = self.next.take().map(|(_, json)| json).unwrap_or_default();
        let json = read_text(&mut self.file, reused)?;
        self.next = self.last.clone().map(|key| (key, json));
        Ok(())
    }
}

fn write_text(out: &mut impl io::Write, text: &[u8]) -> io::Result<()> {
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(text)
}

fn read_text(file: &mut impl io::Read, mut text: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    file.read_exact(&mut length)?;
    text.resize(u32::from_le_bytes(length) as usize, 0);
    file.read_exact(&mut text)?;
    Ok(text)
}
