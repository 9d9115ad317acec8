//! Paths of fields in mapping files, such as `channel.unique_name`.

use toml::Spanned;

use super::error::{Located, MappingProblem};
use super::field::{entity_name, entity_named, field, fields_of, reachable};
use super::field_info::FieldInfo;
use crate::model::Entity;
use crate::storage::nearest;

pub(super) fn field_path(field: &FieldInfo) -> String {
    format!("{}.{}", entity_name(field.entity), field.name)
}

/// Looks a path up among the fields that rows of the entity can have.
pub(super) fn resolve(path: &Spanned<String>, entity: Entity) -> Located<&'static FieldInfo> {
    let text = path.get_ref();
    let (record, name) = text.split_once('.').unwrap_or((entity_name(entity), text));
    let found = entity_named(record).filter(|record| reachable(entity).contains(record));
    if let Some(field) = found.and_then(|record| field(record, name)) {
        return Ok(field);
    }
    let paths: Vec<String> =
        reachable(entity).iter().flat_map(|&entity| fields_of(entity)).map(field_path).collect();
    let suggestion = nearest(text, paths.iter().map(String::as_str)).map(str::to_owned);
    let known = if let Some(record) = found {
        let names: Vec<&str> = fields_of(record).map(|field| field.name).collect();
        format!("the fields of `{}` are {}", entity_name(record), names.join(", "))
    } else {
        let names: Vec<&str> = reachable(entity).iter().map(|&entity| entity_name(entity)).collect();
        format!("a row of `{}` has {}", entity_name(entity), names.join(", "))
    };
    Err((path.span(), MappingProblem::Unknown { what: "field", name: text.clone(), suggestion, known }))
}
