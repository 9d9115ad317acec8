//! Keys: the columns that identify a row and give the order of the rows.
//!
//! Why keys are limited: an export streams. It never sorts, because the snapshot already walks in the orders that the API's
//! own keys give; a key that needs another order is refused when the mapping is loaded.
//!
//! **Invariant:** a record with a key is sorted by it. For each walk the snapshot promises an order of SIDs, and a key is
//! accepted only if its columns are those SIDs in that order.

use toml::Spanned;

use super::error::{Located, MappingProblem};
use super::field::entity_name;
use super::order::KeyOrder;
use super::path::{field_path, resolve};
use super::record::{ColumnSource, MappedColumn};
use crate::model::Entity;
use crate::storage::nearest;

/// One place of a walk's order: the fields that are the same SID there, and whether a key may leave it out.
struct KeyPart {
    fields: &'static [&'static str],
    optional: bool,
}

const SERVICE: KeyPart = KeyPart {
    fields: &[
        "service.sid",
        "role.service_sid",
        "user.service_sid",
        "channel.service_sid",
        "membership.service_sid",
        "member.service_sid",
        "invite.service_sid",
        "message.service_sid",
        "binding.service_sid",
    ],
    optional: true,
};

const fn part(fields: &'static [&'static str]) -> KeyPart {
    KeyPart { fields, optional: false }
}

const CHANNEL: KeyPart = part(&[
    "channel.sid",
    "membership.channel_sid",
    "member.channel_sid",
    "invite.channel_sid",
    "message.channel_sid",
]);
const USER: KeyPart = part(&["user.sid", "membership.user_sid"]);

/// The orders in which the snapshot walks over an entity.
fn orders(entity: Entity) -> Vec<(KeyOrder, Vec<KeyPart>)> {
    match entity {
        Entity::Service => vec![(KeyOrder::Natural, vec![part(&["service.sid"])])],
        Entity::Role => vec![(KeyOrder::Natural, vec![SERVICE, part(&["role.sid"])])],
        Entity::User => vec![(KeyOrder::Natural, vec![SERVICE, part(&["user.sid"])])],
        Entity::Channel => vec![(KeyOrder::Natural, vec![SERVICE, part(&["channel.sid"])])],
        Entity::Binding => vec![(KeyOrder::Natural, vec![SERVICE, part(&["binding.sid"])])],
        Entity::Member => vec![(KeyOrder::Natural, vec![SERVICE, CHANNEL, part(&["member.sid"])])],
        Entity::Invite => vec![(KeyOrder::Natural, vec![SERVICE, CHANNEL, part(&["invite.sid"])])],
        Entity::Message => {
            vec![(
                KeyOrder::Natural,
                vec![SERVICE, CHANNEL, part(&["message.index"]), part(&["message.sid"])],
            )]
        }
        Entity::Membership => {
            let member = part(&["membership.member_sid", "member.sid"]);
            let last = KeyPart { optional: true, ..USER };
            vec![
                (KeyOrder::Natural, vec![SERVICE, USER, CHANNEL]),
                (KeyOrder::ByChannel, vec![SERVICE, CHANNEL, member, last]),
            ]
        }
    }
}

/// The walk that sorts by a record's key.
pub(super) fn order(
    entity: Entity,
    key: &Spanned<Vec<Spanned<String>>>,
    columns: &[MappedColumn],
) -> Located<KeyOrder> {
    let mut paths = Vec::new();
    for name in key.get_ref() {
        let Some(column) = columns.iter().find(|column| column.name == *name.get_ref()) else {
            // A field that no column writes.
            if let (true, Ok(field)) = (name.get_ref().contains('.'), resolve(name, entity)) {
                paths.push(vec![field_path(field)]);
                continue;
            }
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            let suggestion = nearest(name.get_ref(), names.iter().copied()).map(str::to_owned);
            let known = format!("the record's columns are {}, and fields are record.field", names.join(", "));
            let problem = MappingProblem::Unknown {
                what: "key column",
                name: name.get_ref().clone(),
                suggestion,
                known,
            };
            return Err((name.span(), problem));
        };
        paths.push(match &column.source {
            ColumnSource::Field(field) => vec![field_path(field)],
            ColumnSource::First(fields) => fields.iter().map(|field| field_path(field)).collect(),
            _ => Vec::new(),
        });
    }
    let orders = orders(entity);
    if let Some((order, _)) = orders.iter().find(|(_, parts)| fits(&paths, parts)) {
        return Ok(*order);
    }
    let known: Vec<String> = orders.iter().map(|(_, parts)| describe(parts)).collect();
    let key_names = key.get_ref().iter().map(|name| name.get_ref().clone()).collect();
    Err((
        key.span(),
        MappingProblem::Key { entity: entity_name(entity), key: key_names, known: known.join("; or ") },
    ))
}

fn fits(paths: &[Vec<String>], parts: &[KeyPart]) -> bool {
    let mut paths = paths.iter().peekable();
    for part in parts {
        let matches = paths.peek().is_some_and(|paths| {
            !paths.is_empty() && paths.iter().all(|path| part.fields.contains(&path.as_str()))
        });
        if matches {
            paths.next();
        } else if !part.optional {
            return false;
        }
    }
    paths.next().is_none()
}

fn describe(parts: &[KeyPart]) -> String {
    let names: Vec<String> = parts
        .iter()
        .map(|part| if part.optional { format!("[{}]", part.fields[0]) } else { part.fields[0].to_owned() })
        .collect();
    names.join(", ")
}
