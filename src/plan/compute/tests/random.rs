//! Whatever the service: a plan that was performed leaves nothing to do, and nothing in place is written to.

use proptest::prelude::*;

use super::*;

/// A service of a few users, channels, memberships and invitations.
fn worlds() -> impl Strategy<Value = World> {
    let membership = (0..6_u128, 0..4_u128, 0..6_u8);
    let channels = proptest::collection::vec((any::<bool>(), any::<bool>()), 0..4);
    (0..6_u128, channels, proptest::collection::vec(membership, 0..16)).prop_map(|(users, channels, rows)| {
        let mut world = World::chat();
        world.users.clear();
        world.channels.clear();
        world.members.clear();
        world.memberships.clear();
        world.users.extend((0..users).map(|number| user(number + 1, &format!("user {number}"))));
        for (number, (is_public, is_named)) in channels.iter().enumerate() {
            let mut channel = channel(number as u128 + 10, if *is_public { "public" } else { "private" });
            channel.unique_name = is_named.then(|| format!("room {number}"));
            world.channels.push(channel);
        }
        let mut seen = std::collections::BTreeSet::new();
        for (user, channel, form) in rows {
            let is_there = user < users && channel < channels.len() as u128;
            if !is_there || !seen.insert((user, channel)) {
                continue;
            }
            if form == 0 {
                world.invite(user + 1, channel + 10, false);
                continue;
            }
            world.join(user + 1, channel + 10);
            let (member, row) = (world.members.last_mut().unwrap(), world.memberships.last_mut().unwrap());
            if form == 1 {
                row.notification_level = Some(NotificationLevel::Muted);
            }
            if form == 2 {
                (row.last_consumed_message_index, member.last_consumed_message_index) = (None, None);
                member.last_consumption_timestamp = None;
            }
            if form == 3 {
                member.role_sid = None;
            }
        }
        world
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_that_was_performed_leaves_nothing_to_do(source in worlds()) {
        let mut there = target();
        let first = plan(&source, &there);
        prop_assert!(first.operations.iter().all(|(_, blocked)| blocked.is_none()), "{:?}", first.kinds());
        perform(&mut there, &first);
        let again = plan(&source, &there);
        prop_assert_eq!(again.kinds(), Vec::<String>::new());
        prop_assert_eq!(again.totals().noop.get("members").copied().unwrap_or(0), source.members.len() as u64);
    }

    #[test]
    fn in_place_nothing_is_written_but_the_type_of_public_channels(source in worlds()) {
        let kept = plan(&source, &source.in_place());
        let public = source.channels.iter().filter(|channel| channel.r#type == Some(ChannelType::Public));
        prop_assert_eq!(kept.kinds(), vec!["make_private".to_owned(); public.count()]);
    }
}
