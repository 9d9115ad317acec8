//! Memberships of some channels only: a user's are read one by one where that takes fewer requests than the user's list.
//!
//! A list is read page after page, 50 memberships each, and has all of a user's channels; a single fetch has one. Of a user on
//! 300 channels of whom two are wanted, two fetches are cheaper than six pages; of a user on 20, one page is.
//!
//! **Invariant:** users are taken from a bounded channel, and no more are read at a time than requests may be in flight.

use std::collections::HashSet;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::error::CrawlError;
use crate::model::{ChannelSid, Entity, IssueKind, Membership, Records, ServiceSid, UserSid};
use crate::source::{List, Source, SourceError, largest_page, uncounted_size};

/// Users that wait to be read, at most: enough that none of the requests in flight waits for the next one.
pub(crate) const WAITING: usize = 64;

/// A user, and of which channels the memberships are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedViews {
    pub user: UserSid,
    pub channels: Vec<ChannelSid>,
    /// How many channels the user is on, as far as known.
    pub joined: u64,
}

impl WantedViews {
    fn pages(&self, largest_page: u32) -> u64 {
        self.joined.div_ceil(u64::from(largest_page.max(1))).max(1)
    }
}

/// What was read of one user.
#[derive(Debug)]
pub(crate) struct ReadViews {
    pub user: UserSid,
    pub memberships: Vec<Membership>,
    /// Channels that the user is not on.
    pub absent: Vec<ChannelSid>,
    /// Channels of which the membership could not be read, and why.
    pub unread: Vec<(ChannelSid, String)>,
}

/// Reads the memberships that are wanted, and hands them on as they come. Gives false where the run was stopped before the end.
///
/// # Errors
/// Refused credentials, and what `take` says, end it; anything else costs the memberships concerned.
pub(crate) async fn run<E: From<CrawlError>>(
    source: &Source,
    service: &ServiceSid,
    mut wanted: mpsc::Receiver<WantedViews>,
    concurrency: usize,
    stop: &CancellationToken,
    mut take: impl FnMut(ReadViews) -> Result<(), E>,
) -> Result<bool, E> {
    let mut tasks: JoinSet<Result<ReadViews, SourceError>> = JoinSet::new();
    let mut more = true;
    loop {
        tokio::select! {
            biased;
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => {
                let read = ended.map_err(CrawlError::Stopped)?;
                match read {
                    Ok(read) if stop.is_cancelled() && !read.unread.is_empty() => return Ok(false),
                    Ok(read) => take(read)?,
                    Err(error) => return Err(CrawlError::Unauthorized(Box::new(error)).into()),
                }
            }
            next = wanted.recv(), if more && tasks.len() < concurrency.max(1) => match next {
                _ if stop.is_cancelled() => return Ok(false),
                Some(next) => {
                    let (source, service) = (source.clone(), service.clone());
                    tasks.spawn(async move { read_user(&source, &service, next).await });
                }
                None => more = false,
            },
            else => return Ok(!stop.is_cancelled()),
        }
    }
}

/// Reads what is wanted of one user. Only refused credentials are an error.
async fn read_user(
    source: &Source,
    service: &ServiceSid,
    wanted: WantedViews,
) -> Result<ReadViews, SourceError> {
    let page = largest_page(source.api())(Entity::Membership);
    if (wanted.channels.len() as u64) < wanted.pages(page) {
        one_by_one(source, service, wanted).await
    } else {
        by_list(source, service, wanted).await
    }
}

async fn one_by_one(
    source: &Source,
    service: &ServiceSid,
    wanted: WantedViews,
) -> Result<ReadViews, SourceError> {
    let mut read =
        ReadViews { user: wanted.user, memberships: Vec::new(), absent: Vec::new(), unread: Vec::new() };
    for channel in wanted.channels {
        let mut fetched = source.membership(service, &read.user, &channel).await;
        // Twilio has answered 404 for what is there, so one is not believed.
        if fetched.as_ref().is_err_and(is_not_found) {
            fetched = source.membership(service, &read.user, &channel).await;
        }
        match fetched {
            Ok(fetched) => read.memberships.push(fetched.record),
            Err(error) if is_refusal(&error) => return Err(error),
            Err(error) if is_not_found(&error) => read.absent.push(channel),
            Err(error) => read.unread.push((channel, error.to_string())),
        }
    }
    Ok(read)
}

async fn by_list(
    source: &Source,
    service: &ServiceSid,
    wanted: WantedViews,
) -> Result<ReadViews, SourceError> {
    let list = List::UserChannels(service.clone(), wanted.user.clone());
    let mut missing: HashSet<ChannelSid> = wanted.channels.into_iter().collect();
    let mut memberships = Vec::new();
    let mut failed = None;
    let page = largest_page(source.api())(list.entity());
    let mut guard = source.client().list_guard(list.entity().plural(), uncounted_size(&list), page);
    let mut cursor: Option<String> = None;
    loop {
        let page = match source.page(&list, cursor.as_deref(), None).await {
            Ok(page) => page,
            Err(error) if is_refusal(&error) => return Err(error),
            Err(error) => {
                failed = Some(error.to_string());
                break;
            }
        };
        if page.issues.iter().any(|issue| issue.kind == IssueKind::Unusable) {
            failed = Some("a row that came without its SID may be this one".to_owned());
        }
        let rows = page.row_hashes();
        if let Records::Memberships(rows) = page.records {
            memberships.extend(rows.into_iter().filter(|row| missing.remove(&row.channel_sid)));
        }
        let Some(next) = page.next else { break };
        if let Err(endless) = guard.page(rows, Some(&next)) {
            failed = Some(endless.to_string());
            break;
        }
        cursor = Some(next);
    }
    let mut missing: Vec<ChannelSid> = missing.into_iter().collect();
    missing.sort();
    let (absent, unread) = match failed {
        None => (missing, Vec::new()),
        Some(why) => (Vec::new(), missing.into_iter().map(|channel| (channel, why.clone())).collect()),
    };
    Ok(ReadViews { user: wanted.user, memberships, absent, unread })
}

fn is_not_found(error: &SourceError) -> bool {
    error.request().is_some_and(crate::twilio::RequestError::is_not_found)
}

fn is_refusal(error: &SourceError) -> bool {
    error.request().is_some_and(crate::twilio::RequestError::is_unauthorized)
}
