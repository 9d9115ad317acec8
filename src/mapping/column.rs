//! Compiles one column: finds where its value comes from, and that its type fits.

use std::sync::Arc;

use super::error::{Located, MappingProblem};
use super::expression::Expression;
use super::file::{ColumnEntry, Otherwise};
use super::path::{field_path, resolve};
use super::pii;
use super::record::{ColumnSource, Constant, MappedColumn, ValueShape, ValueTable};
use super::scope::NameScope;
use super::value::{ColumnType, Pii};
use crate::model::Entity;
use crate::storage::nearest;

/// Compiles a column of a record.
pub(super) fn compile(file_text: &str, entry: ColumnEntry, scope: NameScope<'_>) -> Located<MappedColumn> {
    let name = entry.name.get_ref().clone();
    if name.is_empty() {
        return Err((entry.name.span(), MappingProblem::Empty { what: "a column's name" }));
    }
    let source = source(file_text, &entry, scope)?;
    let shape = shape(&entry, &source, scope)?;
    let declared = entry.column_type.as_ref();
    let (found, source_name) = match &source {
        ColumnSource::Field(field) | ColumnSource::Or(field, _) => (field.column_type, field_path(field)),
        ColumnSource::First(fields) => (fields[0].column_type, field_path(fields[0])),
        ColumnSource::Table(table) => (table.column_type(), "the value table".to_owned()),
        ColumnSource::List(_) => (ColumnType::Array, "the list".to_owned()),
        ColumnSource::Constant(constant) => (constant.0.column_type(), "the constant".to_owned()),
        ColumnSource::Expression(..) => {
            (declared.map_or(ColumnType::String, |declared| *declared.get_ref()), "the expression".to_owned())
        }
    };
    let (found, source_name) = match &shape {
        Some(ValueShape::SafeName(..)) => (ColumnType::String, "a safe name".to_owned()),
        Some(ValueShape::Number(_)) => (ColumnType::Integer, "a date in that unit".to_owned()),
        None => (found, source_name),
    };
    let column_type = match declared {
        None => found,
        Some(declared) if holds(*declared.get_ref(), found) => *declared.get_ref(),
        Some(declared) => {
            let (declared_name, found) = (declared.get_ref().name(), found.name());
            let problem = MappingProblem::Type { column: name, declared: declared_name, source_name, found };
            return Err((declared.span(), problem));
        }
    };
    let mut column = MappedColumn {
        name,
        column_type,
        description: entry.description,
        pii: Pii::None,
        kind: String::new(),
        key: None,
        source,
        shape,
        unique: entry.unique.into(),
        reserved: Vec::new(),
    };
    column.reserved = column.reserved_names(scope.safe_names);
    let reads = column.reads();
    // What is computed from personal values is personal, unless the file says otherwise.
    column.pii = entry.pii.or_else(|| reads.iter().map(|field| field.pii).max()).unwrap_or(Pii::None);
    column.kind = match (entry.kind, &column.source) {
        (Some(kind), _) => kind,
        (None, ColumnSource::Field(field) | ColumnSource::Or(field, _)) => pii::kind(field),
        (None, ColumnSource::First(fields)) => pii::kind(fields[0]),
        (None, _) => format!("column.{}", column.name),
    };
    Ok(column)
}

/// Whether a column of that type can hold values of the other.
fn holds(declared: ColumnType, found: ColumnType) -> bool {
    use ColumnType::{Array, Datetime, Integer, Json, Number, Object, String};
    declared == found
        || matches!(
            (declared, found),
            (Json, Object | Array) | (Array, Object) | (String, Datetime) | (Number, Integer)
        )
}

/// What a column makes of its plain value.
fn shape(entry: &ColumnEntry, source: &ColumnSource, scope: NameScope<'_>) -> Located<Option<ValueShape>> {
    let field_type = match source {
        ColumnSource::Field(field) => Some(field.column_type),
        ColumnSource::First(fields) => Some(fields[0].column_type),
        _ => None,
    };
    match (&entry.safe_name, &entry.unit) {
        (Some(_), Some(unit)) => Err((unit.span(), needs(entry, "unit", "a column without `safe_name`"))),
        (Some(rule), None) if field_type != Some(ColumnType::String) => {
            Err((rule.span(), needs(entry, "safe_name", "a `path` or `first_of` that gives texts")))
        }
        (Some(rule), None) => {
            let rules = &scope.safe_names.0;
            let found = rules.get(rule.get_ref()).ok_or_else(|| {
                let names: Vec<&str> = rules.keys().map(String::as_str).collect();
                let suggestion = nearest(rule.get_ref(), names.iter().copied()).map(str::to_owned);
                let known = format!("`[safe_names]` has {}", names.join(", "));
                let name = rule.get_ref().clone();
                (rule.span(), MappingProblem::Unknown { what: "safe name", name, suggestion, known })
            })?;
            Ok(Some(ValueShape::SafeName(rule.get_ref().clone(), Arc::clone(found))))
        }
        (None, Some(unit)) if field_type != Some(ColumnType::Datetime) => {
            Err((unit.span(), needs(entry, "unit", "a `path` or `first_of` that gives dates")))
        }
        (None, Some(unit)) => Ok(Some(ValueShape::Number(*unit.get_ref()))),
        (None, None) => Ok(None),
    }
}

fn source(file_text: &str, entry: &ColumnEntry, scope: NameScope<'_>) -> Located<ColumnSource> {
    check_keys(entry)?;
    let entity: Entity = scope.entity;
    if let Some(list) = &entry.list {
        let position = scope.lists.iter().position(|name| name == list.get_ref());
        return position.map(ColumnSource::List).ok_or_else(|| {
            let suggestion =
                nearest(list.get_ref(), scope.lists.iter().map(String::as_str)).map(str::to_owned);
            let known = format!("the record's lists are {}", scope.lists.join(", "));
            let name = list.get_ref().clone();
            (list.span(), MappingProblem::Unknown { what: "list", name, suggestion, known })
        });
    }
    if let Some(constant) = &entry.constant {
        return Ok(ColumnSource::Constant(Constant(constant.get_ref().clone())));
    }
    if let Some(value) = &entry.value {
        let expression =
            Expression::compile(value.get_ref(), scope).map_err(|error| error.in_file(file_text, value))?;
        let on_error = entry.on_error.as_ref().map(|on_error| *on_error.get_ref()).unwrap_or_default();
        return Ok(ColumnSource::Expression(Arc::new(expression), on_error));
    }
    if let Some(paths) = &entry.first_of {
        let mut fields = Vec::new();
        for path in paths.get_ref() {
            fields.push(resolve(path, entity)?);
        }
        let Some(first) = fields.first() else {
            return Err((paths.span(), MappingProblem::Empty { what: "`first_of`" }));
        };
        if fields.iter().any(|field| field.column_type != first.column_type) {
            return Err((paths.span(), needs(entry, "first_of", "paths of one type")));
        }
        return Ok(ColumnSource::First(fields));
    }
    let path = entry.path.as_ref().expect("exactly one source is present and it is none of the others");
    let field = resolve(path, entity)?;
    if let Some(default) = &entry.default {
        if default.get_ref().column_type() != field.column_type {
            return Err((default.span(), needs(entry, "default", "a value of the path's type")));
        }
        return Ok(ColumnSource::Or(field, Constant(default.get_ref().clone())));
    }
    let Some(table) = &entry.table else { return Ok(ColumnSource::Field(field)) };
    if field.column_type != ColumnType::String {
        return Err((path.span(), needs(entry, "table", "a `path` to a text")));
    }
    let values: Vec<(String, Constant)> =
        table.get_ref().iter().map(|(from, to)| (from.clone(), Constant(to.clone()))).collect();
    let otherwise = entry.otherwise.as_ref().map(|otherwise| *otherwise.get_ref()).unwrap_or_default();
    let of_type = |column_type: ColumnType| values.iter().all(|(_, to)| to.0.column_type() == column_type);
    let first_type = values.first().map_or(ColumnType::String, |(_, to)| to.0.column_type());
    if !of_type(first_type) {
        return Err((table.span(), needs(entry, "table", "values of one type")));
    }
    if otherwise == Otherwise::Keep && first_type != ColumnType::String {
        let problem = needs(entry, "table", "texts as its values, or `otherwise = \"null\"`");
        return Err((table.span(), problem));
    }
    Ok(ColumnSource::Table(Box::new(ValueTable { field, values, otherwise })))
}

/// Checks that a column has one source, and no key that goes with another.
fn check_keys(entry: &ColumnEntry) -> Located<()> {
    let found: Vec<&str> = [
        ("`path`", entry.path.is_some()),
        ("`first_of`", entry.first_of.is_some()),
        ("`const`", entry.constant.is_some()),
        ("`value`", entry.value.is_some()),
        ("`list`", entry.list.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, present)| present.then_some(key))
    .collect();
    if found.len() != 1 {
        let found = if found.is_empty() { "none of them".to_owned() } else { found.join(" and ") };
        return Err((
            entry.name.span(),
            MappingProblem::Source { column: entry.name.get_ref().clone(), found },
        ));
    }
    if let (Some(table), None) = (&entry.table, &entry.path) {
        return Err((table.span(), needs(entry, "table", "a `path`")));
    }
    if let (Some(default), true) = (&entry.default, entry.path.is_none() || entry.table.is_some()) {
        return Err((default.span(), needs(entry, "default", "a `path` without a `table`")));
    }
    if let (Some(otherwise), None) = (&entry.otherwise, &entry.table) {
        return Err((otherwise.span(), needs(entry, "otherwise", "a `table`")));
    }
    if let (Some(on_error), None) = (&entry.on_error, &entry.value) {
        return Err((on_error.span(), needs(entry, "on_error", "a `value`: nothing else can fail")));
    }
    Ok(())
}

fn needs(entry: &ColumnEntry, key: &'static str, needs: &'static str) -> MappingProblem {
    MappingProblem::Needs { column: entry.name.get_ref().clone(), key, needs }
}
