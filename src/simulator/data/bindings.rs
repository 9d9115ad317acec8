//! What the seed says of push notification bindings: about two of three users have a phone, and one of seven has a second device.
//!
//! The id of a binding is its rank among twice as many as there are users: the two devices that each may have.

use super::as_sent::AsSent;
use super::binding_words::{self, TWILSOCK};
use super::record::{BindingRecord, moment};
use super::sid::{self, SidSpace};
use super::{ServiceWorld, users};
use crate::simulator::WorldKind;
use crate::simulator::draws::{DrawPurpose, below, next};

/// The SIDs of both devices of every user.
pub(super) fn sids(world: &ServiceWorld) -> SidSpace {
    SidSpace::new(world.draws, "BS", 0, world.users.count().saturating_mul(2))
}

/// The device, if the user has it.
pub(super) fn generated(world: &ServiceWorld, binding: u32) -> Option<BindingRecord> {
    let user = binding / 2;
    let draw = world.draws.draw(DrawPurpose::Binding, u64::from(binding));
    let is_there = if binding.is_multiple_of(2) { below(draw, 3) > 0 } else { below(draw, 7) == 0 };
    if !is_there {
        return None;
    }
    let kind = match below(next(draw), 8) {
        0 => TWILSOCK,
        1 => "gcm",
        2 | 3 => "apn",
        _ => "fcm",
    };
    let digits = sids(world).digits(binding);
    let registered = u32::try_from(users::generated(world, user).created.as_second()).unwrap_or_default();
    let created = registered + below(next(next(draw)), 9_000_000);
    let text = |name: &str| name.to_owned();
    // What may be null is null now and then, in what real accounts have.
    let lacks = below(next(next(next(draw))), 6);
    let given = |field: u32| world.kind == WorldKind::Plain || lacks != field;
    Some(BindingRecord {
        digits,
        user: Some(user),
        identity: Some(users::identity(world, user)),
        endpoint: given(0).then(|| format!("{kind}:{:032x}", digits.rotate_left(17))),
        // What is connected itself needs no credential of a push service.
        credential_sid: (kind != TWILSOCK && given(1))
            .then(|| sid::text("CR", sid::draw_digits(world.draws, 11))),
        kind: Some(text(kind)),
        message_types: given(2).then(|| binding_words::of_chat().map(text).collect()),
        created: moment(created),
        updated: moment(created + below(draw, 2_000_000)),
        sent: AsSent::default(),
    })
}
