//! Digests for one comparison of two snapshots that keep none: lists of users and channels are put into groups, and each group
//! has one digest for both files.
//!
//! Both files are read once in the order of storage; nothing is written or sorted, so this costs little more than the reading.
//! Lists in groups that are the same need not be read again; of the others, each is read row by row. Which group a list is in
//! depends on its user's or channel's SID only, so the two files need not number users alike.
//!
//! **Invariant:** memory does not grow with the data: there are always as many groups.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::snapshot::diff::column::columns;
use crate::snapshot::diff::list_digest::StoredList;
use crate::snapshot::diff::row_hash::{Keys, RowHasher};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::unit::UnitKind;

/// Lists in which a row differs are few, and few others share their groups where there are so many. 8 MiB.
const GROUPS: usize = 1 << 18;

/// The digest of a group's lists.
#[derive(Clone, Copy, Default)]
struct Group {
    /// The sum of the old file's rows' digests, less that of the new file's.
    difference: u128,
    rows: [u32; 2],
}

impl Group {
    fn is_same(&self) -> bool {
        self.difference == 0 && self.rows[0] == self.rows[1]
    }
}

/// The groups of one kind of lists.
pub(in crate::snapshot) struct Groups {
    keys: Keys,
    lists: Vec<Group>,
    /// The rows of groups that are the same.
    same: u64,
}

impl Groups {
    /// Reads both files. Of services, those count that are given by their numbers in each.
    pub(in crate::snapshot) fn of(
        sides: [&Snapshot; 2],
        services: &[[Option<i64>; 2]],
        kind: UnitKind,
    ) -> Result<Self, SnapshotError> {
        let mut made = Self { keys: Keys::draw(), lists: vec![Group::default(); GROUPS], same: 0 };
        let both: Vec<[i64; 2]> =
            services.iter().filter_map(|numbers| Some([numbers[0]?, numbers[1]?])).collect();
        for (at, side) in sides.into_iter().enumerate() {
            let services: Vec<i64> = both.iter().map(|numbers| numbers[at]).collect();
            side.sql(|connection| made.read(connection, side, at, &services, kind))?;
        }
        made.same =
            made.lists.iter().filter(|group| group.is_same()).map(|group| u64::from(group.rows[0])).sum();
        Ok(made)
    }

    /// The rows of all lists that need not be read.
    pub(in crate::snapshot) fn same(&self) -> u64 {
        self.same
    }

    /// Whether the list of the user or channel of this SID is the same in both.
    pub(in crate::snapshot) fn has_same(&self, sid: ValueRef<'_>) -> bool {
        self.lists[self.number(sid)].is_same()
    }

    fn number(&self, sid: ValueRef<'_>) -> usize {
        usize::try_from(self.keys.place(sid) % GROUPS as u64).expect("it is less than a usize")
    }

    /// Reads rows together with their users or channels, both in the order of the numbers of the latter.
    fn read(
        &mut self,
        connection: &Connection,
        side: &Snapshot,
        at: usize,
        services: &[i64],
        kind: UnitKind,
    ) -> rusqlite::Result<()> {
        let Some(stored) = StoredList::of(kind) else { return Ok(()) };
        let fields = columns(stored.entity).len();
        let mut rows = connection.prepare(&stored.rows())?;
        let mut rows = rows.query([])?;
        let mut parents =
            connection.prepare(&format!("SELECT id, service, sid FROM {} ORDER BY id", stored.parents))?;
        let mut parents = parents.query([])?;
        let keys = Keys::clone(&self.keys);
        let mut hasher = RowHasher::keyed(&side.scopes, &keys);
        let mut next = rows.next()?;
        while let Some(parent) = parents.next()? {
            let number: i64 = parent.get(0)?;
            let service: i64 = parent.get(1)?;
            let counts = services.contains(&service);
            let sid = parent.get_ref(2)?;
            let group = self.number(sid);
            while let Some(row) = next {
                let of: i64 = row.get(0)?;
                if of > number {
                    break;
                }
                if of == number && counts {
                    let digest = hasher.digest(Some(sid), row, fields)?;
                    let group = &mut self.lists[group];
                    group.rows[at] += 1;
                    group.difference = if at == 0 {
                        group.difference.wrapping_add(digest)
                    } else {
                        group.difference.wrapping_sub(digest)
                    };
                }
                next = rows.next()?;
            }
        }
        Ok(())
    }
}
