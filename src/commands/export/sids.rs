//! What the filter `counterpart` knows in an export with `--plan`: the SIDs of the plan's target.
//!
//! They are looked up in the plan one by one, as rows need them, so that memory does not depend on their number. An apply may
//! run meanwhile: a row has what was known when it was written.
//!
//! **Invariant:** a plan of another service gives no SIDs. It is refused before anything is written.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Advise, Failure};
use crate::export::PlanFacts;
use crate::mapping::SidMap;
use crate::model::{Entity, ServiceSid};
use crate::plan::{Header, Move, PlanFile};

use super::super::CommandError;

/// A plan that has no SIDs for a snapshot.
#[derive(Debug, thiserror::Error)]
pub(super) enum SidsError {
    /// It is of something else.
    #[error(
        "the plan `{}` is of {planned}, the snapshot `{}` of {}",
        plan.display(),
        snapshot.display(),
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    OtherService { plan: PathBuf, planned: String, snapshot: PathBuf, found: Vec<ServiceSid> },
    /// It takes back what another plan did.
    #[error("the plan `{}` takes back what another one did, and has no SIDs of a target", plan.display())]
    Undo { plan: PathBuf },
}

impl Advise for SidsError {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::OtherService { .. } => {
                "name the snapshot that the plan was made from with --snapshot, or another plan with --plan"
                    .to_owned()
            }
            Self::Undo { .. } => "name the plan that it takes back with --plan".to_owned(),
        })
    }
}

/// The SIDs of a plan's target, for a snapshot of these services, and which plan it is.
pub(super) fn of_plan(
    plan: &Path,
    snapshot: &Path,
    services: &[ServiceSid],
) -> Result<(SidMap, PlanFacts), CommandError> {
    let file = PlanFile::open(plan)?;
    let header = file.header().clone();
    if header.kind == Move::Undo {
        return Err(SidsError::Undo { plan: plan.to_path_buf() }.into());
    }
    if !matches!(services, [service] if *service.to_string() == header.source.service_sid) {
        return Err(SidsError::OtherService {
            plan: plan.to_path_buf(),
            planned: header.source.service_sid,
            snapshot: snapshot.to_path_buf(),
            found: services.to_vec(),
        }
        .into());
    }
    let facts =
        PlanFacts { digest: file.digest().to_owned(), target_service_sid: header.target.service_sid.clone() };
    let file = Mutex::new(file);
    let sids = SidMap::new(move |sid| {
        Ok(match known(&header, sid) {
            Known::Is(target) => Some(target.to_owned()),
            Known::InPlan(entity) => {
                file.lock().unwrap_or_else(PoisonError::into_inner).counterpart(entity, sid)?
            }
            Known::Nothing => None,
        })
    });
    Ok((sids, facts))
}

/// What is known of a SID without a look at the plan's rows.
#[derive(Debug, PartialEq, Eq)]
enum Known<'a> {
    /// The target's.
    Is(&'a str),
    /// The plan may have it, under that entity.
    InPlan(Entity),
    /// Nothing of it is in the target: it is of what a copy does not take along.
    Nothing,
}

fn known<'a>(header: &'a Header, sid: &'a str) -> Known<'a> {
    if header.kind == Move::InPlace {
        // The same objects under the same SIDs; a public channel keeps its own when it is made private.
        return Known::Is(sid);
    }
    match sid.get(..2) {
        Some("IS") if sid == header.source.service_sid => Known::Is(&header.target.service_sid),
        Some("RL") => Known::InPlan(Entity::Role),
        Some("US") => Known::InPlan(Entity::User),
        Some("CH") => Known::InPlan(Entity::Channel),
        Some("MB") => Known::InPlan(Entity::Member),
        Some("IN") => Known::InPlan(Entity::Invite),
        _ => Known::Nothing,
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
        Header {
            tool_version: String::new(),
            kind,
            source: side("IS1"),
            target: side("IS2"),
            snapshot: String::new(),
            snapshot_digest: String::new(),
            snapshot_source: "chat".to_owned(),
            snapshot_verdict: "complete".to_owned(),
            snapshot_window: (String::new(), None),
            mapping: String::new(),
            mapping_digest: String::new(),
            target_digest: String::new(),
            target_service_digest: String::new(),
            mute_source: false,
            undoes: None,
        }
    }

    #[test]
    fn a_copy_is_looked_up_and_in_place_a_sid_is_itself() {
        let (copy, in_place) = (header(Move::Copy), header(Move::InPlace));
        for (sid, expected) in [
            ("IS1", Known::Is("IS2")),
            ("IS3", Known::Nothing),
            ("RL1", Known::InPlan(Entity::Role)),
            ("US1", Known::InPlan(Entity::User)),
            ("CH1", Known::InPlan(Entity::Channel)),
            ("MB1", Known::InPlan(Entity::Member)),
            ("IN1", Known::InPlan(Entity::Invite)),
            ("IM1", Known::Nothing),
            ("é", Known::Nothing),
            ("", Known::Nothing),
        ] {
            assert_eq!(known(&copy, sid), expected, "{sid}");
            assert_eq!(known(&in_place, sid), Known::Is(sid));
        }
    }
}
