//! Takes requests in from this machine, lets those through that know the token, and sends answers with the headers of all pages.

use std::future::Future;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use super::answer::PageAnswer;
use super::error::BrowseError;
use super::library::Library;
use super::routes;
use crate::report::html;
use crate::storage::hex;

/// A port that is taken, and the token that its pages are behind.
#[derive(Debug)]
pub(crate) struct BoundServer {
    listener: TcpListener,
    port: u16,
    token: String,
}

#[derive(Debug)]
struct ServedLibrary {
    /// One page at a time: they are short, and a SQLite connection is used by one thread at a time.
    library: Mutex<Library>,
    port: u16,
    token_digest: [u8; 32],
}

/// Takes a port of 127.0.0.1, and makes a token of 128 random bits.
pub(crate) async fn bind(port: u16) -> Result<BoundServer, BrowseError> {
    let wrap = |source| BrowseError::Bind { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(wrap)?;
    let port = listener.local_addr().map_err(wrap)?.port();
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(BrowseError::Token)?;
    Ok(BoundServer { listener, port, token: hex(&random) })
}

impl BoundServer {
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.token)
    }

    /// Serves until `stop` is done.
    pub(crate) async fn serve(
        self,
        library: Library,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), BrowseError> {
        let served = ServedLibrary {
            library: Mutex::new(library),
            port: self.port,
            token_digest: Sha256::digest(&self.token).into(),
        };
        let router = Router::new().fallback(handle).with_state(Arc::new(served));
        axum::serve(self.listener, router).with_graceful_shutdown(stop).await.map_err(BrowseError::Serve)
    }
}

async fn handle(
    State(served): State<Arc<ServedLibrary>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let Some(path) = admitted(&served, &uri, &headers) else {
        return respond(PageAnswer::plain(403, "Forbidden"));
    };
    if method != Method::GET && method != Method::HEAD {
        let mut response = respond(PageAnswer::plain(405, "These pages are only read."));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let query = uri.query().unwrap_or_default().to_owned();
    let answered = tokio::task::spawn_blocking(move || {
        let library = served.library.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        routes::answer(&library, &path, &query)
    });
    respond(match answered.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a page could not be made");
            PageAnswer::plain(
                500,
                "The page could not be made. The terminal of `chatferry browse` has the reason.",
            )
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            PageAnswer::plain(500, "The page could not be made.")
        }
    })
}

/// The path behind the token, of a request that names this machine and knows the token.
fn admitted(served: &ServedLibrary, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    let port = served.port;
    let is_this = host == format!("127.0.0.1:{port}") || host == format!("localhost:{port}");
    if !is_this || hosts.next().is_some() {
        return None;
    }
    let path = uri.path().strip_prefix('/')?;
    let (token, rest) = path.split_once('/').unwrap_or((path, ""));
    // Digests are compared, so that the time it takes says nothing about the token.
    let digest: [u8; 32] = Sha256::digest(token).into();
    (digest == served.token_digest).then(|| format!("/{rest}"))
}

fn respond(answer: PageAnswer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(CONTENT_TYPE, answer.content_type);
    set(CONTENT_SECURITY_POLICY, &format!("{}; frame-ancestors 'none'", html::served_policy()));
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    // The token is in the address: no other site may receive it, and no cache may keep a page.
    set(REFERRER_POLICY, "no-referrer");
    set(CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if let Some(name) = answer.download {
        // The name is of a SID, but a SID may be any text.
        let safe: String =
            name.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-._".contains(*letter)).collect();
        set(CONTENT_DISPOSITION, &format!("attachment; filename=\"{safe}\""));
    }
    response
}
