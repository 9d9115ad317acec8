//! Whether a plan fits what it is used with: its snapshot, its mapping, its services, and the account of the credentials.
//!
//! Planning, verifying, applying and exporting with a plan all ask here, so that each misfit is one error with one remedy.
//!
//! **Invariant:** a snapshot, a mapping and a target's record are compared by digest, never by name or date.

use std::path::{Path, PathBuf};

use super::overview::{Header, Move, service_digest};
use crate::error::{Advise, Failure};
use crate::mapping::{Mapping, MappingError};
use crate::model::{Service, ServiceSid};
use crate::snapshot::{Snapshot, SnapshotError};

/// Which of the two accounts of a plan the credentials have to be of, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountUse {
    /// The target is in the snapshot's own account.
    InPlace,
    /// The target is read or written to.
    Target,
    /// The source is read, muted or converted.
    Source,
}

impl AccountUse {
    fn side(self) -> &'static str {
        match self {
            Self::InPlace => "",
            Self::Target => "the target of ",
            Self::Source => "the source of ",
        }
    }
}

/// Two things that do not belong together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanMismatch {
    #[error("the snapshot `{}` is not the one that `{}` was made from", snapshot.display(), plan.display())]
    OtherSnapshot { plan: PathBuf, snapshot: PathBuf },
    #[error("the messages of the snapshot `{}` are not those that `{}` was made from", snapshot.display(), plan.display())]
    OtherMessages { plan: PathBuf, snapshot: PathBuf },
    #[error("the plan `{}` copies the messages of `{}`, which is not there", plan.display(), snapshot.display())]
    NoSnapshot { plan: PathBuf, snapshot: PathBuf },
    #[error("the snapshot `{}`, which `{}` was made from, is not there", snapshot.display(), plan.display())]
    SnapshotGone { plan: PathBuf, snapshot: PathBuf },
    #[error("the mapping that `{}` was made with is not to be had", plan.display())]
    NoMapping {
        plan: PathBuf,
        #[source]
        source: MappingError,
    },
    /// What a plan does would be shown of records that it was not made of.
    #[error("the plan `{}` was not made of the snapshot `{}`", plan.display(), snapshot.display())]
    NotMadeOf { plan: PathBuf, snapshot: PathBuf, made_of: String, started: String },
    #[error("the mapping `{mapping}` is not what it was when `{}` was made", plan.display())]
    OtherMapping { plan: PathBuf, mapping: String },
    #[error("the target {service} of `{}` was changed since the plan was made: its settings are different", plan.display())]
    TargetChanged { plan: PathBuf, service: String },
    #[error(
        "the plan `{}` is of {planned}, the snapshot `{}` of {}",
        plan.display(),
        snapshot.display(),
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    OtherService { plan: PathBuf, planned: String, snapshot: PathBuf, found: Vec<ServiceSid> },
    #[error("the snapshot `{}` holds {found} services; a plan and a verification are of one", snapshot.display())]
    NotOneService { snapshot: PathBuf, found: usize },
    #[error("the target {service} is the service of the snapshot")]
    SameService { service: ServiceSid },
    #[error("{}`{}` is of the account {owner}, the credentials are of {given}", account.side(), file.display())]
    OtherAccount { file: PathBuf, owner: String, given: String, account: AccountUse },
    #[error("`{}` undoes what another plan did, and has no target of its own", plan.display())]
    IsUndo { plan: PathBuf },
    #[error("`{}` updates user channels, and moves nothing to a target", plan.display())]
    IsOfUserChannels { plan: PathBuf },
    #[error("the target's own record cannot be written as JSON")]
    Record(#[source] serde_json::Error),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

impl Advise for PlanMismatch {
    fn status(&self) -> Failure {
        match self {
            Self::Snapshot(error) => error.status(),
            _ => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        let advice = match self {
            Self::OtherMessages { .. } => "put the old file back, or plan again from the new one",
            Self::NoSnapshot { .. } => {
                "put the snapshot back where it was when the plan was made: the plan refers to its texts"
            }
            Self::SnapshotGone { .. } => {
                "run the command in the folder where the plan was made, or put the snapshot back where it was"
            }
            Self::NoMapping { .. } => {
                "run the command in the folder where the plan was made, or put the mapping's file back where it was"
            }
            Self::OtherSnapshot { .. } => {
                "put the old file back, or plan again from the new one; without a plan, `verify --snapshot` compares the new one"
            }
            Self::NotMadeOf { made_of, started, .. } => {
                return Some(format!(
                    "it was made of `{made_of}`, a crawl that started {started}: name that file with --snapshot, or plan again"
                ));
            }
            Self::OtherMapping { .. } => {
                "put the old mapping back, or plan again with the new one; without a plan, `verify --snapshot --mapping` takes the \
                 new one"
            }
            Self::TargetChanged { .. } => "plan again, and review what is different; nothing was written",
            Self::OtherService { .. } => {
                "name the snapshot that the plan was made from with --snapshot, or another plan with --plan"
            }
            Self::NotOneService { .. } => {
                "crawl one service into a snapshot of its own, with --service and --snapshot"
            }
            Self::SameService { .. } => {
                "for the same service, seen through Conversations, give --target in-place"
            }
            Self::OtherAccount { account: AccountUse::InPlace, .. } => {
                "in place is within the account that the snapshot is of: set TWILIO_ACCOUNT_SID and its secret to that account's"
            }
            Self::OtherAccount { account: AccountUse::Target, .. } => {
                "set TWILIO_ACCOUNT_SID and its secret to that account's, or, where the target is of another account than the source, \
                 CHATFERRY_TARGET_ACCOUNT_SID and its secret"
            }
            Self::OtherAccount { account: AccountUse::Source, .. } => {
                "set TWILIO_ACCOUNT_SID and its secret to the source's account"
            }
            Self::IsUndo { .. } => "name the plan that it undoes with --plan",
            Self::IsOfUserChannels { .. } => "name the plan of a migration with --plan",
            Self::Record(_) => return None,
            Self::Snapshot(error) => return error.hint(),
        };
        Some(advice.to_owned())
    }
}

/// A plan, and the file that it is in, for messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanBinding<'p> {
    pub plan: &'p Path,
    pub header: &'p Header,
}

impl PlanBinding<'_> {
    /// A plan that undoes another one has no snapshot, mapping or target of its own.
    pub(crate) fn check_has_target(&self) -> Result<(), PlanMismatch> {
        if self.header.kind == Move::Undo {
            return Err(PlanMismatch::IsUndo { plan: self.plan.to_path_buf() });
        }
        if self.header.kind == Move::UserChannels {
            return Err(PlanMismatch::IsOfUserChannels { plan: self.plan.to_path_buf() });
        }
        Ok(())
    }

    pub(crate) fn check_snapshot(&self, snapshot: &Snapshot) -> Result<(), PlanMismatch> {
        if snapshot.content_digest()? == self.header.snapshot_digest {
            return Ok(());
        }
        let (plan, snapshot) = (self.plan.to_path_buf(), snapshot.path().to_path_buf());
        Err(PlanMismatch::OtherSnapshot { plan, snapshot })
    }

    /// Compares the messages with those that the plan copies, if it does.
    pub(crate) fn check_messages(&self, snapshot: &Snapshot) -> Result<(), PlanMismatch> {
        match &self.header.messages {
            Some(digest) if *digest != snapshot.message_digest()? => {
                let (plan, snapshot) = (self.plan.to_path_buf(), snapshot.path().to_path_buf());
                Err(PlanMismatch::OtherMessages { plan, snapshot })
            }
            _ => Ok(()),
        }
    }

    /// Compares the service and the start of the crawl: the digest, which [`check_snapshot`](Self::check_snapshot) compares, takes a
    /// read of the complete file.
    pub(crate) fn check_made_of(&self, snapshot: &Snapshot) -> Result<(), PlanMismatch> {
        if !matches!(self.header.kind, Move::InPlace | Move::Copy) {
            return Ok(());
        }
        let is_of_service =
            snapshot.services_in()?.iter().any(|sid| sid.to_string() == self.header.source.service_sid);
        if is_of_service && self.header.snapshot_window.0 == snapshot.identity()?.started {
            return Ok(());
        }
        Err(PlanMismatch::NotMadeOf {
            plan: self.plan.to_path_buf(),
            snapshot: snapshot.path().to_path_buf(),
            made_of: self.header.snapshot.clone(),
            started: self.header.snapshot_window.0.clone(),
        })
    }

    pub(crate) fn check_mapping(&self, mapping: &Mapping) -> Result<(), PlanMismatch> {
        if mapping.sha256 == self.header.mapping_digest {
            return Ok(());
        }
        let (plan, mapping) = (self.plan.to_path_buf(), self.header.mapping.clone());
        Err(PlanMismatch::OtherMapping { plan, mapping })
    }

    /// Whether the target's own record and configuration are as they were planned for.
    pub(crate) fn check_target(&self, record: &Service) -> Result<(), PlanMismatch> {
        if service_digest(record).map_err(PlanMismatch::Record)? == self.header.target_service_digest {
            return Ok(());
        }
        let (plan, service) = (self.plan.to_path_buf(), self.header.target.service_sid.clone());
        Err(PlanMismatch::TargetChanged { plan, service })
    }

    /// Whether a snapshot of these services is of the service that the plan is of.
    pub(crate) fn check_services(
        &self,
        snapshot: &Path,
        services: &[ServiceSid],
    ) -> Result<(), PlanMismatch> {
        let planned = &self.header.source.service_sid;
        if matches!(services, [service] if service.to_string() == *planned) {
            return Ok(());
        }
        Err(PlanMismatch::OtherService {
            plan: self.plan.to_path_buf(),
            planned: planned.clone(),
            snapshot: snapshot.to_path_buf(),
            found: services.to_vec(),
        })
    }

    /// Whether these credentials are of the account that the plan has on that side.
    pub(crate) fn check_account(&self, account: AccountUse, given: &str) -> Result<(), PlanMismatch> {
        let owner = match account {
            AccountUse::Source => &self.header.source.account_sid,
            AccountUse::InPlace | AccountUse::Target => &self.header.target.account_sid,
        };
        check_account(self.plan, owner, account, given)
    }
}

/// The one service of a snapshot.
pub(crate) fn only_service<'s>(
    snapshot: &Path,
    services: &'s [ServiceSid],
) -> Result<&'s ServiceSid, PlanMismatch> {
    match services {
        [service] => Ok(service),
        _ => Err(PlanMismatch::NotOneService { snapshot: snapshot.to_path_buf(), found: services.len() }),
    }
}

/// Whether a copy goes to another service than its source.
pub(crate) fn check_is_other(target: &ServiceSid, source: &ServiceSid) -> Result<(), PlanMismatch> {
    if target == source {
        return Err(PlanMismatch::SameService { service: target.clone() });
    }
    Ok(())
}

/// Whether credentials are of the account that a file is of.
pub(crate) fn check_account(
    file: &Path,
    owner: &str,
    account: AccountUse,
    given: &str,
) -> Result<(), PlanMismatch> {
    if given == owner {
        return Ok(());
    }
    let (file, owner, given) = (file.to_path_buf(), owner.to_owned(), given.to_owned());
    Err(PlanMismatch::OtherAccount { file, owner, given, account })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::performed::Sides;
    use crate::testkit::world::{World, mapping};

    #[test]
    fn a_plan_fits_what_it_was_made_from_and_nothing_else() {
        let source = World::chat();
        let sides = Sides::new(&source, &source.in_place());
        let (plan, mapping) = (Path::new("plan.db"), mapping());
        let header = Header {
            snapshot_digest: sides.source.content_digest().unwrap(),
            mapping_digest: mapping.sha256.clone(),
            target_service_digest: service_digest(&source.service).unwrap(),
            ..sides.header.clone()
        };
        let binding = PlanBinding { plan, header: &header };
        binding.check_has_target().unwrap();
        binding.check_snapshot(&sides.source).unwrap();
        binding.check_mapping(&mapping).unwrap();
        binding.check_target(&source.service).unwrap();
        binding.check_services(Path::new("snapshot.db"), std::slice::from_ref(&source.service.sid)).unwrap();
        binding.check_account(AccountUse::Source, "AC").unwrap();

        let message = |result: Result<(), PlanMismatch>| {
            let error = result.unwrap_err();
            assert!(error.hint().is_some_and(|hint| !hint.ends_with('.')), "{error:?}");
            error.to_string()
        };
        assert!(
            message(binding.check_snapshot(&sides.target))
                .contains("is not the one that `plan.db` was made from")
        );
        let mut other = source.service.clone();
        other.friendly_name = Some("Sales".to_owned());
        assert!(message(binding.check_target(&other)).contains("its settings are different"));
        assert!(
            message(binding.check_services(Path::new("snapshot.db"), &[]))
                .contains("the plan `plan.db` is of IS")
        );
        for (account, side) in [
            (AccountUse::Source, "the source of "),
            (AccountUse::Target, "the target of "),
            (AccountUse::InPlace, ""),
        ] {
            assert_eq!(
                message(binding.check_account(account, "AC2")),
                format!("{side}`plan.db` is of the account AC, the credentials are of AC2")
            );
        }
        let changed = Header { kind: Move::Undo, mapping_digest: "other".to_owned(), ..header.clone() };
        let binding = PlanBinding { plan, header: &changed };
        assert!(message(binding.check_has_target()).contains("undoes what another plan did"));
        assert!(message(binding.check_mapping(&mapping)).contains("is not what it was"));

        let service = &source.service.sid;
        assert_eq!(only_service(plan, std::slice::from_ref(service)).unwrap(), service);
        assert!(message(only_service(plan, &[]).map(drop)).contains("holds 0 services"));
        assert!(message(check_is_other(service, service)).contains("is the service of the snapshot"));
    }
}
