//! The media of a service: those of the messages that it has at first, found by their SIDs, and those that were uploaded.
//!
//! Nothing has the bytes of the former: they are made from the SID ([`generated`]), as many as the message says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::body::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::sid;
use super::{ServiceWorld, WorldView};
use crate::simulator::draws::{DrawPurpose, next};
use crate::simulator::faults::Fault;
use crate::simulator::json::Object;

/// The bytes that are made at a time.
const PIECE: u64 = 64 << 10;

/// What there is to know of a media.
#[derive(Debug, Clone)]
pub(crate) struct MediaRecord {
    pub(crate) digits: u128,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) content_type: Option<String>,
    pub(crate) filename: Option<String>,
    pub(crate) created: Timestamp,
    /// The channel and the message that it belongs to.
    pub(crate) message: Option<(u128, u128)>,
    pub(crate) content: MediaContent,
}

/// Where the bytes of a media are.
#[derive(Debug, Clone)]
pub(crate) enum MediaContent {
    /// They are made from the SID: so many, which the fault `media-resized` makes another number than the record has.
    Generated(u64),
    Kept(Bytes),
    /// They were received and not kept.
    Dropped {
        sha256: [u8; 32],
    },
}

/// The media of one service.
#[derive(Debug, Default)]
pub(crate) struct MediaStore {
    uploads: Mutex<HashMap<u128, Arc<MediaRecord>>>,
    /// Where the message of a media is: its channel and its position. Made when it is first asked for.
    at_first: OnceLock<HashMap<u128, (u32, u32)>>,
}

/// The media of a message, as its JSON says it.
#[derive(Deserialize)]
struct MediaOfMessage {
    sid: String,
    size: Option<u64>,
    content_type: Option<String>,
    filename: Option<String>,
}

impl MediaStore {
    /// Takes in what was uploaded, and gives it its SID.
    pub(crate) fn upload(&self, world: &ServiceWorld, mut record: MediaRecord) -> Arc<MediaRecord> {
        let mut uploads = self.lock();
        let draw = |half| world.draws.draw2(DrawPurpose::Media, uploads.len() as u64, half);
        record.digits = u128::from(draw(0)) << 64 | u128::from(draw(1));
        let record = Arc::new(record);
        uploads.insert(record.digits, Arc::clone(&record));
        record
    }

    /// What was uploaded under these digits.
    pub(crate) fn uploaded(&self, digits: u128) -> Option<Arc<MediaRecord>> {
        self.lock().get(&digits).cloned()
    }

    /// A message was created with it.
    pub(crate) fn attach(&self, digits: u128, channel: u128, message: u128) {
        if let Some(record) = self.lock().get_mut(&digits) {
            *record =
                Arc::new(MediaRecord { message: Some((channel, message)), ..MediaRecord::clone(record) });
        }
    }

    /// All that was uploaded, in the order of SIDs.
    pub(crate) fn all_uploads(&self) -> Vec<Arc<MediaRecord>> {
        let mut all: Vec<_> = self.lock().values().cloned().collect();
        all.sort_unstable_by_key(|record| record.digits);
        all
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u128, Arc<MediaRecord>>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorldView<'_> {
    /// The media with these digits: one that was uploaded, or of a message that was there at first.
    pub(crate) fn media(&self, digits: u128) -> Option<Arc<MediaRecord>> {
        let world = self.world;
        if world.faults.hits(world.draws, Fault::MediaGone, low(digits)) {
            return None;
        }
        world.media.uploaded(digits).or_else(|| self.media_at_first(digits).map(Arc::new))
    }

    fn media_at_first(&self, digits: u128) -> Option<MediaRecord> {
        let world = self.world;
        let places = world.media.at_first.get_or_init(|| self.media_places());
        let &(channel, position) =
            places.get(&digits).filter(|(channel, _)| self.channel_exists(*channel))?;
        let message = self.messages(channel).record(position);
        let MediaOfMessage { size, content_type, filename, .. } = of_message(message.media.as_deref()?)?;
        let size = size.unwrap_or_default();
        let is_resized = world.faults.hits(world.draws, Fault::MediaResized, low(digits));
        Some(MediaRecord {
            digits,
            size,
            content_type,
            filename,
            created: message.created,
            message: Some((self.channel_digits(channel), message.digits)),
            content: MediaContent::Generated(if is_resized { size + 7 } else { size }),
        })
    }

    fn media_places(&self) -> HashMap<u128, (u32, u32)> {
        let mut places = HashMap::new();
        let channels = self.channels();
        for channel in (0..channels.count()).map(|rank| channels.id(rank)) {
            let messages = self.messages(channel);
            for position in 0..messages.count() {
                let media = messages.record(position).media;
                let sid = media.as_deref().and_then(of_message).map(|media| media.sid);
                let digits = sid.and_then(|sid| sid::digits("ME", &sid));
                // A message that was created since has its media among the uploads.
                places.extend(digits.map(|digits| (digits, (channel, position))));
            }
        }
        places
    }
}

fn of_message(json: &str) -> Option<MediaOfMessage> {
    serde_json::from_str(json).ok()
}

pub(crate) fn low(digits: u128) -> u64 {
    u64::try_from(digits & u128::from(u64::MAX)).unwrap_or_default()
}

impl MediaRecord {
    /// As a message has it.
    pub(crate) fn of_message(&self) -> String {
        let mut out = String::with_capacity(160);
        let mut object = Object::open(&mut out);
        object.plain("sid", |out| sid::write("ME", self.digits, out));
        object.number("size", self.size);
        object.optional_text("content_type", self.content_type.as_deref());
        object.optional_text("filename", self.filename.as_deref());
        object.close();
        out
    }

    /// The SHA-256 of its bytes.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        match &self.content {
            MediaContent::Dropped { sha256 } => *sha256,
            MediaContent::Kept(bytes) => Sha256::digest(bytes).into(),
            MediaContent::Generated(size) => {
                let mut hash = Sha256::new();
                generated(self.digits, *size).for_each(|piece| hash.update(&piece));
                hash.finalize().into()
            }
        }
    }
}

/// The bytes of a media that no one has uploaded, piece by piece: they follow from its SID.
pub(crate) fn generated(digits: u128, size: u64) -> impl Iterator<Item = Bytes> + Send {
    let seed = low(digits) ^ low(digits >> 64).rotate_left(31);
    (0..size.div_ceil(PIECE)).map(move |number| {
        let (from, to) = (number * PIECE, (number * PIECE + PIECE).min(size));
        let mut piece = Vec::with_capacity(usize::try_from(PIECE).unwrap_or_default());
        for block in from / 8..to.div_ceil(8) {
            piece.extend(next(seed ^ block.wrapping_mul(0x9E37_79B9_7F4A_7C15)).to_le_bytes());
        }
        piece.truncate(usize::try_from(to - from).unwrap_or_default());
        Bytes::from(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_follow_from_the_sid_and_are_as_many_as_wanted() {
        let all = |digits, size| generated(digits, size).collect::<Vec<_>>().concat();
        for size in [0, 1, 7, 8, 9, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5] {
            assert_eq!(all(1, size).len() as u64, size);
        }
        assert_eq!(all(7, 1_000), all(7, 1_000));
        assert_ne!(all(7, 1_000), all(8, 1_000));
        assert_ne!(all(7, 1_000), all(7 << 64, 1_000));
        let long = all(7, 2 * PIECE);
        assert_ne!(long[..1_000], long[1_000..2_000], "a piece does not repeat itself");
    }
}
