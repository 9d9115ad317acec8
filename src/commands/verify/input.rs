//! What is verified, checked before the first request.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::mapping::{self, Mapping};
use crate::model::{ServiceSid, Share};
use crate::plan::binding::{self, AccountUse, PlanBinding};
use crate::plan::{Move, PlanError, PlanFile, PlanRecords};
use crate::settings::{ConnectionSettings, Loader, MigrationTarget, Verified, VerifySettings, check_files};
use crate::snapshot::{Info, Snapshot};

use super::super::{CommandError, planned};

/// What is verified.
#[derive(Debug)]
pub(super) struct VerifyInput {
    pub(super) plan: Option<PathBuf>,
    /// Whether the plan copies messages.
    pub(super) messages: bool,
    /// Whether messages have their media in the target.
    pub(super) media: bool,
    /// Whether the plan mutes the source's User Channels.
    pub(super) mutes: bool,
    /// The snapshot's file.
    pub(super) file: PathBuf,
    pub(super) snapshot: Snapshot,
    /// What it says about itself.
    pub(super) info: Info,
    pub(super) source: ServiceSid,
    pub(super) target: ServiceSid,
    /// In place or a copy.
    pub(super) kind: Move,
    /// What the target should hold.
    pub(super) mapping: Arc<Mapping>,
    /// How to talk to the source's account.
    pub(super) source_connection: ConnectionSettings,
    /// How to talk to the target's account.
    pub(super) target_connection: ConnectionSettings,
    /// Which conversations; none for all.
    pub(super) share: Option<Share>,
    /// What is read of the target, until all is said of it.
    pub(super) scratch: PathBuf,
}

impl VerifyInput {
    /// Checks everything that can be checked without a request.
    pub(super) fn of(
        settings: &VerifySettings,
        connection: ConnectionSettings,
        loader: &Loader,
    ) -> Result<Self, CommandError> {
        let share = settings.sample;
        match &settings.verified {
            Verified::Plan(plan) => Self::of_plan(plan.clone(), connection, loader, share),
            Verified::Snapshot { snapshot, target, mapping } => {
                Self::of_snapshot(snapshot, target.clone(), mapping, connection, loader, share)
            }
        }
    }

    fn of_plan(
        path: PathBuf,
        connection: ConnectionSettings,
        loader: &Loader,
        share: Option<Share>,
    ) -> Result<Self, CommandError> {
        let is_checked = check_files(loader)?;
        let plan = PlanFile::open(&path)?;
        if is_checked {
            plan.check()?;
        }
        let header = plan.header().clone();
        let binding = PlanBinding { plan: &path, header: &header };
        let (mapping, snapshot) = planned::made_from(binding, is_checked)?;
        let target_connection =
            if header.kind == Move::InPlace { connection.clone() } else { connection.of_target(loader)? };
        binding.check_account(AccountUse::Target, &account_of(&target_connection)?)?;
        if header.mute_source {
            binding.check_account(AccountUse::Source, &account_of(&connection)?)?;
        }
        let sid = |text: &str| ServiceSid::from_wire(text);
        Ok(Self {
            messages: header.messages.is_some(),
            media: header.media.is_some(),
            mutes: header.mute_source,
            info: snapshot.info()?,
            snapshot,
            source: sid(&header.source.service_sid),
            target: sid(&header.target.service_sid),
            kind: header.kind,
            mapping: Arc::new(mapping),
            source_connection: connection,
            target_connection,
            share,
            scratch: beside(&path),
            plan: Some(path),
            file: PathBuf::from(&header.snapshot),
        })
    }

    fn of_snapshot(
        file: &Path,
        target: MigrationTarget,
        mapping: &str,
        connection: ConnectionSettings,
        loader: &Loader,
        share: Option<Share>,
    ) -> Result<Self, CommandError> {
        let mapping = mapping::load(mapping)?;
        PlanRecords::of(&mapping).map_err(PlanError::from)?; // it must say what a target should hold
        if check_files(loader)? {
            Snapshot::check_file(file)?;
        }
        let snapshot = Snapshot::open(file)?;
        let info = snapshot.info()?;
        let source = binding::only_service(file, &info.services)?.clone();
        let (target, kind, target_connection) = match target {
            MigrationTarget::InPlace => (source.clone(), Move::InPlace, connection.clone()),
            MigrationTarget::Service(service) => {
                binding::check_is_other(&service, &source)?;
                (service, Move::Copy, connection.of_target(loader)?)
            }
        };
        if kind == Move::InPlace {
            let (owner, given) = (info.account_sid.to_string(), account_of(&connection)?);
            binding::check_account(file, &owner, AccountUse::InPlace, &given)?;
        }
        Ok(Self {
            plan: None,
            messages: false,
            media: false,
            mutes: false,
            file: file.to_path_buf(),
            snapshot,
            info,
            source,
            target,
            kind,
            mapping: Arc::new(mapping),
            source_connection: connection,
            target_connection,
            share,
            scratch: beside(file),
        })
    }
}

fn account_of(connection: &ConnectionSettings) -> Result<String, CommandError> {
    Ok(connection.read_credentials()?.account_sid.to_string())
}

/// Where what is read of the target is kept meanwhile: `plan.verify.db` for `plan.db`.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.with_extension("").into_os_string();
    name.push(".verify.db");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_stands_beside_the_plan() {
        assert_eq!(beside(Path::new("there/plan.db")), Path::new("there/plan.verify.db"));
        assert_eq!(beside(Path::new("move.plan")), Path::new("move.verify.db"));
    }
}
