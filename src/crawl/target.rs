//! What a unit of the frontier is to a source: which list or record, of which service, and how long.

use crate::model::{ChannelSid, MemberSid, ServiceSid, UserSid};
use crate::snapshot::{Target, Unit};
use crate::source::{List, uncounted_size};
use crate::twilio::ListSize;

/// What is sent to read a unit.
pub(super) enum UnitReading {
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
    Member(ServiceSid, ChannelSid, MemberSid),
}

pub(super) fn reading_of(target: &Target) -> UnitReading {
    match target.clone() {
        Target::Services => UnitReading::List(List::Services),
        Target::Roles(service) => UnitReading::List(List::Roles(service)),
        Target::Users(service) => UnitReading::List(List::Users(service)),
        Target::Channels(service) => UnitReading::List(List::Channels(service)),
        Target::UserChannels(service, user) => UnitReading::List(List::UserChannels(service, user)),
        Target::Members(service, channel) => UnitReading::List(List::Members(service, channel)),
        Target::Member(service, channel, member) => {
            UnitReading::Record(SingleRecord::Member(service, channel, member))
        }
        Target::Invites(service, channel, identity) => {
            UnitReading::List(List::Invites(service, channel, identity))
        }
        Target::Messages(service, channel) => UnitReading::List(List::Messages(service, channel)),
        Target::Bindings(service) => UnitReading::List(List::Bindings(service, None)),
        Target::UserBindings(service, _, identity) => {
            UnitReading::List(List::Bindings(service, Some(identity)))
        }
        Target::Service(service) => UnitReading::Service(service),
        Target::User(service, user) => UnitReading::Record(SingleRecord::User(service, user)),
        Target::Channel(service, channel) => UnitReading::Record(SingleRecord::Channel(service, channel)),
    }
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
        | Target::Member(service, ..)
        | Target::Invites(service, ..)
        | Target::Messages(service, _)
        | Target::Bindings(service)
        | Target::UserBindings(service, ..) => Some(service),
    }
}
