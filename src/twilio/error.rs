//! Why a request failed, with what it takes to act on it: the request, Twilio's own code and words, how often and how long it
//! was tried.
//!
//! **Invariant:** an error holds no credentials and no body. Of foreign text it has only Twilio's `message` and `more_info`,
//! cut to a length and without control characters, so that an answer cannot write to a terminal.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::page::PageError;
use super::request::{ApiRequest, Method};
use super::surrogates::repaired;

use crate::error::{Advise, Failure};

/// The client cannot be made from its options.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up")]
pub(crate) struct ClientError(#[source] pub(super) reqwest::Error);

/// The body of a success is not what the API sends. Such an answer is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// Not JSON, or cut short.
    #[error("the answer is not JSON, or cut short")]
    NotJson(#[source] serde_json::Error),
    /// A page of a list that never ends.
    #[error("the list cannot be read to its end")]
    Endless(#[source] PageError),
    /// JSON, but of another shape.
    #[error("the answer is not {expected}")]
    Unexpected { expected: &'static str },
}

/// A request failed for good. `Display` is one line; its causes are the sources.
#[derive(Debug)]
pub(crate) struct RequestError {
    pub method: Method,
    /// The path, without query.
    pub path: String,
    pub kind: RequestErrorKind,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// Twilio's error code, such as 20404.
    pub code: Option<i64>,
    /// Twilio's words.
    pub message: Option<String>,
    /// Where Twilio explains the code.
    pub more_info: Option<String>,
    /// `RQ…`, for Twilio's support.
    pub request_id: Option<String>,
    /// Who answered instead of Twilio's API, where the body is none of its answers: `text/html from nginx`.
    pub sender: Option<String>,
    /// The origin that it was sent to.
    pub origin: String,
    /// How many attempts were made.
    pub attempts: u32,
    /// From the first attempt's wait to the last one's end.
    pub elapsed: Duration,
    pub(super) asked_page_size: bool,
    pub(super) asked_page_token: bool,
}

/// What failed last.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum RequestErrorKind {
    /// An answer that is no success.
    Status,
    /// A redirect. It is not followed: credentials stay with the configured origin.
    Redirect,
    /// The server asked to wait for longer than is sensible.
    WaitTooLong,
    /// No connection.
    NotSent(reqwest::Error),
    /// The server's certificate is not trusted.
    Certificate(reqwest::Error),
    /// The connection broke.
    Broken(reqwest::Error),
    TimedOut(reqwest::Error),
    /// A success with a body that cannot be used.
    BadBody(BodyError),
    /// A success with a body of more bytes than are taken.
    TooLarge {
        most: usize,
    },
    /// The body came too slowly.
    TooSlow,
    /// The run is ending: the request was not sent, or not sent again.
    Cancelled,
    /// The run is ending, and the answer did not come in time. Whether the request was performed is not known.
    CutOff,
    /// The path does not make a URL of the origin.
    BadPath,
    /// The OAuth client got no access token, so the request was not sent. The status is that of the answer to the OAuth client.
    NoAccessToken(Option<reqwest::Error>),
    /// An OAuth client opens Conversations only.
    NotForOAuth,
}

/// Twilio's error body: `{"code", "message", "more_info", "status"}`. It may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorBody {
    code: Option<serde_json::Value>,
    message: Option<serde_json::Value>,
    more_info: Option<serde_json::Value>,
}

/// What an error keeps of a foreign text.
const LONGEST_TEXT: usize = 500;

/// A foreign text, fit for one line of a terminal.
pub(super) fn tame(text: &str) -> String {
    let mut tame = String::new();
    let mut space = false;
    for character in text.trim().chars() {
        if tame.len() >= LONGEST_TEXT {
            tame.push('…');
            break;
        }
        if character.is_whitespace() || character.is_control() || is_directional(character) {
            space = true;
            continue;
        }
        if std::mem::take(&mut space) && !tame.is_empty() {
            tame.push(' ');
        }
        tame.push(character);
    }
    tame
}

/// Invisible characters that reorder the text around them.
fn is_directional(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl RequestError {
    /// An error of a request before anything is known but what failed.
    pub(super) fn new(
        request: &ApiRequest,
        kind: RequestErrorKind,
        attempts: u32,
        elapsed: Duration,
    ) -> Self {
        Self {
            method: request.method(),
            path: request.path().to_owned(),
            kind,
            status: None,
            code: None,
            message: None,
            more_info: None,
            request_id: None,
            sender: None,
            origin: String::new(),
            attempts,
            elapsed,
            asked_page_size: request.has_query("PageSize"),
            asked_page_token: request.has_query("PageToken"),
        }
    }

    /// Takes what Twilio's error body says, if it is one.
    pub(super) fn explain(&mut self, body: &[u8]) {
        let body: ErrorBody =
            serde_json::from_str(&repaired(&String::from_utf8_lossy(body))).unwrap_or_default();
        let text = |value: Option<serde_json::Value>| {
            value.as_ref().and_then(serde_json::Value::as_str).map(tame).filter(|text| !text.is_empty())
        };
        self.code = body.code.and_then(|code| code.as_i64());
        self.message = text(body.message);
        self.more_info = text(body.more_info);
    }

    /// An answer of Twilio's with this status. The answer of a gateway or a proxy proves nothing about the account.
    fn is_twilios(&self, status: u16) -> bool {
        self.status == Some(status) && self.sender.is_none()
    }

    /// The credentials were refused.
    pub(crate) fn is_unauthorized(&self) -> bool {
        match self.kind {
            RequestErrorKind::NoAccessToken(_) => matches!(self.status, Some(400 | 401 | 403)),
            _ => self.is_twilios(401),
        }
    }

    /// The credentials may not do this.
    pub(crate) fn is_forbidden(&self) -> bool {
        match self.kind {
            RequestErrorKind::NoAccessToken(_) => false,
            RequestErrorKind::NotForOAuth => true,
            _ => self.is_twilios(403),
        }
    }

    /// There is no such resource.
    pub(crate) fn is_not_found(&self) -> bool {
        self.is_twilios(404)
    }

    /// The API itself is gone (410), as Programmable Chat may be after its end of life.
    pub(crate) fn is_gone(&self) -> bool {
        self.is_twilios(410)
    }

    /// The page token is no longer accepted: the list must be read from its first page. 21481 is the documented code; a 400
    /// of a request with a token that is not about anything else is taken for the same.
    pub(crate) fn is_bad_page_token(&self) -> bool {
        let unspecific = matches!(self.code, None | Some(20001 | 70002));
        self.code == Some(21481) || (self.status == Some(400) && self.asked_page_token && unspecific)
    }

    /// The page size is more than the server allows.
    pub(crate) fn is_bad_page_size(&self) -> bool {
        self.status == Some(400) && self.asked_page_size && !self.is_bad_page_token()
    }

    /// The server asks for a wait that is longer than this program waits.
    pub(crate) fn is_wait_too_long(&self) -> bool {
        matches!(self.kind, RequestErrorKind::WaitTooLong)
    }

    /// The run is ending, and nothing was done. A write that may have been performed is not among these.
    pub(crate) fn is_cancelled(&self) -> bool {
        match self.kind {
            RequestErrorKind::Cancelled => true,
            RequestErrorKind::CutOff => self.method == Method::Get,
            _ => false,
        }
    }

    /// The host has no address: the product's name is gone, or there is no network.
    pub(crate) fn is_unknown_host(&self) -> bool {
        let RequestErrorKind::NotSent(error) = &self.kind else { return false };
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            // The HTTP library has no type for it that can be seen from here; a test holds it to its words.
            if error.to_string().starts_with("dns error") {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// The server failed, again and again, as it does when a page is too much for it.
    pub(crate) fn is_server_error(&self) -> bool {
        self.status.is_some_and(|status| status >= 500)
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: ", self.method, self.path)?;
        match &self.kind {
            RequestErrorKind::Status => match self.status {
                Some(status) => write_status(formatter, status)?,
                None => formatter.write_str("no success")?,
            },
            RequestErrorKind::Redirect => formatter.write_str("a redirect, which is not followed")?,
            RequestErrorKind::WaitTooLong => {
                formatter.write_str("the server asks for a wait that is too long")?;
            }
            RequestErrorKind::NotSent(_) if self.origin.is_empty() => formatter.write_str("no connection")?,
            RequestErrorKind::NotSent(_) => write!(formatter, "no connection to {}", self.origin)?,
            RequestErrorKind::Certificate(_) => {
                write!(formatter, "the certificate of {} is not trusted", self.origin)?;
            }
            RequestErrorKind::Broken(_) => formatter.write_str("the connection broke")?,
            RequestErrorKind::TimedOut(_) => formatter.write_str("timed out")?,
            RequestErrorKind::BadBody(_) => formatter.write_str("an unreadable answer")?,
            RequestErrorKind::TooLarge { most } => {
                let mebibytes = most.div_ceil(1 << 20);
                write!(formatter, "an answer of more than {mebibytes} MiB, the limit of --max-answer")?;
            }
            RequestErrorKind::TooSlow => formatter.write_str("an answer that comes too slowly")?,
            RequestErrorKind::Cancelled => return formatter.write_str("not sent, the run is ending"),
            RequestErrorKind::CutOff => {
                formatter.write_str("no answer in time, the run is ending")?;
            }
            RequestErrorKind::BadPath => return formatter.write_str("not a path of the configured origin"),
            RequestErrorKind::NotForOAuth => {
                return formatter.write_str("not sent, an OAuth client opens Conversations only");
            }
            RequestErrorKind::NoAccessToken(_) => {
                write!(formatter, "not sent, the OAuth client got no access token from {}", self.origin)?;
                if let Some(status) = self.status {
                    formatter.write_str(": ")?;
                    write_status(formatter, status)?;
                }
            }
        }
        if let Some(sender) = &self.sender {
            write!(formatter, ", which is not an answer of Twilio's API but {sender}")?;
        }
        if let Some(code) = self.code {
            write!(formatter, ", Twilio error {code}")?;
        }
        if let Some(message) = &self.message {
            write!(formatter, ": {message}")?;
        }
        if let Some(more_info) = &self.more_info {
            write!(formatter, ", see {more_info}")?;
        }
        let attempts = if self.attempts == 1 { "attempt" } else { "attempts" };
        write!(formatter, " ({} {attempts} in {:.1} s", self.attempts, self.elapsed.as_secs_f64())?;
        if let Some(request_id) = &self.request_id {
            write!(formatter, ", request {request_id}")?;
        }
        formatter.write_str(")")
    }
}

fn write_status(formatter: &mut fmt::Formatter<'_>, status: u16) -> fmt::Result {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    match reason {
        Some(reason) => write!(formatter, "{status} {reason}"),
        None => write!(formatter, "{status}"),
    }
}

impl std::error::Error for RequestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            RequestErrorKind::NotSent(source)
            | RequestErrorKind::Certificate(source)
            | RequestErrorKind::Broken(source)
            | RequestErrorKind::TimedOut(source) => Some(source),
            RequestErrorKind::BadBody(source) => Some(source),
            RequestErrorKind::NoAccessToken(source) => source.as_ref().map(|source| source as _),
            _ => None,
        }
    }
}

pub(crate) const REFUSED_HINT: &str = "check TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and \
     TWILIO_API_SECRET: that they belong together, are not revoked, and that an API key is a Standard key (restricted keys \
     cannot read Programmable Chat)";

impl Advise for RequestError {
    fn status(&self) -> Failure {
        if self.is_unauthorized() || self.is_forbidden() {
            Failure::Refused
        } else if matches!(self.kind, RequestErrorKind::Cancelled | RequestErrorKind::CutOff) {
            Failure::Interrupted
        } else {
            Failure::Failed
        }
    }

    fn hint(&self) -> Option<String> {
        if matches!(self.kind, RequestErrorKind::Certificate(_)) {
            return Some(
                "a proxy that inspects TLS, or an old list of authorities: set SSL_CERT_FILE to a file with the authority's \
                 certificate"
                    .to_owned(),
            );
        }
        if matches!(self.kind, RequestErrorKind::TooLarge { .. }) {
            return Some(
                "Twilio's largest pages are a few MiB: check --chat-url, --conversations-url and what is between this machine and \
                 Twilio; a larger --max-answer takes such an answer"
                    .to_owned(),
            );
        }
        match self.kind {
            RequestErrorKind::NotForOAuth => {
                return Some(
                    "read with --source conversations, or set TWILIO_API_KEY and TWILIO_API_SECRET, which open Chat too".to_owned(),
                );
            }
            RequestErrorKind::NoAccessToken(_) => {
                return Some(
                    "check TWILIO_CLIENT_ID with TWILIO_CLIENT_SECRET: that they belong together and that the app was not deleted; \
                     tokens are asked for at CHATFERRY_OAUTH_URL"
                        .to_owned(),
                );
            }
            _ => {}
        }
        if self.sender.is_some() {
            return Some(
                "a gateway or proxy between this machine and Twilio answered: check HTTPS_PROXY and NO_PROXY, --chat-url and \
                 --conversations-url, and whether the gateway lets these paths through"
                    .to_owned(),
            );
        }
        (self.status() == Failure::Refused).then(|| {
            let region = match self.origin.strip_suffix(".twilio.com") {
                Some(host) if host.contains('.') => {
                    "; credentials belong to one region, which TWILIO_REGION and TWILIO_EDGE choose"
                }
                Some(_) => "; credentials of another region than us1 need TWILIO_REGION",
                None => "",
            };
            format!("{REFUSED_HINT}{region}")
        })
    }
}

impl Advise for ClientError {
    fn status(&self) -> Failure {
        Failure::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Api;

    fn error(query: &str, status: u16, body: &str) -> RequestError {
        let request = ApiRequest::get_verbatim(Api::Chat, &format!("/v2/Services/IS1/Users{query}")).unwrap();
        let mut error = RequestError::new(&request, RequestErrorKind::Status, 3, Duration::from_millis(2140));
        error.status = Some(status);
        error.explain(body.as_bytes());
        error
    }

    #[test]
    fn it_says_what_failed_in_one_line() {
        let mut error = error(
            "?PageToken=PTsecretly",
            404,
            r#"{"code": 20404, "message": "The requested\nresource was \u001b[31mnot found",
                "more_info": "https://www.twilio.com/docs/errors/20404", "status": 404}"#,
        );
        error.request_id = Some("RQ1".into());
        assert_eq!(
            error.to_string(),
            "GET /v2/Services/IS1/Users: 404 Not Found, Twilio error 20404: The requested resource was [31mnot found, \
             see https://www.twilio.com/docs/errors/20404 (3 attempts in 2.1 s, request RQ1)"
        );
        assert!(error.is_not_found() && !error.is_gone());
    }

    #[test]
    fn an_error_body_may_be_anything() {
        for body in ["", "<html>", "[]", "null", r#"{"code": "x", "message": 7}"#] {
            let error = error("", 503, body);
            assert_eq!((error.code, &error.message), (None, &None), "{body}");
            assert_eq!(
                error.to_string(),
                "GET /v2/Services/IS1/Users: 503 Service Unavailable (3 attempts in 2.1 s)"
            );
        }
        assert_eq!(tame(&"x".repeat(2000)).chars().count(), LONGEST_TEXT + 1);
    }

    /// A resolver that knows no name.
    #[derive(Debug)]
    struct Nowhere;

    impl reqwest::dns::Resolve for Nowhere {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            Box::pin(std::future::ready(Err("failed to lookup address information".into())))
        }
    }

    #[tokio::test]
    async fn a_host_without_an_address_is_told_from_one_that_does_not_answer() {
        let client = reqwest::Client::builder().dns_resolver(std::sync::Arc::new(Nowhere)).build().unwrap();
        let request = ApiRequest::get(Api::Chat, ["v2"]);
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for (url, expected) in
            [("http://chat.invalid/v2".to_owned(), true), (format!("http://{closed}/v2"), false)]
        {
            let source = client.get(url).send().await.unwrap_err();
            let error = RequestError::new(&request, RequestErrorKind::NotSent(source), 1, Duration::ZERO);
            assert_eq!(error.is_unknown_host(), expected, "{error:?}");
        }
    }

    #[test]
    fn a_bad_token_and_a_bad_size_are_told_apart() {
        let table = [
            ("?PageSize=100", 400, r#"{"code": 20001}"#, false, true),
            ("?PageSize=100", 400, "", false, true),
            ("?PageSize=100&PageToken=PT1", 400, r#"{"code": 20001}"#, true, false),
            ("?PageSize=100&PageToken=PT1", 400, r#"{"code": 70002}"#, true, false),
            ("?PageSize=100&PageToken=PT1", 400, r#"{"code": 21481}"#, true, false),
            ("?PageSize=100&PageToken=PT1", 400, r#"{"code": 50000}"#, false, true),
            ("?PageToken=PT1", 404, r#"{"code": 20404}"#, false, false),
            ("", 400, r#"{"code": 20001}"#, false, false),
        ];
        for (query, status, body, token, size) in table {
            let error = error(query, status, body);
            assert_eq!(
                (error.is_bad_page_token(), error.is_bad_page_size()),
                (token, size),
                "{query} {body}"
            );
        }
    }
}
