//! Reads Conversations (REST API v1) into the model: a conversation is a channel, a participant a member, a User
//! Conversation a membership.
//!
//! **Invariant:** what Conversations does not say is null in the model, not guessed: a channel's type, creator and counts, a
//! user's count, a message's type, whether it was edited and by whom. A membership is joined, because Conversations lists no other.
//!
//! **Deliberately absent:** invites, which Conversations does not have.

mod configuration;
mod convert;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::notes::Asked;
use super::read::{self, Reading};
use super::{Fetched, List, SourceError};
use crate::model::{
    AccountSid, Channel, ChannelSid, Entity, ListPage, Membership, Records, Service, ServiceSid, User,
    UserSid,
};
use crate::twilio::conversations::requests::{self, Collection};
use crate::twilio::wire::decode_one;
use crate::twilio::{ApiRequest, BodyError, Client};

/// Conversations as a source.
#[derive(Debug, Clone)]
pub(crate) struct ConversationsSource {
    client: Arc<Client>,
}

impl ConversationsSource {
    /// A source that sends through this client.
    pub(crate) fn new(client: Arc<Client>) -> Self {
        Self { client }
    }

    /// The client that it sends through.
    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// The largest page that the lists of an entity allow.
    pub(crate) fn largest_page(entity: Entity) -> u32 {
        collection(entity).map_or(1, Collection::largest_page)
    }

    /// Reads one page: the first, or the one that the page before it named in [`ListPage::next`]. `page_size` is for the
    /// first alone; without it, it is the largest.
    pub(crate) async fn page(
        &self,
        list: &List,
        cursor: Option<&str>,
        page_size: Option<u32>,
    ) -> Result<ListPage, SourceError> {
        let entity = list.entity();
        let (Some(first), Some(collection)) = (first_page(list, page_size), collection(entity)) else {
            return Err(SourceError::NoSuchList { entity });
        };
        let account = self.client.account_sid();
        read::page(&self.client, first, cursor, |body| read_page(list, collection, account, body)).await
    }

    /// Fetches a service with its configuration, webhooks and notifications and the account's configuration. One of these
    /// that may not be read (403) or is not there (404) is an issue.
    pub(crate) async fn service(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        configuration::service(&self.client, self.asked(service), service).await
    }

    /// Fetches a service's own record alone.
    pub(crate) async fn service_alone(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        let asked = self.asked(service);
        read::one(&self.client, &requests::fetch_service(service), |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::service(row, odd, asked, issues))
        })
        .await
    }

    /// Fetches a user.
    pub(crate) async fn user(
        &self,
        service: &ServiceSid,
        user: &UserSid,
    ) -> Result<Fetched<User>, SourceError> {
        let asked = self.asked(service);
        read::one(&self.client, &requests::fetch_user(service, user), |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::user(row, odd, asked, issues))
        })
        .await
    }

    /// Fetches a conversation.
    pub(crate) async fn channel(
        &self,
        service: &ServiceSid,
        channel: &ChannelSid,
    ) -> Result<Fetched<Channel>, SourceError> {
        let asked = self.asked(service);
        read::one(&self.client, &requests::fetch_conversation(service, channel), |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::conversation(row, odd, asked, issues))
        })
        .await
    }

    /// Fetches a User Conversation.
    pub(crate) async fn membership(
        &self,
        service: &ServiceSid,
        user: &UserSid,
        channel: &ChannelSid,
    ) -> Result<Fetched<Membership>, SourceError> {
        let asked = self.asked(service);
        let request = requests::fetch_user_conversation(service, user, channel);
        read::one(&self.client, &request, |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::user_conversation(row, odd, asked, user, issues))
        })
        .await
    }

    fn asked<'a>(&'a self, service: &'a ServiceSid) -> Asked<'a> {
        Asked { account: self.client.account_sid(), service: Some(service) }
    }
}

fn collection(entity: Entity) -> Option<Collection> {
    match entity {
        Entity::Service => Some(Collection::Services),
        Entity::Role => Some(Collection::Roles),
        Entity::User => Some(Collection::Users),
        Entity::Channel => Some(Collection::Conversations),
        Entity::Membership => Some(Collection::UserConversations),
        Entity::Member => Some(Collection::Participants),
        Entity::Message => Some(Collection::Messages),
        Entity::Invite => None,
    }
}

fn first_page(list: &List, page_size: Option<u32>) -> Option<ApiRequest> {
    Some(match list {
        List::Services => requests::list_services(page_size),
        List::Roles(service) => requests::list_roles(service, page_size),
        List::Users(service) => requests::list_users(service, page_size),
        List::Channels(service) => requests::list_conversations(service, page_size),
        List::UserChannels(service, user) => requests::list_user_conversations(service, user, page_size),
        List::Members(service, channel) => requests::list_participants(service, channel, page_size),
        List::Messages(service, channel) => requests::list_messages(service, channel, page_size),
        List::Invites(..) => return None,
    })
}

/// The rows of a page in the model's terms, and where the next page is.
fn read_page(
    list: &List,
    collection: Collection,
    account: &AccountSid,
    body: &[u8],
) -> Result<(ListPage, Option<String>), BodyError> {
    let mut page = Reading::of(body, list.entity(), collection.key());
    let asked = Asked { account, service: list.service() };
    let records = match list {
        List::Services => {
            Records::Services(page.rows(|row, odd, issues| convert::service(row, odd, asked, issues))?)
        }
        List::Roles(_) => {
            Records::Roles(page.rows(|row, odd, issues| convert::role(row, odd, asked, issues))?)
        }
        List::Users(_) => {
            Records::Users(page.rows(|row, odd, issues| convert::user(row, odd, asked, issues))?)
        }
        List::Channels(_) => {
            Records::Channels(page.rows(|row, odd, issues| convert::conversation(row, odd, asked, issues))?)
        }
        List::UserChannels(_, user) => Records::Memberships(
            page.rows(|row, odd, issues| convert::user_conversation(row, odd, asked, user, issues))?,
        ),
        List::Members(_, channel) => Records::Members(
            page.rows(|row, odd, issues| convert::participant(row, odd, asked, channel, issues))?,
        ),
        List::Messages(_, channel) => Records::Messages(
            page.rows(|row, odd, issues| convert::message(row, odd, asked, channel, issues))?,
        ),
        List::Invites(..) => {
            return Err(BodyError::Unexpected { expected: "a list that Conversations has" });
        }
    };
    Ok(page.end(records))
}
