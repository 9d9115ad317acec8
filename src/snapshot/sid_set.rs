//! Sets of members, compared by their size and a sum: the SQL function `sid_set`, and what it gave.
//!
//! Why sets are compared by a sum: SIDs are random numbers, so the number of members and the sum of their SIDs' digits distinguish
//! two sets, and both sides can be read in whatever order they are stored.

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result as SqlResult};

/// Registers `sid_set(sid)`: the number of SIDs and their sum, as a text that is equal for equal sets. A null SID among them
/// leaves only the number to compare: `n:?`.
pub(in crate::snapshot) fn register(connection: &Connection) -> SqlResult<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_aggregate_function("sid_set", 1, flags, SidSet)
}

struct SidSet;

#[derive(Default)]
pub(in crate::snapshot) struct Sum {
    count: i64,
    digits: u64,
    unknown: bool,
}

impl Aggregate<Sum, String> for SidSet {
    fn init(&self, _: &mut Context<'_>) -> SqlResult<Sum> {
        Ok(Sum::default())
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Sum) -> SqlResult<()> {
        sum.count += 1;
        match context.get_raw(0) {
            ValueRef::Blob(bytes) | ValueRef::Text(bytes) => {
                for part in bytes.chunks(8) {
                    let mut word = [0; 8];
                    word[..part.len()].copy_from_slice(part);
                    sum.digits = sum.digits.wrapping_add(u64::from_be_bytes(word));
                }
            }
            _ => sum.unknown = true,
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Sum>) -> SqlResult<String> {
        let Sum { count, digits, unknown } = sum.unwrap_or_default();
        Ok(if unknown { format!("{count}:?") } else { format!("{count}:{digits:x}") })
    }
}

/// One side's set of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::snapshot) struct MemberSet {
    pub(in crate::snapshot) count: i64,
    sum: String,
}

impl MemberSet {
    /// Reads what `sid_set` gave.
    pub(in crate::snapshot) fn parse(text: &str) -> Self {
        let (count, sum) = text.split_once(':').unwrap_or(("0", "?"));
        Self { count: count.parse().unwrap_or(0), sum: sum.to_owned() }
    }

    /// Whether the two sides have the same members, as far as both say which they have.
    pub(in crate::snapshot) fn same(&self, other: &Self) -> bool {
        self.count == other.count && (self.sum == other.sum || self.sum == "?" || other.sum == "?")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_the_same_in_any_order_and_another_with_another_member() {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        let set = |values: &str| {
            let sql = format!("SELECT sid_set(column1) FROM (VALUES {values})");
            MemberSet::parse(&connection.query_row(&sql, [], |row| row.get::<_, String>(0)).unwrap())
        };
        let one = set("(x'00000000000000010000000000000002'), (x'00000000000000030000000000000004')");
        let other_order = set("(x'00000000000000030000000000000004'), (x'00000000000000010000000000000002')");
        let other = set("(x'00000000000000030000000000000004'), (x'00000000000000010000000000000009')");
        assert!(one.same(&other_order));
        assert!(!one.same(&other));
        assert!(one.same(&set("(NULL), (x'00')")), "an unknown member leaves the number to compare");
        assert!(!one.same(&set("(NULL)")));
    }
}
