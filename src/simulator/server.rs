//! Takes requests in and answers them: authentication, limits, faults of the attempt, route, latency, in this order.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use axum::routing::{get, post};
use tokio::time::Instant;

use super::answer::{self, RequestOutcome, request_traits};
use super::api;
use super::arrival::Arrival;
use super::drift;
use super::faults::AttemptFault;
use super::media;
use super::query::{self, Parameters};
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

async fn grant_token(State(server): State<Arc<SimulatorState>>, body: Bytes) -> Response<Body> {
    let form = std::str::from_utf8(&body).unwrap_or_default();
    let accounts = server.accounts.iter().map(|account| &account.credentials);
    let (status, body) = server.access_tokens.grant(form, server.draws, accounts, Instant::now());
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

async fn show_stats(State(server): State<Arc<SimulatorState>>) -> axum::Json<serde_json::Value> {
    let mut stats = server.recorder.stats().to_json();
    let created = server.options.record_writes.then(|| writes::summary(&writes::created(&server.accounts)));
    if let (Some(stats), Some(serde_json::Value::Object(created))) = (stats.as_object_mut(), created) {
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
