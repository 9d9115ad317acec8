//! What a mapping can make of rows beside one row a line: lists, bundles, parts, batches, unique values, schemas; and the import files of
//! other systems over hostile data.

use std::collections::BTreeSet;

use super::*;
use crate::mapping::{Mapping, PiiKey, SidMap};
use crate::model::{ChannelSid, MembershipStatus, RowRecords, ServiceSid, UserSid};
use crate::snapshot::{Info, SnapshotError, Walk};

fn parsed(records: &str) -> ExportOptions {
    let text = format!("version = 1\nname = \"m\"\n{records}");
    with_mapping(mapping::parse(&text, "m.toml", None).unwrap_or_else(|error| panic!("{error}")))
}

fn with_mapping(mapping: Mapping) -> ExportOptions {
    ExportOptions { mappings: vec![mapping], formats: vec![FileFormat::Ndjson], ..options(&[]) }
}

fn exported(source: &Fixture, options: &ExportOptions) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    export(source, options, folder.path()).unwrap_or_else(|error| panic!("{error}"));
    files(folder.path())
}

fn refused(source: &Fixture, options: &ExportOptions) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let error = export(source, options, &out).unwrap_err();
    assert!(!out.exists(), "a failed export leaves nothing");
    error.to_string()
}

fn lines(bytes: &[u8]) -> Vec<Json> {
    std::str::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const SEATS: &str = "[[records.lists]]\nname = \"seats\"\nentity = \"membership\"\nwhere = \"status == 'joined'\"\n\
                     columns = [{ name = \"room\", path = \"channel_sid\" }, { name = \"role\", path = \"role.friendly_name\" }]\n";
const PEOPLE: &str = "[[records]]\nname = \"people\"\nentity = \"user\"\nkey = [\"user.sid\"]\n\
                      columns = [{ name = \"sid\", path = \"user.sid\" }, { name = \"seats\", list = \"seats\" }]\n";
const ROOMS: &str = "[[records]]\nname = \"rooms\"\nentity = \"channel\"\nkey = [\"channel.sid\"]\n\
                     columns = [{ name = \"sid\", path = \"channel.sid\" }]\n";

/// The rooms of each user, as the fixture has them.
fn rooms_of(source: &Fixture, user: &UserSid) -> Vec<String> {
    let joined = source.memberships.iter().filter(|membership| {
        membership.user_sid == *user && membership.status == Some(MembershipStatus::Joined)
    });
    joined.map(|membership| membership.channel_sid.to_string()).collect()
}

#[test]
fn each_row_has_its_own_list_and_a_row_without_items_an_empty_one() {
    let mut source = fixture(13, 6);
    let lonely = source.users[4].sid.clone();
    let gone = source.users.remove(7).sid;
    source.memberships.retain(|membership| membership.user_sid != lonely);
    assert!(!rooms_of(&source, &gone).is_empty(), "a user who is not there has memberships");
    let rows = lines(&exported(&source, &parsed(&format!("{PEOPLE}{SEATS}")))["people.ndjson"]);
    assert_eq!(rows.len(), source.users.len());
    for (row, user) in rows.iter().zip(&source.users) {
        let seats = row["seats"].as_array().unwrap();
        let rooms: Vec<&str> = seats.iter().map(|seat| seat["room"].as_str().unwrap()).collect();
        assert_eq!(rooms, rooms_of(&source, &user.sid), "{}", user.sid);
        assert!(seats.iter().all(|seat| seat["role"] == "channel user"));
    }
    assert_eq!(rows[4]["seats"], serde_json::json!([]));
    // The same as text in CSV.
    let mut csv = parsed(&format!("{PEOPLE}{SEATS}"));
    csv.formats = vec![FileFormat::Csv];
    let cells = csv_rows(&exported(&source, &csv)["people.csv"]);
    assert_eq!(cells[1][1], rows[0]["seats"].to_string());
}

#[test]
fn a_channel_has_the_memberships_in_it_too() {
    let source = fixture(13, 6);
    let list = SEATS.replace("channel_sid", "user_sid");
    let rooms = ROOMS.replace("channel.sid\" }]", "channel.sid\" }, { name = \"seats\", list = \"seats\" }]");
    let rows = lines(&exported(&source, &parsed(&format!("{rooms}{list}")))["rooms.ndjson"]);
    let of = |channel: &ChannelSid| {
        let joined = source.memberships.iter().filter(|membership| {
            membership.channel_sid == *channel && membership.status == Some(MembershipStatus::Joined)
        });
        joined.map(|membership| membership.user_sid.to_string()).collect::<BTreeSet<_>>()
    };
    for (row, channel) in rows.iter().zip(&source.channels) {
        let seats = row["seats"].as_array().unwrap();
        let users: BTreeSet<String> =
            seats.iter().map(|seat| seat["room"].as_str().unwrap().to_owned()).collect();
        assert_eq!((users, seats.len()), (of(&channel.sid), of(&channel.sid).len()));
    }
}

#[test]
fn a_list_that_is_longer_than_a_row_may_have_makes_several_rows() {
    let source = fixture(13, 6);
    let options = parsed(&format!("{PEOPLE}{SEATS}max_items = 2\n"));
    let rows = lines(&exported(&source, &options)["people.ndjson"]);
    let mut of_users: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in &rows {
        let seats = row["seats"].as_array().unwrap();
        assert!(seats.len() <= 2);
        let rooms = seats.iter().map(|seat| seat["room"].as_str().unwrap().to_owned());
        of_users.entry(row["sid"].as_str().unwrap()).or_default().extend(rooms);
    }
    assert!(rows.len() > source.users.len());
    for user in &source.users {
        assert_eq!(of_users[user.sid.to_string().as_str()], rooms_of(&source, &user.sid));
    }
}

#[test]
fn a_list_that_would_take_too_much_memory_is_refused_by_its_name() {
    let mut source = fixture(1, 36);
    let long = "x".repeat(4 << 20);
    source.channels.iter_mut().for_each(|channel| channel.friendly_name = Some(long.clone()));
    let list = "[[records.lists]]\nname = \"rooms\"\nentity = \"membership\"\n\
                columns = [{ name = \"room\", path = \"channel.friendly_name\" }]\n";
    let people = PEOPLE.replace("seats", "rooms");
    let error = refused(&source, &parsed(&format!("{people}{list}")));
    let expected = format!(
        "the list `rooms` of {} has more than 67108864 bytes: give it `max_items`, which makes several rows of it; nothing \
         was written",
        source.users[0].sid
    );
    assert_eq!(error, expected);
    // As it says: in rows of a few items the same list is written.
    let folder = tempfile::tempdir().unwrap();
    let options = parsed(&format!("{people}{list}max_items = 5\n"));
    let report = export(&source, &options, folder.path()).unwrap();
    assert_eq!(report.records[0].passed.rows, 4, "18 items");
}

#[test]
fn a_bundle_has_its_records_in_its_order_after_its_first_lines() {
    let source = fixture(5, 3);
    let bundle =
        "[[bundles]]\nname = \"all\"\nrecords = [\"rooms\", \"people\"]\nfirst = ['{\"version\":1}']\n";
    let mut options = parsed(&format!("{PEOPLE}{SEATS}{ROOMS}{bundle}"));
    let files = exported(&source, &options);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["all.ndjson", "datapackage.json"]);
    let rows = lines(&files["all.ndjson"]);
    assert_eq!(rows[0].to_string(), "{\"version\":1}");
    assert_eq!(rows[1]["sid"], source.channels[0].sid.to_string());
    assert_eq!(rows[4]["sid"], source.users[0].sid.to_string());
    assert_eq!(rows.len(), 1 + 3 + 5);
    assert_eq!(streamed(&source, &options), files["all.ndjson"]);
    let package: Json = serde_json::from_slice(&files["datapackage.json"]).unwrap();
    let resource = &package["resources"][0];
    assert_eq!((&resource["path"], &resource["row_count"]), (&"all.ndjson".into(), &8.into()));
    assert_eq!(
        (&resource["records"][0]["name"], &resource["records"][1]["rows"]),
        (&"rooms".into(), &5.into())
    );
    options.formats = vec![FileFormat::Csv];
    assert_eq!(
        refused(&source, &options),
        "`all` of mapping `m` is written as NDJSON only: add ndjson to --format"
    );
    options.formats = vec![FileFormat::Csv, FileFormat::Ndjson];
    assert_eq!(exported(&source, &options).len(), 2, "the default formats write it too");
    options.records = Some(vec!["people".to_owned()]);
    assert_eq!(lines(&exported(&source, &options)["all.ndjson"]).len(), 6);
}

#[test]
fn a_file_ends_before_it_has_more_rows_or_bytes_than_it_may() {
    let source = fixture(7, 1);
    let parts = |parts: &str| {
        let bundle = "[[bundles]]\nname = \"all\"\nrecords = [\"people\"]\nfirst = ['{\"version\":1}']";
        parsed(&format!("{PEOPLE}{SEATS}{bundle}\nparts = {{ {parts} }}\n"))
    };
    let all = exported(&source, &parts("max_rows = 100"));
    let whole = lines(&all["all-0001.ndjson"]);
    for (limit, most) in [("max_rows = 3", 3), ("max_bytes = 500", 100)] {
        let files = exported(&source, &parts(limit));
        let mut rows = vec![whole[0].clone()];
        for (number, (name, bytes)) in
            files.iter().filter(|(name, _)| *name != "datapackage.json").enumerate()
        {
            assert_eq!(*name, format!("all-{:04}.ndjson", number + 1));
            let part = lines(bytes);
            assert_eq!(part[0], whole[0], "each part has the first lines");
            assert!(part.len() > 1 && part.len() <= most + 1 && bytes.len() <= 500.max(most * 1000));
            rows.extend_from_slice(&part[1..]);
        }
        assert_eq!(rows, whole, "{limit}");
        assert!(files.len() > 2);
    }
    let error = refused(&source, &parts("max_bytes = 60"));
    assert!(
        error.starts_with("line 2 of `all-0001.ndjson` has ") && error.contains("allows a file 60"),
        "{error}"
    );
    let mut out = Vec::new();
    let error = stream(&source, &parts("max_rows = 3"), &mut out, &Events::none()).unwrap_err();
    assert!(error.to_string().contains("is written in parts"), "{error}");
}

#[test]
fn a_line_of_a_batch_has_so_many_rows_by_their_keys() {
    let source = fixture(7, 1);
    let batch = |keyed: &str| {
        let batch =
            format!("batch = {{ max_rows = 3, line = '{{\"to\":\"users\",\"rows\":$ROWS}}'{keyed} }}\n");
        parsed(&format!("{PEOPLE}{batch}{SEATS}"))
    };
    let rows = lines(&exported(&source, &batch(""))["people.ndjson"]);
    let counts: Vec<usize> = rows.iter().map(|line| line["rows"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [3, 3, 1]);
    let keyed = batch(", keyed_by = [\"sid\", \"sid\"], separator = \"_\"");
    let rows = lines(&exported(&source, &keyed)["people.ndjson"]);
    let users: Vec<String> = source.users.iter().map(|user| format!("{0}_{0}", user.sid)).collect();
    let keys: Vec<&String> = rows.iter().flat_map(|line| line["rows"].as_object().unwrap().keys()).collect();
    assert_eq!(keys, users.iter().collect::<Vec<_>>());
    assert_eq!(rows[0]["to"], "users");
    let mut narrow = keyed;
    narrow.mappings[0].records[0] = narrow.mappings[0].records[0].narrowed(&["seats"]);
    let error = refused(&source, &narrow);
    assert!(error.contains("cannot do without column `sid`, which its rows are keyed by"), "{error}");
}

#[test]
fn the_rows_that_a_switch_leaves_out_are_counted_all_the_same() {
    let source = fixture(13, 6);
    let head = "[switches]\nall = false\n";
    let list = SEATS.replace("where = \"", "where = \"run.all and ");
    let where_rooms = "where = \"run.all and lists.seats\"\n";
    let rooms = ROOMS.replace("columns", &format!("{where_rooms}columns"));
    let options = parsed(&format!("{head}{rooms}{list}"));
    let folder = tempfile::tempdir().unwrap();
    let report = export(&source, &options, folder.path()).unwrap();
    let passed = &report.records[0].passed;
    assert_eq!((passed.rows, passed.filtered), (0, source.channels.len() as u64));
    assert_eq!(passed.lists["seats"].filtered, source.memberships.len() as u64);
}

#[test]
fn nested_keys_and_keys_without_nulls_are_written_as_objects_have_them() {
    let source = fixture(13, 1);
    let columns = "columns = [{ name = \"a\", path = \"user.friendly_name\" }, { name = \"b.c\", path = \"user.attributes\" },\n\
                   { name = \"b.d.e\", path = \"user.friendly_name\" }, { name = \"f\", path = \"user.identity\" }]\n";
    let head = "[[records]]\nname = \"people\"\nentity = \"user\"\nkey = [\"user.sid\"]\nnested = true\n";
    let full = lines(&exported(&source, &parsed(&format!("{head}{columns}")))["people.ndjson"]);
    let without =
        lines(&exported(&source, &parsed(&format!("{head}omit_null = true\n{columns}")))["people.ndjson"]);
    for ((full, without), user) in full.iter().zip(&without).zip(&source.users) {
        assert_eq!(full["b"]["d"]["e"].as_str(), user.friendly_name.as_deref());
        assert_eq!(full["b"]["c"].as_str(), user.attributes.as_deref());
        assert_eq!(without.get("a").is_some(), user.friendly_name.is_some());
        let has_object = user.attributes.is_some() || user.friendly_name.is_some();
        assert_eq!(without.get("b").is_some(), has_object, "{without}");
        assert_eq!(without["f"], full["f"]);
    }
}

#[test]
fn two_rows_with_one_name_are_refused_and_both_originals_named() {
    let mut source = fixture(3, 1);
    let rule = "[safe_names.id]\nchars = \"a-z0-9-\"\nmax_length = 20\n";
    let column =
        "columns = [{ name = \"id\", path = \"user.identity\", safe_name = \"id\", unique = true }]\n";
    let head = "[[records]]\nname = \"people\"\nentity = \"user\"\nkey = [\"user.sid\"]\n";
    let options = parsed(&format!("{rule}{head}{column}"));
    exported(&source, &options);
    // With four digits of hash, some of these have the same name.
    let short = rule.replace("20", "6\nhash_length = 4\nprefix = \"u\"");
    let mut many = fixture(1_500, 1);
    many.users
        .iter_mut()
        .enumerate()
        .for_each(|(number, user)| user.identity = Some(format!("Ada.{number}")));
    let error = refused(&many, &parsed(&format!("{short}{head}{column}")));
    let originals: Vec<&str> = error.split('`').filter(|part| part.starts_with("Ada.")).collect();
    assert_eq!(originals.len(), 2, "{error}");
    assert!(
        originals[0] != originals[1] && error.contains("column `id` of record `people` is unique, but US"),
        "{error}"
    );
    source.users[2].identity = source.users[0].identity.clone();
    let error = refused(&source, &options);
    let named = |user: usize| format!("{} (`user-0`)", source.users[user].sid);
    assert!(error.contains(&named(0)) && error.contains(&named(2)), "{error}");
}

#[test]
fn two_services_share_a_place_of_names_unless_the_mapping_says_otherwise() {
    let two = TwoServices(fixture(3, 1), fixture(3, 1));
    let record = |unique: &str| {
        format!(
            "[[records]]\nname = \"people\"\nentity = \"user\"\nkey = [\"service.sid\", \"user.sid\"]\n\
             columns = [{{ name = \"id\", path = \"user.identity\", unique = {unique} }}]\n"
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let run = |options: &ExportOptions| run(&two, options, &folder.path().join("out"), &Events::none());
    let error = run(&parsed(&record("true"))).unwrap_err();
    assert!(error.to_string().contains("is unique, but US"), "{error}");
    let hint = error.hint().unwrap();
    let first = two.0.info.services[0].to_string();
    assert!(hint.contains(&format!("--where \"service.sid == '{first}'\"")), "{hint}");
    assert_eq!(run(&parsed(&record("\"service\""))).unwrap().records[0].passed.rows, 6);
    // Within a service it is refused all the same.
    let mut twice = fixture(3, 1);
    twice.users[2].identity = twice.users[0].identity.clone();
    assert!(refused(&twice, &parsed(&record("\"service\""))).contains("is unique"));
}

/// Two services of one snapshot.
struct TwoServices(Fixture, Fixture);

impl RowSource for TwoServices {
    fn info(&self) -> Result<Info, SnapshotError> {
        Ok(self.0.info.clone())
    }

    fn walk(
        &self,
        walk: &Walk,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        self.0.walk(walk, visit)?;
        let mut other = self.1.service.clone();
        other.sid = ServiceSid::from_digits(0x16);
        self.1.walk(walk, &mut |records| visit(&RowRecords { service: &other, ..*records }))
    }
}

#[test]
fn a_line_that_does_not_follow_its_schema_is_named_with_its_sid() {
    let folder = tempfile::tempdir().unwrap();
    let schema = r#"{"properties": {"sid": {"type": "string"}, "name": {"not": {"const": "a,b"}}}}"#;
    fs::write(folder.path().join("people.json"), schema).unwrap();
    let text = "version = 1\nname = \"m\"\n[[records]]\nname = \"people\"\nentity = \"user\"\nkey = [\"sid\"]\nschema = \"people.json\"\n\
                columns = [{ name = \"sid\", path = \"user.sid\" }, { name = \"name\", path = \"user.friendly_name\" }]\n";
    let mut options = with_mapping(mapping::parse(text, "m.toml", Some(folder.path())).unwrap());
    let source = fixture(20, 1);
    exported(&source, &options);
    options.check_schema = true;
    let error = refused(&source, &options);
    let bad = source.users.iter().position(|user| user.friendly_name.as_deref() == Some("a,b")).unwrap();
    let expected = format!(
        "2 of 20 lines of `people.ndjson` do not follow the schema `people.json`; line {} (people {}): /name: ",
        bad + 1,
        source.users[bad].sid
    );
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(check_lines(&source, &options, &Events::none()).unwrap_err().to_string(), error);
}

/// A service of everything that other systems do not take.
fn hostile() -> Fixture {
    let mut source = fixture(15, 8).with_other_members();
    let identities =
        ["ada.b@example.org", "Ada B", "+15551234", "system", "ada-b", "a", "ÄÖ 😀", " ", "x/y", "@"];
    for (user, identity) in source.users.iter_mut().zip(identities) {
        user.identity = Some(identity.to_owned());
    }
    source.users[12].identity = None;
    let creators = [None, Some("system"), Some("ada.b@example.org"), Some("gone"), Some("Ada B")];
    let names =
        [None, Some("general"), Some("a b"), Some("A.B"), Some("+1"), Some(""), Some("ä"), Some("general.")];
    for (number, channel) in source.channels.iter_mut().enumerate() {
        channel.created_by = creators[number % creators.len()].map(str::to_owned);
        channel.unique_name = names[number].map(str::to_owned);
        channel.friendly_name = channel.friendly_name.take().filter(|_| number % 3 > 0);
        channel.members_count = Some(if number == 1 { 2 } else { 5 });
    }
    // A user who is not there any more, with memberships; a channel that no list has, with members.
    source.users.remove(9);
    source.channels.remove(6);
    source
}

fn import_files(name: &str, switches: &[String], pii: &PiiPolicy) -> Vec<Json> {
    let source = hostile();
    let mut options = with_mapping(mapping::load_with(name, switches).unwrap());
    // A pseudonym need not be what the other system takes as a name.
    options.check_schema = matches!(pii, PiiPolicy::Keep);
    options.mappings[0].apply_pii(pii);
    let users: BTreeMap<String, String> =
        source.users.iter().filter_map(|user| Some((user.identity.clone()?, user.sid.to_string()))).collect();
    for record in &mut options.mappings[0].records {
        let users = users.clone();
        record.set_users(SidMap::new(move |identity| Ok(users.get(identity).cloned())));
    }
    let files = exported(&source, &options);
    let main = files
        .iter()
        .find(|(file, _)| *file == &format!("{name}.ndjson") || *file == &format!("{name}-0001.ndjson"));
    lines(main.unwrap().1)
}

/// References lead somewhere whatever is done with personal data.
fn policies() -> [PiiPolicy; 2] {
    let key = PiiKey::new(zeroize::Zeroizing::new(b"0123456789abcdef".to_vec())).unwrap();
    [PiiPolicy::Keep, PiiPolicy::Hmac(key)]
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

#[test]
fn streams_import_file_is_complete_in_itself() {
    for pii in policies() {
        let rows = import_files("stream", &[], &pii);
        let (mut users, mut channels, mut members) = (BTreeSet::new(), BTreeSet::new(), 0);
        for row in &rows {
            let data = &row["data"];
            match row["type"].as_str().unwrap() {
                "user" => assert!(users.insert(text(&data["id"])), "{row}"),
                "channel" => {
                    assert!(users.contains(&text(&data["created_by"])), "{row}");
                    assert!(channels.insert(text(&data["id"])), "{row}");
                }
                "channel_member" => {
                    let (user, channel) = (text(&data["user_id"]), text(&data["channel_id"]));
                    assert!(users.contains(&user) && channels.contains(&channel), "{row}");
                    members += 1;
                }
                other => panic!("{other}"),
            }
        }
        assert_eq!((users.len(), channels.len()), (14, 7), "a user without an identity has no id");
        assert!(members > 20 && users.contains("system"));
        if matches!(pii, PiiPolicy::Keep) {
            assert!(users.contains("ada-b"));
            let named = rows.iter().find(|row| row["data"]["twilio_identity"] == "system").unwrap();
            assert!(text(&named["data"]["id"]).starts_with("system-"), "{named}");
        } else {
            assert!(!rows.iter().any(|row| row.to_string().contains("ada")), "a name is left");
        }
    }
}

#[test]
fn mattermosts_import_file_is_complete_in_itself() {
    let switches = [Vec::new(), vec!["direct_channels".to_owned()]];
    for (switches, pii) in switches.iter().flat_map(|switches| policies().map(|pii| (switches, pii))) {
        let rows = import_files("mattermost", switches, &pii);
        assert_eq!(rows[0], serde_json::json!({ "type": "version", "version": 1 }));
        let of = |kind: &str| {
            rows.iter().filter(|row| row["type"] == kind).map(|row| &row[kind]).collect::<Vec<_>>()
        };
        let names =
            |kind: &str, key: &str| of(kind).iter().map(|row| text(&row[key])).collect::<BTreeSet<_>>();
        let (teams, channels, users) =
            (names("team", "name"), names("channel", "name"), names("user", "username"));
        assert_eq!(users.len(), of("user").len());
        let mut memberships = 0;
        for user in of("user") {
            for team in user["teams"].as_array().into_iter().flatten() {
                assert!(teams.contains(&text(&team["name"])));
                for channel in team["channels"].as_array().unwrap() {
                    assert!(channels.contains(&text(&channel["name"])), "{channel}");
                    memberships += 1;
                }
            }
        }
        assert!(memberships > 20);
        let direct = of("direct_channel");
        assert_eq!((channels.len(), direct.len()), if switches.is_empty() { (7, 0) } else { (6, 1) });
        for member in direct.iter().flat_map(|channel| channel["members"].as_array().unwrap()) {
            assert!(users.contains(&text(member)), "{member}");
        }
    }
}

#[test]
fn cometchats_requests_are_complete_in_themselves() {
    for pii in policies() {
        cometchats_requests(import_files("cometchat", &[], &pii));
    }
}

fn cometchats_requests(requests: Vec<Json>) {
    let (mut users, mut groups, mut members) = (BTreeSet::new(), BTreeSet::new(), 0);
    for request in requests {
        let kind = text(&request["path"]).rsplit('/').next().unwrap().to_owned();
        for (key, entity) in request["body"][&kind].as_object().unwrap() {
            match kind.as_str() {
                "users" => assert!(users.insert(text(&entity["uid"])) && *key == entity["uid"]),
                "groups" => {
                    assert!(entity.get("owner").is_none_or(|owner| users.contains(&text(owner))), "{entity}");
                    assert!(groups.insert(text(&entity["guid"])));
                }
                "members" => {
                    assert!(users.contains(&text(&entity["uid"])) && groups.contains(&text(&entity["guid"])));
                    assert_eq!(*key, format!("{}_member_{}", text(&entity["guid"]), text(&entity["uid"])));
                    members += 1;
                }
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!((users.len(), groups.len()), (14, 7));
    assert!(members > 20);
}
