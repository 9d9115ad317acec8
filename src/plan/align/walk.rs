//! The walk over both sides: roles and users here, conversations in `conversations`, who is on them in `participants`.

use std::borrow::Cow;
use std::collections::HashSet;

use super::compare;
use super::context::{
    AlignContext, AlignOptions, DefaultRoles, Pair, Visit, fingerprint, is_other_account, number, plain,
    walk_over,
};
use super::conversations;
use super::fields::{KEY, ROLE_TYPE};
use super::item::{Actual, Item, Standing};
use super::records::{AlignedRows, Evaluated, PlanRecords};
use super::role_map::RoleMap;
use crate::mapping::Value;
use crate::model::{Entity, RowRecords};
use crate::snapshot::SnapshotError;
use crate::storage::NumberSet;

/// Aligns two services and visits every item; the visitor's error ends it.
pub(crate) fn align<E: From<SnapshotError>>(
    pair: &Pair<'_>,
    records: &PlanRecords<'_>,
    options: AlignOptions,
    visit: &mut dyn FnMut(&Item<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let defaults = DefaultRoles::of(pair.target.record());
    let is_other_account = is_other_account(&pair.source, &pair.target);
    let mut context =
        AlignContext { pair, records, options, roles: RoleMap::default(), defaults, is_other_account };
    roles(&mut context, visit)?;
    users(&context, visit)?;
    conversations::align(&context, visit)
}

fn roles<E: From<SnapshotError>>(context: &mut AlignContext<'_>, visit: Visit<'_, E>) -> Result<(), E> {
    let (pair, is_copy) = (context.pair, context.is_copy());
    let map = &mut context.roles;
    pair.target.walk::<E>(walk_over(Entity::Role, false), |step| {
        step.role.iter().for_each(|&role| map.add_target(role.clone()));
        Ok(())
    })?;
    let mut rows = AlignedRows::new(&context.records.roles);
    let mut seen = HashSet::new();
    pair.source.walk::<E>(walk_over(Entity::Role, false), |step| {
        let Some(role) = step.role else { return Ok(()) };
        let subject = RowRecords { role: Some(role), ..RowRecords::of_service(step.service) };
        match rows.take(&subject) {
            Evaluated::Wanted => {}
            Evaluated::Filtered => {
                seen.extend(map.of_sid(&role.sid));
                return Ok(());
            }
            Evaluated::Failed(error) => {
                return visit(&Item {
                    source: Some(subject),
                    ..plain(Entity::Role, Standing::Failed(&error))
                });
            }
        }
        let desired = rows.desired(&subject);
        let text = |position: usize| desired[position].and_then(Value::to_text).map(Cow::into_owned);
        let (name, kind) = (text(KEY).unwrap_or_default(), text(ROLE_TYPE).unwrap_or_default());
        let found = if is_copy { map.of_name(&name, &kind) } else { map.of_sid(&role.sid) };
        let mut is_second = false;
        match found {
            Some(position) => {
                is_second = !seen.insert(position) && is_copy;
                map.matched(&role.sid, position);
            }
            None if is_copy => is_second = map.planned(&role.sid, &name, &kind),
            None => {}
        }
        let actual = found.map(|position| Actual::Role(&map.targets()[position]));
        let fields = compare::pair(rows.source.fields, desired, actual.as_ref(), None, &[]);
        let standing =
            if is_second { Standing::Duplicate } else { compare::standing(&fields, actual.as_ref()) };
        visit(&Item { fields, source: Some(subject), actual, ..plain(Entity::Role, standing) })
    })?;
    if context.options.extras {
        for (position, role) in context.roles.targets().iter().enumerate() {
            if !seen.contains(&position) {
                let actual = Some(Actual::Role(role));
                visit(&Item { actual, ..plain(Entity::Role, Standing::Extra) })?;
            }
        }
    }
    Ok(())
}

fn users<E: From<SnapshotError>>(context: &AlignContext<'_>, visit: Visit<'_, E>) -> Result<(), E> {
    let (pair, is_copy) = (context.pair, context.is_copy());
    let mut rows = AlignedRows::new(&context.records.users);
    let (mut seen, mut asked_for) = (NumberSet::default(), NumberSet::default());
    let walk = walk_over(Entity::User, rows.source.record.reads(Entity::Role));
    pair.source.walk::<E>(walk, |step| {
        let Some(user) = step.user else { return Ok(()) };
        let subject =
            RowRecords { user: Some(user), role: step.role, ..RowRecords::of_service(step.service) };
        match rows.take(&subject) {
            Evaluated::Wanted => {}
            Evaluated::Filtered => {
                seen.insert(number(&user.sid)).map_err(SnapshotError::from)?;
                return Ok(());
            }
            Evaluated::Failed(error) => {
                return visit(&Item {
                    source: Some(subject),
                    ..plain(Entity::User, Standing::Failed(&error))
                });
            }
        }
        let desired = rows.desired(&subject);
        let identity = desired[KEY].and_then(Value::to_text);
        let found = match &identity {
            _ if !is_copy => pair.target.user(&user.sid)?,
            Some(identity) => pair.target.user_of_identity(identity)?,
            None => None,
        };
        let is_second = match identity.filter(|_| is_copy) {
            Some(identity) => !asked_for.insert(fingerprint(&identity)).map_err(SnapshotError::from)?,
            None => false,
        };
        if let Some(user) = &found {
            seen.insert(number(&user.sid)).map_err(SnapshotError::from)?;
        }
        let actual = found.as_ref().map(Actual::User);
        let fields = compare::pair(
            rows.source.fields,
            desired,
            actual.as_ref(),
            context.counterparts(),
            &context.defaults.user,
        );
        let standing =
            if is_second { Standing::Duplicate } else { compare::standing(&fields, actual.as_ref()) };
        visit(&Item { fields, source: Some(subject), actual, ..plain(Entity::User, standing) })
    })?;
    if !context.options.extras {
        return Ok(());
    }
    pair.target.walk::<E>(walk_over(Entity::User, false), |step| {
        let Some(user) = step.user else { return Ok(()) };
        if seen.contains(number(&user.sid)).map_err(SnapshotError::from)? {
            return Ok(());
        }
        visit(&Item { actual: Some(Actual::User(user)), ..plain(Entity::User, Standing::Extra) })
    })
}
