//! A round of drift in the life of the generated service: who comes and goes, reads, is renamed, and the exact list of that.
//!
//! What changes is chosen by seed and round, and done as a write does it; the list is taken from the rows that Chat shows
//! before and after, so that it cannot differ from what a reader finds.
//!
//! **Deliberately unchanged:** whatever a fault singled out, which is not shown as it is.

mod change;
mod choose;
mod rows;

pub use change::{DriftChange, DriftChangeKind};

use super::data::as_sent::AsSent;
use super::data::record::{ChannelRecord, MembershipRecord, UserRecord};
use super::data::{ServiceWorld, Writer, initial};
use super::draws::{DrawPurpose, below, next};
use choose::{Choice, DriftChoices};
use rows::rows;

/// Changes a share (0.0 to 1.0) of the memberships, users, channels and roles, and returns what changed, as Chat shows it.
pub(crate) fn pass(world: &ServiceWorld, round: u64, share: f64) -> Vec<DriftChange> {
    let chosen = DriftChoices::new(&world.view(), round, share);
    let mut writer = world.writer();
    let mut touched = chosen.touched(&writer.view());
    let before = rows(&writer.view(), &touched);
    for choice in &chosen.choices {
        act(&mut writer, world, round, choice, &mut touched);
    }
    let after = rows(&writer.view(), &touched);
    change::between(&before, &after)
}

fn act(
    writer: &mut Writer<'_>,
    world: &ServiceWorld,
    round: u64,
    choice: &Choice,
    touched: &mut rows::Touched,
) {
    let now = writer.now();
    match *choice {
        Choice::Leave(edge) => writer.delete_membership(edge),
        Choice::Join(user, channel) => {
            let role_sid = writer.view().defaults().channel_role_sid.clone();
            writer.create_membership(MembershipRecord::joined(Some(user), channel, role_sid, now));
        }
        Choice::Read(edge) => {
            let channel = writer.view().channel_of(edge);
            let last = initial::last_index(world, channel);
            writer.update_membership(edge, |record| {
                // Who had read everything goes back to the first: people mark things as unread.
                record.last_read_index = if record.last_read_index == last { last.map(|_| 0) } else { last };
                record.last_read = record.last_read_index.map(|_| now);
            });
        }
        Choice::Level(edge) => writer.update_membership(edge, |record| record.muted = !record.muted),
        Choice::Member(edge) => writer.update_membership(edge, |record| {
            record.attributes = Some(format!("{{\"round\":{round},\"seen\":\"{now}\"}}"));
            record.updated = now;
        }),
        Choice::User(user) => change_user(writer, world, round, user),
        Choice::Channel(channel) => change_channel(writer, world, round, channel),
        Choice::Role(role) => writer.update_role(role, |record| {
            if let Some(last) = record.permissions.iter().position(|name| name == "editAnyMessage") {
                record.permissions.remove(last);
            } else {
                record.permissions.push("editAnyMessage".to_owned());
            }
            record.updated = now;
        }),
        Choice::NewUser(number) => {
            touched.users.insert(create_user(writer, round, number));
        }
        Choice::NewChannel(number) => {
            touched.channels.insert(create_channel(writer, round, number));
        }
        Choice::DeleteUser(user) => writer.delete_user(user),
        Choice::DeleteChannel(channel) => writer.delete_channel(channel),
    }
}

fn change_user(writer: &mut Writer<'_>, world: &ServiceWorld, round: u64, user: u32) {
    let now = writer.now();
    let draw = world.draws.draw2(DrawPurpose::Drift, round, u64::from(user));
    let mut roles = world.role_sids.iter().take(2);
    writer.update_user(user, |record| {
        match below(draw, 3) {
            0 => record.friendly_name = Some(format!("Renamed in round {round}")),
            1 => record.attributes = Some(format!("{{\"round\":{round}}}")),
            _ => {
                let other = roles.find(|role| record.role_sid.as_ref() != Some(*role));
                record.role_sid = other.map(|role| (*role).clone());
            }
        }
        record.updated = now;
    });
}

fn change_channel(writer: &mut Writer<'_>, world: &ServiceWorld, round: u64, channel: u32) {
    let now = writer.now();
    let draw = world.draws.draw2(DrawPurpose::Drift, next(round), u64::from(channel));
    writer.update_channel(channel, |record| {
        match below(draw, 3) {
            0 => record.friendly_name = Some(format!("Renamed in round {round}")),
            1 => record.attributes = Some(format!("{{\"round\":{round}}}")),
            _ => record.unique_name = Some(format!("round-{round}-{channel}")),
        }
        record.updated = now;
    });
}

fn create_user(writer: &mut Writer<'_>, round: u64, number: u32) -> u32 {
    let now = writer.now();
    let role_sid = writer.view().defaults().service_role_sid.clone();
    writer.create_user(UserRecord {
        digits: 0,
        identity: format!("round/{round}+{number}@example.com"),
        friendly_name: None,
        attributes: Some("{}".to_owned()),
        role_sid: Some(role_sid),
        created: now,
        updated: now,
        sent: AsSent::default(),
    })
}

fn create_channel(writer: &mut Writer<'_>, round: u64, number: u32) -> u32 {
    let named =
        ChannelRecord::named(format!("Round {round}"), format!("round-{round}/{number}"), writer.now());
    writer.create_channel(ChannelRecord { private: number.is_multiple_of(2), ..named })
}
