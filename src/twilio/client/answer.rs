//! What one attempt ended with, and what it means: a success, or a failure in the terms of an error and of the retry decision.

use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};

use super::Reply;
use crate::twilio::error::{BodyError, RequestError, RequestErrorKind, tame};
use crate::twilio::request::ApiRequest;
use crate::twilio::retry::Outcome;

/// `RQ…`, for Twilio's support.
const REQUEST_ID: &str = "twilio-request-id";

/// The end of one attempt: an answer, or none.
pub(super) enum Ended {
    Answer { status: StatusCode, headers: HeaderMap, body: Bytes },
    CutShort { status: StatusCode, headers: HeaderMap, source: reqwest::Error },
    None { source: reqwest::Error },
}

/// A failed attempt, and what its answer said about the next.
pub(super) struct Failed {
    pub(super) error: RequestError,
    pub(super) retry_after: Option<String>,
}

/// Reads what an attempt ended with.
pub(super) fn read<T>(
    request: &ApiRequest,
    ended: Ended,
    parse: impl Fn(&Bytes) -> Result<T, BodyError>,
    attempts: u32,
) -> Result<Reply<T>, Box<Failed>> {
    let (status, headers, body) = match ended {
        Ended::Answer { status, headers, body } => (status, headers, Ok(body)),
        Ended::CutShort { status, headers, source } => (status, headers, Err(source)),
        Ended::None { source } => {
            let kind = match source {
                source if source.is_connect() => RequestErrorKind::NotSent(source),
                source if source.is_timeout() => RequestErrorKind::TimedOut(source),
                source => RequestErrorKind::Broken(source),
            };
            let error = RequestError::new(request, kind, attempts, Duration::ZERO);
            return Err(Box::new(Failed { error, retry_after: None }));
        }
    };
    let request_id = text(&headers, REQUEST_ID).map(tame);
    let (kind, body) = match body {
        Ok(body) if status.is_success() => match parse(&body) {
            Ok(body) => return Ok(Reply { status: status.as_u16(), request_id, attempts, body }),
            Err(source) => (RequestErrorKind::BadBody(source), None),
        },
        Err(source) if status.is_success() && source.is_timeout() => {
            (RequestErrorKind::TimedOut(source), None)
        }
        Err(source) if status.is_success() => (RequestErrorKind::Broken(source), None),
        body if status.is_redirection() => (RequestErrorKind::Redirect, body.ok()),
        body => (RequestErrorKind::Status, body.ok()),
    };
    let mut error = RequestError::new(request, kind, attempts, Duration::ZERO);
    error.status = Some(status.as_u16());
    error.request_id = request_id;
    if let Some(body) = body {
        error.explain(&body);
    }
    let retry_after = text(&headers, RETRY_AFTER.as_str()).map(str::to_owned);
    Err(Box::new(Failed { error, retry_after }))
}

/// A failure in the terms of the retry decision.
pub(super) fn outcome<'a>(error: &RequestError, retry_after: Option<&'a str>) -> Outcome<'a> {
    match error.kind {
        RequestErrorKind::NotSent(_) => Outcome::NotSent,
        RequestErrorKind::TimedOut(_) => Outcome::TimedOut,
        RequestErrorKind::Broken(_) => Outcome::Broken,
        RequestErrorKind::BadBody(_) => Outcome::BadBody,
        _ => Outcome::Status { status: error.status.unwrap_or_default(), retry_after },
    }
}

/// A header that is plain text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
