//! Checks a mapping file and turns it into a [`Mapping`]: every name is looked up, and what is wrong is said with its place.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use toml::Spanned;

use super::bundle::MappedBundle;
use super::bundled;
use super::column;
use super::context::Constants;
use super::error::{FilePosition, Located, MappingError, MappingProblem};
use super::field::{entity_name, entity_named};
use super::file::{ColumnEntry, ListEntry, MappingFile, RecordEntry, SafeNameEntry, VERSION};
use super::filter::Filter;
use super::key;
use super::line_file;
use super::order::{KeyOrder, ListParent};
use super::pii::PiiPolicy;
use super::record::{MappedColumn, MappedList, MappedRecord, Mapping};
use super::roles::RoleTable;
use super::safe_name::{SafeNameRule, SafeNames};
use super::scope::{NameScope, RunValues};
use crate::model::Entity;
use crate::storage::{hex, nearest};

/// Reads a mapping: a bundled one by its name, any other by its file's path.
pub fn load(name_or_path: &str) -> Result<Mapping, MappingError> {
    load_with(name_or_path, &[])
}

/// The same with some switches of the mapping turned on.
pub(crate) fn load_with(name_or_path: &str, switches: &[String]) -> Result<Mapping, MappingError> {
    let (text, file) = read(name_or_path, None)?;
    parse_with(&text, &file, Path::new(name_or_path).parent(), switches)
}

/// Reads a mapping from its text. `file` is what messages call it, `folder` where the files that it names are looked for.
pub fn parse(text: &str, file: &str, folder: Option<&Path>) -> Result<Mapping, MappingError> {
    parse_with(text, file, folder, &[])
}

fn parse_with(
    text: &str,
    file: &str,
    folder: Option<&Path>,
    switches: &[String],
) -> Result<Mapping, MappingError> {
    let mut parsed = parse_file(text, file)?;
    for (name, on) in &mut parsed.switches {
        *on.get_mut() |= switches.contains(name);
    }
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
    let mut mapping = mapping(parsed, text, file, folder, roles.map(Arc::new))
        .map_err(|located| invalid(located, text, file))?;
    for switch in switches.iter().filter(|switch| mapping.switches.contains_key(*switch)) {
        digest.update([1]);
        digest.update(switch);
    }
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

fn mapping(
    parsed: MappingFile,
    text: &str,
    file: &str,
    folder: Option<&Path>,
    roles: Option<Arc<RoleTable>>,
) -> Located<Mapping> {
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
    let switches: BTreeMap<String, bool> =
        parsed.switches.iter().map(|(name, on)| (name.clone(), *on.get_ref())).collect();
    if let Some((name, on)) = parsed.switches.get_key_value("invites") {
        return Err((on.span(), MappingProblem::Twice { what: "switch", name: name.clone() }));
    }
    let run = Arc::new(RunValues { invites: parsed.invites, switches: switches.clone() });
    let safe_names = safe_names(&parsed.safe_names)?;
    let constants = Constants::new(&run, safe_names.clone(), roles.clone());
    let compiler = Compiler { text, file: file.into(), folder, run, safe_names, constants };
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
    check_unique(&parsed.safe_names, &records)?;
    let mut bundles: Vec<MappedBundle> = Vec::new();
    for entry in parsed.bundles {
        check_name("bundle", &entry.name)?;
        if !names.insert(entry.name.get_ref().clone()) {
            let name = entry.name.get_ref().clone();
            return Err((entry.name.span(), MappingProblem::Twice { what: "record or bundle", name }));
        }
        bundles.push(line_file::bundle(entry, &records, &bundles, folder)?);
    }
    Ok(Mapping {
        name: parsed.name.into_inner(),
        description: parsed.description,
        text: text.to_owned(),
        sha256: String::new(),
        invites: parsed.invites,
        roles,
        plan: parsed.plan.map(Spanned::into_inner).unwrap_or_default(),
        switches,
        records,
        bundles,
    })
}

fn safe_names(entries: &BTreeMap<String, Spanned<SafeNameEntry>>) -> Located<SafeNames> {
    let mut rules = BTreeMap::new();
    for (name, entry) in entries {
        let rule = SafeNameRule::compile(entry.get_ref()).map_err(|message| {
            (entry.span(), MappingProblem::Section { section: format!("safe_names.{name}"), message })
        })?;
        rules.insert(name.clone(), Arc::new(rule));
    }
    Ok(SafeNames(Arc::new(rules)))
}

/// Checks that two rows with one name would be found: a rule of safe names has a column that is unique.
fn check_unique(entries: &BTreeMap<String, Spanned<SafeNameEntry>>, records: &[MappedRecord]) -> Located<()> {
    for (name, entry) in entries {
        if !records.iter().flat_map(|record| &record.columns).any(|column| column.is_unique_name(name)) {
            let message = format!(
                "no column has both `safe_name = \"{name}\"` and `unique = true`, so that two rows with one name \
                 would not be found"
            );
            let section = format!("safe_names.{name}");
            return Err((entry.span(), MappingProblem::Section { section, message }));
        }
    }
    Ok(())
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
    folder: Option<&'t Path>,
    run: Arc<RunValues>,
    safe_names: SafeNames,
    constants: Constants,
}

/// A record or a list, as far as their rows are alike.
struct RowsEntry {
    name: String,
    description: String,
    entity: Entity,
    filter: Option<Spanned<String>>,
    nested: bool,
    omit_null: bool,
    columns: Spanned<Vec<ColumnEntry>>,
}

impl Compiler<'_> {
    fn record(&self, entry: RecordEntry) -> Located<MappedRecord> {
        let entity = entity_of(&entry.entity)?;
        let lists: Vec<String> = entry.lists.iter().map(|list| list.name.get_ref().clone()).collect();
        let mut record = self.rows(
            RowsEntry {
                name: entry.name.into_inner(),
                description: entry.description,
                entity,
                filter: entry.filter,
                nested: entry.nested,
                omit_null: entry.omit_null,
                columns: entry.columns,
            },
            &lists,
        )?;
        record.order = key::order(entity, &entry.key, &record.columns)?;
        record.other_members = entry.other_members.as_ref().is_some_and(|wanted| *wanted.get_ref());
        if let (true, Some(wanted), false) =
            (record.other_members, &entry.other_members, record.order == KeyOrder::ByChannel)
        {
            return Err((wanted.span(), MappingProblem::OtherMembers));
        }
        record.key = entry.key.into_inner().into_iter().map(Spanned::into_inner).collect();
        for list in entry.lists {
            let list = self.list(list, &record)?;
            if record.lists.iter().any(|other| other.record.name == list.1.record.name) {
                return Err((list.0, MappingProblem::Twice { what: "list", name: list.1.record.name }));
            }
            record.lists.push(list.1);
        }
        record.batch = entry.batch.map(|batch| line_file::batch(batch, &record.columns)).transpose()?;
        if entry.parts.is_some() || entry.schema.is_some() {
            record.lines = Some(line_file::lines(&[], entry.parts, entry.schema.as_ref(), self.folder)?);
        }
        Ok(record)
    }

    /// A list in rows of that record, with the place of its name.
    fn list(&self, entry: ListEntry, of: &MappedRecord) -> Located<(Range<usize>, MappedList)> {
        check_name("list", &entry.name)?;
        let listed = entity_of(&entry.entity)?;
        let parent = ListParent::of_rows(of.entity, of.order);
        let Some((parent, order)) = parent.and_then(|parent| Some((parent, parent.order_of(listed)?))) else {
            let names = |entities: &[Entity]| {
                let names: Vec<String> =
                    entities.iter().map(|&entity| format!("`{}`", entity_name(entity))).collect();
                names.join(", ")
            };
            let known = match parent {
                Some(parent) => format!("the lists that they can have are of {}", names(parent.listed())),
                None => "rows of a user or of a channel can have lists".to_owned(),
            };
            let (entity, listed) = (entity_name(of.entity), entity_name(listed));
            return Err((entry.entity.span(), MappingProblem::NoParent { entity, listed, known }));
        };
        let span = entry.name.span();
        if let Some(max_items) = &entry.max_items
            && (*max_items.get_ref() == 0 || !matches!(of.entity, Entity::User | Entity::Channel))
        {
            let section = format!("list `{}`", entry.name.get_ref());
            let message =
                "`max_items` is at least 1, and stands in lists of users and channels only".to_owned();
            return Err((max_items.span(), MappingProblem::Section { section, message }));
        }
        let rows = RowsEntry {
            name: entry.name.into_inner(),
            description: entry.description,
            entity: listed,
            filter: entry.filter,
            nested: entry.nested,
            omit_null: entry.omit_null,
            columns: entry.columns,
        };
        let record = MappedRecord { order, ..self.rows(rows, &[])? };
        Ok((span, MappedList { record, parent, max_items: entry.max_items.map(Spanned::into_inner) }))
    }

    fn rows(&self, entry: RowsEntry, lists: &[String]) -> Located<MappedRecord> {
        let scope = NameScope { entity: entry.entity, run: &self.run, lists, safe_names: &self.safe_names };
        if entry.columns.get_ref().is_empty() {
            return Err((entry.columns.span(), MappingProblem::Empty { what: "`columns`" }));
        }
        let span = entry.columns.span();
        let mut columns: Vec<MappedColumn> = Vec::new();
        for column_entry in entry.columns.into_inner() {
            if columns.iter().any(|column| column.name == *column_entry.name.get_ref()) {
                let name = column_entry.name.get_ref().clone();
                return Err((column_entry.name.span(), MappingProblem::Twice { what: "column", name }));
            }
            columns.push(column::compile(self.text, column_entry, scope)?);
        }
        if let (true, Some(problem)) = (entry.nested, line_file::nesting_problem(&columns)) {
            return Err((span, problem));
        }
        let mut filters = Vec::new();
        if let Some(text) = &entry.filter {
            let filter = Filter::compile(text.get_ref(), scope);
            filters.push(filter.map_err(|error| error.in_file(self.text, text))?);
        }
        Ok(MappedRecord {
            pii: PiiPolicy::Keep,
            name: entry.name,
            description: entry.description,
            file: Arc::clone(&self.file),
            entity: entry.entity,
            order: KeyOrder::Natural,
            other_members: false,
            key: Vec::new(),
            filters,
            columns,
            lists: Vec::new(),
            nested: entry.nested,
            omit_null: entry.omit_null,
            batch: None,
            lines: None,
            constants: self.constants.clone(),
            run: Arc::clone(&self.run),
            safe_names: self.safe_names.clone(),
        })
    }
}

fn entity_of(name: &Spanned<String>) -> Located<Entity> {
    entity_named(name.get_ref()).ok_or_else(|| {
        let known: Vec<&str> = Entity::ALL.into_iter().map(entity_name).collect();
        let suggestion = nearest(name.get_ref(), known.iter().copied()).map(str::to_owned);
        let known = format!("entities are {}", known.join(", "));
        let problem =
            MappingProblem::Unknown { what: "entity", name: name.get_ref().clone(), suggestion, known };
        (name.span(), problem)
    })
}
