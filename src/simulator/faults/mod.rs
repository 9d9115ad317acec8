//! What can go wrong, on purpose and repeatably.
//!
//! Three families: *accidents* of one attempt (decided by request and attempt number, at most three in a row
//! for one request, so that a retry succeeds in the end), *page* faults (decided by list and page token) and
//! *row* faults (decided by the row alone, and part of the truth). Besides, a number of users, channels or
//! memberships can be singled out.
//!
//! **Invariant:** a decision depends on the seed and its key, never on time, so that a run can be repeated as
//! far as concurrency permits.

mod accident;
mod parse;
mod select;

pub(crate) use accident::{Accident, Accidents, Situation};
pub(crate) use parse::FaultsError;
pub(crate) use select::Selected;

use crate::simulator::data::hash::{Draws, Purpose, happens};

/// A kind of fault.
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
}

/// In what a fault's amount is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A percentage of attempts, pages or rows.
    Share,
    /// A number of things.
    Count,
}

/// Every fault: its name, its unit and what it does.
pub(crate) const FAULTS: &[(Fault, &str, Unit, &str)] = &[
    (Fault::Throttled, "429", Unit::Share, "answer 429, code 20429"),
    (Fault::InternalError, "500", Unit::Share, "answer 500"),
    (Fault::BadGateway, "502", Unit::Share, "answer 502"),
    (Fault::Unavailable, "503", Unit::Share, "answer 503"),
    (Fault::GatewayTimeout, "504", Unit::Share, "answer 504"),
    (Fault::Reset, "reset", Unit::Share, "close the connection without an answer"),
    (Fault::Truncate, "truncate", Unit::Share, "cut the body short"),
    (Fault::Html, "html", Unit::Share, "answer 200 with a page that is not JSON"),
    (Fault::Timeout, "timeout", Unit::Share, "never answer"),
    (Fault::ExpiredToken, "expired-token", Unit::Share, "refuse a page token once, code 21481"),
    (Fault::FlakyNotFound, "flaky-404", Unit::Share, "answer 404 once for something that exists"),
    (Fault::LostAnswer, "lost-answer", Unit::Share, "accept a write, then lose the connection"),
    (Fault::AcceptedUnavailable, "accepted-503", Unit::Share, "accept a write, then answer 503"),
    (Fault::RepeatRow, "repeat-row", Unit::Share, "repeat a page's last row on the next page"),
    (Fault::EmptyPage, "empty-page", Unit::Share, "put an empty page in the middle of a list"),
    (Fault::ShortPage, "short-page", Unit::Share, "send half of a page and the rest on the next"),
    (Fault::UnknownEnum, "unknown-enum", Unit::Share, "rows with an enum value no description names"),
    (Fault::UnknownKey, "unknown-key", Unit::Share, "rows with a key no description names"),
    (Fault::WrongType, "wrong-type", Unit::Share, "rows with a value of another type"),
    (Fault::LoopUser, "loop-user", Unit::Count, "users whose User Channels never end"),
    (Fault::VanishUser, "vanish-user", Unit::Count, "users that are listed but not found when read"),
    (Fault::VanishChannel, "vanish-channel", Unit::Count, "channels that are listed but not found when read"),
    (Fault::HiddenRow, "hidden-row", Unit::Count, "memberships missing from their user's list"),
    (
        Fault::Changing,
        "changing",
        Unit::Count,
        "users with a membership that goes or comes once one of its sides was listed",
    ),
    (Fault::UnauthorizedAfter, "unauthorized-after", Unit::Count, "answer 401 after that many requests"),
    (Fault::ForbiddenAfter, "forbidden-after", Unit::Count, "answer 403 after that many requests"),
    (
        Fault::ChatGone,
        "chat-gone",
        Unit::Count,
        "answer 410 to Chat, all versions, after that many requests to it",
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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    amounts: [Amount; FAULTS.len()],
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

    /// Whether this page or row has the fault.
    pub(crate) fn strikes(&self, draws: Draws, fault: Fault, key: u64) -> bool {
        let share = self.share(fault);
        share > 0.0 && happens(draws.draw2(Purpose::Fault, fault as u64, key), share)
    }
}

#[cfg(test)]
mod tests;
