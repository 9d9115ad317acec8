//! Reading an answer that is there already, without a request: what fuzzing and its replay give hostile bytes to.

use super::notes::Asked;
use super::{List, read_page, requests};
use crate::model::{AccountSid, Api, ChannelSid, Entity, ListPage, ServiceSid, UserSid};

/// Reads a body as a page of a list that holds this entity, as a crawl does: the page and the address of the next one. `None`
/// where it is not a page, or where the API has no such list.
pub fn page_of(api: Api, entity: Entity, body: &[u8]) -> Option<(ListPage, Option<String>)> {
    let (account, service) = (AccountSid::from_digits(0xac), ServiceSid::from_digits(0x15));
    let (user, channel) = (UserSid::from_digits(1), ChannelSid::from_digits(2));
    let list = match entity {
        Entity::Service => List::Services,
        Entity::Role => List::Roles(service),
        Entity::User => List::Users(service),
        Entity::Channel => List::Channels(service),
        Entity::Membership => List::UserChannels(service, user),
        Entity::Member => List::Members(service, channel),
        Entity::Invite => List::Invites(service, channel, None),
        Entity::Message => List::Messages(service, channel),
        Entity::Binding => List::Bindings(service, None),
    };
    let key = requests::listing(api, entity)?.key;
    let asked = Asked { api, account: &account, service: None, user: None, channel: None };
    read_page(&list, key, list.asked(asked), body).ok()
}
