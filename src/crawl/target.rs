//! What a unit of the frontier is to a source: which list or record, of which service.

use crate::model::{ChannelSid, ServiceSid, UserSid};
use crate::snapshot::Target;
use crate::source::List;

/// What is sent to read a unit.
pub(super) enum Reading {
    /// Page after page of a list.
    List(List),
    /// A service's own record, with its settings.
    Service(ServiceSid),
    /// Another single record.
    Record(SingleRecord),
}

/// A record that is read by itself.
pub(super) enum SingleRecord {
    User(ServiceSid, UserSid),
    Channel(ServiceSid, ChannelSid),
}

pub(super) fn reading_of(target: &Target) -> Reading {
    match target.clone() {
        Target::Services => Reading::List(List::Services),
        Target::Roles(service) => Reading::List(List::Roles(service)),
        Target::Users(service) => Reading::List(List::Users(service)),
        Target::Channels(service) => Reading::List(List::Channels(service)),
        Target::UserChannels(service, user) => Reading::List(List::UserChannels(service, user)),
        Target::Members(service, channel) => Reading::List(List::Members(service, channel)),
        Target::Invites(service, channel) => Reading::List(List::Invites(service, channel)),
        Target::Messages(service, channel) => Reading::List(List::Messages(service, channel)),
        Target::Service(service) => Reading::Service(service),
        Target::User(service, user) => Reading::Record(SingleRecord::User(service, user)),
        Target::Channel(service, channel) => Reading::Record(SingleRecord::Channel(service, channel)),
    }
}

/// The service that a unit is of; none for the list of services.
pub(super) fn service_of(target: &Target) -> Option<&ServiceSid> {
    match target {
        Target::Services => None,
        Target::Service(service)
        | Target::Roles(service)
        | Target::Users(service)
        | Target::Channels(service)
        | Target::User(service, _)
        | Target::Channel(service, _)
        | Target::UserChannels(service, _)
        | Target::Members(service, _)
        | Target::Invites(service, _)
        | Target::Messages(service, _) => Some(service),
    }
}
