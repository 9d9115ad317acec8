//! The table of checks: what a plan checks besides the operations themselves.
//!
//! **Invariant:** every check is in [`CHECKS`], and every plan's totals name every one of them, with 0 where it found nothing.

mod conversations;
mod messages;
mod services;
mod undo;
mod user_channel;
mod users;

pub(super) use conversations::*;
pub(super) use messages::*;
pub(super) use services::*;
pub(crate) use undo::CANNOT_BE_UNDONE;
pub(super) use undo::UNDO_CHECKS;
pub(super) use user_channel::ROW_FITS_NOTHING;
use user_channel::USER_CHANNEL_CHECKS;
pub(super) use users::*;

use super::finding::PlanCheck;

/// The checks that find what is not as the mapping wants it, and what no plan writes.
pub(crate) static DIFFERENCES: [&PlanCheck; 10] = [
    &ROLE_MISSING,
    &ROLE_DIFFERS,
    &USER_MISSING,
    &USER_DIFFERS,
    &CONVERSATION_MISSING,
    &CONVERSATION_DIFFERS,
    &PARTICIPANT_MISSING,
    &PARTICIPANT_DIFFERS,
    &NOTIFICATION_LEVEL_DIFFERS,
    &MESSAGE_DIFFERS,
];

/// Every check, in the order in which reports show them.
pub(crate) static CHECKS: [&PlanCheck; 69] = [
    &SNAPSHOT_INCOMPLETE,
    &INCOMPLETE_ALLOWED,
    &TARGET_INCOMPLETE,
    &SNAPSHOT_OLD,
    &SNAPSHOT_OF_SELECTED_USERS,
    &MEMBERS_NOT_READ,
    &TARGET_NOT_EMPTY,
    &TOO_MANY_CHANGES,
    &DEFAULT_TIMERS,
    &WEBHOOKS,
    &NOT_CHECKED,
    &MESSAGES_NOT_COPIED,
    &HORIZON_WITHOUT_MESSAGES,
    &SETTING_MOVED,
    &SETTING_WITHOUT_COUNTERPART,
    &SETTING_NOT_COPIED,
    &ROW_FAILED,
    &USER_VANISHED,
    &CHANNEL_VANISHED,
    &IDENTITY_MISSING,
    &IDENTITY_TOO_LONG,
    &IDENTITY_DUPLICATE,
    &IDENTITY_CASE,
    &ROLE_MISSING,
    &ROLE_DIFFERS,
    &ROLE_AMBIGUOUS,
    &ROLE_WITHOUT_COUNTERPART,
    &PERMISSION_LOST,
    &PERMISSION_UNKNOWN,
    &USER_MISSING,
    &USER_DIFFERS,
    &CONVERSATIONS_OVER_LIMIT,
    &OVER_USUAL_LIMIT,
    &FRIENDLY_NAME_TOO_LONG,
    &ATTRIBUTES_TOO_LONG,
    &ATTRIBUTES_NOT_JSON,
    &ATTRIBUTES_LEFT_OUT,
    &PUBLIC_ONE_WAY,
    &CONVERSATION_MISSING,
    &CONVERSATION_DIFFERS,
    &CONVERSATION_CLOSED,
    &UNIQUE_NAME_TAKEN,
    &UNIQUE_NAME_DUPLICATE,
    &UNIQUE_NAME_LIKE_SID,
    &UNIQUE_NAME_TOO_LONG,
    &PARTICIPANTS_OVER_LIMIT,
    &CREATED_BY_LOST,
    &NOT_CARRIED,
    &MEMBERSHIP_WITHOUT_CHANNEL,
    &MEMBERSHIP_WITHOUT_USER,
    &MEMBER_WITHOUT_USER,
    &NON_CHAT_PARTICIPANT,
    &PARTICIPANT_MISSING,
    &PARTICIPANT_DIFFERS,
    &NOTIFICATION_LEVEL_DIFFERS,
    &INVITE_LOST,
    &MESSAGE_TOO_LONG,
    &MESSAGE_LONG,
    &MESSAGE_WITHOUT_INDEX,
    &MESSAGE_OUT_OF_ORDER,
    &MESSAGE_DIFFERS,
    &MEDIA_LEFT_BEHIND,
    &MEDIA_TOO_LARGE,
    &MEDIA_TYPE_REFUSED,
    &SEVERAL_MEDIA,
    &AUTHOR_UNKNOWN,
    &MESSAGE_OF_SYSTEM,
    &MESSAGE_INDEX_GAP,
    &ONLY_IN_TARGET,
];

/// The checks of every kind of plan.
pub(crate) fn all_checks() -> impl Iterator<Item = &'static PlanCheck> {
    CHECKS.into_iter().chain(UNDO_CHECKS).chain(USER_CHANNEL_CHECKS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::finding::Severity;
    use std::collections::BTreeSet;

    #[test]
    fn every_check_has_a_code_of_its_own_and_words() {
        let codes: BTreeSet<&str> = all_checks().map(|check| check.code).collect();
        assert_eq!(codes.len(), CHECKS.len() + UNDO_CHECKS.len() + USER_CHANNEL_CHECKS.len());
        for check in all_checks() {
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            assert!(check.code.bytes().all(fits), "{}", check.code);
            let [none, one, many] = [0, 1, 1_221].map(|count| check.title(count, |_| "1,221".to_owned()));
            for title in [&none, &one, &many] {
                assert!(!title.is_empty() && !title.ends_with('.') && !title.contains('{'), "{title}");
            }
            assert!(many.contains("1,221") && !none.contains(char::is_numeric) && none != one, "{many}");
            assert!(check.meaning.ends_with('.') && !check.advice.ends_with('.'), "{}", check.code);
            assert!(!check.of_plan || check.severity == Severity::Block, "{}", check.code);
            assert_ne!(check.severity, Severity::Pass, "{}", check.code);
        }
    }

    #[test]
    fn titles_say_what_was_found_with_the_number_in_it() {
        let titles: String = all_checks()
            .flat_map(|check| {
                let titles =
                    [0, 1, 2].map(|count| format!("  {}\n", check.title(count, |count| count.to_string())));
                std::iter::once(format!("{}\n", check.code)).chain(titles)
            })
            .collect();
        insta::assert_snapshot!("titles", titles);
    }

    #[test]
    fn the_document_says_what_the_table_says() {
        let document = include_str!("../../../docs/checks.md");
        let mut last = 0;
        for check in all_checks() {
            let severity = serde_json::to_value(check.severity).unwrap();
            let reach = if check.of_plan { " (the entire plan)" } else { "" };
            let paragraph = format!(
                "### {}\n\n**{}{reach}**: {}. {}\n\nWhat to do: {}. When nothing is found: {}.\n",
                check.code,
                severity.as_str().unwrap(),
                check.one,
                check.meaning,
                check.advice,
                check.passes
            );
            let place =
                document.find(&paragraph).unwrap_or_else(|| panic!("docs/checks.md lacks:\n{paragraph}"));
            assert!(place > last, "{} stands where the table has it", check.code);
            last = place;
        }
        assert_eq!(document.matches("\n### ").count(), all_checks().count());
    }
}
