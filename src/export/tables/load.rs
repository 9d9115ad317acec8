//! Loads the records of an export into their tables.

use tokio_postgres::types::{ToSql, Type};
use url::Url;

use super::address::SchemaAddress;
use super::columns::{self, LONGEST_NAME, RUN, quoted};
use super::connection::DatabaseConnection;
use super::copy::{HEADER, RowEncoder, TRAILER};
use super::runs::{self, RUNS};
use crate::event::{Event, Events};
use crate::export::error::ExportError;
use crate::export::rows::pass;
use crate::export::select::SelectedRecord;
use crate::export::source::RowSource;
use crate::export::written::{WrittenRecord, WrittenTable};
use crate::snapshot::Info;

/// Bytes that are sent at a time.
const CHUNK: usize = 256 * 1024;
/// What a row is longer by than the rest of a chunk, mostly.
const MARGIN: usize = 4096;

/// Loads each record into its table. `append` keeps the rows of other crawls.
pub(in crate::export) fn load(
    source: &impl RowSource,
    info: &Info,
    selected: &[SelectedRecord<'_>],
    url: &Url,
    append: bool,
    events: &Events,
) -> Result<Vec<(WrittenRecord, WrittenTable)>, ExportError> {
    let address =
        SchemaAddress::parse(url, &|name| std::env::var(name).ok().filter(|text| !text.is_empty()))?;
    for one in selected {
        refuse_unfit(one)?;
    }
    let started = info.started.parse::<jiff::Timestamp>();
    let run = started.map_err(|source| ExportError::Database {
        action: "write when the crawl began to",
        address: address.to_string(),
        source: source.into(),
        advice: None,
    })?;
    let connection = DatabaseConnection::open(&address)?;
    let tables = compare(&connection, &address, selected)?;
    let schema = quoted(&address.schema);
    if !connection.has_schema(&address.schema)? {
        // `IF NOT EXISTS` alone asks for the permission to make one, also where it is there.
        connection.perform("make the schema of", &format!("CREATE SCHEMA IF NOT EXISTS {schema}"))?;
    }
    if !tables.has_runs {
        let made = columns::creation(&format!("{schema}.{}", quoted(RUNS)), &runs::columns(), runs::COMMENT);
        connection.perform("make a table in", &made)?;
    }
    let load = TableLoad { connection: &connection, schema: &address.schema, info, run, append };
    let records = tables.of_records.into_iter();
    records.map(|(one, exists)| load.record(source, one, exists, events)).collect()
}

/// Which tables are there.
struct FoundTables<'a> {
    has_runs: bool,
    of_records: Vec<(&'a SelectedRecord<'a>, bool)>,
}

/// Compares all tables that exist with what they would be made as, and fails where one differs.
fn compare<'a>(
    connection: &DatabaseConnection,
    address: &SchemaAddress,
    selected: &'a [SelectedRecord<'a>],
) -> Result<FoundTables<'a>, ExportError> {
    let schema = &address.schema;
    let (mut of_records, mut differences) = (Vec::new(), Vec::new());
    for one in selected {
        let name = &one.record.name;
        let found = connection.relation(schema, name)?;
        let wanted = columns::of_record(one.record);
        differences.extend(found.differences(&format!("{schema}.{name}"), &wanted));
        of_records.push((one, found.exists()));
    }
    let found = connection.relation(schema, RUNS)?;
    differences.extend(found.differences(&format!("{schema}.{RUNS}"), &runs::columns()));
    if differences.is_empty() {
        Ok(FoundTables { has_runs: found.exists(), of_records })
    } else {
        Err(ExportError::OtherTables { address: address.to_string(), differences })
    }
}

/// What all tables of an export have in common.
struct TableLoad<'a> {
    connection: &'a DatabaseConnection,
    schema: &'a str,
    info: &'a Info,
    run: jiff::Timestamp,
    append: bool,
}

impl TableLoad<'_> {
    /// Loads one record, in one transaction.
    fn record(
        &self,
        source: &impl RowSource,
        one: &SelectedRecord<'_>,
        exists: bool,
        events: &Events,
    ) -> Result<(WrittenRecord, WrittenTable), ExportError> {
        let (connection, record) = (self.connection, one.record);
        let table = format!("{}.{}", quoted(self.schema), quoted(&record.name));
        let columns = columns::of_record(record);
        connection.perform("begin a transaction in", "BEGIN")?;
        let replaced = if exists {
            // Whoever reads goes on; another export waits.
            connection
                .perform("lock a table of", &format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))?;
            self.remove_former(&table)?
        } else {
            connection
                .perform("make a table in", &columns::creation(&table, &columns, &record.description))?;
            0
        };
        let mut encoder = RowEncoder::new(record, self.run);
        let mut chunk = Vec::with_capacity(CHUNK + MARGIN);
        chunk.extend_from_slice(HEADER);
        let mut bytes = 0;
        let mut copy = connection.copy_in(&columns::copy_in(&table, &columns))?;
        let passed = pass(source, record, events, &mut |row, _| {
            encoder.push(&mut chunk, row);
            if chunk.len() >= CHUNK {
                bytes += chunk.len() as u64;
                copy.send(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK + MARGIN)))?;
            }
            Ok(())
        })?;
        chunk.extend_from_slice(&TRAILER);
        bytes += chunk.len() as u64;
        copy.send(chunk)?;
        let rows = copy.finish()?;
        self.note(one, rows)?;
        connection.perform("commit to", "COMMIT")?;
        if encoder.replaced > 0 {
            tracing::warn!(
                record = %record.name,
                texts = encoder.replaced,
                "texts had U+0000, which PostgreSQL cannot store: it is U+FFFD in the table"
            );
        }
        let shown = format!("{}.{}", self.schema, record.name);
        events.send(Event::Exported { record: record.name.clone(), file: shown.clone(), rows, bytes });
        let table = WrittenTable { table: shown, record: record.name.clone(), rows, bytes, replaced };
        Ok((one.written(passed, Vec::new()), table))
    }

    /// Removes the rows that the new ones stand for, and says how many there were.
    fn remove_former(&self, table: &str) -> Result<u64, ExportError> {
        if self.append {
            let of_run = format!("DELETE FROM {table} WHERE {} = {}", quoted(RUN), runs::INSTANT_OF_VALUE);
            self.connection.change("empty a table of", &of_run, &[(&self.run.as_microsecond(), Type::INT8)])
        } else {
            self.connection.change("empty a table of", &format!("DELETE FROM {table}"), &[])
        }
    }

    /// Says in the table of runs what was loaded.
    fn note(&self, one: &SelectedRecord<'_>, rows: u64) -> Result<(), ExportError> {
        let (run, record) = (self.run.as_microsecond(), one.record.name.as_str());
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let action = "write what was loaded to";
        let mut values: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&run, Type::INT8), (&record, Type::TEXT)];
        self.connection.change(action, &runs::removal(self.schema, self.append), &values)?;
        let of_crawl = runs::of_crawl(self.info, one.mapping);
        values.push((&rows, Type::INT8));
        values.extend(of_crawl.iter().map(|text| (text as &(dyn ToSql + Sync), Type::TEXT)));
        self.connection.change(action, &runs::addition(self.schema), &values).map(drop)
    }
}

/// Fails where a record is not a table.
fn refuse_unfit(one: &SelectedRecord<'_>) -> Result<(), ExportError> {
    let in_bundle = one.mapping.bundles.iter().any(|bundle| bundle.records.contains(&one.record.name));
    let mut names = one.record.columns.iter().map(|column| &column.name).chain([&one.record.name]);
    let is_long = names.any(|name| name.len() > LONGEST_NAME || name == RUN);
    if in_bundle || one.record.is_ndjson_only() || is_long || one.record.name == RUNS {
        let (record, mapping) = (one.record.name.clone(), one.mapping.name.clone());
        return Err(ExportError::NotATable { record, mapping });
    }
    Ok(())
}
