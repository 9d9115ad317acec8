//! Which records an export writes.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::error::ExportError;
use super::formats::FileFormat;
use super::options::ExportOptions;
use super::passed::RowsPassed;
use super::written::{WrittenFile, WrittenRecord};
use crate::mapping::{self, KeyOrder, LineFiles, MappedBundle, MappedRecord, Mapping};
use crate::model::Entity;
use crate::snapshot::{Info, Lookup, Walk, WalkOrder, With};
use crate::storage::nearest;

/// A record that will be written, and what the snapshot must bring along for it.
#[derive(Debug)]
pub(super) struct SelectedRecord<'m> {
    pub(super) mapping: &'m Mapping,
    pub(super) record: &'m MappedRecord,
    /// Entities that the record's columns read and that the crawl did not: their columns are null for that reason alone.
    pub(super) not_crawled: Vec<Entity>,
}

impl SelectedRecord<'_> {
    /// The record as it was written.
    pub(super) fn written(&self, passed: RowsPassed, files: Vec<WrittenFile>) -> WrittenRecord {
        let (record, mapping) = (self.record.name.clone(), self.mapping.name.clone());
        WrittenRecord { record, mapping, passed, files }
    }
}

/// What is written to the same files.
#[derive(Debug)]
pub(super) enum FileGroup<'s, 'm> {
    Record(&'s SelectedRecord<'m>),
    /// A bundle with its selected records, in its order.
    Bundle(&'m MappedBundle, Vec<&'s SelectedRecord<'m>>),
}

impl<'s, 'm> FileGroup<'s, 'm> {
    /// Its name, how its lines become files, and its records.
    pub(super) fn lines(&self) -> (&'m str, LineFiles, Vec<&'s SelectedRecord<'m>>) {
        match self {
            Self::Record(one) => {
                let record: &'m MappedRecord = one.record;
                (&record.name, record.lines.clone().unwrap_or_default(), vec![one])
            }
            Self::Bundle(bundle, selected) => (&bundle.name, bundle.lines.clone(), selected.clone()),
        }
    }
}

/// What is written to the same files, in the order of the first record of each. Fails where that takes NDJSON, which was not asked for.
pub(super) fn file_groups<'s, 'm>(
    selected: &'s [SelectedRecord<'m>],
    formats: &[FileFormat],
) -> Result<Vec<FileGroup<'s, 'm>>, ExportError> {
    let mut groups: Vec<FileGroup<'s, 'm>> = Vec::new();
    for one in selected {
        let bundle = one.mapping.bundles.iter().find(|bundle| bundle.records.contains(&one.record.name));
        if (bundle.is_some() || one.record.is_ndjson_only()) && !formats.contains(&FileFormat::Ndjson) {
            let name = bundle.map_or(&one.record.name, |bundle| &bundle.name).clone();
            return Err(ExportError::OnlyNdjson { name, mapping: one.mapping.name.clone() });
        }
        let Some(bundle) = bundle else {
            groups.push(FileGroup::Record(one));
            continue;
        };
        let is_there = |group: &FileGroup<'_, '_>| matches!(group, FileGroup::Bundle(known, _) if std::ptr::eq(*known, bundle));
        if !groups.iter().any(is_there) {
            let of_name = |name: &String| {
                selected
                    .iter()
                    .find(|other| std::ptr::eq(other.mapping, one.mapping) && other.record.name == *name)
            };
            groups.push(FileGroup::Bundle(bundle, bundle.records.iter().filter_map(of_name).collect()));
        }
    }
    Ok(groups)
}

/// The walk that gives a record's rows in its order.
pub(crate) fn walk_of(record: &MappedRecord) -> Walk {
    let order = match record.order {
        KeyOrder::Natural => WalkOrder::ByUser,
        KeyOrder::ByChannel => WalkOrder::ByChannel,
    };
    let with = With {
        user: wanted(record, Entity::User),
        channel: record.reads(Entity::Channel),
        member: wanted(record, Entity::Member),
        role: record.reads(Entity::Role),
        other_members: record.other_members,
    };
    Walk { entity: record.entity, order, with }
}

/// A user or member that stands in for the other one's identity is looked up where that is missing, and not before.
fn wanted(record: &MappedRecord, entity: Entity) -> Lookup {
    if !record.reads(entity) {
        Lookup::No
    } else if record.reads_as_second_identity(entity) {
        Lookup::ForIdentity
    } else {
        Lookup::Yes
    }
}

/// Checks that every record asked for exists, and once: what can be said before a snapshot is opened.
pub(crate) fn check_names(mappings: &[Mapping], wanted: Option<&[String]>) -> Result<(), ExportError> {
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for mapping in mappings {
        for bundle in &mapping.bundles {
            if let Some(first) = owners.insert(&bundle.name, &mapping.name) {
                let (name, first, second) = (bundle.name.clone(), first.to_owned(), mapping.name.clone());
                return Err(ExportError::RecordTwice { name, first, second });
            }
        }
        for record in &mapping.records {
            let is_wanted = wanted.is_none_or(|wanted| wanted.contains(&record.name));
            if let (true, Some(first)) = (is_wanted, owners.insert(&record.name, &mapping.name)) {
                let (first, second) = (first.to_owned(), mapping.name.clone());
                return Err(ExportError::RecordTwice { name: record.name.clone(), first, second });
            }
        }
    }
    for name in wanted.unwrap_or_default() {
        if !owners.contains_key(name.as_str()) {
            let known: Vec<&str> = records(mappings).map(|(_, record)| record.name.as_str()).collect();
            let suggestion = nearest(name, known.iter().copied()).map(str::to_owned);
            return Err(ExportError::UnknownRecord {
                name: name.clone(),
                suggestion,
                known: known.join(", "),
                has_it: bundled_with(name),
            });
        }
    }
    Ok(())
}

/// The bundled mapping that has a record of this name.
fn bundled_with(name: &str) -> Option<&'static str> {
    let has = |mapping: &&str| {
        mapping::load(mapping).is_ok_and(|mapping| mapping.records.iter().any(|record| record.name == name))
    };
    mapping::bundled_names().into_iter().find(has)
}

/// Checks that one record in one format was chosen, as far as it can be said before a snapshot is opened.
pub(crate) fn check_stream(options: &ExportOptions) -> Result<(), ExportError> {
    let is_wanted =
        |record: &MappedRecord| options.records.as_ref().is_none_or(|wanted| wanted.contains(&record.name));
    let wanted = records(&options.mappings).filter(|(_, record)| is_wanted(record));
    // A bundle counts once, whatever it has of its records.
    let files: BTreeSet<&str> = wanted
        .map(|(mapping, record)| {
            let bundle = mapping.bundles.iter().find(|bundle| bundle.records.contains(&record.name));
            bundle.map_or(record.name.as_str(), |bundle| bundle.name.as_str())
        })
        .collect();
    let records = files.len();
    let formats = options.formats.len();
    if (records, formats) == (1, 1) { Ok(()) } else { Err(ExportError::NotOneStream { records, formats }) }
}

fn records(mappings: &[Mapping]) -> impl Iterator<Item = (&Mapping, &MappedRecord)> {
    mappings.iter().flat_map(|mapping| mapping.records.iter().map(move |record| (mapping, record)))
}

/// The records to write, in the order of the mappings. A record whose entity was not crawled is left out of the default,
/// because an empty file would say that there are none; asked for by name, it is an error.
pub(super) fn select<'m>(
    mappings: &'m [Mapping],
    wanted: Option<&[String]>,
    info: &Info,
) -> Result<Vec<SelectedRecord<'m>>, ExportError> {
    check_names(mappings, wanted)?;
    let holds = |entity: Entity| entity == Entity::Service || info.include.contains(&entity);
    let mut selected = Vec::new();
    for (mapping, record) in records(mappings) {
        if !wanted.is_none_or(|wanted| wanted.contains(&record.name)) {
            continue;
        }
        if !holds(record.entity) {
            if wanted.is_none() {
                continue;
            }
            let entity = record.entity.plural();
            let flag = entity.replace('_', "-");
            return Err(ExportError::NotCrawled { record: record.name.clone(), entity, flag });
        }
        if record.columns.is_empty() {
            return Err(ExportError::NoColumns { record: record.name.clone() });
        }
        let has = |name: &String| record.columns.iter().any(|column| column.name == *name);
        if let Some(column) = record.batch.iter().flat_map(|batch| &batch.keyed_by).find(|name| !has(name)) {
            let (record, column) = (record.name.clone(), column.clone());
            return Err(ExportError::NoKeyColumn { record, column });
        }
        let of_lists = |entity: Entity| {
            let mut lists = record.lists.iter().map(|list| &list.record);
            lists.any(|list| list.entity == entity || list.reads(entity))
        };
        let is_read = |entity: Entity| record.reads(entity) || of_lists(entity);
        let not_crawled =
            Entity::ALL.into_iter().filter(|&entity| is_read(entity) && !holds(entity)).collect();
        selected.push(SelectedRecord { mapping, record, not_crawled });
    }
    if selected.is_empty() { Err(ExportError::Nothing) } else { Ok(selected) }
}

/// Records of the snapshot that an export has no rows of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotExported {
    /// The plural: `messages`.
    pub entity: &'static str,
    pub count: u64,
}

/// What the snapshot holds and none of the selected records has rows of.
pub(super) fn not_exported(info: &Info, selected: &[SelectedRecord<'_>]) -> Vec<NotExported> {
    let has_rows = |entity: Entity| {
        selected.iter().any(|selected| {
            let record = selected.record;
            let in_lists = record.lists.iter().any(|list| list.record.entity == entity);
            record.entity == entity || in_lists || entity == Entity::Member && record.other_members
        })
    };
    let left_out = Entity::ALL.into_iter().filter(|&entity| !has_rows(entity));
    let counted =
        left_out.map(|entity| NotExported { entity: entity.plural(), count: info.counts.of(entity) });
    counted.filter(|not_exported| not_exported.count > 0).collect()
}
