//! A scripted HTTP server on loopback, for the tests of the client and of what sends through it.
//!
//! **Invariant:** it writes bytes, not HTTP: what a real server would not send can be scripted too.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::throttle::Limits;
use super::{ClientOptions, RetryPolicy, Timeouts};
use crate::event::Events;
use crate::model::AccountSid;
use crate::secret::{Credentials, Origin, Secret};

/// What it does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Sends these bytes and keeps the connection.
    Send(Vec<u8>),
    /// Sends these bytes and closes the connection.
    SendAndClose(Vec<u8>),
    /// Says nothing more.
    Hang,
}

/// An answer with a body and further header lines.
pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Act {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    Act::Send(bytes)
}

/// A success with a JSON body.
pub(crate) fn ok(body: &str) -> Act {
    answer("200 OK", "Content-Type: application/json\r\n", body)
}

#[derive(Debug, Default)]
struct Seen {
    script: VecDeque<Act>,
    requests: Vec<String>,
    connections: usize,
}

/// The server. It ends when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) origin: String,
    seen: Arc<Mutex<Seen>>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Answers one request after the other by the script, on whatever connection they come; then hangs.
    pub(crate) async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen { script: script.into_iter().collect(), ..Seen::default() }));
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&seen);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                connections.spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { origin, seen, _tasks: tasks }
    }

    /// Head and body of each request so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// Options of a client that talks to it and does not wait between attempts.
    pub(crate) fn options(&self) -> ClientOptions {
        let origin = Origin::parse(&self.origin, false).unwrap();
        let account = AccountSid::from_digits(0xac);
        ClientOptions {
            chat_origin: origin.clone(),
            conversations_origin: origin.clone(),
            oauth_origin: origin.clone(),
            media_origin: origin,
            credentials: Credentials::auth_token(account, Secret::new("marker-secret".into())),
            limits: Limits { concurrency: 16, requests_per_second: 0, account_concurrency: None },
            timeouts: Timeouts::default(),
            max_answer: 1 << 20,
            max_list_rows: None,
            retry: RetryPolicy { scale: 0.0, ..RetryPolicy::default() },
            cancellation: CancellationToken::new(),
            events: Events::none(),
            seed: 1,
            now: || jiff::Timestamp::UNIX_EPOCH,
        }
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Seen>>) {
    let mut received = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut received).await {
        let act = {
            let mut seen = seen.lock().unwrap();
            seen.requests.push(request);
            seen.script.pop_front().unwrap_or(Act::Hang)
        };
        match act {
            Act::Send(bytes) => stream.write_all(&bytes).await.unwrap_or_default(),
            Act::SendAndClose(bytes) => {
                stream.write_all(&bytes).await.unwrap_or_default();
                return;
            }
            Act::Hang => tokio::time::sleep(Duration::from_hours(1)).await,
        }
    }
}

/// The next request with its body, or none at the end of the connection.
async fn read_request(stream: &mut TcpStream, received: &mut Vec<u8>) -> Option<String> {
    loop {
        let text = String::from_utf8_lossy(received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head_lower = head.to_lowercase();
            let length = head_lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let length: usize = length.map_or(0, |text| text.parse().unwrap());
            if body.len() >= length {
                received.clear(); // no client here sends a second request before it has the first answer
                return Some(text);
            }
        }
        if stream.read_buf(received).await.ok()? == 0 {
            return None;
        }
    }
}
