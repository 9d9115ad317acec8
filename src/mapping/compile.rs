//! Checks a mapping file and turns it into a [`Mapping`]: every name is looked up, and what is wrong is said with its place.

use std::collections::HashSet;
use std::ops::Range;

use toml::Spanned;

use super::bundled;
use super::error::{MappingError, Place, Problem};
use super::field::{FieldInfo, entity_name, entity_named, field, fields_of, reachable};
use super::file::{ColumnEntry, MappingFile, RecordEntry, Scalar, VERSION};
use super::filter::Filter;
use super::key;
use super::near::nearest;
use super::record::{Column, Constant, Mapping, Record, Source, ValueTable};
use super::value::{ColumnType, Pii};
use crate::model::Entity;

/// A problem and the bytes of the file that it is about.
pub(super) type Located<T> = Result<T, (Range<usize>, Problem)>;

/// Reads a mapping: a bundled one by its name, any other by its file's path.
pub fn load(name_or_path: &str) -> Result<Mapping, MappingError> {
    if let Some(text) = bundled::text(name_or_path) {
        return parse(text, &format!("mapping {name_or_path}"));
    }
    let path = std::path::Path::new(name_or_path);
    let looks_like_a_name = !name_or_path.contains(['.', '/', '\\']);
    if looks_like_a_name && !path.exists() {
        let bundled = bundled::names();
        let suggestion = nearest(name_or_path, bundled.iter().copied()).map(str::to_owned);
        return Err(MappingError::Unknown { name: name_or_path.to_owned(), suggestion, bundled });
    }
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, name_or_path),
        Err(source) => Err(MappingError::Unreadable { path: path.to_owned(), source }),
    }
}

/// Reads a mapping from its text; `file` is what messages call it.
pub fn parse(text: &str, file: &str) -> Result<Mapping, MappingError> {
    let located = toml::from_str::<MappingFile>(text)
        .map_err(|error| (error.span().unwrap_or_default(), syntax(&error)))
        .and_then(|parsed| mapping(parsed, text));
    located.map_err(|(span, problem)| MappingError::Invalid {
        file: file.to_owned(),
        place: Place::of(text, span.start),
        problem: Box::new(problem),
    })
}

/// The parser's message, with a suggestion where it lists what it would have known.
fn syntax(error: &toml::de::Error) -> Problem {
    let message = error.message().trim().replace('\n', "; ");
    let mut quoted = message.split('`').skip(1).step_by(2);
    let suggestion = match quoted.next() {
        Some(unknown) if message.starts_with("unknown") => nearest(unknown, quoted).map(str::to_owned),
        _ => None,
    };
    Problem::Syntax { message, suggestion }
}

fn mapping(parsed: MappingFile, text: &str) -> Located<Mapping> {
    if *parsed.version.get_ref() != VERSION {
        let found = *parsed.version.get_ref();
        return Err((parsed.version.span(), Problem::Version { found, known: VERSION }));
    }
    check_name("mapping", &parsed.name)?;
    if parsed.records.get_ref().is_empty() {
        return Err((parsed.records.span(), Problem::Empty { what: "`records`" }));
    }
    let mut names = HashSet::new();
    let mut records = Vec::new();
    for entry in parsed.records.into_inner() {
        check_name("record", &entry.name)?;
        if !names.insert(entry.name.get_ref().clone()) {
            let name = entry.name.get_ref().clone();
            return Err((entry.name.span(), Problem::Twice { what: "record", name }));
        }
        records.push(record(entry)?);
    }
    Ok(Mapping {
        name: parsed.name.into_inner(),
        description: parsed.description,
        text: text.to_owned(),
        records,
    })
}

/// Names become file names and must be safe as such everywhere.
fn check_name(what: &'static str, name: &Spanned<String>) -> Located<()> {
    let text = name.get_ref();
    let fits = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if fits { Ok(()) } else { Err((name.span(), Problem::Name { what, name: text.clone() })) }
}

fn record(entry: RecordEntry) -> Located<Record> {
    let entity = entity_named(entry.entity.get_ref()).ok_or_else(|| {
        let known: Vec<&str> = Entity::ALL.into_iter().map(entity_name).collect();
        let suggestion = nearest(entry.entity.get_ref(), known.iter().copied()).map(str::to_owned);
        let known = format!("entities are {}", known.join(", "));
        let name = entry.entity.get_ref().clone();
        (entry.entity.span(), Problem::Unknown { what: "entity", name, suggestion, known })
    })?;
    if entry.columns.get_ref().is_empty() {
        return Err((entry.columns.span(), Problem::Empty { what: "`columns`" }));
    }
    let mut columns: Vec<Column> = Vec::new();
    for column_entry in entry.columns.into_inner() {
        if columns.iter().any(|column| column.name == *column_entry.name.get_ref()) {
            let name = column_entry.name.get_ref().clone();
            return Err((column_entry.name.span(), Problem::Twice { what: "column", name }));
        }
        columns.push(column(column_entry, entity)?);
    }
    let order = key::order(entity, &entry.key, &columns)?;
    let filter = entry.filter.as_ref().map(|text| filter(text, entity)).transpose()?;
    Ok(Record {
        name: entry.name.into_inner(),
        description: entry.description,
        entity,
        order,
        key: entry.key.into_inner().into_iter().map(Spanned::into_inner).collect(),
        filter,
        columns,
    })
}

fn filter(text: &Spanned<String>, entity: Entity) -> Located<Filter> {
    Filter::recognise(text.get_ref(), entity).ok_or_else(|| {
        let message = "`where` must compare fields with constants, joined by `and`".to_owned();
        (text.span(), Problem::Expression { message })
    })
}

fn column(entry: ColumnEntry, entity: Entity) -> Located<Column> {
    let name = entry.name.get_ref().clone();
    if name.is_empty() {
        return Err((entry.name.span(), Problem::Empty { what: "a column's name" }));
    }
    let source = source(&entry, entity)?;
    let (found, pii, source_name) = match &source {
        Source::Field(field) => (field.column_type, field.pii, field_name(field)),
        Source::Table(table) => (table.column_type(), table.field.pii, "the value table".to_owned()),
        Source::Constant(constant) => (constant.column_type(), Pii::None, "the constant".to_owned()),
    };
    let column_type = match entry.column_type {
        None => found,
        Some(declared) if holds(*declared.get_ref(), found) => declared.into_inner(),
        Some(declared) => {
            let problem = Problem::Type {
                column: name,
                declared: declared.get_ref().name(),
                source_name,
                found: found.name(),
            };
            return Err((declared.span(), problem));
        }
    };
    Ok(Column { name, column_type, description: entry.description, pii: entry.pii.unwrap_or(pii), source })
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

fn source(entry: &ColumnEntry, entity: Entity) -> Located<Source> {
    let column = || entry.name.get_ref().clone();
    let found: Vec<&str> = [
        ("`path`", entry.path.is_some()),
        ("`const`", entry.constant.is_some()),
        ("`value`", entry.value.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, present)| present.then_some(key))
    .collect();
    if found.len() != 1 {
        let found = if found.is_empty() { "none of them".to_owned() } else { found.join(" and ") };
        return Err((entry.name.span(), Problem::Source { column: column(), found }));
    }
    if let (Some(table), None) = (&entry.table, &entry.path) {
        return Err((table.span(), Problem::Needs { column: column(), key: "table", needs: "a `path`" }));
    }
    if let (Some(otherwise), None) = (&entry.otherwise, &entry.table) {
        let problem = Problem::Needs { column: column(), key: "otherwise", needs: "a `table`" };
        return Err((otherwise.span(), problem));
    }
    if let (Some(on_error), None) = (&entry.on_error, &entry.value) {
        let needs = "a `value`: nothing else can fail";
        return Err((on_error.span(), Problem::Needs { column: column(), key: "on_error", needs }));
    }
    if let Some(constant) = &entry.constant {
        return Ok(Source::Constant(Constant(constant.get_ref().clone())));
    }
    if let Some(value) = &entry.value {
        let message = "expressions are not supported by this build".to_owned();
        return Err((value.span(), Problem::Expression { message }));
    }
    let path = entry.path.as_ref().expect("exactly one source is present and it is neither of the others");
    let field = resolve(path, entity)?;
    let Some(table) = &entry.table else { return Ok(Source::Field(field)) };
    if field.column_type != ColumnType::String {
        let needs = "a `path` to a text";
        return Err((path.span(), Problem::Needs { column: column(), key: "table", needs }));
    }
    let values = table.get_ref().iter().map(|(from, to)| (from.clone(), Constant(to.clone()))).collect();
    let otherwise = entry.otherwise.as_ref().map(|otherwise| *otherwise.get_ref()).unwrap_or_default();
    let table = ValueTable { field, values, otherwise };
    if !table.values.iter().all(|(_, to)| matches!(to.0, Scalar::Text(_))) {
        let needs = "texts alone as its values";
        return Err((entry.name.span(), Problem::Needs { column: column(), key: "table", needs }));
    }
    Ok(Source::Table(Box::new(table)))
}

/// `channel.unique_name`
pub(super) fn field_name(field: &FieldInfo) -> String {
    format!("{}.{}", entity_name(field.entity), field.name)
}

/// Looks a path up among the fields that rows of the entity can have.
fn resolve(path: &Spanned<String>, entity: Entity) -> Located<&'static FieldInfo> {
    let text = path.get_ref();
    let (record, name) = text.split_once('.').unwrap_or((entity_name(entity), text));
    let found = entity_named(record).filter(|record| reachable(entity).contains(record));
    if let Some(field) = found.and_then(|record| field(record, name)) {
        return Ok(field);
    }
    let paths: Vec<String> =
        reachable(entity).iter().flat_map(|&entity| fields_of(entity)).map(field_name).collect();
    let suggestion = nearest(text, paths.iter().map(String::as_str)).map(str::to_owned);
    let known = if let Some(record) = found {
        let names: Vec<&str> = fields_of(record).map(|field| field.name).collect();
        format!("the fields of `{}` are {}", entity_name(record), names.join(", "))
    } else {
        let names: Vec<&str> = reachable(entity).iter().map(|&entity| entity_name(entity)).collect();
        format!("a row of `{}` has {}", entity_name(entity), names.join(", "))
    };
    Err((path.span(), Problem::Unknown { what: "field", name: text.clone(), suggestion, known }))
}
