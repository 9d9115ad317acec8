//! Folds the rows of a table of differences by what they follow from: one line for one event or one cause.
//!
//! A user who leaves a channel shows up to four times: in the counter of the user, in that of the channel, as a membership and as a
//! member. A channel that is gone, or public, takes everyone on it along. Each of these is one line here.
//!
//! **Invariant:** nothing is left out. Each difference is in a line of its own or is counted in one, and a counter is folded only where
//! the events on it explain it exactly.
//!
//! **Invariant:** memory is bounded: rows are folded in batches of [`MOST_HELD`]. What follows from one event in two batches has a
//! line in each.

use std::collections::{BTreeMap, BTreeSet};

use super::group::{FoldedLine, GroupKey};
use super::line;
use crate::diff::{Difference, Mark};
use crate::model::Entity;
use crate::report::text::format;

/// Rows of one batch.
const MOST_HELD: usize = 10_000;

/// The fewest rows of one cause that are folded where nothing leads them.
const FEWEST: usize = 3;

/// Holds rows back until they can be folded.
#[derive(Debug, Default)]
pub(super) struct Fold {
    held: Vec<Difference>,
}

/// How rows that follow from one thing are recognized.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// A conversation that one side lacks or could not read, with everyone on it.
    Conversation(String, Mark, Option<String>),
    /// A user whom one side lacks, with all memberships.
    User(String, Mark),
    /// One user joined or left one channel.
    Participation(String, String, Mark),
    /// Records of one kind with one reason.
    Reason(Entity, Mark, String),
}

impl Fold {
    /// Takes a row. Gives whether the batch is full.
    pub(super) fn add(&mut self, difference: &Difference) -> bool {
        self.held.push(difference.clone());
        self.held.len() >= MOST_HELD
    }

    /// The lines of what is held.
    pub(super) fn take(&mut self) -> Vec<FoldedLine> {
        let rows = std::mem::take(&mut self.held);
        let groups = groups(&rows);
        let mut group_of: BTreeMap<usize, &Cause> = BTreeMap::new();
        for (cause, members) in &groups {
            group_of.extend(members.iter().map(|member| (*member, cause)));
        }
        let counters = explained_counters(&rows);
        let names: BTreeMap<&str, &str> = rows
            .iter()
            .filter(|row| row.entity == Entity::Channel)
            .filter_map(|row| Some((row.sid.as_str(), row.name.as_deref()?)))
            .collect();
        let mut written: BTreeSet<&Cause> = BTreeSet::new();
        let mut lines = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            match group_of.get(&number) {
                Some(cause) => {
                    if written.insert(cause) {
                        let members: Vec<&Difference> =
                            groups[*cause].iter().map(|member| &rows[*member]).collect();
                        let shown = group(cause, &members, &names);
                        lines.push(FoldedLine {
                            line: line::text(&shown),
                            key: GroupKey::led_by(shown.entity, members[0]),
                            records: members.len() as u64,
                        });
                    }
                }
                None if counters.contains(&number) => {}
                None => {
                    lines.push(FoldedLine { line: line::text(row), key: GroupKey::of(row), records: 1 });
                }
            }
        }
        lines
    }
}

fn conversation(row: &Difference) -> Option<&str> {
    match row.entity {
        Entity::Channel => Some(&row.sid),
        Entity::Membership | Entity::Member | Entity::Invite | Entity::Message => row
            .conversation
            .as_ref()
            .map(|conversation| conversation.sid.as_str())
            .or_else(|| row.record.as_ref()?.get("channel_sid")?.as_str()),
        _ => None,
    }
}

/// Whether a row says that one user is or is not on one channel.
fn is_participation(row: &Difference) -> bool {
    matches!(row.entity, Entity::Membership | Entity::Member)
        && matches!(row.mark, Mark::Added | Mark::Missing)
        && row.record.is_some()
        && row.name.is_some()
        && conversation(row).is_some()
}

/// The groups with their rows, the widest cause first: a conversation before a user, a user before a single participation.
fn groups(rows: &[Difference]) -> BTreeMap<Cause, Vec<usize>> {
    let leads = |entity, mark: Mark| {
        move |row: &&Difference| row.entity == entity && row.mark == mark && mark != Mark::Different
    };
    let mut gone_conversations = BTreeSet::new();
    let mut gone_users = BTreeSet::new();
    for mark in [Mark::Added, Mark::Missing, Mark::Unreadable] {
        let of = |row: &Difference| (row.sid.clone(), mark, row.reason.clone());
        gone_conversations.extend(rows.iter().filter(leads(Entity::Channel, mark)).map(of));
        let users = rows.iter().filter(leads(Entity::User, mark)).filter(|row| row.mark != Mark::Unreadable);
        gone_users.extend(users.filter_map(|row| Some((row.name.clone()?, mark))));
    }
    let mut groups: BTreeMap<Cause, Vec<usize>> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate().filter(|(_, row)| row.mark != Mark::Different) {
        let of_conversation = conversation(row).map(|sid| (sid.to_owned(), row.mark, row.reason.clone()));
        let of_user = row.name.clone().map(|name| (name, row.mark));
        let is_of_user = matches!(row.entity, Entity::User | Entity::Membership | Entity::Member);
        let cause = if let Some((sid, mark, reason)) =
            of_conversation.clone().filter(|key| gone_conversations.contains(key) || key.2.is_some())
        {
            Cause::Conversation(sid, mark, reason)
        } else if let Some((name, mark)) = of_user.filter(|key| is_of_user && gone_users.contains(key)) {
            Cause::User(name, mark)
        } else if is_participation(row) {
            let sid = conversation(row).unwrap_or_default().to_owned();
            Cause::Participation(sid, row.name.clone().unwrap_or_default(), row.mark)
        } else if let Some(reason) = &row.reason {
            Cause::Reason(row.entity, row.mark, reason.clone())
        } else {
            continue;
        };
        groups.entry(cause).or_default().push(number);
    }
    groups.retain(|cause, members| match cause {
        Cause::Participation(..) => true,
        Cause::Conversation(..) | Cause::User(..) => {
            let is_led = matches!(rows[members[0]].entity, Entity::Channel | Entity::User);
            members.len() >= if is_led { 2 } else { FEWEST }
        }
        Cause::Reason(..) => members.len() >= FEWEST,
    });
    groups
}

/// The rows that say no more than that a counter follows the participations that were taken and left.
fn explained_counters(rows: &[Difference]) -> BTreeSet<usize> {
    let mut of_channel: BTreeMap<&str, BTreeMap<&str, i64>> = BTreeMap::new();
    let mut of_user: BTreeMap<&str, BTreeMap<&str, i64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| is_participation(row)) {
        let (Some(channel), Some(user)) = (conversation(row), row.name.as_deref()) else { continue };
        let step = if row.mark == Mark::Added { 1 } else { -1 };
        of_channel.entry(channel).or_default().insert(user, step);
        of_user.entry(user).or_default().insert(channel, step);
    }
    let is_explained = |row: &Difference| {
        let (counter, participations) = match row.entity {
            Entity::Channel => ("members_count", of_channel.get(row.sid.as_str())),
            Entity::User => ("joined_channels_count", row.name.as_deref().and_then(|name| of_user.get(name))),
            _ => return false,
        };
        let [change] = row.changes.as_slice() else { return false };
        let step = change.new.as_i64().zip(change.old.as_i64()).map(|(new, old)| new - old);
        change.field == counter
            && participations.is_some_and(|participations| step == Some(participations.values().sum()))
    };
    let explained =
        rows.iter().enumerate().filter(|(_, row)| row.mark == Mark::Different && is_explained(row));
    explained.map(|(number, _)| number).collect()
}

/// A group as one row. The counts stand before the reason, which may be cut.
fn group(cause: &Cause, members: &[&Difference], names: &BTreeMap<&str, &str>) -> Difference {
    let (first, rest) = members.split_first().expect("a group has its first member");
    let because = |why: &Option<String>| why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    match cause {
        Cause::Conversation(_, _, why) if first.entity == Entity::Channel => {
            Difference { reason: Some(format!("with {}{}", counted(rest), because(why))), ..(*first).clone() }
        }
        Cause::Conversation(sid, _, why) => Difference {
            sid: sid.clone(),
            entity: Entity::Channel,
            name: first.conversation.as_ref().and_then(|of| of.name.clone()),
            reason: Some(format!("{} of it{}", counted(members), because(why))),
            ..(*first).clone()
        },
        Cause::User(..) if first.entity == Entity::User => {
            let reason = format!("with {}{}", counted(rest), because(&first.reason));
            Difference { reason: Some(reason), ..(*first).clone() }
        }
        Cause::User(..) => Difference { reason: Some(counted(members)), ..(*first).clone() },
        Cause::Participation(channel, user, mark) => {
            let verb = if *mark == Mark::Added { "joined" } else { "left" };
            let name = names.get(channel.as_str()).copied().unwrap_or(channel);
            Difference { name: Some(format!("{user} {verb} {name}")), reason: None, ..(*first).clone() }
        }
        Cause::Reason(_, _, why) => Difference {
            name: None,
            reason: Some(format!("and {} more: {why}", format::count(rest.len() as u64))),
            ..(*first).clone()
        },
    }
}

/// How many rows of each kind: `12 members, 12 memberships`.
fn counted(rows: &[&Difference]) -> String {
    let mut counts: BTreeMap<Entity, u64> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.entity).or_default() += 1;
    }
    let text =
        |(entity, count): (&Entity, &u64)| format::counted(*count, entity.plural().trim_end_matches('s'));
    counts.iter().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::{ConversationName, FieldChange};
    use crate::printable::Printable;

    fn row(mark: Mark, entity: Entity, sid: &str, name: &str) -> Difference {
        Difference {
            mark,
            entity,
            sid: sid.to_owned(),
            name: Some(name.to_owned()),
            changes: Vec::new(),
            record: None,
            reason: None,
            conversation: None,
        }
    }

    fn counter(entity: Entity, sid: &str, name: &str, field: &'static str, change: (i64, i64)) -> Difference {
        let changes = vec![FieldChange { field, old: change.0.into(), new: change.1.into() }];
        Difference { changes, ..row(Mark::Different, entity, sid, name) }
    }

    fn participation(mark: Mark, entity: Entity, sid: &str, user: &str, channel: &str) -> Difference {
        let serde_json::Value::Object(record) = json!({"channel_sid": channel}) else { panic!("an object") };
        Difference { record: Some(record), ..row(mark, entity, sid, user) }
    }

    fn folded(rows: &[Difference]) -> String {
        let mut fold = Fold::default();
        let mut lines = Vec::new();
        for row in rows {
            if fold.add(row) {
                lines.extend(fold.take());
            }
        }
        lines.extend(fold.take());
        lines.into_iter().map(|folded| Printable::from(folded.line).render(false) + "\n").collect()
    }

    #[test]
    fn a_user_who_leaves_is_one_line() {
        let left = |users: (i64, i64)| {
            [
                counter(Entity::User, "US7", "user-7", "joined_channels_count", users),
                counter(Entity::Channel, "CH1", "Invoice 200", "members_count", (4, 3)),
                participation(Mark::Missing, Entity::Membership, "US7/CH1", "user-7", "CH1"),
                participation(Mark::Missing, Entity::Member, "MB1", "user-7", "CH1"),
            ]
        };
        assert_eq!(folded(&left((9, 8))), "- user_channels US7/CH1  user-7 left Invoice 200\n");
        // A counter that the event does not explain keeps its line.
        let other = folded(&left((9, 5)));
        assert!(other.starts_with("* users         US7  user-7  joined_channels_count: 9 → 5\n"), "{other}");
        assert_eq!(other.lines().count(), 2);
    }

    #[test]
    fn a_channel_takes_everyone_on_it_along() {
        let why = Some("the channel is public, and Conversations does not show it".to_owned());
        let on = |row: Difference| Difference {
            reason: why.clone(),
            conversation: Some(ConversationName { sid: "CH1".to_owned(), name: Some("lobby".to_owned()) }),
            ..row
        };
        let mut rows = vec![on(row(Mark::Missing, Entity::Channel, "CH1", "lobby"))];
        for user in 0..3 {
            rows.push(on(row(
                Mark::Missing,
                Entity::Member,
                &format!("US{user}/CH1"),
                &format!("user-{user}"),
            )));
            rows.push(on(row(
                Mark::Missing,
                Entity::Membership,
                &format!("US{user}/CH1"),
                &format!("user-{user}"),
            )));
        }
        assert_eq!(
            folded(&rows),
            "- channels      CH1  lobby  with 3 user_channels, 3 members: the channel is public, and Conversations does not show it\n"
        );
        assert_eq!(folded(&rows[..1]).lines().count(), 1);
    }

    #[test]
    fn a_list_that_could_not_be_read_and_a_rule_that_fails_are_one_line_each() {
        let unread = |number: usize| Difference {
            reason: Some("in the target its list failed".to_owned()),
            conversation: Some(ConversationName { sid: "CH1".to_owned(), name: Some("lobby".to_owned()) }),
            ..row(Mark::Unreadable, Entity::Member, &format!("MB{number}"), "ann")
        };
        let rows: Vec<Difference> = (0..9).map(unread).collect();
        assert_eq!(
            folded(&rows),
            "! channels      CH1  lobby  9 members of it: in the target its list failed\n"
        );
        let failed = |number: usize| Difference {
            reason: Some("the mapping fails on it: not a number".to_owned()),
            ..row(Mark::Unreadable, Entity::User, &format!("US{number}"), "ann")
        };
        let rows: Vec<Difference> = (0..5).map(failed).collect();
        assert_eq!(folded(&rows), "! users         US0  and 4 more: the mapping fails on it: not a number\n");
        assert_eq!(folded(&rows[..2]).lines().count(), 2);
    }

    #[test]
    fn a_user_who_is_gone_takes_the_memberships_along() {
        let rows = [
            row(Mark::Missing, Entity::User, "US7", "user-7"),
            counter(Entity::Channel, "CH1", "Invoice 200", "members_count", (4, 3)),
            participation(Mark::Missing, Entity::Membership, "US7/CH1", "user-7", "CH1"),
            participation(Mark::Missing, Entity::Member, "MB1", "user-7", "CH1"),
        ];
        assert_eq!(folded(&rows), "- users         US7  user-7  with 1 user_channel, 1 member\n");
    }

    #[test]
    fn what_does_not_fit_into_a_batch_is_written_all_the_same() {
        let rows: Vec<Difference> = (0..MOST_HELD + 5)
            .map(|number| row(Mark::Added, Entity::User, &format!("US{number}"), &format!("ann-{number}")))
            .collect();
        let text = folded(&rows);
        assert!(text.contains("US0") && text.contains(&format!("US{}", MOST_HELD + 4)), "{text}");
    }
}
