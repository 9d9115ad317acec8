//! What happens to how many, by what they are in the target.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::{OperationKind, OperationState, Totals};
use crate::report::html::chart::{self, BarPart};

/// What happens to an item. The order is that of a bar's parts and a table's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChangeFate {
    Keep,
    Create,
    Update,
    MakePrivate,
    Mute,
    Delete,
    Failed,
    Blocked,
}

impl ChangeFate {
    pub(super) const ALL: [Self; 8] = [
        Self::Keep,
        Self::Create,
        Self::Update,
        Self::MakePrivate,
        Self::Mute,
        Self::Delete,
        Self::Failed,
        Self::Blocked,
    ];

    /// Its name in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Create => "create",
            Self::Update => "update",
            Self::MakePrivate => "private",
            Self::Mute => "mute",
            Self::Delete => "delete",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
        }
    }

    /// Its name for people.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Keep => "as it is",
            Self::Create => "create",
            Self::Update => "update",
            Self::MakePrivate => "make private",
            Self::Mute => "mute",
            Self::Delete => "delete",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
        }
    }

    fn of(kind: OperationKind, state: OperationState) -> Self {
        match (state, kind) {
            (OperationState::Blocked, _) => Self::Blocked,
            (OperationState::Failed, _) => Self::Failed,
            (_, OperationKind::MakePrivate) => Self::MakePrivate,
            (_, OperationKind::MuteSource) => Self::Mute,
            (_, kind) if kind.is_delete() => Self::Delete,
            (
                _,
                OperationKind::UpdateUser
                | OperationKind::UpdateParticipant
                | OperationKind::UpdateUserConversation
                | OperationKind::UpdateUserChannel
                | OperationKind::UpdateConversation,
            ) => Self::Update,
            _ => Self::Create,
        }
    }
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ChangeColumn {
    pub(super) class: &'static str,
    pub(super) label: &'static str,
    /// Of all rows.
    pub(super) total: u64,
}

/// A row: one kind of thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ChangeRow {
    pub(super) label: &'static str,
    pub(super) total: u64,
    /// By column.
    pub(super) counts: Vec<u64>,
    pub(super) parts: Vec<BarPart>,
}

/// What happens to how many.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PlanChanges {
    pub(super) columns: Vec<ChangeColumn>,
    pub(super) rows: Vec<ChangeRow>,
}

impl PlanChanges {
    /// Only what there is: no column and no row of zeroes.
    pub(super) fn of(totals: &Totals) -> Self {
        let mut counts: BTreeMap<usize, BTreeMap<ChangeFate, u64>> = BTreeMap::new();
        let mut add = |label, fate, count| {
            let row = ROWS.iter().position(|row| *row == label).unwrap_or(ROWS.len() - 1);
            *counts.entry(row).or_default().entry(fate).or_default() += count;
        };
        for (collection, count) in &totals.noop {
            add(row_of_collection(collection), ChangeFate::Keep, *count);
        }
        for (kind, states) in &totals.operations {
            for (state, count) in states {
                add(row_of_kind(*kind), ChangeFate::of(*kind, *state), *count);
            }
        }
        let of = |fates: &BTreeMap<ChangeFate, u64>, fate| fates.get(&fate).copied().unwrap_or_default();
        let total = |fate| counts.values().map(|fates| of(fates, fate)).sum::<u64>();
        let fates: Vec<ChangeFate> = ChangeFate::ALL.into_iter().filter(|fate| total(*fate) > 0).collect();
        let row = |(row, of_row): (&usize, &BTreeMap<ChangeFate, u64>)| {
            let counts: Vec<u64> = fates.iter().map(|fate| of(of_row, *fate)).collect();
            let shares: Vec<_> = fates.iter().map(|fate| fate.class()).zip(counts.iter().copied()).collect();
            ChangeRow {
                label: ROWS[*row],
                total: counts.iter().sum(),
                parts: chart::stacked(&shares),
                counts,
            }
        };
        Self {
            rows: counts.iter().map(row).filter(|row| row.total > 0).collect(),
            columns: fates
                .iter()
                .map(|fate| ChangeColumn { class: fate.class(), label: fate.label(), total: total(*fate) })
                .collect(),
        }
    }
}

/// The rows in their order; the last takes what has no other.
const ROWS: [&str; 8] = [
    "services",
    "roles",
    "users",
    "conversations",
    "participants",
    "messages",
    "user conversations",
    "source user channels",
];

fn row_of_kind(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::CreateRole | OperationKind::DeleteRole => "roles",
        OperationKind::CreateUser | OperationKind::UpdateUser | OperationKind::DeleteUser => "users",
        OperationKind::MakePrivate
        | OperationKind::CreateConversation
        | OperationKind::UpdateConversation
        | OperationKind::DeleteConversation => "conversations",
        OperationKind::CreateParticipant
        | OperationKind::UpdateParticipant
        | OperationKind::DeleteParticipant => "participants",
        OperationKind::CreateMessage => "messages",
        OperationKind::UpdateUserConversation => "user conversations",
        OperationKind::MuteSource | OperationKind::UpdateUserChannel => "source user channels",
    }
}

/// A collection of the source as what it is in the target.
fn row_of_collection(collection: &str) -> &'static str {
    match collection {
        "services" => "services",
        "roles" => "roles",
        "users" => "users",
        "channels" => "conversations",
        "members" | "invites" => "participants",
        "messages" => "messages",
        _ => "user conversations",
    }
}
