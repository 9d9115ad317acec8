//! Answers an accepted request: finds the service, holds a write to its form and limits, acts, and has its accident.

use std::time::Instant;

use axum::http::{Method, Uri};

use super::data::{Account, hash};
use super::failure::Failure;
use super::faults::{Accident, Situation};
use super::query::Parameters;
use super::reply::Reply;
use super::route::{Call, Match};
use super::server::Server;

/// What becomes of a request.
#[derive(Debug)]
pub(crate) struct Answered {
    /// None to let the connection go.
    pub(crate) reply: Option<Reply>,
    /// The status, told or not; 0 if there is none.
    pub(crate) status: u16,
    /// Whether a write took effect.
    pub(crate) accepted: bool,
}

impl Answered {
    pub(crate) fn failure(failure: &Failure) -> Self {
        Self { reply: Some(Reply::failure(failure)), status: failure.status, accepted: false }
    }
}

impl Server {
    /// The answer to a request that passed authentication and limits.
    pub(crate) fn answer(
        &self,
        account: &Account,
        found: &Match<'_>,
        uri: &Uri,
        body: &str,
        accident: Option<Accident>,
    ) -> Answered {
        let failure = match (found, accident) {
            (_, Some(Accident::Status(status, retry_after))) => Failure::of_status(status, retry_after),
            (_, Some(Accident::ExpiredToken)) => Failure::bad_page_token(),
            (_, Some(Accident::NotFound)) | (Match::Nothing, _) => Failure::not_found(uri.path()),
            (_, Some(Accident::Html)) => {
                return Answered { reply: Some(Reply::html()), status: 200, accepted: false };
            }
            (_, Some(Accident::Gateway)) => {
                return Answered { reply: Some(Reply::gateway()), status: 403, accepted: false };
            }
            (_, Some(Accident::Reset | Accident::Hang)) => {
                return Answered { reply: None, status: 0, accepted: false };
            }
            (Match::OtherMethod, _) => Failure::method_not_allowed(),
            (Match::Found(_, route, captures), _) => {
                let named = if route.names_service() {
                    account.service(captures[0])
                } else {
                    account.services.first()
                };
                match named {
                    None => no_service(uri.path()),
                    Some(world) => {
                        let call = Call {
                            account,
                            world,
                            origins: &self.origins,
                            route,
                            captures: captures.clone(),
                            path: uri.path(),
                            query: Parameters::parse(uri.query().unwrap_or_default()),
                            form: Parameters::parse(body).without(|name| self.options.faults.ignores(name)),
                        };
                        match self.act(&call) {
                            Ok(body) => return self.done(&call, body, accident),
                            // Such a fault lasts: that the thing exists by now is not seen either.
                            Err(_) if accident == Some(Accident::AcceptedThen(404)) => {
                                Failure::of_status(404, None)
                            }
                            Err(failure) => failure,
                        }
                    }
                }
            }
        };
        Answered::failure(&failure)
    }

    /// Holds a write to its description and its limits, and acts.
    fn act(&self, call: &Call<'_>) -> Result<String, Failure> {
        if call.route.is_write() {
            if let Some(unknown) = call.form.names().find(|name| !call.route.form.contains(name)) {
                return Err(Failure::unknown_parameter(unknown));
            }
            let conversation = call.route.limited_by().map(|place| {
                let view = call.world.view();
                let found = view.find_channel(call.captures[place]);
                found.map_or(0, |channel| view.channel_digits(channel))
            });
            if !self.write_limits.enter(&call.world.account.service_sid, conversation, Instant::now()) {
                return Err(Failure::too_many_writes(conversation.is_none(), self.options.retry_after));
            }
        }
        (call.route.answer)(call)
    }

    /// What is told of a success.
    fn done(&self, call: &Call<'_>, body: String, accident: Option<Accident>) -> Answered {
        let (accepted, status) = (call.route.is_write(), call.route.status());
        if accepted {
            self.recorder.wrote();
        }
        match accident {
            Some(Accident::LostAnswer) => Answered { reply: None, status, accepted },
            Some(Accident::AcceptedThen(status)) => {
                Answered { accepted, ..Answered::failure(&Failure::of_status(status, None)) }
            }
            _ => {
                let truncate = accident == Some(Accident::Truncate);
                let hostile = if let Some(Accident::Hostile(kind)) = accident { Some(kind) } else { None };
                let reply = Reply { truncate, hostile, ..Reply::json(status, body) };
                Answered { reply: Some(reply), status, accepted }
            }
        }
    }
}

/// Chat has a code of its own for a service that is not there.
fn no_service(path: &str) -> Failure {
    if is_conversations(path) { Failure::not_found(path) } else { Failure::service_not_found() }
}

/// Whether a path is of Conversations; all others are Chat's.
pub(crate) fn is_conversations(path: &str) -> bool {
    path.starts_with("/v1/")
}

/// What a request is, as far as accidents are concerned.
pub(crate) fn situation<'a>(method: &Method, uri: &'a Uri, body: &str, found: &Match<'_>) -> Situation<'a> {
    Situation {
        path: uri.path(),
        key: hash::text(&uri.to_string())
            ^ hash::text(method.as_str()).rotate_left(17)
            ^ hash::text(body).rotate_left(31),
        chat: !is_conversations(uri.path()),
        write: method != Method::GET,
        create: matches!(found, Match::Found(_, route, _) if route.status() == 201),
        has_token: uri.query().is_some_and(|query| query.contains("PageToken=")),
        below_service: matches!(found, Match::Found(_, route, _) if route.is_below_service()),
    }
}
