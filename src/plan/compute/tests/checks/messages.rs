//! Cases of messages. A finding is of their conversation.

use super::*;

fn room() -> ChannelSid {
    ChannelSid::from_digits(10)
}

fn say(case: &mut Case, index: i64, body: &str) {
    case.source.say(&room(), index, "ada", body);
}

/// The conversation of the copy, with what someone said there.
fn say_in_copy(case: &mut Case, index: i64, from: &str, body: &str) {
    perform_all(case);
    let name = format!("chatferry-{}", room());
    let copy = case.target.channels.iter().find(|channel| channel.unique_name.as_ref() == Some(&name));
    let sid = copy.unwrap().sid.clone();
    case.target.say(&sid, index, from, body);
}

/// A message with media, of a plan that copies media.
fn see(case: &mut Case, media: &str) {
    say(case, 0, "see this");
    case.source.messages[0].media = json(media);
    case.media = true;
}

pub(super) fn messages(copy: Changed) -> Vec<(Expected<'static>, Case)> {
    vec![
        (
            ("message_too_long", ROOM, "1 message, IM", &["create_message (message_too_long)"]),
            copy(|case| say(case, 0, &"x".repeat(32 * 1_024 + 1))),
        ),
        (
            ("message_long", ROOM, "1 message", &["create_message"]),
            copy(|case| say(case, 0, &"x".repeat(1_601))),
        ),
        (
            (
                "message_without_index",
                ROOM,
                "1 message",
                &["create_message", "create_message (message_without_index)"],
            ),
            copy(|case| {
                for body in ["one", "two"] {
                    say(case, 3, body);
                }
            }),
        ),
        (
            ("message_out_of_order", ROOM, "1 message", &["create_message (message_out_of_order)"]),
            copy(|case| {
                say(case, 0, "first");
                say(case, 1, "second");
                say_in_copy(case, 1, "ada", "second");
            }),
        ),
        (
            ("message_differs", ROOM, "1 message", &[]),
            copy(|case| {
                say(case, 0, "first");
                say_in_copy(case, 0, "ada", "edited");
            }),
        ),
        (
            ("media_left_behind", ROOM, "1 message", &["create_message (media_left_behind)"]),
            copy(|case| {
                say(case, 0, "see this");
                case.source.messages[0].media = json("{\"sid\":\"ME1\",\"size\":5}");
            }),
        ),
        (
            ("media_too_large", ROOM, "1 message", &["create_message (media_too_large)"]),
            copy(|case| see(case, "{\"sid\":\"ME1\",\"size\":157286401,\"content_type\":\"image/png\"}")),
        ),
        (
            ("media_type_refused", ROOM, "1 message", &["create_message (media_type_refused)"]),
            copy(|case| see(case, "{\"sid\":\"ME1\",\"size\":5,\"content_type\":\"png\"}")),
        ),
        (
            ("several_media", ROOM, "1 message", &["create_message (several_media)"]),
            copy(|case| {
                let one = "{\"sid\":\"ME1\",\"size\":5,\"content_type\":\"image/png\"}";
                see(case, &format!("[{one},{one}]"));
            }),
        ),
        (
            ("author_unknown", ROOM, "2 messages, the first is IM", &["create_message", "create_message"]),
            copy(|case| {
                for index in 0..2 {
                    case.source.say(&room(), index, "zoe", "hello");
                }
            }),
        ),
        (
            ("message_of_system", ROOM, "1 message", &["create_message"]),
            copy(|case| case.source.say(&room(), 0, "system", "made")),
        ),
        (
            ("message_index_gap", ROOM, "2 messages", &["create_message"]),
            copy(|case| {
                for index in [2, 3, 7] {
                    say(case, index, "hello");
                }
            }),
        ),
    ]
}
