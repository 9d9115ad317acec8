//! Updates of records: what was sent of a value is gone once the value is written.

use super::record::{ChannelRecord, MembershipRecord, RoleRecord, UserRecord};

/// The keys of the values that an update changed, under the names of both APIs.
macro_rules! changed {
    ($before:ident, $after:ident: $($field:ident => [$($key:literal),+]),+ $(,)?) => {{
        let mut keys: Vec<&'static str> = Vec::new();
        $(if $before.$field != $after.$field {
            keys.extend([$($key),+]);
        })+
        keys
    }};
}

pub(super) fn update_user(record: &mut UserRecord, update: impl FnOnce(&mut UserRecord)) {
    let before = record.clone();
    update(record);
    record.sent.forget(&changed!(before, record:
        friendly_name => ["friendly_name"],
        attributes => ["attributes"],
        role_sid => ["role_sid"],
        updated => ["date_updated"],
    ));
}

pub(super) fn update_channel(record: &mut ChannelRecord, update: impl FnOnce(&mut ChannelRecord)) {
    let before = record.clone();
    update(record);
    record.sent.forget(&changed!(before, record:
        friendly_name => ["friendly_name"],
        unique_name => ["unique_name"],
        attributes => ["attributes"],
        private => ["type"],
        state => ["state"],
        timers => ["timers"],
        messaging_service_sid => ["messaging_service_sid"],
        email => ["bindings"],
        created => ["date_created"],
        updated => ["date_updated"],
    ));
}

pub(super) fn update_membership(record: &mut MembershipRecord, update: impl FnOnce(&mut MembershipRecord)) {
    let before = record.clone();
    update(record);
    let keys = changed!(before, record:
        role_sid => ["role_sid"],
        attributes => ["attributes"],
        binding => ["messaging_binding"],
        last_read_index => ["last_consumed_message_index", "last_read_message_index", "unread_messages_count"],
        last_read => ["last_consumption_timestamp", "last_read_timestamp"],
        muted => ["notification_level"],
        created => ["date_created"],
        updated => ["date_updated"],
    );
    if let Some(read) = &mut record.read {
        if before.last_read_index != record.last_read_index {
            read.reading = None;
        }
        read.as_member.forget(&keys);
        read.as_user_channel.forget(&keys);
    }
}

pub(super) fn update_role(record: &mut RoleRecord, update: impl FnOnce(&mut RoleRecord)) {
    let before = record.clone();
    update(record);
    record.sent.forget(&changed!(before, record:
        permissions => ["permissions"],
        updated => ["date_updated"],
    ));
}
