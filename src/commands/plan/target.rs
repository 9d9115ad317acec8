//! Reading a plan's target: a crawl of Conversations into a snapshot of its own beside the plan.
//!
//! An interrupted reading goes on where it stopped, unless it is older than the caller takes it to be true. A finished one is
//! begun anew: what counts is the target as it is now.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::crawl::{CrawlError, CrawlOutcome, Ended};
use crate::error::{Advise, Failure};
use crate::event::Events;
use crate::model::{AccountSid, Entity, ServiceSid};
use crate::plan::Limits;
use crate::settings::ConnectionSettings;
use crate::snapshot::{Snapshot, SnapshotError, Verdict, clear};
use crate::source::ChatSource;

use super::super::target::{Part, Select, crawl_target};
use super::super::{CommandError, connect};

/// What is read of a target.
pub(super) const READ: [Entity; 6] =
    [Entity::Service, Entity::Role, Entity::User, Entity::Channel, Entity::Membership, Entity::Member];

/// The target could not be read to its end, or is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum TargetError {
    /// There is no such service.
    #[error("there is no Conversations service {service} in the account {account}")]
    NoSuchService { service: ServiceSid, account: AccountSid },
    /// The service belongs to another account.
    #[error("the service {service} belongs to the account {owner}, not to {account}")]
    OtherAccount { service: ServiceSid, owner: AccountSid, account: AccountSid },
    /// Something is missing.
    #[error(
        "the target could not be read to its end: {failed} lists failed, and what is in it cannot be said"
    )]
    Incomplete { failed: u64 },
    /// So much failed that it was given up.
    #[error("the target could not be read: {why}")]
    GaveUp { why: String },
    /// The time was up.
    #[error("the time was up before the target was read to its end")]
    TimeUp,
    /// Ctrl-C.
    #[error("interrupted before the target was read to its end")]
    Interrupted,
}

impl Advise for TargetError {
    fn status(&self) -> Failure {
        match self {
            Self::NoSuchService { .. } | Self::OtherAccount { .. } => Failure::Usage,
            Self::Interrupted => Failure::Interrupted,
            Self::Incomplete { .. } | Self::GaveUp { .. } | Self::TimeUp => Failure::Incomplete,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoSuchService { .. } | Self::OtherAccount { .. } => {
                "check the SID after --target; for a service of another account set CHATFERRY_TARGET_ACCOUNT_SID with \
                 CHATFERRY_TARGET_AUTH_TOKEN"
                    .to_owned()
            }
            _ => "no plan was made; what was read is kept, and the same command goes on from there".to_owned(),
        })
    }
}

/// A target to be read.
#[derive(Debug)]
pub(super) struct ToRead<'a> {
    /// How to talk to its account.
    pub(super) connection: &'a ConnectionSettings,
    /// Its account.
    pub(super) account: AccountSid,
    /// The service.
    pub(super) service: ServiceSid,
    /// Where what is read is kept.
    pub(super) file: PathBuf,
    /// An interrupted reading that was begun longer ago is begun anew.
    pub(super) resume_within: Duration,
}

/// Where what is read of a plan's target is kept: `plan.target.db` for `plan.db`.
pub(super) fn file_of(plan: &Path) -> PathBuf {
    if plan.extension().is_some_and(|ending| ending == "db") {
        return plan.with_extension("target.db");
    }
    let mut name = plan.as_os_str().to_owned();
    name.push(".target.db");
    PathBuf::from(name)
}

impl ToRead<'_> {
    /// Whether an interrupted reading is there to go on with.
    pub(super) fn is_begun(&self) -> Result<bool, CommandError> {
        let info = match Snapshot::open(&self.file).and_then(|snapshot| snapshot.info()) {
            Ok(info) => info,
            Err(
                SnapshotError::Missing { .. }
                | SnapshotError::OtherFormat { .. }
                | SnapshotError::Damaged { .. },
            ) => {
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        let same = info.account_sid == self.account
            && info.source == "conversations"
            && info.selected_users.is_none()
            && info.include == READ
            && (info.services.is_empty() || info.services == [self.service.clone()]);
        let begun: Option<jiff::Timestamp> = info.started.parse().ok();
        let age = begun.map(|begun| crate::clock::now().duration_since(begun));
        let fresh =
            age.and_then(|age| Duration::try_from(age).ok()).is_some_and(|age| age <= self.resume_within);
        Ok(same && fresh && (info.finished.is_none() || info.verdict == Verdict::Incomplete))
    }

    /// Reads it to its end.
    pub(super) async fn read(
        &self,
        select: Option<Select<'_>>,
        events: &Events,
        stop: &CancellationToken,
    ) -> Result<Snapshot, CommandError> {
        if !self.is_begun()? && self.file.exists() {
            clear(&self.file)?;
        }
        let part = Part { include: &READ, select };
        let crawled = crawl_target(self.connection, &self.service, &self.file, part, events, stop).await;
        let CrawlOutcome { ended, info } = crawled.map_err(|error| self.explain(error))?;
        match ended {
            Ended::Interrupted => return Err(TargetError::Interrupted.into()),
            Ended::TimeUp => return Err(TargetError::TimeUp.into()),
            Ended::GaveUp(why) => return Err(TargetError::GaveUp { why }.into()),
            Ended::Finished(Verdict::Incomplete) => {
                let failed = info.units.get("failed").copied().unwrap_or_default();
                return Err(TargetError::Incomplete { failed }.into());
            }
            Ended::Finished(Verdict::Complete | Verdict::CompleteWithDrift) => {}
        }
        Ok(Snapshot::open(&self.file)?)
    }

    /// How large its conversations may be: what only Chat says of a service, where it still answers.
    pub(super) async fn limits(&self, stop: &CancellationToken) -> Result<Option<Limits>, CommandError> {
        let client = connect::client(self.connection, &Events::none(), stop)?;
        let service = match ChatSource::new(client).service(&self.service).await {
            Ok(service) => service.record,
            Err(error) => {
                tracing::debug!(%error, "the target's limits are not known");
                return Ok(None);
            }
        };
        Ok(service.limits.as_ref().and_then(|limits| Limits::of_json(&limits.0)))
    }

    fn explain(&self, error: CommandError) -> CommandError {
        match error.error.downcast_ref() {
            Some(CrawlError::NoSuchService { .. }) => self.no_such_service().into(),
            _ => error,
        }
    }

    fn no_such_service(&self) -> TargetError {
        TargetError::NoSuchService { service: self.service.clone(), account: self.account.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_kept_beside_the_plan() {
        assert_eq!(file_of(Path::new("there/plan.db")), Path::new("there/plan.target.db"));
        assert_eq!(file_of(Path::new("move.plan")), Path::new("move.plan.target.db"));
    }
}
