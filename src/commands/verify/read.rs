//! Reads the target: all of it, or in a copy or a sample what the source has a counterpart of.

use std::sync::Arc;

use crate::clock;
use crate::crawl::single_reads::ReadViews;
use crate::crawl::{self, CrawlError, ReadingPurpose, TargetError};
use crate::diff::{Difference, Mark};
use crate::model::{Api, ChannelSid, Entity, Share};
use crate::plan::align::{self, Name};
use crate::plan::{Move, PlanError, PlanRecords};
use crate::report::text::verify::NO_VIEW;
use crate::snapshot::{Focus, Info, SnapshotError, SnapshotWriter};
use crate::source::{Source, largest_page};

use super::super::read_target::{Selection, TargetReading, WITH_MESSAGES};
use super::super::{CommandError, connect};
use super::views::{self, OfMuted, OfSample};
use super::{VerifyRun, service_of};

pub(super) struct TargetRead {
    /// What its snapshot says of itself.
    pub(super) info: Info,
    /// Memberships of a sample that are not there or could not be read. What is there is in the snapshot.
    pub(super) lacking: Vec<Difference>,
}

impl VerifyRun<'_> {
    pub(super) async fn read(&self) -> Result<TargetRead, CommandError> {
        let input = self.input;
        let include: Vec<Entity> = WITH_MESSAGES
            .into_iter()
            .filter(|entity| match entity {
                Entity::Membership => input.share.is_none(),
                Entity::Message => input.messages,
                _ => true,
            })
            .collect();
        let source = service_of(&input.snapshot, &input.source)?;
        let records = PlanRecords::of(&input.mapping).map_err(PlanError::from)?;
        let select = |name: &mut dyn FnMut(Focus<'_>) -> Result<(), SnapshotError>| {
            let has = |channel: &ChannelSid| input.share.is_none_or(|share| share.has(channel));
            if input.kind == Move::InPlace {
                return source.channels(|channel, _| {
                    if has(channel) { Ok(name(Focus::Channel(&channel.to_string()))?) } else { Ok(()) }
                });
            }
            Ok(align::names(&source, &records, &mut |one| match one {
                // A sample's memberships are read by themselves.
                Name::Identity(identity) if input.share.is_none() => name(Focus::Identity(identity)),
                Name::Conversation(unique_name, channel) if has(channel) => name(Focus::Channel(unique_name)),
                _ => Ok(()),
            })?)
        };
        let is_part = input.kind == Move::Copy || input.share.is_some();
        let selection = is_part.then_some(&select as &dyn Selection);
        let reading = TargetReading {
            connection: &input.target_connection,
            service: &input.target,
            file: &input.scratch,
            include: &include,
            resume_within: None,
            purpose: ReadingPurpose::Verify,
        };
        let info = reading.read(selection, self.events, self.stop).await?;
        let lacking = match input.share {
            Some(share) => self.read_sample(share).await?,
            None => Vec::new(),
        };
        Ok(TargetRead { info, lacking })
    }

    /// Reads the memberships of a sample into the snapshot, and gives those that are not there.
    async fn read_sample(&self, share: Share) -> Result<Vec<Difference>, CommandError> {
        let input = self.input;
        let naming = OfSample {
            source: (input.file.clone(), input.source.clone()),
            target: (input.scratch.clone(), input.target.clone()),
            mapping: Arc::clone(&input.mapping),
            kind: input.kind,
            share,
        };
        let client = connect::client(&input.target_connection, self.events, self.stop)?;
        let target = Source::new(Api::Conversations, client);
        let mut writer = SnapshotWriter::open_for_views(&input.scratch, largest_page(Api::Conversations))?;
        let (sender, receiver) = views::channel();
        let named = clock::spawn_blocking(move || naming.name(&sender));
        let mut lacking = Vec::new();
        let concurrency = input.target_connection.concurrency;
        let taken = |read: ReadViews| {
            writer.store_views(&input.target, &read.user, &read.memberships)?;
            lacking.extend(unread(&read, NO_VIEW));
            Ok::<_, CommandError>(())
        };
        let all =
            crawl::single_reads::run(&target, &input.target, receiver, concurrency, self.stop, taken).await?;
        if !all {
            return Err(TargetError::Interrupted { purpose: ReadingPurpose::Verify }.into());
        }
        clock::end_of(named).await.map_err(CrawlError::Stopped)??;
        writer.close_if_free()?;
        Ok(lacking)
    }

    /// Looks whether the source's memberships are muted that the plan mutes, and hands on what was read of each user.
    pub(super) async fn read_muted(
        &self,
        take: impl FnMut(ReadViews) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let input = self.input;
        let Some(plan) = input.plan.clone().filter(|_| input.mutes) else { return Ok(()) };
        let naming = OfMuted { plan, source: (input.file.clone(), input.source.clone()), share: input.share };
        let client = connect::client(&input.source_connection, self.events, self.stop)?;
        let source = Source::new(Api::Chat, client);
        let (sender, receiver) = views::channel();
        let named = clock::spawn_blocking(move || naming.name(&sender));
        let concurrency = input.source_connection.concurrency;
        if !crawl::single_reads::run(&source, &input.source, receiver, concurrency, self.stop, take).await? {
            return Err(TargetError::Interrupted { purpose: ReadingPurpose::Verify }.into());
        }
        Ok(clock::end_of(named).await.map_err(CrawlError::Stopped)??)
    }
}

/// What is said of memberships that are not there or could not be read.
pub(super) fn unread<'r>(read: &'r ReadViews, absent: &'static str) -> impl Iterator<Item = Difference> + 'r {
    let of = move |mark, channel: &ChannelSid, why: &str| Difference {
        mark,
        reason: Some(why.to_owned()),
        ..plain(format!("{}/{channel}", read.user))
    };
    let gone = read.absent.iter().map(move |channel| of(Mark::Missing, channel, absent));
    gone.chain(read.unread.iter().map(move |(channel, why)| of(Mark::Unreadable, channel, why)))
}

/// A membership of which nothing is said yet.
pub(super) fn plain(sid: String) -> Difference {
    Difference {
        mark: Mark::Same,
        entity: Entity::Membership,
        sid,
        name: None,
        changes: Vec::new(),
        record: None,
        reason: None,
        conversation: None,
    }
}
