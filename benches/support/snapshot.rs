//! Large snapshots of made-up users with ten channels each.

use std::path::Path;

use chatferry::internals::model::{
    AccountSid, Api, Channel, ChannelSid, Entity, ListPage, MemberSid, Membership, MembershipStatus,
    NotificationLevel, Records, ServiceSid, Timestamp, User, UserSid,
};
use chatferry::internals::snapshot::{CrawlIdentity, SnapshotWriter, Target};

use super::Result;

/// Memberships of a user.
pub(crate) const EACH: u64 = 10;
/// Channels for each membership of a user.
const CHANNELS: u64 = 10_000;
/// When the crawl that made the snapshot was started.
const STARTED: &str = "2026-11-23T00:00:00Z";

pub(crate) fn page_size(_: Entity) -> u32 {
    100
}

/// A number that looks like any other, the same each time.
pub(crate) fn mix(number: u64) -> u128 {
    let mut state = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
        u128::from(state)
    };
    next() << 64 | next()
}

fn identity(account: &AccountSid, service: &ServiceSid, include: &[Entity]) -> CrawlIdentity {
    CrawlIdentity {
        account_sid: account.clone(),
        services: vec![service.clone()],
        source: Api::Chat,
        include: include.to_vec(),
        users: None,
        started: STARTED.to_owned(),
    }
}

/// Makes a finished snapshot of so many users with what is included, through the writer, as a crawl does.
pub(crate) fn make(path: &Path, users: u64, include: &[Entity]) -> Result<()> {
    let (service, account) = (ServiceSid::from_digits(1), AccountSid::from_digits(2));
    let mut writer = SnapshotWriter::create(path, &identity(&account, &service, include), page_size)?;
    let page = |records: Records, received: usize, next: Option<String>| ListPage {
        records,
        received,
        issues: Vec::new(),
        next,
        page_size: None,
    };
    let date = Some(Timestamp::Seconds(1_700_000_000));
    let user = |number: u64| User {
        sid: UserSid::from_digits(mix(number)),
        account_sid: Some(account.clone()),
        service_sid: Some(service.clone()),
        attributes: Some("{}".to_owned()),
        friendly_name: Some(format!("Ada the {number}th")),
        role_sid: None,
        identity: Some(format!("user{number}@example.com")),
        is_online: None,
        is_notifiable: None,
        date_created: date.clone(),
        date_updated: date.clone(),
        joined_channels_count: Some(EACH.cast_signed()),
        extra: None,
    };
    let channel = |number: u64| Channel {
        sid: ChannelSid::from_digits(mix(1 << 60 | number)),
        account_sid: Some(account.clone()),
        service_sid: Some(service.clone()),
        friendly_name: Some(format!("Channel {number}")),
        unique_name: Some(format!("channel-{number}")),
        attributes: Some("{}".to_owned()),
        r#type: None,
        date_created: date.clone(),
        date_updated: date.clone(),
        created_by: None,
        members_count: None,
        messages_count: None,
        state: None,
        timers: None,
        messaging_service_sid: None,
        bindings: None,
        extra: None,
    };
    let mut stored = 0;
    loop {
        let units = writer.pending(5_000, &[])?;
        if units.is_empty() {
            break;
        }
        writer.begin()?;
        for unit in units {
            match &unit.target {
                Target::Users(_) => {
                    for first in (0..users).step_by(10_000) {
                        let end = (first + 10_000).min(users);
                        let next = (end < users).then(|| end.to_string());
                        let rows: Vec<User> = (first..end).map(user).collect();
                        writer.store_page(&unit, &page(Records::Users(rows), 10_000, next))?;
                    }
                }
                Target::Channels(_) => {
                    let rows = (0..EACH * CHANNELS).map(channel).collect();
                    writer.store_page(&unit, &page(Records::Channels(rows), 10_000, None))?;
                }
                Target::UserChannels(_, user) => {
                    let place = |place: u64| Membership {
                        account_sid: Some(account.clone()),
                        service_sid: Some(service.clone()),
                        channel_sid: ChannelSid::from_digits(mix(
                            1 << 60 | (place * CHANNELS + (stored * 7919 + place) % CHANNELS)
                        )),
                        user_sid: user.clone(),
                        member_sid: Some(MemberSid::from_digits(mix(1 << 61 | (stored * EACH + place)))),
                        status: Some(MembershipStatus::Joined),
                        last_consumed_message_index: Some((stored % 500).cast_signed()),
                        unread_messages_count: Some((stored % 7).cast_signed()),
                        notification_level: Some(NotificationLevel::Default),
                        extra: None,
                    };
                    let rows: Vec<Membership> = (0..EACH).map(place).collect();
                    writer.store_page(&unit, &page(Records::Memberships(rows), 10, None))?;
                    stored += 1;
                }
                _ => writer.fail_unit(unit.id, "not a part of this bench")?,
            }
        }
        writer.commit()?;
    }
    writer.reconcile(0, true)?;
    writer.finish("2026-11-23T01:00:00Z")?;
    writer.close_if_free()?;
    Ok(())
}
