//! Computing a plan: every aligned item goes to the part that plans its kind.

use super::options::PlanOptions;
use super::planner::{Inputs, Planner, Sink};
use super::{conversations, messages, participants, plan_checks, users};
use crate::model::{Entity, ServiceSid};
use crate::plan::align::{AlignOptions, Item, Pair, Standing, align};
use crate::plan::check;
use crate::plan::error::PlanError;
use crate::plan::overview::Totals;
use crate::snapshot::{ServiceView, Snapshot};

/// How many items pass between two calls of `progress`.
const ITEMS_PER_CALL: u64 = 1 << 14;

/// Computes a plan. It calls `progress` now and then with the number of items so far.
pub(crate) fn compute(
    inputs: &Inputs<'_>,
    options: &PlanOptions,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Result<Totals, PlanError> {
    let pair = Pair {
        source: service(inputs.source, &inputs.header.source.service_sid)?,
        target: service(inputs.target, &inputs.header.target.service_sid)?,
    };
    let infos = (inputs.source.info()?, inputs.target.info()?);
    let mut planner = Planner::new(inputs, options, &pair, &infos, sink)?;
    plan_checks::before(&mut planner)?;
    let align_options = AlignOptions {
        kind: inputs.header.kind,
        exact_above: planner.usual_limits.participants,
        share: None,
        // Of a crawl of some users, it is unknown what only the target has.
        extras: infos.0.selected_users.is_none(),
        messages: inputs.header.messages.is_some(),
        media: inputs.header.media.is_some(),
        digests: false,
    };
    let mut items = 0;
    align::<PlanError>(&pair, inputs.records, align_options, &mut |item| {
        items += 1;
        if items % ITEMS_PER_CALL == 0 {
            progress(items);
        }
        plan_item(&mut planner, item)
    })?;
    conversations::conversation_ends(&mut planner)?;
    plan_checks::after(&mut planner)?;
    progress(items);
    Ok(planner.tally.totals(options, planner.usual_limits.participants))
}

fn service<'s>(snapshot: &'s Snapshot, sid: &str) -> Result<ServiceView<'s>, PlanError> {
    let found = snapshot.service(&ServiceSid::from_wire(sid))?;
    found.ok_or_else(|| PlanError::NoService { path: snapshot.path().to_path_buf(), service: sid.to_owned() })
}

fn plan_item(planner: &mut Planner<'_>, item: &Item<'_>) -> Result<(), PlanError> {
    let before = planner.tally.pending;
    if let Standing::Failed(error) = item.standing {
        let detail = format!("{}: {}", error.place, error.message);
        planner.find(&check::ROW_FAILED, item, detail)?;
    }
    match item.entity {
        Entity::Role => users::role(planner, item)?,
        Entity::User => users::user(planner, item)?,
        Entity::Channel => conversations::conversation(planner, item)?,
        Entity::Member => participants::participant(planner, item)?,
        Entity::Membership => participants::view(planner, item)?,
        Entity::Invite => {
            planner.find(&check::INVITE_LOST, item, "invited, and not a participant".to_owned())?;
        }
        Entity::Message => messages::message(planner, item)?,
        // No operation of an API creates a binding: devices register by themselves.
        Entity::Service | Entity::Binding => {}
    }
    if matches!(item.standing, Standing::Same | Standing::Different | Standing::Missing)
        && item.entity != Entity::Invite
    {
        planner.items += 1;
        planner.changed += u64::from(planner.tally.pending > before);
    }
    Ok(())
}
