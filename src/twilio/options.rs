//! What a client is made of: where it sends, as whom, how fast and how patiently.

use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::retry::RetryPolicy;
use super::throttle::Limits;
use crate::event::Events;
use crate::secret::{Credentials, Origin};

/// Everything that a [`Client`](super::Client) is made of.
#[derive(Debug, Clone)]
pub(crate) struct ClientOptions {
    /// Programmable Chat's origin.
    pub chat_origin: Origin,
    pub conversations_origin: Origin,
    /// Where an OAuth client asks for access tokens.
    pub oauth_origin: Origin,
    /// The Media Content Service's origin.
    pub media_origin: Origin,
    /// Who signs the requests.
    pub credentials: Credentials,
    /// How fast.
    pub limits: Limits,
    /// How long one attempt may take.
    pub timeouts: Timeouts,
    /// The most bytes of an answer's body, decompressed.
    pub max_answer: usize,
    /// The most rows of a list, whatever it is of; none is by its size.
    pub max_list_rows: Option<u64>,
    /// How often and when a request is sent again.
    pub retry: RetryPolicy,
    /// Once cancelled, no attempt starts, and those in flight have [`Timeouts::grace`].
    pub cancellation: CancellationToken,
    /// Where events go.
    pub events: Events,
    /// The seed of the jitter.
    pub seed: u64,
    /// What time it is, for `Retry-After` dates.
    pub now: fn() -> Timestamp,
}

/// How long one attempt may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// To connect, TLS included.
    pub connect: Duration,
    /// Between two pieces of the answer.
    pub read: Duration,
    /// In all.
    pub total: Duration,
    /// After the run was asked to end.
    pub grace: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(30),
            total: Duration::from_mins(1),
            grace: Duration::from_secs(5),
        }
    }
}
