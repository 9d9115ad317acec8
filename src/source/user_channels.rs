//! One user's channels as the API gives them: found by SID or by name, listed to the end, fetched one by one.
//!
//! **Invariant:** objects are kept as they came, with their own keys in their own order: what is shown is what the API said.
//!
//! **Invariant:** what was found by a name bears that name. Twilio takes a SID or a name in the same place of a path, so the answer's
//! own name is compared, and another one's is not accepted. `.` and `..` are never sent in a path: they are looked up in the list.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::notes::is_same;
use super::{List, SourceError, requests, uncounted_size};
use crate::error::{Advise, Failure};
use crate::model::{AccountSid, Api, ChannelSid, ServiceSid, UserSid};
use crate::twilio::page::next_path;
use crate::twilio::surrogates::repaired;
use crate::twilio::{ApiRequest, BodyError, Client, PageError, RequestError};

/// An object as the API gave it.
pub(crate) type ApiObject = Map<String, Value>;

/// A user or a channel as a person names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum NameOrSid {
    Sid(String),
    /// The identity of a user, the unique name of a channel.
    Name(String),
}

impl NameOrSid {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Sid(text) | Self::Name(text) => text,
        }
    }
}

/// What a person asked for is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UserChannelError {
    #[error("there is no user `{asked}` in the service {service}")]
    NoUser { asked: String, service: ServiceSid },
    #[error("there is no channel `{asked}` in the service {service}")]
    NoChannel { asked: String, service: ServiceSid },
    #[error("the user `{user}` is not on the channel `{channel}`")]
    NotOnChannel { user: String, channel: String },
    #[error(
        "the user `{user}` has not joined the channel `{channel}` (status `{status}`), and Twilio updates what is joined only"
    )]
    NotJoined { user: String, channel: String, status: String },
    #[error("`{asked}` is not the SID of a {what}, but the name of the {what} {found}")]
    NameLikeASid { what: &'static str, asked: String, found: String },
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl From<RequestError> for UserChannelError {
    fn from(error: RequestError) -> Self {
        Self::Source(error.into())
    }
}

impl From<PageError> for UserChannelError {
    fn from(error: PageError) -> Self {
        Self::Source(error.into())
    }
}

impl UserChannelError {
    /// Whether it is about what was asked for, and not about the asking.
    pub(crate) fn is_misfit(&self) -> bool {
        !matches!(self, Self::Source(_))
    }
}

impl Advise for UserChannelError {
    fn status(&self) -> Failure {
        match self {
            Self::Source(error) => error.status(),
            _ => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoUser { .. } => "give the user's SID (US…) or identity, and check --service".to_owned(),
            Self::NoChannel { .. } => {
                "give the channel's SID (CH…) or unique name, and check --service; Conversations shows private channels only"
                    .to_owned()
            }
            Self::NotOnChannel { .. } | Self::NotJoined { .. } => "`chatferry user-channel list` shows the user's channels".to_owned(),
            Self::NameLikeASid { found, .. } => format!("name it by its SID, {found}"),
            Self::Source(error) => return error.hint(),
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundUser {
    pub sid: UserSid,
    pub identity: Option<String>,
    /// How many channels the user has joined, by Chat's own counter.
    pub joined_channels_count: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundChannel {
    pub sid: ChannelSid,
    pub friendly_name: Option<String>,
    pub unique_name: Option<String>,
}

/// The status of a user channel that is not joined, such as `invited`. Conversations shows joined ones only, and no status.
pub(crate) fn status_unless_joined(user_channel: &ApiObject) -> Option<&str> {
    user_channel.get("status").and_then(Value::as_str).filter(|status| *status != "joined")
}

/// Reads the user channels of one service from one API.
#[derive(Debug, Clone)]
pub(crate) struct UserChannelReader {
    api: Api,
    client: Arc<Client>,
    service: ServiceSid,
}

impl UserChannelReader {
    pub(crate) fn new(api: Api, client: Arc<Client>, service: ServiceSid) -> Self {
        Self { api, client, service }
    }

    pub(crate) fn api(&self) -> Api {
        self.api
    }

    pub(crate) fn service(&self) -> &ServiceSid {
        &self.service
    }

    pub(crate) async fn service_name(&self) -> Result<Option<String>, UserChannelError> {
        let request = requests::service(self.api, &self.service);
        let service = self.client.send_parsed(&request, |body| object(body)).await?.body;
        Ok(text(&service, "friendly_name"))
    }

    pub(crate) async fn user(&self, asked: &NameOrSid) -> Result<FoundUser, UserChannelError> {
        let missing =
            || UserChannelError::NoUser { asked: asked.text().to_owned(), service: self.service.clone() };
        let found = if is_direction(asked.text()) {
            self.search(&List::Users(self.service.clone()), "identity", asked.text()).await?
        } else {
            let sid = UserSid::from_wire(asked.text());
            self.fetch(&requests::user(self.api, &self.service, &sid)).await?
        };
        let found = found.ok_or_else(missing)?;
        self.check_account(&found)?;
        check_name(asked, &found, "user", "identity", missing)?;
        Ok(FoundUser {
            sid: UserSid::from_wire(&text(&found, "sid").unwrap_or_default()),
            identity: text(&found, "identity"),
            joined_channels_count: found.get("joined_channels_count").and_then(Value::as_u64),
        })
    }

    /// Refuses what is of another account than the one that was named.
    fn check_account(&self, found: &ApiObject) -> Result<(), SourceError> {
        let asked = self.client.account_sid();
        match text(found, "account_sid").map(|sid| AccountSid::from_wire(&sid)) {
            Some(found) if !is_same(&found, asked) => {
                Err(SourceError::OtherAccount { asked: asked.clone(), found })
            }
            _ => Ok(()),
        }
    }

    pub(crate) async fn channel(&self, asked: &NameOrSid) -> Result<FoundChannel, UserChannelError> {
        let missing =
            || UserChannelError::NoChannel { asked: asked.text().to_owned(), service: self.service.clone() };
        let found = if is_direction(asked.text()) {
            self.search(&List::Channels(self.service.clone()), "unique_name", asked.text()).await?
        } else {
            let sid = ChannelSid::from_wire(asked.text());
            self.fetch(&requests::channel(self.api, &self.service, &sid)).await?
        };
        let found = found.ok_or_else(missing)?;
        check_name(asked, &found, "channel", "unique_name", missing)?;
        Ok(FoundChannel {
            sid: ChannelSid::from_wire(&text(&found, "sid").unwrap_or_default()),
            friendly_name: text(&found, "friendly_name"),
            unique_name: text(&found, "unique_name"),
        })
    }

    /// The user channel, as the API gives it; none where the user is not on the channel.
    pub(crate) async fn user_channel(
        &self,
        user: &UserSid,
        channel: &ChannelSid,
    ) -> Result<Option<ApiObject>, UserChannelError> {
        self.fetch(&requests::membership(self.api, &self.service, user, channel)).await
    }

    /// All of a user's channels, in the API's order.
    pub(crate) async fn list(&self, user: &UserSid) -> Result<Vec<ApiObject>, UserChannelError> {
        let mut all = Vec::new();
        self.each_page(&List::UserChannels(self.service.clone(), user.clone()), |rows| {
            all.extend(rows);
            false
        })
        .await?;
        Ok(all)
    }

    async fn search(
        &self,
        list: &List,
        key: &str,
        name: &str,
    ) -> Result<Option<ApiObject>, UserChannelError> {
        let mut found = None;
        self.each_page(list, |rows| {
            found = rows.into_iter().find(|row| text(row, key).as_deref() == Some(name));
            found.is_some()
        })
        .await?;
        Ok(found)
    }

    /// Follows a list to its end, or until `take` has what it wants.
    async fn each_page(
        &self,
        list: &List,
        mut take: impl FnMut(Vec<ApiObject>) -> bool,
    ) -> Result<(), UserChannelError> {
        let (mut request, key) = requests::first_page_and_key(self.api, list, None)?;
        let path = request.path().to_owned();
        let mut guard = self.client.list_guard(path.clone(), uncounted_size(list), FULL_PAGE);
        loop {
            let (rows, next) = self.client.send_parsed(&request, |body| page(body, key)).await?.body;
            let keys: Vec<_> = rows.iter().map(row_key).collect();
            if take(rows) {
                return Ok(());
            }
            let Some(next) = next else { return Ok(()) };
            let next = next_path(self.api, self.client.origin(self.api), &path, &next)?;
            guard.page(keys, Some(&next))?;
            request = ApiRequest::get_verbatim(self.api, &next)
                .ok_or_else(|| PageError::NotAPath { list: path.clone() })?;
        }
    }

    /// Fetches an object; none where there is none. Twilio has answered 404 for what is there, so one is not believed.
    async fn fetch(&self, request: &ApiRequest) -> Result<Option<ApiObject>, UserChannelError> {
        for _ in 0..2 {
            match self.client.send_parsed(request, |body| object(body)).await {
                Ok(reply) => return Ok(Some(reply.body)),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}

/// What tells a row of a list from the others.
fn row_key(row: &ApiObject) -> Option<String> {
    ["sid", "channel_sid", "conversation_sid"].into_iter().find_map(|key| text(row, key))
}

/// The least that a full page has of any list here.
const FULL_PAGE: u32 = 50;

/// Whether a path would go elsewhere by this segment.
fn is_direction(name: &str) -> bool {
    matches!(name, "." | "..")
}

/// What was found must be what was asked for: by SID the SID, by name the name.
fn check_name(
    asked: &NameOrSid,
    found: &ApiObject,
    what: &'static str,
    key: &str,
    missing: impl Fn() -> UserChannelError,
) -> Result<(), UserChannelError> {
    let (sid, name) = (text(found, "sid").unwrap_or_default(), text(found, key));
    match asked {
        NameOrSid::Sid(asked) if *asked == sid => Ok(()),
        NameOrSid::Sid(asked) if name.as_ref() == Some(asked) => {
            Err(UserChannelError::NameLikeASid { what, asked: asked.clone(), found: sid })
        }
        NameOrSid::Name(asked) if name.as_ref() == Some(asked) => Ok(()),
        NameOrSid::Sid(_) | NameOrSid::Name(_) => Err(missing()),
    }
}

pub(crate) fn text(object: &ApiObject, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn object(body: &[u8]) -> Result<ApiObject, BodyError> {
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(&repaired(&text)).map_err(BodyError::NotJson)
}

/// The rows of a page, and the address of the next.
fn page(body: &[u8], key: &'static str) -> Result<(Vec<ApiObject>, Option<String>), BodyError> {
    let wrong = BodyError::Unexpected { expected: "a page of a list" };
    let mut page = object(body)?;
    let next = page.get("meta").and_then(Value::as_object).map(|meta| text(meta, "next_page_url"));
    let (Some(Value::Array(rows)), Some(next)) = (page.remove(key), next) else { return Err(wrong) };
    let objects = rows.into_iter().map(|row| match row {
        Value::Object(row) => Ok(row),
        _ => Err(BodyError::Unexpected { expected: "a page of a list" }),
    });
    Ok((objects.collect::<Result<_, _>>()?, next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(value: Value) -> ApiObject {
        let Value::Object(object) = value else { panic!("an object") };
        object
    }

    #[test]
    fn what_was_found_must_bear_the_name_or_sid_that_was_asked_for() {
        let user = found(json!({ "sid": "US1", "identity": "US2" }));
        let asked = |asked: &NameOrSid| {
            let missing = || UserChannelError::NoUser {
                asked: asked.text().to_owned(),
                service: ServiceSid::from_digits(1),
            };
            check_name(asked, &user, "user", "identity", missing)
        };
        assert!(asked(&NameOrSid::Sid("US1".to_owned())).is_ok());
        assert!(asked(&NameOrSid::Name("US2".to_owned())).is_ok());
        let error = asked(&NameOrSid::Sid("US2".to_owned())).unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("name it by its SID, US1"));
        let error = asked(&NameOrSid::Name("US1".to_owned())).unwrap_err();
        assert!(matches!(error, UserChannelError::NoUser { .. }), "{error}");
    }

    #[test]
    fn a_page_is_rows_and_the_next_address_and_nothing_else_passes() {
        let (rows, next) =
            page(br#"{"channels":[{"b":1,"a":2}],"meta":{"next_page_url":"x"}}"#, "channels").unwrap();
        assert_eq!(
            (rows[0].keys().map(String::as_str).collect::<Vec<_>>(), next.as_deref()),
            (vec!["b", "a"], Some("x"))
        );
        let (rows, next) = page(br#"{"channels":[],"meta":{"next_page_url":null}}"#, "channels").unwrap();
        assert!(rows.is_empty() && next.is_none());
        for body in [&b"{}"[..], b"[]", br#"{"channels":[1],"meta":{}}"#, br#"{"channels":[]}"#] {
            assert!(page(body, "channels").is_err());
        }
    }
}
