//! The request for each list and each record, by API.

use super::{List, SourceError};
use crate::model::{Api, ChannelSid, Entity, MemberSid, ServiceSid, UserSid};
use crate::twilio::ApiRequest;
use crate::twilio::chat::requests as chat;
use crate::twilio::conversations::requests as conversations;

/// How an API gives the lists of an entity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listing {
    /// The key of the array in its pages.
    pub(super) key: &'static str,
    /// The largest page that may be asked for.
    pub(super) largest_page: u32,
}

/// How the lists of an entity come; `None` where the API has none.
pub(super) fn listing(api: Api, entity: Entity) -> Option<Listing> {
    let (key, largest_page) = match api {
        Api::Chat => {
            use chat::ChatCollection;
            let collection = match entity {
                Entity::Service => ChatCollection::Services,
                Entity::Role => ChatCollection::Roles,
                Entity::User => ChatCollection::Users,
                Entity::Channel => ChatCollection::Channels,
                Entity::Membership => ChatCollection::UserChannels,
                Entity::Member => ChatCollection::Members,
                Entity::Invite => ChatCollection::Invites,
                Entity::Message => ChatCollection::Messages,
                Entity::Binding => ChatCollection::Bindings,
            };
            (collection.key(), collection.largest_page())
        }
        Api::Conversations => {
            use conversations::ConversationsCollection;
            let collection = match entity {
                Entity::Service => ConversationsCollection::Services,
                Entity::Role => ConversationsCollection::Roles,
                Entity::User => ConversationsCollection::Users,
                Entity::Channel => ConversationsCollection::Conversations,
                Entity::Membership => ConversationsCollection::UserConversations,
                Entity::Member => ConversationsCollection::Participants,
                Entity::Message => ConversationsCollection::Messages,
                Entity::Binding => ConversationsCollection::Bindings,
                Entity::Invite => return None,
            };
            (collection.key(), collection.largest_page())
        }
    };
    Some(Listing { key, largest_page })
}

/// The request for the first page of a list, and the key of the array in its pages.
pub(super) fn first_page_and_key(
    api: Api,
    list: &List,
    size: Option<u32>,
) -> Result<(ApiRequest, &'static str), SourceError> {
    let entity = list.entity();
    let key = listing(api, entity).map(|listing| listing.key);
    first_page(api, list, size).zip(key).ok_or(SourceError::NoSuchList { entity })
}

/// The request for the first page of a list; `None` where the API has no such list.
fn first_page(api: Api, list: &List, size: Option<u32>) -> Option<ApiRequest> {
    Some(match (api, list) {
        (Api::Chat, List::Services) => chat::list_services(size),
        (Api::Chat, List::Roles(service)) => chat::list_roles(service, size),
        (Api::Chat, List::Users(service)) => chat::list_users(service, size),
        (Api::Chat, List::Channels(service)) => chat::list_channels(service, size),
        (Api::Chat, List::UserChannels(service, user)) => chat::list_user_channels(service, user, size),
        (Api::Chat, List::Members(service, channel)) => chat::list_members(service, channel, size),
        (Api::Chat, List::Invites(service, channel, identity)) => {
            chat::list_invites(service, channel, identity.as_deref(), size)
        }
        (Api::Chat, List::Messages(service, channel)) => chat::list_messages(service, channel, size),
        (Api::Conversations, List::Services) => conversations::list_services(size),
        (Api::Conversations, List::Roles(service)) => conversations::list_roles(service, size),
        (Api::Conversations, List::Users(service)) => conversations::list_users(service, size),
        (Api::Conversations, List::Channels(service)) => conversations::list_conversations(service, size),
        (Api::Conversations, List::UserChannels(service, user)) => {
            conversations::list_user_conversations(service, user, size)
        }
        (Api::Conversations, List::Members(service, channel)) => {
            conversations::list_participants(service, channel, size)
        }
        (Api::Conversations, List::Messages(service, channel)) => {
            conversations::list_messages(service, channel, size)
        }
        (Api::Conversations, List::Invites(..)) => return None,
        (Api::Chat, List::Bindings(service, identity)) => {
            chat::list_bindings(service, identity.as_deref(), size)
        }
        (Api::Conversations, List::Bindings(service, identity)) => {
            conversations::list_bindings(service, identity.as_deref(), size)
        }
    })
}

pub(super) fn service(api: Api, service: &ServiceSid) -> ApiRequest {
    match api {
        Api::Chat => chat::fetch_service(service),
        Api::Conversations => conversations::fetch_service(service),
    }
}

pub(super) fn user(api: Api, service: &ServiceSid, user: &UserSid) -> ApiRequest {
    match api {
        Api::Chat => chat::fetch_user(service, user),
        Api::Conversations => conversations::fetch_user(service, user),
    }
}

pub(super) fn channel(api: Api, service: &ServiceSid, channel: &ChannelSid) -> ApiRequest {
    match api {
        Api::Chat => chat::fetch_channel(service, channel),
        Api::Conversations => conversations::fetch_conversation(service, channel),
    }
}

pub(super) fn membership(api: Api, service: &ServiceSid, user: &UserSid, channel: &ChannelSid) -> ApiRequest {
    match api {
        Api::Chat => chat::fetch_user_channel(service, user, channel),
        Api::Conversations => conversations::fetch_user_conversation(service, user, channel),
    }
}

pub(super) fn member(api: Api, service: &ServiceSid, channel: &ChannelSid, member: &MemberSid) -> ApiRequest {
    match api {
        Api::Chat => chat::fetch_member(service, channel, member),
        Api::Conversations => conversations::fetch_participant(service, channel, member),
    }
}
