//! Memberships that are read in addition to the target's lists: of a sample, and of the source where a plan mutes it.
//!
//! **Invariant:** memory is bounded. Memberships are named conversation by conversation, gathered by user in windows, and a
//! window is read before the next one is filled.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::crawl::single_reads::{WAITING, WantedViews};
use crate::mapping::Mapping;
use crate::model::{ChannelSid, Entity, ServiceSid, Share, UserSid};
use crate::plan::align::{self, Actual, AlignOptions, Pair, PlanRecords};
use crate::plan::{Entry, Move, OperationKind, OperationState, PlanError, PlanFile, WantedOperations};
use crate::snapshot::{Snapshot, SnapshotError};

/// Memberships that are gathered by user at a time: some megabytes.
const WINDOW: usize = 65_536;

/// The memberships could not be named.
#[derive(Debug, thiserror::Error)]
pub(super) enum NamingError {
    /// The snapshot, or what was read of the target.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No one reads them any more: the reading says why.
    #[error("the reading has ended")]
    Ended,
}

/// Gathers memberships by user.
struct MembershipWindow<'w> {
    users: BTreeMap<UserSid, Vec<ChannelSid>>,
    held: usize,
    wanted: &'w mpsc::Sender<WantedViews>,
}

impl<'w> MembershipWindow<'w> {
    fn new(wanted: &'w mpsc::Sender<WantedViews>) -> Self {
        Self { users: BTreeMap::new(), held: 0, wanted }
    }

    fn add(
        &mut self,
        user: UserSid,
        channel: ChannelSid,
        joined: impl Fn(&UserSid) -> Result<u64, SnapshotError>,
    ) -> Result<(), NamingError> {
        self.users.entry(user).or_default().push(channel);
        self.held += 1;
        if self.held >= WINDOW { self.hand_on(joined) } else { Ok(()) }
    }

    fn hand_on(
        &mut self,
        joined: impl Fn(&UserSid) -> Result<u64, SnapshotError>,
    ) -> Result<(), NamingError> {
        self.held = 0;
        for (user, channels) in std::mem::take(&mut self.users) {
            let joined = joined(&user)?;
            let wanted = WantedViews { user, channels, joined };
            self.wanted.blocking_send(wanted).map_err(|_closed| NamingError::Ended)?;
        }
        Ok(())
    }
}

/// A channel for memberships to be read.
pub(super) fn channel() -> (mpsc::Sender<WantedViews>, mpsc::Receiver<WantedViews>) {
    mpsc::channel(WAITING)
}

/// Names the target's memberships of a sample: of everyone who is on a conversation of it, in source and target.
#[derive(Debug)]
pub(super) struct OfSample {
    pub(super) source: (PathBuf, ServiceSid),
    pub(super) target: (PathBuf, ServiceSid),
    pub(super) mapping: Arc<Mapping>,
    pub(super) kind: Move,
    pub(super) share: Share,
}

impl OfSample {
    /// Blocks while no one takes what it names.
    pub(super) fn name(&self, wanted: &mpsc::Sender<WantedViews>) -> Result<(), NamingError> {
        let (source, target) = (Snapshot::open(&self.source.0)?, Snapshot::open(&self.target.0)?);
        let (Some(source), Some(target)) = (source.service(&self.source.1)?, target.service(&self.target.1)?)
        else {
            return Ok(());
        };
        let pair = Pair { source, target };
        let records = PlanRecords::of(&self.mapping).map_err(PlanError::from)?;
        let options = AlignOptions {
            kind: self.kind,
            exact_above: u64::MAX,
            share: Some(self.share),
            extras: false,
            messages: false,
            media: false,
            digests: false,
        };
        let mut window = MembershipWindow::new(wanted);
        // How long the user's list is in the target is what it is in the source, or less.
        let joined = |user: &UserSid| {
            let known = pair.target.user(user)?.and_then(|user| user.identity);
            let of_source = match (self.kind, known) {
                (Move::Copy, Some(identity)) => pair.source.user_of_identity(&identity)?.map(|user| user.sid),
                _ => Some(user.clone()),
            };
            of_source.map_or(Ok(0), |user| Ok(pair.source.channels_of_user(&user)?.joined))
        };
        align::align::<NamingError>(&pair, &records, options, &mut |item| {
            let (Entity::Member, Some(Actual::Participant { member: Some(member), .. })) =
                (item.entity, &item.actual)
            else {
                return Ok(());
            };
            let (Some(identity), Some(conversation)) = (
                &member.identity,
                item.conversation.and_then(|conversation| conversation.target_sid.as_ref()),
            ) else {
                return Ok(());
            };
            let Some(user) = pair.target.user_of_identity(identity)? else { return Ok(()) };
            window.add(user.sid, conversation.clone(), joined)
        })?;
        window.hand_on(joined)
    }
}

/// Names the source's memberships that a plan mutes.
#[derive(Debug)]
pub(super) struct OfMuted {
    pub(super) plan: PathBuf,
    pub(super) source: (PathBuf, ServiceSid),
    pub(super) share: Option<Share>,
}

impl OfMuted {
    /// Blocks while no one takes what it names.
    pub(super) fn name(&self, wanted: &mpsc::Sender<WantedViews>) -> Result<(), NamingError> {
        let plan = PlanFile::open(&self.plan)?;
        let source = Snapshot::open(&self.source.0)?;
        let Some(source) = source.service(&self.source.1)? else { return Ok(()) };
        let mut window = MembershipWindow::new(wanted);
        let joined = |user: &UserSid| Ok(source.channels_of_user(user)?.joined);
        let muted = WantedOperations {
            kinds: Some(vec![OperationKind::MuteSource]),
            states: Some(
                OperationState::ALL.into_iter().filter(|state| *state != OperationState::Blocked).collect(),
            ),
        };
        plan.operations::<NamingError>(&muted, |Entry { operation, .. }| {
            let (Some(user), Some(channel)) = (&operation.subject.user_sid, &operation.subject.channel_sid)
            else {
                return Ok(());
            };
            if self.share.is_some_and(|share| !share.has(channel)) {
                return Ok(());
            }
            window.add(user.clone(), channel.clone(), joined)
        })?;
        window.hand_on(joined)
    }
}
