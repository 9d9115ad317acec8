//! A channel: its record, its people, its messages, what did not agree, what a plan does about it, and what changed.

use std::collections::BTreeSet;

use serde::Serialize;

use super::paging::Paging;
use super::{Frame, PlannedOperations, missing, planned, sheet};
use crate::browse::answer::PageAnswer;
use crate::browse::changes::{self, RecordChange};
use crate::browse::error::BrowseError;
use crate::browse::facts::{Fact, HIDDEN, facts};
use crate::browse::filter::{PageQuery, ROWS};
use crate::browse::library::Library;
use crate::model::{Channel, ChannelSid, Message};
use crate::plan::PlannedRecord;
use crate::snapshot::{Disagreement, ListedMembership, Snapshot};

/// People beyond which two states of a channel are not compared on its page.
const COMPARED: usize = 10_000;

#[derive(Debug, Serialize)]
struct ChannelPage<'a> {
    sid: String,
    name: Option<String>,
    unique_name: Option<String>,
    kind: Option<String>,
    facts: Vec<Fact>,
    query: &'a PageQuery,
    rows: Vec<ListedMembership>,
    #[serde(flatten)]
    paging: Paging,
    messages: u64,
    statuses: Vec<String>,
    roles: Vec<String>,
    disagreements: Vec<Disagreement>,
    planned: Option<PlannedOperations>,
    changes: Option<Vec<RecordChange>>,
    /// Why the other snapshot is not compared with.
    not_compared: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct MessagesPage {
    sid: String,
    name: Option<String>,
    total: u64,
    first: u64,
    rows: Vec<MessageRow>,
    previous: Option<String>,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct MessageRow {
    sid: String,
    index: Option<i64>,
    from: Option<String>,
    date: Option<String>,
    body: Option<String>,
    media: Option<String>,
}

fn find(snapshot: &Snapshot, sid: &str) -> Result<Option<(Channel, u64)>, BrowseError> {
    let Some(record) = snapshot.record_of_sid(sid)? else { return Ok(None) };
    let Some(view) = snapshot.service_for_single_reads(&record.service_sid)? else { return Ok(None) };
    let sid = ChannelSid::from_wire(sid);
    let Some(channel) = view.channel(&sid)? else { return Ok(None) };
    Ok(Some((channel, view.message_count_of(&sid)?)))
}

/// Visits the people of a channel that the snapshot has.
fn people(
    snapshot: &Snapshot,
    sid: &str,
    mut visit: impl FnMut(ListedMembership),
) -> Result<(), BrowseError> {
    let Some(record) = snapshot.record_of_sid(sid)? else { return Ok(()) };
    let Some(view) = snapshot.service_for_single_reads(&record.service_sid)? else { return Ok(()) };
    view.people_of::<BrowseError>(&ChannelSid::from_wire(sid), &mut |person| {
        visit(person);
        Ok(())
    })
}

pub(in crate::browse) fn page(
    library: &Library,
    snapshot: &Snapshot,
    query: &PageQuery,
) -> Result<PageAnswer, BrowseError> {
    let Some((channel, messages)) = find(snapshot, &query.sid)? else {
        return missing::page(library, snapshot, "The snapshot has no channel of this SID.");
    };
    let (mut total, mut matching) = (0_u64, 0_u64);
    let (mut rows, mut all) = (Vec::new(), Vec::new());
    let (mut statuses, mut roles) = (BTreeSet::new(), BTreeSet::new());
    people(snapshot, &query.sid, |person| {
        total += 1;
        if let Some(status) = person.status.as_ref().filter(|status| !statuses.contains(*status)) {
            statuses.insert(status.clone());
        }
        if let Some(role) = person.role.as_ref().filter(|role| !roles.contains(*role)) {
            roles.insert(role.clone());
        }
        if library.other.is_some() && all.len() <= COMPARED {
            all.push(person.clone());
        }
        if query.wants(&person) {
            if matching >= query.from && rows.len() < ROWS {
                rows.push(library.covered(person));
            }
            matching += 1;
        }
    })?;
    let changes = match &library.other {
        Some(other) if all.len() <= COMPARED && !library.hide => {
            let found = find(other, &query.sid)?;
            let mut changes = changes::of_fields(Some(&channel), found.as_ref().map(|(channel, _)| channel))?;
            let mut there = Vec::new();
            people(other, &query.sid, |person| there.push(person))?;
            let key = |row: &ListedMembership| {
                row.user_sid.clone().or_else(|| row.member_sid.clone()).unwrap_or_default()
            };
            changes.extend(changes::of_lists(&all, &there, key, |row| {
                row.identity.clone().unwrap_or_else(|| key(row))
            }));
            Some(changes)
        }
        _ => None,
    };
    let (mut name, mut unique_name) = (channel.friendly_name.clone(), channel.unique_name.clone());
    library.cover(&mut name);
    library.cover(&mut unique_name);
    let page = ChannelPage {
        sid: channel.sid.to_string(),
        kind: channel.r#type.as_ref().map(|kind| kind.as_str().to_owned()),
        facts: facts(&channel, library.hide)?,
        query,
        paging: Paging::of(library, "channel", query, rows.len(), [matching, total]),
        rows,
        messages,
        statuses: statuses.into_iter().collect(),
        roles: roles.into_iter().collect(),
        disagreements: snapshot.disagreements_about(&query.sid)?,
        planned: planned(library, &PlannedRecord::Channel(channel.sid.clone()))?,
        not_compared: match (&library.other, &changes) {
            (Some(_), None) if library.hide => Some("Not shown while names are hidden."),
            (Some(_), None) => {
                Some("Not shown: more than 10,000 people are on the channel. `chatferry diff` compares them.")
            }
            _ => None,
        },
        changes,
        name,
        unique_name,
    };
    let title = page.name.clone().or_else(|| page.unique_name.clone()).unwrap_or_else(|| page.sid.clone());
    Frame::of(library, snapshot, title, page)?.render("channel.html", include_str!("channel.html"))
}

pub(in crate::browse) fn csv(
    library: &Library,
    snapshot: &Snapshot,
    query: &PageQuery,
) -> Result<PageAnswer, BrowseError> {
    let Some((channel, _)) = find(snapshot, &query.sid)? else {
        return missing::page(library, snapshot, "The snapshot has no channel of this SID.");
    };
    let mut rows = Vec::new();
    people(snapshot, &query.sid, |mut person| {
        if query.wants(&person) {
            person.channel_friendly_name.clone_from(&channel.friendly_name);
            person.unique_name.clone_from(&channel.unique_name);
            rows.push(library.covered(person));
        }
    })?;
    Ok(PageAnswer::csv(format!("people-of-{}.csv", channel.sid), sheet::csv(&rows)?))
}

pub(in crate::browse) fn messages(
    library: &Library,
    snapshot: &Snapshot,
    query: &PageQuery,
) -> Result<PageAnswer, BrowseError> {
    let Some((channel, total)) = find(snapshot, &query.sid)? else {
        return missing::page(library, snapshot, "The snapshot has no channel of this SID.");
    };
    let record = snapshot.record_of_sid(&query.sid)?;
    let view = match &record {
        Some(record) => snapshot.service_for_single_reads(&record.service_sid)?,
        None => None,
    };
    let found: Vec<Message> = match view {
        Some(view) => view.messages_of(&channel.sid, query.from, u32::try_from(ROWS).unwrap_or(u32::MAX))?,
        None => Vec::new(),
    };
    let covered = |mut text: Option<String>| {
        library.cover(&mut text);
        text
    };
    let rows: Vec<MessageRow> = found
        .into_iter()
        .map(|message| MessageRow {
            sid: message.sid.to_string(),
            index: message.index,
            from: covered(message.from),
            date: message.date_created.as_ref().map(ToString::to_string),
            body: covered(message.body),
            media: message.media.map(|media| if library.hide { HIDDEN.to_owned() } else { media.0.into() }),
        })
        .collect();
    let address = |from: u64| format!("{}/messages?{}", library.base, query.at(from));
    let end = query.from + rows.len() as u64;
    let page = MessagesPage {
        sid: channel.sid.to_string(),
        name: covered(channel.friendly_name.or(channel.unique_name)),
        total,
        first: query.from + 1,
        previous: (query.from > 0).then(|| address(query.from.saturating_sub(ROWS as u64))),
        next: (end < total).then(|| address(end)),
        rows,
    };
    let title = format!("Messages of {}", page.name.as_deref().unwrap_or(&page.sid));
    Frame::of(library, snapshot, title, page)?.render("messages.html", include_str!("messages.html"))
}
