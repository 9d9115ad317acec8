//! Whether a plan can be made of a snapshot.

use std::path::{Path, PathBuf};

use super::binding::{self, PlanMismatch};
use crate::error::{Advise, Failure};
use crate::model::{Entity, Service, ServiceSid};
use crate::snapshot::{Info, Snapshot, SnapshotError, Verdict, Walk, WalkOrder, With};

/// What a plan compares.
const NEEDED: [Entity; 5] = [Entity::Role, Entity::User, Entity::Channel, Entity::Membership, Entity::Member];

/// A plan cannot be made of a snapshot.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnfitSnapshot {
    #[error("the snapshot `{}` is incomplete", snapshot.display())]
    Incomplete { snapshot: PathBuf },
    /// Copying some of the messages of a conversation would leave the others behind for good.
    #[error("the snapshot `{}` is incomplete, and messages are copied from a complete one only", snapshot.display())]
    IncompleteMessages { snapshot: PathBuf },
    #[error("the snapshot `{}` has no messages", snapshot.display())]
    NoMessages { snapshot: PathBuf },
    #[error("the snapshot `{}` is limited to {users} users, so that nothing can be said of the others", snapshot.display())]
    SomeUsers { snapshot: PathBuf, users: usize },
    /// Something that is compared was not read.
    #[error("the snapshot `{}` has no {lacks}", snapshot.display())]
    Lacks { snapshot: PathBuf, lacks: String },
    #[error("the snapshot `{}` lacks its service's own record", snapshot.display())]
    NoServiceRecord { snapshot: PathBuf },
    #[error(transparent)]
    Services(#[from] PlanMismatch),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

impl Advise for UnfitSnapshot {
    fn status(&self) -> Failure {
        match self {
            Self::Services(error) => error.status(),
            Self::Snapshot(error) => error.status(),
            _ => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        let advice = match self {
            Self::Incomplete { .. } => {
                "run the same `chatferry crawl` again until it is complete, or plan from what there is with \
                 --allow-incomplete; the plan says so"
            }
            Self::IncompleteMessages { .. } => "run the same `chatferry crawl` again until it is complete",
            Self::NoMessages { .. } => {
                "crawl the service into another snapshot with `--include roles,users,channels,user-channels,members,messages`"
            }
            Self::SomeUsers { .. } => "crawl it without --users",
            Self::Lacks { .. } | Self::NoServiceRecord { .. } => {
                "crawl the service into another snapshot without --include"
            }
            Self::Services(error) => return error.hint(),
            Self::Snapshot(error) => return error.hint(),
        };
        Some(advice.to_owned())
    }
}

/// Checks that the messages of a snapshot can be copied.
pub(crate) fn check_messages(file: &Path, info: &Info) -> Result<(), UnfitSnapshot> {
    let snapshot = file.to_path_buf();
    if !info.include.contains(&Entity::Message) {
        return Err(UnfitSnapshot::NoMessages { snapshot });
    }
    if info.verdict == Verdict::Incomplete {
        return Err(UnfitSnapshot::IncompleteMessages { snapshot });
    }
    Ok(())
}

/// Checks that a plan can be made of a snapshot, and gives its service.
pub(crate) fn check(file: &Path, info: &Info, allow_incomplete: bool) -> Result<ServiceSid, UnfitSnapshot> {
    let snapshot = file.to_path_buf();
    let service = binding::only_service(file, &info.services)?;
    if let Some(users) = info.selected_users {
        return Err(UnfitSnapshot::SomeUsers { snapshot, users });
    }
    let lacks: Vec<_> =
        NEEDED.iter().filter(|entity| !info.include.contains(entity)).map(|entity| entity.plural()).collect();
    if !lacks.is_empty() {
        return Err(UnfitSnapshot::Lacks { snapshot, lacks: lacks.join(", ") });
    }
    if info.verdict == Verdict::Incomplete && !allow_incomplete {
        return Err(UnfitSnapshot::Incomplete { snapshot });
    }
    Ok(service.clone())
}

/// The record of a snapshot's one service.
pub(crate) fn service_record(snapshot: &Snapshot) -> Result<Service, UnfitSnapshot> {
    let walk = Walk { entity: Entity::Service, order: WalkOrder::ByUser, with: With::default() };
    let mut found = None;
    snapshot.walk(&walk, |step| {
        found = Some(step.service.clone());
        Ok::<(), SnapshotError>(())
    })?;
    found.ok_or_else(|| UnfitSnapshot::NoServiceRecord { snapshot: snapshot.path().to_path_buf() })
}
