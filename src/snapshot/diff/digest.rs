//! The digest of what a snapshot holds: two crawls of the same state agree, whatever the order in which they received it.
//!
//! A row's digest is the first half of the SHA-256 of its columns by name, with the SIDs of what it belongs to in the place of
//! row numbers. The digests are added up, so that order does not matter, and the sum is hashed with the number of rows.
//!
//! **Invariant:** nothing of the crawl is in it: no row number, no time of reading, no cursor, no verdict.
//!
//! Left out is what changes by itself: whether a user is online or can be reached at the moment.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};
use sha2::{Digest, Sha256};

use crate::snapshot::diff::row_encoding::{half, push};
use crate::storage::hex;

/// Columns that are the snapshot's own business, and those of the moment.
const LEFT_OUT: [&str; 10] =
    ["id", "service", "user", "channel", "pass", "scope", "listed", "fetched", "is_online", "is_notifiable"];

/// A table of records: with what its rows belong to, and the rows that are records.
struct Table {
    name: &'static str,
    /// The SIDs that replace its row numbers.
    parents: &'static str,
    joined: &'static str,
    condition: &'static str,
}

const TABLES: [Table; 7] = [
    Table { name: "service_row", parents: "NULL", joined: "", condition: "r.fetched" },
    Table {
        name: "role_row",
        parents: "s.sid",
        joined: "JOIN service_row s ON s.id = r.service",
        condition: "1",
    },
    Table {
        name: "user_row",
        parents: "s.sid",
        joined: "JOIN service_row s ON s.id = r.service",
        condition: "r.listed",
    },
    Table {
        name: "channel_row",
        parents: "s.sid",
        joined: "JOIN service_row s ON s.id = r.service",
        condition: "r.listed",
    },
    Table {
        name: "membership_row",
        parents: "u.sid",
        joined: "JOIN user_row u ON u.id = r.user",
        condition: "1",
    },
    Table {
        name: "member_row",
        parents: "c.sid",
        joined: "JOIN channel_row c ON c.id = r.channel",
        condition: "1",
    },
    Table {
        name: "invite_row",
        parents: "c.sid",
        joined: "JOIN channel_row c ON c.id = r.channel",
        condition: "1",
    },
];

/// The messages: as many as all else together, and more.
const MESSAGES: Table = Table {
    name: "message_row",
    parents: "c.sid",
    joined: "JOIN channel_row c ON c.id = r.channel",
    condition: "1",
};

/// The bindings, which files of format 2 lack: a snapshot without any has the digest that it had.
const BINDINGS: Table = Table {
    name: "binding_row",
    parents: "s.sid",
    joined: "JOIN service_row s ON s.id = r.service",
    condition: "1",
};

/// The digest of the messages that a snapshot holds, as 64 hexadecimal digits. Reads every one once.
pub(in crate::snapshot) fn message_digest(connection: &Connection) -> Result<String> {
    let (rows, sum) = digest(connection, &MESSAGES)?;
    let parts = [rows.to_be_bytes().as_slice(), sum.to_be_bytes().as_slice()].concat();
    Ok(hex(&Sha256::digest(parts)))
}

/// The digest of the records that a snapshot holds, as 64 hexadecimal digits. Reads every row once.
pub(in crate::snapshot) fn content_digest(connection: &Connection) -> Result<String> {
    let mut content = Sha256::new();
    for table in TABLES.iter().chain([&BINDINGS]) {
        let (rows, sum) = digest(connection, table)?;
        if rows == 0 && table.name == BINDINGS.name {
            continue;
        }
        content.update(table.name);
        content.update(rows.to_be_bytes());
        content.update(sum.to_be_bytes());
    }
    Ok(hex(&content.finalize()))
}

/// How many rows a table has, and the sum of their digests.
fn digest(connection: &Connection, table: &Table) -> Result<(u64, u128)> {
    let mut columns: Vec<String> = connection
        .prepare("SELECT name FROM pragma_table_info(?1)")?
        .query_map([table.name], |row| row.get(0))?
        .collect::<Result<_>>()?;
    columns.retain(|column| !LEFT_OUT.contains(&column.as_str()));
    columns.sort_unstable();
    let selected: Vec<String> = columns.iter().map(|column| format!("r.\"{column}\"")).collect();
    let sql = format!(
        "SELECT {}, {} FROM {} r {} WHERE {}",
        table.parents,
        selected.join(", "),
        table.name,
        table.joined,
        table.condition
    );
    let mut statement = connection.prepare(&sql)?;
    let mut found = statement.query([])?;
    let (mut rows, mut sum, mut line) = (0, 0_u128, Vec::with_capacity(512));
    while let Some(row) = found.next()? {
        line.clear();
        push(&mut line, row.get_ref(0)?);
        for (at, name) in columns.iter().enumerate() {
            // A null column is equal to one that an older format lacks.
            let found = row.get_ref(at + 1)?;
            if found != ValueRef::Null {
                push(&mut line, ValueRef::Text(name.as_bytes()));
                push(&mut line, found);
            }
        }
        sum = sum.wrapping_add(half(Sha256::new_with_prefix(&line)));
        rows += 1;
    }
    Ok((rows, sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::schema;
    use crate::storage::{Access, SqliteDraft};

    const ROWS: [&str; 7] = [
        "INSERT INTO service_row (id, sid, fetched, friendly_name) VALUES (1, x'01', 1, 'shop')",
        "INSERT INTO user_row (id, service, sid, pass, identity) VALUES (1, 1, x'02', 0, 'ada')",
        "INSERT INTO user_row (id, service, sid, pass, identity) VALUES (2, 1, x'03', 0, 'bob')",
        "INSERT INTO channel_row (id, service, sid, pass, type) VALUES (1, 1, x'04', 0, 2)",
        "INSERT INTO membership_row (user, channel_sid, pass, service, scope, status) VALUES (1, x'04', 0, 1, 1, 1)",
        "INSERT INTO member_row (channel, sid, pass, scope, identity) VALUES (1, x'05', 0, 1, 'ada')",
        "INSERT INTO binding_row (service, sid, pass, scope, identity) VALUES (1, x'06', 0, 1, 'ada')",
    ];

    fn digest_of(statements: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshot.db");
        let draft = SqliteDraft::begin(&crate::snapshot::format::SNAPSHOT, &path, Access::Private).unwrap();
        let connection = schema::create(&draft, &path).unwrap();
        for statement in statements {
            connection.execute_batch(statement).unwrap();
        }
        content_digest(&connection).unwrap()
    }

    #[test]
    fn the_order_of_reading_and_the_numbers_of_rows_do_not_matter() {
        let other = [
            "INSERT INTO service_row (id, sid, fetched, friendly_name) VALUES (7, x'01', 1, 'shop')",
            "INSERT INTO channel_row (id, service, sid, pass, type) VALUES (5, 7, x'04', 3, 2)",
            "INSERT INTO user_row (id, service, sid, pass, identity, is_online) VALUES (1, 7, x'03', 1, 'bob', 1)",
            "INSERT INTO user_row (id, service, sid, pass, identity) VALUES (2, 7, x'02', 0, 'ada')",
            "INSERT INTO user_row (id, service, sid, pass, listed) VALUES (3, 7, x'09', 0, 0)",
            "INSERT INTO binding_row (service, sid, pass, scope, identity) VALUES (7, x'06', 2, 3, 'ada')",
            "INSERT INTO member_row (channel, sid, pass, scope, identity) VALUES (5, x'05', 0, 1, 'ada')",
            "INSERT INTO membership_row (user, channel_sid, pass, service, scope, status) VALUES (2, x'04', 9, 7, 2, 1)",
        ];
        assert_eq!(digest_of(&ROWS), digest_of(&other));
    }

    #[test]
    fn every_change_of_a_record_gives_another() {
        let before = digest_of(&ROWS);
        for change in [
            "UPDATE service_row SET friendly_name = 'store'",
            "UPDATE user_row SET identity = 'bob' WHERE id = 1",
            "UPDATE user_row SET friendly_name = '' WHERE id = 1",
            "UPDATE channel_row SET sid = x'06'",
            "UPDATE membership_row SET user = 2",
            "UPDATE membership_row SET status = 2",
            "UPDATE member_row SET last_consumed_message_index = 0",
            "DELETE FROM user_row WHERE id = 2",
            "UPDATE binding_row SET endpoint = 'phone'",
            "DELETE FROM binding_row",
        ] {
            let mut rows = ROWS.to_vec();
            rows.push(change);
            assert_ne!(digest_of(&rows), before, "{change}");
        }
    }
}
