//! What to do about the errors that single items fail with, by Twilio's code. The codes are those of Twilio's error pages
//! (`https://www.twilio.com/docs/api/errors/…`).

/// The codes that say that what is created is there already: users (50201), unique names (50353), Chat members (50404),
/// participants (50433) and, in groups, 50437 and 50438.
const ALREADY_THERE: [i64; 6] = [50201, 50353, 50404, 50433, 50437, 50438];

/// Whether a code says that what is created is there already.
pub(super) fn says_already_there(code: Option<i64>) -> bool {
    code.is_some_and(|code| ALREADY_THERE.contains(&code))
}

/// A closed conversation takes no changes.
pub(super) const CLOSED: i64 = 50377;

/// The codes of a value or a limit that one conversation fails with, or one of its participants: names (50003), roles (50100, 50101,
/// 50103), identities (50207), conversations of a user (50214), attributes (50303, 50304), state and timers (50382, 50384), unique names
/// (50390), participants of a conversation (50403, 50417), and one that is named twice (50433).
const OF_PARTICIPANT: [i64; 14] =
    [50003, 50100, 50101, 50103, 50207, 50214, 50303, 50304, 50382, 50384, 50390, 50403, 50417, 50433];

/// Whether a code says nothing of other conversations that are created with participants.
pub(super) fn is_of_participant(code: Option<i64>) -> bool {
    code.is_some_and(|code| OF_PARTICIPANT.contains(&code))
}

/// Whether a code says that the user is not on the channel (50400), or not in the conversation (50430).
pub(super) fn says_not_on_it(code: Option<i64>) -> bool {
    matches!(code, Some(50400 | 50430))
}

/// Whether a code is of the item, whatever the status: Twilio answers 403 when a counter is at its limit.
pub(super) fn is_of_item(code: Option<i64>) -> bool {
    code.is_some_and(|code| (50_000..60_000).contains(&code))
}

/// What to do.
pub(super) fn of(code: i64) -> Option<&'static str> {
    Some(match code {
        20404 => "it is not there any more: plan again",
        50003 => "shorten the friendly name in the source or in the mapping, and plan again",
        50100 | 50101 | 50103 => "the role is not there: plan again, so that it is made first",
        50201 | 50353 | 50433 => "it exists under this name, but not as planned: plan again",
        50207 => "shorten the identity in the mapping, and plan again",
        50214 => {
            "the identity is in as many conversations as the service allows: raise `Limits.UserChannels` of the Chat service (at \
             most 1,000), and run apply again"
        }
        50300 | 50350 => "the conversation is not there any more: plan again",
        50303 => "shorten the attributes in the mapping, and plan again",
        50304 => "the attributes are not JSON: fix them in the mapping, and plan again",
        CLOSED => "a closed conversation takes no changes: open it, or leave it out",
        50382 | 50384 => "state and timers do not fit together: fix them in the mapping, and plan again",
        50385 => "Conversations is not offered in this region",
        50390 => "a unique name must not look like a SID: change it in the mapping, and plan again",
        50403 | 50417 => {
            "the conversation has as many participants as the service allows: raise `Limits.ChannelMembers` of the Chat service (at \
             most 1,000), and run apply again"
        }
        50416 => {
            "another conversation that is open has this pair of addresses: close it, or leave the participant out"
        }
        50422 => {
            "the conversation has 50 participants of other networks, which is all that Twilio allows: leave the others out"
        }
        50436 => {
            "a group MMS takes ten participants: leave the others out, or the projected addresses, in the mapping"
        }
        50441 | 50444 => {
            "the addresses of this participant do not fit together: leave them out in the mapping, and plan again"
        }
        50400 | 50402 | 50430 => "the participant is not there any more: plan again",
        _ => return None,
    })
}
