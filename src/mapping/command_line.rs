//! Changes to a mapping from the command line: fewer columns, fewer rows, no names, SIDs of the target.

use super::error::{FilePosition, MappingError, MappingProblem};
use super::filter::Filter;
use super::pii::PiiPolicy;
use super::record::{ColumnSource, MappedColumn, MappedRecord, Mapping};
use super::sids::SidMap;
use super::value::{ColumnType, Pii};
use crate::storage::nearest;

impl Mapping {
    /// Adds a condition to every record that is wanted (`--where`).
    pub fn add_condition(&mut self, text: &str, wanted: impl Fn(&str) -> bool) -> Result<(), MappingError> {
        for record in self.records.iter_mut().filter(|record| wanted(&record.name)) {
            let lists: Vec<String> = record.lists.iter().map(|list| list.record.name.clone()).collect();
            let filter = Filter::compile(text, record.scope(&lists)).map_err(|error| {
                let message = format!("record `{}`: {}", record.name, error.message);
                MappingError::Invalid {
                    file: "--where".to_owned(),
                    place: FilePosition::of(text, error.offset),
                    problem: Box::new(MappingProblem::Expression { message }),
                }
            })?;
            record.filters.push(filter);
        }
        Ok(())
    }

    /// Drops or hashes personal columns and the credentials of addresses (`--pii`), and gives `keyed_hash` its key.
    pub fn apply_pii(&mut self, policy: &PiiPolicy) {
        self.records.iter_mut().for_each(|record| record.apply_pii(policy));
    }
}

impl MappedRecord {
    fn apply_pii(&mut self, policy: &PiiPolicy) {
        self.pii = policy.clone();
        match policy {
            PiiPolicy::Keep => {}
            PiiPolicy::Drop => {
                self.constants.set_drops();
                self.columns.retain(|column| column.pii == Pii::None);
            }
            PiiPolicy::Hmac(key) => {
                self.constants.set_key(key.clone());
                for column in self.columns.iter_mut().filter(|column| column.pii != Pii::None) {
                    column.key = Some(key.clone());
                    column.column_type = ColumnType::String;
                }
            }
        }
        self.lists.iter_mut().for_each(|list| list.record.apply_pii(policy));
    }

    /// Where it asks for SIDs of the target, so that it cannot be without a plan: ``column `name` `` or `where`.
    pub fn needs_plan(&self) -> Option<String> {
        if self.filters.iter().filter_map(Filter::expression).any(|expression| expression.needs_plan) {
            return Some("`where`".to_owned());
        }
        let needs_plan = |column: &&MappedColumn| matches!(&column.source, ColumnSource::Expression(expression, _) if expression.needs_plan);
        let of_columns = self.columns.iter().find(needs_plan);
        of_columns
            .map(|column| format!("column `{}`", column.name))
            .or_else(|| self.lists.iter().find_map(|list| list.record.needs_plan()))
    }

    /// Gives `counterpart` its SIDs.
    pub fn set_sids(&mut self, sids: SidMap) {
        self.lists.iter_mut().for_each(|list| list.record.set_sids(sids.clone()));
        self.constants.set_sids(sids);
    }

    /// Gives `user_sid` the users by their identities.
    pub fn set_users(&mut self, users: SidMap) {
        self.lists.iter_mut().for_each(|list| list.record.set_users(users.clone()));
        self.constants.set_users(users);
    }
}

/// Leaves of the wanted records the named columns, in the given order (`--columns`): `column`, or `record.column` for one
/// record alone.
pub(crate) fn select_columns(
    mappings: &mut [Mapping],
    names: &[String],
    wanted: impl Fn(&str) -> bool,
) -> Result<(), MappingError> {
    let records =
        || mappings.iter().flat_map(|mapping| &mapping.records).filter(|record| wanted(&record.name));
    for name in names {
        if !records().any(|record| position(record, name).is_some()) {
            let known: Vec<String> =
                records().flat_map(|record| &record.columns).map(|column| column.name.clone()).collect();
            let column = name.rsplit('.').next().unwrap_or(name);
            let suggestion = nearest(column, known.iter().map(String::as_str)).map(str::to_owned);
            let known = "columns are those of `chatferry mapping show`".to_owned();
            return Err(usage(MappingProblem::Unknown {
                what: "column",
                name: name.clone(),
                suggestion,
                known,
            }));
        }
    }
    if let Some(record) = records().find(|record| names.iter().all(|name| position(record, name).is_none())) {
        let message =
            format!("record `{}` has none of these columns: choose records with --records", record.name);
        return Err(usage(MappingProblem::Expression { message }));
    }
    for record in
        mappings.iter_mut().flat_map(|mapping| &mut mapping.records).filter(|record| wanted(&record.name))
    {
        let mut positions: Vec<usize> = Vec::new();
        for found in names.iter().filter_map(|name| position(record, name)) {
            if !positions.contains(&found) {
                positions.push(found);
            }
        }
        let columns: Vec<MappedColumn> =
            positions.iter().map(|&position| record.columns[position].clone()).collect();
        record.columns = columns;
    }
    Ok(())
}

fn position(record: &MappedRecord, name: &str) -> Option<usize> {
    let name = match name.split_once('.') {
        Some((of, column)) if of == record.name => column,
        _ => name,
    };
    record.columns.iter().position(|column| column.name == name)
}

fn usage(problem: MappingProblem) -> MappingError {
    MappingError::Invalid {
        file: "--columns".to_owned(),
        place: FilePosition { line: 1, column: 1 },
        problem: Box::new(problem),
    }
}
