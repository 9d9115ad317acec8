//! Where the bytes of media are given out: another port, no credentials, and errors that are not Twilio's.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use axum::routing::get;
use futures_util::stream::{self, StreamExt as _};
use tokio::time::Instant;

use crate::simulator::data::media_store::{MediaContent, MediaRecord, generated};
use crate::simulator::data::{find_media, sid};
use crate::simulator::draws;
use crate::simulator::faults::{AttemptFault, RequestTraits};
use crate::simulator::media_links::BadLink;
use crate::simulator::query::Parameters;
use crate::simulator::state::SimulatorState;
use crate::simulator::wire::CutSwitch;

/// The addresses that the links lead to.
pub(crate) fn router(state: Arc<SimulatorState>) -> Router {
    Router::new().route("/{service}/{media}", get(deliver)).with_state(state)
}

async fn deliver(
    State(server): State<Arc<SimulatorState>>,
    ConnectInfo(cut): ConnectInfo<CutSwitch>,
    Path((service, media)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let arrived = Instant::now();
    // What is asked for again has another address by then, and is the same.
    let traits = RequestTraits {
        path: uri.path(),
        key: draws::text(uri.path()),
        chat: false,
        write: false,
        create: false,
        has_token: false,
        below_service: false,
    };
    let fault = server.attempt_faults.decide_for(traits);
    let answer = answer(&server, (&service, &media), &uri, &headers, fault);
    server.timer.until(arrived + server.options.latency).await;
    match fault {
        Some(AttemptFault::Reset) => cut.cut(),
        Some(AttemptFault::Hang) => server.stop.cancelled().await,
        _ => {}
    }
    answer
}

fn answer(
    server: &SimulatorState,
    (service, media): (&str, &str),
    uri: &Uri,
    headers: &HeaderMap,
    fault: Option<AttemptFault>,
) -> Response<Body> {
    if headers.contains_key(AUTHORIZATION) {
        return refusal(400, "InvalidArgument", "Only one auth mechanism allowed");
    }
    if let Some(AttemptFault::Status(status, _)) = fault {
        return refusal(status, "ServiceUnavailable", "Please try again");
    }
    let Some(digits) = sid::digits("ME", media) else { return refusal(404, "NoSuchKey", "No such key") };
    let query = Parameters::parse(uri.query().unwrap_or_default());
    match server.links.check(service, digits, &query, Instant::now()) {
        Err(BadLink::Forged) => return refusal(403, "SignatureDoesNotMatch", "The signature is another one"),
        Err(BadLink::Expired) => return refusal(403, "AccessDenied", "Request has expired"),
        Ok(()) => {}
    }
    if let Some(elsewhere) = server.links.redirect(digits) {
        let mut response = refusal(307, "TemporaryRedirect", "It is elsewhere");
        response.headers_mut().extend(HeaderValue::from_str(&elsewhere).ok().map(|value| (LOCATION, value)));
        return response;
    }
    let world = server.accounts.iter().find_map(|account| account.service(service));
    match world.and_then(|world| find_media(&world.view(), digits)) {
        Some(record) => content(&record, matches!(fault, Some(AttemptFault::Truncate))),
        None => refusal(404, "NoSuchKey", "No such key"),
    }
}

/// The bytes; half of them, where they break off.
fn content(record: &MediaRecord, breaks_off: bool) -> Response<Body> {
    let length = match &record.content {
        MediaContent::Generated(size) => *size,
        MediaContent::Kept(bytes) => bytes.len() as u64,
        MediaContent::Dropped { .. } => {
            return refusal(404, "NoSuchKey", "The simulator kept no bytes of it");
        }
    };
    let body = match &record.content {
        _ if breaks_off => {
            let half = generated(record.digits, length / 2).map(Ok);
            let end = stream::once(async { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) });
            Body::from_stream(stream::iter(half).chain(end))
        }
        MediaContent::Kept(bytes) => Body::from(bytes.clone()),
        _ => Body::from_stream(stream::iter(generated(record.digits, length).map(Ok::<_, io::Error>))),
    };
    let mut response = Response::new(body);
    let kind = record.content_type.as_deref().and_then(|kind| HeaderValue::from_str(kind).ok());
    response.headers_mut().extend(kind.map(|kind| (CONTENT_TYPE, kind)));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// An error as object stores have them: XML.
fn refusal(status: u16, code: &str, message: &str) -> Response<Body> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}
