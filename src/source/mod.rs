//! Reads one API into the model: Programmable Chat (REST API v2) or Conversations (REST API v1). One description of the records,
//! `model::table`, converts both.
//!
//! A [`List`] names what is asked for, a [`ListPage`] is one answer of it in the model's terms. Conversion from the wire is
//! pure and tolerant: what cannot be understood becomes an [`Issue`] of the record.
//!
//! **Invariant:** a page is converted within the attempt that fetched it, so that one that cannot be read is fetched again.
//!
//! **Invariant:** a [`ListPage`] without `next` is the end of its list because the API said so, never because a page was empty
//! or short.

mod answer;
mod convert;
mod legible;
mod media;
mod notes;
mod read;
mod requests;
mod service_settings;
#[cfg(test)]
mod tests;
pub(crate) mod user_channels;

use std::sync::Arc;

pub use self::answer::page_of;
use self::convert::FromRow;
use self::notes::Asked;
use self::read::Reading;
use crate::error::{Advise, Failure};
use crate::model::{
    AccountSid, Api, Channel, ChannelSid, Entity, Issue, IssueKind, ListPage, Member, MemberSid, Membership,
    Records, Service, ServiceSid, User, UserSid,
};
use crate::twilio::wire::decode_one;
use crate::twilio::{ApiRequest, BodyError, Client, ListSize, PageError, RequestError};

/// A paged list of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum List {
    /// Every service of the account.
    Services,
    Roles(ServiceSid),
    Users(ServiceSid),
    /// The channels of a service, public and private.
    Channels(ServiceSid),
    /// A user's channels: the User Channels.
    UserChannels(ServiceSid, UserSid),
    Members(ServiceSid, ChannelSid),
    /// The pending invites of a channel: of one identity, or all.
    Invites(ServiceSid, ChannelSid, Option<String>),
    /// The messages of a channel, oldest first.
    Messages(ServiceSid, ChannelSid),
    /// The push notification bindings of a service: of one identity, or all.
    Bindings(ServiceSid, Option<String>),
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
            Self::Bindings(..) => Entity::Binding,
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
            | Self::Invites(service, ..)
            | Self::Messages(service, _)
            | Self::Bindings(service, _) => Some(service),
        }
    }

    /// What every row of the list should name.
    fn asked<'a>(&'a self, asked: Asked<'a>) -> Asked<'a> {
        let asked = Asked { service: self.service(), ..asked };
        match self {
            Self::UserChannels(_, user) => Asked { user: Some(user), ..asked },
            Self::Members(_, channel) | Self::Invites(_, channel, _) | Self::Messages(_, channel) => {
                Asked { channel: Some(channel), ..asked }
            }
            Self::Services | Self::Roles(_) | Self::Users(_) | Self::Channels(_) | Self::Bindings(..) => {
                asked
            }
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
    Request(Box<RequestError>),
    /// A list cannot be followed.
    #[error(transparent)]
    Page(#[from] PageError),
    /// What was answered is of another account than the one that was named.
    #[error("the answer is of account {found}, not of {asked}")]
    OtherAccount { asked: AccountSid, found: AccountSid },
    /// The API has no such list, or it is not read from there.
    #[error("Conversations has no list of {} to read", entity.plural())]
    NoSuchList { entity: Entity },
}

impl From<RequestError> for SourceError {
    fn from(error: RequestError) -> Self {
        Self::Request(Box::new(error))
    }
}

impl SourceError {
    /// The request that failed; none when the list itself is at fault.
    pub(crate) fn request(&self) -> Option<&RequestError> {
        match self {
            Self::Request(error) => Some(error),
            Self::Page(_) | Self::NoSuchList { .. } | Self::OtherAccount { .. } => None,
        }
    }

    /// Whether the credentials are of another account than the one that was named.
    pub(crate) fn is_other_account(&self) -> bool {
        matches!(self, Self::OtherAccount { .. })
    }
}

/// How long a list can be where nothing counts its rows.
pub(crate) fn uncounted_size(list: &List) -> ListSize {
    match list {
        List::Users(_) | List::Channels(_) | List::Messages(..) | List::Bindings(..) => ListSize::OfService,
        List::Services | List::Roles(_) | List::UserChannels(..) | List::Members(..) | List::Invites(..) => {
            ListSize::OfOne
        }
    }
}

/// The largest page that the lists of each entity allow.
pub(crate) fn largest_page(api: Api) -> fn(Entity) -> u32 {
    fn largest(api: Api, entity: Entity) -> u32 {
        requests::listing(api, entity).map_or(1, |listing| listing.largest_page)
    }
    match api {
        Api::Chat => |entity| largest(Api::Chat, entity),
        Api::Conversations => |entity| largest(Api::Conversations, entity),
    }
}

/// An API that is read into the model.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    api: Api,
    client: Arc<Client>,
}

impl Source {
    /// Reads this API through this client.
    pub(crate) fn new(api: Api, client: Arc<Client>) -> Self {
        Self { api, client }
    }

    /// The API that is read.
    pub(crate) fn api(&self) -> Api {
        self.api
    }

    /// The client that it sends through.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Reads one page: the first, or the one that the page before it named in [`ListPage::next`]. `page_size` is for the
    /// first page only; without it, the page is the largest.
    pub(crate) async fn page(
        &self,
        list: &List,
        cursor: Option<&str>,
        page_size: Option<u32>,
    ) -> Result<ListPage, SourceError> {
        let (first, key) = requests::first_page_and_key(self.api, list, page_size)?;
        let asked = list.asked(self.asked(None));
        let page = read::page(&self.client, first, cursor, |body| read_page(list, key, asked, body)).await?;
        if let Records::Services(services) = &page.records {
            services.iter().try_for_each(|service| self.is_of_account(service))?;
        }
        self.is_page_of_account(&page)?;
        Ok(page)
    }

    /// Fetches a service, in Conversations with its configuration, webhooks and notifications and the account's configuration.
    /// One of these that may not be read (403) or is not there (404) is an issue.
    pub(crate) async fn service(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        match self.api {
            Api::Chat => self.service_alone(service).await,
            Api::Conversations => {
                let fetched = self.service_alone(service).await?;
                service_settings::add(&self.client, self.asked(Some(service)), service, fetched).await
            }
        }
    }

    /// Fetches a service's own record: one request, whatever [`Self::service`] takes.
    pub(crate) async fn service_alone(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        let fetched: Fetched<Service> =
            self.one(&requests::service(self.api, service), self.asked(Some(service))).await?;
        self.is_of_account(&fetched.record)?;
        Ok(fetched)
    }

    /// Fetches a user.
    pub(crate) async fn user(
        &self,
        service: &ServiceSid,
        user: &UserSid,
    ) -> Result<Fetched<User>, SourceError> {
        self.one(&requests::user(self.api, service, user), self.asked(Some(service))).await
    }

    /// Fetches a channel.
    pub(crate) async fn channel(
        &self,
        service: &ServiceSid,
        channel: &ChannelSid,
    ) -> Result<Fetched<Channel>, SourceError> {
        self.one(&requests::channel(self.api, service, channel), self.asked(Some(service))).await
    }

    /// Fetches the membership of a user on a channel.
    pub(crate) async fn membership(
        &self,
        service: &ServiceSid,
        user: &UserSid,
        channel: &ChannelSid,
    ) -> Result<Fetched<Membership>, SourceError> {
        let asked = Asked { user: Some(user), ..self.asked(Some(service)) };
        self.one(&requests::membership(self.api, service, user, channel), asked).await
    }

    /// Fetches a member of a channel.
    pub(crate) async fn member(
        &self,
        service: &ServiceSid,
        channel: &ChannelSid,
        member: &MemberSid,
    ) -> Result<Fetched<Member>, SourceError> {
        let asked = Asked { channel: Some(channel), ..self.asked(Some(service)) };
        self.one(&requests::member(self.api, service, channel, member), asked).await
    }

    /// Refuses a service of another account: with a main account's key and a subaccount's SID, Twilio answers with the main
    /// account's data.
    fn is_of_account(&self, service: &Service) -> Result<(), SourceError> {
        let asked = self.client.account_sid();
        match &service.account_sid {
            Some(found) if !notes::is_same(found, asked) => {
                Err(SourceError::OtherAccount { asked: asked.clone(), found: found.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Refuses a page of which every row is of another account: Conversations may leave a service's account out. A single row is
    /// an issue.
    fn is_page_of_account(&self, page: &ListPage) -> Result<(), SourceError> {
        let is_other = |issue: &&Issue| issue.field == "account_sid" && issue.kind == IssueKind::OtherParent;
        let mut others = page.issues.iter().filter(is_other);
        let Some(first) = others.next() else { return Ok(()) };
        if 1 + others.count() < page.received {
            return Ok(());
        }
        let found = serde_json::from_str::<String>(&first.value).unwrap_or_default();
        Err(SourceError::OtherAccount {
            asked: self.client.account_sid().clone(),
            found: AccountSid::from_wire(&found),
        })
    }

    async fn one<M: FromRow>(
        &self,
        request: &ApiRequest,
        asked: Asked<'_>,
    ) -> Result<Fetched<M>, SourceError> {
        read::one(&self.client, request, |body, issues| match asked.api {
            Api::Chat => {
                let (row, odd) = decode_one(body)?;
                Ok(M::from_chat(row, odd, asked, issues))
            }
            Api::Conversations => {
                let (row, odd) = decode_one(body)?;
                Ok(M::from_conversations(row, odd, asked, issues))
            }
        })
        .await
    }

    fn asked<'a>(&'a self, service: Option<&'a ServiceSid>) -> Asked<'a> {
        Asked { api: self.api, account: self.client.account_sid(), service, user: None, channel: None }
    }
}

/// The rows of a page in the model's terms, and where the next page is.
fn read_page(
    list: &List,
    key: &'static str,
    asked: Asked<'_>,
    body: &[u8],
) -> Result<(ListPage, Option<String>), BodyError> {
    let mut page = Reading::of(body, list.entity(), key);
    let records = match list {
        List::Services => Records::Services(page.records(asked)?),
        List::Roles(_) => Records::Roles(page.records(asked)?),
        List::Users(_) => Records::Users(page.records(asked)?),
        List::Channels(_) => Records::Channels(page.records(asked)?),
        List::UserChannels(..) => Records::Memberships(page.records(asked)?),
        List::Members(..) => Records::Members(page.records(asked)?),
        List::Invites(..) => Records::Invites(page.records(asked)?),
        List::Messages(..) => Records::Messages(page.records(asked)?),
        List::Bindings(..) => Records::Bindings(page.records(asked)?),
    };
    Ok(page.end(records))
}

impl Advise for SourceError {
    fn status(&self) -> Failure {
        if self.is_other_account() {
            return Failure::Refused;
        }
        self.request().map_or(Failure::Failed, Advise::status)
    }

    fn hint(&self) -> Option<String> {
        self.request().and_then(Advise::hint)
    }
}
