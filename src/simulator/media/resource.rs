//! `…/Services/{ServiceSid}/Media`: takes files in, and says what they are and where their bytes are to be had.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, Response, Uri};
use futures_util::StreamExt as _;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::simulator::answer::{self, RequestOutcome};
use crate::simulator::arrival::Arrival;
use crate::simulator::data::media_store::{MediaContent, MediaRecord};
use crate::simulator::data::{Account, ServiceWorld, find_media, sid};
use crate::simulator::draws;
use crate::simulator::faults::RequestTraits;
use crate::simulator::json::Object;
use crate::simulator::query::Parameters;
use crate::simulator::refusal::Refusal;
use crate::simulator::state::SimulatorState;
use crate::simulator::wire::CutSwitch;
use crate::simulator::writes::Write;

/// The largest file, in bytes ("Conversations limits": 150 MB).
const LARGEST: u64 = 150 << 20;

/// The longest name of a file, in characters. Twilio does not say; most file systems take no longer one.
const LONGEST_NAME: usize = 255;

/// A file as it came.
struct Upload {
    size: u64,
    sha256: [u8; 32],
    bytes: Option<Bytes>,
}

pub(crate) async fn upload(
    State(server): State<Arc<SimulatorState>>,
    ConnectInfo(cut): ConnectInfo<CutSwitch>,
    Path(service): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    let arrival = Arrival::new(&server, &headers, &uri, None);
    let received = receive(body, server.options.record_writes).await;
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let query = Parameters::parse(uri.query().unwrap_or_default());
    let filename = query.first("Filename").filter(|name| !name.is_empty()).map(str::to_owned);
    let key = received.as_ref().map_or(0, |upload| draws::text(&sid::text("", first_half(&upload.sha256))));
    let size = received.as_ref().map_or(0, |upload| upload.size);
    let form = [("Content-Type", content_type.clone()), ("Filename", filename.clone())];
    let form = form.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let form = form.chain([("size".to_owned(), size.to_string())]).collect();
    let outcome = arrival.admitted(&server, |account| {
        let fault = server.attempt_faults.decide_for(traits(&uri, key, true));
        answer::with_fault(&server, uri.path(), (fault, true, 201), || {
            let world = world(account, &service, &uri)?;
            let record = accept(world, received.ok_or_else(too_large)?, content_type, filename)?;
            Ok(describe(&server, world, &world.media.upload(world.draws, record)))
        })
    });
    server.writes.add(|| Write {
        method: Method::POST.to_string(),
        path: uri.path().to_owned(),
        form,
        webhook_enabled: None,
        status: outcome.status,
        answered: outcome.reply.is_some(),
        accepted: outcome.accepted,
    });
    arrival.answer(&server, outcome.reply, &cut).await
}

pub(crate) async fn fetch(
    State(server): State<Arc<SimulatorState>>,
    ConnectInfo(cut): ConnectInfo<CutSwitch>,
    Path((service, media)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let arrival = Arrival::new(&server, &headers, &uri, None);
    let RequestOutcome { reply, .. } = arrival.admitted(&server, |account| {
        let fault = server.attempt_faults.decide_for(traits(&uri, 0, false));
        answer::with_fault(&server, uri.path(), (fault, false, 200), || {
            let world = world(account, &service, &uri)?;
            let found = sid::digits("ME", &media).and_then(|digits| find_media(&world.view(), digits));
            let found = found.ok_or_else(|| Refusal::not_found(uri.path()))?;
            Ok(describe(&server, world, &found))
        })
    });
    arrival.answer(&server, reply, &cut).await
}

fn traits(uri: &Uri, content: u64, is_upload: bool) -> RequestTraits<'_> {
    RequestTraits {
        path: uri.path(),
        key: draws::text(uri.path()) ^ content.rotate_left(31) ^ u64::from(is_upload),
        chat: false,
        write: is_upload,
        create: is_upload,
        has_token: false,
        below_service: true,
    }
}

fn world<'a>(account: &'a Account, service: &str, uri: &Uri) -> Result<&'a ServiceWorld, Refusal> {
    account.service(service).map(AsRef::as_ref).ok_or_else(|| Refusal::not_found(uri.path()))
}

/// Reads a file to its end; none, where it is too large or breaks off.
async fn receive(body: Body, keeps: bool) -> Option<Upload> {
    let mut stream = body.into_data_stream();
    let (mut hash, mut size, mut kept) = (Sha256::new(), 0, Vec::new());
    while let Some(piece) = stream.next().await {
        let piece = piece.ok()?;
        size += piece.len() as u64;
        if size > LARGEST {
            return None;
        }
        hash.update(&piece);
        if keeps {
            kept.extend_from_slice(&piece);
        }
    }
    Some(Upload { size, sha256: hash.finalize().into(), bytes: keeps.then(|| Bytes::from(kept)) })
}

fn too_large() -> Refusal {
    Refusal::new(413, 20413, "The file is larger than 150 MB, or was not sent to its end")
}

fn accept(
    world: &ServiceWorld,
    upload: Upload,
    content_type: Option<String>,
    filename: Option<String>,
) -> Result<MediaRecord, Refusal> {
    let is_type = |text: &String| {
        text.split_once('/').is_some_and(|(kind, rest)| !kind.trim().is_empty() && !rest.trim().is_empty())
    };
    let content_type = content_type.filter(is_type);
    if content_type.is_none() {
        return Err(Refusal::new(415, 20415, "Content-Type is missing or is not a media type"));
    }
    if let Some(name) = filename.as_ref().filter(|name| name.chars().count() > LONGEST_NAME) {
        return Err(Refusal::bad_parameter("Filename", name));
    }
    if upload.size == 0 {
        return Err(Refusal::new(400, 20001, "The file is empty"));
    }
    Ok(MediaRecord {
        digits: 0,
        size: upload.size,
        content_type,
        filename,
        created: world.writer().now(),
        message: None,
        content: match upload.bytes {
            Some(bytes) => MediaContent::Kept(bytes),
            None => MediaContent::Dropped { sha256: upload.sha256 },
        },
    })
}

/// The record, with an address that is good from now on.
fn describe(server: &SimulatorState, world: &ServiceWorld, media: &MediaRecord) -> String {
    let mut out = String::with_capacity(1_024);
    let url = |out: &mut String, part: &str| {
        let service = &world.account.service_sid;
        out.extend([server.origins.media.as_str(), "/v1/Services/", service, "/Media/"]);
        sid::write("ME", media.digits, out);
        out.push_str(part);
    };
    let mut object = Object::open(&mut out);
    object.plain("sid", |out| sid::write("ME", media.digits, out));
    object.text("account_sid", &world.account.account_sid);
    object.text("service_sid", &world.account.service_sid);
    object.plain("date_created", |out| {
        write!(out, "{}", media.created).expect("writing to a text cannot fail");
    });
    object.null("date_updated");
    if let Some((channel, message)) = media.message {
        object.plain("channel_sid", |out| sid::write("CH", channel, out));
        object.plain("message_sid", |out| sid::write("IM", message, out));
    } else {
        object.null("channel_sid");
        object.null("message_sid");
    }
    object.number("size", media.size);
    object.optional_text("content_type", media.content_type.as_deref());
    object.optional_text("filename", media.filename.as_deref());
    object.text("author", &world.account.account_sid);
    object.plain("url", |out| url(out, ""));
    let mut links = Object::open(object.value("links"));
    links.plain("content", |out| url(out, "/Content"));
    links.text(
        "content_direct_temporary",
        &server.links.link(&world.account.service_sid, media.digits, Instant::now()),
    );
    links.close();
    object.close();
    out
}

fn first_half(sha256: &[u8; 32]) -> u128 {
    sha256.iter().take(16).fold(0, |digits, byte| digits << 8 | u128::from(*byte))
}
