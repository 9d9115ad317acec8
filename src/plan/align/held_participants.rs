//! What the target has of one conversation, found by member SID or identity.

use std::collections::HashMap;

use super::context::fingerprint;
use super::item::Actual;
use crate::model::{Member, MemberSid, Membership};

/// How many participants of the target are held at a time: eight times what Twilio allows in a conversation. Few in tests, so
/// that small conversations are taken in parts there.
pub(super) const HELD: usize = if cfg!(test) { 8 } else { 8_192 };

/// A participant that the target has.
pub(super) struct HeldParticipant {
    pub(super) member: Option<Member>,
    pub(super) membership: Option<Membership>,
    pub(super) is_matched: bool,
}

impl HeldParticipant {
    pub(super) fn actual(&self) -> Actual<'_> {
        Actual::Participant { member: self.member.as_ref(), membership: self.membership.as_ref() }
    }
}

/// Participants that the target has: all of a conversation, or one part of them.
#[derive(Default)]
pub(super) struct HeldParticipants {
    pub(super) participants: Vec<HeldParticipant>,
    pub(super) by_sid: HashMap<MemberSid, usize>,
    pub(super) by_identity: HashMap<String, usize>,
    /// How many the conversation has in all.
    pub(super) total: usize,
    pub(super) part: usize,
    pub(super) parts: usize,
}

impl HeldParticipants {
    pub(super) fn find(&self, sid: Option<&MemberSid>, identity: Option<&str>) -> Option<usize> {
        let by_sid = sid.and_then(|sid| self.by_sid.get(sid));
        by_sid.or_else(|| self.by_identity.get(identity?)).copied()
    }

    /// Whether a participant belongs to the part that is held.
    pub(super) fn has(&self, identity: Option<&str>, sid: Option<&MemberSid>) -> bool {
        if self.parts <= 1 {
            return true;
        }
        let key = match (identity, sid) {
            (Some(identity), _) => fingerprint(identity),
            (None, Some(sid)) => fingerprint(&sid.to_string()),
            (None, None) => 0,
        };
        key % self.parts as u128 == self.part as u128
    }

    /// Notes that a participant of the target was met, and says which.
    pub(super) fn mark(&mut self, sid: Option<&MemberSid>, identity: Option<&str>) -> Option<usize> {
        let found = self.find(sid, identity);
        if let Some(position) = found {
            self.participants[position].is_matched = true;
        }
        found
    }
}
