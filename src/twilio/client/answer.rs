//! What one attempt ended with, and what it means: a success, or a failure in the terms of an error and of the retry decision.

use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde::de::IgnoredAny;

use super::Reply;
use super::body::AnswerBody;
use crate::twilio::error::{BodyError, RequestError, RequestErrorKind, tame};
use crate::twilio::request::ApiRequest;
use crate::twilio::retry::AttemptOutcome;

/// `RQ…`, for Twilio's support.
const REQUEST_ID: &str = "twilio-request-id";

/// The end of one attempt: an answer, or none.
pub(super) enum AttemptEnd {
    Answer {
        status: StatusCode,
        headers: HeaderMap,
        body: AnswerBody,
    },
    /// The body could not be read to its end: why, where the status says nothing else.
    BadBody {
        status: StatusCode,
        headers: HeaderMap,
        kind: RequestErrorKind,
    },
    None {
        source: reqwest::Error,
    },
    /// The run is ending, and it took too long.
    CutOff,
    /// There was no access token to sign it with.
    NoAccessToken(NoAccessToken),
}

/// Why an OAuth client got no access token: its answer, or none.
#[derive(Debug, Default)]
pub(super) struct NoAccessToken {
    pub(super) status: Option<StatusCode>,
    pub(super) body: Bytes,
    pub(super) source: Option<reqwest::Error>,
}

/// A failed attempt, and what its answer said about the next.
pub(super) struct Failed {
    pub(super) error: RequestError,
    pub(super) retry_after: Option<String>,
}

/// Reads what an attempt ended with.
pub(super) fn read<T>(
    request: &ApiRequest,
    ended: AttemptEnd,
    parse: impl Fn(&Bytes) -> Result<T, BodyError>,
    attempts: u32,
) -> Result<Reply<T>, Box<Failed>> {
    let (status, headers, body) = match ended {
        AttemptEnd::Answer { status, headers, body } => (status, headers, Ok(body)),
        AttemptEnd::BadBody { status, headers, kind } => (status, headers, Err(kind)),
        AttemptEnd::None { source } => {
            let kind = match source {
                source if is_certificate_error(&source) => RequestErrorKind::Certificate(source),
                source if source.is_connect() => RequestErrorKind::NotSent(source),
                source if source.is_timeout() => RequestErrorKind::TimedOut(source),
                source => RequestErrorKind::Broken(source),
            };
            return Err(without_answer(request, kind, attempts));
        }
        AttemptEnd::CutOff => return Err(without_answer(request, RequestErrorKind::CutOff, attempts)),
        AttemptEnd::NoAccessToken(NoAccessToken { status, body, source }) => {
            let kind = RequestErrorKind::NoAccessToken(source);
            let mut failed = without_answer(request, kind, attempts);
            failed.error.status = status.map(|status| status.as_u16());
            failed.error.explain(&body);
            return Err(failed);
        }
    };
    let request_id = text(&headers, REQUEST_ID).map(tame);
    let (kind, body) = match body {
        Ok(body) if status.is_success() => match parse(&body.bytes) {
            Ok(body) => {
                return Ok(Reply {
                    status: status.as_u16(),
                    request_id,
                    #[cfg(test)]
                    attempts,
                    body,
                });
            }
            Err(source) => (RequestErrorKind::BadBody(source), None),
        },
        Err(kind) if status.is_success() => (kind, None),
        body if status.is_redirection() => (RequestErrorKind::Redirect, body.ok()),
        body => (RequestErrorKind::Status, body.ok()),
    };
    let mut error = RequestError::new(request, kind, attempts, Duration::ZERO);
    error.status = Some(status.as_u16());
    error.request_id = request_id;
    if let Some(body) = body {
        error.explain(&body.bytes);
        error.sender = foreign_sender(&headers, &body.bytes);
    }
    let retry_after = text(&headers, RETRY_AFTER.as_str()).map(str::to_owned);
    Err(Box::new(Failed { error, retry_after }))
}

fn without_answer(request: &ApiRequest, kind: RequestErrorKind, attempts: u32) -> Box<Failed> {
    let error = RequestError::new(request, kind, attempts, Duration::ZERO);
    Box::new(Failed { error, retry_after: None })
}

/// A failure in the terms of the retry decision.
pub(super) fn outcome<'a>(error: &RequestError, retry_after: Option<&'a str>) -> AttemptOutcome<'a> {
    match error.kind {
        RequestErrorKind::NoAccessToken(_) if error.is_unauthorized() => {
            AttemptOutcome::Status { status: 401, retry_after: None }
        }
        RequestErrorKind::NotSent(_) | RequestErrorKind::NoAccessToken(_) => AttemptOutcome::NotSent,
        RequestErrorKind::Certificate(_) => AttemptOutcome::Untrusted,
        RequestErrorKind::TimedOut(_) => AttemptOutcome::TimedOut,
        RequestErrorKind::Broken(_) => AttemptOutcome::Broken,
        RequestErrorKind::BadBody(_) => AttemptOutcome::BadBody,
        RequestErrorKind::TooLarge { .. } => AttemptOutcome::TooLarge,
        RequestErrorKind::TooSlow => AttemptOutcome::TooSlow,
        RequestErrorKind::CutOff => AttemptOutcome::CutOff,
        _ => AttemptOutcome::Status { status: error.status.unwrap_or_default(), retry_after },
    }
}

/// Who sent a failure that is none of Twilio's: its errors are JSON objects, or have no body.
fn foreign_sender(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let is_twilios = body.trim_ascii().is_empty() || serde_json::from_slice::<IgnoredAny>(body).is_ok();
    if is_twilios {
        return None;
    }
    let kind = text(headers, "content-type").and_then(|kind| kind.split(';').next()).map(tame);
    let kind = kind.filter(|kind| !kind.is_empty()).unwrap_or_else(|| "text that is not JSON".to_owned());
    let server = text(headers, "server").map(tame).filter(|server| !server.is_empty());
    Some(server.map_or_else(|| kind.clone(), |server| format!("{kind} from {server}")))
}

/// Whether a connection failed because the server's certificate is not trusted. Another attempt does not change that.
fn is_certificate_error(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        // The TLS library's own words; its type cannot be seen from here.
        if error.to_string().contains("invalid peer certificate") {
            return true;
        }
        cause = error.source();
    }
    false
}

/// A header that is plain text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Api;

    /// A connection that fails with the TLS library's words.
    #[derive(Debug)]
    struct Untrusted;

    impl reqwest::dns::Resolve for Untrusted {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            Box::pin(std::future::ready(Err("invalid peer certificate: UnknownIssuer".into())))
        }
    }

    #[tokio::test]
    async fn an_untrusted_certificate_is_final_and_has_its_remedy() {
        let client = reqwest::Client::builder().dns_resolver(std::sync::Arc::new(Untrusted)).build().unwrap();
        let source = client.get("http://chat.invalid/v2").send().await.unwrap_err();
        let request = ApiRequest::get(Api::Chat, ["v2"]);
        let parse = |_: &Bytes| Ok(());
        let failed = read(&request, AttemptEnd::None { source }, parse, 1).unwrap_err();
        assert!(matches!(failed.error.kind, RequestErrorKind::Certificate(_)), "{}", failed.error);
        assert_eq!(outcome(&failed.error, None), AttemptOutcome::Untrusted);
        let hint = crate::error::Advise::hint(&failed.error).unwrap();
        assert!(hint.contains("SSL_CERT_FILE"), "{hint}");
    }
}
