//! The memberships that were created or written to: a million of them in a rehearsal.
//!
//! **Invariant:** one that was created, of a user and with nothing that only some have, takes 64 bytes and its own attributes. What
//! holds them never moves, so that no moment takes twice the memory.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Timestamp;

use super::record::MembershipRecord;

#[derive(Debug, Default)]
pub(crate) struct StoredMemberships {
    /// The edge of the first one that is created.
    first: u32,
    /// By how many edges they are after that one: so many in each part.
    usual: Vec<Vec<Option<UsualMembership>>>,
    others: HashMap<u32, MembershipRecord>,
    /// The roles that usual ones have.
    role_sids: Vec<String>,
}

/// Times are Unix seconds.
#[derive(Debug)]
struct UsualMembership {
    /// The digits of the member, in big-endian bytes, which need no padding.
    digits: [u8; 16],
    created: u32,
    updated: u32,
    /// `NEVER` of none.
    last_read: u32,
    /// None of an empty object.
    attributes: Option<Box<str>>,
    user: u32,
    channel: u32,
    /// -1 of none.
    last_read_index: i32,
    role: u16,
    muted: bool,
}

const PART: usize = 1_024;
const EMPTY: &str = "{}";
const NEVER: u32 = u32::MAX;

impl StoredMemberships {
    /// Those that are created have this edge and the ones after it.
    pub(crate) fn of_created(first: u32) -> Self {
        Self { first, ..Self::default() }
    }

    pub(crate) fn get(&self, edge: u32) -> Option<Cow<'_, MembershipRecord>> {
        match self.usual(edge) {
            Some(usual) => Some(Cow::Owned(self.unpacked(usual))),
            None => self.others.get(&edge).map(Cow::Borrowed),
        }
    }

    pub(crate) fn insert(&mut self, edge: u32, record: MembershipRecord) {
        let Some((part, place)) = self.place(edge) else {
            self.others.insert(edge, record);
            return;
        };
        let usual = self.packed(&record);
        if usual.is_some() {
            self.others.remove(&edge);
        } else {
            self.others.insert(edge, record);
        }
        while self.usual.len() <= part {
            self.usual.push(Vec::with_capacity(PART));
        }
        let part = &mut self.usual[part];
        if part.len() <= place {
            part.resize_with(place + 1, || None);
        }
        part[place] = usual;
    }

    pub(crate) fn user(&self, edge: u32) -> Option<u32> {
        let usual = self.usual(edge).map(|usual| usual.user);
        usual.or_else(|| self.others.get(&edge)?.user)
    }

    pub(crate) fn channel(&self, edge: u32) -> Option<u32> {
        let usual = self.usual(edge).map(|usual| usual.channel);
        usual.or_else(|| Some(self.others.get(&edge)?.channel))
    }

    pub(crate) fn digits(&self, edge: u32) -> Option<u128> {
        let usual = self.usual(edge).map(|usual| u128::from_be_bytes(usual.digits));
        usual.or_else(|| Some(self.others.get(&edge)?.digits))
    }

    /// The part and the place in it of one that was created.
    fn place(&self, edge: u32) -> Option<(usize, usize)> {
        let number = edge.checked_sub(self.first)? as usize;
        Some((number / PART, number % PART))
    }

    fn usual(&self, edge: u32) -> Option<&UsualMembership> {
        let (part, place) = self.place(edge)?;
        self.usual.get(part)?.get(place)?.as_ref()
    }

    /// Those that are not usual: all with a binding are among them.
    pub(crate) fn others(&self) -> &HashMap<u32, MembershipRecord> {
        &self.others
    }

    fn packed(&mut self, record: &MembershipRecord) -> Option<UsualMembership> {
        if record.binding.is_some() || record.read.is_some() {
            return None;
        }
        let role_sid = record.role_sid.as_ref()?;
        let known = self.role_sids.iter().position(|known| known == role_sid);
        let role = u16::try_from(known.unwrap_or(self.role_sids.len())).ok()?;
        let attributes = record.attributes.as_deref()?;
        let usual = UsualMembership {
            digits: record.digits.to_be_bytes(),
            created: seconds(record.created)?,
            updated: seconds(record.updated)?,
            last_read: record.last_read.map_or(Some(NEVER), seconds)?,
            attributes: (attributes != EMPTY).then(|| attributes.into()),
            user: record.user?,
            channel: record.channel,
            last_read_index: match record.last_read_index {
                Some(index) => i32::try_from(index).ok().filter(|index| *index >= 0)?,
                None => -1,
            },
            role,
            muted: record.muted,
        };
        if known.is_none() {
            self.role_sids.push(role_sid.clone());
        }
        Some(usual)
    }

    fn unpacked(&self, usual: &UsualMembership) -> MembershipRecord {
        let moment = |seconds: u32| Timestamp::from_second(seconds.into()).unwrap_or_default();
        MembershipRecord {
            user: Some(usual.user),
            channel: usual.channel,
            digits: u128::from_be_bytes(usual.digits),
            role_sid: self.role_sids.get(usize::from(usual.role)).cloned(),
            attributes: Some(usual.attributes.as_deref().unwrap_or(EMPTY).to_owned()),
            created: moment(usual.created),
            updated: moment(usual.updated),
            last_read_index: (usual.last_read_index >= 0).then(|| usual.last_read_index.into()),
            last_read: (usual.last_read != NEVER).then(|| moment(usual.last_read)),
            muted: usual.muted,
            binding: None,
            read: None,
        }
    }
}

/// None of a moment between two seconds, before 1970 and after 2106.
fn seconds(moment: Timestamp) -> Option<u32> {
    let seconds = u32::try_from(moment.as_second()).ok()?;
    (moment.subsec_nanosecond() == 0 && seconds != NEVER).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back_whatever_it_is() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let usual = MembershipRecord::joined(Some(7), 9, "RL1".to_owned(), at("2026-01-15T10:00:00Z"));
        let read = MembershipRecord {
            digits: u128::MAX - 3,
            attributes: Some(r#"{"a":1}"#.to_owned()),
            last_read_index: Some(0),
            last_read: Some(at("1970-01-01T00:00:00Z")),
            muted: true,
            ..usual.clone()
        };
        let unusual = [
            MembershipRecord { user: None, ..usual.clone() },
            MembershipRecord { role_sid: None, ..usual.clone() },
            MembershipRecord { attributes: None, ..usual.clone() },
            MembershipRecord { last_read_index: Some(i64::MAX), ..usual.clone() },
            MembershipRecord { last_read_index: Some(-1), ..usual.clone() },
            MembershipRecord { last_read: Some(at("1969-12-31T23:59:59Z")), ..usual.clone() },
            MembershipRecord { updated: at("2106-02-07T06:28:15Z"), ..usual.clone() },
            MembershipRecord { created: at("2026-01-15T10:00:00.5Z"), ..usual.clone() },
        ];
        let mut stored = StoredMemberships::of_created(5);
        let all: Vec<_> = [usual, read].into_iter().chain(unusual).collect();
        for turn in 0..2 {
            for (record, edge) in all.iter().zip([5, 2_000, 6, 7, 8, 9, 10, 11, 12, 13]) {
                stored.insert(edge, record.clone());
                let back = stored.get(edge).unwrap().into_owned();
                assert_eq!(format!("{back:?}"), format!("{record:?}"), "{turn}");
                assert_eq!(stored.user(edge), record.user);
                assert_eq!(stored.channel(edge), Some(record.channel));
                assert_eq!(stored.digits(edge), Some(record.digits));
            }
        }
        assert!(stored.get(4).is_none() && stored.get(14).is_none() && stored.get(9_000).is_none());
        assert_eq!(stored.others().len(), 8);
        // Written to, it may become usual and stop being it.
        stored.insert(5, all[2].clone());
        stored.insert(6, all[0].clone());
        assert_eq!((stored.user(5), stored.user(6), stored.others().len()), (None, Some(7), 8));
        // What was there from the start is kept as it is.
        stored.insert(4, all[0].clone());
        assert_eq!((stored.user(4), stored.others().len()), (Some(7), 9));
        assert_eq!(size_of::<Option<UsualMembership>>(), 64);
    }
}
