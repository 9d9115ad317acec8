//! One record of a snapshot with its lists: the object of `show --json` and its text.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::crawl::tone;
use super::format;
use super::table;
use crate::error::{Advise, Failure};
use crate::model::{Channel, Entity, Role, Service, User};
use crate::plan::{Entry, OperationKind, OperationState, PlanFile};
use crate::printable::{Printable, PrintableLine, Tone, padded};
use crate::snapshot::{Disagreement, ListedMembership, NamedRecord, RoleHolder, Verdict};

/// The column after a name.
const NAME: usize = 14;

/// The snapshot has no such record.
#[derive(Debug, thiserror::Error)]
#[error("`{what}` is not in the snapshot `{}`", snapshot.display())]
pub(crate) struct RecordNotFound {
    pub what: String,
    pub snapshot: PathBuf,
    pub near: Option<String>,
    pub complete: bool,
}

impl Advise for RecordNotFound {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match &self.near {
            Some(near) => format!("did you mean `{near}`?"),
            None if !self.complete => {
                "the snapshot is not complete: it may be at Twilio all the same; run `chatferry crawl` again".to_owned()
            }
            None => "give a SID, an identity, a unique name or a friendly name; `chatferry browse` searches by how a name begins"
                .to_owned(),
        })
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct ShownRecord {
    query: String,
    #[serde(serialize_with = "verdict_name")]
    verdict: Verdict,
    /// The records that the query names. The rest is there where it is one.
    pub matches: Vec<NamedRecord>,
    #[serde(flatten)]
    pub part: Option<ShownPart>,
    pub disagreements: Vec<Disagreement>,
    /// What the plan does about it; null without a plan.
    pub operations: Option<ShownOperations>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a field by reference")]
fn verdict_name<S: Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.as_str())
}

/// The record, and the list that belongs to it. `total` counts the list, of which the first rows are there.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum ShownPart {
    User { user: User, role: Option<String>, channels: Vec<ListedMembership>, total: u64 },
    Channel { channel: Channel, people: Vec<ListedMembership>, total: u64, messages: u64 },
    Role { role: Role, holders: Vec<RoleHolder>, total: u64 },
    Member { member: Box<ListedMembership> },
    Service { service: Service },
}

#[derive(Debug, Serialize)]
pub(crate) struct ShownOperations {
    plan: String,
    digest: String,
    total: u64,
    counts: BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    /// The first of them, as `plan show --format ndjson` has them.
    first: Vec<Entry>,
}

impl ShownRecord {
    pub(crate) fn new(query: &str, matches: Vec<NamedRecord>, verdict: Verdict) -> Self {
        Self {
            query: query.to_owned(),
            verdict,
            matches,
            part: None,
            disagreements: Vec::new(),
            operations: None,
        }
    }
}

impl ShownOperations {
    pub(crate) fn of(plan: &PlanFile) -> Self {
        Self {
            plan: plan.path().display().to_string(),
            digest: plan.digest().to_owned(),
            total: 0,
            counts: BTreeMap::new(),
            first: Vec::new(),
        }
    }

    /// Counts an operation, and keeps it if there is room.
    pub(crate) fn add(&mut self, entry: &Entry, limit: u64) {
        self.total += 1;
        *self.counts.entry(entry.operation.kind).or_default().entry(entry.state).or_default() += 1;
        if (self.first.len() as u64) < limit {
            self.first.push(entry.clone());
        }
    }
}

pub(crate) fn text(shown: &ShownRecord) -> Printable {
    let mut text = Printable::new();
    match &shown.part {
        Some(part) => record(&mut text, part, shown),
        None => listed(&mut text, shown),
    }
    if shown.verdict == Verdict::Incomplete {
        text.blank();
        text.push(
            PrintableLine::toned(tone(shown.verdict), "The snapshot is not complete")
                .and(": what is not shown may be at Twilio all the same."),
        );
    }
    text
}

fn listed(text: &mut Printable, shown: &ShownRecord) {
    text.push(format!(
        "{} are named `{}`. Name one by its SID.",
        format::counted(shown.matches.len() as u64, "record"),
        shown.query
    ));
    text.blank();
    let rows: Vec<Vec<String>> = shown
        .matches
        .iter()
        .map(|record| {
            vec![
                record.sid.clone(),
                record.entity.singular().to_owned(),
                or_none(record.name.as_deref()),
                or_none(record.friendly_name.as_deref()),
                record.service_sid.to_string(),
            ]
        })
        .collect();
    text.append(table::render(&["sid", "record", "name", "friendly name", "service"], &rows));
}

fn record(text: &mut Printable, part: &ShownPart, shown: &ShownRecord) {
    let facts = match part {
        ShownPart::User { user, role, .. } => vec![
            ("user", or_none(user.identity.as_deref())),
            ("name", or_none(user.friendly_name.as_deref())),
            ("sid", user.sid.to_string()),
            ("role", or_none(role.as_deref())),
            ("created", moment(user.date_created.as_ref())),
            ("counter", number(user.joined_channels_count) + " channels joined"),
            ("attributes", or_none(user.attributes.as_deref())),
        ],
        ShownPart::Channel { channel, messages, .. } => vec![
            ("channel", or_none(channel.unique_name.as_deref())),
            ("name", or_none(channel.friendly_name.as_deref())),
            ("sid", channel.sid.to_string()),
            ("type", channel.r#type.as_ref().map_or("–", |kind| kind.as_str()).to_owned()),
            (
                "created",
                moment(channel.date_created.as_ref()) + " by " + &or_none(channel.created_by.as_deref()),
            ),
            (
                "counters",
                number(channel.members_count) + " members, " + &number(channel.messages_count) + " messages",
            ),
            ("messages", format!("{} in the snapshot", format::count(*messages))),
            ("attributes", or_none(channel.attributes.as_deref())),
        ],
        ShownPart::Role { role, .. } => vec![
            ("role", or_none(role.friendly_name.as_deref())),
            ("sid", role.sid.to_string()),
            ("of", role.r#type.as_ref().map_or("–", |kind| kind.as_str()).to_owned()),
            ("permits", role.permissions.as_ref().map_or_else(|| "–".to_owned(), |all| all.join(", "))),
        ],
        ShownPart::Member { member } => member_facts(member),
        ShownPart::Service { service } => vec![
            ("service", or_none(service.friendly_name.as_deref())),
            ("sid", service.sid.to_string()),
            ("created", moment(service.date_created.as_ref())),
        ],
    };
    for (name, value) in facts {
        text.push(padded(name, NAME) + &value);
    }
    if let [only] = shown.matches.as_slice()
        && only.entity != Entity::Service
    {
        text.push(padded("service", NAME) + &only.service_sid.to_string());
    }
    match part {
        ShownPart::User { channels, total, .. } => {
            section(text, &format::counted(*total, "channel"), channels.len() as u64, *total);
            let rows: Vec<_> = channels.iter().map(channel_row).collect();
            let header =
                ["channel", "type", "status", "role", "unread", "read to", "notifications", "since", "sid"];
            list(text, &header, &rows);
        }
        ShownPart::Channel { people, total, .. } => {
            let title = if *total == 1 { "1 person".to_owned() } else { format::count(*total) + " people" };
            section(text, &title, people.len() as u64, *total);
            let rows: Vec<_> = people.iter().map(person_row).collect();
            let header =
                ["identity", "name", "status", "role", "unread", "read to", "notifications", "since", "sid"];
            list(text, &header, &rows);
        }
        ShownPart::Role { holders, total, .. } => {
            section(text, &format::counted(*total, "holder"), holders.len() as u64, *total);
            let rows: Vec<_> = holders
                .iter()
                .map(|holder| {
                    vec![
                        or_none(holder.identity.as_deref()),
                        holder.sid.clone(),
                        holder.channel_sid.clone().unwrap_or_else(|| "(in the service)".to_owned()),
                    ]
                })
                .collect();
            list(text, &["identity", "sid", "channel"], &rows);
        }
        ShownPart::Member { .. } | ShownPart::Service { .. } => {}
    }
    if !shown.disagreements.is_empty() {
        section(text, "What did not agree", 0, 0);
        let rows: Vec<_> = shown
            .disagreements
            .iter()
            .map(|found| {
                vec![
                    found.kind.clone(),
                    number(found.expected),
                    number(found.received),
                    found.outcome.clone(),
                    found.detail.clone(),
                ]
            })
            .collect();
        list(text, &["kind", "expected", "received", "outcome", "evidence"], &rows);
    }
    if let Some(planned) = &shown.operations {
        operations(text, planned);
    }
}

fn member_facts(member: &ListedMembership) -> Vec<(&'static str, String)> {
    let named = |name: Option<&str>, sid: Option<&str>| format!("{} ({})", or_none(name), or_none(sid));
    let channel = member.channel_friendly_name.as_deref().or(member.unique_name.as_deref());
    let [status, role, unread, read, notifications, since] = place(member);
    vec![
        ("member", or_none(member.identity.as_deref())),
        ("sid", or_none(member.member_sid.as_deref())),
        ("user", named(member.user_friendly_name.as_deref(), member.user_sid.as_deref())),
        ("channel", named(channel, Some(&member.channel_sid))),
        ("status", status),
        ("role", role),
        ("unread", unread),
        ("read to", read),
        ("notifications", notifications),
        ("since", since),
    ]
}

fn operations(text: &mut Printable, planned: &ShownOperations) {
    let title = format!("{} in the plan {}", format::counted(planned.total, "operation"), planned.plan);
    section(text, &title, planned.first.len() as u64, planned.total);
    for entry in &planned.first {
        let request = entry.operation.request();
        text.push(format!(
            "{}  {}{}",
            entry.operation.kind.name(),
            entry.state.name(),
            entry.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"))
        ));
        text.push(format!("  {} {}", request.method.name(), request.path()));
        for (name, value) in &request.form {
            text.push(format!("    {name}={}", value.shown()));
        }
    }
}

fn section(text: &mut Printable, title: &str, shown: u64, total: u64) {
    text.blank();
    let more = if shown < total {
        format!(" (the first {}; --limit 0 for all)", format::count(shown))
    } else {
        String::new()
    };
    text.push(PrintableLine::toned(Tone::Heading, title).and(&more));
}

fn list(text: &mut Printable, header: &[&str], rows: &[Vec<String>]) {
    if !rows.is_empty() {
        text.append(table::render(header, rows));
    }
}

fn channel_row(row: &ListedMembership) -> Vec<String> {
    let name = row.channel_friendly_name.as_deref().or(row.unique_name.as_deref());
    let mut cells = vec![or_none(name), or_none(row.channel_type.as_deref())];
    cells.extend(place(row));
    cells.push(row.channel_sid.clone());
    cells
}

fn person_row(row: &ListedMembership) -> Vec<String> {
    let mut cells = vec![or_none(row.identity.as_deref()), or_none(row.user_friendly_name.as_deref())];
    cells.extend(place(row));
    cells.push(or_none(row.user_sid.as_deref().or(row.member_sid.as_deref())));
    cells
}

fn place(row: &ListedMembership) -> [String; 6] {
    [
        or_none(row.status.as_deref()),
        or_none(row.role.as_deref()),
        number(row.unread_messages_count),
        number(row.last_consumed_message_index),
        or_none(row.notification_level.as_deref()),
        or_none(row.since.as_deref()),
    ]
}

fn or_none(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or("–").to_owned()
}

fn number(value: Option<i64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

fn moment(date: Option<&impl ToString>) -> String {
    date.map_or_else(|| "–".to_owned(), ToString::to_string)
}
