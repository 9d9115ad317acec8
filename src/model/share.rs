//! A share of the users or channels: one of so many parts, the same one every time.

use std::fmt;

use super::sid::{Sid, SidKind, StoredSid};

/// One part out of so many, as `verify --sample N/T` and `crawl --cross-check N/T` take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which part, from 1.
    pub part: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    /// Reads `N/T`: a part from 1 to so many. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        let (part, of) = text.split_once('/')?;
        let (part, of): (u64, u64) = (number(part)?, number(of)?);
        (1..=of).contains(&part).then_some(Self { part, of })
    }

    /// Whether a SID is of this part. It depends on the SID alone: all parts together have every SID once.
    pub fn has<K: SidKind>(&self, sid: &Sid<K>) -> bool {
        self.of <= 1 || mixed(sid) % self.of + 1 == self.part
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.part, self.of)
    }
}

/// FNV-1a: spreads SIDs evenly, whatever digits the server gives them, and is the same on every machine.
fn mixed<K: SidKind>(sid: &Sid<K>) -> u64 {
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
    use crate::model::ChannelSid;

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
        for (text, expected) in [
            ("3/7", Some(Share { part: 3, of: 7 })),
            ("1/1", Some(Share { part: 1, of: 1 })),
            ("0/7", None),
            ("8/7", None),
            ("3", None),
            ("+3/7", None),
            ("/", None),
            ("3/7/9", None),
        ] {
            assert_eq!(Share::parse(text), expected, "{text}");
            assert!(expected.is_none_or(|share| share.to_string() == text));
        }
        assert!(Share { part: 1, of: 1 }.has(&ChannelSid::from_wire("CHodd")));
    }
}
