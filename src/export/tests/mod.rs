//! Tests of complete exports: what is written reads back, is the same every time, and appears complete or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value as Json;

mod files;
mod golden;
#[cfg(feature = "parquet")]
mod parquet;

use super::destination::OutputFolder;
use super::fixture::{Fixture, HOSTILE, fixture};
use super::select::NotExported;
use super::*;
use crate::error::{Advise, Failure};
use crate::event::Events;
use crate::mapping::{self, PiiPolicy};
use crate::model::{Entity, MemberSid, RoleSid};

fn options(mappings: &[&str]) -> ExportOptions {
    let mappings = mappings.iter().map(|name| mapping::load(name).unwrap()).collect();
    ExportOptions::new(mappings, vec![FileFormat::Csv, FileFormat::Ndjson])
}

fn export(source: &Fixture, options: &ExportOptions, folder: &Path) -> Result<ExportReport, ExportError> {
    run(source, options, folder, &Events::none())
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

fn streamed(source: &Fixture, options: &ExportOptions) -> Vec<u8> {
    let mut out = Vec::new();
    stream(source, options, &mut out, &Events::none()).unwrap();
    out
}

/// Rows of an NDJSON text, each with its keys in order.
fn ndjson_rows(text: &[u8]) -> Vec<serde_json::Map<String, Json>> {
    std::str::from_utf8(text).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Rows of a CSV text as texts, with the header first.
fn csv_rows(text: &[u8]) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// What a JSON value is in a CSV cell.
fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn both_formats_hold_the_same_rows_and_the_package_describes_them() {
    let source = fixture(13, 6);
    let folder = tempfile::tempdir().unwrap();
    let report = export(&source, &options(&["chat"]), folder.path()).unwrap();
    let files = files(folder.path());
    let package: Json = serde_json::from_slice(&files["datapackage.json"]).unwrap();
    assert_eq!(report.verdict.as_str(), "complete");
    assert_eq!(package["chatferry"]["verdict"], "complete");
    assert_eq!(package["created"], "2020-09-13T12:27:40Z");
    assert_eq!(files.len(), 13, "six records in two formats, and the package: {:?}", files.keys());
    let written =
        report.records.iter().flat_map(|record| record.files.iter().map(move |file| (record, file)));
    for (resource, (record, written)) in package["resources"].as_array().unwrap().iter().zip(written) {
        let bytes = &files[resource["path"].as_str().unwrap()];
        assert_eq!(resource["bytes"], bytes.len());
        assert_eq!(resource["hash"], format!("sha256:{}", written.sha256));
        assert_eq!(resource["rows"], record.passed.rows);
    }
    for record in ["services", "roles", "users", "channels", "user_channels", "members"] {
        let objects = ndjson_rows(&files[&format!("{record}.ndjson")]);
        let table = csv_rows(&files[&format!("{record}.csv")]);
        assert_eq!(objects.len() + 1, table.len(), "{record}");
        for (object, row) in objects.iter().zip(table.iter().skip(1)) {
            let keys: Vec<&String> = object.keys().collect();
            assert_eq!(keys, table[0].iter().collect::<Vec<_>>());
            for (value, text) in object.values().zip(row) {
                let structured = matches!(value, Json::Array(_) | Json::Object(_));
                let read = if structured {
                    serde_json::from_str::<Json>(text).unwrap().to_string()
                } else {
                    text.clone()
                };
                assert_eq!(cell(value), read, "{record}");
            }
        }
    }
}

#[test]
fn values_are_the_models_own() {
    let source = fixture(5 * u32::try_from(HOSTILE.len()).unwrap(), 2);
    let mut options = options(&["chat"]);
    options.records = Some(vec!["users".to_owned()]);
    options.formats = vec![FileFormat::Ndjson];
    let rows = ndjson_rows(&streamed(&source, &options));
    assert_eq!(rows.len(), source.users.len());
    for (row, user) in rows.iter().zip(&source.users) {
        let expected = serde_json::to_value(user).unwrap();
        for (key, value) in row {
            assert_eq!(*value, expected[key], "{key}");
        }
    }
}

#[test]
fn null_is_nothing_and_the_empty_text_is_quoted() {
    let mut source = fixture(1, 0);
    source.users[0].friendly_name = Some(String::new());
    source.users[0].attributes = None;
    source.users[0].joined_channels_count = Some(0);
    let mut options = options(&["chat"]);
    options.records = Some(vec!["users".to_owned()]);
    options.formats = vec![FileFormat::Csv];
    let text = String::from_utf8(streamed(&source, &options)).unwrap();
    let row = text.lines().nth(1).unwrap();
    assert!(row.contains(",,\"\",RL"), "attributes are null, the name is empty: {row}");
    assert!(row.ends_with(",0"), "{row}");
}

#[test]
fn spreadsheet_safe_defuses_text_and_leaves_numbers() {
    let mut source = fixture(1, 1);
    source.users[0].friendly_name = Some("=1+1,\"x\"".to_owned());
    source.users[0].joined_channels_count = Some(-5);
    let mut options = options(&["chat"]);
    options.spreadsheet_safe = true;
    let folder = tempfile::tempdir().unwrap();
    export(&source, &options, folder.path()).unwrap();
    let files = files(folder.path());
    let rows = csv_rows(&files["users.csv"]);
    assert_eq!(rows[1][4], "'=1+1,\"x\"");
    assert_eq!(rows[1][11], "-5");
    for start in ["%1", "|calc", "＝1+1"] {
        source.users[0].friendly_name = Some(start.to_owned());
        export(&source, &options, folder.path()).unwrap();
        let rows = csv_rows(&self::files(folder.path())["users.csv"]);
        assert_eq!(rows[1][4], format!("'{start}"));
    }
    assert_eq!(ndjson_rows(&files["users.ndjson"])[0]["friendly_name"], "=1+1,\"x\"");
    let package: Json = serde_json::from_slice(&files["datapackage.json"]).unwrap();
    assert_eq!(package["chatferry"]["settings"]["spreadsheet_safe"], true);
}

#[test]
fn the_same_snapshot_gives_the_same_bytes() {
    let source = fixture(40, 9);
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    export(&source, &options(&["chat"]), first.path()).unwrap();
    export(&source, &options(&["chat"]), second.path()).unwrap();
    export(&source, &options(&["chat"]), second.path()).unwrap();
    assert_eq!(files(first.path()), files(second.path()));
}

#[test]
fn a_failure_leaves_the_folder_as_it_was() {
    let mut source = fixture(5, 3);
    let folder = tempfile::tempdir().unwrap();
    export(&source, &options(&["chat"]), folder.path()).unwrap();
    let before = files(folder.path());
    source.users[0].identity = Some("changed".to_owned());
    source.broken = Some(Entity::Membership);
    assert!(export(&source, &options(&["chat"]), folder.path()).is_err());
    assert_eq!(files(folder.path()), before);
    let new = folder.path().join("new");
    assert!(export(&source, &options(&["chat"]), &new).is_err());
    assert!(!new.exists(), "a folder that was made for nothing is removed");
}

#[test]
fn a_smaller_export_takes_the_place_of_a_larger_one() {
    let source = fixture(5, 3);
    let folder = tempfile::tempdir().unwrap();
    export(&source, &options(&["chat"]), folder.path()).unwrap();
    let mut options = options(&["chat"]);
    options.records = Some(vec!["users".to_owned()]);
    options.formats = vec![FileFormat::Csv];
    export(&source, &options, folder.path()).unwrap();
    assert_eq!(files(folder.path()).into_keys().collect::<Vec<_>>(), ["datapackage.json", "users.csv"]);
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let source = fixture(2, 2);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.odt"), "years of work").unwrap();
    fs::write(folder.path().join("datapackage.json"), "{\"resources\":[{\"path\":\"thesis.odt\"}]}").unwrap();
    let error = export(&source, &options(&["chat"]), folder.path()).unwrap_err();
    assert!(matches!(&error, ExportError::ForeignFiles { examples, .. } if examples.len() == 2));
    assert!(error.status() == Failure::Usage);
    assert_eq!(files(folder.path()).len(), 2);
    let mut options = options(&["chat"]);
    options.force = true;
    export(&source, &options, folder.path()).unwrap();
    assert_eq!(files(folder.path())["thesis.odt"], b"years of work");
    let file = folder.path().join("thesis.odt");
    assert!(matches!(export(&source, &options, &file), Err(ExportError::NotAFolder { .. })));
}

#[test]
fn an_export_that_was_killed_while_renaming_is_recognised() {
    let source = fixture(2, 2);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".chatferry-journal.json"), "{\"files\":[\"users.csv\",\"../x\"]}").unwrap();
    fs::write(folder.path().join(".chatferry-a1B2c3.tmp"), "half a file").unwrap();
    fs::write(folder.path().join("users.csv"), "whole").unwrap();
    export(&source, &options(&["chat"]), folder.path()).unwrap();
    let names: Vec<String> = files(folder.path()).into_keys().collect();
    assert!(!names.iter().any(|name| name.starts_with('.')), "{names:?}");
}

#[test]
fn two_exports_do_not_write_to_one_folder_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let held = OutputFolder::claim(folder.path(), false).unwrap();
    assert!(matches!(OutputFolder::claim(folder.path(), false), Err(ExportError::Busy { .. })));
    drop(held);
    OutputFolder::claim(folder.path(), false).unwrap();
}

#[test]
fn what_was_not_crawled_is_left_out_or_refused() {
    let source = fixture(2, 2);
    let folder = tempfile::tempdir().unwrap();
    export(&source, &options(&["chat"]), folder.path()).unwrap();
    assert!(!files(folder.path()).contains_key("invites.csv"));
    let mut wanted = options(&["chat"]);
    wanted.records = Some(vec!["invites".to_owned()]);
    let error = export(&source, &wanted, folder.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "record `invites` needs the invites, which this snapshot was crawled without: crawl with `--include …,invites`"
    );
    wanted.records = Some(vec!["userchannels".to_owned()]);
    let error = export(&source, &wanted, folder.path()).unwrap_err();
    assert!(
        error.to_string().starts_with("there is no record `userchannels` (did you mean `user_channels`?)")
    );
    let mut source = source;
    source.info.include.push(Entity::Invite);
    export(&source, &options(&["chat"]), folder.path()).unwrap();
    assert!(files(folder.path())["invites.ndjson"].is_empty());
}

#[test]
fn participants_by_sms_and_without_a_user_are_rows_too() {
    let source = fixture(6, 2).with_other_members();
    let folder = tempfile::tempdir().unwrap();
    let report = export(&source, &options(&["conversations"]), folder.path()).unwrap();
    let rows = ndjson_rows(&files(folder.path())["participants.ndjson"]);
    let joined = source.memberships.iter().filter(|membership| membership.member_sid.is_some()).count();
    assert_eq!(rows.len(), joined + 2);
    let of = |sid: &MemberSid| rows.iter().find(|row| row["sid"] == sid.to_string()).unwrap();
    let sms = of(&MemberSid::from_digits(0));
    assert_eq!(sms["messaging_binding"]["address"], "+15558675310");
    assert_eq!(sms["identity"], Json::Null);
    assert_eq!(sms["conversation_sid"], source.channels[0].sid.to_string());
    assert_eq!(sms["role_sid"], RoleSid::from_digits(2).to_string());
    assert_eq!(of(&MemberSid::from_digits(u128::MAX))["identity"], "gone");
    let sids: Vec<_> =
        rows.iter().map(|row| (row["conversation_sid"].as_str(), row["sid"].as_str())).collect();
    assert!(sids.is_sorted(), "in the order of the key");
    let participants = &report.records[0].passed;
    let invited = source.memberships.len() - joined;
    assert_eq!((participants.filtered, participants.with_unwritten_fields), (invited as u64, 1));
}

#[test]
fn what_an_export_leaves_out_is_counted() {
    let mut source = fixture(6, 2).with_other_members();
    source.info.counts.messages = 7;
    let folder = tempfile::tempdir().unwrap();
    let report = export(&source, &options(&["audit"]), folder.path()).unwrap();
    let not_exported = |entity, count| NotExported { entity, count };
    let members = source.members.len() as u64;
    assert_eq!(report.not_exported, [not_exported("members", members), not_exported("messages", 7)]);
    let package: Json = serde_json::from_slice(&files(folder.path())["datapackage.json"]).unwrap();
    assert_eq!(
        package["chatferry"]["not_exported"][1],
        serde_json::json!({ "entity": "messages", "count": 7 })
    );
    let report = export(&source, &options(&["conversations"]), folder.path()).unwrap();
    assert_eq!(report.not_exported, [not_exported("messages", 7)], "members are participants");
    let hashed = |policy: &PiiPolicy| {
        let mut options = options(&["conversations"]);
        options.mappings[0].apply_pii(policy);
        export(&source, &options, folder.path()).unwrap();
        files(folder.path()).into_values().flatten().collect::<Vec<u8>>()
    };
    assert!(
        !String::from_utf8(hashed(&PiiPolicy::Drop)).unwrap().contains("5558675310"),
        "an address is personal"
    );
}

#[test]
fn personal_columns_are_left_out_or_become_pseudonyms_that_join() {
    let source = fixture(6, 2);
    let key = mapping::PiiKey::new(zeroize::Zeroizing::new(b"0123456789abcdef".to_vec())).unwrap();
    let export_with = |policy: &PiiPolicy, columns: Option<&str>| {
        let mut options = options(&["chat"]);
        options.records = Some(vec!["users".to_owned(), "members".to_owned()]);
        if let Some(column) = columns {
            let wanted = |name: &str| name == "users" || name == "members";
            mapping::select_columns(&mut options.mappings, &[column.to_owned()], wanted).unwrap();
        }
        options.mappings[0].apply_pii(policy);
        options.pii = policy.clone();
        let folder = tempfile::tempdir().unwrap();
        export(&source, &options, folder.path()).map(|_| files(folder.path()))
    };
    let dropped = export_with(&PiiPolicy::Drop, None).unwrap();
    assert_eq!(
        csv_rows(&dropped["users.csv"])[0].join(","),
        "sid,account_sid,service_sid,role_sid,is_online,is_notifiable,date_created,date_updated,joined_channels_count"
    );
    assert!(matches!(export_with(&PiiPolicy::Drop, Some("identity")), Err(ExportError::NoColumns { .. })));
    let hashed = export_with(&PiiPolicy::Hmac(key.clone()), None).unwrap();
    let all = String::from_utf8(hashed.values().flatten().copied().collect()).unwrap();
    assert!(!all.contains("user-0") && !all.contains("0123456789abcdef\""), "neither identities nor the key");
    let users = ndjson_rows(&hashed["users.ndjson"]);
    let members = ndjson_rows(&hashed["members.ndjson"]);
    assert!(members.iter().all(|member| users.iter().any(|user| user["identity"] == member["identity"])));
    assert_eq!(users[0]["attributes"], Json::Null);
    let package: Json = serde_json::from_slice(&hashed["datapackage.json"]).unwrap();
    assert_eq!(package["chatferry"]["settings"]["pii_key_id"], key.id());
}

#[test]
fn a_stream_is_one_file() {
    let source = fixture(2, 2);
    let error = stream(&source, &options(&["chat"]), &mut Vec::new(), &Events::none()).unwrap_err();
    assert!(matches!(error, ExportError::NotOneStream { records: 6, formats: 2 }));
    assert!(error.status() == Failure::Usage);
}

#[test]
fn compressed_files_hold_the_same_bytes() {
    let source = fixture(30, 5);
    let mut options = options(&["chat"]);
    options.records = Some(vec!["user_channels".to_owned()]);
    options.formats = vec![FileFormat::Ndjson];
    let plain = streamed(&source, &options);
    options.compression = Some(Compression::Gzip);
    let mut gzip = Vec::new();
    flate2::read::GzDecoder::new(streamed(&source, &options).as_slice()).read_to_end(&mut gzip).unwrap();
    options.compression = Some(Compression::Zstd);
    let zstd = zstd::decode_all(streamed(&source, &options).as_slice()).unwrap();
    assert!(plain == gzip && plain == zstd);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Conformance of every text writer: any text comes back as it was, null as null.
    #[test]
    fn any_text_comes_back(
        texts in proptest::collection::vec(proptest::option::of(".*|[\\x00-\\x7f]*|[=+@\",\r\n\t-]*"), 1..20)
    ) {
        let mut source = fixture(u32::try_from(texts.len()).unwrap(), 0);
        for (user, text) in source.users.iter_mut().zip(&texts) {
            user.attributes.clone_from(text);
        }
        let mut options = options(&["chat"]);
        options.records = Some(vec!["users".to_owned()]);
        options.formats = vec![FileFormat::Ndjson];
        let objects = ndjson_rows(&streamed(&source, &options));
        options.formats = vec![FileFormat::Csv];
        let table = csv_rows(&streamed(&source, &options));
        prop_assert_eq!(objects.len(), texts.len());
        prop_assert_eq!(table.len(), texts.len() + 1);
        for ((object, row), text) in objects.iter().zip(table.iter().skip(1)).zip(&texts) {
            prop_assert_eq!(object["attributes"].as_str(), text.as_deref());
            prop_assert_eq!(&row[3], text.as_deref().unwrap_or_default());
        }
    }
}
