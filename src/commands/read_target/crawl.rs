//! Crawls a target into its file, or resumes the crawl.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::super::{CommandError, connect};
#[cfg(test)]
use super::EVERYTHING;
use super::{Selection, TargetPart};
use crate::crawl::{self, CrawlOutcome};
use crate::event::Events;
use crate::model::{Api, ServiceSid};
use crate::settings::ConnectionSettings;
#[cfg(test)]
use crate::snapshot::Focus;
use crate::snapshot::{CrawlIdentity, SnapshotError, SnapshotWriter, Verdict};
use crate::source::{Source, largest_page};

/// Reads a target service into a snapshot file, with the credentials of this connection.
///
/// The outcome says how it ended. Asking for the same again resumes what is not finished.
pub async fn crawl_target(
    connection: &ConnectionSettings,
    service: &ServiceSid,
    snapshot: &Path,
    part: TargetPart<'_>,
    events: &Events,
    stop: &CancellationToken,
) -> Result<CrawlOutcome, CommandError> {
    let identity = CrawlIdentity {
        account_sid: connection.read_credentials()?.account_sid,
        services: vec![service.clone()],
        source: Api::Conversations,
        include: part.include.to_vec(),
        users: None,
        started: crate::clock::now().to_string(),
    };
    let writer = open(snapshot, &identity, part.selection)?;
    let source = Source::new(Api::Conversations, connect::client(connection, events, stop)?);
    Ok(crawl::run(source, writer, &connect::crawl_options(connection), events, stop).await?)
}

fn open(
    path: &Path,
    identity: &CrawlIdentity,
    selection: Option<&dyn Selection>,
) -> Result<SnapshotWriter, CommandError> {
    let page = largest_page(Api::Conversations);
    if path.exists() {
        let mut writer = SnapshotWriter::open(path, page)?;
        if let Some((found, asked)) = writer.identity().difference(identity) {
            return Err(SnapshotError::OtherCrawl { path: path.to_path_buf(), found, asked }.into());
        }
        let same = match selection {
            None => !writer.is_focused(),
            Some(selection) => writer.has_focus(|take| selection.each(take))?,
        };
        if same && matches!(writer.finished()?, None | Some(Verdict::Incomplete)) {
            writer.resume()?;
            return Ok(writer);
        }
        writer.discard()?;
    }
    match selection {
        None => Ok(SnapshotWriter::create(path, identity, page)?),
        Some(selection) => SnapshotWriter::create_focused(path, identity, page, |take| selection.each(take)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_crawl_with_the_same_selection_is_resumed_and_any_other_restarted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("target.db");
        let service = ServiceSid::from_digits(1);
        let identity = |service: &ServiceSid, started: &str| CrawlIdentity {
            account_sid: crate::model::AccountSid::from_digits(1),
            services: vec![service.clone()],
            source: Api::Conversations,
            include: EVERYTHING.to_vec(),
            users: None,
            started: started.to_owned(),
        };
        let one =
            |name: &mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>| Ok(name(Focus::Identity("a"))?);
        let two =
            |name: &mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>| Ok(name(Focus::Channel("a"))?);
        let begun = |select: Option<&dyn Selection>, now: &str| {
            open(&path, &identity(&service, now), select).unwrap().identity().started.clone()
        };
        assert_eq!(begun(Some(&one), "1"), "1");
        assert_eq!(begun(Some(&one), "2"), "1", "the same selection");
        assert_eq!(begun(Some(&two), "3"), "3");
        assert_eq!(begun(None, "4"), "4");
        assert_eq!(begun(None, "5"), "4");
        open(&path, &identity(&service, "6"), None).unwrap().finish("now").unwrap();
        assert_eq!(begun(None, "7"), "4", "incomplete: units still wait");
        let other = identity(&ServiceSid::from_digits(2), "8");
        assert!(open(&path, &other, None).unwrap_err().error.to_string().contains("target.db"));
    }
}
