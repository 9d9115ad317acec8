//! Checks a mapping file and turns it into a [`Mapping`]: every name is looked up, and what is wrong is said with its place.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use toml::Spanned;

use super::bundled;
use super::column;
use super::context::Constants;
use super::error::{FilePosition, Located, MappingError, MappingProblem};
use super::field::{entity_name, entity_named};
use super::file::{InvitePolicy, MappingFile, RecordEntry, VERSION};
use super::filter::Filter;
use super::key;
use super::pii::PiiPolicy;
use super::record::{KeyOrder, MappedColumn, MappedRecord, Mapping};
use super::roles::RoleTable;
use crate::model::Entity;
use crate::storage::{hex, nearest};

/// Reads a mapping: a bundled one by its name, any other by its file's path.
pub fn load(name_or_path: &str) -> Result<Mapping, MappingError> {
    let (text, file) = read(name_or_path, None)?;
    parse(&text, &file, Path::new(name_or_path).parent())
}

/// Reads a mapping from its text. `file` is what messages call it, `folder` where the files that it names are looked for.
pub fn parse(text: &str, file: &str, folder: Option<&Path>) -> Result<Mapping, MappingError> {
    let parsed = parse_file(text, file)?;
    let mut digest = Sha256::new_with_prefix(text);
    let roles = match (&parsed.roles, &parsed.roles_from) {
        (Some(roles), _) => Some(roles.get_ref().clone()),
        (None, Some(from)) => {
            let (roles, text) = roles_of(from.get_ref(), folder)?;
            digest.update([0]);
            digest.update(text);
            Some(roles)
        }
        (None, None) => None,
    };
    let mut mapping =
        mapping(parsed, text, file, roles.map(Arc::new)).map_err(|located| invalid(located, text, file))?;
    mapping.sha256 = hex(&digest.finalize());
    Ok(mapping)
}

fn parse_file(text: &str, file: &str) -> Result<MappingFile, MappingError> {
    toml::from_str::<MappingFile>(text)
        .map_err(|error| invalid((error.span().unwrap_or_default(), syntax(&error)), text, file))
}

fn invalid((span, problem): (Range<usize>, MappingProblem), text: &str, file: &str) -> MappingError {
    MappingError::Invalid {
        file: file.to_owned(),
        place: FilePosition::of(text, span.start),
        problem: Box::new(problem),
    }
}

/// The text of a mapping and what messages call it.
fn read(name_or_path: &str, folder: Option<&Path>) -> Result<(String, String), MappingError> {
    if let Some(text) = bundled::text(name_or_path) {
        return Ok((text.to_owned(), format!("mapping {name_or_path}")));
    }
    let path = folder.map_or_else(|| Path::new(name_or_path).to_owned(), |folder| folder.join(name_or_path));
    let looks_like_a_name = !name_or_path.contains(['.', '/', '\\']);
    if looks_like_a_name && !path.exists() {
        let bundled = bundled::names();
        let suggestion = nearest(name_or_path, bundled.iter().copied()).map(str::to_owned);
        return Err(MappingError::Unknown { name: name_or_path.to_owned(), suggestion, bundled });
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((text, path.display().to_string())),
        Err(source) => Err(MappingError::Unreadable { path, source }),
    }
}

/// The role table of another mapping. That one must have it itself, so that there is no going round in circles.
fn roles_of(name_or_path: &str, folder: Option<&Path>) -> Result<(RoleTable, String), MappingError> {
    let (text, file) = read(name_or_path, folder)?;
    let parsed = parse_file(&text, &file)?;
    match parsed.roles {
        Some(roles) => Ok((roles.into_inner(), text)),
        None => Err(invalid((parsed.name.span(), MappingProblem::Empty { what: "`[roles]`" }), &text, &file)),
    }
}

/// The parser's message, with a suggestion where it lists what it would have known.
fn syntax(error: &toml::de::Error) -> MappingProblem {
    let message = error.message().trim().replace('\n', "; ");
    let mut quoted = message.split('`').skip(1).step_by(2);
    let suggestion = match quoted.next() {
        Some(unknown) if message.starts_with("unknown") => nearest(unknown, quoted).map(str::to_owned),
        _ => None,
    };
    MappingProblem::Syntax { message, suggestion }
}

fn mapping(parsed: MappingFile, text: &str, file: &str, roles: Option<Arc<RoleTable>>) -> Located<Mapping> {
    if *parsed.version.get_ref() != VERSION {
        let found = *parsed.version.get_ref();
        return Err((parsed.version.span(), MappingProblem::Version { found, known: VERSION }));
    }
    check_name("mapping", &parsed.name)?;
    if let (Some(roles), Some(from)) = (&parsed.roles, &parsed.roles_from) {
        let span = roles.span().start.max(from.span().start)..0;
        return Err((span, MappingProblem::Twice { what: "role table", name: "roles".to_owned() }));
    }
    if let (Some(span), Some(message)) =
        (parsed.roles.as_ref().map(Spanned::span), roles.as_ref().and_then(|roles| roles.problem()))
    {
        return Err((span, MappingProblem::Expression { message }));
    }
    if let Some((span, problem)) =
        parsed.plan.as_ref().and_then(|plan| Some((plan.span(), plan.get_ref().problem()?)))
    {
        return Err((span, problem));
    }
    if parsed.records.get_ref().is_empty() {
        return Err((parsed.records.span(), MappingProblem::Empty { what: "`records`" }));
    }
    let compiler = Compiler {
        text,
        file: file.into(),
        invites: parsed.invites,
        constants: Constants::new(parsed.invites.name(), roles.clone()),
    };
    let mut names = HashSet::new();
    let mut records = Vec::new();
    for entry in parsed.records.into_inner() {
        check_name("record", &entry.name)?;
        if !names.insert(entry.name.get_ref().clone()) {
            let name = entry.name.get_ref().clone();
            return Err((entry.name.span(), MappingProblem::Twice { what: "record", name }));
        }
        records.push(compiler.record(entry)?);
    }
    Ok(Mapping {
        name: parsed.name.into_inner(),
        description: parsed.description,
        text: text.to_owned(),
        sha256: String::new(),
        invites: parsed.invites,
        roles,
        plan: parsed.plan.map(Spanned::into_inner).unwrap_or_default(),
        records,
    })
}

/// Names become file names and must be safe as such everywhere.
fn check_name(what: &'static str, name: &Spanned<String>) -> Located<()> {
    let text = name.get_ref();
    let fits = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if fits { Ok(()) } else { Err((name.span(), MappingProblem::Name { what, name: text.clone() })) }
}

/// What the records of a file have in common.
struct Compiler<'t> {
    text: &'t str,
    file: Arc<str>,
    invites: InvitePolicy,
    constants: Constants,
}

impl Compiler<'_> {
    fn record(&self, entry: RecordEntry) -> Located<MappedRecord> {
        let entity = entity_named(entry.entity.get_ref()).ok_or_else(|| {
            let known: Vec<&str> = Entity::ALL.into_iter().map(entity_name).collect();
            let suggestion = nearest(entry.entity.get_ref(), known.iter().copied()).map(str::to_owned);
            let known = format!("entities are {}", known.join(", "));
            let name = entry.entity.get_ref().clone();
            (entry.entity.span(), MappingProblem::Unknown { what: "entity", name, suggestion, known })
        })?;
        if entry.columns.get_ref().is_empty() {
            return Err((entry.columns.span(), MappingProblem::Empty { what: "`columns`" }));
        }
        let mut columns: Vec<MappedColumn> = Vec::new();
        for column_entry in entry.columns.into_inner() {
            if columns.iter().any(|column| column.name == *column_entry.name.get_ref()) {
                let name = column_entry.name.get_ref().clone();
                return Err((column_entry.name.span(), MappingProblem::Twice { what: "column", name }));
            }
            columns.push(column::compile(self.text, column_entry, entity)?);
        }
        let order = key::order(entity, &entry.key, &columns)?;
        let other_members = entry.other_members.as_ref().is_some_and(|wanted| *wanted.get_ref());
        if let (true, Some(wanted), false) =
            (other_members, &entry.other_members, order == KeyOrder::ByChannel)
        {
            return Err((wanted.span(), MappingProblem::OtherMembers));
        }
        let mut filters = Vec::new();
        if let Some(text) = &entry.filter {
            let filter = Filter::compile(text.get_ref(), entity, self.invites.name());
            filters.push(filter.map_err(|error| error.in_file(self.text, text))?);
        }
        Ok(MappedRecord {
            pii: PiiPolicy::Keep,
            name: entry.name.into_inner(),
            description: entry.description,
            file: Arc::clone(&self.file),
            entity,
            order,
            other_members,
            key: entry.key.into_inner().into_iter().map(Spanned::into_inner).collect(),
            filters,
            columns,
            constants: self.constants.clone(),
            invites: self.invites,
        })
    }
}
