//! A mapping ready for use: every name looked up, every expression compiled.

use super::field::{FieldInfo, Subject};
use super::file::{Otherwise, Scalar};
use super::value::{ColumnType, Pii, Value};
use crate::model::Entity;

/// A compiled mapping.
#[derive(Debug)]
pub struct Mapping {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The file's own text, as `mapping show` prints it.
    pub text: String,
    /// Its records, in the file's order.
    pub records: Vec<Record>,
}

/// One record of a mapping: one file of an export in each format.
#[derive(Debug)]
pub struct Record {
    /// The file's name without its ending.
    pub name: String,
    /// What a row is.
    pub description: String,
    /// The entity that it has a row for each of.
    pub entity: Entity,
    /// The order of its rows.
    pub order: KeyOrder,
    /// The columns that identify a row, in sorting order.
    pub key: Vec<String>,
    /// Which of the entity's records have a row; all without it.
    pub filter: Option<super::filter::Filter>,
    /// Its columns, in order.
    pub columns: Vec<Column>,
}

/// The order of a record's rows, among those that a walk over the snapshot delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrder {
    /// The entity's own order; for memberships by user, then channel.
    Natural,
    /// Memberships by channel, then member.
    ByChannel,
}

/// One column of a record.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name: the CSV header and the NDJSON key.
    pub name: String,
    /// Its type.
    pub column_type: ColumnType,
    /// What it holds.
    pub description: String,
    /// How personal it is.
    pub pii: Pii,
    /// Where its value comes from.
    pub source: Source,
}

/// Where a column's value comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A field of the model.
    Field(&'static FieldInfo),
    /// The same value in every row.
    Constant(Constant),
    /// A field whose texts are replaced by a table.
    Table(Box<ValueTable>),
}

/// A constant of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant(pub(super) Scalar);

/// A value table.
#[derive(Debug, Clone)]
pub struct ValueTable {
    /// The field whose text is looked up.
    pub field: &'static FieldInfo,
    /// Text and what stands for it, sorted by text.
    pub(super) values: Vec<(String, Constant)>,
    /// What becomes of other texts.
    pub(super) otherwise: Otherwise,
}

impl Constant {
    /// The column type that fits it.
    pub(super) fn column_type(&self) -> ColumnType {
        self.0.column_type()
    }

    fn value(&self) -> Value<'_> {
        match &self.0 {
            Scalar::Boolean(value) => Value::Boolean(*value),
            Scalar::Integer(value) => Value::Integer(*value),
            Scalar::Number(value) => Value::Number(*value),
            Scalar::Text(value) => Value::Text(value),
        }
    }
}

impl ValueTable {
    /// The column type that fits it.
    #[expect(clippy::unused_self, reason = "tables of other types may come")]
    pub(super) fn column_type(&self) -> ColumnType {
        ColumnType::String
    }

    fn value<'a>(&'a self, subject: &Subject<'a>) -> Value<'a> {
        let value = (self.field.get)(subject);
        let Value::Text(text) = value else { return value };
        match self.values.binary_search_by(|(from, _)| from.as_str().cmp(text)) {
            Ok(position) => self.values[position].1.value(),
            Err(_) if self.otherwise == Otherwise::Null => Value::Null,
            Err(_) => value,
        }
    }
}

impl Column {
    /// The column's value in a row.
    pub fn value<'a>(&'a self, subject: &Subject<'a>) -> Value<'a> {
        match &self.source {
            Source::Field(field) => (field.get)(subject),
            Source::Constant(constant) => constant.value(),
            Source::Table(table) => table.value(subject),
        }
    }

    /// The fields it reads.
    pub fn reads(&self) -> impl Iterator<Item = &'static FieldInfo> {
        let fields: Vec<&'static FieldInfo> = match &self.source {
            Source::Field(field) => vec![field],
            Source::Table(table) => vec![table.field],
            Source::Constant(_) => Vec::new(),
        };
        fields.into_iter()
    }
}

impl Record {
    /// Whether a row needs that record beside the walked one.
    pub fn reads(&self, entity: Entity) -> bool {
        let by_column = self.columns.iter().flat_map(Column::reads).any(|field| field.entity == entity);
        by_column || self.filter.as_ref().is_some_and(|filter| filter.reads(entity))
    }
}

/// One row: a record's columns over the records that a walk gave.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The columns that are written.
    pub columns: &'a [Column],
    /// What their values come from.
    pub subject: &'a Subject<'a>,
}

impl<'a> Row<'a> {
    /// The values, in the order of the columns.
    pub fn values(&self) -> impl Iterator<Item = Value<'a>> {
        let subject = self.subject;
        self.columns.iter().map(move |column| column.value(subject))
    }
}
