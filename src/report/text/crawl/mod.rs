//! How a crawl ended: the object of `crawl --json` and its text for people, with one plain verdict line at the end.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::model::{Api, Entity, ServiceSid};
use crate::snapshot::{Carried, CrossCheck, FailedUnit, MissingMembership, Requests, Verdict};

use super::format;
use crate::printable::{Printable, PrintableLine, Tone};

/// How a run of `crawl --restart` that stopped is resumed: the same command would discard what it has just read.
pub(crate) const RESUME_OF_RESTART: &str = "run the same command without --restart to resume";

/// What to do about the file that an earlier restart left, which this one cannot resume.
pub(crate) fn unfinished_restart(left: &Path) -> String {
    format!(
        "an earlier --restart with other settings left `{}` unfinished: give those settings again, or remove it",
        left.display()
    )
}

pub(crate) fn only_service(service: &ServiceSid) -> String {
    format!("the only service is taken: {service}")
}

/// How a crawl ended.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CrawlSummary {
    pub verdict: Verdict,
    /// Why it stopped before the end, if it did.
    pub stopped: Option<Stopped>,
    /// How to resume, where the same command would not.
    pub resume: Option<String>,
    /// True when there was nothing to do: the snapshot had been finished before.
    pub already_finished: bool,
    /// The snapshot file, as it was given.
    pub snapshot: String,
    /// The API that was read: `chat` or `conversations`.
    pub source: Api,
    /// What the rows were compared with: `user_counts`, `channel_counts`, `member_lists`,
    /// `message_counts`.
    pub evidence: Vec<&'static str>,
    /// The share of memberships that was also read by the other route; null for none.
    pub cross_check: Option<CrossCheck>,
    /// The services that were read.
    pub services: Vec<ServiceSid>,
    /// Records in the snapshot, by resource.
    #[serde(serialize_with = "by_plural")]
    pub counts: BTreeMap<Entity, u64>,
    /// What was carried over from an older snapshot and not read, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried: Option<Carried>,
    /// What it cost.
    pub requests: Requests,
    /// Lists that could not be read.
    pub failures: u64,
    /// The first of them; all are in the snapshot.
    pub failed_units: Vec<FailedUnit>,
    /// Subjects that changed while they were read, as a second reading showed.
    pub drift: u64,
    /// Subjects of which something is missing, with no change seen.
    pub holes: u64,
    /// Memberships that the holes are about, each counted once.
    pub missing_memberships_count: u64,
    /// The first of them; all are in the snapshot.
    pub missing_memberships: Vec<MissingMembership>,
    /// Only holes are left: two readings gave the same, so that another one will too.
    #[serde(skip)]
    pub is_settled: bool,
    /// Selected users that the service does not have; all are in the snapshot.
    pub not_found: Vec<String>,
    /// Users and channels that no longer existed when they were rechecked.
    pub vanished: u64,
    /// Unexpected values of single records, kept in the snapshot.
    pub issues: u64,
    /// How long this run took.
    pub elapsed_seconds: f64,
}

/// Why a crawl stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stopped {
    /// Ctrl-C.
    Interrupted,
    /// `--max-duration`.
    TimeUp,
    /// Too many lists in a row could not be read.
    GaveUp,
}

impl CrawlSummary {
    /// The summary for people: a few lines, the verdict last.
    pub(crate) fn text(&self) -> Printable {
        let mut lines = Vec::new();
        if !self.already_finished {
            lines.push(format!("  read      {}", counts(&self.counts)));
            if self.is_of_conversations() {
                let evidence = match self.evidence.first() {
                    None => {
                        "it gives no counts, and without both user-channels and members nothing shows whether rows are missing"
                    }
                    Some(&"cross_check") => {
                        "it gives no counts; a share of the memberships was compared with the other route"
                    }
                    Some(_) => {
                        "it gives no counts, so the lists of users and of conversations were compared with each other"
                    }
                };
                lines.push(format!("  source    Conversations: {evidence}"));
            }
            lines.extend(self.cross_check.as_ref().map(checked));
            lines.extend(
                self.carried.as_ref().map(|carried| format!("  carried   {}", carried_over(carried))),
            );
            lines.push(format!("  requests  {}", requests(self.requests)));
            lines.push(format!("  time      {}", format::seconds(self.elapsed_seconds)));
            lines.extend(self.oddities());
            lines.extend(
                self.failed_units
                    .iter()
                    .take(SHOWN)
                    .map(|unit| format!("  failed    {}: {}", unit.subject, unit.error)),
            );
            let more = self.failures.saturating_sub(SHOWN as u64);
            if more > 0 && !self.failed_units.is_empty() {
                lines.push(format!("            and {} more, listed in the snapshot", format::count(more)));
            }
            lines.extend(
                self.missing_memberships
                    .iter()
                    .take(SHOWN)
                    .map(|one| format!("  missing   {}", missing_one(one))),
            );
            if self.missing_memberships.len() > SHOWN {
                let named: u64 = self.missing_memberships.iter().take(SHOWN).map(|one| one.count).sum();
                let more = format::count(self.missing_memberships_count.saturating_sub(named));
                lines.push(format!("            and {more} more: `chatferry snapshot info` lists them"));
            }
        }
        let mut text: Printable = lines.into_iter().collect();
        text.push(PrintableLine::verdict(tone(self.verdict), &self.verdict_line()));
        text
    }

    /// What to do with the snapshot. An incomplete one has its advice in the verdict.
    pub(crate) fn next_steps(&self) -> Printable {
        if self.verdict == Verdict::Incomplete {
            return Printable::new();
        }
        let snapshot = format::shell_word(&self.snapshot);
        format::next_steps([
            format!("chatferry export --snapshot {snapshot} --out export"),
            format!("chatferry plan --target in-place --snapshot {snapshot} --report plan.html"),
        ])
    }

    /// The verdict in one plain line.
    pub(crate) fn verdict_line(&self) -> String {
        let held = held(&self.counts);
        let all = if held.starts_with("1 ") { "" } else { "all " };
        let are = if held.starts_with("1 ") && !held.contains(" and ") { "is" } else { "are" };
        let snapshot = &self.snapshot;
        let again = self.resume.as_deref().unwrap_or("run the same command again to resume");
        let scope = if self.is_of_conversations() { ", private channels only" } else { "" };
        match (self.verdict, self.stopped) {
            (Verdict::Complete, _) if self.already_finished => {
                format!(
                    "complete{scope}: {snapshot} was finished before, nothing to do ({held}); --restart reads it again"
                )
            }
            (Verdict::CompleteWithDrift, _) if self.already_finished => format!(
                "complete with drift{scope}: {snapshot} was finished before, nothing to do ({held}); --restart reads it again"
            ),
            (Verdict::Complete, _) => format!("complete{scope}: {all}{held} {are} in {snapshot}"),
            (Verdict::CompleteWithDrift, _) => format!(
                "complete with drift{scope}: {all}{held} {are} in {snapshot}; {}; the snapshot lists them",
                self.moved(),
            ),
            (Verdict::Incomplete, Some(Stopped::Interrupted)) => {
                format!("incomplete{scope}: interrupted with {held} in {snapshot}; {again}")
            }
            (Verdict::Incomplete, Some(Stopped::TimeUp)) => {
                format!("incomplete{scope}: the time was up with {held} in {snapshot}; {again}")
            }
            (Verdict::Incomplete, Some(Stopped::GaveUp)) => {
                format!("incomplete{scope}: every request failed, with {held} in {snapshot}; {again}")
            }
            (Verdict::Incomplete, None) if self.is_settled => format!(
                "incomplete{scope}: {held} in {snapshot}, {}; two readings gave the same, so reading again does not help: \
                 `chatferry snapshot info` shows the evidence",
                self.missing()
            ),
            (Verdict::Incomplete, None) => {
                format!("incomplete{scope}: {held} in {snapshot}, {}; {again}", self.missing())
            }
        }
    }

    fn is_of_conversations(&self) -> bool {
        self.source == Api::Conversations
    }

    /// What was no longer, or not yet, as it was listed.
    fn moved(&self) -> String {
        let mut parts = Vec::new();
        if self.drift > 0 {
            let were = if self.drift == 1 { "it was" } else { "they were" };
            parts.push(format!("{} changed while {were} read", format::counted(self.drift, "subject")));
        }
        if self.vanished > 0 {
            let whose = if self.vanished == 1 { "its user or channel" } else { "their users and channels" };
            parts.push(format!("{} vanished with {whose}", format::counted(self.vanished, "list")));
        }
        if parts.is_empty() { "something changed meanwhile".to_owned() } else { parts.join(" and ") }
    }

    fn missing(&self) -> String {
        let mut parts = Vec::new();
        if self.failures > 0 {
            parts.push(format!("{} could not be read", format::counted(self.failures, "list")));
        }
        if self.missing_memberships_count > 0 {
            let verb = if self.missing_memberships_count == 1 { "is" } else { "are" };
            let missing = format::counted(self.missing_memberships_count, "membership");
            parts.push(format!("{missing} {verb} missing on one side"));
        } else if self.holes > 0 {
            let verb = if self.holes == 1 { "does" } else { "do" };
            let against = if self.is_of_conversations() { "other lists" } else { "counts" };
            parts.push(format!(
                "{} {verb} not agree with Twilio's {against}",
                format::counted(self.holes, "subject")
            ));
        }
        if !self.not_found.is_empty() {
            let number = self.not_found.len() as u64;
            let verb = if number == 1 { "was" } else { "were" };
            parts.push(format!("{} {verb} not found", format::counted(number, "selected user")));
        }
        if parts.is_empty() {
            "but not everything was read".to_owned()
        } else {
            format!("but {}", parts.join(" and "))
        }
    }

    fn oddities(&self) -> Option<String> {
        let parts: Vec<String> = [
            (self.drift, "changed during the crawl"),
            (self.holes, "with missing rows"),
            (self.vanished, "vanished during the crawl"),
            (self.issues, "with unexpected values, stored as received"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", format::count(number)))
        .collect();
        (!parts.is_empty()).then(|| format!("  noted     {}", parts.join(", ")))
    }
}

/// A missing membership: whose, where, and which lists lack it.
fn missing_one(missing: &MissingMembership) -> String {
    let MissingMembership { user_sid, identity, channel_sid, member_sid, missing_from, count } = missing;
    let user = match (user_sid, identity) {
        (Some(sid), Some(identity)) => format!("user {sid} ({identity})"),
        (Some(sid), None) => format!("user {sid}"),
        (None, Some(identity)) => format!("a user `{identity}` that no list of users has"),
        (None, None) => format!("member {}", member_sid.as_deref().unwrap_or("without a SID")),
    };
    let channel = channel_sid.as_deref().unwrap_or_default();
    match missing_from.as_str() {
        "user_channels" => {
            format!("{user} in {channel}: the channel's Members show it, the user's channels do not")
        }
        "members" => {
            format!("{user} in {channel}: the user's channels show it, the channel's Members do not")
        }
        _ if channel_sid.is_some() => {
            format!("{} in {channel}: its count shows more than its list", format::counted(*count, "member"))
        }
        _ => format!("{} of {user}: its count and its list differ", format::counted(*count, "channel")),
    }
}

/// What a cross-check compared.
fn checked(check: &CrossCheck) -> String {
    let (what, of, side) = match check.of {
        "members" => ("members", "channel", "the users' lists"),
        _ => ("channels", "user", "the channels' lists"),
    };
    format!(
        "  checked   {what} of {} against {side} (share {})",
        format::counted(check.lists, of),
        check.share
    )
}

/// Failed units that are shown to people.
const SHOWN: usize = 5;

/// What most crawls are about: users and what belongs to them; channels where no users were asked for.
fn held(counts: &BTreeMap<Entity, u64>) -> String {
    let named: &[Entity] = if counts.contains_key(&Entity::Channel) && !counts.contains_key(&Entity::User) {
        &[Entity::Channel, Entity::Member, Entity::Message]
    } else {
        &[Entity::User, Entity::Membership, Entity::Message]
    };
    let mut parts: Vec<String> = named
        .iter()
        .filter_map(|entity| counts.get(entity).map(|number| format::counted(*number, singular(*entity))))
        .collect();
    match (parts.pop(), parts.is_empty()) {
        (None, _) => format::counted(0, singular(Entity::User)),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", parts.join(", ")),
    }
}

/// The color of a snapshot's verdict.
pub(super) fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Complete => Tone::Good,
        Verdict::CompleteWithDrift => Tone::Caution,
        Verdict::Incomplete => Tone::Bad,
    }
}

fn singular(entity: Entity) -> &'static str {
    match entity {
        Entity::Service => "service",
        Entity::Role => "role",
        Entity::User => "user",
        Entity::Channel => "channel",
        Entity::Membership => "user channel",
        Entity::Member => "member",
        Entity::Invite => "invite",
        Entity::Message => "message",
        Entity::Binding => "binding",
    }
}

fn counts(counts: &BTreeMap<Entity, u64>) -> String {
    let parts: Vec<String> =
        counts.iter().map(|(entity, number)| format::counted(*number, singular(*entity))).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// What was carried over, and that it was not read.
pub(super) fn carried_over(carried: &Carried) -> String {
    format!(
        "{} and {} from the snapshot of {}, because their counts had not changed (a heuristic); part {} was read anyway",
        format::counted(carried.users, "user"),
        format::counted(carried.user_channels, "user channel"),
        carried.from,
        carried.read_anyway
    )
}

/// What a crawl cost. The minimum is known once it has ended.
pub(super) fn requests(requests: Requests) -> String {
    let Requests { total, retried, throttled, minimum } = requests;
    let count = format::count;
    let least = if minimum > 0 { format!("minimum {}, ", count(minimum)) } else { String::new() };
    format!("{} ({least}{} sent again, {} throttled)", count(total), count(retried), count(throttled))
}

/// Counts under the names of the exports.
pub(super) fn by_plural<S: Serializer>(
    counts: &BTreeMap<Entity, u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(entity, number)| (entity.plural(), number)))
}

#[cfg(test)]
mod tests;
