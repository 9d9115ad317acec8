//! A request from its arrival to its answer: counts, its slot, the account that it is signed for, latency, and what every answer has.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, Response, Uri};
use tokio::time::Instant;

use super::answer::{RequestOutcome, is_conversations};
use super::data::{Account, sid};
use super::draws::{self, DrawPurpose};
use super::limits::Slot;
use super::refusal::Refusal;
use super::reply::{HttpReply, ReplyContext, accepts_gzip, respond};
use super::state::SimulatorState;
use super::wire::CutSwitch;

/// A request that has arrived, with its slot among those in flight.
#[derive(Debug)]
pub(crate) struct Arrival<'s> {
    pub(super) at: Instant,
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
    pub(super) fn account(&self, server: &SimulatorState) -> Result<&'s Account, Refusal> {
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

/// The next request's number, made to look random.
fn request_digits(server: &SimulatorState) -> u128 {
    let number = server.numbers.fetch_add(1, Ordering::Relaxed);
    let high = server.draws.draw(DrawPurpose::RequestId, number);
    u128::from(high) << 64 | u128::from(draws::next(high))
}
