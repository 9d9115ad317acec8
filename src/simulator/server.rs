//! Takes requests in and answers them: authentication, limits, accidents, route, latency, in this order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, Response, Uri};
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;

use super::Options;
use super::answer::{Answered, is_conversations, situation};
use super::auth::Accepted;
use super::data::hash::Draws;
use super::data::hash::{self, Purpose};
use super::data::{Account, Origins, sid};
use super::failure::Failure;
use super::faults::{Accident, Accidents};
use super::limits::{Limits, WriteLimits};
use super::night;
use super::query::{self, Parameters};
use super::reply::{Told, accepts_gzip, respond};
use super::route::{self, Match};
use super::stats::Recorder;
use super::timer::Timer;
use super::wire::Cut;
use super::writes::{self, Write, WriteLog};

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) options: Options,
    /// The first has the generated service.
    pub(crate) accounts: Vec<Account>,
    pub(crate) recorder: Recorder,
    pub(crate) stop: CancellationToken,
    pub(crate) writes: WriteLog,
    pub(super) write_limits: WriteLimits,
    pub(super) origins: Origins,
    draws: Draws,
    accepted: Accepted,
    limits: Limits,
    accidents: Accidents,
    timer: Timer,
    numbers: AtomicU64,
}

impl Server {
    pub(crate) fn new(options: Options, accounts: Vec<Account>, origins: Origins, timer: Timer) -> Self {
        let draws = Draws::new(options.seed);
        Self {
            recorder: Recorder::new(),
            writes: WriteLog::new(options.record_writes),
            write_limits: WriteLimits::new(options.write_rate),
            stop: CancellationToken::new(),
            accepted: Accepted::new(accounts.iter().map(|account| &account.credentials)),
            limits: Limits::new(options.rate, options.max_concurrent),
            accidents: Accidents::new(options.faults.clone(), draws),
            timer,
            origins,
            draws,
            numbers: AtomicU64::new(0),
            options,
            accounts,
        }
    }

    /// The paths that are served.
    pub(crate) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/simulator/stats", get(show_stats))
            .route("/simulator/stats/reset", post(reset_stats))
            .route("/simulator/writes", get(show_writes))
            .route("/simulator/overnight", post(pass_night))
            .fallback(handle)
            .with_state(self)
    }
}

async fn handle(
    State(server): State<Arc<Server>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let arrived = Instant::now();
    let segments = query::segments(uri.path());
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    let found = route::find(method.as_str(), &segments);
    let number = if let Match::Found(number, ..) = &found { Some(*number) } else { None };
    let place = server.limits.enter(arrived);
    let in_flight = place.as_ref().map_or_else(|| server.limits.in_flight() + 1, |place| place.in_flight);
    server.recorder.arrived(number, in_flight, arrived);
    let account = headers.get(AUTHORIZATION).and_then(|value| server.accepted.account(value.as_bytes()));
    let account = account.and_then(|number| server.accounts.get(number));
    let body = std::str::from_utf8(&body).unwrap_or_default();
    let Answered { reply, status, accepted } = match account {
        None => Answered::failure(&Failure::unauthorized()),
        Some(_) if place.is_none() => Answered::failure(&Failure::of_status(429, server.options.retry_after)),
        Some(account) => {
            let accident = server.accidents.befall(situation(&method, &uri, body, &found));
            if accident == Some(Accident::Hang) {
                server.stop.cancelled().await;
            }
            server.answer(account, &found, &uri, body, accident)
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
    let told = Told {
        request_id: sid::text("RQ", request_digits(&server)),
        concurrent: in_flight + server.options.background_load,
        arrived,
        gzip: server.options.gzip && accepts_gzip(&headers),
        stop: server.stop.clone(),
        domain: if is_conversations(uri.path()) { "conversations.twilio.com" } else { "chat.twilio.com" },
    };
    let Some(reply) = reply else {
        server.timer.until(arrived + server.options.latency).await;
        server.recorder.answered(0);
        cut.cut();
        return Response::new(Body::empty());
    };
    server.recorder.answered(reply.status);
    let response = respond(reply, &told);
    server.timer.until(arrived + server.options.latency).await;
    // The place is given back before the answer goes out: a client that sends its next request on receipt is
    // never counted twice.
    drop(place);
    response
}

/// The next request's number, made to look random.
fn request_digits(server: &Server) -> u128 {
    let number = server.numbers.fetch_add(1, Ordering::Relaxed);
    let high = server.draws.draw(Purpose::RequestId, number);
    u128::from(high) << 64 | u128::from(hash::next(high))
}

async fn show_stats(State(server): State<Arc<Server>>) -> axum::Json<serde_json::Value> {
    let mut stats = server.recorder.stats().to_json();
    let created = writes::summary(&writes::created(&server.accounts));
    if let (Some(stats), serde_json::Value::Object(created)) = (stats.as_object_mut(), created) {
        stats.extend(created);
    }
    axum::Json(stats)
}

async fn show_writes(State(server): State<Arc<Server>>) -> Response<Body> {
    ndjson(server.writes.to_ndjson())
}

/// One night: `night` is its number, `share` how much changes (0.0 to 1.0).
async fn pass_night(State(server): State<Arc<Server>>, uri: Uri) -> Response<Body> {
    let query = Parameters::parse(uri.query().unwrap_or_default());
    let night = query.first("night").and_then(|text| text.parse().ok()).unwrap_or(1);
    let share = query.first("share").and_then(|text| text.parse().ok()).unwrap_or(0.01);
    let changes = night::pass(&server.accounts[0].services[0], night, share);
    let lines: Vec<String> = changes.iter().map(|change| change.to_json().to_string() + "\n").collect();
    ndjson(lines.concat())
}

fn ndjson(lines: String) -> Response<Body> {
    let mut response = Response::new(Body::from(lines));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    response
}

async fn reset_stats(State(server): State<Arc<Server>>) -> axum::Json<serde_json::Value> {
    server.recorder.reset();
    axum::Json(server.recorder.stats().to_json())
}
