//! A snapshot of a part that was read by other means than a crawl's units: what a few requests gave, stored as a crawl would store it.
//!
//! **Invariant:** what was not stored is not claimed: a snapshot of a part names one user, and ends with the verdict that it is given.

use crate::model::{Records, Service};
use crate::snapshot::completeness::reconcile;
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties::{self, Verdict};
use crate::snapshot::unit::{Target, Unit, UnitId, state};
use crate::snapshot::write::writer::SnapshotWriter;
use crate::snapshot::write::{frontier, rows};

/// Stores rows of a list, of which others may never come.
pub(in crate::snapshot) fn store(
    writer: &mut SnapshotWriter,
    target: &Target,
    records: &Records,
) -> Result<(), SnapshotError> {
    writer.begin()?;
    let unit = unit_of(writer, target)?;
    match records {
        Records::Services(services) => {
            services.iter().try_for_each(|service| rows::store_service(writer, service))?
        }
        Records::Roles(roles) => rows::store_roles(writer, &unit, roles)?,
        Records::Users(users) => rows::store_users(writer, &unit, users).map(drop)?,
        Records::Channels(channels) => rows::store_channels(writer, &unit, channels).map(drop)?,
        Records::Memberships(memberships) => rows::store_memberships(writer, &unit, memberships)?,
        Records::Members(members) => rows::store_members(writer, &unit, members)?,
        Records::Invites(invites) => rows::store_invites(writer, &unit, invites)?,
        Records::Messages(messages) => rows::store_messages(writer, &unit, messages)?,
        Records::Bindings(bindings) => rows::store_bindings(writer, &unit, bindings)?,
    }
    writer.commit()
}

pub(in crate::snapshot) fn store_service(
    writer: &mut SnapshotWriter,
    service: &Service,
) -> Result<(), SnapshotError> {
    writer.begin()?;
    rows::store_service(writer, service)?;
    writer.commit()
}

/// Ends the reading: what is stored is all there is to read.
pub(in crate::snapshot) fn finish(
    writer: &mut SnapshotWriter,
    finished: &str,
    verdict: Verdict,
) -> Result<(), SnapshotError> {
    writer.begin()?;
    reconcile::create_indexes(writer)?;
    writer.sql(|connection| {
        connection.execute("UPDATE unit SET state = ?1", [state::COMPLETE])?;
        properties::set(connection, "verdict", verdict.as_str())?;
        properties::set(connection, "finished", finished)
    })?;
    writer.commit()
}

/// The list as a unit that no frontier has.
fn unit_of(writer: &SnapshotWriter, target: &Target) -> Result<Unit, SnapshotError> {
    let service = match target.service() {
        Some(service) => frontier::service_number(writer, service)?,
        None => 0,
    };
    let parent = writer.sql(|connection| {
        let find = |table: &str| {
            connection.prepare_cached(&format!("SELECT id FROM {table} WHERE service = ?1 AND sid = ?2"))
        };
        let mut statement = match target {
            Target::UserChannels(_, user) | Target::UserBindings(_, user, _) => {
                let mut statement = find("user_row")?;
                bind!(statement, service, user);
                statement
            }
            Target::Members(_, channel) | Target::Invites(_, channel) | Target::Messages(_, channel) => {
                let mut statement = find("channel_row")?;
                bind!(statement, service, channel);
                statement
            }
            _ => return Ok(0),
        };
        let mut rows = statement.raw_query();
        rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?.get(0)
    })?;
    Ok(Unit {
        id: UnitId(0),
        target: target.clone(),
        cursor: None,
        pass: 0,
        expected_pages: None,
        parent,
        service,
    })
}
