//! What a failed request means for its operation, and for the run.

use super::error::ApplyError;
use super::error_codes;
use crate::twilio::{RequestError, RequestErrorKind};

/// What a failed request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteFailure {
    /// The run is ending; nothing was sent.
    Interrupted,
    /// Nothing else would fare better.
    OfAll,
    /// Certainly not performed, for no reason of its own.
    NotDone,
    /// What it creates is there.
    AlreadyThere,
    /// Whether it was performed is not known.
    Unknown,
    /// What it refers to is not found.
    NotFound,
    /// Refused, for a reason of its own.
    OfItem,
}

impl WriteFailure {
    pub(super) fn of(error: &RequestError) -> Self {
        match &error.kind {
            _ if error.is_cancelled() => return Self::Interrupted,
            RequestErrorKind::NotSent(_) | RequestErrorKind::WaitTooLong => return Self::NotDone,
            RequestErrorKind::Broken(_)
            | RequestErrorKind::TimedOut(_)
            | RequestErrorKind::BadBody(_)
            | RequestErrorKind::TooLarge { .. }
            | RequestErrorKind::TooSlow
            | RequestErrorKind::CutOff => return Self::Unknown,
            _ => {}
        }
        if error.is_unauthorized()
            || error.is_gone()
            || (error.is_forbidden() && !error_codes::is_of_item(error.code))
        {
            Self::OfAll
        } else if error_codes::says_already_there(error.code) {
            Self::AlreadyThere
        } else if error.is_server_error() {
            Self::Unknown
        } else if error.status == Some(429) {
            Self::NotDone // never processed; the client has sent it again as often as is sensible
        } else if error.is_not_found() {
            Self::NotFound
        } else {
            Self::OfItem
        }
    }
}

pub(super) fn of_all(error: RequestError) -> ApplyError {
    if error.is_unauthorized() {
        ApplyError::Unauthorized(error.into())
    } else if error.is_gone() {
        ApplyError::Gone(error.into())
    } else {
        ApplyError::Forbidden(error.into())
    }
}
