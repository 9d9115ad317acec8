//! What mappings know of one field of the model.

use super::value::{ColumnType, Pii, Value};
use crate::model::{Entity, RowRecords};

/// Reads one field of a row's records.
pub(super) type Accessor = for<'a> fn(&RowRecords<'a>) -> Value<'a>;

/// A field of the model, as mapping files know it.
#[derive(Debug)]
pub(crate) struct FieldInfo {
    pub entity: Entity,
    pub name: &'static str,
    pub column_type: ColumnType,
    pub pii: Pii,
    pub get: Accessor,
}
