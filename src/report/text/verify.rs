//! A verification in words: why a record differs, and what a reader of the result must know.

use super::format;
use crate::diff::Uncounted;
use crate::model::Share;

/// Of a membership of a sample.
pub(crate) const NO_VIEW: &str = "the user's own view of the conversation is not there";

/// Of a User Channel of the source that the plan mutes.
pub(crate) const MUTED: &str = "the source's own User Channel, which the plan mutes";
pub(crate) const MUTED_IS_GONE: &str = "the source's User Channel that the plan mutes is not there any more";

/// What was verified, as far as the notes say it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VerifyNotes {
    /// Whether the snapshot is incomplete.
    pub source_is_incomplete: bool,
    /// Whether the target could not be read completely.
    pub target_is_incomplete: bool,
    pub share: Option<Share>,
    pub uncounted: Uncounted,
}

/// What a reader must know.
pub(crate) fn notes(verified: VerifyNotes) -> Vec<String> {
    let VerifyNotes { source_is_incomplete, target_is_incomplete, share, uncounted } = verified;
    let Uncounted { invites, not_of_chat, strangers, same_by_digest, by_fields } = uncounted;
    let mut notes = Vec::new();
    if source_is_incomplete {
        notes.push("the snapshot is incomplete: what it lacks was not verified".to_owned());
    }
    if target_is_incomplete {
        notes.push(
            "not everything of the target could be read: what lies there is marked with `!`".to_owned(),
        );
    }
    if let Some(share) = share {
        notes.push(format!(
            "a sample: who is on part {} of {} of the conversations; roles and users are all verified",
            share.part, share.of
        ));
    }
    if invites > 0 {
        let have = if invites == 1 { "has" } else { "have" };
        let number = format::counted(invites, "pending invitation");
        notes.push(format!("{number} {have} no counterpart, and the mapping makes none"));
    }
    if not_of_chat > 0 {
        let number = format::counted(not_of_chat, "participant");
        let were = if not_of_chat == 1 { "was" } else { "were" };
        notes.push(format!(
            "{number} without an identity (SMS, WhatsApp and other networks) {were} not compared: a mapping makes none"
        ));
    }
    if strangers > 0 {
        let number = format::counted(strangers, "record");
        let are = if strangers == 1 { "is" } else { "are" };
        notes.push(format!(
            "{number} of the target (roles, users and conversations) {are} not of this source"
        ));
    }
    if same_by_digest + by_fields > 0 {
        let number = format::counted(same_by_digest, "conversation");
        let are = if same_by_digest == 1 { "is" } else { "are" };
        let compared = format::counted(by_fields, "other");
        notes.push(format!(
            "the messages of {number} {are} the same by count and digest; those of {compared} were compared field by field"
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_count_what_was_not_compared() {
        let verified = |invites, not_of_chat, strangers| VerifyNotes {
            source_is_incomplete: false,
            target_is_incomplete: false,
            share: None,
            uncounted: Uncounted { invites, not_of_chat, strangers, ..Uncounted::default() },
        };
        assert_eq!(notes(verified(0, 0, 0)), [""; 0]);
        assert_eq!(
            notes(verified(1, 1, 1)),
            [
                "1 pending invitation has no counterpart, and the mapping makes none",
                "1 participant without an identity (SMS, WhatsApp and other networks) was not compared: a mapping makes none",
                "1 record of the target (roles, users and conversations) is not of this source",
            ]
        );
        assert!(notes(verified(2, 2, 2))[1].starts_with("2 participants without an identity"));
        let uncounted = Uncounted { same_by_digest: 12, by_fields: 1, ..Uncounted::default() };
        assert_eq!(
            notes(VerifyNotes { uncounted, ..verified(0, 0, 0) }),
            [
                "the messages of 12 conversations are the same by count and digest; those of 1 other were compared field by field"
            ]
        );
    }
}
