//! A share of the conversations: one of so many parts, the same one every time.

use crate::model::{ChannelSid, StoredSid};

/// One part of the conversations out of so many, as `verify --sample N/T` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which part, from 1.
    pub part: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    /// Whether a conversation is of this part. It depends on the SID alone: all parts together are every conversation once.
    pub fn has(&self, sid: &ChannelSid) -> bool {
        self.of <= 1 || mixed(sid) % self.of + 1 == self.part
    }
}

/// FNV-1a: spreads SIDs evenly, whatever digits the server gives them, and is the same on every machine.
fn mixed(sid: &ChannelSid) -> u64 {
    let mix = |bytes: &[u8]| {
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        hash ^ (hash >> 32)
    };
    match sid.stored() {
        StoredSid::Digits(bytes) => mix(&bytes),
        StoredSid::Verbatim(text) => mix(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_everything_once_and_about_the_same_size() {
        let mut counts = [0_u32; 7];
        for digits in 0..7_000_u128 {
            let sid = ChannelSid::from_digits(digits);
            let parts: Vec<u64> = (1..=7).filter(|&part| Share { part, of: 7 }.has(&sid)).collect();
            assert_eq!(parts.len(), 1);
            counts[usize::try_from(parts[0]).unwrap() - 1] += 1;
        }
        assert!(counts.iter().all(|&count| (800..1200).contains(&count)), "{counts:?}");
        assert!(Share { part: 1, of: 1 }.has(&ChannelSid::from_wire("CHodd")));
    }
}
