//! Which fields do not count: by default, and as asked for.

use std::collections::BTreeMap;

use super::error::TermsError;
use crate::model::Entity;
use crate::snapshot::{FieldMask, columns};

/// Fields that do not count unless `none` is asked for: presence, which moves because someone's app is open.
pub(crate) const IGNORED_BY_DEFAULT: [&str; 2] = ["users.is_online", "users.is_notifiable"];

/// What takes away the default.
const NONE: &str = "none";

/// Fields that do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IgnoredFields(BTreeMap<Entity, FieldMask>);

impl Default for IgnoredFields {
    fn default() -> Self {
        let mut ignored = Self(BTreeMap::new());
        for name in IGNORED_BY_DEFAULT {
            ignored.add(name).expect("the default names fields that there are");
        }
        ignored
    }
}

impl IgnoredFields {
    /// The default and those that are named: `entity.field`, or `field` for every entity that has it. `none` leaves the
    /// default out.
    pub(crate) fn parse<'a>(names: impl IntoIterator<Item = &'a str> + Clone) -> Result<Self, TermsError> {
        let without_default = names.clone().into_iter().any(|name| name == NONE);
        let mut ignored = if without_default { Self(BTreeMap::new()) } else { Self::default() };
        for name in names.into_iter().filter(|name| *name != NONE) {
            ignored.add(name)?;
        }
        Ok(ignored)
    }

    fn add(&mut self, name: &str) -> Result<(), TermsError> {
        let (entity, field) = match name.split_once('.') {
            Some((entity, field)) => (Some(entity), field),
            None => (None, name),
        };
        let mut found = false;
        for of in Entity::ALL.into_iter().filter(|of| entity.is_none_or(|name| name == of.plural())) {
            if let Some(number) = columns(of).iter().position(|column| column.name == field) {
                let fields = self.0.entry(of).or_insert(FieldMask::ALL);
                *fields = fields.without(number);
                found = true;
            }
        }
        if found {
            return Ok(());
        }
        let mut known: Vec<String> = Entity::ALL
            .into_iter()
            .flat_map(|of| columns(of).iter().map(move |column| (of, column.name)))
            .map(|(of, field)| match entity {
                Some(_) => format!("{}.{field}", of.plural()),
                None => field.to_owned(),
            })
            .collect();
        known.sort();
        known.dedup();
        Err(TermsError::UnknownField { name: name.to_owned(), known })
    }

    /// The fields of an entity that count.
    pub(super) fn counting(&self, entity: Entity) -> FieldMask {
        self.0.get(&entity).copied().unwrap_or(FieldMask::ALL)
    }

    /// The fields that do not count, as `entity.field`.
    pub(crate) fn names(&self) -> Vec<String> {
        let of = |(entity, fields): (&Entity, &FieldMask)| {
            let (entity, fields) = (*entity, *fields);
            columns(entity)
                .iter()
                .enumerate()
                .filter(move |(number, _)| !fields.has(*number))
                .map(move |(_, column)| format!("{}.{}", entity.plural(), column.name))
        };
        self.0.iter().flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_does_not_count_unless_asked_for() {
        assert_eq!(IgnoredFields::default().names(), IGNORED_BY_DEFAULT);
        assert!(IgnoredFields::parse(["none"]).unwrap().names().is_empty());
        let more = IgnoredFields::parse(["unread_messages_count", "channels.messages_count"]).unwrap();
        let names = more.names();
        assert!(names.contains(&"user_channels.unread_messages_count".to_owned()));
        assert!(names.contains(&"channels.messages_count".to_owned()));
        assert!(names.contains(&"users.is_online".to_owned()));
        assert_eq!(IgnoredFields::parse(["none", "date_updated"]).unwrap().names().len(), 8);
    }

    #[test]
    fn a_field_that_there_is_not_is_an_error_with_those_that_there_are() {
        let known = |name| match IgnoredFields::parse([name]).unwrap_err() {
            TermsError::UnknownField { known, .. } => known,
            other => panic!("{other}"),
        };
        assert!(known("is_onlin").contains(&"is_online".to_owned()));
        assert!(known("user.is_online").contains(&"users.is_online".to_owned()));
    }
}
