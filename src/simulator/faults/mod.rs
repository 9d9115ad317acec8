//! What can go wrong, on purpose and repeatably.
//!
//! Three families: faults of an *attempt* (decided by request and attempt number, at most three in a row
//! for one request, so that a retry succeeds in the end), *page* faults (decided by list and page token) and
//! *row* faults (decided by the row only, and part of the truth). Besides, a number of users, channels or
//! memberships can be singled out.
//!
//! **Invariant:** a decision depends on the seed and its key, never on time, so that a run can be repeated as
//! far as concurrency permits.

mod attempt;
mod parse;

pub(crate) use attempt::{AttemptFault, AttemptFaults, HostileBody, RequestTraits};

use crate::simulator::draws::{DrawPurpose, Draws, happens};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Fault {
    Throttled,
    InternalError,
    BadGateway,
    Unavailable,
    GatewayTimeout,
    Reset,
    Truncate,
    Html,
    Timeout,
    ExpiredToken,
    FlakyNotFound,
    LostAnswer,
    AcceptedUnavailable,
    RepeatRow,
    EmptyPage,
    ShortPage,
    UnknownEnum,
    UnknownKey,
    WrongType,
    LoopUser,
    VanishUser,
    VanishChannel,
    HiddenRow,
    Changing,
    UnauthorizedAfter,
    ForbiddenAfter,
    ChatGone,
    CreatedNotFound,
    StaysPublic,
    GatewayForbidden,
    Forbid,
    Ignore,
    BigBody,
    GzipBomb,
    SlowBody,
    EndlessList,
    Endless,
    Escapes,
    BatchRefused,
    BatchDrops,
    BatchFails,
    BatchCloses,
    MediaGone,
    MediaResized,
    MediaPrivate,
    MediaRedirect,
}

/// How a list never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndlessList {
    /// The second page leads to itself.
    Loop,
    /// Each page leads to another token, and has the rows of the first page.
    SameRows,
    /// Each page leads to another token, and all but the first are empty.
    EmptyPages,
    /// Each page leads to another token, and has the rows of the first page under new SIDs.
    NewRows,
}

impl EndlessList {
    /// The way that stands before a path, and the path: with new rows, unless it says otherwise.
    fn parse(text: &str) -> (Self, String) {
        let named = [
            ("same-rows:", Self::SameRows),
            ("empty-pages:", Self::EmptyPages),
            ("new-rows:", Self::NewRows),
        ];
        let found = named.into_iter().find_map(|(name, kind)| Some((kind, text.strip_prefix(name)?)));
        let (kind, path) = found.unwrap_or((Self::NewRows, text));
        (kind, path.to_owned())
    }

    /// The ways with new tokens, by turns.
    pub(crate) fn of_user(user: u32) -> Self {
        [Self::SameRows, Self::EmptyPages, Self::NewRows][user as usize % 3]
    }
}

/// In what a fault's amount is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultUnit {
    /// A percentage of attempts, pages or rows.
    Share,
    Count,
    /// A text; the fault may come several times.
    Text,
}

/// Every fault: its name, its unit and what it does.
pub(crate) const FAULTS: &[(Fault, &str, FaultUnit, &str)] = &[
    (Fault::Throttled, "429", FaultUnit::Share, "answer 429, code 20429"),
    (Fault::InternalError, "500", FaultUnit::Share, "answer 500"),
    (Fault::BadGateway, "502", FaultUnit::Share, "answer 502"),
    (Fault::Unavailable, "503", FaultUnit::Share, "answer 503"),
    (Fault::GatewayTimeout, "504", FaultUnit::Share, "answer 504"),
    (Fault::Reset, "reset", FaultUnit::Share, "close the connection without an answer"),
    (Fault::Truncate, "truncate", FaultUnit::Share, "cut the body short"),
    (Fault::Html, "html", FaultUnit::Share, "answer 200 with a page that is not JSON"),
    (Fault::Timeout, "timeout", FaultUnit::Share, "never answer"),
    (Fault::ExpiredToken, "expired-token", FaultUnit::Share, "refuse a page token once, code 21481"),
    (Fault::FlakyNotFound, "flaky-404", FaultUnit::Share, "answer 404 once for something that exists"),
    (Fault::LostAnswer, "lost-answer", FaultUnit::Share, "accept a write, then lose the connection"),
    (Fault::AcceptedUnavailable, "accepted-503", FaultUnit::Share, "accept a write, then answer 503"),
    (Fault::RepeatRow, "repeat-row", FaultUnit::Share, "repeat a page's last row on the next page"),
    (Fault::EmptyPage, "empty-page", FaultUnit::Share, "put an empty page in the middle of a list"),
    (Fault::ShortPage, "short-page", FaultUnit::Share, "send half of a page and the rest on the next"),
    (Fault::UnknownEnum, "unknown-enum", FaultUnit::Share, "rows with an enum value no description names"),
    (Fault::UnknownKey, "unknown-key", FaultUnit::Share, "rows with a key no description names"),
    (Fault::WrongType, "wrong-type", FaultUnit::Share, "rows with a value of another type"),
    (Fault::LoopUser, "loop-user", FaultUnit::Count, "users whose User Channels never end"),
    (Fault::VanishUser, "vanish-user", FaultUnit::Count, "users that are listed but not found when read"),
    (
        Fault::VanishChannel,
        "vanish-channel",
        FaultUnit::Count,
        "channels that are listed but not found when read",
    ),
    (Fault::HiddenRow, "hidden-row", FaultUnit::Count, "memberships missing from their user's list"),
    (
        Fault::Changing,
        "changing",
        FaultUnit::Count,
        "users with a membership that goes or comes once one of its sides was listed",
    ),
    (Fault::UnauthorizedAfter, "unauthorized-after", FaultUnit::Count, "answer 401 after that many requests"),
    (Fault::ForbiddenAfter, "forbidden-after", FaultUnit::Count, "answer 403 after that many requests"),
    (
        Fault::ChatGone,
        "chat-gone",
        FaultUnit::Count,
        "answer 410 to Chat, all versions, after that many requests to it",
    ),
    (
        Fault::CreatedNotFound,
        "create-404",
        FaultUnit::Share,
        "accept creates, then answer 404, however often they come",
    ),
    (Fault::StaysPublic, "stays-public", FaultUnit::Share, "channels that Chat v3 leaves public with a 200"),
    (
        Fault::GatewayForbidden,
        "gateway-403",
        FaultUnit::Count,
        "answer a gateway's HTML 403 after that many requests",
    ),
    (
        Fault::Forbid,
        "forbid",
        FaultUnit::Text,
        "answer 403 where the path ends with this; `*` is any segment",
    ),
    (
        Fault::Ignore,
        "ignore",
        FaultUnit::Text,
        "ignore this parameter of every write that does not demand it, and answer as usual",
    ),
    (
        Fault::BigBody,
        "big-body",
        FaultUnit::Share,
        "answer 200 with a body of 256 MiB in chunks, however often it is asked for",
    ),
    (
        Fault::GzipBomb,
        "gzip-bomb",
        FaultUnit::Share,
        "answer 200 with a small body that is 256 MiB once decompressed, however often it is asked for",
    ),
    (Fault::SlowBody, "slow-body", FaultUnit::Share, "send a byte of the body each second"),
    (
        Fault::EndlessList,
        "endless-list",
        FaultUnit::Count,
        "users whose list has a next page for ever, each with a new token",
    ),
    (
        Fault::Endless,
        "endless",
        FaultUnit::Text,
        "lists whose path ends with this have a next page for ever; before it may stand `same-rows:`, `empty-pages:` or `new-rows:`",
    ),
    (Fault::Escapes, "escapes", FaultUnit::Share, "rows with terminal escapes in their names"),
    (
        Fault::BatchRefused,
        "batch-refused",
        FaultUnit::Count,
        "answer this status to every conversation with participants, and make nothing",
    ),
    (
        Fault::BatchDrops,
        "batch-drops",
        FaultUnit::Text,
        "ignore this key of every participant that is made together with its conversation",
    ),
    (
        Fault::BatchFails,
        "batch-fails",
        FaultUnit::Share,
        "make the conversation of a conversation with participants, close it, and answer 400, code 50427",
    ),
    (
        Fault::BatchCloses,
        "batch-closes",
        FaultUnit::Share,
        "make a conversation with participants, answer 201, and close it afterwards",
    ),
    (Fault::MediaGone, "media-gone", FaultUnit::Share, "media that messages name and that are not there"),
    (
        Fault::MediaResized,
        "media-resized",
        FaultUnit::Share,
        "media of messages whose bytes are more than their record says",
    ),
    (
        Fault::MediaPrivate,
        "media-private",
        FaultUnit::Share,
        "media whose temporary address is of a private network",
    ),
    (
        Fault::MediaRedirect,
        "media-redirect",
        FaultUnit::Share,
        "media whose temporary address leads on to a private network",
    ),
];

/// The names of all faults, as `--faults` takes them.
pub fn fault_names() -> impl Iterator<Item = &'static str> {
    FAULTS.iter().map(|(_, name, ..)| *name)
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Amount {
    share: f64,
    count: Option<u32>,
    retry_after: Option<u32>,
}

/// Which faults, and how many: `429=3%,503=1%:retry-after=1,loop-user=2`. The default is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    amounts: [Amount; FAULTS.len()],
    forbidden: Vec<String>,
    ignored: Vec<String>,
    dropped: Vec<String>,
    endless: Vec<(EndlessList, String)>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            amounts: [Amount::default(); FAULTS.len()],
            forbidden: Vec::new(),
            ignored: Vec::new(),
            dropped: Vec::new(),
            endless: Vec::new(),
        }
    }
}

impl Faults {
    /// The share of attempts, pages or rows.
    pub(crate) fn share(&self, fault: Fault) -> f64 {
        self.amounts[fault as usize].share
    }

    /// The number of things, if the fault was asked for.
    pub(crate) fn count(&self, fault: Fault) -> Option<u32> {
        self.amounts[fault as usize].count
    }

    pub(crate) fn retry_after(&self, fault: Fault) -> Option<u32> {
        self.amounts[fault as usize].retry_after
    }

    /// Whether a path, as it was sent, ends with one that is forbidden. A pattern that ends with `/**` covers all paths below.
    pub(crate) fn forbids(&self, path: &str) -> bool {
        self.forbidden.iter().any(|pattern| path_matches(pattern, path))
    }

    /// How the list at this path never ends, if it does not.
    pub(crate) fn endless(&self, path: &str) -> Option<EndlessList> {
        self.endless.iter().find(|(_, pattern)| path_matches(pattern, path)).map(|(kind, _)| *kind)
    }

    /// Whether writes ignore this parameter.
    pub(crate) fn ignores(&self, parameter: &str) -> bool {
        self.ignored.iter().any(|ignored| ignored == parameter)
    }

    /// Whether a participant that is made together with its conversation loses this key.
    pub(crate) fn drops_in_batches(&self, key: &str) -> bool {
        self.dropped.iter().any(|dropped| dropped == key)
    }

    /// Whether this page or row has the fault.
    pub(crate) fn hits(&self, draws: Draws, fault: Fault, key: u64) -> bool {
        let share = self.share(fault);
        share > 0.0 && happens(draws.draw2(DrawPurpose::Fault, fault as u64, key), share)
    }
}

/// Whether the last segments of a path are those of the pattern, in which `*` is any segment; before a final `/**` they may be
/// followed by others.
fn path_matches(pattern: &str, path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let (pattern, is_open) = pattern.strip_suffix("/**").map_or((pattern, false), |pattern| (pattern, true));
    let pattern: Vec<&str> = pattern.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut places = segments.windows(pattern.len().max(1)).rev().take(if is_open { usize::MAX } else { 1 });
    places.any(|place| {
        place.len() == pattern.len()
            && place.iter().zip(&pattern).all(|(segment, wanted)| *wanted == "*" || segment == wanted)
    })
}

#[cfg(test)]
mod tests;
