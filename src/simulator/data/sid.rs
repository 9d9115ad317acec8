//! SIDs that look random, come in order, and need no table.
//!
//! The numbers of one kind are cut into as many equal cells as there are resources; resource *n* has a random
//! number in cell *n*. So rank order is SID order, the rank of a SID is a division, and the digits show no
//! pattern to a reader.

use crate::simulator::draws::{DrawPurpose, Draws};

/// The SIDs of one kind in one scope: all users of the service, or all members of one channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SidSpace {
    draws: Draws,
    prefix: &'static str,
    scope: u64,
    cell: u64,
    count: u32,
    scramble: u64,
}

impl SidSpace {
    pub(crate) fn new(draws: Draws, prefix: &'static str, scope: u32, count: u32) -> Self {
        let kind = prefix.bytes().fold(0_u64, |kind, byte| kind << 8 | u64::from(byte));
        let cell = u64::MAX / u64::from(count.max(1));
        Self { draws, prefix, scope: kind << 40 | u64::from(scope), cell, count, scramble: 0 }
    }

    /// The same, but with ranks and SIDs in unrelated order: messages are listed by index, not by SID.
    pub(crate) fn scrambled(self) -> Self {
        Self { scramble: self.draws.draw(DrawPurpose::Order, self.scope), ..self }
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// The 32 digits of a resource as a number.
    pub(crate) fn digits(&self, rank: u32) -> u128 {
        let key = u64::from(rank);
        let offset = self.draws.draw2(DrawPurpose::SidHigh, self.scope, key) % self.cell;
        let high = (key * self.cell + offset) ^ self.scramble;
        let low = self.draws.draw2(DrawPurpose::SidLow, self.scope, key);
        u128::from(high) << 64 | u128::from(low)
    }

    /// The resource with these digits, if there is one.
    pub(crate) fn rank(&self, digits: u128) -> Option<u32> {
        let high = u64::try_from(digits >> 64).unwrap_or(0) ^ self.scramble;
        let rank = u32::try_from(high / self.cell).ok().filter(|rank| *rank < self.count)?;
        (self.digits(rank) == digits).then_some(rank)
    }

    #[cfg(test)]
    fn text(&self, rank: u32) -> String {
        text(self.prefix, self.digits(rank))
    }

    /// The resource whose SID has this text.
    #[cfg(test)]
    fn find(&self, text: &str) -> Option<u32> {
        self.rank(digits(self.prefix, text)?)
    }
}

/// The digits of the SIDs that an account and a service have one of.
pub(crate) fn draw_digits(draws: Draws, key: u64) -> u128 {
    let high = draws.draw2(DrawPurpose::Account, key, 0);
    let low = draws.draw2(DrawPurpose::Account, key, 1);
    u128::from(high) << 64 | u128::from(low)
}

/// The digits of a SID's text, if it is one of this kind.
pub(crate) fn digits(prefix: &str, text: &str) -> Option<u128> {
    let hexadecimal = text.strip_prefix(prefix).filter(|rest| rest.len() == 32)?;
    if hexadecimal.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        u128::from_str_radix(hexadecimal, 16).ok()
    } else {
        None
    }
}

pub(crate) fn write(prefix: &str, digits: u128, out: &mut String) {
    out.push_str(prefix);
    for byte in digits.to_be_bytes() {
        out.push(char::from(HEXADECIMAL[usize::from(byte >> 4)]));
        out.push(char::from(HEXADECIMAL[usize::from(byte & 15)]));
    }
}

/// Prefix and digits as a text.
pub(crate) fn text(prefix: &str, digits: u128) -> String {
    let mut text = String::with_capacity(34);
    write(prefix, digits, &mut text);
    text
}

const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_in_sid_order_and_come_back() {
        let space = SidSpace::new(Draws::new(7), "US", 0, 1_000);
        for rank in 0..1_000 {
            assert_eq!(space.find(&space.text(rank)), Some(rank));
            assert!(rank == 0 || space.digits(rank - 1) < space.digits(rank));
        }
        assert_eq!(space.rank(space.digits(3) + 1), None);
        assert_eq!(space.find("US00"), None);
        assert_eq!(space.find(&space.text(3).replace("US", "CH")), None);
    }

    #[test]
    fn scrambled_ranks_come_back_too() {
        let space = SidSpace::new(Draws::new(7), "IM", 5, 40).scrambled();
        assert!((0..40).all(|rank| space.find(&space.text(rank)) == Some(rank)));
        assert!((1..40).any(|rank| space.digits(rank - 1) > space.digits(rank)));
    }
}
