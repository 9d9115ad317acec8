//! `export`: files as others load them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use chatferry::internals::simulator::Options;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{DEFAULT_RECORDS, World, files, ndjson, spawn, wait_for_requests};

const OF_CONVERSATIONS: [&str; 5] =
    ["participants", "user_conversations", "conversations", "conversation_users", "conversation_roles"];

fn crawled() -> World {
    let world = World::new(Options { users: 60, ..Options::default() });
    assert_eq!(world.crawl(&[]).code, 0);
    world
}

fn package(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("datapackage.json")).unwrap()).unwrap()
}

/// The cells of a CSV file, and its header.
fn csv(bytes: &[u8]) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    (header, rows)
}

/// A value as its CSV cell has it, quotes aside.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn the_default_is_every_record_of_two_mappings_in_two_formats() {
    let world = crawled();
    let out = world.export("out", &[]);
    let mut expected = BTreeSet::from(["datapackage.json".to_owned()]);
    for record in DEFAULT_RECORDS.iter().chain(&OF_CONVERSATIONS) {
        expected.extend([format!("{record}.csv"), format!("{record}.ndjson")]);
    }
    assert_eq!(files(&out).into_keys().collect::<BTreeSet<_>>(), expected);
}

#[test]
fn csv_and_ndjson_hold_the_same() {
    let world = crawled();
    let out = world.export("out", &[]);
    for record in DEFAULT_RECORDS.iter().chain(&OF_CONVERSATIONS) {
        let objects = ndjson(&out.join(format!("{record}.ndjson")));
        let bytes = std::fs::read(out.join(format!("{record}.csv"))).unwrap();
        assert!(!bytes.windows(2).any(|end| end == b"\r\n"), "lines end with LF alone");
        let (header, rows) = csv(&bytes);
        assert_eq!(rows.len(), objects.len(), "{record}");
        for (row, object) in rows.iter().zip(&objects) {
            assert_eq!(object.keys().collect::<Vec<_>>(), header.iter().collect::<Vec<_>>(), "{record}");
            assert_eq!(*row, object.values().map(cell).collect::<Vec<_>>(), "{record}");
        }
    }
}

#[test]
fn the_columns_are_those_of_the_contract() {
    let world = crawled();
    let out = world.export("out", &[]);
    for (record, columns) in [
        (
            "user_channels",
            "account_sid,service_sid,channel_sid,user_sid,member_sid,status,last_consumed_message_index,\
             unread_messages_count,notification_level",
        ),
        (
            "participants",
            "account_sid,chat_service_sid,conversation_sid,sid,identity,attributes,role_sid,date_created,date_updated,\
             last_read_message_index,last_read_timestamp,messaging_binding",
        ),
        (
            "user_conversations",
            "account_sid,chat_service_sid,conversation_sid,user_sid,participant_sid,identity,notification_level,\
             last_read_message_index,unread_messages_count,friendly_name,unique_name,attributes,created_by,date_created,\
             date_updated",
        ),
    ] {
        let text = std::fs::read_to_string(out.join(format!("{record}.csv"))).unwrap();
        assert_eq!(text.lines().next(), Some(columns));
    }
    let joined = world.truth()["user_channels"].iter().filter(|row| row["status"] == "joined").count();
    assert_eq!(ndjson(&out.join("participants.ndjson")).len(), joined, "a participant per joined membership");
}

/// The cells of each line with their quotes, which a CSV reader takes away.
fn cells_as_written(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut quoted) = (vec![vec![String::new()]], false);
    for character in text.chars() {
        let line = lines.last_mut().unwrap();
        match character {
            ',' if !quoted => line.push(String::new()),
            '\n' if !quoted => lines.push(vec![String::new()]),
            _ => {
                quoted ^= character == '"';
                line.last_mut().unwrap().push(character);
            }
        }
    }
    lines.pop(); // after the last line end there is nothing
    lines
}

#[test]
fn null_zero_and_empty_are_three_things() {
    let world = crawled();
    let out = world.export("out", &["--records", "user_channels,users"]);
    let truth = world.truth();
    let (mut null, mut zero, mut empty) = (0, 0, 0);
    for (record, column) in [("user_channels", "last_consumed_message_index"), ("users", "friendly_name")] {
        let text = std::fs::read_to_string(out.join(format!("{record}.csv"))).unwrap();
        let objects = ndjson(&out.join(format!("{record}.ndjson")));
        let lines = cells_as_written(&text);
        assert_eq!(lines.len(), objects.len() + 1, "{record}");
        for ((line, object), expected) in lines[1..].iter().zip(objects).zip(&truth[record]) {
            assert_eq!(object[column], expected[column]);
            let position = object.keys().position(|key| key == column).unwrap();
            match &expected[column] {
                Value::Null => {
                    assert_eq!(line[position], "");
                    null += 1;
                }
                Value::Number(number) if number.as_i64() == Some(0) => {
                    assert_eq!(line[position], "0");
                    zero += 1;
                }
                Value::String(text) if text.is_empty() => {
                    assert_eq!(line[position], "\"\"");
                    empty += 1;
                }
                _ => assert!(
                    line[position].len() > 2 || line[position].parse::<u64>().is_ok_and(|number| number > 0)
                ),
            }
        }
    }
    assert!(null > 0 && zero > 0 && empty > 0, "{null} {zero} {empty}: this seed shows not all three");
}

#[test]
fn the_package_describes_the_files() {
    let world = crawled();
    let out = world.export("out", &[]);
    let package = package(&out);
    let mut files = files(&out);
    files.remove("datapackage.json");
    for resource in package["resources"].as_array().unwrap() {
        let path = resource["path"].as_str().unwrap();
        let bytes = files.remove(path).unwrap_or_else(|| panic!("{path} is described twice or not there"));
        assert_eq!(resource["bytes"], bytes.len(), "{path}");
        let digest = Sha256::digest(&bytes);
        let hex: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(resource["hash"], format!("sha256:{}", hex.concat()), "{path}");
        let named = |field: &Value| field["name"].as_str().unwrap().to_owned();
        let fields: Vec<String> =
            resource["schema"]["fields"].as_array().unwrap().iter().map(named).collect();
        if resource["format"] == "csv" {
            let (header, rows) = csv(&bytes);
            assert_eq!((header, resource["rows"].as_u64()), (fields, Some(rows.len() as u64)), "{path}");
            assert_eq!(resource["dialect"]["lineTerminator"], "\n");
        }
    }
    assert!(files.is_empty(), "not described: {:?}", files.keys());
    let facts = &package["chatferry"];
    assert_eq!((&facts["verdict"], &facts["source"]), (&json!("complete"), &json!("chat")));
    assert_eq!(facts["services"], json!([world.running.service_sid()]));
    assert_eq!(facts["tool_version"], env!("CARGO_PKG_VERSION"));
    let info = world.json(&["snapshot", "info"]);
    assert_eq!(facts["window"], json!({ "started": info["started"], "finished": info["finished"] }));
    assert_eq!(facts["snapshot"]["id"], info["id"]);
}

#[test]
fn a_stream_is_the_bytes_of_the_file() {
    let world = crawled();
    let out = world.export("out", &[]);
    let before = files(world.folder.path()).into_keys().collect::<Vec<_>>();
    for (record, format) in [("user_channels", "csv"), ("users", "ndjson"), ("participants", "csv")] {
        let ran = world.run(&["export", "--out", "-", "--records", record, "--format", format, "--json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let expected = std::fs::read_to_string(out.join(format!("{record}.{format}"))).unwrap();
        assert_eq!(ran.stdout, expected, "rows and nothing else, --json or not");
    }
    assert_eq!(files(world.folder.path()).into_keys().collect::<Vec<_>>(), before, "no file was made");
}

#[test]
fn records_can_be_chosen_and_a_former_export_makes_room() {
    let world = crawled();
    let out = world.export("out", &[]);
    let all = files(&out);
    world.export("out", &["--records", "users,user_channels", "--format", "ndjson"]);
    let some = files(&out);
    let names = ["datapackage.json", "user_channels.ndjson", "users.ndjson"];
    assert_eq!(some.keys().collect::<Vec<_>>(), names, "the former export's other files are gone");
    for name in &names[1..] {
        assert_eq!(some[*name], all[*name], "{name}");
    }
    assert_eq!(package(&out)["resources"].as_array().unwrap().len(), 2);
}

#[test]
fn the_same_snapshot_gives_the_same_bytes() {
    let world = crawled();
    let first = files(&world.export("out", &[]));
    assert_eq!(files(&world.export("out", &[])), first, "over itself");
    assert_eq!(files(&world.export("elsewhere", &[])), first, "in another folder");
}

#[test]
fn only_force_writes_beside_the_files_of_others() {
    let world = crawled();
    std::fs::create_dir(world.path("out")).unwrap();
    std::fs::write(world.path("out/letter.txt"), "mine").unwrap();
    let refused = world.run(&["export", "--out", "out"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    let out = world.export("out", &["--force"]);
    assert_eq!(std::fs::read(out.join("letter.txt")).unwrap(), b"mine");
    world.assert_exported_truth(&out, &DEFAULT_RECORDS);
    // The foreign file is still foreign, and still there after an export that makes room for itself.
    world.export("out", &["--force", "--records", "users"]);
    assert_eq!(std::fs::read(out.join("letter.txt")).unwrap(), b"mine");
    assert!(!out.join("channels.csv").exists());
}

#[test]
fn compressed_files_are_the_plain_ones_when_read_back() {
    let world = crawled();
    let plain = files(&world.export("plain", &[]));
    for (method, suffix) in [("gzip", "gz"), ("zstd", "zst")] {
        let packed = files(&world.export(method, &["--compress", method]));
        let mut read_back = BTreeMap::new();
        for (name, bytes) in packed {
            let Some(name) = name.strip_suffix(&format!(".{suffix}")) else {
                assert_eq!(name, "datapackage.json");
                continue;
            };
            let mut text = Vec::new();
            if method == "gzip" {
                flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text).unwrap();
            } else {
                text = zstd::decode_all(&bytes[..]).unwrap();
            }
            read_back.insert(name.to_owned(), text);
        }
        for (name, bytes) in plain.iter().filter(|(name, _)| *name != "datapackage.json") {
            assert!(read_back.get(name) == Some(bytes), "{method}: {name}");
        }
        assert_eq!(read_back.len(), plain.len() - 1);
        let package = package(&world.path(method));
        assert!(package["resources"].as_array().unwrap().iter().all(|one| one["compression"] == suffix));
    }
}

#[test]
fn no_cell_is_a_formula_when_that_is_asked_for() {
    let world = crawled();
    let names = |flags: &[&str]| {
        let out = world.export("out", flags);
        let (header, rows) = csv(&std::fs::read(out.join("users.csv")).unwrap());
        let position = header.iter().position(|name| name == "friendly_name").unwrap();
        rows.into_iter().map(|mut row| row.swap_remove(position)).collect::<Vec<_>>()
    };
    let plain = names(&["--records", "users"]);
    let safe = names(&["--records", "users", "--spreadsheet-safe"]);
    let mut defused = 0;
    for (plain, safe) in plain.iter().zip(&safe) {
        if plain.starts_with(['=', '+', '-', '@']) {
            assert_eq!(*safe, format!("'{plain}"));
            defused += 1;
        } else {
            assert_eq!(safe, plain);
        }
    }
    assert!(defused > 0, "this seed has no formula");
    // NDJSON is for programs: there it stays as it is.
    world.assert_exported_truth(&world.path("out"), &["users"]);
    assert_eq!(package(&world.path("out"))["chatferry"]["settings"]["spreadsheet_safe"], true);
}

#[test]
fn rows_can_be_chosen_by_a_condition() {
    let world = crawled();
    let condition = "status == 'joined' and channel.type == 'private'";
    let out = world.export("out", &["--records", "user_channels", "--where", condition]);
    let truth = world.truth();
    let private =
        |sid: &Value| truth["channels"].iter().any(|one| one["sid"] == *sid && one["type"] == "private");
    let wanted = |row: &&crate::support::Row| row["status"] == "joined" && private(&row["channel_sid"]);
    let expected: Vec<_> = truth["user_channels"].iter().filter(wanted).cloned().collect();
    assert!(!expected.is_empty() && expected.len() < truth["user_channels"].len());
    assert_eq!(ndjson(&out.join("user_channels.ndjson")), expected);
    assert_eq!(package(&out)["chatferry"]["settings"]["where"], condition);
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_has_as_many_rows() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let world = crawled();
    let out = world.export("out", &["--format", "parquet"]);
    for record in DEFAULT_RECORDS {
        let file = std::fs::File::open(out.join(format!("{record}.parquet"))).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows = usize::try_from(reader.metadata().file_metadata().num_rows()).unwrap();
        assert_eq!(rows, world.truth()[record].len(), "{record}");
    }
}

/// Many accounts are one table only if no column's type depends on its values.
#[cfg(feature = "parquet")]
#[test]
fn the_types_of_parquet_are_the_same_where_a_column_has_no_value() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let world = crawled();
    let mappings = ["--mapping", "chat", "--mapping", "conversations", "--format", "parquet"];
    let full = world.export("full", &mappings);
    let bare = world.export("bare", &[&mappings[..], &["--where", "false"]].concat());
    let file = |path: &std::path::Path| {
        let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
        let metadata = reader.metadata().file_metadata();
        (metadata.schema().clone(), metadata.num_rows())
    };
    let mut compared = 0;
    for entry in std::fs::read_dir(&full).unwrap() {
        let name = entry.unwrap().file_name();
        if std::path::Path::new(&name).extension().is_some_and(|ending| ending == "parquet") {
            let ((with_rows, _), (without, rows)) = (file(&full.join(&name)), file(&bare.join(&name)));
            assert_eq!((with_rows, rows), (without, 0), "{}", name.display());
            compared += 1;
        }
    }
    assert!(compared > 8, "{compared}");
}

#[test]
fn what_is_incomplete_says_so_in_the_package_too() {
    let world = World::new(Options { users: 60, ..Options::default() });
    let mut child = spawn(&world, &[]);
    wait_for_requests(&world, &mut child, 100);
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = world.run(&["export", "--out", "out", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["verdict"], "incomplete");
    let facts = &package(&world.path("out"))["chatferry"];
    assert_eq!((&facts["verdict"], &facts["window"]["finished"]), (&json!("incomplete"), &Value::Null));
    let talk = world.run(&["export", "--out", "again"]).stderr;
    assert!(talk.contains("incomplete"), "{talk}");
}

/// An export to standard output, which the test reads.
fn streamed(world: &World) -> (Child, BufReader<ChildStdout>) {
    let records = ["--records", "user_channels", "--format", "ndjson", "--progress", "none"];
    let mut process = world.process(&[&["export", "--out", "-"], &records[..]].concat());
    let mut child = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    (child, stdout)
}

/// As with `| head -1`: a reader that has enough goes away, and that is no failure.
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let world = World::with_faults("");
    assert_eq!(world.crawl(&[]).code, 0);
    let (child, mut stdout) = streamed(&world);
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.starts_with('{'), "{line}");
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// Its reader does not read on until the program has heard Ctrl-C, so that rows are left.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_an_export_before_its_last_row() {
    let world = World::new(Options { users: 600, ..Options::default() });
    assert_eq!(world.crawl(&[]).code, 0);
    let (mut child, mut stdout) = streamed(&world);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let mut heard = String::new();
    stderr.read_line(&mut heard).unwrap();
    assert!(heard.starts_with("interrupted: "), "{heard}");
    let rows = stdout.lines().count();
    let truth = world.running.truth();
    let all: usize = truth.user_sids().map(|user| truth.user_channels(&user).len()).sum();
    assert!(rows < all - 1, "{rows}");
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("the export was interrupted before its end"), "{rest}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_database_has_no_choices_of_files_and_files_have_none_of_tables() {
    let world = crawled();
    let database = "postgres://ann@localhost:1/lake/chat";
    for flags in [
        &["--format", "parquet"][..],
        &["--compress", "zstd"],
        &["--retain-until", "2999-01-01"],
        &["--spreadsheet-safe"],
        &["--check-schema"],
        &["--force"],
    ] {
        let ran = world.run(&[&["export", "--out", database], flags].concat());
        let expected = format!("`{}` is about files, and `--out postgres://…` writes tables", flags[0]);
        assert!(ran.code == 2 && ran.stderr.contains(&expected), "{ran:?}");
    }
    for out in ["out", "-", "s3://bucket/prefix"] {
        let ran = world.run(&["export", "--out", out, "--append"]);
        assert!(ran.code == 2 && ran.stderr.contains("`--append` is about tables"), "{ran:?}");
    }
}

#[test]
fn an_address_of_a_database_that_cannot_be_is_refused_without_its_password() {
    let world = crawled();
    for (address, expected) in [
        ("postgres://ann:s3cret@localhost/lake/chat", "PGPASSFILE"),
        ("postgres://localhost/lake/chat?password=s3cret", "PGPASSFILE"),
        ("postgres://ann:s3cret@local host/lake/chat", "is not a URL"),
        #[cfg(feature = "postgres")]
        ("postgres://ann@localhost/lake", "has to name a database and a schema"),
        #[cfg(feature = "postgres")]
        ("postgres://ann@localhost/lake/chat?sslmode=allow", "`verify-full`"),
    ] {
        let ran = world.run(&["export", "--out", address, "--json", "-vv"]);
        assert_eq!(ran.code, 2, "{address}: {ran:?}");
        assert!(ran.stderr.contains(expected) && !format!("{ran:?}").contains("s3cret"), "{ran:?}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn a_database_that_cannot_be_reached_is_named() {
    let world = crawled();
    let ran = world.run(&["export", "--out", "postgres://ann@127.0.0.1:1/lake/chat"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for expected in ["127.0.0.1:1/lake/chat", "check the host and the port"] {
        assert!(ran.stderr.contains(expected), "{ran:?}");
    }
}
