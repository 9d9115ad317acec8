//! The messages of a channel, by index: the SIDs of a channel at once, the rows of a window at a time.

use std::sync::{Arc, Mutex, PoisonError};

use super::file::LoadedFile;
use super::rows;
use crate::simulator::data::as_sent::AsSent;
use crate::simulator::data::record::MessageRecord;

/// How many rows are read at once: those of a page.
const WINDOW: usize = 100;

/// The keys of a channel's messages, and the rows that were read last.
#[derive(Debug)]
pub(super) struct MessageKeys {
    /// The number of the file that has them.
    file: usize,
    digits: Arc<[u128]>,
    indices: Vec<i64>,
    window: Mutex<(usize, Vec<MessageRecord>)>,
}

impl MessageKeys {
    /// Reads the keys from the last file that has messages: a target reading has none.
    pub(super) fn read(files: &[Arc<LoadedFile>], channel: &str) -> Self {
        // The order of the rows is the order of the list: by index, then by SID.
        let sql = "SELECT sid, \"index\" FROM messages WHERE channel_sid = ?1";
        let mut keys = Vec::new();
        let mut number = 0;
        for (at, file) in files.iter().enumerate().rev() {
            keys = file.rows(sql, [channel], |fields| Ok((fields.digits("IM")?, fields.number()?)));
            number = at;
            if !keys.is_empty() {
                break;
            }
        }
        let digits: Vec<u128> = keys.iter().map(|(digits, _)| digits.unwrap_or_default()).collect();
        let indices = keys.iter().map(|(_, index)| index.unwrap_or(i64::MAX)).collect();
        Self { file: number, digits: digits.into(), indices, window: Mutex::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.digits.len()
    }

    pub(super) fn digits(&self) -> Arc<[u128]> {
        Arc::clone(&self.digits)
    }

    /// How many have an index up to this one; none where there are no messages.
    pub(super) fn through(&self, index: i64) -> Option<i64> {
        let through = self.indices.iter().filter(|other| **other <= index).count();
        (!self.indices.is_empty()).then(|| i64::try_from(through).unwrap_or(i64::MAX))
    }

    pub(super) fn message(&self, files: &[Arc<LoadedFile>], channel: &str, position: u32) -> MessageRecord {
        let position = position as usize;
        let first = position - position % WINDOW;
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.0 != first || window.1.is_empty() {
            let sql = format!(
                "SELECT {} FROM messages WHERE channel_sid = ?1 LIMIT {WINDOW} OFFSET {first}",
                rows::MESSAGE
            );
            *window = (first, files[self.file].rows(&sql, [channel], rows::message));
        }
        window.1.get(position - first).cloned().unwrap_or_else(unreadable)
    }
}

/// What stands for a message that could not be read; the answer is an error anyway.
fn unreadable() -> MessageRecord {
    MessageRecord {
        digits: 0,
        index: 0,
        author: None,
        body: None,
        attributes: None,
        created: jiff::Timestamp::UNIX_EPOCH,
        updated: None,
        was_edited: None,
        last_updated_by: None,
        media: None,
        delivery: None,
        content_sid: None,
        sent: AsSent::default(),
    }
}
