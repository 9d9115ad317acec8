//! A mapping ready for use: every name looked up, every expression compiled.

use std::sync::Arc;

use super::bundle::{LineFiles, MappedBundle, RowBatch};
use super::context::Constants;
use super::expression::{Expression, Needs};
use super::field_info::FieldInfo;
use super::file::{InvitePolicy, OnError, Otherwise, Scalar, TimeUnit, Unique};
use super::filter::Filter;
use super::order::{KeyOrder, ListParent};
use super::pii::{PiiKey, PiiPolicy};
use super::plan_rules::PlanRules;
use super::roles::RoleTable;
use super::safe_name::{SafeNameRule, SafeNames};
use super::scope::{NameScope, RunValues};
use super::value::{ColumnType, Pii, Value};
use crate::model::{Entity, RowRecords};

/// A compiled mapping.
#[derive(Debug)]
pub struct Mapping {
    pub name: String,
    pub description: String,
    /// The file's own text, as `mapping show` prints it.
    pub text: String,
    /// The SHA-256 of the text, and of that which the role table is from: two mappings with the same do the same.
    pub sha256: String,
    /// What happens to invited users in Conversations, which knows no invitations.
    pub invites: InvitePolicy,
    /// What happens to roles, if the mapping says so.
    pub roles: Option<Arc<RoleTable>>,
    /// What a plan may do.
    pub plan: PlanRules,
    /// What conditions read as `run.NAME`, with what was turned on.
    pub switches: std::collections::BTreeMap<String, bool>,
    /// Its records, in the file's order.
    pub records: Vec<MappedRecord>,
    /// Files of several records.
    pub bundles: Vec<MappedBundle>,
}

/// One record of a mapping: one file of an export in each format.
#[derive(Debug, Clone)]
pub struct MappedRecord {
    /// The file's name without its ending.
    pub name: String,
    /// What a row is.
    pub description: String,
    /// What messages call the file that it is from.
    pub(super) file: Arc<str>,
    /// The entity that it has a row for each of.
    pub entity: Entity,
    /// The order of its rows.
    pub order: KeyOrder,
    /// Whether members without a membership have rows too, in which `membership` and `user` are null.
    pub other_members: bool,
    /// The columns that identify a row, in sorting order.
    pub key: Vec<String>,
    /// Which of the entity's records have a row; all without any.
    pub filters: Vec<Filter>,
    /// Its columns, in order.
    pub columns: Vec<MappedColumn>,
    /// Lists within its rows.
    pub lists: Vec<MappedList>,
    /// Whether a column `data.id` is the key `id` of an object `data`, in NDJSON.
    pub nested: bool,
    /// Whether keys that have null are left out, in NDJSON.
    pub omit_null: bool,
    /// How several of its rows are one line.
    pub batch: Option<RowBatch>,
    /// How its files are written, where that is as NDJSON only.
    pub lines: Option<LineFiles>,
    /// What its expressions see besides the row.
    pub(super) constants: Constants,
    /// What conditions that are added later can name.
    pub(super) run: Arc<RunValues>,
    pub(super) safe_names: SafeNames,
    /// What happens to personal data, and so to the credentials of addresses in columns that are not personal.
    pub(super) pii: PiiPolicy,
}

/// A list in the rows of a record.
#[derive(Debug, Clone)]
pub struct MappedList {
    /// Its rows, which name the list as their record.
    pub record: MappedRecord,
    pub parent: ListParent,
    /// How many of them stand in one row; a longer list makes several rows.
    pub max_items: Option<u64>,
}

/// One column of a record.
#[derive(Debug, Clone)]
pub struct MappedColumn {
    /// Its name: the CSV header and the NDJSON key.
    pub name: String,
    pub column_type: ColumnType,
    pub description: String,
    /// How personal it is.
    pub pii: Pii,
    /// The kind of value, within which the same value has the same pseudonym.
    pub kind: String,
    /// The key of its pseudonyms, where it is pseudonymous.
    pub(super) key: Option<PiiKey>,
    /// Where its value comes from.
    pub(super) source: ColumnSource,
    /// What is made of a plain value.
    pub(super) shape: Option<ValueShape>,
    /// Among which rows no two have the same value.
    pub unique: Unique,
    /// Names that the mapping reserves and no text becomes: where the column has one, it is the mapping's own and not personal.
    pub(super) reserved: Vec<String>,
}

/// What a column makes of a plain value.
#[derive(Debug, Clone)]
pub(super) enum ValueShape {
    SafeName(String, Arc<SafeNameRule>),
    Number(TimeUnit),
}

/// Where a column's value comes from.
#[derive(Debug, Clone)]
pub(super) enum ColumnSource {
    /// A field of the model.
    Field(&'static FieldInfo),
    /// The first of these fields that is not null.
    First(Vec<&'static FieldInfo>),
    /// A field of the model, and what stands for null in it.
    Or(&'static FieldInfo, Constant),
    /// The same value in every row.
    Constant(Constant),
    /// A field whose texts are replaced by a table.
    Table(Box<ValueTable>),
    /// An expression, and what happens to a row where it fails.
    Expression(Arc<Expression>, OnError),
    /// The list at that position of the record's lists.
    List(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Constant(pub(super) Scalar);

#[derive(Debug, Clone)]
pub(super) struct ValueTable {
    /// The field whose text is looked up.
    pub(super) field: &'static FieldInfo,
    /// Text and what stands for it, sorted by text.
    pub(super) values: Vec<(String, Constant)>,
    /// What happens to other texts.
    pub(super) otherwise: Otherwise,
}

impl Constant {
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
    /// The type of its values, which is one.
    pub(super) fn column_type(&self) -> ColumnType {
        self.values.first().map_or(ColumnType::String, |(_, value)| value.0.column_type())
    }

    fn value<'a>(&'a self, subject: &RowRecords<'a>) -> Value<'a> {
        let value = (self.field.get)(subject);
        let Value::Text(text) = value else { return value };
        match self.values.binary_search_by(|(from, _)| from.as_str().cmp(text)) {
            Ok(position) => self.values[position].1.value(),
            Err(_) if self.otherwise == Otherwise::Null => Value::Null,
            Err(_) => value,
        }
    }
}

impl Mapping {
    /// Whether lines of it have a schema.
    pub fn has_schema(&self) -> bool {
        let of_records = self.records.iter().filter_map(|record| record.lines.as_ref());
        of_records.chain(self.bundles.iter().map(|bundle| &bundle.lines)).any(|lines| lines.schema.is_some())
    }
}

impl MappedColumn {
    /// The column's value in a row, unless an expression or a hash has to be computed for it.
    pub(super) fn plain_value<'a>(&'a self, subject: &RowRecords<'a>) -> Value<'a> {
        match &self.source {
            ColumnSource::Field(field) => (field.get)(subject),
            ColumnSource::First(fields) => {
                let mut values = fields.iter().map(|field| (field.get)(subject));
                values.find(|value| *value != Value::Null).unwrap_or(Value::Null)
            }
            ColumnSource::Or(field, default) => match (field.get)(subject) {
                Value::Null => default.value(),
                value => value,
            },
            ColumnSource::Constant(constant) => constant.value(),
            ColumnSource::Table(table) => table.value(subject),
            ColumnSource::Expression(..) | ColumnSource::List(_) => Value::Null,
        }
    }

    /// Whether its value is computed once for a row and kept for all formats.
    pub(super) fn is_computed(&self) -> bool {
        self.key.is_some()
            || self.shape.is_some()
            || self.lists_an_object()
            || matches!(self.source, ColumnSource::Expression(..))
    }

    /// Whether it is a list and its field an object: an object is then a list of one. Chat has one media file to a message,
    /// Conversations a list of them.
    pub(super) fn lists_an_object(&self) -> bool {
        let is_object = |field: &FieldInfo| field.column_type == ColumnType::Object;
        self.column_type == ColumnType::Array
            && matches!(&self.source, ColumnSource::Field(field) if is_object(field))
    }

    /// Whether it has names of that rule, each once.
    pub(super) fn is_unique_name(&self, rule: &str) -> bool {
        self.unique != Unique::No && self.has_names_of(rule)
    }

    fn has_names_of(&self, rule: &str) -> bool {
        match (&self.shape, &self.source) {
            (Some(ValueShape::SafeName(name, _)), _) => name == rule,
            (_, ColumnSource::Expression(expression, _)) => {
                [format!("safe_name('{rule}')"), format!("safe_name(\"{rule}\")")]
                    .iter()
                    .any(|call| expression.text.contains(call))
            }
            _ => false,
        }
    }

    /// What the rules of its names reserve.
    pub(super) fn reserved_names(&self, rules: &SafeNames) -> Vec<String> {
        let of_column = rules.0.iter().filter(|(name, _)| self.has_names_of(name));
        of_column.flat_map(|(_, rule)| rule.reserved().iter().cloned()).collect()
    }

    /// Whether it is written as pseudonyms.
    pub fn is_pseudonymous(&self) -> bool {
        self.key.is_some()
    }

    /// Whether its value is read from that record.
    pub fn reads_of(&self, entity: Entity) -> bool {
        self.reads().into_iter().any(|field| field.entity == entity)
    }

    pub(super) fn reads(&self) -> Vec<&'static FieldInfo> {
        match &self.source {
            ColumnSource::Field(field) | ColumnSource::Or(field, _) => vec![field],
            ColumnSource::First(fields) => fields.clone(),
            ColumnSource::Table(table) => vec![table.field],
            ColumnSource::Constant(_) | ColumnSource::List(_) => Vec::new(),
            ColumnSource::Expression(expression, _) => expression.needs.all_fields(),
        }
    }
}

impl MappedRecord {
    /// Whether a row needs that record.
    pub fn reads(&self, entity: Entity) -> bool {
        let by_column = self.columns.iter().flat_map(MappedColumn::reads);
        by_column.chain(self.filters.iter().flat_map(Filter::reads)).any(|field| field.entity == entity)
    }

    /// Whether its conditions leave out every row, because of a switch that is off.
    pub(crate) fn has_no_rows(&self) -> bool {
        self.filters.iter().any(|filter| filter.is_never)
    }

    /// Whether all that a row needs of that record (a user or a member) is its identity, and that only where the other one
    /// of the two has none: `first_of = ["member.identity", "user.identity"]`.
    pub fn reads_as_second_identity(&self, entity: Entity) -> bool {
        let is_second = |column: &MappedColumn| match &column.source {
            ColumnSource::First(fields) => {
                let identities = fields.iter().all(|field| field.name == "identity");
                identities && fields.len() == 2 && fields[1].entity == entity && fields[0].entity != entity
            }
            _ => false,
        };
        let reads = |field: &FieldInfo| field.entity == entity;
        let in_columns = self.columns.iter().filter(|column| column.reads().into_iter().any(reads));
        in_columns.clone().next().is_some()
            && in_columns.clone().all(is_second)
            && !self.filters.iter().flat_map(Filter::reads).any(reads)
    }

    /// The same record with some of its columns alone, in the given order: what it does not have is left out.
    #[must_use]
    pub fn narrowed(&self, names: &[&str]) -> Self {
        let column = |name: &&str| self.columns.iter().find(|column| column.name == *name).cloned();
        Self { columns: names.iter().filter_map(column).collect(), ..self.clone() }
    }

    /// The key, if every column of it is written as it is.
    pub fn written_key(&self) -> Option<&[String]> {
        let is_written = |name: &String| {
            self.columns.iter().any(|column| column.name == *name && !column.is_pseudonymous())
        };
        self.key.iter().all(is_written).then_some(self.key.as_slice())
    }

    /// What expressions over its rows can name.
    pub(super) fn scope<'a>(&'a self, lists: &'a [String]) -> NameScope<'a> {
        NameScope { entity: self.entity, run: &self.run, lists, safe_names: &self.safe_names }
    }

    /// Whether it is written as NDJSON only.
    pub fn is_ndjson_only(&self) -> bool {
        self.batch.is_some() || self.lines.is_some()
    }

    /// Whether an expression of it asks which users there are.
    pub fn needs_users(&self) -> bool {
        let of_columns = self.columns.iter().filter_map(|column| match &column.source {
            ColumnSource::Expression(expression, _) => Some(expression.as_ref()),
            _ => None,
        });
        of_columns.chain(self.filters.iter().filter_map(Filter::expression)).any(|found| found.needs_users)
            || self.lists.iter().any(|list| list.record.needs_users())
    }

    /// What all its expressions need of a row.
    pub(super) fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        for column in &self.columns {
            if let ColumnSource::Expression(expression, _) = &column.source {
                needs.add(&expression.needs);
            }
        }
        self.filters
            .iter()
            .filter_map(Filter::expression)
            .for_each(|expression| needs.add(&expression.needs));
        needs
    }
}
