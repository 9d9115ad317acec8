//! A map and a set of 128-bit numbers, such as SIDs and fingerprints of names, that take a bounded amount of memory however many there
//! are: the last ones are in memory, the rest in a temporary file.
//!
//! **Why:** what a plan has met is asked for in no order, once for each user and each conversation. A set in memory takes some 40 bytes
//! for each, twice that while it grows.

use std::collections::HashMap;
use std::env;

use rusqlite::{Connection, OptionalExtension};

use super::error::{FileKind, StorageError};

/// Numbers in memory: 2 MiB with what the map needs to grow.
const IN_MEMORY: usize = 1 << 15;

/// Cache of the temporary file, in KiB.
const CACHE: u32 = 2 * 1024;

/// How messages name the temporary file. It has no format: no other run sees it.
static TEMPORARY: FileKind = FileKind {
    noun: "temporary file in",
    application: 0,
    format: 0,
    oldest: 0,
    option: "TMPDIR",
    command: "",
    remake: "",
    after_full: "TMPDIR names another place for temporary files; nothing was changed",
};

/// Numbers, each with another one.
#[derive(Debug)]
pub(crate) struct NumberMap {
    recent: HashMap<u128, i64>,
    most: usize,
    spilled: Option<Connection>,
}

impl Default for NumberMap {
    fn default() -> Self {
        Self { recent: HashMap::new(), most: IN_MEMORY, spilled: None }
    }
}

impl NumberMap {
    /// The value of a number.
    pub(crate) fn get(&self, number: u128) -> Result<Option<i64>, StorageError> {
        if let Some(value) = self.recent.get(&number) {
            return Ok(Some(*value));
        }
        let Some(spilled) = &self.spilled else { return Ok(None) };
        let find = || {
            spilled
                .prepare_cached("SELECT value FROM number WHERE number = ?1")?
                .query_row([number.to_be_bytes()], |row| row.get(0))
                .optional()
        };
        find().map_err(wrap)
    }

    /// Adds a number, unless it is there: the first value stays. Says whether it is new.
    pub(crate) fn insert(&mut self, number: u128, value: i64) -> Result<bool, StorageError> {
        if self.get(number)?.is_some() {
            return Ok(false);
        }
        self.recent.insert(number, value);
        if self.recent.len() >= self.most {
            self.spill().map_err(wrap)?;
        }
        Ok(true)
    }

    /// Moves what is in memory to the file, in the order of its index.
    fn spill(&mut self) -> rusqlite::Result<()> {
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert(create()?),
        };
        let mut numbers: Vec<(u128, i64)> = self.recent.drain().collect();
        numbers.sort_unstable();
        spilled.execute_batch("BEGIN")?;
        let mut insert = spilled.prepare_cached("INSERT INTO number (number, value) VALUES (?1, ?2)")?;
        for (number, value) in numbers {
            insert.execute((number.to_be_bytes(), value))?;
        }
        drop(insert);
        spilled.execute_batch("COMMIT")
    }
}

/// A file without a name: SQLite makes it where temporary files go, and it is gone when it is closed.
fn create() -> rusqlite::Result<Connection> {
    let connection = Connection::open("")?;
    connection.execute_batch(&format!(
        "PRAGMA cache_size = -{CACHE}; PRAGMA temp_store = FILE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         CREATE TABLE number (number BLOB PRIMARY KEY, value INTEGER) WITHOUT ROWID"
    ))?;
    Ok(connection)
}

fn wrap(source: rusqlite::Error) -> StorageError {
    StorageError::from_sqlite(&TEMPORARY, &env::temp_dir(), source)
}

/// Numbers. See [`NumberMap`].
#[derive(Debug, Default)]
pub(crate) struct NumberSet(NumberMap);

impl NumberSet {
    /// Adds a number. Says whether it is new.
    pub(crate) fn insert(&mut self, number: u128) -> Result<bool, StorageError> {
        self.0.insert(number, 0)
    }

    pub(crate) fn contains(&self, number: u128) -> Result<bool, StorageError> {
        Ok(self.0.get(number)?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPREAD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

    #[test]
    fn a_map_that_spills_answers_as_one_in_memory_does() {
        let mut spilling = NumberMap { most: 16, ..NumberMap::default() };
        let mut plain: HashMap<u128, i64> = HashMap::new();
        for step in 0..500_u128 {
            // Some come again: while they are in memory, and later.
            for number in [step, step.saturating_sub(3), step / 2] {
                let (number, value) = (number.wrapping_mul(SPREAD), i64::try_from(step).unwrap());
                let is_new = !plain.contains_key(&number);
                plain.entry(number).or_insert(value);
                assert_eq!(spilling.insert(number, value).unwrap(), is_new);
            }
            assert!(spilling.recent.len() < 16, "no more than that is in memory");
        }
        assert!(spilling.spilled.is_some());
        for step in 0..600_u128 {
            let number = step.wrapping_mul(SPREAD);
            assert_eq!(spilling.get(number).unwrap(), plain.get(&number).copied(), "{step}");
        }
    }
}
