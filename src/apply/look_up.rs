//! Looking before writing: whether what would be written is there already, and whether what is there is as it was planned from.
//!
//! **Invariant:** nothing here writes.
//!
//! **Invariant:** what was found counts only if it is what was asked for. Twilio takes a SID or a name in the same place of a path,
//! and a name may look like a SID; so the answer's own identity or unique name is compared, and another one's is no answer.

use serde_json::{Value, json};

use super::compare::{differences, told};
use super::item::Item;
use crate::plan::{Fields, Kind, State};
use crate::twilio::page::{LoopGuard, next_path};
use crate::twilio::{ApiRequest, BodyError, Client, RequestError};

/// The most roles on a page of Conversations (OpenAPI `conversations/v1`, `ListServiceRole`).
const ROLES_ON_A_PAGE: &str = "50";

/// The most participants on a page (`ListServiceConversationParticipant`).
const PARTICIPANTS_ON_A_PAGE: &str = "100";

/// What became of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct End {
    pub(super) state: State,
    /// Why, of what was not done, or how what was there differs from what was planned.
    pub(super) reason: Option<String>,
    /// What was made and found, for whoever undoes it.
    pub(super) result: Value,
    /// The SID in the target.
    pub(super) sid: Option<String>,
}

impl End {
    pub(super) fn failed(reason: String, result: Value) -> Self {
        Self { state: State::Failed, reason: Some(reason), result, sid: None }
    }
}

/// What a look at the target says of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// It is to be written. With what is there now of what it writes.
    ToWrite(Fields),
    /// Nothing is to be written.
    End(Box<End>),
}

/// Looks, and judges what is there.
pub(super) async fn look(client: &Client, item: &Item) -> Result<Seen, RequestError> {
    let found = find(client, item).await?;
    Ok(judge(item, found.as_ref()))
}

/// What the target has of what the operation writes.
pub(super) async fn find(client: &Client, item: &Item) -> Result<Option<Fields>, RequestError> {
    let after = &item.operation.after;
    match item.operation.kind {
        Kind::CreateRole => {
            let request = item.fetch(None).query("PageSize", ROLES_ON_A_PAGE);
            let is_it = |role: &Fields| {
                role.get("friendly_name") == after.get("friendly_name")
                    && role.get("type") == after.get("type")
            };
            search(client, request, "roles", is_it).await
        }
        Kind::CreateUser | Kind::CreateConversation | Kind::CreateParticipant => {
            let Some(name) = item.name() else { return Ok(None) };
            let key =
                if item.operation.kind == Kind::CreateConversation { "unique_name" } else { "identity" };
            let is_it = |found: &Fields| found.get(key).and_then(Value::as_str) == Some(name);
            if let Some(found) = fetch(client, &item.fetch(Some(name))).await?.filter(is_it) {
                return Ok(Some(found));
            }
            if item.operation.kind == Kind::CreateParticipant && is_no_name_for_a_path(name) {
                let request = item.fetch(None).query("PageSize", PARTICIPANTS_ON_A_PAGE);
                return search(client, request, "participants", is_it).await;
            }
            Ok(None)
        }
        _ => fetch(client, &item.fetch(None)).await,
    }
}

/// Whether a name in a path would be taken for a SID, or for a direction.
fn is_no_name_for_a_path(name: &str) -> bool {
    let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let like_a_sid = name.len() == 34 && name.get(2..).is_some_and(is_hexadecimal);
    like_a_sid || matches!(name, "" | "." | "..")
}

/// Fetches an object; none where there is none. Twilio has answered 404 for what is there, so one is not believed.
async fn fetch(client: &Client, request: &ApiRequest) -> Result<Option<Fields>, RequestError> {
    for _ in 0..2 {
        match client.send_parsed(request, |body| object(body)).await {
            Ok(reply) => return Ok(Some(reply.body)),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Reads a list until the one that is sought comes by.
async fn search(
    client: &Client,
    first: ApiRequest,
    key: &str,
    is_it: impl Fn(&Fields) -> bool,
) -> Result<Option<Fields>, RequestError> {
    let (api, list) = (first.api(), first.path().to_owned());
    let mut guard = LoopGuard::default();
    let mut request = first;
    loop {
        let page = match client.send_parsed(&request, |body| object(body)).await {
            Err(error) if error.is_not_found() => return Ok(None),
            page => page?.body,
        };
        let rows = page.get(key).and_then(Value::as_array).into_iter().flatten();
        if let Some(found) = rows.filter_map(Value::as_object).find(|row| is_it(row)) {
            return Ok(Some(found.clone()));
        }
        let next = page.get("meta").and_then(|meta| meta.get("next_page_url")).and_then(Value::as_str);
        let next = next.and_then(|url| next_path(api, client.origin(api), &list, url).ok());
        // A list that cannot be followed to its end has not shown what is sought.
        let Some(next) = next.filter(|next| guard.advance(&list, next).is_ok()) else { return Ok(None) };
        let Some(following) = ApiRequest::get_verbatim(api, &next) else { return Ok(None) };
        request = following;
    }
}

/// A JSON object.
pub(super) fn object(body: &[u8]) -> Result<Fields, BodyError> {
    serde_json::from_slice(body).map_err(BodyError::NotJson)
}

/// What is to be done, given what is there.
pub(super) fn judge(item: &Item, found: Option<&Fields>) -> Seen {
    let operation = &item.operation;
    let kind = operation.kind;
    if kind.is_delete() {
        return judge_delete(item, found);
    }
    let is_create = is_create(kind);
    let Some(found) = found else {
        return if is_create {
            Seen::ToWrite(Fields::new())
        } else {
            blocked("target_gone", "what would be updated is not there any more; plan again", json!({}))
        };
    };
    let text = |key: &str| found.get(key).and_then(Value::as_str).map(str::to_owned);
    let sid = text(sid_key(kind));
    let off = differences(&operation.after, found);
    if off.is_empty() {
        // What was sent and is there as planned is ours; what is there and was never sent is not.
        let state = if item.sent { State::Done } else { State::Existing };
        let result = json!({ "sid": sid, "known_by": "look_up", "sent": item.sent });
        return Seen::End(Box::new(End { state, reason: None, result, sid }));
    }
    if is_create {
        let reason = Some(format!("differs: {}", told(&off)));
        let result = json!({ "sid": sid, "known_by": "look_up", "sent": item.sent });
        return Seen::End(Box::new(End { state: State::Existing, reason, result, sid }));
    }
    let moved = if item.was_there() { differences(&operation.before, found) } else { Vec::new() };
    if moved.is_empty() {
        return Seen::ToWrite(now_of(&operation.after, found));
    }
    let detail = format!("since the plan was made: {}; plan again", told(&moved));
    blocked("changed_since", &detail, json!({ "found": now_of(&operation.before, found) }))
}

fn judge_delete(item: &Item, found: Option<&Fields>) -> Seen {
    let Some(found) = found else {
        let state = if item.sent { State::Done } else { State::Existing };
        let result = json!({ "known_by": "look_up", "sent": item.sent });
        return Seen::End(Box::new(End { state, reason: None, result, sid: None }));
    };
    let moved = differences(&item.operation.before, found);
    if moved.is_empty() {
        return Seen::ToWrite(Fields::new());
    }
    blocked("changed_since", &format!("since the plan was made: {}", told(&moved)), json!({}))
}

/// What is there now of these keys.
fn now_of(keys: &Fields, found: &Fields) -> Fields {
    keys.keys().filter_map(|key| Some((key.clone(), found.get(key)?.clone()))).collect()
}

fn blocked(code: &str, detail: &str, result: Value) -> Seen {
    let reason = Some(format!("{code}: {detail}"));
    Seen::End(Box::new(End { state: State::Blocked, reason, result, sid: None }))
}

/// Whether a kind makes what was not there.
pub(super) fn is_create(kind: Kind) -> bool {
    matches!(kind, Kind::CreateRole | Kind::CreateUser | Kind::CreateConversation | Kind::CreateParticipant)
}

/// The key under which an answer has the SID of what was written.
pub(super) fn sid_key(kind: Kind) -> &'static str {
    match kind {
        Kind::UpdateUserConversation => "participant_sid",
        Kind::MuteSource => "member_sid",
        _ => "sid",
    }
}
