//! Reads Programmable Chat (REST API v2) into the model.
//!
//! **Invariant:** a page is converted within the attempt that fetched it, so that one that cannot be read is fetched again.

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
use crate::twilio::chat::requests::{self, Collection};
use crate::twilio::wire::decode_one;
use crate::twilio::{ApiRequest, BodyError, Client};

/// Programmable Chat as a source.
#[derive(Debug, Clone)]
pub(crate) struct ChatSource {
    client: Arc<Client>,
}

impl ChatSource {
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
        collection(entity).largest_page()
    }

    /// Reads one page: the first, or the one that the page before it named in [`ListPage::next`]. `page_size` is for the
    /// first alone; without it, it is the largest.
    pub(crate) async fn page(
        &self,
        list: &List,
        cursor: Option<&str>,
        page_size: Option<u32>,
    ) -> Result<ListPage, SourceError> {
        let account = self.client.account_sid();
        read::page(&self.client, first_page(list, page_size), cursor, |body| read_page(list, account, body))
            .await
    }

    /// Fetches a service.
    pub(crate) async fn service(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        let asked = self.asked(Some(service));
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
        let asked = self.asked(Some(service));
        read::one(&self.client, &requests::fetch_user(service, user), |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::user(row, odd, asked, issues))
        })
        .await
    }

    /// Fetches a channel.
    pub(crate) async fn channel(
        &self,
        service: &ServiceSid,
        channel: &ChannelSid,
    ) -> Result<Fetched<Channel>, SourceError> {
        let asked = self.asked(Some(service));
        read::one(&self.client, &requests::fetch_channel(service, channel), |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::channel(row, odd, asked, issues))
        })
        .await
    }

    /// Fetches a User Channel.
    pub(crate) async fn membership(
        &self,
        service: &ServiceSid,
        user: &UserSid,
        channel: &ChannelSid,
    ) -> Result<Fetched<Membership>, SourceError> {
        let asked = self.asked(Some(service));
        read::one(&self.client, &requests::fetch_user_channel(service, user, channel), |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::membership(row, odd, asked, user, issues))
        })
        .await
    }

    fn asked<'a>(&'a self, service: Option<&'a ServiceSid>) -> Asked<'a> {
        Asked { account: self.client.account_sid(), service }
    }
}

fn collection(entity: Entity) -> Collection {
    match entity {
        Entity::Service => Collection::Services,
        Entity::Role => Collection::Roles,
        Entity::User => Collection::Users,
        Entity::Channel => Collection::Channels,
        Entity::Membership => Collection::UserChannels,
        Entity::Member => Collection::Members,
        Entity::Invite => Collection::Invites,
        Entity::Message => Collection::Messages,
    }
}

fn first_page(list: &List, page_size: Option<u32>) -> ApiRequest {
    match list {
        List::Services => requests::list_services(page_size),
        List::Roles(service) => requests::list_roles(service, page_size),
        List::Users(service) => requests::list_users(service, page_size),
        List::Channels(service) => requests::list_channels(service, page_size),
        List::UserChannels(service, user) => requests::list_user_channels(service, user, page_size),
        List::Members(service, channel) => requests::list_members(service, channel, page_size),
        List::Invites(service, channel) => requests::list_invites(service, channel, page_size),
        List::Messages(service, channel) => requests::list_messages(service, channel, page_size),
    }
}

/// The rows of a page in the model's terms, and where the next page is.
fn read_page(
    list: &List,
    account: &AccountSid,
    body: &[u8],
) -> Result<(ListPage, Option<String>), BodyError> {
    let mut page = Reading::of(body, list.entity(), collection(list.entity()).key());
    let service = list.service();
    let asked = Asked { account, service };
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
            Records::Channels(page.rows(|row, odd, issues| convert::channel(row, odd, asked, issues))?)
        }
        List::UserChannels(_, user) => Records::Memberships(
            page.rows(|row, odd, issues| convert::membership(row, odd, asked, user, issues))?,
        ),
        List::Members(_, channel) => {
            Records::Members(page.rows(|row, odd, issues| convert::member(row, odd, asked, channel, issues))?)
        }
        List::Invites(_, channel) => {
            Records::Invites(page.rows(|row, odd, issues| convert::invite(row, odd, asked, channel, issues))?)
        }
        List::Messages(_, channel) => Records::Messages(
            page.rows(|row, odd, issues| convert::message(row, odd, asked, channel, issues))?,
        ),
    };
    Ok(page.end(records))
}
