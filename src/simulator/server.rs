//! Takes requests in and answers them: authentication, limits, faults of the attempt, route, latency, in this order.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use axum::routing::{get, post};
use tokio::time::Instant;

use super::answer::{self, RequestOutcome, is_conversations, request_traits};
use super::api;
use super::data::Account;
use super::data::sid;
use super::draws::{self, DrawPurpose};
use super::drift;
use super::faults::AttemptFault;
use super::limits::Slot;
use super::media;
use super::query::{self, Parameters};
use super::refusal::Refusal;
use super::reply::{HttpReply, ReplyContext, accepts_gzip, respond};
use super::route::RouteMatch;
use super::state::SimulatorState;
use super::wire::CutSwitch;
use super::writes::{self, Write};

/// How long a request that is never answered keeps its connection.
const NEVER: Duration = Duration::from_hours(24);

/// The paths that are served.
pub(crate) fn router(state: Arc<SimulatorState>) -> Router {
    Router::new()
        .route("/simulator/stats", get(show_stats))
        .route("/simulator/stats/reset", post(reset_stats))
        .route("/simulator/writes", get(show_writes))
        .route("/simulator/drift", post(let_drift))
        .route("/v2/token", post(grant_token))
        .route("/v1/Services/{service}/Media", post(media::upload))
        .route("/v1/Services/{service}/Media/{media}", get(media::fetch))
        .fallback(handle)
        .with_state(state)
}

/// A request that has arrived, with its slot among those in flight.
#[derive(Debug)]
pub(crate) struct Arrival<'s> {
    at: Instant,
    place: Option<Slot<'s>>,
    in_flight: u32,
    account: Option<&'s Account>,
    gzip: bool,
    domain: &'static str,
}

impl<'s> Arrival<'s> {
    /// Takes note of a request, to a route if it has one.
    pub(crate) fn new(
        server: &'s SimulatorState,
        headers: &HeaderMap,
        uri: &Uri,
        route: Option<usize>,
    ) -> Self {
        let at = Instant::now();
        let place = server.limits.enter(at);
        let in_flight = place.as_ref().map_or_else(|| server.limits.in_flight() + 1, |place| place.in_flight);
        server.recorder.arrived(route, in_flight, at);
        let account = headers.get(AUTHORIZATION).and_then(|value| account_of(server, value, uri, at));
        Self {
            at,
            place,
            in_flight,
            account: account.and_then(|number| server.accounts.get(number)),
            gzip: server.options.gzip && accepts_gzip(headers),
            domain: if is_conversations(uri.path()) { "conversations.twilio.com" } else { "chat.twilio.com" },
        }
    }

    /// The account that it is signed for, unless it is above a limit.
    fn account(&self, server: &SimulatorState) -> Result<&'s Account, Refusal> {
        let account = self.account.ok_or_else(Refusal::unauthorized)?;
        self.place.as_ref().ok_or_else(|| Refusal::of_status(429, server.options.retry_after))?;
        Ok(account)
    }

    /// What `act` answers, if it is let in.
    pub(crate) fn admitted(
        &self,
        server: &SimulatorState,
        act: impl FnOnce(&'s Account) -> RequestOutcome,
    ) -> RequestOutcome {
        self.account(server).map_or_else(|refusal| RequestOutcome::failure(&refusal), act)
    }

    /// Sends the answer when it is due; none closes the connection.
    pub(crate) async fn answer(
        self,
        server: &SimulatorState,
        reply: Option<HttpReply>,
        cut: &CutSwitch,
    ) -> Response<Body> {
        let context = ReplyContext {
            request_id: sid::text("RQ", request_digits(server)),
            concurrent: self.in_flight + server.options.background_load,
            arrived: self.at,
            gzip: self.gzip,
            stop: server.stop.clone(),
            timer: Arc::clone(&server.timer),
            domain: self.domain,
        };
        let due = self.at + server.options.latency;
        let Some(reply) = reply else {
            server.timer.until(due).await;
            server.recorder.answered(0);
            cut.cut();
            return Response::new(Body::empty());
        };
        server.recorder.answered(reply.status);
        let response = respond(reply, &context);
        server.timer.until(due).await;
        // The slot is free again before the answer goes out: a client that sends its next request on receipt is
        // never counted twice.
        drop(self.place);
        response
    }
}

async fn handle(
    State(server): State<Arc<SimulatorState>>,
    ConnectInfo(cut): ConnectInfo<CutSwitch>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let segments = query::segments(uri.path());
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    let found = api::find(method.as_str(), &segments);
    let number = if let RouteMatch::Found(number, ..) = &found { Some(*number) } else { None };
    let arrival = Arrival::new(&server, &headers, &uri, number);
    let body = std::str::from_utf8(&body).unwrap_or_default();
    let RequestOutcome { reply, status, accepted } = match arrival.account(&server) {
        Err(refusal) => RequestOutcome::failure(&refusal),
        Ok(account) => {
            let fault = server.attempt_faults.decide_for(request_traits(&method, &uri, body, &found));
            if fault == Some(AttemptFault::Hang) {
                let never = server.timer.until(arrival.at + NEVER);
                server.stop.run_until_cancelled(never).await;
            }
            answer::answer(&server, account, &found, &uri, body, fault)
        }
    };
    if method != Method::GET {
        server.writes.add(|| Write {
            method: method.to_string(),
            path: uri.path().to_owned(),
            form: Parameters::parse(body).into_pairs(),
            webhook_enabled: headers
                .get("x-twilio-webhook-enabled")
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            status,
            answered: reply.is_some(),
            accepted,
        });
    }
    arrival.answer(&server, reply, &cut).await
}

/// The number of the account that a request is signed for. An access token opens Conversations only.
fn account_of(
    server: &SimulatorState,
    authorization: &HeaderValue,
    uri: &Uri,
    now: Instant,
) -> Option<usize> {
    let by_token = || server.access_tokens.account(authorization.as_bytes(), now);
    let accepted = server.accepted.account(authorization.as_bytes());
    accepted.or_else(|| is_conversations(uri.path()).then(by_token).flatten())
}

async fn grant_token(State(server): State<Arc<SimulatorState>>, body: Bytes) -> Response<Body> {
    let form = std::str::from_utf8(&body).unwrap_or_default();
    let accounts = server.accounts.iter().map(|account| &account.credentials);
    let (status, body) = server.access_tokens.grant(form, server.draws, accounts, Instant::now());
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The next request's number, made to look random.
fn request_digits(server: &SimulatorState) -> u128 {
    let number = server.numbers.fetch_add(1, Ordering::Relaxed);
    let high = server.draws.draw(DrawPurpose::RequestId, number);
    u128::from(high) << 64 | u128::from(draws::next(high))
}

async fn show_stats(State(server): State<Arc<SimulatorState>>) -> axum::Json<serde_json::Value> {
    let mut stats = server.recorder.stats().to_json();
    let created = writes::summary(&writes::created(&server.accounts));
    if let (Some(stats), serde_json::Value::Object(created)) = (stats.as_object_mut(), created) {
        stats.extend(created);
    }
    axum::Json(stats)
}

async fn show_writes(State(server): State<Arc<SimulatorState>>) -> Response<Body> {
    ndjson(server.writes.to_ndjson())
}

/// One round: `round` is its number, `share` how much changes (0.0 to 1.0).
async fn let_drift(State(server): State<Arc<SimulatorState>>, uri: Uri) -> Response<Body> {
    let query = Parameters::parse(uri.query().unwrap_or_default());
    let round = query.first("round").and_then(|text| text.parse().ok()).unwrap_or(1);
    let share = query.first("share").and_then(|text| text.parse().ok()).unwrap_or(0.01);
    let changes = drift::pass(&server.accounts[0].services[0], round, share);
    let lines: Vec<String> = changes.iter().map(|change| change.to_json().to_string() + "\n").collect();
    ndjson(lines.concat())
}

fn ndjson(lines: String) -> Response<Body> {
    let mut response = Response::new(Body::from(lines));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    response
}

async fn reset_stats(State(server): State<Arc<SimulatorState>>) -> axum::Json<serde_json::Value> {
    server.recorder.reset();
    axum::Json(server.recorder.stats().to_json())
}
