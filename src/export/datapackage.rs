//! `datapackage.json`: a Frictionless Data Package (version 1 of the specification) that describes an export's files.
//!
//! What Frictionless has no key for stands under `chatferry`: the crawl's verdict, source and window, and the settings of
//! the export.
//!
//! **Invariant:** the bytes depend on the snapshot and the options alone; `created` is when the crawl finished.

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::formats::{FileFormat, OutputDigest};
use super::options::{ExportOptions, PackagePage, PlanFacts, SubjectFacts};
use super::select::{NotExported, SelectedRecord};
use super::written::{WrittenBundle, WrittenFile, WrittenRecord};
use crate::mapping::{ColumnType, MappedColumn};
use crate::model::Api;
use crate::snapshot::Info;

/// What a file says that was written with `--spreadsheet-safe`.
const SPREADSHEET_SAFE: &str = "text cells that begin with = + - @ (or their full-width forms), %, |, tab, CR or LF have an apostrophe in front";

#[derive(Serialize)]
struct DataPackage<'a> {
    profile: &'static str,
    name: &'static str,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    resources: Vec<Json>,
    chatferry: PackageFacts<'a>,
}

/// What a reader must know about the complete export.
#[derive(Serialize)]
struct PackageFacts<'a> {
    verdict: &'a str,
    /// `private_channels` where the source lists no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    source: Api,
    account_sid: String,
    services: Vec<String>,
    /// Between these two instants the records were read.
    window: CrawlWindow,
    snapshot: SnapshotFacts<'a>,
    tool_version: &'static str,
    /// Until when the files are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    retain_until: Option<String>,
    settings: PackageSettings,
    /// What the snapshot holds and no resource has rows of.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_exported: &'a [NotExported],
}

#[derive(Serialize)]
struct CrawlWindow {
    started: String,
    finished: Option<String>,
}

#[derive(Serialize)]
struct SnapshotFacts<'a> {
    id: &'a str,
    tool_version: &'a str,
    include: Vec<&'static str>,
}

/// Which mapping made the files.
#[derive(Serialize)]
struct MappingFacts {
    name: String,
    sha256: String,
}

#[derive(Serialize)]
struct PackageSettings {
    mappings: Vec<MappingFacts>,
    spreadsheet_safe: bool,
    r#where: Option<String>,
    pii: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pii_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectFacts>,
}

pub(super) fn describe(
    info: &Info,
    options: &ExportOptions,
    written: &[(&SelectedRecord<'_>, WrittenRecord)],
    bundles: &[WrittenBundle],
    page: Option<(&PackagePage, &OutputDigest)>,
    not_exported: &[NotExported],
) -> Vec<u8> {
    let of_records = written.iter().flat_map(|(selected, record)| {
        record.files.iter().map(move |file| resource(selected, record, file, options))
    });
    let of_bundles = bundles.iter().flat_map(|bundle| {
        bundle.files.iter().map(move |file| bundle_resource(bundle, written, file, options))
    });
    let resources =
        of_records.chain(of_bundles).chain(page.map(|(page, digest)| page_resource(page, digest)));
    let finished = info.finished.clone();
    let package = DataPackage {
        profile: "data-package",
        name: "chatferry-export",
        title: format!(
            "{} export",
            match info.source {
                Api::Chat => "Twilio Programmable Chat",
                Api::Conversations => "Twilio Conversations",
            }
        ),
        created: finished.clone(),
        resources: resources.collect(),
        chatferry: PackageFacts {
            verdict: info.verdict.as_str(),
            scope: (info.source == Api::Conversations).then_some("private_channels"),
            source: info.source,
            account_sid: info.account_sid.to_string(),
            services: info.services.iter().map(ToString::to_string).collect(),
            window: CrawlWindow { started: info.started.clone(), finished },
            snapshot: SnapshotFacts {
                id: &info.id,
                tool_version: &info.tool_version,
                include: info.include.iter().map(|entity| entity.plural()).collect(),
            },
            tool_version: env!("CARGO_PKG_VERSION"),
            retain_until: options.retain_until.map(|day| day.to_string()),
            settings: PackageSettings {
                mappings: options
                    .mappings
                    .iter()
                    .map(|mapping| MappingFacts {
                        name: mapping.name.clone(),
                        sha256: mapping.sha256.clone(),
                    })
                    .collect(),
                spreadsheet_safe: options.spreadsheet_safe,
                r#where: options.condition.clone(),
                pii: options.pii.name(),
                pii_key_id: options.pii.key_id(),
                plan: options.plan.clone(),
                subject: options.subject.clone(),
            },
            not_exported,
        },
    };
    let mut bytes = serde_json::to_vec_pretty(&package).expect("a package has text keys only");
    bytes.push(b'\n');
    bytes
}

fn resource(
    selected: &SelectedRecord<'_>,
    written: &WrittenRecord,
    file: &WrittenFile,
    options: &ExportOptions,
) -> Json {
    let (record, passed) = (selected.record, &written.passed);
    let mut resource = Map::new();
    let mut set = |key: &str, value: Json| {
        resource.insert(key.to_owned(), value);
    };
    set("name", resource_name(file).into());
    set("title", record.name.clone().into());
    set("description", record.description.clone().into());
    set("path", file.path.clone().into());
    // Lines of several rows, and objects within objects, are no table.
    let is_nested = record.batch.is_some() || record.nested && file.format == FileFormat::Ndjson;
    let is_text = file.format.is_text() && !is_nested;
    if is_text {
        set("profile", "tabular-data-resource".into());
    } else {
        // Validators check a file's bytes and hash; of Parquet tables they misread nullable integers and cannot count bytes.
        set("profile", "data-resource".into());
        set("type", "file".into());
    }
    set("format", file.format.name().into());
    set("mediatype", file.format.media_type().into());
    if is_text {
        set("encoding", "utf-8".into());
    }
    if let Some(compression) = options.compression_of(file.format) {
        set("compression", compression.suffix().into());
    }
    if file.format == FileFormat::Parquet && passed.unreadable_dates > 0 {
        set("unreadable_dates", passed.unreadable_dates.into());
    }
    if file.format == FileFormat::Csv {
        set("dialect", csv_dialect());
        if options.spreadsheet_safe {
            set("spreadsheet_safe", SPREADSHEET_SAFE.into());
        }
    }
    set("bytes", file.bytes.into());
    set("hash", format!("sha256:{}", file.sha256).into());
    set(if is_text { "rows" } else { "row_count" }, file.rows.into());
    let fields: Vec<Json> = record
        .columns
        .iter()
        .enumerate()
        .map(|(position, column)| field(column, is_text && passed.odd_dates.contains(&position)))
        .collect();
    let mut schema = json!({ "fields": fields, "missingValues": [""] });
    if let (Some(key), false) = (record.written_key(), passed.null_in_key) {
        schema["primaryKey"] = json!(key);
    }
    set("schema", schema);
    set("mapping", selected.mapping.name.clone().into());
    resource.extend(notes(selected, written));
    Json::Object(resource)
}

/// The name of the page for people.
pub(super) const PAGE: &str = "index.html";

fn page_resource(page: &PackagePage, digest: &OutputDigest) -> Json {
    json!({
        "name": "index_html",
        "title": page.title,
        "path": PAGE,
        "profile": "data-resource",
        "type": "file",
        "format": "html",
        "mediatype": "text/html",
        "encoding": "utf-8",
        "bytes": digest.bytes,
        "hash": format!("sha256:{}", digest.sha256),
    })
}

/// The name of a file's resource: the file's own, with its format.
fn resource_name(file: &WrittenFile) -> String {
    let base = file.path.split('.').next().unwrap_or_default();
    format!("{base}_{}", file.format.name())
}

/// The resource of a file that has several records.
fn bundle_resource(
    bundle: &WrittenBundle,
    written: &[(&SelectedRecord<'_>, WrittenRecord)],
    file: &WrittenFile,
    options: &ExportOptions,
) -> Json {
    let of_bundle = |(_, record): &&(&SelectedRecord<'_>, WrittenRecord)| {
        record.mapping == bundle.mapping && bundle.records.contains(&record.record)
    };
    let records = written.iter().filter(of_bundle).map(|(selected, record)| {
        let columns = selected.record.columns.iter();
        let fields: Vec<Json> = columns.map(|column| field(column, false)).collect();
        let mut object = Map::new();
        object.insert("name".to_owned(), record.record.clone().into());
        object.insert("description".to_owned(), selected.record.description.clone().into());
        object.insert("rows".to_owned(), record.passed.rows.into());
        object.insert("fields".to_owned(), fields.into());
        object.extend(notes(selected, record));
        Json::Object(object)
    });
    let mut resource = json!({
        "name": resource_name(file),
        "title": bundle.bundle,
        "path": file.path,
        "profile": "data-resource",
        "type": "file",
        "format": file.format.name(),
        "mediatype": file.format.media_type(),
        "encoding": "utf-8",
        "bytes": file.bytes,
        "hash": format!("sha256:{}", file.sha256),
        "row_count": file.rows,
        "mapping": bundle.mapping,
        "records": records.collect::<Vec<Json>>(),
    });
    if let Some(compression) = options.compression_of(file.format) {
        resource["compression"] = compression.suffix().into();
    }
    resource
}

/// What is not in a record's rows, and why.
fn notes(selected: &SelectedRecord<'_>, written: &WrittenRecord) -> Map<String, Json> {
    let passed = &written.passed;
    let mut resource = Map::new();
    let mut set = |key: &str, value: Json| {
        resource.insert(key.to_owned(), value);
    };
    if !selected.not_crawled.is_empty() {
        let names: Vec<&str> = selected.not_crawled.iter().map(|entity| entity.plural()).collect();
        set("not_crawled", names.into());
    }
    if passed.filtered > 0 {
        set("filtered", passed.filtered.into());
    }
    if passed.with_unwritten_fields > 0 {
        set("with_unwritten_fields", passed.with_unwritten_fields.into());
    }
    if !passed.failures.is_empty() {
        set("skipped", passed.skipped.into());
        set("nulled", passed.nulled.into());
        set("failures", json!(passed.failures));
    }
    if !passed.lists.is_empty() {
        set("lists", json!(passed.lists));
    }
    resource
}

fn csv_dialect() -> Json {
    json!({
        "delimiter": ",",
        "lineTerminator": "\n",
        "quoteChar": "\"",
        "doubleQuote": true,
        "header": true,
        "caseSensitiveHeader": true,
    })
}

fn field(column: &MappedColumn, irregular_dates: bool) -> Json {
    let mut field = json!({ "name": column.name, "type": field_type(column.column_type) });
    if irregular_dates {
        // Some dates are in another form than RFC 3339, such as RFC 2822, because the API sent them so.
        field["format"] = "any".into();
    }
    if !column.description.is_empty() {
        field["description"] = column.description.clone().into();
    }
    if let Some(days) = column.pii.delete_sla() {
        field["pii"] = json!(column.pii);
        field["deleteSla"] = days.into();
    }
    if column.is_pseudonymous() {
        field["pseudonym"] = format!("HMAC-SHA-256, kind {}", column.kind).into();
    }
    field
}

/// The type in the words of Table Schema.
fn field_type(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Json => "any",
        other => other.name(),
    }
}
