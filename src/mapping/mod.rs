//! Mapping files: what records an export has, which columns, and where each value comes from.
//!
//! A mapping is data (TOML, version 1; `mappings/mapping.schema.json` describes it). It is checked and compiled once, when it
//! is loaded: names become plain functions from a row's records to a value, so that a row of plain paths costs what
//! hand-written code would. What paths, constants and tables cannot say, a Jinja expression can.
//!
//! **Invariant:** a mapping that loads does not fail on a name afterwards. Unknown keys, fields and columns, keys that no walk
//! sorts by and types that do not fit are errors with file, line and column before anything is read or written.
//!
//! **Invariant:** a mapping knows rows of the model. It does not know what a snapshot, a plan or an export is.

mod bundle;
mod bundled;
mod column;
mod command_line;
mod compile;
mod context;
mod engine_names;
mod error;
mod evaluate;
mod expression;
mod field;
mod field_info;
mod file;
mod filter;
mod functions;
mod instant;
mod json;
mod kept_field;
mod key;
mod line_file;
mod line_schema;
mod order;
mod path;
mod pii;
mod plan_rules;
mod record;
mod roles;
mod safe_name;
mod sample;
mod scope;
mod sids;
mod unwritten;
mod value;

pub(crate) use bundle::{LineFiles, MappedBundle, RowBatch};
pub(crate) use bundled::{names as bundled_names, text as bundled_text};
pub(crate) use command_line::select_columns;
pub(crate) use compile::load_with;
pub use compile::{load, parse};
pub(crate) use error::MappingError;
pub(crate) use error::did_you_mean;
pub(crate) use evaluate::{CellError, Evaluator, MappedRow, RowOutcome, TriedCell, row_sid};
pub(crate) use file::{InvitePolicy, Unique};
pub(crate) use order::{KeyOrder, ListParent};
pub use pii::PiiPolicy;
pub(crate) use pii::{PiiKey, ShortKey};
#[cfg(test)]
pub(crate) use plan_rules::UPDATABLE;
pub(crate) use plan_rules::{FieldRules, LoweredSeverity, PlanRules};
pub(crate) use record::{MappedColumn, MappedList, MappedRecord, Mapping};
pub(crate) use roles::RoleParts;
pub(crate) use sample::Sample;
pub(crate) use sids::SidMap;
pub(crate) use unwritten::UnwrittenFields;
#[cfg(test)]
pub(crate) use value::Pii;
pub(crate) use value::{ColumnType, Value, push_seconds, push_sid};

#[cfg(test)]
mod tests;
