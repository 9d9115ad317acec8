//! Tests of what makes files for other systems: bundles, lists, parts, batches, safe names, switches, schemas.

use std::sync::Arc;

use super::super::record::ColumnSource;
use super::super::{ListParent, compile};
use super::*;
use crate::model::{RowRecords, Timestamp};
use crate::testkit;

const USERS: &str = "[[records]]\nname = \"people\"\nentity = \"user\"\nkey = [\"user.sid\"]\n";
const COLUMNS: &str = "columns = [{ name = \"id\", path = \"user.identity\" }]\n";

fn text(rest: &str) -> String {
    format!("version = 1\nname = \"m\"\n{rest}")
}

fn mapping(rest: &str) -> Mapping {
    parse(&text(rest), "m.toml", None).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(rest: &str) -> String {
    problem(&text(rest))
}

fn users(rest: &str) -> String {
    format!("{USERS}{COLUMNS}{rest}")
}

#[test]
fn a_key_may_be_a_field_that_no_column_writes() {
    let mapping = mapping(&users(""));
    assert_eq!(mapping.records[0].key, ["user.sid"]);
    assert_eq!(mapping.records[0].written_key(), None);
    let other = USERS.replace("user.sid", "user.identity");
    assert!(refused(&format!("{other}{COLUMNS}")).contains("cannot be sorted by user.identity"));
    let unknown = USERS.replace("user.sid", "user.sidd");
    assert!(refused(&format!("{unknown}{COLUMNS}")).contains("unknown key column `user.sidd`"));
}

#[test]
fn a_bundle_has_records_of_the_mapping_each_once() {
    let bundle = |rest: &str| users(&format!("[[bundles]]\nname = \"all\"\n{rest}"));
    let mapping =
        mapping(&bundle("records = [\"people\"]\nfirst = ['{\"a\":1}']\nparts = { max_rows = 2 }\n"));
    assert_eq!(mapping.bundles[0].records, ["people"]);
    assert_eq!(mapping.bundles[0].lines.first, ["{\"a\":1}"]);
    assert!(mapping.bundles[0].lines.has_parts());
    for (rest, expected) in [
        ("records = [\"peple\"]", "my.toml:10:12: unknown record `peple` (did you mean `people`?)"),
        ("records = []", "must not be empty"),
        ("records = [\"people\", \"people\"]", "record of a bundle `people` is named twice"),
        ("records = [\"people\"]\nfirst = ['{']", "`first`: a line must be JSON"),
        ("records = [\"people\"]\nparts = {}", "`parts`: give `max_rows`"),
        ("records = [\"people\"]\nparts = { max_bytes = 0 }", "each at least 1"),
        ("records = [\"people\"]\nschema = \"none.json\"", "schema `none.json`: it cannot be read"),
    ] {
        let message = refused(&bundle(rest));
        assert!(message.contains(expected), "{rest}: {message}");
    }
    assert!(
        refused(&bundle("records = [\"people\"]").replace("\"all\"", "\"people\"")).contains("named twice")
    );
    let twice = bundle("records = [\"people\"]\n[[bundles]]\nname = \"two\"\nrecords = [\"people\"]");
    assert!(refused(&twice).contains("record of a bundle `people` is named twice"));
    let parts = format!(
        "{USERS}parts = {{ max_rows = 1 }}\n{COLUMNS}[[bundles]]\nname = \"b\"\nrecords = [\"people\"]"
    );
    assert!(refused(&parts).contains("belong to the bundle"));
}

#[test]
fn a_schema_that_does_not_compile_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let with = |schema: &str| {
        std::fs::write(folder.path().join("lines.json"), schema).unwrap();
        let text = text(&format!("{USERS}schema = \"lines.json\"\n{COLUMNS}"));
        parse(&text, "m.toml", Some(folder.path())).map_err(|error| error.to_string())
    };
    assert!(with("{\"type\": \"object\"}").unwrap().has_schema());
    let error = with("{\"type\": 7}").unwrap_err();
    assert!(error.starts_with("m.toml:7:10: schema `lines.json`: it does not compile"), "{error}");
    let error = with("{\"type\": ").unwrap_err();
    assert!(error.contains("schema `lines.json`: it is not JSON"), "{error}");
}

#[test]
fn a_list_is_of_rows_that_have_the_same_user_or_channel() {
    let list = |entity: &str, rest: &str| {
        format!(
            "[[records.lists]]\nname = \"items\"\nentity = \"{entity}\"\ncolumns = [{{ name = \"sid\", path = \"channel_sid\" }}]\n{rest}"
        )
    };
    let of_users = mapping(&users(&list("membership", "max_items = 7\n")));
    let of_user = &of_users.records[0].lists[0];
    assert_eq!(
        (of_user.parent, of_user.record.order, of_user.max_items),
        (ListParent::User, KeyOrder::Natural, Some(7))
    );
    let channels = "[[records]]\nname = \"rooms\"\nentity = \"channel\"\nkey = [\"channel.sid\"]\n\
                    columns = [{ name = \"items\", list = \"items\" }, { name = \"n\", type = \"integer\", value = \"lists.items|length\" }]\n";
    let rooms = mapping(&format!("{channels}{}", list("membership", "")));
    let of_channel = &rooms.records[0].lists[0];
    assert_eq!((of_channel.parent, of_channel.record.order), (ListParent::Channel, KeyOrder::ByChannel));
    assert!(matches!(rooms.records[0].columns[0].source, ColumnSource::List(0)));
    for entity in ["member", "invite", "message"] {
        assert_eq!(mapping(&format!("{channels}{}", list(entity, ""))).records[0].lists.len(), 1);
        let message = refused(&users(&list(entity, "")));
        let expected = format!(
            "rows of `user` cannot have a list of `{entity}`; the lists that they can have are of `membership`"
        );
        assert!(message.ends_with(&expected), "{message}");
    }
    let roles = "[[records]]\nname = \"r\"\nentity = \"role\"\nkey = [\"role.sid\"]\ncolumns = [{ name = \"a\", const = 1 }]\n";
    let message = refused(&format!("{roles}{}", list("membership", "")));
    assert!(message.ends_with("rows of a user or of a channel can have lists"), "{message}");
    let twice = format!("{}{}", list("membership", ""), list("membership", ""));
    assert!(refused(&users(&twice)).contains("list `items` is named twice"));
    assert!(refused(&users(&list("membership", "max_items = 0\n"))).contains("`max_items` is at least 1"));
    let unknown = channels.replace("lists.items", "lists.itms");
    assert!(refused(&format!("{unknown}{}", list("member", ""))).contains("`lists` has items"));
    let unknown = channels.replace("list = \"items\"", "list = \"itms\"");
    assert!(
        refused(&format!("{unknown}{}", list("member", "")))
            .contains("unknown list `itms` (did you mean `items`?)")
    );
}

#[test]
fn names_with_points_make_objects_whose_keys_stand_together() {
    let columns = |names: &[&str]| {
        let columns: Vec<String> =
            names.iter().map(|name| format!("{{ name = \"{name}\", path = \"user.identity\" }}")).collect();
        format!("{USERS}nested = true\ncolumns = [{}]\n", columns.join(", "))
    };
    mapping(&columns(&["a", "b.c", "b.d.e", "b.d.f", "g"]));
    assert!(refused(&columns(&["b.c", "a", "b.d"])).contains("the columns of `b` must stand together"));
    assert!(refused(&columns(&["b", "b.c"])).contains("`b` is a column too"));
    assert!(refused(&columns(&["b..c"])).contains("a key of it is empty"));
}

#[test]
fn a_batch_is_a_line_with_a_place_for_rows() {
    let batch = |batch: &str| format!("{USERS}batch = {{ {batch} }}\n{COLUMNS}");
    let keyed = mapping(&batch("max_rows = 50, line = '{\"users\":$ROWS}', keyed_by = [\"id\"]"));
    assert_eq!(keyed.records[0].batch.as_ref().unwrap().keyed_by, ["id"]);
    assert!(keyed.records[0].is_ndjson_only());
    for (rest, expected) in [
        ("max_rows = 0, line = '$ROWS'", "`max_rows` is at least 1"),
        ("max_rows = 1, line = '{}'", "with $ROWS where the rows stand"),
        ("max_rows = 1, line = '{$ROWS}'", "`line` must be JSON"),
        ("max_rows = 1, line = '$ROWS', keyed_by = [\"idd\"]", "unknown column `idd` (did you mean `id`?)"),
    ] {
        let message = refused(&batch(rest));
        assert!(message.contains(expected), "{rest}: {message}");
    }
}

const RULE: &str = "[safe_names.id]\nchars = \"a-z0-9_\"\nmax_length = 20\n";

#[test]
fn a_rule_of_safe_names_has_a_column_that_is_unique() {
    let with = |column: &str| format!("{RULE}{USERS}columns = [{{ name = \"id\", {column} }}]\n");
    mapping(&with("path = \"user.identity\", safe_name = \"id\", unique = true"));
    mapping(&with("value = \"identity|safe_name('id')\", unique = true"));
    for (column, expected) in [
        ("path = \"user.identity\", safe_name = \"id\"", "safe_names.id: no column has both"),
        (
            "path = \"user.identity\", safe_name = \"idd\", unique = true",
            "unknown safe name `idd` (did you mean `id`?)",
        ),
        (
            "value = \"identity|safe_name('idd')\", unique = true",
            "unknown safe name `idd` (did you mean `id`?)",
        ),
        ("const = 1, safe_name = \"id\"", "`safe_name` needs a `path` or `first_of` that gives texts"),
        (
            "path = \"user.identity\", unit = \"seconds\"",
            "`unit` needs a `path` or `first_of` that gives dates",
        ),
    ] {
        let message = refused(&with(column));
        assert!(message.contains(expected), "{column}: {message}");
    }
    let message = refused(&with("path = \"user.identity\"").replace("a-z0-9_", "a-z"));
    assert!(message.starts_with("my.toml:3:1: safe_names.id: `chars` must have 0-9"), "{message}");
}

/// The cell of one column over a user, as NDJSON has it.
fn cell(column: &str) -> serde_json::Value {
    let unique = "{ name = \"u\", path = \"user.identity\", safe_name = \"id\", unique = true }";
    let mapping = mapping(&format!("{RULE}{USERS}columns = [{unique}, {{ name = \"x\", {column} }}]\n"));
    let (service, user) = (
        testkit::service(),
        crate::model::User {
            identity: Some("Ada.b".to_owned()),
            date_created: Some(Timestamp::Seconds(1_458_853_550)),
            date_updated: Some(Timestamp::from_wire("yesterday")),
            ..testkit::user(2)
        },
    );
    let subject = RowRecords { user: Some(&user), ..RowRecords::of_service(&service) };
    let mut evaluator = Evaluator::new(&mapping.records[0]);
    assert!(matches!(evaluator.evaluate(&subject), Ok(RowOutcome::Row(_))), "{column}");
    evaluator.row(&subject).value(1).to_json()
}

#[test]
fn names_and_dates_are_the_same_in_columns_and_expressions() {
    let name = cell("path = \"user.identity\", safe_name = \"id\"");
    assert!(name.as_str().unwrap().starts_with("ada_b_"), "{name}");
    assert_eq!(cell("value = \"identity|safe_name('id')\""), name);
    assert_eq!(cell("path = \"user.friendly_name\", safe_name = \"id\""), serde_json::Value::Null);
    assert_eq!(cell("path = \"user.date_created\", unit = \"seconds\""), 1_458_853_550);
    assert_eq!(cell("path = \"user.date_created\", unit = \"milliseconds\""), 1_458_853_550_000_i64);
    assert_eq!(cell("type = \"integer\", value = \"date_created|milliseconds + 7\""), 1_458_853_550_007_i64);
    assert_eq!(cell("path = \"user.date_updated\", unit = \"seconds\""), serde_json::Value::Null);
    let object = cell("type = \"object\", value = \"{'a': none, 'b': {'c': none}}|omit_null\"");
    assert_eq!(object.to_string(), r#"{"b":{"c":null}}"#);
}

#[test]
fn a_switch_is_off_until_it_is_turned_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.toml");
    std::fs::write(&file, text(&format!("[switches]\nall = false\n{USERS}where = \"run.all\"\n{COLUMNS}")))
        .unwrap();
    let rows = |switches: &[String]| {
        let mapping = compile::load_with(file.to_str().unwrap(), switches).unwrap();
        let (service, user) = (testkit::service(), testkit::user(1));
        let subject = RowRecords { user: Some(&user), ..RowRecords::of_service(&service) };
        let outcome = Evaluator::new(&mapping.records[0]).evaluate(&subject).unwrap();
        (matches!(outcome, RowOutcome::Row(_)), mapping.sha256)
    };
    let (off, on) = (rows(&[]), rows(&["all".to_owned()]));
    assert!(!off.0 && on.0);
    assert_ne!(off.1, on.1, "two mappings with one digest do the same");
    assert!(
        refused(&format!("[switches]\ninvites = true\n{}", users("")))
            .contains("switch `invites` is named twice")
    );
    let message = refused(&format!("{USERS}where = \"run.al\"\n{COLUMNS}"));
    assert!(message.contains("`run` has invites, not `al`"), "{message}");
}

#[test]
fn a_record_has_no_rows_where_it_needs_a_switch_that_is_off() {
    let never = |condition: &str| {
        let record = format!("[switches]\nall = false\n{USERS}where = \"{condition}\"\n{COLUMNS}");
        mapping(&record).records[0].has_no_rows()
    };
    for condition in [
        "run.all",
        "run.all and identity == 'a'",
        "identity == 'a' and (run.all and is_online == true)",
        "run.all or run.all and is_online == true",
        "not (not run.all or identity == 'a' and run.invites == 'report')",
        "run.all and (identity or friendly_name)",
        "run.all and identity|length > 3 and friendly_name == ' or '",
    ] {
        assert!(never(condition), "{condition}");
    }
    for condition in [
        "not run.all",
        "run.all or is_online",
        "run.all and is_online or identity == 'a'",
        "run.all and identity|length > 3 or is_online",
        "run.all and identity|length > 3 if is_online else true",
        "(run.all and identity|length > 3) or is_online",
        "run.all == (identity|length > 3)",
    ] {
        assert!(!never(condition), "{condition}");
    }
}

#[test]
fn an_expression_reads_the_lists_of_its_row() {
    let mapping = mapping(&format!(
        "{USERS}where = \"lists.seats\"\ncolumns = [{{ name = \"n\", type = \"integer\", value = \"lists.seats|length\" }}]\n\
         [[records.lists]]\nname = \"seats\"\nentity = \"membership\"\ncolumns = [{{ name = \"sid\", path = \"channel_sid\" }}]\n"
    ));
    let (service, user) = (testkit::service(), testkit::user(1));
    let subject = RowRecords { user: Some(&user), ..RowRecords::of_service(&service) };
    let mut evaluator = Evaluator::new(&mapping.records[0]);
    let mut outcome = |list: &str| {
        evaluator.set_lists(vec![Arc::from(list)]);
        match evaluator.evaluate(&subject).unwrap() {
            RowOutcome::Row(_) => evaluator.row(&subject).value(0).to_json(),
            _ => serde_json::Value::Null,
        }
    };
    assert_eq!(outcome("[{\"sid\":1},{\"sid\":2}]"), 2);
    assert_eq!(outcome("[]"), serde_json::Value::Null, "an empty list is false");
}
