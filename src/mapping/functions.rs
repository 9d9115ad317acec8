//! The filters that expressions have beyond Jinja's own: few, and documented in docs/reference/mappings.md.
//!
//! - `fromjson`: a value from JSON in a string, such as `attributes`. Null gives null. A number that no value can hold (`1e400`)
//!   fails where it is used, not where it is read.
//! - `tojson`: JSON text of a value, compact, keys in their order, no HTML escapes.
//! - `role_map`: what a role becomes in Conversations, by the role table of the mapping: `type`, `permissions`, `dropped`,
//!   `unknown`.
//! - `keyed_hash(kind)`: HMAC-SHA-256 of a text under the key of `--pii-key-file`, the same as `--pii hmac` gives for that kind.
//! - `pseudonym(kind)`: the text, or what `--pii` makes of a personal one: its `keyed_hash` with `hmac`, null with `drop`.
//! - `counterpart`: the SID in a plan's target of a SID of its source; null for null, and where there is none yet.
//! - `user_sid`: the SID of the user of an identity; null for null, and where the snapshot lists no such user.
//! - `safe_name(rule)`: a text as a name of that rule of the mapping.
//! - `seconds`, `milliseconds`: a date as a number.
//! - `omit_null`: an object without its keys that have null.

use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::file::TimeUnit;
use super::instant;
use super::json;
use super::pii::PiiKey;
use super::roles::{RoleParts, RoleTable};
use super::safe_name::SafeNames;
use super::sids::SidMap;
use crate::model::Timestamp;

/// The context's name for the role table.
pub(super) const ROLES: &str = "__roles";
/// The context's name for the key.
pub(super) const KEY: &str = "__key";
/// The context's name for whether personal values are left out.
pub(super) const DROPS: &str = "__drops";
/// The context's name for the SIDs of the target.
pub(super) const SIDS: &str = "__sids";
/// The context's name for the users by their identities.
pub(super) const USERS: &str = "__users";
/// The context's name for the rules of safe names.
pub(super) const SAFE_NAMES: &str = "__safe_names";

/// The filter that needs a plan.
pub(super) const COUNTERPART: &str = "counterpart";
/// The filter that needs the users of a snapshot.
pub(super) const USER_SID: &str = "user_sid";

/// Adds the filters to the engine.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("fromjson", from_json);
    environment.add_filter("tojson", to_json);
    environment.add_filter("role_map", role_map);
    environment.add_filter("keyed_hash", keyed_hash);
    environment.add_filter("pseudonym", pseudonym);
    environment.add_filter(COUNTERPART, counterpart);
    environment.add_filter(USER_SID, user_sid);
    environment.add_filter("safe_name", safe_name);
    environment.add_filter("seconds", |time: &Value| date_number(time, TimeUnit::Seconds));
    environment.add_filter("milliseconds", |time: &Value| date_number(time, TimeUnit::Milliseconds));
    environment.add_filter("omit_null", omit_null);
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

fn from_json(value: &Value) -> Result<Value, Error> {
    if value.is_none() {
        return Ok(Value::from(()));
    }
    let Some(text) = value.as_str() else {
        return Err(invalid(format!("fromjson needs a string, not {}", value.kind())));
    };
    json::parse(text).map_err(|error| invalid(format!("not JSON: {error}")))
}

fn to_json(value: &Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "tojson of an undefined value"));
    }
    serde_json::to_string(value).map(Value::from).map_err(|error| invalid(error.to_string()))
}

fn role_map(state: &State<'_, '_>, role: &Value) -> Result<Value, Error> {
    let table = state.lookup(ROLES);
    let Some(table) = table.as_ref().and_then(|table| table.downcast_object_ref::<RoleTable>()) else {
        return Err(invalid("the mapping has no role table: name one with `roles_from = \"roles\"`"));
    };
    let text = |key: &str| role.get_attr(key).ok().and_then(|value| value.as_str().map(str::to_owned));
    let permissions: Option<Vec<String>> = match role.get_attr("permissions")? {
        permissions if permissions.is_none() => None,
        permissions => Some(permissions.try_iter()?.map(|permission| permission.to_string()).collect()),
    };
    let mapped = table.map(&RoleParts {
        sid: text("sid").as_deref(),
        friendly_name: text("friendly_name").as_deref(),
        r#type: text("type").as_deref(),
        permissions: permissions.as_deref(),
    });
    Ok(Value::from(Serde(mapped)))
}

fn keyed_hash(state: &State<'_, '_>, value: &Value, kind: &str) -> Result<Value, Error> {
    if value.is_none() {
        return Ok(Value::from(()));
    }
    let key = state.lookup(KEY);
    let Some(key) = key.as_ref().and_then(|key| key.downcast_object_ref::<PiiKey>()) else {
        return Err(invalid("keyed_hash needs a key: give --pii-key-file"));
    };
    match value.as_str() {
        Some(text) => Ok(Value::from(key.hash(kind, text.as_bytes()))),
        None => Err(invalid(format!("keyed_hash needs a string, not {}", value.kind()))),
    }
}

fn pseudonym(state: &State<'_, '_>, value: &Value, kind: &str) -> Result<Value, Error> {
    if state.lookup(DROPS).is_some_and(|drops| drops.is_true()) {
        return Ok(Value::from(()));
    }
    match state.lookup(KEY) {
        Some(key) if key.downcast_object_ref::<PiiKey>().is_some() => keyed_hash(state, value, kind),
        _ => Ok(value.clone()),
    }
}

fn counterpart(state: &State<'_, '_>, sid: &Value) -> Result<Value, Error> {
    let sids = state.lookup(SIDS);
    let Some(sids) = sids.as_ref().and_then(|sids| sids.downcast_object_ref::<SidMap>()) else {
        return Err(invalid("counterpart needs a plan: it works in exports with --plan FILE"));
    };
    looked_up(sids, sid, COUNTERPART, "a SID")
}

fn user_sid(state: &State<'_, '_>, identity: &Value) -> Result<Value, Error> {
    let users = state.lookup(USERS);
    let Some(users) = users.as_ref().and_then(|users| users.downcast_object_ref::<SidMap>()) else {
        return Err(invalid(
            "user_sid needs the users of a snapshot: it works in `export` and `mapping check`",
        ));
    };
    looked_up(users, identity, USER_SID, "an identity")
}

fn looked_up(sids: &SidMap, value: &Value, filter: &str, needs: &str) -> Result<Value, Error> {
    if value.is_none() {
        return Ok(Value::from(()));
    }
    let Some(text) = value.as_str() else {
        return Err(invalid(format!("{filter} needs {needs}, not {}", value.kind())));
    };
    match sids.target(text) {
        Ok(target) => Ok(target.map_or_else(|| Value::from(()), Value::from)),
        Err(error) => Err(invalid(format!("{filter} of {text}: {}", chain(error.as_ref())))),
    }
}

fn safe_name(state: &State<'_, '_>, value: &Value, rule: &str) -> Result<Value, Error> {
    if value.is_none() {
        return Ok(Value::from(()));
    }
    let rules = state.lookup(SAFE_NAMES);
    let rules = rules.as_ref().and_then(|rules| rules.downcast_object_ref::<SafeNames>());
    let Some(rule) = rules.and_then(|rules| rules.0.get(rule)) else {
        return Err(invalid(format!("the mapping has no `[safe_names.{rule}]`")));
    };
    match value.as_str() {
        Some(text) => Ok(Value::from(rule.name(text).as_ref())),
        None => Err(invalid(format!("safe_name needs a string, not {}", value.kind()))),
    }
}

fn date_number(time: &Value, unit: TimeUnit) -> Result<Value, Error> {
    if time.is_none() {
        return Ok(Value::from(()));
    }
    let number = time.as_str().and_then(|text| instant::number(&Timestamp::from_wire(text), unit));
    number.map(Value::from).ok_or_else(|| invalid(format!("`{time}` is not a date")))
}

fn omit_null(object: &Value) -> Result<Value, Error> {
    if object.kind() != ValueKind::Map {
        return Err(invalid(format!("omit_null needs an object, not {}", object.kind())));
    }
    let mut kept = Vec::new();
    for key in object.try_iter()? {
        let value = object.get_item(&key)?;
        if !value.is_none() {
            kept.push((key, value));
        }
    }
    Ok(Value::from_pairs(kept))
}

/// An error and what it is from, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
