//! Rows: a record's columns over the records that a walk gives, one after another.
//!
//! Plain columns are read from the model when they are written. Expressions and pseudonyms are computed once for a row, so that
//! every format has the same value at the cost of one.

use std::borrow::Cow;
use std::sync::Arc;

use super::context::context;
use super::expression::{Expression, Needs, describe};
use super::file::OnError;
use super::filter::Condition;
use super::instant;
use super::pii::PiiPolicy;
use super::record::{ColumnSource, MappedColumn, MappedRecord, ValueShape};
use super::value::{ColumnType, Value};
use crate::model::{Entity, RowRecords, Sid, SidKind, Timestamp};
use crate::printable::cut_letters;

/// A value that was computed for a row.
#[derive(Debug, Clone, PartialEq)]
enum Computed {
    /// It was not: the column is plain.
    Plain,
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    Time(Timestamp),
    Json(String),
}

/// An expression failed on a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: record `{record}`, {place}, {subject}: {message}")]
pub struct CellError {
    /// The mapping's file.
    pub file: String,
    pub record: String,
    /// ``column `name` `` or `where`.
    pub place: String,
    /// The SID of the row's record; for a membership `US…/CH…`.
    pub subject: String,
    pub message: String,
}

#[derive(Debug)]
pub(crate) enum RowOutcome {
    /// It is written; these cells of it are null because their expressions failed.
    Row(Vec<CellError>),
    /// The record's conditions do not hold.
    Filtered,
    /// It is left out because an expression failed.
    Skipped(CellError),
}

/// Computes the rows of a record.
#[derive(Debug)]
pub(crate) struct Evaluator<'m> {
    record: &'m MappedRecord,
    needs: Needs,
    has_computed: bool,
    computed: Vec<Computed>,
    /// The text of each list of the row.
    lists: Vec<Arc<str>>,
}

/// What a column makes of its plain value: a name, a number, or of an object in a column of lists the list of it alone.
fn shaped(column: &MappedColumn, subject: &RowRecords<'_>) -> Result<Computed, String> {
    let value = column.plain_value(subject);
    match (&column.shape, value) {
        (Some(_), Value::Null) => Ok(Computed::Null),
        (Some(ValueShape::SafeName(_, rule)), value) => Ok(match value.to_text().as_deref() {
            Some(text) => match rule.name(text) {
                Cow::Borrowed(_) => Computed::Plain,
                Cow::Owned(name) => Computed::Text(name),
            },
            None => Computed::Null,
        }),
        (Some(ValueShape::Number(unit)), Value::Time(time)) => {
            let number = instant::number(time, *unit);
            number.map(Computed::Integer).ok_or_else(|| format!("`{time}` is not a date"))
        }
        (None, Value::Json(text)) if column.lists_an_object() && text.trim_start().starts_with('{') => {
            Ok(Computed::Json(format!("[{text}]")))
        }
        _ => Ok(Computed::Plain),
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct MappedRow<'a> {
    /// The columns that are written.
    pub columns: &'a [MappedColumn],
    subject: &'a RowRecords<'a>,
    computed: &'a [Computed],
    lists: &'a [Arc<str>],
}

impl<'a> MappedRow<'a> {
    /// The values, in the order of the columns.
    pub(crate) fn values(&self) -> impl Iterator<Item = Value<'a>> {
        let row = *self;
        (0..self.columns.len()).map(move |position| row.value(position))
    }

    /// The value of one column.
    pub(crate) fn value(&self, position: usize) -> Value<'a> {
        match self.computed.get(position) {
            None | Some(Computed::Plain) => match &self.columns[position].source {
                ColumnSource::List(list) => {
                    self.lists.get(*list).map_or(Value::Null, |text| Value::Json(text))
                }
                _ => self.columns[position].plain_value(self.subject),
            },
            Some(Computed::Null) => Value::Null,
            Some(Computed::Boolean(value)) => Value::Boolean(*value),
            Some(Computed::Integer(value)) => Value::Integer(*value),
            Some(Computed::Number(value)) => Value::Number(*value),
            Some(Computed::Text(text)) => Value::Text(text),
            Some(Computed::Time(time)) => Value::Time(time),
            Some(Computed::Json(text)) => Value::Json(text),
        }
    }
}

impl<'m> Evaluator<'m> {
    /// Gets ready for a record.
    pub(crate) fn new(record: &'m MappedRecord) -> Self {
        let has_computed =
            record.columns.iter().any(MappedColumn::is_computed) || !matches!(record.pii, PiiPolicy::Keep);
        let computed = if has_computed { vec![Computed::Plain; record.columns.len()] } else { Vec::new() };
        Self { record, needs: record.needs(), has_computed, computed, lists: Vec::new() }
    }

    /// Takes the text of each of the record's lists for the next row, in their order.
    pub(crate) fn set_lists(&mut self, lists: Vec<Arc<str>>) {
        self.lists = lists;
    }

    /// The lists that expressions read.
    fn read_lists(&self) -> Vec<(String, Arc<str>)> {
        let named = self.record.lists.iter().map(|list| &list.record.name).zip(&self.lists);
        let read = named.filter(|(name, _)| self.needs.lists.contains(name));
        read.map(|(name, text)| (name.clone(), Arc::clone(text))).collect()
    }

    /// What a column's value is made from, for messages.
    pub(crate) fn original(&self, position: usize, subject: &RowRecords<'_>) -> String {
        let column = &self.record.columns[position];
        let value = match column.source {
            ColumnSource::Expression(..) => self.row(subject).value(position),
            _ => column.plain_value(subject),
        };
        value.to_text().map(Cow::into_owned).unwrap_or_default()
    }

    /// Takes the next row: its conditions, then its expressions and pseudonyms.
    ///
    /// # Errors
    /// When an expression fails whose column says that this ends the export.
    pub(crate) fn evaluate(&mut self, subject: &RowRecords<'_>) -> Result<RowOutcome, Box<CellError>> {
        let record = self.record;
        // Made when the first expression needs it: a row that a plain condition leaves out costs no more than that.
        let mut made = None;
        for filter in &record.filters {
            let keeps = match &filter.condition {
                Condition::Plain(node) => node.holds(subject),
                Condition::Expression(expression) => {
                    let value = run(expression, self.context(&mut made, subject))
                        .map_err(|message| Box::new(self.error("`where`".to_owned(), subject, message)))?;
                    value.is_true()
                }
            };
            if !keeps {
                return Ok(RowOutcome::Filtered);
            }
        }
        let mut nulled = Vec::new();
        if !self.has_computed {
            return Ok(RowOutcome::Row(nulled));
        }
        for (position, column) in record.columns.iter().enumerate().filter(|(_, column)| column.is_computed())
        {
            let value = match &column.source {
                ColumnSource::Expression(expression, on_error) => {
                    let result = run(expression, self.context(&mut made, subject))
                        .and_then(|value| computed(&value, column.column_type));
                    match result {
                        Ok(value) => value,
                        Err(message) => {
                            let error = self.error(format!("column `{}`", column.name), subject, message);
                            match on_error {
                                OnError::Fail => return Err(Box::new(error)),
                                OnError::Skip => return Ok(RowOutcome::Skipped(error)),
                                OnError::Null => nulled.push(error),
                            }
                            Computed::Null
                        }
                    }
                }
                _ => shaped(column, subject).unwrap_or_else(|message| {
                    nulled.push(self.error(format!("column `{}`", column.name), subject, message));
                    Computed::Null
                }),
            };
            self.computed[position] = value;
            if let Some(key) = &column.key {
                let row = self.row(subject);
                let pseudonym = match row.value(position).to_text() {
                    Some(text) if column.reserved.iter().any(|name| *name == text) => {
                        Computed::Text(text.into_owned())
                    }
                    Some(text) => Computed::Text(key.hash(&column.kind, text.as_bytes())),
                    None => Computed::Null,
                };
                self.computed[position] = pseudonym;
            }
        }
        self.replace_credentials(subject);
        Ok(RowOutcome::Row(nulled))
    }

    /// Drops or hashes the credentials of addresses in columns that are not personal.
    fn replace_credentials(&mut self, subject: &RowRecords<'_>) {
        let record = self.record;
        if matches!(record.pii, PiiPolicy::Keep) {
            return;
        }
        for (position, column) in record.columns.iter().enumerate().filter(|(_, column)| column.key.is_none())
        {
            if !column.is_computed() {
                self.computed[position] = Computed::Plain; // not that of the row before
            }
            let row = self.row(subject);
            let replaced = match row.value(position) {
                Value::Text(text) => record.pii.without_credentials(text).map(Computed::Text),
                Value::Json(text) => record.pii.without_credentials(text).map(Computed::Json),
                _ => None,
            };
            if let Some(replaced) = replaced {
                self.computed[position] = replaced;
            }
        }
    }

    /// Tries every condition and column on a row, whatever fails: for `mapping check`.
    pub(crate) fn try_all(&mut self, subject: &RowRecords<'_>) -> Vec<TriedCell> {
        let record = self.record;
        let context = context(subject, &self.needs, &record.constants, self.read_lists());
        let mut tried = Vec::new();
        for filter in &record.filters {
            let outcome = match &filter.condition {
                Condition::Plain(node) => Ok(node.holds(subject)),
                Condition::Expression(expression) => run(expression, &context).map(|value| value.is_true()),
            };
            let outcome = outcome.map(serde_json::Value::from);
            tried.push(TriedCell { name: "where".to_owned(), is_fatal: true, outcome });
        }
        for (position, column) in record.columns.iter().enumerate() {
            let mut is_fatal = true;
            let mut outcome = shaped(column, subject);
            if let ColumnSource::Expression(expression, on_error) = &column.source {
                is_fatal = *on_error == OnError::Fail;
                outcome = run(expression, &context).and_then(|value| computed(&value, column.column_type));
            }
            let outcome = outcome.map(|value| {
                let mut computed = vec![Computed::Plain; record.columns.len()];
                computed[position] = value;
                let lists = &self.lists;
                let row = MappedRow { columns: &record.columns, subject, computed: &computed, lists };
                row.value(position).to_json()
            });
            tried.push(TriedCell { name: column.name.clone(), is_fatal, outcome });
        }
        tried
    }

    /// The row that was last evaluated over that subject.
    pub(crate) fn row<'a>(&'a self, subject: &'a RowRecords<'a>) -> MappedRow<'a> {
        let (columns, computed, lists) = (&self.record.columns, &self.computed, &self.lists);
        MappedRow { columns, subject, computed, lists }
    }

    /// The context of a row's expressions, made once.
    fn context<'c>(
        &self,
        made: &'c mut Option<minijinja::Value>,
        subject: &RowRecords<'_>,
    ) -> &'c minijinja::Value {
        made.get_or_insert_with(|| context(subject, &self.needs, &self.record.constants, self.read_lists()))
    }

    fn error(&self, place: String, subject: &RowRecords<'_>, message: String) -> CellError {
        CellError {
            file: self.record.file.to_string(),
            record: self.record.name.clone(),
            place,
            subject: row_sid(self.record.entity, subject),
            message,
        }
    }
}

/// What a condition or a column gave on a row.
#[derive(Debug, Clone)]
pub(crate) struct TriedCell {
    /// The column's name, or `where`.
    pub name: String,
    /// Whether a failure would end an export.
    pub is_fatal: bool,
    /// The value as NDJSON has it, or what went wrong.
    pub outcome: Result<serde_json::Value, String>,
}

fn run(expression: &Expression, context: &minijinja::Value) -> Result<minijinja::Value, String> {
    let value = expression.evaluate(context.clone()).map_err(|error| describe(&error))?;
    if value.is_undefined() { Err("the result is undefined".to_owned()) } else { Ok(value) }
}

/// Takes an expression's result as a cell of the column's type. Nothing is converted: a wrong type is a mistake to be reported.
fn computed(value: &minijinja::Value, column_type: ColumnType) -> Result<Computed, String> {
    use minijinja::value::ValueKind;
    let fits = match (column_type, value.kind()) {
        (_, ValueKind::None) => Some(Computed::Null),
        (ColumnType::String, ValueKind::String) => value.as_str().map(|text| Computed::Text(text.to_owned())),
        (ColumnType::Datetime, ValueKind::String) => value
            .as_str()
            .map(Timestamp::from_wire)
            .filter(|time| time.seconds().is_some())
            .map(Computed::Time),
        (ColumnType::Integer, ValueKind::Number) if value.is_integer() => {
            value.as_i64().map(Computed::Integer)
        }
        (ColumnType::Number, ValueKind::Number) => {
            f64::try_from(value.clone()).ok().filter(|number| number.is_finite()).map(Computed::Number)
        }
        (ColumnType::Boolean, ValueKind::Bool) => Some(Computed::Boolean(value.is_true())),
        (ColumnType::Object, ValueKind::Map)
        | (ColumnType::Array, ValueKind::Seq | ValueKind::Iterable)
        | (ColumnType::Json, _) => {
            Some(Computed::Json(serde_json::to_string(value).map_err(|error| error.to_string())?))
        }
        _ => None,
    };
    fits.ok_or_else(|| {
        format!(
            "the result is a {} (`{}`), which a column of type {} cannot hold",
            value.kind(),
            cut_letters(&value.to_string(), 40),
            column_type.name()
        )
    })
}

/// The SID of a row's own record; for a membership `US…/CH…`.
pub(crate) fn row_sid(entity: Entity, subject: &RowRecords<'_>) -> String {
    fn text<K: SidKind>(sid: Option<&Sid<K>>) -> String {
        sid.map(ToString::to_string).unwrap_or_default()
    }
    match entity {
        Entity::Service => subject.service.sid.to_string(),
        Entity::Role => text(subject.role.map(|role| &role.sid)),
        Entity::User => text(subject.user.map(|user| &user.sid)),
        Entity::Channel => text(subject.channel.map(|channel| &channel.sid)),
        Entity::Member => text(subject.member.map(|member| &member.sid)),
        Entity::Invite => text(subject.invite.map(|invite| &invite.sid)),
        Entity::Message => text(subject.message.map(|message| &message.sid)),
        Entity::Binding => text(subject.binding.map(|binding| &binding.sid)),
        Entity::Membership => subject.membership.map_or_else(
            || text(subject.member.map(|member| &member.sid)),
            |membership| format!("{}/{}", membership.user_sid, membership.channel_sid),
        ),
    }
}
