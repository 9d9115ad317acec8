//! Reads Programmable Chat (REST API v2) into the model.
//!
//! **Invariant:** a page is converted within the attempt that fetched it, so that one that cannot be read is fetched again.

mod convert;
mod notes;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::convert::Asked;
use super::{Fetched, List, SourceError};
use crate::model::{
    AccountSid, Channel, ChannelSid, Entity, Issue, ListPage, Membership, Records, Service, ServiceSid, User,
    UserSid,
};
use crate::twilio::chat::requests::{self, Collection};
use crate::twilio::chat::wire::{Oddities, Page, Wire, decode_one, decode_page};
use crate::twilio::page::{is_same_page, next_path};
use crate::twilio::{Api, ApiRequest, BodyError, Client, PageError};

/// Programmable Chat as a source.
#[derive(Debug, Clone)]
pub struct ChatSource {
    client: Arc<Client>,
}

impl ChatSource {
    /// A source that sends through this client.
    pub fn new(client: Arc<Client>) -> Self {
        Self { client }
    }

    /// The client that it sends through.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// The largest page that the lists of an entity allow.
    pub fn largest_page(entity: Entity) -> u32 {
        collection(entity).largest_page()
    }

    /// Reads one page: the first, or the one that the page before it named in [`ListPage::next`]. `page_size` is for the
    /// first alone; without it, it is the largest.
    pub async fn page(
        &self,
        list: &List,
        cursor: Option<&str>,
        page_size: Option<u32>,
    ) -> Result<ListPage, SourceError> {
        let request = match cursor {
            None => first_page(list, page_size),
            Some(cursor) => ApiRequest::get_verbatim(Api::Chat, cursor)
                .ok_or_else(|| PageError::NotAPath { list: first_page(list, page_size).path().to_owned() })?,
        };
        let account = self.client.account_sid();
        let reply = self.client.send_parsed(&request, |body| read_page(list, account, body)).await?;
        let (mut page, next_page_url) = reply.body;
        if let Some(url) = next_page_url {
            let next = next_path(Api::Chat, self.client.origin(Api::Chat), request.path(), &url)?;
            if is_same_page(&request.path_and_query(), &next) {
                return Err(PageError::Repeated { list: request.path().to_owned() }.into());
            }
            page.next = Some(next);
        }
        Ok(page)
    }

    /// Fetches a service.
    pub async fn service(&self, service: &ServiceSid) -> Result<Fetched<Service>, SourceError> {
        let asked = self.asked(Some(service));
        self.fetch(&requests::fetch_service(service), |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::service(row, odd, asked, issues))
        })
        .await
    }

    /// Fetches a user.
    pub async fn user(&self, service: &ServiceSid, user: &UserSid) -> Result<Fetched<User>, SourceError> {
        let asked = self.asked(Some(service));
        self.fetch(&requests::fetch_user(service, user), |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::user(row, odd, asked, issues))
        })
        .await
    }

    /// Fetches a channel.
    pub async fn channel(
        &self,
        service: &ServiceSid,
        channel: &ChannelSid,
    ) -> Result<Fetched<Channel>, SourceError> {
        let asked = self.asked(Some(service));
        self.fetch(&requests::fetch_channel(service, channel), |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::channel(row, odd, asked, issues))
        })
        .await
    }

    /// Fetches a User Channel.
    pub async fn membership(
        &self,
        service: &ServiceSid,
        user: &UserSid,
        channel: &ChannelSid,
    ) -> Result<Fetched<Membership>, SourceError> {
        let asked = self.asked(Some(service));
        self.fetch(&requests::fetch_user_channel(service, user, channel), |body, issues| {
            let (row, odd) = decode_one(body)?;
            Ok(convert::membership(row, odd, asked, user, issues))
        })
        .await
    }

    fn asked<'a>(&'a self, service: Option<&'a ServiceSid>) -> Asked<'a> {
        Asked { account: self.client.account_sid(), service }
    }

    async fn fetch<M>(
        &self,
        request: &ApiRequest,
        read: impl Fn(&[u8], &mut Vec<Issue>) -> Result<Option<M>, BodyError>,
    ) -> Result<Fetched<M>, SourceError> {
        let reply = self.client.send_parsed(request, |body| {
            let mut issues = Vec::new();
            let record = read(body, &mut issues)?;
            let record = record.ok_or(BodyError::Unexpected { expected: "the resource asked for" })?;
            Ok(Fetched { record, issues })
        });
        Ok(reply.await?.body)
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
    let mut page =
        Reading { list, body, issues: Vec::new(), received: 0, page_size: None, next_page_url: None };
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
    let Reading { issues, received, page_size, next_page_url, .. } = page;
    Ok((ListPage { records, received, issues, next: None, page_size }, next_page_url))
}

/// A page while it is read.
struct Reading<'a> {
    list: &'a List,
    body: &'a [u8],
    issues: Vec<Issue>,
    received: usize,
    page_size: Option<u32>,
    next_page_url: Option<String>,
}

impl<'a> Reading<'a> {
    fn rows<W: Wire<'a>, M>(
        &mut self,
        convert: impl Fn(W, Oddities, &mut Vec<Issue>) -> Option<M>,
    ) -> Result<Vec<M>, BodyError> {
        let Page { rows, next_page_url, size } =
            decode_page(self.body, collection(self.list.entity()).key())?;
        self.received = rows.len();
        self.page_size = size;
        self.next_page_url = next_page_url.map(|url| url.0.into_owned());
        Ok(convert::rows(rows, self.list.entity(), &mut self.issues, convert))
    }
}
