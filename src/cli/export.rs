//! `chatferry export`: the flags, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::setting::flag_group;

flag_group!(pub(crate) ExportFlags: SNAPSHOT);

/// Write a snapshot's records to files, or into tables of PostgreSQL
///
/// Writes every record of the mappings as CSV and NDJSON (and Parquet, with --format), sorted by key, with a
/// datapackage.json that describes the files (schema, rows, bytes, SHA-256) and says whether the crawl was complete. Files
/// appear complete or not at all, and the same snapshot always gives the same bytes. It needs no network, unless it writes
/// to an object store or reads media.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub settings: ExportFlags,

    /// The folder to write to, the URL of an object store or a database, or `-` for one record in one format on standard output
    ///
    /// The folder is created if it does not exist. An earlier export in it is replaced; a folder that holds other files is refused.
    /// Object stores are `s3://BUCKET/PREFIX`, `gs://…` and `az://…`, with credentials from their usual environment variables.
    /// `postgres://[USER@]HOST[:PORT]/DATABASE/SCHEMA` loads each record into a table, with the password from `PGPASSWORD`, `PGPASSFILE` or
    /// `~/.pgpass`. To other machines it is encrypted and the certificate checked, unless it ends with another `?sslmode=`.
    #[arg(long, value_name = "DIR|URL|-", default_value = "export")]
    pub out: String,

    #[command(flatten)]
    pub export: ExportChoice,

    /// The plan that knows the SIDs of the target, for mappings that ask for them with `counterpart`, such as `sids`
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,

    /// Write the files of messages there instead of records: a folder or an object store's URL
    ///
    /// Each file is named by its SID, and `manifest-00001.ndjson` and its successors say what they are: SID, size, content type, the sender's name for
    /// it, SHA-256, message and channel. The files are read from the Media Content Service with the credentials of the environment. An
    /// export that was interrupted is resumed by the same command: what the manifest names is not read again.
    #[arg(long, value_name = "DIR|URL", conflicts_with_all = ["plan", "columns", "condition", "spreadsheet_safe", "check_schema", "append"])]
    pub media: Option<String>,

    /// Write only these columns, in this order: `column`, or `record.column` for one record
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,

    /// Write only the rows for which a Jinja expression is true, such as `status == 'joined'`
    #[arg(long = "where", value_name = "EXPR")]
    pub condition: Option<String>,

    /// Put an apostrophe in front of CSV texts that a spreadsheet would run as formulas
    #[arg(long)]
    pub spreadsheet_safe: bool,

    /// Compare each line with the JSON Schema that its mapping names; a line that does not follow it ends the export
    #[arg(long)]
    pub check_schema: bool,

    /// Write into a folder that holds other files too; they are kept, except where names are the same
    #[arg(long)]
    pub force: bool,

    /// Keep the rows of other crawls in the tables of a database, and replace those of this one only
    #[arg(long)]
    pub append: bool,
}

/// What every verb that exports can choose.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExportChoice {
    /// The mappings to write: bundled names or TOML files [default: chat and conversations]
    #[arg(long = "mapping", value_name = "NAME|FILE")]
    pub mappings: Vec<String>,

    /// Turn a switch of a mapping on, such as `direct_channels` of `mattermost`
    #[arg(long = "switch", value_name = "NAME")]
    pub switches: Vec<String>,

    /// The records to write [default: all that the snapshot holds]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub records: Option<Vec<String>>,

    /// The formats to write
    #[arg(long = "format", value_name = "LIST", value_delimiter = ',', default_value = "csv,ndjson")]
    pub formats: Vec<FormatArg>,

    /// Compress the text files
    #[arg(long, value_name = "METHOD")]
    pub compress: Option<CompressArg>,

    /// What to do with personal data, by Twilio's own classification of the columns
    #[arg(long, value_name = "POLICY", default_value = "keep")]
    pub pii: PiiArg,

    /// The key for `--pii hmac`: a file of at least 16 random bytes
    #[arg(long, value_name = "FILE", required_if_eq("pii", "hmac"))]
    pub pii_key_file: Option<PathBuf>,

    /// Until when the files are kept: a day such as `2027-01-31`, which datapackage.json states
    #[arg(long, value_name = "DATE")]
    pub retain_until: Option<String>,
}

/// A plain export: the default mappings as CSV and NDJSON.
impl Default for ExportChoice {
    fn default() -> Self {
        Self {
            mappings: Vec::new(),
            switches: Vec::new(),
            records: None,
            formats: vec![FormatArg::Csv, FormatArg::Ndjson],
            compress: None,
            pii: PiiArg::Keep,
            pii_key_file: None,
            retain_until: None,
        }
    }
}

/// A value of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// RFC 4180 with a header
    Csv,
    /// One JSON object on each line
    Ndjson,
    /// Apache Parquet, zstd-compressed within
    Parquet,
}

/// A value of `--compress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompressArg {
    /// gzip (.gz)
    Gzip,
    /// Zstandard (.zst)
    Zstd,
}

/// A value of `--pii`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PiiArg {
    /// Write it as it is
    Keep,
    /// Leave the columns out
    Drop,
    /// Write keyed hashes (HMAC-SHA-256), the same for the same value, so that joins still work
    Hmac,
}
