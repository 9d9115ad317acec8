//! Takes requests in and answers them: authentication, limits, accidents, route, latency, in this order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, Response, Uri};
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;

use super::Options;
use super::auth::Accepted;
use super::data::hash::Draws;
use super::data::hash::{self, Purpose};
use super::data::{Account, Origins, sid};
use super::failure::Failure;
use super::faults::{Accident, Accidents, Situation};
use super::limits::Limits;
use super::query::{self, Parameters};
use super::reply::{Reply, Told, accepts_gzip, respond};
use super::route::{self, Call, Match};
use super::stats::Recorder;
use super::timer::Timer;
use super::wire::Cut;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) options: Options,
    /// The first has the generated service.
    pub(crate) accounts: Vec<Account>,
    pub(crate) recorder: Recorder,
    pub(crate) stop: CancellationToken,
    origins: Origins,
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
            .fallback(handle)
            .with_state(self)
    }

    /// The answer to an accepted request; none to let the connection go.
    fn answer(
        &self,
        account: &Account,
        found: &Match<'_>,
        uri: &Uri,
        body: &str,
        accident: Option<Accident>,
    ) -> Option<Reply> {
        let failure = match (found, accident) {
            (_, Some(Accident::Status(status, retry_after))) => Failure::of_status(status, retry_after),
            (_, Some(Accident::ExpiredToken)) => Failure::bad_page_token(),
            (_, Some(Accident::NotFound)) | (Match::Nothing, _) => Failure::not_found(uri.path()),
            (_, Some(Accident::Html)) => return Some(Reply::html()),
            (_, Some(Accident::Reset | Accident::Hang)) => return None,
            (Match::OtherMethod, _) => Failure::method_not_allowed(),
            (Match::Found(_, route, captures), accident) => {
                let named = if route.names_service() {
                    account.service(captures[0])
                } else {
                    account.services.first()
                };
                let Some(world) = named else {
                    return Some(Reply::failure(&no_service(uri.path())));
                };
                let call = Call {
                    account,
                    world,
                    origins: &self.origins,
                    route,
                    captures: captures.clone(),
                    path: uri.path(),
                    query: Parameters::parse(uri.query().unwrap_or_default()),
                    form: Parameters::parse(body),
                };
                match (route.answer)(&call) {
                    Ok(body) => {
                        if route.method == "POST" {
                            self.recorder.wrote();
                        }
                        let truncate = accident == Some(Accident::Truncate);
                        let lost = accident == Some(Accident::LostAnswer);
                        return (!lost).then(|| Reply { truncate, ..Reply::json(200, body) });
                    }
                    Err(failure) => failure,
                }
            }
        };
        Some(Reply::failure(&failure))
    }
}

/// Chat has a code of its own for a service that is not there.
fn no_service(path: &str) -> Failure {
    if is_conversations(path) { Failure::not_found(path) } else { Failure::service_not_found() }
}

fn is_conversations(path: &str) -> bool {
    path.starts_with("/v1/")
}

/// What a request is, as far as accidents are concerned.
fn situation(method: &Method, uri: &Uri, body: &str, found: &Match<'_>) -> Situation {
    Situation {
        key: hash::text(&uri.to_string())
            ^ hash::text(method.as_str()).rotate_left(17)
            ^ hash::text(body).rotate_left(31),
        chat: !is_conversations(uri.path()),
        write: method != Method::GET,
        has_token: uri.query().is_some_and(|query| query.contains("PageToken=")),
        below_service: matches!(found, Match::Found(_, route, _) if route.is_below_service()),
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
    let reply = match account {
        None => Some(Reply::failure(&Failure::unauthorized())),
        Some(_) if place.is_none() => {
            Some(Reply::failure(&Failure::of_status(429, server.options.retry_after)))
        }
        Some(account) => {
            let accident = server.accidents.befall(situation(&method, &uri, body, &found));
            if accident == Some(Accident::Hang) {
                server.stop.cancelled().await;
            }
            server.answer(account, &found, &uri, body, accident)
        }
    };
    let told = Told {
        request_id: sid::text("RQ", request_digits(&server)),
        concurrent: in_flight + server.options.background_load,
        arrived,
        gzip: server.options.gzip && accepts_gzip(&headers),
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
    axum::Json(server.recorder.stats().to_json())
}

async fn reset_stats(State(server): State<Arc<Server>>) -> axum::Json<serde_json::Value> {
    server.recorder.reset();
    axum::Json(server.recorder.stats().to_json())
}
