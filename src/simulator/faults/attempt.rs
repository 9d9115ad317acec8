//! The faults of one attempt of one request.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Fault, Faults};
use crate::simulator::draws::{DrawPurpose, Draws, happens};

/// One request has no more faults than this, so that a client with a few retries gets through.
const MOST_IN_A_ROW: u32 = 3;

/// What happens instead of, or after, the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttemptFault {
    /// Another status, with `Retry-After` in seconds.
    Status(u16, Option<u32>),
    /// The connection ends without an answer.
    Reset,
    Truncate,
    /// A 200 that is not JSON.
    Html,
    Hang,
    /// The page token is refused.
    ExpiredToken,
    /// Not found, once.
    NotFound,
    /// The write takes effect, and the answer is lost.
    LostAnswer,
    /// The write takes effect, and the answer has another status.
    AcceptedThen(u16),
    /// A gateway's own 403.
    Gateway,
    /// A body that does harm.
    Hostile(HostileBody),
}

/// How a body does harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostileBody {
    Big,
    GzipBomb,
    Slow,
}

/// What matters of a request.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestTraits<'a> {
    /// The path as it was sent.
    pub(crate) path: &'a str,
    /// The hash of method, path, query and body.
    pub(crate) key: u64,
    /// It is of Chat, of any version.
    pub(crate) chat: bool,
    pub(crate) write: bool,
    pub(crate) create: bool,
    /// It asks for a page by its token.
    pub(crate) has_token: bool,
    /// It asks for something in the service, which may be missing, and not for the service's own lists.
    pub(crate) below_service: bool,
}

/// Counts attempts and decides.
#[derive(Debug)]
pub(crate) struct AttemptFaults {
    faults: Faults,
    draws: Draws,
    /// Attempts and faults so far of each request; empty while no fault is asked for.
    seen: Mutex<HashMap<u64, (u32, u32)>>,
    requests: AtomicU64,
    chat_requests: AtomicU64,
    active: bool,
}

/// The faults that any request may have, in the order they are tried.
const STATUSES: &[(Fault, u16)] = &[
    (Fault::Throttled, 429),
    (Fault::InternalError, 500),
    (Fault::BadGateway, 502),
    (Fault::Unavailable, 503),
    (Fault::GatewayTimeout, 504),
];
const LAST_OF_AN_ATTEMPT: usize = Fault::AcceptedUnavailable as usize;

impl AttemptFaults {
    pub(crate) fn new(faults: Faults, draws: Draws) -> Self {
        let active = faults.amounts[..=LAST_OF_AN_ATTEMPT].iter().any(|amount| amount.share > 0.0)
            || faults.share(Fault::SlowBody) > 0.0;
        Self {
            faults,
            draws,
            seen: Mutex::default(),
            requests: AtomicU64::new(0),
            chat_requests: AtomicU64::new(0),
            active,
        }
    }

    /// The fault of this attempt, if any.
    pub(crate) fn decide_for(&self, situation: RequestTraits<'_>) -> Option<AttemptFault> {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed);
        for (fault, status) in [(Fault::UnauthorizedAfter, 401), (Fault::ForbiddenAfter, 403)] {
            if self.faults.count(fault).is_some_and(|limit| requests >= u64::from(limit)) {
                return Some(AttemptFault::Status(status, None));
            }
        }
        if situation.chat {
            let requests = self.chat_requests.fetch_add(1, Ordering::Relaxed);
            if self.faults.count(Fault::ChatGone).is_some_and(|limit| requests >= u64::from(limit)) {
                return Some(AttemptFault::Status(410, None));
            }
        }
        if self.faults.count(Fault::GatewayForbidden).is_some_and(|limit| requests >= u64::from(limit)) {
            return Some(AttemptFault::Gateway);
        }
        if self.faults.forbids(situation.path) {
            return Some(AttemptFault::Status(403, None));
        }
        if situation.create && self.hits(Fault::CreatedNotFound, situation.key) {
            return Some(AttemptFault::AcceptedThen(404));
        }
        let hostile = [(Fault::BigBody, HostileBody::Big), (Fault::GzipBomb, HostileBody::GzipBomb)];
        if let Some((_, kind)) =
            hostile.into_iter().find(|(fault, _)| !situation.write && self.hits(*fault, situation.key))
        {
            return Some(AttemptFault::Hostile(kind));
        }
        if !self.active {
            return None;
        }
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (attempts, faults) = seen.entry(situation.key).or_default();
        let attempt = *attempts;
        *attempts += 1;
        if *faults >= MOST_IN_A_ROW {
            return None;
        }
        let fault = self.decide(situation, attempt);
        *faults += u32::from(fault.is_some());
        fault
    }

    fn hits(&self, fault: Fault, key: u64) -> bool {
        let share = self.faults.share(fault);
        share > 0.0 && happens(self.draws.draw(DrawPurpose::Fault, key), share)
    }

    fn decide(&self, situation: RequestTraits<'_>, attempt: u32) -> Option<AttemptFault> {
        let hits = |fault: Fault| {
            self.hits(fault, situation.key.wrapping_add(u64::from(attempt) << 8 | fault as u64))
        };
        for (fault, status) in STATUSES {
            if hits(*fault) {
                return Some(AttemptFault::Status(*status, self.faults.retry_after(*fault)));
            }
        }
        let others = [
            (Fault::ExpiredToken, AttemptFault::ExpiredToken, situation.has_token && attempt == 0),
            (Fault::FlakyNotFound, AttemptFault::NotFound, situation.below_service && attempt == 0),
            (Fault::Reset, AttemptFault::Reset, true),
            (Fault::Truncate, AttemptFault::Truncate, !situation.write),
            (Fault::Html, AttemptFault::Html, !situation.write),
            (Fault::Timeout, AttemptFault::Hang, true),
            (Fault::LostAnswer, AttemptFault::LostAnswer, situation.write),
            (Fault::AcceptedUnavailable, AttemptFault::AcceptedThen(503), situation.write),
            (Fault::SlowBody, AttemptFault::Hostile(HostileBody::Slow), !situation.write),
        ];
        others.into_iter().find(|(fault, _, applies)| *applies && hits(*fault)).map(|(_, fault, _)| fault)
    }
}
