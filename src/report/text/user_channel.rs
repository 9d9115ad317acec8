//! A user's channels as text.

use std::path::Path;

use serde_json::{Map, Value};

use super::{format, table};
use crate::model::Api;
use crate::printable::{Printable, tame};

/// What is to be typed.
pub(crate) const QUESTION: &str = "type yes to update it:";

pub(crate) const NOTHING_TO_DO: &str = "nothing to do: it is so already";

pub(crate) fn why_not_updated(reason: &str) -> String {
    format!("not updated: {reason}")
}

/// What people call a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ChannelNames {
    pub friendly_name: Option<String>,
    pub unique_name: Option<String>,
}

impl ChannelNames {
    /// The names that a User Conversation has in itself.
    pub(crate) fn of(object: &Map<String, Value>) -> Self {
        let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
        Self { friendly_name: text("friendly_name"), unique_name: text("unique_name") }
    }

    fn shown(&self) -> String {
        self.friendly_name.clone().or_else(|| self.unique_name.clone()).unwrap_or_default()
    }
}

const CHAT: [&str; 9] = [
    "account_sid",
    "service_sid",
    "channel_sid",
    "user_sid",
    "member_sid",
    "status",
    "last_consumed_message_index",
    "unread_messages_count",
    "notification_level",
];
const CONVERSATIONS: [&str; 9] = [
    "account_sid",
    "chat_service_sid",
    "conversation_sid",
    "user_sid",
    "participant_sid",
    "conversation_state",
    "last_read_message_index",
    "unread_messages_count",
    "notification_level",
];

fn keys(api: Api) -> [&'static str; 9] {
    match api {
        Api::Chat => CHAT,
        Api::Conversations => CONVERSATIONS,
    }
}

/// The columns of CSV: the API's keys, then the channel's names.
pub(crate) fn columns(api: Api) -> impl Iterator<Item = &'static str> {
    keys(api).into_iter().chain(["friendly_name", "unique_name"])
}

/// A row of CSV; null is empty.
pub(crate) fn cells(object: &Map<String, Value>, names: &ChannelNames, api: Api) -> Vec<String> {
    let cells = keys(api).into_iter().map(|key| cell(object, key));
    let names = [&names.friendly_name, &names.unique_name].map(|name| name.clone().unwrap_or_default());
    cells.chain(names).collect()
}

fn cell(object: &Map<String, Value>, key: &str) -> String {
    match object.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A table for people.
pub(crate) fn table(channels: &[Map<String, Value>], names: &[ChannelNames]) -> Printable {
    let first = |object: &Map<String, Value>, keys: [&str; 2]| {
        keys.into_iter().map(|key| cell(object, key)).find(|text| !text.is_empty()).unwrap_or_default()
    };
    let rows: Vec<Vec<String>> = channels
        .iter()
        .zip(names)
        .map(|(object, names)| {
            vec![
                first(object, ["channel_sid", "conversation_sid"]),
                names.shown(),
                first(object, ["status", "conversation_state"]),
                cell(object, "notification_level"),
                cell(object, "unread_messages_count"),
                first(object, ["last_consumed_message_index", "last_read_message_index"]),
            ]
        })
        .collect();
    table::render(&["CHANNEL", "NAME", "STATUS", "LEVEL", "UNREAD", "LAST READ"], &rows)
}

/// The list does not agree with the user's own counter.
pub(crate) fn disagreement(listed: u64, counted: u64) -> String {
    format!(
        "the list has {} that the user has joined, and joined_channels_count is {}: something is missing, or it changed meanwhile",
        format::counted(listed, "channel"),
        format::count(counted)
    )
}

/// What would be changed, before and after.
pub(crate) fn change(
    who: &str,
    channel: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Printable {
    let mut text = Printable::from(format!("{} on {}:", tame(who), tame(channel)));
    for (key, value) in after {
        let now = before.get(key).unwrap_or(&Value::Null);
        text.push(format!("  {key}: {now} → {value}"));
    }
    text
}

/// An update was performed: where its plan is, and what undoes it.
pub(crate) fn updated(plan: &Path) -> Printable {
    let undo = plan.file_name().map(|name| plan.with_file_name(format!("undo-{}", name.to_string_lossy())));
    let undo = undo.unwrap_or_else(|| plan.with_extension("undo.db"));
    let (kept, undo) = (plan.display().to_string(), undo.display().to_string());
    let (from, to) = (format::shell_word(&kept), format::shell_word(&undo));
    [
        format!("updated; the plan is kept in {kept}"),
        format!("to undo it: `chatferry plan --undo {from} --plan {to}`, then `chatferry apply --plan {to}`"),
    ]
    .into_iter()
    .collect()
}

/// An update could not be performed.
pub(crate) fn not_updated(plan: &Path) -> Printable {
    let plan = plan.display().to_string();
    let again = format::shell_word(&plan);
    Printable::from(format!(
        "not updated; the plan is kept in {plan}: `chatferry apply --plan {again}` tries again"
    ))
}

/// An update cannot be performed as things are, however often it is tried.
pub(crate) fn cannot_be_updated(plan: &Path) -> Printable {
    let plan = plan.display();
    Printable::from(format!("not updated; the plan is kept in {plan}, and applying it again changes nothing"))
}

/// A plan of many updates was made.
pub(crate) fn planned(plan: &Path, updates: u64, same: u64, misfits: u64) -> Printable {
    let plan = plan.display();
    let mut text = Printable::from(format!(
        "{} to do, {} as asked for already, {}",
        format::counted(updates, "update"),
        format::count(same),
        if misfits == 1 {
            "1 row fits nothing".to_owned()
        } else {
            format!("{} rows fit nothing", format::count(misfits))
        }
    ));
    if misfits > 0 {
        text.push(format!("`chatferry plan show --plan {plan} --format md` lists the rows that fit nothing"));
    }
    if updates > 0 {
        text.push(format!("nothing is written yet: `chatferry apply --plan {plan}` performs it"));
    }
    text
}
