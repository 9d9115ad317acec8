//! The changes since the start: by writes and by drift.
//!
//! Ids of generated things are their ranks (memberships: their edges); what is created is numbered on from there.
//! Whatever was created or written to has its complete record here, which takes precedence over the seed.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::order::CreatedEntry;
use super::record::{ChannelRecord, MessageRecord, RoleRecord, UserRecord, moment};
use super::stored_memberships::StoredMemberships;
use crate::simulator::WriteClock;

/// When simulated writes begin (2026-01-15), in Unix seconds; each is a second after the one before.
const WRITES_BEGIN: u32 = 1_768_435_200;

/// The differences from what the seed says.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Memberships that are not there (any more, or yet).
    pub(crate) absent: HashSet<u32>,
    /// Users whose memberships have changed already (the fault `changing`).
    pub(crate) changed: HashSet<u32>,
    pub(crate) writes: u32,
    clock: Option<RunningClock>,
    pub(crate) users: HashMap<u32, UserRecord>,
    pub(crate) channels: HashMap<u32, ChannelRecord>,
    pub(crate) roles: HashMap<u32, RoleRecord>,
    pub(crate) memberships: StoredMemberships,
    pub(crate) deleted_users: HashSet<u32>,
    pub(crate) deleted_channels: HashSet<u32>,
    pub(crate) deleted_roles: HashSet<u32>,
    /// Created ones in the order of their SIDs.
    pub(crate) created_users: Vec<CreatedEntry>,
    pub(crate) created_channels: Vec<CreatedEntry>,
    pub(crate) created_roles: Vec<CreatedEntry>,
    /// Created memberships of a user by channel SIDs, and of a channel by member SIDs.
    pub(crate) of_user: HashMap<u32, Vec<CreatedEntry>>,
    pub(crate) of_channel: HashMap<u32, Vec<CreatedEntry>>,
    /// Created messages of a channel, which come after the generated ones.
    pub(crate) messages: HashMap<u32, CreatedMessages>,
    /// How often each thing was created, by its natural key, if that is kept.
    pub(crate) created: Option<BTreeMap<(CreatedKind, String), u32>>,
    /// If they were written to.
    pub(crate) defaults: Option<ServiceDefaults>,
    /// How many of each were ever created: the next one's number.
    pub(crate) counts: CreatedCounts,
    /// Identity → the created user that has it.
    pub(crate) identities: HashMap<String, u32>,
    /// Unique name → the created or renamed channel that has it.
    pub(crate) unique_names: HashMap<String, u32>,
}

/// The messages that were created in a channel.
#[derive(Debug, Default)]
pub(crate) struct CreatedMessages {
    /// By index.
    pub(crate) records: Vec<MessageRecord>,
    /// The digits of a SID → the place in `records`.
    pub(crate) places: HashMap<u128, u32>,
    /// The answer to the last one was lost, and no one has listed the messages since.
    pub(crate) last_is_unseen: bool,
}

/// The machine's time, counted from a moment.
#[derive(Debug, Clone, Copy)]
struct RunningClock {
    started: Timestamp,
    at: Instant,
}

/// What a service gives who is created without a role, and whether it shows who is online.
#[derive(Debug, Clone)]
pub(crate) struct ServiceDefaults {
    pub(crate) service_role_sid: String,
    pub(crate) channel_role_sid: String,
    pub(crate) creator_role_sid: String,
    pub(crate) reachability_enabled: Option<bool>,
    pub(crate) webhooks: ServiceWebhooks,
}

/// What `/v1/Configuration` of Conversations says.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccountDefaults {
    pub(crate) chat_service_sid: String,
    pub(crate) messaging_service_sid: Option<String>,
    /// ISO 8601 durations.
    pub(crate) inactive_timer: Option<String>,
    pub(crate) closed_timer: Option<String>,
    /// As it was read from a snapshot, until it is written.
    pub(crate) sent: Option<Box<str>>,
}

/// What a service calls, in the words of Conversations.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServiceWebhooks {
    pub(crate) pre_url: Option<String>,
    pub(crate) post_url: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) filters: Option<Vec<String>>,
}

/// A kind of thing that can be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CreatedKind {
    Role,
    User,
    Conversation,
    Participant,
    Message,
}

impl CreatedKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Conversation => "conversation",
            Self::Participant => "participant",
            Self::Message => "message",
        }
    }
}

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct CreatedCounts {
    pub(crate) users: u32,
    pub(crate) channels: u32,
    pub(crate) roles: u32,
    pub(crate) memberships: u32,
    pub(crate) messages: u32,
}

impl Changes {
    /// `edges` are those of the service at first.
    pub(crate) fn new(clock: WriteClock, edges: u32, absent: HashSet<u32>) -> Self {
        let clock = match clock {
            WriteClock::Steps => None,
            WriteClock::Started(started) => Some(RunningClock { started, at: Instant::now() }),
        };
        let memberships = StoredMemberships::of_created(edges);
        Self { absent, clock, memberships, ..Self::default() }
    }

    /// A write happens now: its moment, to the second.
    pub(crate) fn tick(&mut self) -> Timestamp {
        self.writes += 1;
        let stepped = moment(WRITES_BEGIN + self.writes);
        let Some(RunningClock { started, at }) = self.clock else { return stepped };
        let elapsed = SignedDuration::try_from(at.elapsed()).unwrap_or_default();
        let now = started.checked_add(elapsed).unwrap_or(started);
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}
