//! Units of work: the lists and details that a crawl reads. `frontier` keeps them.

use crate::model::{ChannelSid, Entity, ServiceSid, UserSid};

/// The number of a unit in its snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub(super) i64);

/// What a unit reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The list of the account's services.
    Services,
    /// A service's own record.
    Service(ServiceSid),
    Roles(ServiceSid),
    Users(ServiceSid),
    Channels(ServiceSid),
    /// A user's own record, rechecked.
    User(ServiceSid, UserSid),
    /// A channel's own record, rechecked.
    Channel(ServiceSid, ChannelSid),
    UserChannels(ServiceSid, UserSid),
    /// A channel's members.
    Members(ServiceSid, ChannelSid),
    /// A channel's invites.
    Invites(ServiceSid, ChannelSid),
    /// A channel's messages.
    Messages(ServiceSid, ChannelSid),
}

impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Services => formatter.write_str("services of the account"),
            Self::Service(service) => write!(formatter, "service {service}"),
            Self::Roles(service) => write!(formatter, "roles of {service}"),
            Self::Users(service) => write!(formatter, "users of {service}"),
            Self::Channels(service) => write!(formatter, "channels of {service}"),
            Self::User(_, user) => write!(formatter, "user {user}"),
            Self::Channel(_, channel) => write!(formatter, "channel {channel}"),
            Self::UserChannels(_, user) => write!(formatter, "user channels of {user}"),
            Self::Members(_, channel) => write!(formatter, "members of {channel}"),
            Self::Invites(_, channel) => write!(formatter, "invites of {channel}"),
            Self::Messages(_, channel) => write!(formatter, "messages of {channel}"),
        }
    }
}

impl Target {
    /// What it holds.
    pub fn entity(&self) -> Entity {
        match self {
            Self::Services | Self::Service(_) => Entity::Service,
            Self::Roles(_) => Entity::Role,
            Self::Users(_) | Self::User(..) => Entity::User,
            Self::Channels(_) | Self::Channel(..) => Entity::Channel,
            Self::UserChannels(..) => Entity::Membership,
            Self::Members(..) => Entity::Member,
            Self::Invites(..) => Entity::Invite,
            Self::Messages(..) => Entity::Message,
        }
    }

    /// Whether its rows bring units of their own.
    pub fn brings_work(&self) -> bool {
        matches!(self, Self::Services | Self::Users(_) | Self::Channels(_))
    }

    /// Whether it is of the service (or the account) itself, not of a user or channel.
    pub fn is_of_service(&self) -> bool {
        matches!(
            self,
            Self::Services | Self::Service(_) | Self::Roles(_) | Self::Users(_) | Self::Channels(_)
        )
    }
}

/// The numbers of the column `unit.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnitKind {
    Services = 0,
    Service = 1,
    Roles = 2,
    Users = 3,
    Channels = 4,
    User = 5,
    Channel = 6,
    UserChannels = 7,
    Members = 8,
    Invites = 9,
    Messages = 10,
}

impl UnitKind {
    const ALL: [Self; 11] = [
        Self::Services,
        Self::Service,
        Self::Roles,
        Self::Users,
        Self::Channels,
        Self::User,
        Self::Channel,
        Self::UserChannels,
        Self::Members,
        Self::Invites,
        Self::Messages,
    ];

    pub(super) fn from_number(number: i64) -> Option<Self> {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index)).copied()
    }

    pub(super) fn number(self) -> i64 {
        self as i64
    }

    /// What a unit of this number reads, before the SID it is of.
    pub(super) fn name(number: i64) -> &'static str {
        match Self::from_number(number) {
            Some(Self::Services) => "services of",
            Some(Self::Service) => "service",
            Some(Self::Roles) => "roles of",
            Some(Self::Users) => "users of",
            Some(Self::Channels) => "channels of",
            Some(Self::User) => "user",
            Some(Self::Channel) => "channel",
            Some(Self::UserChannels) => "user channels of",
            Some(Self::Members) => "members of",
            Some(Self::Invites) => "invites of",
            Some(Self::Messages) => "messages of",
            None => "unit of",
        }
    }

    /// Whether its rows bring units of their own.
    pub(super) fn brings_work(self) -> bool {
        matches!(self, Self::Services | Self::Users | Self::Channels)
    }
}

/// The numbers of the column `unit.state`.
pub(super) mod state {
    pub(in crate::snapshot) const PENDING: i64 = 0;
    pub(in crate::snapshot) const COMPLETE: i64 = 1;
    pub(in crate::snapshot) const FAILED: i64 = 2;
    pub(in crate::snapshot) const VANISHED: i64 = 3;
}

/// `expected_pages` of what must be read first: lists that bring more work, and details of a service.
pub(super) const FIRST: i64 = 1_000_000_000;

/// A unit to work on.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its number.
    pub id: UnitId,
    /// What it reads.
    pub target: Target,
    /// Path and query of the page to read next; `None` for the first.
    pub cursor: Option<String>,
    /// How often it was restarted. A page belongs to one pass.
    pub pass: u32,
    /// How many pages it takes, by the counts of its user or channel; none where nothing is counted.
    pub expected_pages: Option<u64>,
    /// The parent's number in the snapshot: of a user or channel.
    pub(super) parent: i64,
    /// The service's number in the snapshot.
    pub(super) service: i64,
}

/// What earlier runs of a crawl have read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoFar {
    /// Users known.
    pub users: u64,
    /// Whether the lists of users are complete.
    pub users_listed: bool,
    /// Users whose channels are all read.
    pub users_done: u64,
    /// Rows of every kind, as received.
    pub rows: u64,
}

/// How much work a crawl is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Estimate {
    /// Requests in all, those done included.
    pub requests: u64,
    /// Requests done: pages committed, in earlier runs too.
    pub done: u64,
    /// Lists that bring more work and are not complete: while there are any, `requests` is a lower bound.
    pub(super) open_lists: u64,
}

impl Estimate {
    /// Whether every list that brings more work is complete, so that the number of requests is known.
    pub fn is_exact(&self) -> bool {
        self.open_lists == 0
    }
}
