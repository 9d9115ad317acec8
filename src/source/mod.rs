//! Reads one API into the model.
//!
//! A [`List`] names what is asked for, a [`ListPage`] is one answer of it in the model's terms. Conversion from the wire is
//! pure and tolerant: what cannot be understood becomes an [`Issue`] beside the record.
//!
//! **Invariant:** a [`ListPage`] without `next` is the end of its list because the API said so, never because a page was empty
//! or short.

pub(crate) mod chat;
pub(crate) mod conversations;
mod media;
mod notes;
mod read;

use std::sync::Arc;

use crate::error::{Advise, Failure};
use crate::model::{
    Api, Channel, ChannelSid, Entity, Issue, ListPage, Membership, Service, ServiceSid, User, UserSid,
};
use crate::twilio::{Client, PageError, RequestError};
use chat::ChatSource;
use conversations::ConversationsSource;

/// A paged list of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum List {
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
    pub(crate) fn entity(&self) -> Entity {
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

    /// The service that it is of; none for the list of services.
    pub(crate) fn service(&self) -> Option<&ServiceSid> {
        match self {
            Self::Services => None,
            Self::Roles(service)
            | Self::Users(service)
            | Self::Channels(service)
            | Self::UserChannels(service, _)
            | Self::Members(service, _)
            | Self::Invites(service, _)
            | Self::Messages(service, _) => Some(service),
        }
    }
}

/// One resource, fetched by its SID.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fetched<M> {
    /// The resource.
    pub record: M,
    /// What was odd about it.
    pub issues: Vec<Issue>,
}

/// Something could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// A request failed for good.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A list cannot be followed.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The API has no such list, or it is not read from there.
    #[error("Conversations has no list of {} to read", entity.plural())]
    NoSuchList {
        /// What was asked for.
        entity: Entity,
    },
}

impl SourceError {
    /// The request that failed; none when the list itself is at fault.
    pub(crate) fn request(&self) -> Option<&RequestError> {
        match self {
            Self::Request(error) => Some(error),
            Self::Page(_) | Self::NoSuchList { .. } => None,
        }
    }
}

/// The largest page that the lists of each entity allow.
pub(crate) fn largest_page(api: Api) -> fn(Entity) -> u32 {
    match api {
        Api::Chat => ChatSource::largest_page,
        Api::Conversations => ConversationsSource::largest_page,
    }
}

/// An API that can be read into the model.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub(crate) enum Source {
    /// Programmable Chat.
    Chat(ChatSource),
    /// Conversations.
    Conversations(ConversationsSource),
}

impl Source {
    /// Reads this API through this client.
    pub(crate) fn new(api: Api, client: Arc<Client>) -> Self {
        match api {
            Api::Chat => Self::Chat(ChatSource::new(client)),
            Api::Conversations => Self::Conversations(ConversationsSource::new(client)),
        }
    }

    /// The API that is read.
    pub(crate) fn api(&self) -> Api {
        match self {
            Self::Chat(_) => Api::Chat,
            Self::Conversations(_) => Api::Conversations,
        }
    }

    /// The client that it sends through.
    pub(crate) fn client(&self) -> &Client {
        match self {
            Self::Chat(chat) => chat.client(),
            Self::Conversations(conversations) => conversations.client(),
        }
    }

    /// Reads one page of a list; see [`ChatSource::page`].
    pub(crate) async fn page(
        &self,
        list: &List,
        cursor: Option<&str>,
        page_size: Option<u32>,
    ) -> Result<ListPage, SourceError> {
        match self {
            Self::Chat(chat) => chat.page(list, cursor, page_size).await,
            Self::Conversations(conversations) => conversations.page(list, cursor, page_size).await,
        }
    }

    /// Fetches a service.
    pub(crate) async fn service(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        match self {
            Self::Chat(chat) => chat.service(service).await,
            Self::Conversations(conversations) => conversations.service(service).await,
        }
    }

    /// Asks whether a service is there: one request, whatever [`Self::service`] takes.
    pub(crate) async fn service_alone(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        match self {
            Self::Chat(chat) => chat.service(service).await,
            Self::Conversations(conversations) => conversations.service_alone(service).await,
        }
    }

    /// Fetches a user.
    pub(crate) async fn user(
        &self,
        service: &ServiceSid,
        user: &UserSid,
    ) -> Result<Fetched<User>, SourceError> {
        match self {
            Self::Chat(chat) => chat.user(service, user).await,
            Self::Conversations(conversations) => conversations.user(service, user).await,
        }
    }

    /// Fetches a channel.
    pub(crate) async fn channel(
        &self,
        service: &ServiceSid,
        channel: &ChannelSid,
    ) -> Result<Fetched<Channel>, SourceError> {
        match self {
            Self::Chat(chat) => chat.channel(service, channel).await,
            Self::Conversations(conversations) => conversations.channel(service, channel).await,
        }
    }

    /// Fetches the membership of a user on a channel.
    pub(crate) async fn membership(
        &self,
        service: &ServiceSid,
        user: &UserSid,
        channel: &ChannelSid,
    ) -> Result<Fetched<Membership>, SourceError> {
        match self {
            Self::Chat(chat) => chat.membership(service, user, channel).await,
            Self::Conversations(conversations) => conversations.membership(service, user, channel).await,
        }
    }
}

impl Advise for SourceError {
    fn status(&self) -> Failure {
        self.request().map_or(Failure::Failed, Advise::status)
    }

    fn hint(&self) -> Option<String> {
        self.request().and_then(Advise::hint)
    }
}
