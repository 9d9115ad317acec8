//! What a unit of the frontier is to a source: which list, of which service.

use crate::model::ServiceSid;
use crate::snapshot::Target;
use crate::source::List;

/// The list that a unit is; none for single records.
pub(super) fn list_of(target: &Target) -> Option<List> {
    Some(match target.clone() {
        Target::Services => List::Services,
        Target::Roles(service) => List::Roles(service),
        Target::Users(service) => List::Users(service),
        Target::Channels(service) => List::Channels(service),
        Target::UserChannels(service, user) => List::UserChannels(service, user),
        Target::Members(service, channel) => List::Members(service, channel),
        Target::Invites(service, channel) => List::Invites(service, channel),
        Target::Messages(service, channel) => List::Messages(service, channel),
        Target::Service(_) | Target::User(..) | Target::Channel(..) => return None,
    })
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
