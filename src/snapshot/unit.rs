//! Units of work: the lists and details that a crawl reads. `frontier` keeps them.

use crate::model::{ChannelSid, Entity, MemberSid, ServiceSid, UserSid};

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
    /// One member of a channel, by itself.
    Member(ServiceSid, ChannelSid, MemberSid),
    /// A channel's invites: of one identity, or all.
    Invites(ServiceSid, ChannelSid, Option<String>),
    /// A channel's messages.
    Messages(ServiceSid, ChannelSid),
    /// A service's push notification bindings.
    Bindings(ServiceSid),
    /// Those of one user, by its identity.
    UserBindings(ServiceSid, UserSid, String),
}

impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of: &dyn std::fmt::Display = match self {
            Self::Services => &"the account",
            Self::Service(service)
            | Self::Roles(service)
            | Self::Users(service)
            | Self::Channels(service)
            | Self::Bindings(service) => service,
            Self::User(_, user) | Self::UserChannels(_, user) | Self::UserBindings(_, user, _) => user,
            Self::Channel(_, channel)
            | Self::Members(_, channel)
            | Self::Member(_, channel, _)
            | Self::Invites(_, channel, _)
            | Self::Messages(_, channel) => channel,
        };
        write!(formatter, "{} {of}", self.kind().name())
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
            Self::Members(..) | Self::Member(..) => Entity::Member,
            Self::Invites(..) => Entity::Invite,
            Self::Messages(..) => Entity::Message,
            Self::Bindings(_) | Self::UserBindings(..) => Entity::Binding,
        }
    }

    fn kind(&self) -> UnitKind {
        match self {
            Self::Services => UnitKind::Services,
            Self::Service(_) => UnitKind::Service,
            Self::Roles(_) => UnitKind::Roles,
            Self::Users(_) => UnitKind::Users,
            Self::Channels(_) => UnitKind::Channels,
            Self::User(..) => UnitKind::User,
            Self::Channel(..) => UnitKind::Channel,
            Self::UserChannels(..) => UnitKind::UserChannels,
            Self::Members(..) => UnitKind::Members,
            Self::Member(..) => UnitKind::Member,
            Self::Invites(..) => UnitKind::Invites,
            Self::Messages(..) => UnitKind::Messages,
            Self::Bindings(_) => UnitKind::Bindings,
            Self::UserBindings(..) => UnitKind::UserBindings,
        }
    }

    /// Whether its rows bring units of their own.
    pub fn brings_work(&self) -> bool {
        self.kind().brings_work()
    }

    /// Whether it is of the service (or the account) itself, not of a user or channel.
    pub fn is_of_service(&self) -> bool {
        matches!(
            self,
            Self::Services
                | Self::Service(_)
                | Self::Roles(_)
                | Self::Users(_)
                | Self::Channels(_)
                | Self::Bindings(_)
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
    Bindings = 11,
    UserBindings = 12,
    Member = 13,
}

impl UnitKind {
    pub(super) const ALL: [Self; 14] = [
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
        Self::Bindings,
        Self::UserBindings,
        Self::Member,
    ];

    pub(super) fn from_number(number: i64) -> Option<Self> {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index)).copied()
    }

    pub(super) fn number(self) -> i64 {
        self as i64
    }

    /// The numbers of some kinds, as a list in SQL.
    pub(super) fn numbers(of: impl Fn(Self) -> bool) -> String {
        let numbers = Self::ALL.into_iter().filter(|kind| of(*kind)).map(|kind| kind.number().to_string());
        numbers.collect::<Vec<_>>().join(", ")
    }

    /// What a unit reads, before the SID it is of.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Services => "services of",
            Self::Service => "service",
            Self::Roles => "roles of",
            Self::Users => "users of",
            Self::Channels => "channels of",
            Self::User => "user",
            Self::Channel => "channel",
            Self::UserChannels => "user channels of",
            Self::Members => "members of",
            Self::Member => "member on",
            Self::Invites => "invites of",
            Self::Messages => "messages of",
            Self::Bindings | Self::UserBindings => "bindings of",
        }
    }

    /// Whether its parent is a user.
    pub(super) fn is_of_user(self) -> bool {
        matches!(self, Self::User | Self::UserChannels | Self::UserBindings)
    }

    /// Whether its parent is a channel.
    pub(super) fn is_of_channel(self) -> bool {
        matches!(self, Self::Channel | Self::Members | Self::Member | Self::Invites | Self::Messages)
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
