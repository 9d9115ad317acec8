//! A user: its record, its channels, what did not agree, what a plan does about it, and what changed.

use serde::Serialize;

use super::paging::Paging;
use super::{Frame, PlannedOperations, missing, planned, sheet};
use crate::browse::answer::PageAnswer;
use crate::browse::changes::{self, RecordChange};
use crate::browse::error::BrowseError;
use crate::browse::facts::{Fact, facts};
use crate::browse::filter::{PageQuery, ROWS};
use crate::browse::library::Library;
use crate::model::{User, UserSid};
use crate::plan::PlannedRecord;
use crate::snapshot::{Disagreement, ListedMembership, Snapshot};

#[derive(Debug, Serialize)]
struct UserPage<'a> {
    sid: String,
    name: Option<String>,
    identity: Option<String>,
    role: Option<String>,
    role_sid: Option<String>,
    facts: Vec<Fact>,
    query: &'a PageQuery,
    rows: Vec<ListedMembership>,
    #[serde(flatten)]
    paging: Paging,
    statuses: Vec<String>,
    roles: Vec<String>,
    disagreements: Vec<Disagreement>,
    planned: Option<PlannedOperations>,
    changes: Option<Vec<RecordChange>>,
    /// Why the other snapshot is not compared with.
    not_compared: Option<&'static str>,
}

struct UserWithChannels {
    user: User,
    role: Option<String>,
    channels: Vec<ListedMembership>,
}

fn find(snapshot: &Snapshot, sid: &str) -> Result<Option<UserWithChannels>, BrowseError> {
    let Some(record) = snapshot.record_of_sid(sid)? else { return Ok(None) };
    let Some(view) = snapshot.service_for_single_reads(&record.service_sid)? else { return Ok(None) };
    let Some(user) = view.user(&UserSid::from_wire(sid))? else { return Ok(None) };
    let role = user.role_sid.as_ref().map(|sid| view.role(sid)).transpose()?.flatten();
    let channels = view.channels_of(&user)?;
    Ok(Some(UserWithChannels { user, role: role.and_then(|role| role.friendly_name), channels }))
}

pub(in crate::browse) fn page(
    library: &Library,
    snapshot: &Snapshot,
    query: &PageQuery,
) -> Result<PageAnswer, BrowseError> {
    let Some(UserWithChannels { user, role, channels }) = find(snapshot, &query.sid)? else {
        return missing::page(library, snapshot, "The snapshot has no user of this SID.");
    };
    let changes = match &library.other {
        Some(other) if !library.hide => {
            let other = find(other, &query.sid)?;
            let mut changes = changes::of_fields(Some(&user), other.as_ref().map(|found| &found.user))?;
            let other = other.map(|found| found.channels).unwrap_or_default();
            changes.extend(changes::of_lists(
                &channels,
                &other,
                |row| row.channel_sid.clone(),
                |row| row.channel_friendly_name.clone().unwrap_or_else(|| row.channel_sid.clone()),
            ));
            Some(changes)
        }
        _ => None,
    };
    let values = |of: fn(&ListedMembership) -> &Option<String>| -> Vec<String> {
        let values: std::collections::BTreeSet<&String> =
            channels.iter().filter_map(|row| of(row).as_ref()).collect();
        values.into_iter().cloned().collect()
    };
    let (statuses, roles) = (values(|row| &row.status), values(|row| &row.role));
    let total = channels.len() as u64;
    let found: Vec<ListedMembership> = channels.into_iter().filter(|row| query.wants(row)).collect();
    let matching = found.len() as u64;
    let skip = usize::try_from(query.from).unwrap_or(usize::MAX);
    let rows: Vec<_> = found.into_iter().skip(skip).take(ROWS).map(|row| library.covered(row)).collect();
    let (mut name, mut identity) = (user.friendly_name.clone(), user.identity.clone());
    library.cover(&mut name);
    library.cover(&mut identity);
    let about = PlannedRecord::User { sid: user.sid.clone(), identity: user.identity.clone() };
    let page = UserPage {
        sid: user.sid.to_string(),
        role,
        role_sid: user.role_sid.as_ref().map(ToString::to_string),
        facts: facts(&user, library.hide)?,
        query,
        paging: Paging::of(library, "user", query, rows.len(), [matching, total]),
        rows,
        statuses,
        roles,
        disagreements: snapshot.disagreements_about(&query.sid)?,
        planned: planned(library, &about)?,
        not_compared: library
            .other
            .as_ref()
            .filter(|_| changes.is_none())
            .map(|_| "Not shown while names are hidden."),
        changes,
        name,
        identity,
    };
    let title = page.identity.clone().or_else(|| page.name.clone()).unwrap_or_else(|| page.sid.clone());
    Frame::of(library, snapshot, title, page)?.render("user.html", include_str!("user.html"))
}

pub(in crate::browse) fn csv(
    library: &Library,
    snapshot: &Snapshot,
    query: &PageQuery,
) -> Result<PageAnswer, BrowseError> {
    let Some(found) = find(snapshot, &query.sid)? else {
        return missing::page(library, snapshot, "The snapshot has no user of this SID.");
    };
    let wanted = found.channels.into_iter().filter(|row| query.wants(row));
    let rows: Vec<_> = wanted.map(|row| library.covered(row)).collect();
    Ok(PageAnswer::csv(format!("channels-of-{}.csv", found.user.sid), sheet::csv(&rows)?))
}
