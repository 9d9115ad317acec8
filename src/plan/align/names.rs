//! What a move is about, by the names under which the target has it: for who reads no more of a target than that.

use super::fields::KEY;
use super::records::{Evaluated, PlanRecords, Rows};
use super::share::Share;
use super::walk::{subject, walk_over};
use crate::mapping::{Subject, Value};
use crate::model::Entity;
use crate::plan::overview::Move;
use crate::snapshot::{Focus, ServiceView, SnapshotError};

/// Names the conversations (by SID in place, otherwise by unique name) and, where `users` are wanted, the users (by identity) that
/// the mapping makes of the source.
pub fn names<E: From<SnapshotError>>(
    source: &ServiceView<'_>,
    records: &PlanRecords<'_>,
    kind: Move,
    share: Option<Share>,
    users: bool,
    name: &mut dyn FnMut(Focus<'_>) -> Result<(), E>,
) -> Result<(), E> {
    if users {
        let mut rows = Rows::new(&records.users);
        let walk = walk_over(Entity::User, rows.source.record.reads(Entity::Role));
        source.walk::<E>(&walk, |step| {
            let Some(user) = &step.user else { return Ok(()) };
            let subject = Subject { user: Some(user), role: step.role.as_deref(), ..subject(&step.service) };
            if !matches!(rows.take(&subject), Evaluated::Wanted) {
                return Ok(());
            }
            match rows.desired(&subject)[KEY].and_then(Value::to_text) {
                Some(identity) => name(Focus::Identity(&identity)),
                None => Ok(()),
            }
        })?;
    }
    let mut rows = Rows::new(&records.conversations);
    source.walk::<E>(&walk_over(Entity::Channel, false), |step| {
        let Some(channel) = step.channel.as_deref() else { return Ok(()) };
        if share.is_some_and(|share| !share.has(&channel.sid)) {
            return Ok(());
        }
        if kind == Move::InPlace {
            return name(Focus::Channel(&channel.sid.to_string()));
        }
        let subject = Subject { channel: Some(channel), ..subject(&step.service) };
        if !matches!(rows.take(&subject), Evaluated::Wanted) {
            return Ok(());
        }
        let desired = rows.desired(&subject);
        let prefix = &records.mapping.plan.unique_name_prefix;
        name(Focus::Channel(&unique_name(&desired, prefix, &channel.sid)))
    })
}

/// What a conversation is called in another service: as the mapping says, and otherwise after its channel's SID, so that it is
/// found again.
pub(super) fn unique_name(
    desired: &[Option<Value<'_>>],
    prefix: &str,
    channel: &crate::model::ChannelSid,
) -> String {
    let wanted = desired[KEY].and_then(Value::to_text).filter(|name| !name.is_empty());
    wanted.map_or_else(|| format!("{prefix}{channel}"), std::borrow::Cow::into_owned)
}
