//! Reads the target of a plan: a crawl of a Conversations service into a snapshot file of its own.
//!
//! **Invariant:** a plan is of the target as it is now. An unfinished reading of the same is gone on with; a finished one, or
//! one of another selection, is read anew.
//!
//! **Invariant:** memory does not grow with what a copy is about: a selection is named one by one, and kept in the file.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::crawl::{self, CrawlOutcome};
use crate::event::Events;
use crate::model::{Api, Entity, ServiceSid};
use crate::settings::ConnectionSettings;
use crate::snapshot::{CrawlIdentity, Focus, SnapshotError, SnapshotWriter, Verdict};
use crate::source::{Source, largest_page};

use super::CommandError;
use super::connect;

/// Everything that Conversations has of a service.
pub const EVERYTHING: [Entity; 6] =
    [Entity::Service, Entity::Role, Entity::User, Entity::Channel, Entity::Membership, Entity::Member];

/// Names one by one what a copy is about: the conversations by SID or unique name, whose participants are read, and the users
/// by identity, whose User Conversations are read. It may be asked more than once and then names the same.
pub(crate) type Select<'a> =
    &'a dyn Fn(&mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>) -> Result<(), CommandError>;

/// What is read of a target.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// The records, [`EVERYTHING`] or fewer.
    pub include: &'a [Entity],
    /// Without a selection all of them are read; with one, all roles, users and conversations are listed, and the rest is read of
    /// what is selected.
    pub select: Option<Select<'a>>,
}

impl std::fmt::Debug for Part<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Part").field("include", &self.include).finish_non_exhaustive()
    }
}

/// Reads a target service into a snapshot file, with the credentials of this connection.
///
/// The outcome says how it ended: what is not finished is gone on with by asking for the same again.
pub async fn crawl_target(
    connection: &ConnectionSettings,
    service: &ServiceSid,
    snapshot: &Path,
    part: Part<'_>,
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
    let writer = open(snapshot, &identity, part.select)?;
    let source = Source::new(Api::Conversations, connect::client(connection, events, stop)?);
    Ok(crawl::run(source, writer, &connect::crawl_options(connection), events, stop).await?)
}

fn open(
    path: &Path,
    identity: &CrawlIdentity,
    select: Option<Select<'_>>,
) -> Result<SnapshotWriter, CommandError> {
    let page = largest_page(Api::Conversations);
    if path.exists() {
        let mut writer = SnapshotWriter::open(path, page)?;
        if let Some((found, asked)) = writer.identity().difference(identity) {
            return Err(SnapshotError::OtherCrawl { path: path.to_path_buf(), found, asked }.into());
        }
        let same = match select {
            None => !writer.is_focused(),
            Some(select) => writer.has_focus(|name| select(name))?,
        };
        if same && matches!(writer.finished()?, None | Some(Verdict::Incomplete)) {
            writer.resume()?;
            return Ok(writer);
        }
        writer.discard()?;
    }
    match select {
        None => Ok(SnapshotWriter::create(path, identity, page)?),
        Some(select) => SnapshotWriter::create_focused(path, identity, page, |name| select(name)),
    }
}

/// Requests that reading a target takes, where it holds what was selected and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetEstimate {
    /// Where the target is empty.
    pub least: u64,
    /// Where it has everything that is selected, each on its one page. What else it holds adds a request for each 50 users
    /// and each 100 conversations; lists that are longer than a page add their pages.
    pub all: u64,
}

impl TargetEstimate {
    /// For this many selected users and conversations. No request is sent for it.
    pub fn of(users: u64, conversations: u64) -> Self {
        let page = |entity| u64::from(largest_page(Api::Conversations)(entity));
        let least = Api::Conversations.requests_of_service() + 3; // one page each of roles, users and conversations
        let further = |rows: u64, entity| rows.div_ceil(page(entity)).saturating_sub(1);
        let lists = further(users, Entity::User) + further(conversations, Entity::Channel);
        Self { least, all: least + lists + users + conversations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_counts_full_pages_and_one_list_each() {
        assert_eq!(TargetEstimate::of(0, 0), TargetEstimate { least: 8, all: 8 });
        assert_eq!(TargetEstimate::of(50, 100).all, 8 + 150);
        assert_eq!(TargetEstimate::of(51, 101).all, 8 + 2 + 152);
    }

    #[test]
    fn an_unfinished_reading_is_gone_on_with_and_any_other_begun_anew() {
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
        let begun = |select: Option<Select<'_>>, now: &str| {
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
