//! Makes HTTP answers: Twilio's headers, gzip, and bodies that break off.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, SERVER, VARY, VIA,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::faults::HostileBody;
use super::hostile;
use super::refusal::Refusal;
use super::timer::Timer;

/// Bodies shorter than this are not compressed.
const WORTH_COMPRESSING: usize = 1_024;

/// An answer before it is one.
#[derive(Debug)]
pub(crate) struct HttpReply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) html: bool,
    pub(crate) truncate: bool,
    pub(crate) hostile: Option<HostileBody>,
    /// A gateway sent it, and Twilio did not see the request.
    pub(crate) of_gateway: bool,
    pub(crate) retry_after: Option<u32>,
}

impl HttpReply {
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self {
            status,
            body,
            html: false,
            truncate: false,
            hostile: None,
            of_gateway: false,
            retry_after: None,
        }
    }

    pub(crate) fn failure(failure: &Refusal) -> Self {
        Self { retry_after: failure.retry_after, ..Self::json(failure.status, failure.body()) }
    }

    /// A 200 that some proxy made.
    pub(crate) fn html() -> Self {
        let body = "<!DOCTYPE html>\n<html><head><title>One moment</title></head><body>Please wait …</body></html>\n";
        Self { html: true, ..Self::json(200, body.to_owned()) }
    }

    /// A 403 of a gateway between the client and Twilio.
    pub(crate) fn gateway() -> Self {
        let body = concat!(
            "<html><head><title>Access denied</title></head><body><h1>Access denied</h1>\n",
            "<p>The policy of this network does not allow chat.twilio.com. Ask your administrator.</p></body></html>\n",
        );
        Self { html: true, of_gateway: true, ..Self::json(403, body.to_owned()) }
    }
}

#[derive(Debug)]
pub(crate) struct ReplyContext {
    pub(crate) request_id: String,
    pub(crate) concurrent: u32,
    pub(crate) arrived: Instant,
    pub(crate) gzip: bool,
    /// The host that answers in production.
    pub(crate) domain: &'static str,
    /// The server stops: bodies that take long end.
    pub(crate) stop: CancellationToken,
    pub(crate) timer: Arc<Timer>,
}

/// Whether the client takes gzip.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.trim().split(';').next().is_some_and(|name| name.eq_ignore_ascii_case("gzip")))
}

pub(crate) fn respond(reply: HttpReply, context: &ReplyContext) -> Response<Body> {
    let compress = context.gzip && reply.hostile.is_none() && reply.body.len() >= WORTH_COMPRESSING;
    let compressed = if compress { gzip(reply.body.as_bytes()) } else { None };
    let is_compressed = compressed.is_some() || reply.hostile == Some(HostileBody::GzipBomb);
    let bytes = compressed.unwrap_or_else(|| reply.body.into_bytes());
    let length = bytes.len();
    let body = match reply.hostile {
        Some(kind) => hostile::body(kind, &bytes, context.stop.clone(), Arc::clone(&context.timer)),
        None if reply.truncate => broken_off(&bytes),
        None => Body::from(bytes),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let kind = if reply.html { "text/html; charset=utf-8" } else { "application/json" };
    if reply.status != 204 {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        if reply.hostile.is_none() {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
    }
    if is_compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if reply.status == 401 {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Twilio API\""));
    }
    if let Some(seconds) = reply.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if reply.of_gateway {
        headers.insert(SERVER, HeaderValue::from_static("ExampleGateway/7.2"));
        headers.insert(VIA, HeaderValue::from_static("1.1 gateway.example.com"));
        return response;
    }
    headers
        .insert(HeaderName::from_static("twilio-concurrent-requests"), HeaderValue::from(context.concurrent));
    let duration = format!("{:.3}", context.arrived.elapsed().as_secs_f64());
    for (name, text) in
        [("twilio-request-id", context.request_id.as_str()), ("twilio-request-duration", duration.as_str())]
    {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers.insert(HeaderName::from_static("x-home-region"), HeaderValue::from_static("us1"));
    headers.insert(HeaderName::from_static("x-api-domain"), HeaderValue::from_static(context.domain));
    response
}

thread_local! {
    /// A compressor's state is large: to make one costs more than to compress a page.
    static COMPRESSOR: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// A gzip file of one member (RFC 1952). Level 1 is cheap and, on rows that resemble each other, good enough.
fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    const HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 255];
    let mut out = Vec::with_capacity(bytes.len() + 1_024);
    out.extend(HEADER);
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.reset();
        let status = compressor.compress_vec(bytes, &mut out, FlushCompress::Finish);
        matches!(status, Ok(Status::StreamEnd)).then_some(())
    })?;
    let mut check = Crc::new();
    check.update(bytes);
    out.extend(check.sum().to_le_bytes());
    out.extend(check.amount().to_le_bytes());
    Some(out)
}

/// Half of the body, then the end of the connection, though `Content-Length` promises all of it.
fn broken_off(bytes: &[u8]) -> Body {
    let half = Bytes::copy_from_slice(&bytes[..bytes.len() / 2]);
    let stream = futures_util::stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) if !half.is_empty() => Some((Ok::<_, io::Error>(half), Some(Bytes::new()))),
            // The first half is written out before the failure that makes hyper give up the connection.
            Some(_) => {
                tokio::task::yield_now().await;
                Some((Err(io::ErrorKind::UnexpectedEof.into()), None))
            }
            None => None,
        }
    });
    Body::from_stream(stream)
}
