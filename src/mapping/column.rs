//! Compiles one column: finds where its value comes from, and that its type fits.

use std::sync::Arc;

use super::error::{Located, MappingProblem};
use super::expression::Expression;
use super::file::{ColumnEntry, Scalar};
use super::path::{field_path, resolve};
use super::pii;
use super::record::{ColumnSource, Constant, MappedColumn, ValueTable};
use super::value::{ColumnType, Pii};
use crate::model::Entity;

/// Compiles a column of a record over an entity.
pub(super) fn compile(file_text: &str, entry: ColumnEntry, entity: Entity) -> Located<MappedColumn> {
    let name = entry.name.get_ref().clone();
    if name.is_empty() {
        return Err((entry.name.span(), MappingProblem::Empty { what: "a column's name" }));
    }
    let source = source(file_text, &entry, entity)?;
    let declared = entry.column_type.as_ref();
    let (found, source_name) = match &source {
        ColumnSource::Field(field) | ColumnSource::Or(field, _) => (field.column_type, field_path(field)),
        ColumnSource::First(fields) => (fields[0].column_type, field_path(fields[0])),
        ColumnSource::Table(_) => (ColumnType::String, "the value table".to_owned()),
        ColumnSource::Constant(constant) => (constant.0.column_type(), "the constant".to_owned()),
        ColumnSource::Expression(..) => {
            (declared.map_or(ColumnType::String, |declared| *declared.get_ref()), "the expression".to_owned())
        }
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
    };
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

fn source(file_text: &str, entry: &ColumnEntry, entity: Entity) -> Located<ColumnSource> {
    check_keys(entry)?;
    if let Some(constant) = &entry.constant {
        return Ok(ColumnSource::Constant(Constant(constant.get_ref().clone())));
    }
    if let Some(value) = &entry.value {
        let expression =
            Expression::compile(value.get_ref(), entity).map_err(|error| error.in_file(file_text, value))?;
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
    if !values.iter().all(|(_, to)| matches!(to.0, Scalar::Text(_))) {
        return Err((table.span(), needs(entry, "table", "texts alone as its values")));
    }
    let otherwise = entry.otherwise.as_ref().map(|otherwise| *otherwise.get_ref()).unwrap_or_default();
    Ok(ColumnSource::Table(Box::new(ValueTable { field, values, otherwise })))
}

/// Checks that a column has one source, and no key that goes with another.
fn check_keys(entry: &ColumnEntry) -> Located<()> {
    let found: Vec<&str> = [
        ("`path`", entry.path.is_some()),
        ("`first_of`", entry.first_of.is_some()),
        ("`const`", entry.constant.is_some()),
        ("`value`", entry.value.is_some()),
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
