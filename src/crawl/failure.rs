//! What a failed page means for its unit and for the run. Pure: the reader asks what has to be asked.
//!
//! **Invariant:** a wait that the server asks for holds for the unit. A page that was answered so is not asked for again in
//! another size.

use crate::twilio::RequestError;

/// The smallest page that is asked for when larger ones fail.
const SMALLEST_PAGE: u32 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastAnswer {
    Cancelled,
    Unauthorized,
    Forbidden,
    NotFound,
    Gone,
    BadPageToken,
    BadPageSize,
    WaitTooLong,
    ServerError,
    Other,
}

impl LastAnswer {
    pub(super) fn of(request: &RequestError) -> Self {
        let table = [
            (request.is_cancelled(), Self::Cancelled),
            (request.is_unauthorized(), Self::Unauthorized),
            (request.is_bad_page_token(), Self::BadPageToken),
            (request.is_wait_too_long(), Self::WaitTooLong),
            (request.is_bad_page_size(), Self::BadPageSize),
            (request.is_not_found(), Self::NotFound),
            (request.is_gone(), Self::Gone),
            (request.is_forbidden(), Self::Forbidden),
            (request.is_server_error(), Self::ServerError),
        ];
        table.into_iter().find(|(is, _)| *is).map_or(Self::Other, |(_, answer)| answer)
    }
}

/// Where in its list a page failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListPosition {
    /// The page size that was asked for.
    pub(super) page_size: u32,
    /// Whether it is in the middle of a list that may have thousands of pages. There the position is kept for a later run.
    pub(super) is_worth_keeping: bool,
}

/// What to do after a failed page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextStep {
    /// Read the list again from its first page, in pages of this size or as before.
    Restart { page_size: Option<u32>, why: &'static str },
    /// See whether the user, channel or service is there.
    FindParent,
    /// Check whether the entire service is refused, or this list only.
    FindRefusal,
    /// Give the unit up.
    Fail,
    /// The credentials are refused.
    Unauthorized,
    /// The API no longer answers for the account.
    Gone,
    /// The run is ending.
    Interrupt,
}

/// What a failed page of a list means.
pub(super) fn judge(answer: LastAnswer, position: ListPosition) -> NextStep {
    let smaller = position.page_size / 2;
    let too_large = match answer {
        LastAnswer::BadPageSize => true,
        LastAnswer::ServerError => !position.is_worth_keeping,
        _ => false,
    };
    match answer {
        LastAnswer::Cancelled => NextStep::Interrupt,
        LastAnswer::Unauthorized => NextStep::Unauthorized,
        LastAnswer::BadPageToken => {
            NextStep::Restart { page_size: None, why: "its page token was no longer accepted" }
        }
        _ if too_large && smaller >= SMALLEST_PAGE => {
            NextStep::Restart { page_size: Some(smaller), why: "the server could not serve the page" }
        }
        LastAnswer::NotFound => NextStep::FindParent,
        LastAnswer::Gone => NextStep::Gone,
        LastAnswer::Forbidden => NextStep::FindRefusal,
        LastAnswer::WaitTooLong | LastAnswer::BadPageSize | LastAnswer::ServerError | LastAnswer::Other => {
            NextStep::Fail
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_meaning() {
        let begin = ListPosition { page_size: 100, is_worth_keeping: false };
        let middle = ListPosition { page_size: 100, is_worth_keeping: true };
        let small = ListPosition { page_size: 19, is_worth_keeping: false };
        let smaller = NextStep::Restart { page_size: Some(50), why: "the server could not serve the page" };
        for (answer, position, expected) in [
            (LastAnswer::Cancelled, begin, NextStep::Interrupt),
            (LastAnswer::Unauthorized, middle, NextStep::Unauthorized),
            (LastAnswer::ServerError, begin, smaller),
            (LastAnswer::ServerError, middle, NextStep::Fail),
            (LastAnswer::ServerError, small, NextStep::Fail),
            (LastAnswer::BadPageSize, middle, smaller),
            (LastAnswer::BadPageSize, small, NextStep::Fail),
            (LastAnswer::NotFound, begin, NextStep::FindParent),
            (LastAnswer::Forbidden, begin, NextStep::FindRefusal),
            (LastAnswer::Gone, begin, NextStep::Gone),
            (LastAnswer::Other, begin, NextStep::Fail),
        ] {
            assert_eq!(judge(answer, position), expected, "{answer:?} {position:?}");
        }
    }

    #[test]
    fn a_wait_that_is_too_long_is_not_avoided_by_smaller_pages() {
        let begin = ListPosition { page_size: 100, is_worth_keeping: false };
        assert_eq!(judge(LastAnswer::WaitTooLong, begin), NextStep::Fail);
    }
}
