//! Cases of conversations and of who is on them.

use super::*;

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn conversations(copy: Changed, in_place: Changed) -> Vec<(Expected<'static>, Case)> {
    vec![
        (("public_one_way", LOBBY, "2 of 3 users can no longer join", &[]), in_place(|_| {})),
        (
            ("conversation_missing", ROOM, "does not list it", &[]),
            in_place(|case| case.target.channels.clear()),
        ),
        (
            ("conversation_differs", ROOM, "friendly_name: \"Other\" → \"Room 10\"", &[]),
            in_place(|case| case.target.channels[0].friendly_name = Some("Other".to_owned())),
        ),
        (
            ("conversation_closed", ROOM, "would be written", &["create_participant (conversation_closed)"]),
            copy(|case| {
                perform_all(case);
                case.target.channels[0].state = Some(ConversationState::Closed);
                case.target.members.retain(|member| member.identity.as_deref() != Some("cyd"));
                case.target.memberships.truncate(2);
            }),
        ),
        (
            ("unique_name_taken", ROOM, "`room` is CH00000000000000000000000000000063", &[]),
            copy(|case| {
                case.source.channels[0].unique_name = Some("room".to_owned());
                let mut other = channel(0x63, "private");
                other.unique_name = Some("room".to_owned());
                other.date_created = Some(Timestamp::Seconds(DATE - 1));
                case.target.channels.push(other);
            }),
        ),
        (
            ("unique_name_duplicate", LOBBY, "`room` of another channel too", &[]),
            copy(|case| {
                for channel in &mut case.source.channels {
                    channel.unique_name = Some("room".to_owned());
                }
            }),
        ),
        (
            ("unique_name_like_sid", ROOM, LOBBY, &["create_conversation (unique_name_like_sid)"]),
            copy(|case| case.source.channels[0].unique_name = Some(LOBBY.to_owned())),
        ),
        (
            ("unique_name_too_long", ROOM, "257 characters", &["create_conversation (unique_name_too_long)"]),
            copy(|case| case.source.channels[0].unique_name = Some("x".repeat(257))),
        ),
        (
            (
                "participants_over_limit",
                ROOM,
                "3 participants; the limit is 2",
                &[
                    "create_conversation (participants_over_limit)",
                    "create_participant (participants_over_limit)",
                ],
            ),
            copy(|case| {
                case.options.target_limits = Some(ConversationLimits { participants: 2, conversations: 100 });
            }),
        ),
        (
            ("not_carried", ROOM, "the messaging service MG00000000000000000000000000000005", &[]),
            copy(|case| {
                case.source.channels[0].messaging_service_sid = Some(MessagingServiceSid::from_digits(5));
                case.source.service.account_sid = Some(AccountSid::from_digits(1));
                case.target.service.account_sid = Some(AccountSid::from_digits(2));
            }),
        ),
        (
            ("created_by_lost", ROOM, "created by `ada`", &[]),
            copy(|case| case.source.channels[0].created_by = Some("ada".to_owned())),
        ),
        (
            ("membership_without_channel", "CH00000000000000000000000000000007", "it has 1 member", &[]),
            in_place(|case| {
                let row = Membership {
                    channel_sid: ChannelSid::from_digits(7),
                    ..case.source.memberships[0].clone()
                };
                case.source.memberships.push(row);
            }),
        ),
        (
            ("member_without_user", "MB00000000000000050000000000000000", "of CH", &[]),
            copy(|case| {
                let mut stranger = case.source.members[0].clone();
                stranger.sid = MemberSid::from_digits(5 << 64);
                stranger.identity = Some("stranger".to_owned());
                case.source.members.push(stranger);
            }),
        ),
        (
            ("membership_without_user", BOB, "in 1 channel, such as CH", &[]),
            copy(|case| case.source.lost = Some("bob")),
        ),
        (
            ("non_chat_participant", "", "of CH", &[]),
            copy(|case| {
                let mut phone = case.source.members[0].clone();
                (phone.sid, phone.identity) = (MemberSid::from_digits(5), None);
                case.source.members.push(phone);
            }),
        ),
        (
            ("participant_missing", BOB_IN_ROOM, "not a participant of", &[]),
            in_place(|case| {
                case.target.members.remove(1);
                case.target.memberships.remove(1);
            }),
        ),
        (
            ("participant_differs", BOB_IN_ROOM, "last_read_message_index: 9 → 5", &[]),
            in_place(|case| case.target.members[1].last_consumed_message_index = Some(9)),
        ),
        (
            ("notification_level_differs", BOB_IN_ROOM, "\"muted\" → \"default\"", &[]),
            in_place(|case| {
                case.target.memberships[1].notification_level = Some(NotificationLevel::Muted);
            }),
        ),
        (
            ("invite_lost", "", "invited, and not a participant", &[]),
            copy(|case| case.source.invite(2, 20, true)),
        ),
        (
            (
                "only_in_target",
                "US00000000000000000000000000000009",
                "a user that the source does not have",
                &[],
            ),
            in_place(|case| case.target.users.push(user(9, "zoe"))),
        ),
    ]
}
