//! A share of records: one of so many parts by their SIDs, the same one every time.

use std::fmt;
use std::str::FromStr;

use super::sid::{Sid, SidKind, StoredSid};

/// One part out of so many, as `--sample N/T`, `--cross-check N/T` and `--skip-unchanged N/T` take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which part, from 1.
    pub part: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    /// Whether a record is of this part. It depends on the SID alone: all parts together are every record once.
    pub fn has<K: SidKind>(&self, sid: &Sid<K>) -> bool {
        self.of <= 1 || mixed(sid) % self.of + 1 == self.part
    }
}

/// What was typed is no share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a share such as `2/7`: the second of seven parts")]
pub struct InvalidShare {
    /// What was typed.
    pub text: String,
}

impl FromStr for Share {
    type Err = InvalidShare;

    fn from_str(text: &str) -> Result<Self, InvalidShare> {
        // Digits alone: `parse` takes a sign too.
        let number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        let numbers = text.split_once('/').and_then(|(part, of)| Some((number(part)?, number(of)?)));
        match numbers {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => Err(InvalidShare { text: text.to_owned() }),
        }
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
    fn a_share_is_a_part_of_so_many() {
        assert_eq!("2/7".parse(), Ok(Share { part: 2, of: 7 }));
        assert_eq!(Share { part: 2, of: 7 }.to_string(), "2/7");
        for text in ["", "7", "0/7", "8/7", "1/0", "-1/7", "1/7/2", "a/b", "+3/7", "/"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

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
