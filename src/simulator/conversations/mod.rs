//! Conversations, API version 1, as its OpenAPI description states it.
//!
//! Twilio documents one backend for both APIs: services, roles and users are the same objects as Chat's, a private
//! channel is a conversation and its members are the participants, all with the same SIDs. A public channel is not
//! seen here, nor is who has not joined.
//!
//! **Deliberately absent:** messages are read and not written; bindings of devices, webhooks of one conversation and
//! `ConversationWithParticipants` are not there at all; webhooks and notifications of the service are read alone.
//! A parameter that the description lacks is refused, which Twilio may ignore: it is a mistake of the client.
//!
//! **Invariant:** written from the description, with no type and no code of the client: it is the second
//! opinion that the client is tested against.

mod binding;
mod configuration;
mod conversation;
mod form;
mod message;
mod participant;
mod role;
mod routes;
mod service;
mod service_configuration;
mod shared;
mod user;
mod user_conversation;

pub(crate) use conversation::write as write_conversation;
pub(crate) use message::write as write_message;
pub(crate) use participant::rows as participants;
pub(crate) use role::write as write_role;
pub(crate) use routes::ROUTES;
pub(crate) use service::write as write_service;
pub(crate) use service_configuration::write as write_configuration;
pub(crate) use user::write as write_user;
pub(crate) use user_conversation::rows as user_conversations;
