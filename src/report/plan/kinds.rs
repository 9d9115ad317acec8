//! The operations as a report has them: by kind, with counts and the first of them.

use serde::Serialize;
use serde_json::Value;

use crate::plan::{Entry, OperationKind, OperationState, PlanError, PlanFile, Subject, Totals};
use crate::report::text::format;

/// A kind of operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct KindRow {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) meaning: &'static str,
    /// Whether it cannot be taken back.
    pub(super) one_way: bool,
    pub(super) total: u64,
    /// By state, of those that the plan has.
    pub(super) states: Vec<u64>,
    /// Whether any failed or is blocked.
    pub(super) exceptional: bool,
    pub(super) requests: u64,
    pub(super) seconds: f64,
    /// What failed or is blocked comes first, then the rest in order.
    pub(super) examples: Vec<Example>,
}

/// An operation, laid out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Example {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) state: OperationState,
    pub(super) reason: Option<String>,
    pub(super) subject: Vec<(&'static str, String)>,
    /// Whether there is nothing before.
    pub(super) creates: bool,
    pub(super) changes: Vec<Change>,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) form: Vec<(&'static str, String)>,
}

/// A value before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Change {
    pub(super) field: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl KindRow {
    /// The kinds that the plan has, in the order of performance, each with at most so many examples that failed or are blocked, and
    /// so many others.
    pub(super) fn all(
        plan: &PlanFile,
        totals: &Totals,
        columns: &[OperationState],
        examples: usize,
    ) -> Result<Vec<Self>, PlanError> {
        let mut rows = Vec::new();
        for (kind, states) in &totals.operations {
            let of = |state: &OperationState| states.get(state).copied().unwrap_or_default();
            let total: u64 = states.values().sum();
            if total == 0 {
                continue;
            }
            let step = totals.steps.iter().find(|step| step.kind == *kind);
            let mut row = Self {
                name: kind.name(),
                label: kind.name().replace('_', " "),
                meaning: meaning(*kind),
                one_way: *kind == OperationKind::MakePrivate,
                total,
                states: columns.iter().map(of).collect(),
                exceptional: of(&OperationState::Failed) + of(&OperationState::Blocked) > 0,
                requests: step.map_or(0, |step| step.requests),
                seconds: step.map_or(0.0, |step| step.seconds),
                examples: Vec::new(),
            };
            // Failed and blocked ones have room of their own, next to as many of the others.
            for group in [
                &[OperationState::Failed, OperationState::Blocked][..],
                &[OperationState::Pending, OperationState::Done, OperationState::Existing],
            ] {
                let mut room = examples;
                for state in group.iter().filter(|state| of(state) > 0) {
                    let first = plan.first(*kind, *state, room)?;
                    room -= first.len();
                    row.examples.extend(first.iter().map(Example::of));
                }
            }
            rows.push(row);
        }
        Ok(rows)
    }
}

impl Example {
    pub(crate) fn of(entry: &Entry) -> Self {
        let operation = &entry.operation;
        let request = operation.request();
        let fields: Vec<&String> = operation
            .after
            .keys()
            .chain(operation.before.keys().filter(|key| !operation.after.contains_key(*key)))
            .collect();
        Self {
            id: entry.id.clone(),
            kind: operation.kind.name(),
            state: entry.state,
            reason: entry.reason.clone(),
            subject: subject(&operation.subject),
            creates: operation.before.is_empty(),
            changes: fields
                .into_iter()
                .map(|field| Change {
                    field: field.clone(),
                    before: operation.before.get(field).map(text),
                    after: operation.after.get(field).map(text),
                })
                .collect(),
            method: request.method.name(),
            path: request.path(),
            form: request.form.iter().map(|(name, value)| (*name, shortened(&value.shown()))).collect(),
        }
    }
}

/// A JSON value as people read it: text without quotes, everything else as JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| shortened(&value.to_string()), shortened)
}

/// Letters of a value that are shown; attributes may have 16,384.
const LETTERS: usize = 300;

pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        None => text.to_owned(),
        Some((end, _)) => {
            let (shown, rest) = text.split_at(end);
            format!("{shown}… and {} more", format::counted(rest.chars().count() as u64, "character"))
        }
    }
}

/// What the operation is about, without what is the same for all.
fn subject(subject: &Subject) -> Vec<(&'static str, String)> {
    fn sid(sid: Option<&impl ToString>) -> Option<String> {
        sid.map(ToString::to_string)
    }
    let Subject { role_sid, user_sid, channel_sid, member_sid, invite_sid, identity, .. } = subject;
    [
        ("identity", identity.clone()),
        ("unique name", subject.unique_name.clone()),
        ("role", sid(role_sid.as_ref())),
        ("user", sid(user_sid.as_ref())),
        ("channel", sid(channel_sid.as_ref())),
        ("member", sid(member_sid.as_ref())),
        ("invite", sid(invite_sid.as_ref())),
        ("message", subject.message.map(|message| message.index.to_string())),
        ("in the target", subject.target_sid.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

fn meaning(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::MakePrivate => {
            "Makes a public channel private through Chat v3, which makes it a conversation. No request makes it public again."
        }
        OperationKind::CreateRole => {
            "Creates a role in the target, with the permissions that have a counterpart."
        }
        OperationKind::CreateUser => "Creates a user in the target, by identity.",
        OperationKind::UpdateUser => "Sets a user of the target to the mapping's values.",
        OperationKind::CreateConversation => "Creates a conversation in the target.",
        OperationKind::CreateParticipant => {
            "Adds a user to a conversation, without asking and without a message."
        }
        OperationKind::CreateMessage => {
            "Adds a message to a conversation, after those before it, with its author and dates. Its texts are in the snapshot."
        }
        OperationKind::UpdateParticipant => {
            "Sets a participant to the mapping's values. The read horizon is set here, because a create does not accept it."
        }
        OperationKind::UpdateUserConversation => {
            "Sets a user's notification level in a conversation, and in the same request how far a new participant has read."
        }
        OperationKind::UpdateConversation => {
            "Sets a conversation to the mapping's values. Its state comes last: a closed conversation accepts no more changes."
        }
        OperationKind::MuteSource => {
            "Mutes the copied User Channel in the source, so that no one is notified twice."
        }
        OperationKind::DeleteParticipant => "Removes a participant that chatferry created.",
        OperationKind::DeleteConversation => "Removes a conversation that chatferry created.",
        OperationKind::DeleteUser => "Removes a user that chatferry created.",
        OperationKind::DeleteRole => "Removes a role that chatferry created.",
        OperationKind::UpdateUserChannel => {
            "Sets a user's notification level or read position in a channel of Chat."
        }
    }
}
