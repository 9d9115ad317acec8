//! Reads what a write was sent, and refuses what Twilio refuses, with its codes.

use jiff::{SignedDuration, Span, Timestamp};

use crate::simulator::data::record::{EmailBinding, Timers};
use crate::simulator::data::{WorldView, sid};
use crate::simulator::query::Parameters;
use crate::simulator::refusal::Refusal;

/// Longest names and attributes: characters of the description, bytes of the documented limits.
pub(super) const NAME: usize = 256;
pub(super) const ROLE_NAME: usize = 64;
pub(super) const IDENTITY: usize = 256;
pub(super) const CONVERSATION_ATTRIBUTES: usize = 16 * 1_024;
pub(super) const PARTICIPANT_ATTRIBUTES: usize = 4 * 1_024;

/// Shortest timers (description of `Timers.Inactive` and `Timers.Closed`).
const SHORTEST_INACTIVE: SignedDuration = SignedDuration::from_mins(1);
const SHORTEST_CLOSED: SignedDuration = SignedDuration::from_mins(10);

/// A parameter that must be there.
pub(super) fn required<'a>(form: &'a Parameters<'_>, name: &'a str) -> Result<&'a str, Refusal> {
    form.first(name).filter(|value| !value.is_empty()).ok_or_else(|| Refusal::missing(name))
}

/// `FriendlyName`, no longer than so many characters.
pub(super) fn friendly_name(form: &Parameters<'_>, longest: usize) -> Result<Option<String>, Refusal> {
    match form.first("FriendlyName") {
        Some(name) if name.chars().count() > longest => {
            Err(Refusal::new(400, 50003, "Friendly name is too long"))
        }
        name => Ok(name.map(str::to_owned)),
    }
}

/// `Attributes`: JSON, and no longer than so many bytes.
pub(super) fn attributes(form: &Parameters<'_>, longest: usize) -> Result<Option<String>, Refusal> {
    let Some(text) = form.first("Attributes") else { return Ok(None) };
    if text.len() > longest {
        return Err(Refusal::new(400, 50303, "Attributes are too long"));
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return Err(Refusal::new(400, 50304, "Attributes are not valid JSON"));
    }
    Ok(Some(text.to_owned()))
}

/// `Identity`: there, and not too long.
pub(super) fn identity(form: &Parameters<'_>) -> Result<String, Refusal> {
    let identity = required(form, "Identity")?;
    if identity.chars().count() > IDENTITY {
        return Err(Refusal::new(400, 50207, "Identity is too long"));
    }
    Ok(identity.to_owned())
}

/// `Identity`, if it is given.
pub(super) fn optional_identity(form: &Parameters<'_>) -> Result<Option<String>, Refusal> {
    form.first("Identity").filter(|text| !text.is_empty()).map(|_| identity(form)).transpose()
}

/// `Bindings.Email.Address` and `.Name`, if an address is given.
pub(super) fn email(form: &Parameters<'_>) -> Result<Option<EmailBinding>, Refusal> {
    let [address, name] = ["Bindings.Email.Address", "Bindings.Email.Name"].map(|name| form.first(name));
    match address {
        None | Some("") => Ok(None),
        Some(address) if !address.contains('@') => {
            Err(Refusal::bad_parameter("Bindings.Email.Address", address))
        }
        Some(address) => {
            Ok(Some(EmailBinding { name: name.map(str::to_owned), address: address.to_owned() }))
        }
    }
}

/// `UniqueName`: of no conversation but `own`, and not like a SID. An empty one is to be none.
pub(super) fn unique_name(
    form: &Parameters<'_>,
    view: &WorldView<'_>,
    own: Option<u32>,
) -> Result<Option<String>, Refusal> {
    let Some(name) = form.first("UniqueName") else { return Ok(None) };
    if name.chars().count() > NAME {
        return Err(Refusal::bad_parameter("UniqueName", name));
    }
    let digits = name.strip_prefix("CH").unwrap_or_default();
    if digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::new(400, 50390, "Unique name must not look like a conversation SID"));
    }
    if view.channel_named(name).is_some_and(|found| Some(found) != own) {
        return Err(Refusal::new(409, 50353, "Conversation with provided unique name already exists"));
    }
    Ok(Some(name.to_owned()))
}

/// `RoleSid`: a role of the service, or of its conversations.
pub(super) fn role_sid(
    form: &Parameters<'_>,
    view: &WorldView<'_>,
    of_service: bool,
) -> Result<Option<String>, Refusal> {
    let Some(sid) = form.first("RoleSid") else { return Ok(None) };
    check_role(view, sid, of_service)?;
    Ok(Some(sid.to_owned()))
}

/// Refuses a role that is not there, or of the other type.
pub(super) fn check_role(view: &WorldView<'_>, sid: &str, of_service: bool) -> Result<(), Refusal> {
    let found = view.find_role(sid).is_some_and(|role| view.role(role).of_service == of_service);
    match (found, of_service) {
        (true, _) => Ok(()),
        (false, true) => Err(Refusal::new(400, 50100, "Role not found")),
        (false, false) => Err(Refusal::new(400, 50101, "Conversation role not found")),
    }
}

/// `MessagingServiceSid`, if it is given.
pub(super) fn messaging_service(form: &Parameters<'_>) -> Result<Option<String>, Refusal> {
    match form.first("MessagingServiceSid") {
        Some(sid) if sid::digits("MG", sid).is_none() => {
            Err(Refusal::bad_parameter("MessagingServiceSid", sid))
        }
        sid => Ok(sid.map(str::to_owned)),
    }
}

/// `State`, if it is given. Only `ConversationWithParticipants` makes a conversation that is `initializing`.
pub(super) fn state(form: &Parameters<'_>) -> Result<Option<&'static str>, Refusal> {
    match form.first("State") {
        None => Ok(None),
        Some("active") => Ok(Some("active")),
        Some("inactive") => Ok(Some("inactive")),
        Some("closed") => Ok(Some("closed")),
        Some(other) => Err(Refusal::bad_parameter("State", other)),
    }
}

/// `Timers.Inactive` and `Timers.Closed` from now on, if any is given.
pub(super) fn timers(form: &Parameters<'_>, now: Timestamp) -> Result<Option<Timers>, Refusal> {
    let [inactive, closed] = ["Timers.Inactive", "Timers.Closed"].map(|name| form.first(name));
    if inactive.is_none() && closed.is_none() {
        return Ok(None);
    }
    Ok(Some(Timers {
        inactive: after(now, "Timers.Inactive", inactive, SHORTEST_INACTIVE)?,
        closed: after(now, "Timers.Closed", closed, SHORTEST_CLOSED)?,
    }))
}

/// The timers of the account's defaults.
pub(super) fn default_timers(inactive: Option<&str>, closed: Option<&str>, now: Timestamp) -> Timers {
    let moment = |text: Option<&str>, shortest| after(now, "", text, shortest).unwrap_or_default();
    Timers { inactive: moment(inactive, SHORTEST_INACTIVE), closed: moment(closed, SHORTEST_CLOSED) }
}

/// A duration of ISO 8601 as an account's default, checked; an empty one is to be none.
pub(super) fn default_timer(
    form: &Parameters<'_>,
    name: &'static str,
    now: Timestamp,
) -> Result<Option<String>, Refusal> {
    let text = form.first(name);
    let shortest = if name.contains("Closed") { SHORTEST_CLOSED } else { SHORTEST_INACTIVE };
    after(now, name, text, shortest)?;
    Ok(text.map(str::to_owned))
}

/// The moment that a duration leads to; an empty text is none.
fn after(
    now: Timestamp,
    name: &str,
    text: Option<&str>,
    shortest: SignedDuration,
) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let span = text.parse::<Span>().ok();
    // A day is 24 hours here, as in ISO durations of other APIs of Twilio.
    let duration = span.and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok());
    duration
        .filter(|duration| *duration >= shortest)
        .and_then(|duration| now.checked_add(duration).ok())
        .map(Some)
        .ok_or_else(|| Refusal::bad_parameter(name, text))
}
