//! The walk over both sides: roles and users here, conversations in `conversations`, who is on them in `seats`.

use std::borrow::Cow;
use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

use super::compare;
use super::conversations;
use super::fields::{KEY, MESSAGING_SERVICE, PROJECTED_ADDRESS, ROLE_TYPE};
use super::item::{Actual, Item, Standing};
use super::records::{Evaluated, PlanRecords, Rows};
use super::role_map::RoleMap;
use crate::mapping::Value;
use crate::model::{Entity, RoleSid, RowRecords, Service, Share, Sid, SidKind, StoredSid};
use crate::plan::overview::Move;
use crate::snapshot::{ServiceView, SnapshotError, Walk, WalkOrder, With};

/// The two services that are aligned.
#[derive(Debug)]
pub(crate) struct Pair<'s> {
    /// Where it comes from.
    pub source: ServiceView<'s>,
    /// Where it should be, as Conversations has it.
    pub target: ServiceView<'s>,
}

/// How to align.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AlignOptions {
    /// In place, where SIDs are the same, or to another service, where names are.
    pub kind: Move,
    /// Above this number a conversation's participants are counted one by one, as the mapping wants them.
    pub exact_above: u64,
    /// Which conversations; none for all.
    pub share: Option<Share>,
    /// Whether what the target alone has is visited.
    pub extras: bool,
}

/// Takes an aligned item.
pub(super) type Visit<'v, E> = &'v mut dyn FnMut(&Item<'_>) -> Result<(), E>;

/// What all parts of the walk share.
pub(super) struct Context<'c> {
    pub(super) pair: &'c Pair<'c>,
    pub(super) records: &'c PlanRecords<'c>,
    pub(super) options: AlignOptions,
    pub(super) roles: RoleMap,
    pub(super) defaults: DefaultRoles,
    /// Whether the target is in another account than the source.
    is_other_account: bool,
}

/// The roles that the target gives to what is written without one; empty where its configuration was not read.
pub(super) struct DefaultRoles {
    pub(super) user: Vec<RoleSid>,
    pub(super) participant: Vec<RoleSid>,
}

impl DefaultRoles {
    fn of(target: &Service) -> Self {
        let participant = [&target.default_channel_role_sid, &target.default_channel_creator_role_sid];
        Self {
            user: target.default_service_role_sid.iter().cloned().collect(),
            participant: participant.into_iter().flatten().cloned().collect(),
        }
    }
}

impl Context<'_> {
    pub(super) fn is_copy(&self) -> bool {
        self.options.kind != Move::InPlace
    }

    /// Leaves out what another account cannot have.
    pub(super) fn keep_possible(&self, fields: &[&str], desired: &mut [Option<Value<'_>>]) {
        let of_account = |field: &str| matches!(field, MESSAGING_SERVICE | PROJECTED_ADDRESS);
        for (_, value) in
            fields.iter().zip(desired).filter(|(field, _)| self.is_other_account && of_account(field))
        {
            *value = None;
        }
    }

    /// The roles' counterparts, in a copy.
    pub(super) fn counterparts(&self) -> Option<&RoleMap> {
        self.is_copy().then_some(&self.roles)
    }
}

/// Aligns two services and visits every item; the visitor's error ends it.
pub(crate) fn align<E: From<SnapshotError>>(
    pair: &Pair<'_>,
    records: &PlanRecords<'_>,
    options: AlignOptions,
    visit: &mut dyn FnMut(&Item<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let defaults = DefaultRoles::of(pair.target.record());
    let is_other_account = is_other_account(pair.source.record(), pair.target.record());
    let mut context =
        Context { pair, records, options, roles: RoleMap::default(), defaults, is_other_account };
    roles(&mut context, visit)?;
    users(&context, visit)?;
    conversations::align(&context, visit)
}

/// Whether two services are known to be of different accounts.
pub(in crate::plan) fn is_other_account(source: &Service, target: &Service) -> bool {
    source
        .account_sid
        .as_ref()
        .zip(target.account_sid.as_ref())
        .is_some_and(|(source, target)| source != target)
}

/// An item of its own, without a conversation.
pub(super) fn plain(entity: Entity, standing: Standing<'_>) -> Item<'_> {
    Item {
        entity,
        standing,
        fields: Vec::new(),
        source: None,
        actual: None,
        conversation: None,
        invite: None,
    }
}

/// A SID as a number, to remember that it was met.
pub(super) fn number<K: SidKind>(sid: &Sid<K>) -> u128 {
    match sid.stored() {
        StoredSid::Digits(digits) => u128::from_be_bytes(digits),
        StoredSid::Verbatim(text) => fingerprint(text),
    }
}

/// A text as a number: a hash that no two texts share.
pub(super) fn fingerprint(text: &str) -> u128 {
    let digest = Sha256::digest(text);
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// A walk over one kind of record.
pub(super) fn walk_over(entity: Entity, role: bool) -> Walk {
    Walk { entity, order: WalkOrder::ByUser, with: With { role, ..With::default() } }
}

fn roles<E: From<SnapshotError>>(context: &mut Context<'_>, visit: Visit<'_, E>) -> Result<(), E> {
    let (pair, is_copy) = (context.pair, context.is_copy());
    let map = &mut context.roles;
    pair.target.walk::<E>(&walk_over(Entity::Role, false), |step| {
        step.role.iter().for_each(|&role| map.add_target(role.clone()));
        Ok(())
    })?;
    let mut rows = Rows::new(&context.records.roles);
    let mut seen = HashSet::new();
    pair.source.walk::<E>(&walk_over(Entity::Role, false), |step| {
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

fn users<E: From<SnapshotError>>(context: &Context<'_>, visit: Visit<'_, E>) -> Result<(), E> {
    let (pair, is_copy) = (context.pair, context.is_copy());
    let mut rows = Rows::new(&context.records.users);
    let (mut seen, mut asked_for) = (HashSet::new(), HashSet::new());
    let walk = walk_over(Entity::User, rows.source.record.reads(Entity::Role));
    pair.source.walk::<E>(&walk, |step| {
        let Some(user) = step.user else { return Ok(()) };
        let subject =
            RowRecords { user: Some(user), role: step.role, ..RowRecords::of_service(step.service) };
        match rows.take(&subject) {
            Evaluated::Wanted => {}
            Evaluated::Filtered => {
                seen.insert(number(&user.sid));
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
        let is_second = is_copy && identity.is_some_and(|identity| !asked_for.insert(fingerprint(&identity)));
        seen.extend(found.as_ref().map(|user| number(&user.sid)));
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
    pair.target.walk::<E>(&walk_over(Entity::User, false), |step| {
        let Some(user) = step.user else { return Ok(()) };
        if seen.contains(&number(&user.sid)) {
            return Ok(());
        }
        visit(&Item { actual: Some(Actual::User(user)), ..plain(Entity::User, Standing::Extra) })
    })
}
