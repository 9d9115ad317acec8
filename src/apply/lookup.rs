//! Lookups before writes: whether what would be written is there already, and whether what is there is as it was planned from.
//!
//! **Invariant:** nothing here writes.
//!
//! **Invariant:** what was found counts only if it is what was asked for. Twilio takes a SID or a name in the same place of a path,
//! and a name may look like a SID; so the answer's own identity or unique name is compared, and another one's is not an answer.
//! A name that cannot stand in a path (`.`, `..`) is looked up through the list.

use serde_json::{Value, json};

use super::mismatch::{Mismatch, describe, differences};
use super::resolved::ResolvedOperation;
use crate::model::{Api, Timestamp};
use crate::plan::{Journal, JsonFields, Operation, OperationKind, OperationState, PARTICIPANTS};
use crate::twilio::page::{PageError, next_path};
use crate::twilio::surrogates::repaired;
use crate::twilio::{ApiRequest, BodyError, Client, ListGuard, ListSize, RequestError};

/// The most roles on a page of Conversations (OpenAPI `conversations/v1`, `ListServiceRole`).
const ROLES_ON_A_PAGE: &str = "50";

/// The most users on a page (`ListServiceUser`).
const USERS_ON_A_PAGE: &str = "50";

/// The most conversations on a page (`ListServiceConversation`).
const CONVERSATIONS_ON_A_PAGE: &str = "100";

/// The most participants on a page (`ListServiceConversationParticipant`).
const PARTICIPANTS_ON_A_PAGE: &str = "100";

/// Messages on a page: the one that is sought is among the last.
const MESSAGES_ON_A_PAGE: &str = "50";

/// The least of these.
const FULL_PAGE: u32 = 50;

/// The outcome of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OperationEnd {
    pub(super) state: OperationState,
    /// Why, of what was not done, or how what was there differs from what was planned.
    pub(super) reason: Option<String>,
    /// What was made and found, for whoever undoes it.
    pub(super) result: Value,
    /// The SID in the target.
    pub(super) sid: Option<String>,
}

impl OperationEnd {
    /// What a participant is known by that came with its conversation.
    pub(super) const BATCH: &str = "batch";

    pub(super) fn is_of_batch(&self) -> bool {
        self.result["known_by"] == Self::BATCH
    }

    pub(super) fn failed(reason: String, result: Value) -> Self {
        Self { state: OperationState::Failed, reason: Some(reason), result, sid: None }
    }

    /// Whether this run made what the operation was to make: its answer says so, or what was found after the answer was lost.
    pub(super) fn is_made_here(&self) -> bool {
        self.result["known_by"] == "answer" || self.result["created"] == true
    }

    /// Of what Twilio shows and refuses to update, since the user is not on the channel.
    pub(super) fn not_joined(refusal: &str) -> Self {
        Self::blocked(format!("not_joined: {refusal}; leave it out of the plan"))
    }

    pub(super) fn blocked(reason: String) -> Self {
        Self { state: OperationState::Blocked, reason: Some(reason), result: Value::Null, sid: None }
    }

    /// Of what needs something that could not be made.
    pub(super) fn held(by: &str) -> Self {
        Self::blocked(format!("{}: {by} could not be made", Journal::DEPENDS_ON_FAILED))
    }
}

/// What a look at the target says of an operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum LookupOutcome {
    /// It is to be written. With what is there now of what it writes.
    ToWrite(JsonFields),
    /// Nothing is to be written.
    Ended(Box<OperationEnd>),
}

/// Looks, and judges what is there.
pub(super) async fn look(
    client: &Client,
    resolved: &ResolvedOperation,
) -> Result<LookupOutcome, RequestError> {
    let found = find(client, resolved).await?;
    Ok(judge(resolved, found.as_ref()))
}

/// What the target has of what the operation writes.
pub(super) async fn find(
    client: &Client,
    resolved: &ResolvedOperation,
) -> Result<Option<JsonFields>, RequestError> {
    let after = &resolved.operation.after;
    match resolved.operation.kind {
        OperationKind::CreateRole => {
            let request = resolved.fetch(None).query("PageSize", ROLES_ON_A_PAGE);
            let is_it = |role: &JsonFields| {
                role.get("friendly_name") == after.get("friendly_name")
                    && role.get("type") == after.get("type")
            };
            search(client, request, "roles", is_it).await
        }
        OperationKind::CreateUser | OperationKind::CreateConversation | OperationKind::CreateParticipant => {
            let Some(name) = resolved.name() else { return Ok(None) };
            let key = if resolved.operation.kind == OperationKind::CreateConversation {
                "unique_name"
            } else {
                "identity"
            };
            let is_it = |found: &JsonFields| found.get(key).and_then(Value::as_str) == Some(name);
            if may_stand_in_a_path(name)
                && let Some(found) = fetch(client, &resolved.fetch(Some(name))).await?.filter(is_it)
            {
                return Ok(Some(found));
            }
            if may_stand_in_a_path(name) && !looks_like_a_sid(name) {
                return Ok(None);
            }
            let (list, page) = match resolved.operation.kind {
                OperationKind::CreateUser => ("users", USERS_ON_A_PAGE),
                OperationKind::CreateConversation => ("conversations", CONVERSATIONS_ON_A_PAGE),
                _ => ("participants", PARTICIPANTS_ON_A_PAGE),
            };
            search(client, resolved.fetch(None).query("PageSize", page), list, is_it).await
        }
        OperationKind::CreateMessage => message(client, resolved).await,
        _ => fetch(client, &resolved.fetch(None)).await,
    }
}

/// The message that an operation creates, if it is there. Messages have no name, and two in a row may be equal, so the place decides:
/// of those that come after the message before it, newest first, it is the oldest one that is equal to it.
async fn message(client: &Client, resolved: &ResolvedOperation) -> Result<Option<JsonFields>, RequestError> {
    let Some(planned) = resolved.operation.subject.message else { return Ok(None) };
    let before = resolved.follows.unwrap_or(planned.position - 1);
    let without_media = resolved.without_media();
    let mut found = None;
    let is_before = |row: &JsonFields| {
        if row.get("index").and_then(Value::as_i64).is_none_or(|index| index <= before) {
            return true;
        }
        // An earlier run may have written it without its media.
        let is_it = |after: &JsonFields| differences(after, row).is_empty();
        if is_it(&resolved.operation.after) || without_media.as_ref().is_some_and(is_it) {
            found = Some(row.clone());
        }
        false
    };
    let newest = resolved.fetch(None).query("Order", "desc").query("PageSize", MESSAGES_ON_A_PAGE);
    search(client, newest, "messages", is_before).await?;
    Ok(found)
}

/// The participants of the conversation that an operation creates.
pub(super) async fn participants(
    client: &Client,
    resolved: &ResolvedOperation,
    conversation: &str,
) -> Result<Vec<JsonFields>, RequestError> {
    let mut rows = Vec::new();
    let request = resolved.participants_of(conversation).query("PageSize", PARTICIPANTS_ON_A_PAGE);
    let keep = |row: &JsonFields| {
        rows.push(row.clone());
        false
    };
    search(client, request, "participants", keep).await?;
    Ok(rows)
}

/// Whether a name may be a segment of a path. `.` and `..` are directions: whoever resolves the URL removes them, so that the
/// request goes to another resource. An empty one names the list.
fn may_stand_in_a_path(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
}

/// Whether Twilio takes a name in a path for a SID.
fn looks_like_a_sid(name: &str) -> bool {
    let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.len() == 34 && name.get(2..).is_some_and(is_hexadecimal)
}

/// Fetches an object; none where there is none. Twilio has answered 404 for what is there, so one is not believed.
async fn fetch(client: &Client, request: &ApiRequest) -> Result<Option<JsonFields>, RequestError> {
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
    mut is_it: impl FnMut(&JsonFields) -> bool,
) -> Result<Option<JsonFields>, RequestError> {
    let (api, list) = (first.api(), first.path().to_owned());
    let is_long = matches!(key, "users" | "conversations" | "messages");
    let size = if is_long { ListSize::OfService } else { ListSize::OfOne };
    let mut guard = client.list_guard(list.clone(), size, FULL_PAGE);
    let mut request = first;
    let mut is_first = true;
    loop {
        // What a list that cannot be followed to its end does not show may be there all the same, so that is an error: what is
        // taken for absent is made a second time.
        let read = |body: &bytes::Bytes| {
            let page = object(body)?;
            let rows = page.get(key).and_then(Value::as_array);
            let next = page.get("meta").map(|meta| next_of(meta, api, client, &list));
            let (Some(rows), Some(Ok(next))) = (rows, next) else {
                return Err(BodyError::Unexpected { expected: "a page of a list" });
            };
            follow(&mut guard.clone(), rows, next.as_deref()).map_err(BodyError::Endless)?;
            Ok(page)
        };
        let page = match client.send_parsed(&request, read).await {
            Err(error) if error.is_not_found() && is_first && key == "participants" => return Ok(None),
            page => page?.body,
        };
        is_first = false;
        let rows = page.get(key).and_then(Value::as_array).into_iter().flatten();
        if let Some(found) = rows.filter_map(Value::as_object).find(|row| is_it(row)) {
            return Ok(Some(found.clone()));
        }
        let Some(Ok(Some(next))) = page.get("meta").map(|meta| next_of(meta, api, client, &list)) else {
            return Ok(None);
        };
        // The page was read only because it can be followed.
        let rows = page.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let following = follow(&mut guard, rows, Some(&next)).ok();
        let following = following.and_then(|()| ApiRequest::get_verbatim(api, &next));
        let Some(following) = following else { return Ok(None) };
        request = following;
    }
}

/// Takes note of a page.
fn follow(guard: &mut ListGuard, rows: &[Value], next: Option<&str>) -> Result<(), PageError> {
    guard.page(rows.iter().map(|row| row.get("sid").and_then(Value::as_str)), next)
}

/// The page that follows, if one does; an error where it cannot be asked for.
fn next_of(meta: &Value, api: Api, client: &Client, list: &str) -> Result<Option<String>, PageError> {
    let next = meta.get("next_page_url").and_then(Value::as_str);
    next.map(|url| next_path(api, client.origin(api), list, url)).transpose()
}

/// The fields of an answer. Half of a surrogate pair is read as a crawl reads it, so that a record that has one can be written to.
pub(super) fn object(body: &[u8]) -> Result<JsonFields, BodyError> {
    match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(&repaired(text)),
        Err(_) => serde_json::from_slice(body),
    }
    .map_err(BodyError::NotJson)
}

/// What is to be done, given what is there.
pub(super) fn judge(resolved: &ResolvedOperation, found: Option<&JsonFields>) -> LookupOutcome {
    let operation = &resolved.operation;
    let kind = operation.kind;
    if kind.is_delete() {
        return judge_delete(resolved, found);
    }
    let is_create = kind.is_create();
    let Some(found) = found else {
        return if is_create {
            LookupOutcome::ToWrite(JsonFields::new())
        } else {
            blocked("target_gone", "what would be updated is not there any more; plan again", json!({}))
        };
    };
    if let Some(status) = status_unless_joined(kind, found) {
        return not_joined(status);
    }
    let sid = found.get(sid_key(kind)).and_then(Value::as_str).map(str::to_owned);
    let mut readable = sent_fields(operation);
    readable.retain(|key, _| !is_never_read(kind, key));
    let off = differences(&readable, found);
    let created = is_create && is_made_by_this_run(resolved, found, crate::clock::now());
    let sent = resolved.sent_at.is_some();
    if kind == OperationKind::CreateConversation && is_closed(found) {
        return closed(sid.as_deref().unwrap_or_default(), sent && created);
    }
    let mut result = json!({ "sid": sid, "known_by": "look_up", "sent": sent });
    if created {
        result["created"] = true.into();
    }
    if let (OperationKind::CreateMessage, Some(index)) = (kind, found.get("index")) {
        result["index"] = index.clone();
    }
    note_media(resolved, &mut result);
    // Timers are written as a span and read as a date, and a time of reading is not read at all, so nothing proves that they were
    // written. What a new participant has read is: its index and its time are of one request.
    let is_unproven = |key: &String| {
        key.starts_with("timers") || key == "last_consumption_timestamp" || is_never_read(kind, key) && !sent
    };
    let is_proven = is_create || !operation.after.keys().any(is_unproven);
    if off.is_empty() && is_proven {
        if let Some(reason) = left_behind(resolved) {
            let (state, reason) = (OperationState::Existing, Some(reason));
            return LookupOutcome::Ended(Box::new(OperationEnd { state, reason, result, sid }));
        }
        // What was sent and is there as planned is ours; what is there and was never sent is not.
        let state = if sent { OperationState::Done } else { OperationState::Existing };
        return LookupOutcome::Ended(Box::new(OperationEnd { state, reason: None, result, sid }));
    }
    if kind == OperationKind::CreateConversation && !sent && off.iter().any(Mismatch::is_of_creation) {
        let detail = format!("{}; change the name in the mapping, and plan again", describe(&off));
        let found = json!({ "found": now_of(&operation.after, found) });
        return blocked("unique_name_taken", &detail, found);
    }
    if is_create {
        let reason = Some(format!("differs: {}", describe(&off)));
        return LookupOutcome::Ended(Box::new(OperationEnd {
            state: OperationState::Existing,
            reason,
            result,
            sid,
        }));
    }
    let before = resolved.before();
    let moved = if resolved.was_there() { differences(&before, found) } else { Vec::new() };
    if moved.is_empty() {
        return LookupOutcome::ToWrite(now_of(&operation.after, found));
    }
    let detail = format!("since the plan was made: {}; plan again", describe(&moved));
    blocked("changed_since", &detail, json!({ "found": now_of(&before, found) }))
}

/// How a message differs from what was planned that this run copies without its media.
pub(super) fn left_behind(resolved: &ResolvedOperation) -> Option<String> {
    let why = resolved.media.as_ref()?.left_behind.as_ref()?;
    Some(format!("differs: the message was copied without its media: {why}"))
}

/// Adds which file was uploaded for a message, as far as it is known.
pub(super) fn note_media(resolved: &ResolvedOperation, result: &mut Value) {
    let media = resolved.media.as_ref();
    if let Some((media, sid)) = media.and_then(|media| Some((media, media.uploaded.as_ref()?))) {
        result["media"] = json!({ "sid": sid, "sha256": media.sha256 });
    }
}

fn is_closed(conversation: &JsonFields) -> bool {
    conversation.get("state").is_some_and(|state| state == "closed")
}

/// Whether a user's own view says that the conversation is closed.
pub(super) fn is_closed_view(view: &JsonFields) -> bool {
    view.get("conversation_state").is_some_and(|state| state == "closed")
}

/// A conversation that is created is closed. Nothing that is planned for it can be written, and its name is taken.
fn closed(sid: &str, by_twilio: bool) -> LookupOutcome {
    if by_twilio {
        return LookupOutcome::Ended(Box::new(closed_by_twilio(sid)));
    }
    let detail = format!(
        "{sid} has its unique name and was closed before this run; delete it or change the name in the mapping, and plan again"
    );
    blocked("conversation_closed", &detail, json!({ "found": { "sid": sid, "state": "closed" } }))
}

/// A conversation that the plan created is closed before everything is written to it.
pub(super) fn closed_since(sid: &str) -> OperationEnd {
    OperationEnd::failed(
        format!(
            "closed_since: {sid} was closed after this plan had created it, by Twilio or by another program; delete it and plan again, \
             with `--batch never` if it happens again"
        ),
        json!({ "closed": sid }),
    )
}

/// Twilio closes a conversation whose participants it could not create with it (error 50427).
fn closed_by_twilio(sid: &str) -> OperationEnd {
    OperationEnd::failed(
        format!(
            "closed_by_twilio: Twilio closed {sid}, which it had created together with participants; delete it, and run apply again \
             or plan again with `--batch never`"
        ),
        json!({ "closed": sid }),
    )
}

/// The status of a User Channel that is not joined. Chat shows one and refuses to update it.
fn status_unless_joined(kind: OperationKind, found: &JsonFields) -> Option<&str> {
    if !matches!(kind, OperationKind::UpdateUserChannel | OperationKind::MuteSource) {
        return None;
    }
    found.get("status").and_then(Value::as_str).filter(|status| *status != "joined")
}

/// Of a User Channel that can be read and not written.
fn not_joined(status: &str) -> LookupOutcome {
    let detail = format!(
        "the user has not joined the channel (status {status}), and Twilio updates what is joined only; leave it out of the plan"
    );
    blocked("not_joined", &detail, json!({ "status": status }))
}

fn judge_delete(resolved: &ResolvedOperation, found: Option<&JsonFields>) -> LookupOutcome {
    let Some(found) = found else {
        let sent = resolved.sent_at.is_some();
        let state = if sent { OperationState::Done } else { OperationState::Existing };
        let result = json!({ "known_by": "look_up", "sent": sent });
        return LookupOutcome::Ended(Box::new(OperationEnd { state, reason: None, result, sid: None }));
    };
    let moved = differences(&resolved.operation.before, found);
    if moved.is_empty() {
        return LookupOutcome::ToWrite(JsonFields::new());
    }
    blocked("changed_since", &format!("since the plan was made: {}", describe(&moved)), json!({}))
}

/// A user's own view of a conversation has the index of what was read, and not the time.
fn is_never_read(kind: OperationKind, key: &str) -> bool {
    kind == OperationKind::UpdateUserConversation && key == "last_read_timestamp"
}

/// The values that an operation writes. A create does not send null: the API fills in what it gives by default, such as a role.
pub(super) fn sent_fields(operation: &Operation) -> JsonFields {
    let mut sent = operation.after.clone();
    sent.shift_remove(PARTICIPANTS); // each is an operation of its own
    if let Some(planned) = operation.subject.message {
        sent.insert("index".to_owned(), planned.position.into());
    }
    if operation.kind.is_create() {
        sent.retain(|key, value| !(value.is_null() && key == "role_sid"));
    }
    sent
}

/// How far this machine's clock and Twilio's may be apart, in seconds. Dates of the API are cut off to seconds, too.
const CLOCK_SKEW: i64 = 10;

/// Whether the run made what it found after an answer was lost: nothing was there when the plan was made, and what is there has
/// the creation date that only this request sets, or was created between the request and now.
fn is_made_by_this_run(resolved: &ResolvedOperation, found: &JsonFields, now: jiff::Timestamp) -> bool {
    let Some(sent_at) = resolved.sent_at else { return false };
    let seconds = |value: &Value| Timestamp::from_wire(value.as_str()?).seconds();
    let Some(created) = found.get("date_created").and_then(seconds) else { return false };
    let planned = resolved.operation.after.get("date_created").and_then(seconds);
    let between = sent_at.as_second() - CLOCK_SKEW..=now.as_second() + CLOCK_SKEW;
    planned == Some(created) || between.contains(&created)
}

fn now_of(keys: &JsonFields, found: &JsonFields) -> JsonFields {
    keys.keys().filter_map(|key| Some((key.clone(), found.get(key)?.clone()))).collect()
}

fn blocked(code: &str, detail: &str, result: Value) -> LookupOutcome {
    let reason = Some(format!("{code}: {detail}"));
    LookupOutcome::Ended(Box::new(OperationEnd { state: OperationState::Blocked, reason, result, sid: None }))
}

/// The key under which an answer has the SID of what was written.
pub(super) fn sid_key(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::UpdateUserConversation => "participant_sid",
        OperationKind::MuteSource | OperationKind::UpdateUserChannel => "member_sid",
        _ => "sid",
    }
}
