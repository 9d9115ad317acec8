//! What is said of snapshots, services and the entire plan.

use super::planner::Planner;
use super::settings;
use super::values::counted;
use crate::model::{ChannelSid, Entity, Timestamp, UserSid};
use crate::plan::check;
use crate::plan::error::PlanError;
use crate::plan::finding::PlanFinding;
use crate::snapshot::{self, Info, Verdict};

/// Checks that need no item.
pub(super) fn before(planner: &mut Planner<'_>) -> Result<(), PlanError> {
    completeness(planner)?;
    age(planner)?;
    vanished(planner)?;
    people(planner)?;
    settings::settings(planner)?;
    let (users, conversations) = planner.there;
    if planner.is_copy && users + conversations > 0 {
        let detail = format!(
            "{}, {}",
            counted(users, "user", "users"),
            counted(conversations, "conversation", "conversations")
        );
        planner.find_of_service(&check::TARGET_NOT_EMPTY, true, detail)?;
    }
    Ok(())
}

fn completeness(planner: &mut Planner<'_>) -> Result<(), PlanError> {
    let (source, target) = planner.infos;
    let allowed = planner.options.allow_incomplete;
    let said = |info: &Info| {
        let failed = info.units.get("failed").copied().unwrap_or(0);
        let pending = info.units.get("pending").copied().unwrap_or(0);
        format!(
            "{} failed, {pending} not read, {}",
            counted(failed, "list", "lists"),
            counted(info.disagreements.len() as u64, "disagreement", "disagreements")
        )
    };
    if source.verdict == Verdict::Incomplete {
        let check = if allowed { &check::INCOMPLETE_ALLOWED } else { &check::SNAPSHOT_INCOMPLETE };
        planner.find_of_service(check, false, said(source))?;
    }
    if target.verdict == Verdict::Incomplete {
        let check = if allowed { &check::INCOMPLETE_ALLOWED } else { &check::TARGET_INCOMPLETE };
        planner.find_of_service(check, true, said(target))?;
    }
    if let Some(users) = source.selected_users {
        let detail = format!("limited to {}", counted(users as u64, "user", "users"));
        planner.find_of_service(&check::SNAPSHOT_OF_SELECTED_USERS, false, detail)?;
    }
    if !source.include.contains(&Entity::Member) {
        planner.find_of_service(&check::MEMBERS_NOT_READ, false, "members were not read".to_owned())?;
    }
    Ok(())
}

/// Says since when, not how long: a plan has the same bytes whenever it is made of what is old.
fn age(planner: &mut Planner<'_>) -> Result<(), PlanError> {
    let (Some(most), Some(now)) = (planner.options.max_age_hours, planner.options.now.as_ref()) else {
        return Ok(());
    };
    let begun = &planner.infos.0.started;
    let (Some(then), Some(now)) = (Timestamp::from_wire(begun).seconds(), now.seconds()) else {
        return Ok(());
    };
    if now - then <= i64::from(most) * 3_600 {
        return Ok(());
    }
    let detail = format!("begun at {begun}, more than {most} hours ago");
    planner.find_of_service(&check::SNAPSHOT_OLD, false, detail)
}

fn vanished(planner: &mut Planner<'_>) -> Result<(), PlanError> {
    let source = planner.inputs.source;
    snapshot::vanished::<PlanError>(source, |entity, sid, evidence| {
        // The snapshot is of one or more services; the record of what vanished does not say of which.
        let (check, entity) = match entity {
            "user" => (&check::USER_VANISHED, Entity::User),
            _ => (&check::CHANNEL_VANISHED, Entity::Channel),
        };
        planner.add_vanished(sid)?;
        let (sid, detail) = (sid.to_owned(), evidence.to_owned());
        planner.found(&PlanFinding { check, entity, sid, name: None, detail })
    })
}

fn people(planner: &mut Planner<'_>) -> Result<(), PlanError> {
    let pair = planner.pair;
    snapshot::identities_alike::<PlanError>(&pair.source, |sid, identity, other| {
        let detail = format!("`{identity}` and `{other}`");
        planner.find_of_user(&check::IDENTITY_CASE, sid.to_owned(), Some(identity.to_owned()), detail)
    })?;
    snapshot::unlisted_users::<PlanError>(
        &pair.source,
        |sid: &UserSid, channels: u64, example: &ChannelSid| {
            let detail = format!("in {}, such as {example}", counted(channels, "channel", "channels"));
            planner.find_of_user(&check::MEMBERSHIP_WITHOUT_USER, sid.to_string(), None, detail)
        },
    )
}

/// Checks that need all items.
pub(super) fn after(planner: &mut Planner<'_>) -> Result<(), PlanError> {
    let (messages, conversations) = planner.messages;
    if conversations > 0 {
        let detail = format!(
            "{} of {}, as far as they were counted",
            counted(messages, "message", "messages"),
            counted(conversations, "conversation", "conversations")
        );
        planner.find_of_service(&check::MESSAGES_NOT_COPIED, false, detail)?;
    }
    if planner.horizons > 0 && planner.inputs.header.messages.is_none() {
        let detail = counted(planner.horizons, "read index", "read indices");
        planner.find_of_service(&check::HORIZON_WITHOUT_MESSAGES, true, detail)?;
    }
    guard(planner)
}

/// Blocks a plan that changes more of a target that is not empty than was allowed.
fn guard(planner: &mut Planner<'_>) -> Result<(), PlanError> {
    let is_empty = planner.there == (0, 0);
    let Some(most) = planner.options.max_change_percent.filter(|_| !is_empty) else { return Ok(()) };
    let (changed, items) = (planner.changed, planner.items);
    if changed * 100 <= u64::from(most) * items {
        return Ok(());
    }
    let detail = format!("{changed} of {items} items would be changed or created, more than {most} percent");
    planner.find_of_service(&check::TOO_MANY_CHANGES, true, detail)
}
