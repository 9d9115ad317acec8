//! The commit of a page: its rows, what was odd about them, and the cursor of its list.
//!
//! **Invariant:** rows and cursor are in one transaction, which the caller began.

use rusqlite::ToSql;

use crate::model::{Channel, Entity, Issue, IssueKind, ListPage, Member, Records, Service, User};
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::unit::{Target, Unit};
use crate::snapshot::write::writer::SnapshotWriter;
use crate::snapshot::write::{frontier, rows, selection};

/// A record that is fetched by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    Service(Box<Service>),
    User(Box<User>),
    Channel(Box<Channel>),
    Member(Box<Member>),
}

/// What a committed page was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPage {
    /// What it held.
    pub entity: Entity,
    /// Rows as received.
    pub rows: u64,
    /// The unit is complete.
    pub complete: bool,
    /// New units wait to be read.
    pub more_work: bool,
}

/// Stores a page: its rows, its issues and the unit's cursor.
pub(in crate::snapshot) fn store_page(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    page: &ListPage,
) -> Result<StoredPage, SnapshotError> {
    let mut more_work = false;
    match &page.records {
        Records::Services(services) => more_work |= rows::store_listed_services(writer, services)?,
        Records::Roles(roles) => rows::store_roles(writer, unit, roles)?,
        Records::Users(users) => more_work |= rows::store_users(writer, unit, users)?,
        Records::Channels(channels) => more_work |= rows::store_channels(writer, unit, channels)?,
        Records::Memberships(memberships) => rows::store_memberships(writer, unit, memberships)?,
        Records::Members(members) => rows::store_members(writer, unit, members)?,
        Records::Invites(invites) => rows::store_invites(writer, unit, invites)?,
        Records::Messages(messages) => rows::store_messages(writer, unit, messages)?,
        Records::Bindings(bindings) => rows::store_bindings(writer, unit, bindings)?,
    }
    store_issues(writer, &page.issues)?;
    let complete = page.next.is_none();
    frontier::advance(writer, unit, page.received, page.next.as_deref())?;
    if complete && unit.pass > 0 {
        drop_former_passes(writer, unit)?;
    }
    Ok(StoredPage { entity: unit.target.entity(), rows: page.received as u64, complete, more_work })
}

/// Stores a record that was fetched by itself; its unit is complete.
pub(in crate::snapshot) fn store_detail(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    detail: &Detail,
    issues: &[Issue],
) -> Result<StoredPage, SnapshotError> {
    let more_work = match detail {
        Detail::Service(service) => rows::store_service(writer, service).map(|()| false)?,
        Detail::User(user) => {
            selection::is_fetched(writer, unit, user)?
                && rows::store_user(writer, unit.service, unit.pass, user)?
        }
        Detail::Channel(channel) => rows::store_channel(writer, unit.service, unit.pass, channel)?,
        Detail::Member(member) => {
            rows::store_members(writer, unit, std::slice::from_ref(member)).map(|()| false)?
        }
    };
    store_issues(writer, issues)?;
    frontier::advance(writer, unit, 1, None)?;
    Ok(StoredPage { entity: unit.target.entity(), rows: 1, complete: true, more_work })
}

/// Stores what was odd about records.
pub(in crate::snapshot) fn store_issues(
    writer: &SnapshotWriter,
    issues: &[Issue],
) -> Result<(), SnapshotError> {
    if issues.is_empty() {
        return Ok(());
    }
    writer.sql(|connection| {
        let mut statement = connection.prepare_cached(
            "INSERT OR REPLACE INTO issue (entity, subject, field, kind, value) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for issue in issues {
            // Two unusable rows have no SID; the row itself distinguishes them.
            let subject = match (issue.kind, issue.subject.as_str()) {
                (IssueKind::Unusable, "") => issue.value.as_str(),
                (_, subject) => subject,
            };
            bind!(statement, issue.entity.plural(), subject, issue.field, issue.kind.name(), issue.value);
            statement.raw_execute()?;
        }
        Ok(())
    })
}

/// Deletes rows of a list's former passes, once it has been read again to its end.
fn drop_former_passes(writer: &SnapshotWriter, unit: &Unit) -> Result<(), SnapshotError> {
    let (table, column, parent): (_, _, &dyn ToSql) = match &unit.target {
        Target::UserChannels(..) => ("membership_row", "user", &unit.parent),
        Target::Members(..) => ("member_row", "channel", &unit.parent),
        Target::Invites(..) => ("invite_row", "channel", &unit.parent),
        Target::Messages(..) => ("message_row", "channel", &unit.parent),
        Target::Roles(_) => ("role_row", "service", &unit.service),
        Target::Bindings(_) => ("binding_row", "service", &unit.service),
        Target::UserBindings(_, _, identity) => ("binding_row", "identity", identity),
        // Users and channels stay: units and rows refer to them. Those that are gone answer 404 and are recorded.
        _ => return Ok(()),
    };
    writer.sql(|connection| {
        connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE {column} = ?1 AND pass < ?2"))?
            .execute(rusqlite::params![parent, unit.pass])
    })?;
    Ok(())
}
