//! What can go wrong in an export.

use std::io;
use std::path::PathBuf;

use crate::error::{Advise, Failure};
use crate::mapping::{CellError, MappingError, ShortKey};
use crate::snapshot::SnapshotError;

/// An export failed. Nothing of it is visible in the output folder unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the mapping cannot be used")]
    Mapping(#[source] Box<MappingError>),
    /// Pseudonyms without a key.
    #[error("`--pii hmac` needs a key: give `--pii-key-file`")]
    NoKey,
    #[error("the key file `{}` cannot be read", path.display())]
    KeyFile {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The key's file does not hold a key.
    #[error("the key file `{}` cannot be used", path.display())]
    ShortKey {
        path: PathBuf,
        #[source]
        source: ShortKey,
    },
    /// No mapping has such a record.
    #[error("there is no record `{name}`{}; the records are {known}", crate::mapping::did_you_mean(suggestion.as_deref()))]
    UnknownRecord {
        name: String,
        suggestion: Option<String>,
        known: String,
        /// The bundled mapping that has it.
        has_it: Option<&'static str>,
    },
    /// Two mappings would write the same files.
    #[error(
        "record `{name}` is in mapping `{first}` and in mapping `{second}`: export them to different folders"
    )]
    RecordTwice { name: String, first: String, second: String },
    /// A record was asked for whose entity the snapshot does not hold.
    #[error(
        "record `{record}` needs the {entity}, which this snapshot was crawled without: crawl with `--include …,{flag}`"
    )]
    NotCrawled {
        record: String,
        /// What it is made of.
        entity: &'static str,
        /// What `--include` calls it.
        flag: String,
    },
    /// `--pii drop` left nothing of a record.
    #[error(
        "record `{record}` has only personal columns, and `--pii drop` leaves none: choose others with --records, or --pii hmac"
    )]
    NoColumns { record: String },
    /// Rows stand on a line by the value of a column that is left out.
    #[error(
        "record `{record}` cannot do without column `{column}`, which its rows are keyed by: name it in --columns, and use --pii hmac \
         where it is personal"
    )]
    NoKeyColumn { record: String, column: String },
    /// SIDs of the target are asked for, and no plan is named that knows them.
    #[error(
        "record `{record}` of mapping `{mapping}` needs --plan FILE: {place} asks for SIDs of the target (`counterpart`)"
    )]
    NeedsPlan { record: String, mapping: String, place: String },
    /// No mapping has such a switch.
    #[error("there is no switch `{name}`{}; the mappings have {known}", crate::mapping::did_you_mean(suggestion.as_deref()))]
    UnknownSwitch { name: String, suggestion: Option<String>, known: String },
    /// A file that is NDJSON by its mapping, where NDJSON was not asked for.
    #[error("`{name}` of mapping `{mapping}` is written as NDJSON only: add ndjson to --format")]
    OnlyNdjson {
        /// The record or bundle.
        name: String,
        mapping: String,
    },
    /// Two rows of a record have the same value where they must not.
    #[error("{place} is unique, but {first} and {second} both have `{value}`; nothing was written")]
    NotUnique {
        /// ``column `name` of record `name` ``.
        place: String,
        value: String,
        /// The first row's SID, and what its value is made from.
        first: String,
        second: String,
        /// The services of the two, where these differ.
        services: Option<Box<[String; 2]>>,
    },
    /// Lines do not follow the schema of their mapping.
    #[error(
        "{count} of {lines} lines of `{file}` do not follow the schema `{schema}`; line {line} {problem}; nothing was written"
    )]
    Schema {
        file: String,
        schema: String,
        count: u64,
        lines: u64,
        /// The first such line, from 1.
        line: u64,
        /// Its record and SID, and what is wrong with it.
        problem: String,
    },
    /// A line that is longer than a file may be.
    #[error(
        "line {line} of `{file}` has {bytes} bytes, and `max_bytes` allows a file {most}; nothing was written"
    )]
    LongLine { file: String, line: u64, bytes: u64, most: u64 },
    /// A list that would take too much memory.
    #[error(
        "the list `{list}` of {subject} has more than {most} bytes: give it `max_items`, which makes several rows of it; nothing was written"
    )]
    LongList { list: String, subject: String, most: usize },
    /// The temporary file of a list, or of values that are unique.
    #[error("cannot use a temporary file")]
    Temporary(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Standard output takes one file.
    #[error("`--out -` takes one file, and `{name}` is written in parts: choose a folder with --out")]
    PartsInStream { name: String },
    /// Media are files of their own.
    #[error("`--media -` is not possible: media are written as files, to a folder or an object store")]
    MediaInStream,
    /// No record is left to write.
    #[error("nothing to export: the snapshot holds none of the records' entities")]
    Nothing,
    /// Standard output takes one file.
    #[error(
        "`--out -` takes one record in one format, not {records} records in {formats} formats: choose with --records and --format"
    )]
    NotOneStream { records: usize, formats: usize },
    #[error("`{}` is not a folder", path.display())]
    NotAFolder { path: PathBuf },
    /// The output folder holds files that no export of chatferry wrote.
    #[error("`{}` holds files that are not of a former export ({}): choose another folder, or --force to write next to them", path.display(), examples.join(", "))]
    ForeignFiles { path: PathBuf, examples: Vec<String> },
    /// Another process writes to the folder.
    #[error("another export is writing to `{}`", path.display())]
    Busy { path: PathBuf },
    /// A file or folder cannot be read or written.
    #[error("cannot {action} `{}`", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot export to `{url}`")]
    Destination {
        url: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A store refused or could not be reached.
    #[error("cannot {action} `{url}`")]
    Store {
        action: &'static str,
        /// The object or prefix.
        url: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The address of a database. It is not repeated: it may hold a password.
    #[error("the address of the database {problem}")]
    DatabaseAddress { problem: String },
    /// A database refused or could not be reached.
    #[error("cannot {action} `{address}`")]
    Database {
        action: &'static str,
        address: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
        /// What can be done about it, where that is known.
        advice: Option<&'static str>,
    },
    #[error("{what} are files, to and from a folder or an object store, and not in a database")]
    NotInDatabase { what: &'static str },
    /// A choice about files, for tables.
    #[error("`{flag}` is about files, and `--out postgres://…` writes tables: leave it out")]
    FilesOnly { flag: &'static str },
    /// A choice about tables, for files.
    #[error(
        "`{flag}` is about tables of a database, and `--out` names none: leave it out, or choose `--out postgres://…`"
    )]
    TablesOnly { flag: &'static str },
    /// Tables have other columns than the records.
    #[error("tables of `{address}` have other columns than this export, and nothing was written: {}", differences.join("; "))]
    OtherTables { address: String, differences: Vec<String> },
    /// What is not rows of columns, or has names that a database does not take.
    #[error(
        "record `{record}` of mapping `{mapping}` is not a table: choose others with --records or --mapping"
    )]
    NotATable { record: String, mapping: String },
    #[error("cannot write to standard output")]
    Stream(#[source] io::Error),
    /// An expression failed on a row, and its column says that this ends the export.
    #[error(transparent)]
    Row(Box<CellError>),
    #[error("the export was interrupted before its end")]
    Interrupted,
    #[error("the snapshot cannot be read")]
    Snapshot(#[from] SnapshotError),
}

impl ExportError {
    /// Whether the reader of standard output went away, which is no failure of ours.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Stream(source) if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl Advise for ExportError {
    fn status(&self) -> Failure {
        match self {
            Self::Snapshot(error) => error.status(),
            Self::Interrupted => Failure::Interrupted,
            Self::File { .. }
            | Self::Store { .. }
            | Self::Database { .. }
            | Self::Stream(_)
            | Self::Busy { .. }
            | Self::Row(_)
            | Self::NotUnique { .. }
            | Self::Schema { .. }
            | Self::LongLine { .. }
            | Self::LongList { .. }
            | Self::Temporary(_) => Failure::Failed,
            _ => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Snapshot(error) => error.hint(),
            Self::Interrupted => Some(
                "a folder or a prefix is as it was, and each table has its former rows or all of the new ones: run the same command again"
                    .to_owned(),
            ),
            Self::UnknownRecord { name, has_it: Some(mapping), .. } => {
                Some(format!("the mapping `{mapping}` has `{name}`: add --mapping {mapping}"))
            }
            Self::File { source, .. } if is_full(source) => Some(
                "free some space and run the same command again; a former export is as it was".to_owned(),
            ),
            Self::OtherTables { .. } => Some(
                "chatferry changes no columns: rename those tables or alter them, choose another schema, or choose with --records and --columns"
                    .to_owned(),
            ),
            Self::Database { advice: Some(advice), .. } => Some((*advice).to_owned()),
            Self::Database { action: "connect to", .. } => None,
            Self::Database { .. } => Some(
                "each table has its former rows or all of the new ones; run the same command again".to_owned(),
            ),
            Self::Busy { .. } => Some("wait until it ends, or choose another folder with --out".to_owned()),
            Self::File { .. } => {
                Some("check that the folder can be written, or choose another with --out".to_owned())
            }
            Self::NotUnique { services: Some(services), .. } => Some(format!(
                "the two are of different services, {first} and {second}, which would share one place of names: export one of \
                 them with --where \"service.sid == '{first}'\"",
                first = services[0],
                second = services[1]
            )),
            Self::Stream(source) if is_full(source) => {
                Some("free some space where it is written to".to_owned())
            }
            _ => None,
        }
    }
}

/// Whether there is no room for more.
fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
