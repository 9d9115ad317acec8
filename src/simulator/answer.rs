//! Answers an accepted request: finds the service, checks the form and the limits of a write, acts, and applies the fault of the attempt.

use axum::http::{Method, Uri};
use tokio::time::Instant;

use super::data::loaded::LoadedService;
use super::data::{Account, ServiceWorld};
use super::draws;
use super::faults::{AttemptFault, RequestTraits};
use super::query::Parameters;
use super::refusal::Refusal;
use super::reply::HttpReply;
use super::route::{Call, RouteMatch};
use super::state::SimulatorState;

#[derive(Debug)]
pub(crate) struct RequestOutcome {
    /// None to close the connection.
    pub(crate) reply: Option<HttpReply>,
    /// The status, sent or lost; 0 if there is none.
    pub(crate) status: u16,
    /// Whether a write took effect.
    pub(crate) accepted: bool,
}

impl RequestOutcome {
    pub(crate) fn failure(failure: &Refusal) -> Self {
        Self { reply: Some(HttpReply::failure(failure)), status: failure.status, accepted: false }
    }
}

/// The answer to a request that passed authentication and limits.
pub(crate) fn answer(
    state: &SimulatorState,
    account: &Account,
    found: &RouteMatch<'_>,
    uri: &Uri,
    body: &str,
    fault: Option<AttemptFault>,
) -> RequestOutcome {
    if let Some(outcome) = instead(uri.path(), fault) {
        return outcome;
    }
    let failure = match found {
        RouteMatch::Nothing => Refusal::not_found(uri.path()),
        RouteMatch::OtherMethod => Refusal::method_not_allowed(),
        RouteMatch::Found(_, route, captures) => {
            let named =
                if route.names_service() { account.service(captures[0]) } else { account.services.first() };
            match named {
                None => no_service(uri.path()),
                Some(world) => {
                    let call = Call {
                        account,
                        world,
                        origins: &state.origins,
                        route,
                        captures: captures.clone(),
                        path: uri.path(),
                        query: Parameters::parse(uri.query().unwrap_or_default()),
                        is_lost: matches!(
                            fault,
                            Some(AttemptFault::LostAnswer | AttemptFault::AcceptedThen(_))
                        ),
                        form: Parameters::parse(body)
                            .without(|name| state.options.faults.ignores(name) && !route.requires(name)),
                    };
                    match act(state, &call).and_then(|body| readable(world, body)) {
                        Ok(body) => return done(state, (route.is_write(), route.status()), body, fault),
                        // Such a fault lasts: that the thing exists by now is not seen either.
                        Err(_) if fault == Some(AttemptFault::AcceptedThen(404)) => {
                            Refusal::of_status(404, None)
                        }
                        Err(failure) => failure,
                    }
                }
            }
        }
    };
    RequestOutcome::failure(&failure)
}

/// The answer to a request of no route, if it passed authentication and limits: what its fault makes of what `act` says, which is a
/// write or not and succeeds with this status.
pub(crate) fn with_fault(
    state: &SimulatorState,
    path: &str,
    (fault, is_write, status): (Option<AttemptFault>, bool, u16),
    act: impl FnOnce() -> Result<String, Refusal>,
) -> RequestOutcome {
    let outcome = instead(path, fault);
    outcome.unwrap_or_else(|| match act() {
        Ok(body) => done(state, (is_write, status), body, fault),
        Err(failure) => RequestOutcome::failure(&failure),
    })
}

/// What a fault has instead of an answer.
fn instead(path: &str, fault: Option<AttemptFault>) -> Option<RequestOutcome> {
    let without_effect = |reply, status| RequestOutcome { reply, status, accepted: false };
    Some(match fault? {
        AttemptFault::Status(status, retry_after) => {
            RequestOutcome::failure(&Refusal::of_status(status, retry_after))
        }
        AttemptFault::ExpiredToken => RequestOutcome::failure(&Refusal::bad_page_token()),
        AttemptFault::NotFound => RequestOutcome::failure(&Refusal::not_found(path)),
        AttemptFault::Html => without_effect(Some(HttpReply::html()), 200),
        AttemptFault::Gateway => without_effect(Some(HttpReply::gateway()), 403),
        AttemptFault::Reset | AttemptFault::Hang => without_effect(None, 0),
        _ => return None,
    })
}

/// What was made of a snapshot that could not be read any more is no answer.
fn readable(world: &ServiceWorld, body: String) -> Result<String, Refusal> {
    match world.loaded.as_ref().and_then(LoadedService::trouble) {
        None => Ok(body),
        Some(why) => Err(Refusal::new(500, 20500, format!("The simulator cannot read its snapshot: {why}"))),
    }
}

/// Checks a write against its description and limits, and acts.
fn act(state: &SimulatorState, call: &Call<'_>) -> Result<String, Refusal> {
    if call.route.is_write() {
        if let Some(unknown) = call.form.names().find(|name| !call.route.form.contains(name)) {
            return Err(Refusal::unknown_parameter(unknown));
        }
        let conversation = call.route.limited_by().map(|place| {
            let view = call.world.view();
            let found = view.find_channel(call.captures[place]);
            found.map_or(0, |channel| view.channel_digits(channel))
        });
        if !state.write_limits.enter(&call.world.account.service_sid, conversation, Instant::now()) {
            return Err(Refusal::too_many_writes(conversation.is_none(), state.options.retry_after));
        }
    }
    (call.route.answer)(call)
}

/// The answer to a success.
fn done(
    state: &SimulatorState,
    (accepted, status): (bool, u16),
    body: String,
    fault: Option<AttemptFault>,
) -> RequestOutcome {
    if accepted {
        state.recorder.wrote();
    }
    match fault {
        Some(AttemptFault::LostAnswer) => RequestOutcome { reply: None, status, accepted },
        Some(AttemptFault::AcceptedThen(status)) => {
            RequestOutcome { accepted, ..RequestOutcome::failure(&Refusal::of_status(status, None)) }
        }
        _ => {
            let truncate = fault == Some(AttemptFault::Truncate);
            let hostile = if let Some(AttemptFault::Hostile(kind)) = fault { Some(kind) } else { None };
            let reply = HttpReply { truncate, hostile, ..HttpReply::json(status, body) };
            RequestOutcome { reply: Some(reply), status, accepted }
        }
    }
}

/// Chat has a code of its own for a service that is not there.
fn no_service(path: &str) -> Refusal {
    if is_conversations(path) { Refusal::not_found(path) } else { Refusal::service_not_found() }
}

/// Whether a path is of Conversations; all others are Chat's.
pub(crate) fn is_conversations(path: &str) -> bool {
    path.starts_with("/v1/")
}

/// What decides on the faults of a request.
pub(crate) fn request_traits<'a>(
    method: &Method,
    uri: &'a Uri,
    body: &str,
    found: &RouteMatch<'_>,
) -> RequestTraits<'a> {
    RequestTraits {
        path: uri.path(),
        key: draws::text(&uri.to_string())
            ^ draws::text(method.as_str()).rotate_left(17)
            ^ draws::text(body).rotate_left(31),
        chat: !is_conversations(uri.path()),
        write: method != Method::GET,
        create: matches!(found, RouteMatch::Found(_, route, _) if route.status() == 201),
        has_token: uri.query().is_some_and(|query| query.contains("PageToken=")),
        below_service: matches!(found, RouteMatch::Found(_, route, _) if route.is_below_service()),
    }
}
