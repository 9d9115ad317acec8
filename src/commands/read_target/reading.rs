//! One reading of a target: whether an earlier one is resumed, and what it means that it ended.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::super::{CommandError, connect};
use super::{Selection, TargetPart, crawl_target};
use crate::crawl::{CrawlEnd, CrawlError, CrawlOutcome, ReadingPurpose, TargetError};
use crate::event::Events;
use crate::model::{AccountSid, Api, Entity, ServiceSid};
use crate::plan::ConversationLimits;
use crate::settings::ConnectionSettings;
use crate::snapshot::{Info, Snapshot, SnapshotError, Verdict, clear};
use crate::source::Source;
use crate::storage::StorageError;

#[derive(Debug)]
pub(in crate::commands) struct TargetReading<'a> {
    pub(in crate::commands) connection: &'a ConnectionSettings,
    pub(in crate::commands) service: &'a ServiceSid,
    /// Where what is read is kept.
    pub(in crate::commands) file: &'a Path,
    pub(in crate::commands) include: &'a [Entity],
    /// An unfinished crawl that was started longer ago is not resumed; none for any age.
    pub(in crate::commands) resume_within: Option<Duration>,
    pub(in crate::commands) purpose: ReadingPurpose,
}

/// Where what is read of a plan's target is kept: `plan.target.db` for `plan.db`.
pub(in crate::commands) fn file_of(plan: &Path) -> PathBuf {
    if plan.extension().is_some_and(|ending| ending == "db") {
        return plan.with_extension("target.db");
    }
    let mut name = plan.as_os_str().to_owned();
    name.push(".target.db");
    PathBuf::from(name)
}

impl TargetReading<'_> {
    /// Whether an unfinished crawl of the same is there to be resumed.
    pub(in crate::commands) fn is_begun(&self) -> Result<bool, CommandError> {
        let info = match Snapshot::open(self.file).and_then(|snapshot| snapshot.info()) {
            Ok(info) => info,
            Err(SnapshotError::Storage(
                StorageError::Missing { .. }
                | StorageError::OtherFormat { .. }
                | StorageError::Damaged { .. },
            )) => {
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        let same = info.account_sid == self.account()?
            && info.source == Api::Conversations
            && info.selected_users.is_none()
            && info.include == self.include
            && (info.services.is_empty() || info.services == [self.service.clone()]);
        let fresh = self.resume_within.is_none_or(|longest| {
            let begun: Option<jiff::Timestamp> = info.started.parse().ok();
            let age = begun.map(|begun| crate::clock::now().duration_since(begun));
            age.and_then(|age| Duration::try_from(age).ok()).is_some_and(|age| age <= longest)
        });
        Ok(same && fresh && (info.finished.is_none() || info.verdict == Verdict::Incomplete))
    }

    /// Reads it to its end. Lists that failed are in the snapshot's own verdict.
    pub(in crate::commands) async fn read(
        &self,
        selection: Option<&dyn Selection>,
        events: &Events,
        stop: &CancellationToken,
    ) -> Result<Info, CommandError> {
        if !self.is_begun()? && self.file.exists() {
            clear(self.file)?;
        }
        let purpose = self.purpose;
        let part = TargetPart { include: self.include, selection };
        let crawled = crawl_target(self.connection, self.service, self.file, part, events, stop).await;
        let CrawlOutcome { ended, info } = match crawled {
            Ok(outcome) => outcome,
            Err(error) => return Err(self.explain(error)?),
        };
        match ended {
            CrawlEnd::Interrupted => Err(TargetError::Interrupted { purpose }.into()),
            CrawlEnd::TimeUp => Err(TargetError::TimeUp { purpose }.into()),
            CrawlEnd::GaveUp(why) => Err(TargetError::GaveUp { why, purpose }.into()),
            CrawlEnd::Finished(_) => Ok(info),
        }
    }

    /// Reads it to its end, and takes nothing less than all of it.
    pub(in crate::commands) async fn read_all(
        &self,
        selection: Option<&dyn Selection>,
        events: &Events,
        stop: &CancellationToken,
    ) -> Result<Snapshot, CommandError> {
        let info = self.read(selection, events, stop).await?;
        if info.verdict == Verdict::Incomplete {
            let failed = info.units.get("failed").copied().unwrap_or_default();
            return Err(TargetError::Incomplete { failed, purpose: self.purpose }.into());
        }
        Ok(Snapshot::open(self.file)?)
    }

    /// How large its conversations may be: what only Chat says of a service, where it still answers.
    pub(in crate::commands) async fn limits(
        &self,
        stop: &CancellationToken,
    ) -> Result<Option<ConversationLimits>, CommandError> {
        let client = connect::client(self.connection, &Events::none(), stop)?;
        let service = match Source::new(Api::Chat, client).service(self.service).await {
            Ok(service) => service.record,
            Err(error) => {
                tracing::debug!(%error, "the target's limits are not known");
                return Ok(None);
            }
        };
        Ok(service.limits.as_ref().and_then(|limits| ConversationLimits::of_json(&limits.0)))
    }

    fn account(&self) -> Result<AccountSid, CommandError> {
        Ok(self.connection.read_credentials()?.account_sid)
    }

    fn explain(&self, error: CommandError) -> Result<CommandError, CommandError> {
        Ok(match error.error.downcast_ref() {
            Some(CrawlError::NoSuchService { .. }) => {
                TargetError::NoSuchService { service: self.service.clone(), account: self.account()? }.into()
            }
            _ => error,
        })
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
