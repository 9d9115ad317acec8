//! `snapshot check`: is the file sound, do its records refer to records that are there, and what is its verdict.

use serde::Serialize;

use crate::model::Entity;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties::{self, Verdict};
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::schema::write_out;
use crate::storage::StorageError;

/// SIDs shown for a check that found something.
const EXAMPLES: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotCheck {
    pub name: &'static str,
    /// How many records failed it.
    pub found: u64,
    /// Some of them.
    pub examples: Vec<String>,
}

/// The result of all checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The crawl's judgement of its own completeness.
    pub verdict: Verdict,
    /// Whether the file is sound.
    pub sound: bool,
    /// Subjects on which lists and counts did not agree at first.
    pub disagreements: u64,
    /// Users and channels that vanished during the crawl.
    pub vanished: u64,
    /// Every check that was made.
    pub checks: Vec<SnapshotCheck>,
}

impl CheckReport {
    /// Whether every check passed.
    pub fn is_clean(&self) -> bool {
        self.sound && self.checks.iter().all(|check| check.found == 0)
    }
}

/// A reference that must lead somewhere: its name, the entities that must have been crawled, and a query for the SIDs
/// of records whose reference leads nowhere.
struct Reference {
    name: &'static str,
    needs: &'static [Entity],
    dangling: &'static str,
}

const REFERENCES: [Reference; 7] = [
    Reference {
        name: "user channels whose user is not listed",
        needs: &[Entity::Membership, Entity::User],
        dangling: "SELECT @CH(m.channel_sid) FROM membership_row m
                   WHERE NOT EXISTS (SELECT 1 FROM user_row u WHERE u.id = m.user AND u.listed)",
    },
    Reference {
        name: "user channels whose channel is not known",
        needs: &[Entity::Membership, Entity::Channel],
        dangling: "SELECT @US(u.sid) || '/' || @CH(m.channel_sid) FROM membership_row m JOIN user_row u ON u.id = m.user
                   WHERE NOT EXISTS (SELECT 1 FROM channel_row c
                     WHERE c.service = m.service AND c.sid = m.channel_sid AND c.listed)",
    },
    Reference {
        name: "joined user channels whose member is not listed",
        needs: &[Entity::Membership, Entity::Member],
        dangling: "SELECT @US(u.sid) || '/' || @CH(m.channel_sid) FROM membership_row m JOIN user_row u ON u.id = m.user
                   JOIN channel_row c ON c.service = m.service AND c.sid = m.channel_sid
                   WHERE m.status = 1 AND NOT EXISTS (SELECT 1 FROM member_row x
                     WHERE x.channel = c.id AND x.sid IS m.member_sid)",
    },
    Reference {
        name: "members whose role is not listed",
        needs: &[Entity::Member, Entity::Role],
        dangling: "SELECT @MB(x.sid) FROM member_row x JOIN channel_row c ON c.id = x.channel
                   WHERE x.role_sid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM role_row r
                     WHERE r.service = c.service AND r.sid = x.role_sid)",
    },
    Reference {
        name: "users whose role is not listed",
        needs: &[Entity::User, Entity::Role],
        dangling: "SELECT @US(u.sid) FROM user_row u WHERE u.role_sid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM role_row r
                     WHERE r.service = u.service AND r.sid = u.role_sid)",
    },
    Reference {
        name: "messages that share their index with another of their channel",
        needs: &[Entity::Message],
        dangling: "SELECT @CH(c.sid) || ' index ' || x.position FROM
                   (SELECT channel, position FROM message_row WHERE position <> ''
                    GROUP BY channel, position HAVING count(*) > 1) x
                   JOIN channel_row c ON c.id = x.channel",
    },
    Reference {
        name: "lists that claim to be complete and have a next page",
        needs: &[],
        dangling: "SELECT 'unit ' || id FROM unit WHERE state = 1 AND next IS NOT NULL",
    },
];

/// Makes every check. It reads the entire file. `bytes` is what `check_file` found before it was opened.
pub(in crate::snapshot) fn check(
    snapshot: &Snapshot,
    bytes: Result<(), SnapshotError>,
) -> Result<CheckReport, SnapshotError> {
    let mut checks = vec![is_as_written(bytes)?, integrity(snapshot)?];
    let sound = checks.iter().all(|check| check.found == 0);
    let include = snapshot.identity()?.include;
    if sound {
        for reference in REFERENCES {
            if reference.needs.iter().all(|entity| include.contains(entity)) {
                checks.push(dangling(snapshot, &reference)?);
            }
        }
    }
    let count = |query: &str| {
        snapshot
            .sql(|connection| connection.query_row(query, [], |row| row.get::<_, i64>(0)))
            .map(i64::cast_unsigned)
    };
    let (disagreements, vanished) = if sound {
        (count("SELECT count(*) FROM disagreement")?, count("SELECT count(*) FROM vanished")?)
    } else {
        (0, 0)
    };
    Ok(CheckReport { verdict: snapshot.sql(properties::verdict)?, sound, disagreements, vanished, checks })
}

fn integrity(snapshot: &Snapshot) -> Result<SnapshotCheck, SnapshotError> {
    let said: Vec<String> = snapshot.sql(|connection| {
        let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
        statement.query_map([], |row| row.get(0))?.collect()
    })?;
    let examples: Vec<_> = said.into_iter().filter(|line| line != "ok").collect();
    Ok(SnapshotCheck { name: "the file's structure", found: examples.len() as u64, examples })
}

fn dangling(snapshot: &Snapshot, reference: &Reference) -> Result<SnapshotCheck, SnapshotError> {
    snapshot.sql(|connection| {
        let mut statement = connection.prepare(&write_out(reference.dangling))?;
        let mut rows = statement.query([])?;
        let (mut found, mut examples) = (0, Vec::new());
        while let Some(row) = rows.next()? {
            found += 1;
            if examples.len() < EXAMPLES {
                examples.push(row.get(0)?);
            }
        }
        Ok(SnapshotCheck { name: reference.name, found, examples })
    })
}

fn is_as_written(bytes: Result<(), SnapshotError>) -> Result<SnapshotCheck, SnapshotError> {
    let examples = match bytes {
        Ok(()) => Vec::new(),
        Err(SnapshotError::Storage(error @ StorageError::Altered { .. })) => vec![error.to_string()],
        Err(error) => return Err(error),
    };
    Ok(SnapshotCheck {
        name: "bytes that are not those that were written",
        found: examples.len() as u64,
        examples,
    })
}
