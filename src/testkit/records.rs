//! Records of the service, by the digits of their SIDs.

use crate::model::*;

pub(crate) fn account_sid() -> AccountSid {
    AccountSid::from_digits(0xac)
}

/// The account as the field of a record.
#[expect(clippy::unnecessary_wraps, reason = "the model's fields are optional")]
pub(crate) fn account() -> Option<AccountSid> {
    Some(account_sid())
}

pub(crate) fn service_sid() -> ServiceSid {
    ServiceSid::from_digits(0x15)
}

/// A moment of the world, in seconds after it began.
#[expect(clippy::unnecessary_wraps, reason = "the model's fields are optional")]
pub(crate) fn date(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp::Seconds(1_500_000_000 + seconds))
}

pub(crate) fn service() -> Service {
    Service { sid: service_sid(), account_sid: account(), ..Service::sample(false) }
}

pub(crate) fn role(digits: u128) -> Role {
    Role {
        sid: RoleSid::from_digits(digits),
        account_sid: account(),
        service_sid: Some(service_sid()),
        ..Role::sample(false)
    }
}

pub(crate) fn user(digits: u128) -> User {
    User {
        sid: UserSid::from_digits(digits),
        account_sid: account(),
        service_sid: Some(service_sid()),
        ..User::sample(false)
    }
}

pub(crate) fn channel(digits: u128) -> Channel {
    Channel {
        sid: ChannelSid::from_digits(digits),
        account_sid: account(),
        service_sid: Some(service_sid()),
        ..Channel::sample(false)
    }
}

pub(crate) fn membership(user: UserSid, channel: ChannelSid) -> Membership {
    Membership {
        user_sid: user,
        channel_sid: channel,
        account_sid: account(),
        service_sid: Some(service_sid()),
        ..Membership::sample(false)
    }
}

pub(crate) fn member(sid: MemberSid, channel: ChannelSid) -> Member {
    Member {
        sid,
        channel_sid: channel,
        account_sid: account(),
        service_sid: Some(service_sid()),
        ..Member::sample(false)
    }
}

pub(crate) fn message(digits: u128, channel: ChannelSid) -> Message {
    Message {
        sid: MessageSid::from_digits(digits),
        channel_sid: channel,
        account_sid: account(),
        service_sid: Some(service_sid()),
        ..Message::sample(false)
    }
}
