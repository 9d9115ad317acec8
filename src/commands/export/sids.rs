//! What the filter `counterpart` knows in an export with `--plan`: the SIDs of the plan's target.
//!
//! They are looked up in the plan one by one, as rows need them, so that memory does not depend on their number. An apply may
//! run meanwhile: a row has what was known when it was written.
//!
//! **Invariant:** a plan of another service gives no SIDs. It is refused before anything is written.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::export::PlanFacts;
use crate::mapping::SidMap;
use crate::model::{Entity, ServiceSid};
use crate::plan::binding::PlanBinding;
use crate::plan::{Header, Move, PlanFile};

use super::super::CommandError;

/// The SIDs of a plan's target, for a snapshot of these services, and which plan it is.
pub(super) fn of_plan(
    plan: &Path,
    snapshot: &Path,
    services: &[ServiceSid],
) -> Result<(SidMap, PlanFacts), CommandError> {
    let file = PlanFile::open(plan)?;
    let header = file.header().clone();
    let binding = PlanBinding { plan, header: &header };
    binding.check_has_target()?;
    binding.check_services(snapshot, services)?;
    let facts =
        PlanFacts { digest: file.digest().to_owned(), target_service_sid: header.target.service_sid.clone() };
    let file = Mutex::new(file);
    let sids = SidMap::new(move |sid| {
        Ok(match known(&header, sid) {
            KnownSids::Is(target) => Some(target.to_owned()),
            KnownSids::InPlan(entity) => {
                file.lock().unwrap_or_else(PoisonError::into_inner).counterpart(entity, sid)?
            }
            KnownSids::Nothing => None,
        })
    });
    Ok((sids, facts))
}

/// What is known of a SID without a look at the plan's rows.
#[derive(Debug, PartialEq, Eq)]
enum KnownSids<'a> {
    /// The target's.
    Is(&'a str),
    /// The plan may have it, under that entity.
    InPlan(Entity),
    /// Nothing of it is in the target: it is of what a copy does not take along.
    Nothing,
}

fn known<'a>(header: &'a Header, sid: &'a str) -> KnownSids<'a> {
    if header.kind == Move::InPlace {
        // The same objects under the same SIDs; a public channel keeps its own when it is made private.
        return KnownSids::Is(sid);
    }
    match sid.get(..2) {
        Some("IS") if sid == header.source.service_sid => KnownSids::Is(&header.target.service_sid),
        Some("RL") => KnownSids::InPlan(Entity::Role),
        Some("US") => KnownSids::InPlan(Entity::User),
        Some("CH") => KnownSids::InPlan(Entity::Channel),
        Some("MB") => KnownSids::InPlan(Entity::Member),
        Some("IN") => KnownSids::InPlan(Entity::Invite),
        _ => KnownSids::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Side;

    fn header(kind: Move) -> Header {
        let side = |service: &str| Side {
            account_sid: "AC1".to_owned(),
            service_sid: service.to_owned(),
            friendly_name: None,
        };
        Header { kind, source: side("IS1"), target: side("IS2"), ..crate::testkit::plan::header() }
    }

    #[test]
    fn a_copy_is_looked_up_and_in_place_a_sid_is_itself() {
        let (copy, in_place) = (header(Move::Copy), header(Move::InPlace));
        for (sid, expected) in [
            ("IS1", KnownSids::Is("IS2")),
            ("IS3", KnownSids::Nothing),
            ("RL1", KnownSids::InPlan(Entity::Role)),
            ("US1", KnownSids::InPlan(Entity::User)),
            ("CH1", KnownSids::InPlan(Entity::Channel)),
            ("MB1", KnownSids::InPlan(Entity::Member)),
            ("IN1", KnownSids::InPlan(Entity::Invite)),
            ("IM1", KnownSids::Nothing),
            ("é", KnownSids::Nothing),
            ("", KnownSids::Nothing),
        ] {
            assert_eq!(known(&copy, sid), expected, "{sid}");
            assert_eq!(known(&in_place, sid), KnownSids::Is(sid));
        }
    }
}
