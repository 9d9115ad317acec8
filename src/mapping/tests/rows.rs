//! Tests of rows: what expressions, tables, conditions and pseudonyms make of a membership.

use zeroize::Zeroizing;

use super::*;
use crate::mapping::filter::Filter;
use crate::model::*;
use crate::testkit;

fn service() -> Service {
    Service {
        read_status_enabled: Some(true),
        limits: Some(JsonText("{\"channel_members\": 100}".into())),
        ..testkit::service()
    }
}

fn user() -> User {
    User {
        attributes: Some("{\"team\": \"north\", \"age\": 7}".to_owned()),
        friendly_name: Some("Ada".to_owned()),
        identity: Some("ada@example.org".to_owned()),
        date_created: testkit::date(0),
        joined_channels_count: Some(0),
        ..testkit::user(2)
    }
}

/// Evaluates one column, given as the inside of its inline table, over a user; its value is given as NDJSON has it.
fn cell(column: &str) -> Result<String, String> {
    let mut mapping = mapping_of(column).map_err(|error| error.to_string())?;
    let key = PiiKey::new(Zeroizing::new(b"0123456789abcdef".to_vec())).unwrap();
    mapping.records[0].constants.set_key(key);
    let (service, user) = (service(), user());
    evaluate(&mapping.records[0], &subject(&service, Some(&user)))
}

fn mapping_of(column: &str) -> Result<Mapping, MappingError> {
    let text = format!(
        "version = 1\nname = \"m\"\nroles_from = \"roles\"\n[[records]]\nname = \"r\"\nentity = \"user\"\nkey = [\"sid\"]\n\
         columns = [\n{{ name = \"sid\", path = \"sid\" }},\n{{ name = \"x\", {column} }},\n]\n"
    );
    parse(&text, "m.toml", None)
}

fn subject<'a>(service: &'a Service, user: Option<&'a User>) -> RowRecords<'a> {
    RowRecords { user, ..RowRecords::of_service(service) }
}

fn evaluate(record: &MappedRecord, subject: &RowRecords<'_>) -> Result<String, String> {
    let mut evaluator = Evaluator::new(record);
    match evaluator.evaluate(subject).map_err(|error| error.to_string())? {
        RowOutcome::Row(_) => Ok(match evaluator.row(subject).value(1) {
            Value::Text(text) => format!("{text:?}"),
            Value::Json(text) => text.to_owned(),
            Value::Time(time) => format!("time {time}"),
            other => format!("{other:?}"),
        }),
        RowOutcome::Filtered => Ok("filtered".to_owned()),
        RowOutcome::Skipped(error) => Ok(format!("skipped: {}", error.message)),
    }
}

#[test]
fn expressions_give_values_of_their_columns_types() {
    let value =
        |text: &str, column_type: &str| cell(&format!("type = \"{column_type}\", value = \"{text}\""));
    assert_eq!(value("identity|upper", "string").unwrap(), "\"ADA@EXAMPLE.ORG\"");
    assert_eq!(value("user.identity.split('@')[1]", "string").unwrap_err(), BAD_METHOD);
    assert_eq!(value("(attributes|fromjson).team", "string").unwrap(), "\"north\"");
    assert_eq!(value("joined_channels_count + 1", "integer").unwrap(), "Integer(1)");
    assert_eq!(value("1 / 4", "number").unwrap(), "Number(0.25)");
    assert_eq!(value("service.limits.channel_members > 10", "boolean").unwrap(), "Boolean(true)");
    assert_eq!(value("date_created", "datetime").unwrap(), "time 2017-07-14T02:40:00Z");
    assert_eq!(
        value("{'b': 1, 'a': [identity, none]}", "object").unwrap(),
        "{\"b\":1,\"a\":[\"ada@example.org\",null]}"
    );
    assert_eq!(value("[1, 2]|list", "array").unwrap(), "[1,2]");
    assert_eq!(value("'<&>'|tojson", "string").unwrap(), "\"\\\"<&>\\\"\"");
    assert_eq!(value("is_online", "boolean").unwrap(), "Null");
    assert_eq!(
        value("role.friendly_name", "string").unwrap(),
        "Null",
        "a record that is not there has null fields"
    );
    assert_eq!(value("'yes' if role else 'no'", "string").unwrap(), "\"no\"");
    assert_eq!(value("run.invites", "string").unwrap(), "\"report\"");
    assert_eq!(value("identity[:3]", "string").unwrap(), "\"ada\"");
    assert_eq!(value("(user.identity ~ '[x]')[-4:]", "string").unwrap(), "\"g[x]\"");
}

const BAD_METHOD: &str = "m.toml:10:41: `user.identity` is string, so it has no `split`";

#[test]
fn mistakes_are_errors_with_a_place_when_the_mapping_is_loaded() {
    let problem = |text: &str| mapping_of(&format!("value = \"{text}\"")).unwrap_err().to_string();
    assert!(
        problem("identty|upper")
            .starts_with("m.toml:10:24: unknown name `identty` (did you mean `identity`?)")
    );
    assert!(
        problem("'a' ~ user.frendly_name")
            .starts_with("m.toml:10:30: unknown name `user.frendly_name` (did you mean `friendly_name`?)")
    );
    assert!(problem("channel.sid").starts_with("m.toml:10:24: a row of `user` has no `channel`"));
    assert!(problem("attributes.team").ends_with("it is JSON in a string: use `|fromjson`"));
    assert!(problem("run.started").contains("`run` has invites, not `started`"));
    assert_eq!(problem("identity|uper"), "m.toml:10:33: unknown filter `uper` (did you mean `upper`?)");
    assert_eq!(problem("identity is not nne"), "m.toml:10:40: unknown test `nne` (did you mean `ne`?)");
    assert!(problem("identity +").starts_with("m.toml:10:"), "{}", problem("identity +"));
    assert!(problem(&"(".repeat(5_000)).starts_with("m.toml:10:"));
    assert!(problem(&format!("'{}'", "x".repeat(20_000))).contains("at most 16384 are allowed"));
    assert!(problem("__key").contains("unknown name `__key`"));
}

#[test]
fn what_fails_on_a_row_says_where_and_never_runs_on() {
    let place = "m.toml: record `r`, column `x`, US00000000000000000000000000000002: ";
    let failure = |text: &str| cell(&format!("value = \"{text}\"")).unwrap_err().replace(place, "");
    assert_eq!(failure("(attributes|fromjson).nme"), "the result is undefined");
    assert_eq!(
        failure("friendly_name|fromjson"),
        "invalid operation: not JSON: expected value at line 1 column 1"
    );
    assert_eq!(
        failure("joined_channels_count"),
        "the result is a number (`0`), which a column of type string cannot hold"
    );
    assert_eq!(failure("range(100000)|list|join('x')"), "it does not end within 50000 steps");
    assert!(cell("value = \"(attributes|fromjson).nme.nme\"").unwrap_err().starts_with(place));
    assert_eq!(cell("on_error = \"null\", value = \"friendly_name|fromjson\"").unwrap(), "Null");
    assert!(
        cell("on_error = \"skip\", value = \"friendly_name|fromjson\"").unwrap().starts_with("skipped: ")
    );
}

#[test]
fn tables_and_first_of_keep_null_and_unknown() {
    let column =
        |otherwise: &str| format!("path = \"friendly_name\", table = {{ Eve = \"Snake\" }}{otherwise}");
    assert_eq!(cell(&column("")).unwrap(), "\"Ada\"");
    assert_eq!(cell(&column(", otherwise = \"null\"")).unwrap(), "Null");
    assert_eq!(cell("path = \"friendly_name\", table = { Ada = \"Countess\" }").unwrap(), "\"Countess\"");
    assert_eq!(cell("first_of = [\"role.friendly_name\", \"identity\"]").unwrap(), "\"ada@example.org\"");
    assert_eq!(cell("const = 0").unwrap(), "Integer(0)");
}

#[test]
fn pseudonyms_are_the_same_for_the_same_kind_of_value() {
    let mut mapping = mapping_of("path = \"identity\"").unwrap();
    let key = PiiKey::new(Zeroizing::new(b"0123456789abcdef\n".to_vec())).unwrap();
    mapping.apply_pii(&PiiPolicy::Hmac(key.clone()));
    let (service, mut user) = (service(), user());
    let hashed = evaluate(&mapping.records[0], &subject(&service, Some(&user))).unwrap();
    assert_eq!(hashed, format!("{:?}", key.hash("identity", b"ada@example.org")));
    assert_eq!(cell("value = \"identity|keyed_hash('identity')\"").unwrap(), hashed);
    assert_ne!(
        key.hash("channel.friendly_name", b"ada@example.org"),
        key.hash("identity", b"ada@example.org")
    );
    user.identity = None;
    assert_eq!(evaluate(&mapping.records[0], &subject(&service, Some(&user))).unwrap(), "Null");
    assert!(!format!("{mapping:?}").contains("0123456789abcdef"));
    assert_eq!(key.id().len(), 16);
    let mut mapping = mapping_of("value = \"identity|upper\"").unwrap();
    mapping.apply_pii(&PiiPolicy::Drop);
    assert_eq!(mapping.records[0].columns.len(), 1, "what is computed from an identity is personal too");
    assert_eq!(mapping.records[0].written_key().unwrap(), ["sid"]);
}

/// Conditions that are recognised mean what the expression engine makes of them.
#[test]
fn plain_conditions_mean_the_same_as_in_jinja() {
    let (service, user) = (service(), user());
    let subject = subject(&service, Some(&user));
    for (text, plain) in [
        ("friendly_name == 'Ada'", true),
        ("friendly_name != 'Ada' or joined_channels_count == 0", true),
        ("not friendly_name == 'Ada' and is_online is none", true),
        ("is_online == false", true),
        ("is_online is not none", true),
        ("user.sid == 'US00000000000000000000000000000002'", true),
        ("date_created == '2017-07-14T02:40:00Z'", true),
        ("friendly_name in ['Eve', \"Ada\"]", true),
        ("friendly_name not in ['Eve', 'Ada']", true),
        ("(friendly_name == 'Ada') and (run.invites == 'report' or run.invites == 'participant')", true),
        ("role.type == none", true),
        ("service.read_status_enabled == true", true),
        ("friendly_name|lower == 'ada'", false),
        ("friendly_name is string and '|nope is odd' != identity", false),
        ("joined_channels_count > 0", false),
        ("friendly_name == identity", false),
        ("service.limits == none", false),
    ] {
        let mut record = mapping_of("path = \"identity\"").unwrap().records.remove(0);
        let recognised = Filter::compile(text, record.scope(&[])).unwrap();
        assert_eq!(recognised.expression().is_none(), plain, "{text}");
        let engine = expression::Expression::compile(text, record.scope(&[])).unwrap();
        record.filters = vec![recognised];
        let ours = evaluate(&record, &subject).unwrap();
        record.filters[0].condition = filter::Condition::Expression(std::sync::Arc::new(engine));
        assert_eq!(ours, evaluate(&record, &subject).unwrap(), "{text}");
    }
}

#[test]
fn an_object_in_a_column_of_lists_is_a_list_of_one() {
    let limits = "path = \"service.limits\", type = \"array\"";
    assert_eq!(cell(limits).unwrap(), "[{\"channel_members\": 100}]");
    assert_eq!(cell("path = \"service.media\", type = \"array\"").unwrap(), "Null");
    let filters = cell("path = \"service.webhook_filters\", type = \"array\"").unwrap();
    assert!(filters == "Null" || filters.starts_with("[\""), "what is a list already stays it: {filters}");
}

/// The first mapping of `mappings/README.md` works as it stands there.
#[test]
fn the_mapping_of_the_readme_loads() {
    let readme = include_str!("../../../mappings/README.md");
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let mapping = parse(rest.split_once("```").unwrap().0, "README.md", None).unwrap();
    assert_eq!(mapping.records[0].columns.len(), 7);
}

#[test]
fn a_number_that_no_value_can_hold_fails_only_where_it_is_used() {
    let read = |json: &str, rest: &str| {
        cell(&format!("type = \"json\", on_error = \"fail\", value = \"\"\"('{json}'|fromjson){rest}\"\"\""))
    };
    let huge = r#"{"team": "north", "far": 1e400, "list": [1e400, 2], "id": 170141183460469231731687303715884105727}"#;
    assert_eq!(read(huge, ".team").unwrap(), "\"north\"");
    assert_eq!(read(huge, ".id").unwrap(), "170141183460469231731687303715884105727", "every digit");
    assert_eq!(read(huge, ".list[1]").unwrap(), "2");
    for used in [".far", "", ".list", ".list[0]", ".far + 1"] {
        let error = read(huge, used).unwrap_err();
        assert!(error.contains("no value can hold the number 1e400"), "{used}: {error}");
    }
    let beyond = r#"{"a": 999999999999999999999999999999999999999999, "b": 12345678901234567890}"#;
    assert!(read(beyond, ".a").unwrap_err().contains("no value can hold the number 9999"));
    assert_eq!(read(beyond, ".b").unwrap(), "12345678901234567890");
    assert!(read("{", "").unwrap_err().contains("not JSON"));
    assert!(read(r#"{"a": 1e}"#, "").unwrap_err().contains("not JSON"));
    assert!(read(&"[".repeat(1_000), "").unwrap_err().contains("not JSON"));
}
