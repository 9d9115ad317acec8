//! The media of a service: those of the messages that it has at first, found by their SIDs, and those that were uploaded.
//!
//! Nothing has the bytes of the former: they are made from the SID ([`generated`]), as many as the message says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::body::Bytes;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::simulator::draws::{DrawPurpose, Draws, next};

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
    pub(super) at_first: OnceLock<HashMap<u128, (u32, u32)>>,
}

impl MediaStore {
    /// Takes in what was uploaded, and gives it its SID.
    pub(crate) fn upload(&self, draws: Draws, mut record: MediaRecord) -> Arc<MediaRecord> {
        let mut uploads = self.lock();
        let draw = |half| draws.draw2(DrawPurpose::Media, uploads.len() as u64, half);
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

pub(crate) fn low(digits: u128) -> u64 {
    u64::try_from(digits & u128::from(u64::MAX)).unwrap_or_default()
}

impl MediaRecord {
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
