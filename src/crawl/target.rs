//! What a unit of the frontier is to a source: which list, of which service, and how long.

use crate::model::ServiceSid;
use crate::snapshot::{Target, Unit};
use crate::source::{List, uncounted_size};
use crate::twilio::ListSize;

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

/// How long the list of a unit can be, with pages of this size.
pub(super) fn list_size(unit: &Unit, list: &List, page: u32) -> ListSize {
    let of_one = matches!(unit.target, Target::UserChannels(..) | Target::Members(..) | Target::Messages(..));
    match unit.expected_pages.filter(|_| of_one) {
        Some(pages) => ListSize::Counted(pages.saturating_mul(u64::from(page))),
        None => uncounted_size(list),
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
