//! What is verified, checked before the first request.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::VerifyArgs;
use crate::error::{Advise, Failure};
use crate::mapping::{self, Mapping, MappingError};
use crate::model::{InvalidShare, ServiceSid, Share};
use crate::plan::{Move, PlanError, PlanFile, PlanRecords};
use crate::settings::{ConnectionSettings, Loader, Target};
use crate::snapshot::{Info, Snapshot};

use super::super::CommandError;

/// Nothing can be verified with what was given.
#[derive(Debug, thiserror::Error)]
pub(super) enum VerifyInputError {
    /// The mapping.
    #[error(transparent)]
    Mapping(Box<MappingError>),
    /// An undo plan.
    #[error("`{}` takes back another plan, and what it leaves is not described by it", plan.display())]
    Undo { plan: PathBuf },
    /// The snapshot is another one by now.
    #[error("the snapshot `{snapshot}` is not the one that `{}` was made from", plan.display())]
    OtherSnapshot { plan: PathBuf, snapshot: String },
    /// The mapping is another one by now.
    #[error("the mapping `{mapping}` is not what it was when `{}` was made", plan.display())]
    OtherMapping { plan: PathBuf, mapping: String },
    /// A snapshot is verified service by service.
    #[error("the snapshot `{}` holds {found} services, and one is verified at a time", snapshot.display())]
    NotOneService { snapshot: PathBuf, found: usize },
    /// A copy into the source.
    #[error("the target {service} is the service of the snapshot")]
    SameService { service: ServiceSid },
    /// The credentials are not those of the plan.
    #[error("`{what}` is of the account {owner}, the credentials are of {account}")]
    OtherAccount { what: String, owner: String, account: String },
    /// Not a share.
    #[error(transparent)]
    Share(InvalidShare),
}

impl Advise for VerifyInputError {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Mapping(_) => return None,
                Self::Undo { .. } => "verify the plan that it takes back: what was undone is missing there",
                Self::OtherSnapshot { .. } | Self::OtherMapping { .. } => {
                    "put it back, or verify what is there now with --snapshot (and --target, --mapping)"
                }
                Self::NotOneService { .. } => "crawl the service alone, with --service and a snapshot of its own",
                Self::SameService { .. } => "for the same service, seen through Conversations, leave --target out",
                Self::OtherAccount { .. } => {
                    "set TWILIO_ACCOUNT_SID and its secret to that account's, or for a target in another account \
                     CHATFERRY_TARGET_ACCOUNT_SID and CHATFERRY_TARGET_AUTH_TOKEN"
                }
                Self::Share(_) => "parts are numbered from 1 to T",
            }
            .to_owned(),
        )
    }
}

/// What is verified.
#[derive(Debug)]
pub(super) struct VerifyInput {
    /// The plan, where there is one.
    pub(super) plan: Option<PathBuf>,
    /// Whether the plan mutes the source's User Channels.
    pub(super) mutes: bool,
    /// The snapshot's file.
    pub(super) file: PathBuf,
    /// The snapshot.
    pub(super) snapshot: Snapshot,
    /// What it says about itself.
    pub(super) info: Info,
    /// Its service.
    pub(super) source: ServiceSid,
    /// The target's service.
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
        args: &VerifyArgs,
        connection: ConnectionSettings,
        loader: &Loader,
    ) -> Result<Self, CommandError> {
        let share = args.sample.as_deref().map(str::parse).transpose().map_err(VerifyInputError::Share)?;
        if let Some(snapshot) = &args.snapshot {
            return Self::of_snapshot(args, snapshot, connection, loader, share);
        }
        let plan = loader.plan_file(args.plan.as_deref())?;
        Self::of_plan(plan, connection, loader, share)
    }

    fn of_plan(
        path: PathBuf,
        connection: ConnectionSettings,
        loader: &Loader,
        share: Option<Share>,
    ) -> Result<Self, CommandError> {
        let plan = PlanFile::open(&path)?;
        plan.check()?;
        let header = plan.header().clone();
        if header.kind == Move::Undo {
            return Err(VerifyInputError::Undo { plan: path }.into());
        }
        let mapping = load(&header.mapping)?;
        if mapping.sha256 != header.mapping_digest {
            return Err(VerifyInputError::OtherMapping { plan: path, mapping: header.mapping }.into());
        }
        let file = PathBuf::from(&header.snapshot);
        let snapshot = Snapshot::open(&file)?;
        if snapshot.content_digest()? != header.snapshot_digest {
            return Err(VerifyInputError::OtherSnapshot { plan: path, snapshot: header.snapshot }.into());
        }
        let target_connection = if header.kind == Move::InPlace {
            connection.clone()
        } else {
            loader.target_connection(&connection)?
        };
        let what = path.display().to_string();
        check_account(&target_connection, &header.target.account_sid, &what)?;
        if header.mute_source {
            check_account(&connection, &header.source.account_sid, &what)?;
        }
        let sid = |text: &str| ServiceSid::from_wire(text);
        Ok(Self {
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
            file,
        })
    }

    fn of_snapshot(
        args: &VerifyArgs,
        file: &Path,
        connection: ConnectionSettings,
        loader: &Loader,
        share: Option<Share>,
    ) -> Result<Self, CommandError> {
        let mapping = load(args.mapping.as_deref().unwrap_or("conversations"))?;
        let target = loader.verify_target(args)?;
        let snapshot = Snapshot::open(file)?;
        let info = snapshot.info()?;
        let [source] = info.services.as_slice() else {
            let (snapshot, found) = (file.to_path_buf(), info.services.len());
            return Err(VerifyInputError::NotOneService { snapshot, found }.into());
        };
        let source = source.clone();
        let (target, kind, target_connection) = match target {
            Target::InPlace => (source.clone(), Move::InPlace, connection.clone()),
            Target::Service(service) if service == source => {
                return Err(VerifyInputError::SameService { service }.into());
            }
            Target::Service(service) => (service, Move::Copy, loader.target_connection(&connection)?),
        };
        if kind == Move::InPlace {
            check_account(&connection, &info.account_sid.to_string(), &file.display().to_string())?;
        }
        Ok(Self {
            plan: None,
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

/// A mapping that says what a target should hold.
fn load(name: &str) -> Result<Mapping, CommandError> {
    let mapping = mapping::load(name).map_err(|error| VerifyInputError::Mapping(Box::new(error)))?;
    PlanRecords::of(&mapping).map_err(PlanError::from)?;
    Ok(mapping)
}

fn check_account(connection: &ConnectionSettings, owner: &str, what: &str) -> Result<(), CommandError> {
    let account = connection.read_credentials()?.account_sid.to_string();
    if account == owner {
        return Ok(());
    }
    Err(VerifyInputError::OtherAccount { what: what.to_owned(), owner: owner.to_owned(), account }.into())
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
