//! Sends requests: waits for its turn, signs, reads the complete answer, and retries where that makes sense.
//!
//! **Invariant:** this folder is the only place that exposes a secret, and only to the configured origins: the URL is
//! checked against the origin before it is signed, and redirects are not followed.
//!
//! **Invariant:** an answer counts when its body was read to the end and understood. A page that is cut short is a failed
//! attempt, not a short page.
//!
//! **Invariant:** nothing retries below this: reqwest's own retries would be attempts that no one waits for or counts.
//!
//! **Invariant:** an attempt ends: by its time-outs, by the limits of a body, or some seconds after the run was asked to end.

mod access_tokens;
mod answer;
mod body;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use serde::de::IgnoredAny;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use url::Url;

use self::access_tokens::{AccessToken, AccessTokens};
use self::answer::{AttemptEnd, NoAccessToken, outcome, read, text};
use self::body::{AnswerBody, BodyFailure, MOST_OF_A_FAILURE, read_body};
use super::error::{BodyError, ClientError, RequestError, RequestErrorKind};
use super::list_guard::{ListGuard, ListSize};
use super::options::{ClientOptions, Timeouts};
use super::request::{ApiRequest, Method};
use super::retry::{AttemptOutcome, Decision, StopReason, Tries, decide};
use super::throttle::{Signal, Throttle};
use crate::clock;
use crate::event::Event;
use crate::model::{AccountSid, Api};
use crate::secret::{Origin, Signer};

/// The account's requests in flight (error 20429's page names the header).
const CONCURRENT_REQUESTS: &str = "twilio-concurrent-requests";
/// Writes fire webhooks only when this says `true`.
const WEBHOOK_ENABLED: &str = "x-twilio-webhook-enabled";

const USER_AGENT_VALUE: &str = concat!("chatferry/", env!("CARGO_PKG_VERSION"));

/// What an attempt has besides its request.
#[derive(Clone, Copy)]
struct AttemptHow<'a> {
    file: Option<&'a UploadBody<'a>>,
    /// The attempts before it.
    earlier: u32,
    token: Option<&'a AccessToken>,
}

/// A client of one account. Shared by reference; its limits hold for all who share it.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    throttle: Arc<Throttle>,
    /// Of an OAuth client.
    access_tokens: Option<AccessTokens>,
    /// One answer that is larger than usual is read at a time.
    large_answers: Arc<Semaphore>,
    random: Mutex<fastrand::Rng>,
    attempts: AtomicU64,
    retried: AtomicU64,
    throttled: AtomicU64,
    options: ClientOptions,
}

/// How many attempts a client has made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// In all.
    pub attempts: u64,
    /// Those after the first one of their request.
    pub retried: u64,
    /// Those that were answered with 429.
    pub throttled: u64,
}

/// A success.
#[derive(Debug)]
pub(crate) struct Reply<T> {
    /// The HTTP status.
    pub status: u16,
    /// `RQ…`, for Twilio's support.
    pub request_id: Option<String>,
    /// How many attempts it took.
    #[cfg(test)]
    pub attempts: u32,
    /// What was read from the body.
    pub body: T,
}

/// The attempts of one request so far, for a caller that sends it attempt by attempt.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    tries: Tries,
    count: u32,
    started: Option<Instant>,
    /// Whether it was sent again with another access token.
    renewed: bool,
}

/// The body of a request that sends a file.
pub(crate) struct UploadBody<'a> {
    pub content_type: &'a str,
    /// In bytes.
    pub length: u64,
    /// How long an attempt may take.
    pub time: Duration,
    /// The file from its beginning, for each attempt.
    pub body: &'a (dyn Fn() -> reqwest::Body + Sync),
}

/// One attempt that did not fail for good.
#[derive(Debug)]
pub(crate) enum OnceSent<T> {
    Answered(Reply<T>),
    /// It was certainly not performed, or may be sent twice, and is to be sent again after this time.
    RetryAfter(Duration),
}

impl Client {
    /// A client with its own connection pool, as large as its concurrency.
    pub(crate) fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .gzip(true)
            .pool_max_idle_per_host(options.limits.concurrency)
            .connect_timeout(options.timeouts.connect)
            .read_timeout(options.timeouts.read)
            .timeout(options.timeouts.total);
        if options.chat_origin.is_loopback() && options.conversations_origin.is_loopback() {
            builder = builder.no_proxy(); // a proxy cannot reach this machine's own loopback
        }
        let http = builder.build().map_err(ClientError)?;
        let throttle = Arc::new(Throttle::new(options.limits, options.events.clone()));
        let random = Mutex::new(fastrand::Rng::with_seed(options.seed));
        let zero = AtomicU64::default;
        let access_tokens = match &options.credentials.signer {
            Signer::Basic { .. } => None,
            Signer::OAuthClient { client_id, client_secret } => {
                let origin = options.oauth_origin.clone();
                Some(AccessTokens::new(origin, client_id.clone(), client_secret.clone()))
            }
        };
        Ok(Self {
            http,
            throttle,
            access_tokens,
            large_answers: Arc::new(Semaphore::new(1)),
            random,
            attempts: zero(),
            retried: zero(),
            throttled: zero(),
            options,
        })
    }

    /// The account whose credentials sign the requests.
    pub(crate) fn account_sid(&self) -> &AccountSid {
        &self.options.credentials.account_sid
    }

    /// Where requests to a product go.
    pub(crate) fn origin(&self, api: Api) -> &Origin {
        match api {
            Api::Chat => &self.options.chat_origin,
            Api::Conversations => &self.options.conversations_origin,
        }
    }

    /// Where requests to the Media Content Service go.
    pub(crate) fn media_origin(&self) -> &Origin {
        &self.options.media_origin
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        self.options.timeouts
    }

    /// By what waits between attempts are multiplied.
    pub(crate) fn wait_scale(&self) -> f64 {
        self.options.retry.scale
    }

    /// What a future gives, unless the run is ending before.
    pub(crate) async fn unless_ending<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.options.cancellation.run_until_cancelled(future).await
    }

    fn origin_of(&self, request: &ApiRequest) -> &Origin {
        if request.is_of_media() { self.media_origin() } else { self.origin(request.api()) }
    }

    /// A guard for following a list of this size, which is named for people, with so many rows on a full page.
    pub(crate) fn list_guard(&self, list: impl Into<String>, size: ListSize, page: u32) -> ListGuard {
        ListGuard::new(list, self.options.max_list_rows.unwrap_or_else(|| size.most()), page)
    }

    /// How many requests may be in flight now.
    pub(crate) fn concurrency_limit(&self) -> usize {
        self.throttle.limit()
    }

    /// How many attempts were made so far.
    pub(crate) fn counters(&self) -> Counters {
        Counters {
            attempts: self.attempts.load(Ordering::Relaxed),
            retried: self.retried.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
        }
    }

    /// Sends a request whose answer is JSON, and gives the body as it came.
    pub(crate) async fn send(&self, request: &ApiRequest) -> Result<Reply<Bytes>, RequestError> {
        self.send_parsed(request, |body| {
            serde_json::from_slice::<IgnoredAny>(body).map_err(BodyError::NotJson)?;
            Ok(body.clone())
        })
        .await
    }

    /// Sends a request and reads its answer with `parse`. A body that `parse` refuses is a failed attempt.
    pub(crate) async fn send_parsed<T>(
        &self,
        request: &ApiRequest,
        parse: impl Fn(&Bytes) -> Result<T, BodyError>,
    ) -> Result<Reply<T>, RequestError> {
        self.send_until_answered(request, None, parse).await
    }

    /// Sends a file, and reads the answer with `parse`.
    pub(crate) async fn upload<T>(
        &self,
        request: &ApiRequest,
        file: &UploadBody<'_>,
        parse: impl Fn(&Bytes) -> Result<T, BodyError>,
    ) -> Result<Reply<T>, RequestError> {
        self.send_until_answered(request, Some(file), parse).await
    }

    async fn send_until_answered<T>(
        &self,
        request: &ApiRequest,
        file: Option<&UploadBody<'_>>,
        parse: impl Fn(&Bytes) -> Result<T, BodyError>,
    ) -> Result<Reply<T>, RequestError> {
        let mut attempts = Attempts::default();
        loop {
            match self.send_attempt(request, file, &parse, &mut attempts).await? {
                OnceSent::Answered(reply) => return Ok(reply),
                OnceSent::RetryAfter(after) => {
                    self.options.cancellation.run_until_cancelled(sleep(after)).await;
                }
            }
        }
    }

    /// Sends a request once. Where it is to be sent again, the caller waits, and passes the same `attempts` again: so a caller
    /// that has other work to do can do it meanwhile.
    pub(crate) async fn send_once<T>(
        &self,
        request: &ApiRequest,
        parse: impl Fn(&Bytes) -> Result<T, BodyError>,
        attempts: &mut Attempts,
    ) -> Result<OnceSent<T>, RequestError> {
        self.send_attempt(request, None, parse, attempts).await
    }

    async fn send_attempt<T>(
        &self,
        request: &ApiRequest,
        file: Option<&UploadBody<'_>>,
        parse: impl Fn(&Bytes) -> Result<T, BodyError>,
        attempts: &mut Attempts,
    ) -> Result<OnceSent<T>, RequestError> {
        let started = *attempts.started.get_or_insert_with(Instant::now);
        let fail = |kind, attempts| RequestError::new(request, kind, attempts, started.elapsed());
        let Some(url) = self.url(request) else {
            return Err(fail(RequestErrorKind::BadPath, attempts.count));
        };
        if self.access_tokens.is_some() && request.api() == Api::Chat {
            return Err(fail(RequestErrorKind::NotForOAuth, attempts.count));
        }
        let Some(token) = self.options.cancellation.run_until_cancelled(self.access_token()).await else {
            return Err(fail(RequestErrorKind::Cancelled, attempts.count));
        };
        let (ended, token) = match token {
            Ok(token) => {
                let how = AttemptHow { file, earlier: attempts.count, token: token.as_deref() };
                (self.attempt(request, url, how).await, token)
            }
            Err(failure) => (Some(AttemptEnd::NoAccessToken(failure)), None),
        };
        let Some(ended) = ended else {
            return Err(fail(RequestErrorKind::Cancelled, attempts.count));
        };
        attempts.count += 1;
        let mut failed = match read(request, ended, &parse, attempts.count) {
            Ok(reply) => {
                self.attempted(false, false);
                return Ok(OnceSent::Answered(reply));
            }
            Err(failed) => failed,
        };
        failed.error.origin = match failed.error.kind {
            RequestErrorKind::NoAccessToken(_) => self.options.oauth_origin.to_string(),
            _ => self.origin_of(request).to_string(),
        };
        if self.renew_access_token(&failed.error, token.as_ref(), attempts).await {
            return Ok(OnceSent::RetryAfter(Duration::ZERO));
        }
        let retry_after = failed.retry_after.as_deref();
        let outcome = outcome(&failed.error, retry_after);
        let refused = matches!(outcome, AttemptOutcome::Status { status: 429, .. });
        if refused {
            attempts.tries.refused += 1;
        } else {
            attempts.tries.failed += 1;
        }
        let random = self.random.lock().unwrap_or_else(PoisonError::into_inner).f64();
        let now = (self.options.now)();
        let decision =
            decide(&self.options.retry, attempts.tries, outcome, request.is_idempotent(), random, now);
        let ending = self.options.cancellation.is_cancelled();
        self.attempted(refused, matches!(decision, Decision::Retry { .. }) && !ending);
        match decision {
            Decision::Retry { .. } if ending => Err(fail(RequestErrorKind::Cancelled, attempts.count)),
            Decision::Retry { after, why } => {
                let (request, why) = (request.to_string(), why.to_string());
                self.options.events.send(Event::Retrying { request, why, after, attempt: attempts.count });
                Ok(OnceSent::RetryAfter(after))
            }
            Decision::Stop { why } => {
                let mut error = failed.error;
                error.elapsed = started.elapsed();
                if why == StopReason::TooLong {
                    error.kind = RequestErrorKind::WaitTooLong;
                }
                Err(error)
            }
        }
    }

    /// What signs the next request, of an OAuth client.
    async fn access_token(&self) -> Result<Option<Arc<AccessToken>>, NoAccessToken> {
        match &self.access_tokens {
            Some(tokens) => tokens.current(&self.http).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whether a request was refused with an access token that may have ended early, and is to be sent again with another.
    async fn renew_access_token(
        &self,
        error: &RequestError,
        token: Option<&Arc<AccessToken>>,
        attempts: &mut Attempts,
    ) -> bool {
        let (Some(tokens), Some(token)) = (&self.access_tokens, token) else { return false };
        if attempts.renewed || !error.is_unauthorized() {
            return false;
        }
        tokens.refused(token).await;
        attempts.renewed = true;
        self.attempted(false, true);
        let (request, why) =
            (format!("{} {}", error.method, error.path), "the access token was refused".to_owned());
        self.options.events.send(Event::Retrying {
            request,
            why,
            after: Duration::ZERO,
            attempt: attempts.count,
        });
        true
    }

    /// The URL of a request, which is of the origin that the credentials are for, or none.
    fn url(&self, request: &ApiRequest) -> Option<Url> {
        let origin = self.origin_of(request);
        let url = origin.join(&request.path_and_query()).ok()?;
        (origin.contains(&url) && !request.has_dot_segment()).then_some(url)
    }

    fn attempted(&self, throttled: bool, will_retry: bool) {
        self.options.events.send(Event::Attempted { throttled, will_retry });
    }

    /// One attempt, from its wait to the last byte of its answer; `None` when it was not begun because the run is ending.
    async fn attempt(&self, request: &ApiRequest, url: Url, how: AttemptHow<'_>) -> Option<AttemptEnd> {
        let permit = self.options.cancellation.run_until_cancelled(self.throttle.permit()).await?;
        self.attempts.fetch_add(1, Ordering::Relaxed);
        self.retried.fetch_add(u64::from(how.earlier > 0), Ordering::Relaxed);
        let ended = tokio::select! {
            biased;
            ended = self.exchange(request, url, how) => ended,
            () = self.grace_is_over() => return Some(AttemptEnd::CutOff),
        };
        let (status, headers) = match &ended {
            AttemptEnd::None { .. } | AttemptEnd::CutOff | AttemptEnd::NoAccessToken(_) => {
                return Some(ended);
            }
            AttemptEnd::Answer { status, headers, .. } | AttemptEnd::BadBody { status, headers, .. } => {
                (*status, headers)
            }
        };
        let refused = status == StatusCode::TOO_MANY_REQUESTS;
        self.throttled.fetch_add(u64::from(refused), Ordering::Relaxed);
        let account_in_flight = text(headers, CONCURRENT_REQUESTS).and_then(|text| text.parse().ok());
        permit.answered(Signal { refused, account_in_flight });
        // The next request takes the slot first; this answer is parsed while that one is in flight.
        tokio::task::yield_now().await;
        Some(ended)
    }

    /// Sends, and reads the complete answer.
    async fn exchange(&self, request: &ApiRequest, url: Url, how: AttemptHow<'_>) -> AttemptEnd {
        let _at_work = clock::at_work();
        let mut response = match self.build(request, url, how).send().await {
            Ok(response) => response,
            Err(source) => return AttemptEnd::None { source: source.without_url() },
        };
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let most = self.options.max_answer;
        let most = if status.is_success() { most } else { most.min(MOST_OF_A_FAILURE) };
        match read_body(&mut response, most, &self.large_answers).await {
            Ok(body) => AttemptEnd::Answer { status, headers, body },
            // Its status says what it is; such a body is not Twilio's.
            Err(BodyFailure::TooLarge(bytes)) if !status.is_success() => {
                AttemptEnd::Answer { status, headers, body: AnswerBody { bytes, turn: None } }
            }
            Err(BodyFailure::TooLarge(_)) => {
                AttemptEnd::BadBody { status, headers, kind: RequestErrorKind::TooLarge { most } }
            }
            Err(BodyFailure::TooSlow) => {
                AttemptEnd::BadBody { status, headers, kind: RequestErrorKind::TooSlow }
            }
            Err(BodyFailure::Broken(source)) => {
                let source = source.without_url();
                let kind = if source.is_timeout() {
                    RequestErrorKind::TimedOut(source)
                } else {
                    RequestErrorKind::Broken(source)
                };
                AttemptEnd::BadBody { status, headers, kind }
            }
        }
    }

    /// Comes some seconds after the run was asked to end.
    async fn grace_is_over(&self) {
        self.options.cancellation.cancelled().await;
        sleep(self.options.timeouts.grace).await;
    }

    fn build(&self, request: &ApiRequest, url: Url, how: AttemptHow<'_>) -> reqwest::RequestBuilder {
        let method = match request.method() {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Delete => http::Method::DELETE,
        };
        let mut builder = self.http.request(method, url).header(USER_AGENT, USER_AGENT_VALUE);
        builder = match (&self.options.credentials.signer, how.token) {
            (Signer::Basic { username, secret }, _) => builder.basic_auth(username, Some(secret.expose())),
            (Signer::OAuthClient { .. }, Some(token)) => builder.bearer_auth(token.token.expose()),
            (Signer::OAuthClient { .. }, None) => builder,
        };
        if let Some(form) = request.form_body() {
            builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.to_owned());
        }
        if let Some(UploadBody { content_type, length, time, body }) = how.file {
            let builder_of_file = builder.header(CONTENT_TYPE, *content_type).header(CONTENT_LENGTH, *length);
            builder = builder_of_file.timeout(*time).body(body());
        }
        if let Some(enabled) = request.webhooks_enabled() {
            builder = builder.header(WEBHOOK_ENABLED, if enabled { "true" } else { "false" });
        }
        builder
    }
}
