//! What a plan is computed with, besides what is read from files.

use crate::model::Timestamp;
use crate::plan::pace::RequestPace;

/// The most that Twilio documents of either, for a service that does not say its own limits.
const MOST: u64 = 1_000;

/// How large conversations and users may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversationLimits {
    pub participants: u64,
    /// Conversations of one identity.
    pub conversations: u64,
}

impl ConversationLimits {
    /// What a service has whose limits were never raised.
    pub const DEFAULT: Self = Self { participants: 100, conversations: 250 };
    /// The most that they can be raised to.
    pub const MOST: Self = Self { participants: MOST, conversations: MOST };

    /// What a Chat service says of itself: `{"channel_members": …, "user_channels": …}`.
    pub fn of_json(text: &str) -> Option<Self> {
        let said: serde_json::Value = serde_json::from_str(text).ok()?;
        let number = |key: &str| said.get(key).and_then(serde_json::Value::as_u64);
        Some(Self { participants: number("channel_members")?, conversations: number("user_channels")? })
    }
}

/// How a plan is computed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanOptions {
    /// Plan from a snapshot or a target that is not complete.
    pub allow_incomplete: bool,
    /// The age from which a snapshot is called old.
    pub max_age_hours: Option<u32>,
    /// The time of planning. It decides whether the snapshot is old, and nothing else.
    pub now: Option<Timestamp>,
    /// The most of a target that is not empty that may be changed or created, in percent of what should be there.
    pub max_change_percent: Option<u8>,
    /// Create conversations together with participants.
    pub batches: bool,
    /// The limits of a service that is copied into, where they are known.
    pub target_limits: Option<ConversationLimits>,
    /// For the estimate of time.
    pub pace: RequestPace,
}
