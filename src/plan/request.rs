//! The request that an operation is, as a value: one function from operation to request, which reports show and `apply` sends.
//!
//! **Invariant:** what is shown is what is sent. Both come from [`Operation::request`], and its text is part of the plan's digest.

use super::operation::Operation;
use crate::model::Entity;

/// The API, and on which side of the migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Chat v2 or v3 of the source's account.
    SourceChat,
    /// Conversations v1 of the target's account.
    TargetConversations,
}

/// How.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Creates and updates.
    Post,
    /// Deletes; in an undo plan alone.
    Delete,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// As it is.
    Text(String),
    /// The target's SID of what stands for this source record; known once it is created. Shown as `{CH…}`.
    Counterpart {
        /// What it is.
        entity: Entity,
        /// Its SID in the source.
        source: String,
    },
}

/// A value of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormValue {
    /// As it is.
    Text(String),
    /// See [`Segment::Counterpart`].
    Counterpart {
        /// What it is.
        entity: Entity,
        /// Its SID in the source.
        source: String,
    },
}

/// A request that would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRequest {
    /// To which API.
    pub endpoint: Endpoint,
    /// How.
    pub method: Method,
    /// The path's segments, not encoded.
    pub segments: Vec<Segment>,
    /// The form, in order. A key may come again: that is how a list is sent.
    pub form: Vec<(&'static str, FormValue)>,
    /// Whether the API takes `X-Twilio-Webhook-Enabled` here.
    pub takes_webhook_header: bool,
}

impl Operation {
    /// The request that performs it.
    pub fn request(&self) -> PlannedRequest {
        PlannedRequest {
            endpoint: Endpoint::TargetConversations,
            method: Method::Post,
            segments: Vec::new(),
            form: Vec::new(),
            takes_webhook_header: false,
        }
    }
}
