//! The shape of a mapping file, as written: TOML, version 1.
//!
//! Nothing is checked here beyond shape and types; [`super::compile`] does the rest. Unknown keys are errors, so that a
//! misspelt one cannot be ignored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::plan_rules::PlanRules;
use super::roles::RoleTable;
use super::value::{ColumnType, Pii};

/// The version of mapping files that this tool reads.
pub(super) const VERSION: i64 = 1;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingFile {
    pub(super) version: Spanned<i64>,
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) invites: InvitePolicy,
    pub(super) roles_from: Option<Spanned<String>>,
    pub(super) roles: Option<Spanned<RoleTable>>,
    pub(super) plan: Option<Spanned<PlanRules>>,
    /// What conditions read as `run.NAME`, and `export --switch` turns on.
    #[serde(default)]
    pub(super) switches: BTreeMap<String, Spanned<bool>>,
    #[serde(default)]
    pub(super) safe_names: BTreeMap<String, Spanned<SafeNameEntry>>,
    pub(super) records: Spanned<Vec<RecordEntry>>,
    #[serde(default)]
    pub(super) bundles: Vec<BundleEntry>,
}

/// What names of another system may be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SafeNameEntry {
    pub(super) chars: String,
    pub(super) first: Option<String>,
    pub(super) min_length: Option<usize>,
    pub(super) max_length: usize,
    pub(super) prefix: Option<String>,
    pub(super) hash_length: Option<usize>,
    #[serde(default)]
    pub(super) reserved: Vec<String>,
}

/// One file of several records.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BundleEntry {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) description: String,
    pub(super) records: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) first: Vec<Spanned<String>>,
    pub(super) parts: Option<Spanned<PartsEntry>>,
    pub(super) schema: Option<Spanned<String>>,
}

/// When a file ends and the next one begins.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartsEntry {
    pub(super) max_rows: Option<u64>,
    pub(super) max_bytes: Option<u64>,
}

/// Several rows on one line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchEntry {
    pub(super) max_rows: u64,
    pub(super) line: Spanned<String>,
    #[serde(default)]
    pub(super) keyed_by: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) separator: String,
}

/// Rows within a row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListEntry {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) description: String,
    pub(super) entity: Spanned<String>,
    #[serde(rename = "where")]
    pub(super) filter: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) nested: bool,
    #[serde(default)]
    pub(super) omit_null: bool,
    pub(super) max_items: Option<Spanned<u64>>,
    pub(super) columns: Spanned<Vec<ColumnEntry>>,
}

/// What happens to invited users in Conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitePolicy {
    /// They are reported and nothing else.
    #[default]
    Report,
    /// They become participants, without having been asked.
    Participant,
}

impl InvitePolicy {
    pub fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Participant => "participant",
        }
    }
}

/// One record: a file of an export.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordEntry {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) description: String,
    pub(super) entity: Spanned<String>,
    #[serde(rename = "where")]
    pub(super) filter: Option<Spanned<String>>,
    pub(super) other_members: Option<Spanned<bool>>,
    pub(super) key: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) nested: bool,
    #[serde(default)]
    pub(super) omit_null: bool,
    pub(super) batch: Option<Spanned<BatchEntry>>,
    pub(super) parts: Option<Spanned<PartsEntry>>,
    pub(super) schema: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) lists: Vec<ListEntry>,
    pub(super) columns: Spanned<Vec<ColumnEntry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnEntry {
    pub(super) name: Spanned<String>,
    #[serde(rename = "type")]
    pub(super) column_type: Option<Spanned<ColumnType>>,
    #[serde(default)]
    pub(super) description: String,
    pub(super) pii: Option<Pii>,
    pub(super) kind: Option<String>,
    pub(super) path: Option<Spanned<String>>,
    pub(super) first_of: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(rename = "const")]
    pub(super) constant: Option<Spanned<Scalar>>,
    pub(super) value: Option<Spanned<String>>,
    pub(super) list: Option<Spanned<String>>,
    pub(super) default: Option<Spanned<Scalar>>,
    pub(super) table: Option<Spanned<BTreeMap<String, Scalar>>>,
    pub(super) otherwise: Option<Spanned<Otherwise>>,
    pub(super) on_error: Option<Spanned<OnError>>,
    pub(super) safe_name: Option<Spanned<String>>,
    pub(super) unit: Option<Spanned<TimeUnit>>,
    #[serde(default)]
    pub(super) unique: UniqueEntry,
}

/// Among which rows a value is unique, as written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged, expecting = "true, false or \"service\"")]
pub(super) enum UniqueEntry {
    Flag(bool),
    Within(UniqueWithin),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum UniqueWithin {
    Service,
}

impl Default for UniqueEntry {
    fn default() -> Self {
        Self::Flag(false)
    }
}

/// Among which rows of a record a column's value is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    No,
    /// Among all: services share one place of names in the other system.
    Everywhere,
    InService,
}

impl From<UniqueEntry> for Unique {
    fn from(entry: UniqueEntry) -> Self {
        match entry {
            UniqueEntry::Flag(false) => Self::No,
            UniqueEntry::Flag(true) => Self::Everywhere,
            UniqueEntry::Within(UniqueWithin::Service) => Self::InService,
        }
    }
}

/// What a date is counted in, since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TimeUnit {
    Seconds,
    Milliseconds,
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, expecting = "a text, a number, true or false")]
pub(super) enum Scalar {
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
}

impl Scalar {
    /// The column type that fits it.
    pub(super) fn column_type(&self) -> ColumnType {
        match self {
            Self::Boolean(_) => ColumnType::Boolean,
            Self::Integer(_) => ColumnType::Integer,
            Self::Number(_) => ColumnType::Number,
            Self::Text(_) => ColumnType::String,
        }
    }
}

/// What happens to a text that a value table does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Otherwise {
    /// It stays as it is.
    #[default]
    Keep,
    /// The cell is null.
    Null,
}

/// What happens to a row whose expression fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnError {
    /// The export ends.
    #[default]
    Fail,
    /// The cell is null.
    Null,
    /// The row is left out; it is counted and listed.
    Skip,
}
