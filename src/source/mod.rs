//! Reads one API into the model.
//!
//! A [`List`] names what is asked for, a [`ListPage`] is one answer of it in the model's terms. Conversion from the wire is
//! pure and tolerant: what cannot be understood becomes an [`Issue`](crate::model::Issue) beside the record.

use crate::model::{
    Channel, ChannelSid, Entity, Invite, Issue, Member, Membership, Message, Role, Service, ServiceSid, User,
    UserSid,
};

/// A paged list of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// Every service of the account.
    Services,
    /// The roles of a service.
    Roles(ServiceSid),
    /// The users of a service.
    Users(ServiceSid),
    /// The channels of a service, public and private.
    Channels(ServiceSid),
    /// A user's channels: the User Channels.
    UserChannels(ServiceSid, UserSid),
    /// The members of a channel.
    Members(ServiceSid, ChannelSid),
    /// The pending invites of a channel.
    Invites(ServiceSid, ChannelSid),
    /// The messages of a channel, oldest first.
    Messages(ServiceSid, ChannelSid),
}

impl List {
    /// What the list holds.
    pub fn entity(&self) -> Entity {
        match self {
            Self::Services => Entity::Service,
            Self::Roles(_) => Entity::Role,
            Self::Users(_) => Entity::User,
            Self::Channels(_) => Entity::Channel,
            Self::UserChannels(..) => Entity::Membership,
            Self::Members(..) => Entity::Member,
            Self::Invites(..) => Entity::Invite,
            Self::Messages(..) => Entity::Message,
        }
    }
}

/// The records of one page, in the API's order.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant is the records its name says")]
pub enum Records {
    Services(Vec<Service>),
    Roles(Vec<Role>),
    Users(Vec<User>),
    Channels(Vec<Channel>),
    Memberships(Vec<Membership>),
    Members(Vec<Member>),
    Invites(Vec<Invite>),
    Messages(Vec<Message>),
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// The usable rows.
    pub records: Records,
    /// How many rows the page had, unusable ones included.
    pub received: usize,
    /// What was odd about them.
    pub issues: Vec<Issue>,
    /// Path and query of the next page, verbatim from `next_page_url`; `None` on the last page.
    pub next: Option<String>,
    /// The page size that the server says it used.
    pub page_size: Option<u32>,
}
