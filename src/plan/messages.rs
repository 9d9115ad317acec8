//! What is written of a message, and what keeps one from being written: for planning, verifying, applying and showing alike.
//!
//! **Invariant:** what is filled in follows from the message and the operation's subject alone, so that it is the same each time.
//!
//! Why the files of a message become an attribute: a copy of a message without its media looks complete. Where the mapping has them
//! left behind, `chatferry_media` says which they were.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::check::{
    ATTRIBUTES_TOO_LONG, IDENTITY_TOO_LONG, MEDIA_LEFT_BEHIND, MESSAGE_TOO_LONG, MESSAGE_WITHOUT_INDEX,
};
use super::equality;
use super::finding::PlanCheck;
use super::operation::JsonFields;
use crate::mapping::PlanRules;
use crate::model::{Message, Timestamp};

/// Who sent what has no author: that is what Twilio makes of a message without one (description of `Author`).
pub(super) const SYSTEM: &str = "system";

/// The longest body, in bytes ("Conversations limits": 32 KB in a chat).
pub(super) const BODY: usize = 32 * 1_024;
/// The longest body by the description of `Body`, in characters.
pub(super) const DESCRIBED_BODY: usize = 1_600;
/// The longest attributes, in bytes ("Conversations limits": 4 KB).
const ATTRIBUTES: usize = 4 * 1_024;
/// The longest author, in characters.
const AUTHOR: usize = 256;

/// The attribute that has the media of a message that is copied without them.
const MEDIA: &str = "chatferry_media";

/// A message as the target should have it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MessageFields<'m> {
    pub(super) author: &'m str,
    pub(super) body: Option<&'m str>,
    pub(super) attributes: Option<Cow<'m, str>>,
    pub(super) created: Option<&'m Timestamp>,
    pub(super) updated: Option<&'m Timestamp>,
}

impl<'m> MessageFields<'m> {
    /// Of a message of the source, whose author is called this in the target where that is another name.
    pub(super) fn of(message: &'m Message, author: Option<&'m str>) -> Self {
        let own = message.from.as_deref().filter(|author| !author.is_empty());
        Self {
            author: author.or(own).unwrap_or(SYSTEM),
            body: message.body.as_deref(),
            attributes: attributes(message),
            created: message.date_created.as_ref(),
            updated: message.date_updated.as_ref(),
        }
    }

    pub(super) fn json(self) -> JsonFields {
        let date = |date: Option<&Timestamp>| Json::from(date.map(ToString::to_string));
        let values = [
            ("author", Json::from(self.author)),
            ("body", self.body.into()),
            ("attributes", self.attributes.map(Cow::into_owned).into()),
            ("date_created", date(self.created)),
            ("date_updated", date(self.updated)),
        ];
        let written = |(key, value): (&str, Json)| {
            let value = equality::writable(key, value).filter(|value| !value.is_null())?;
            Some((key.to_owned(), value))
        };
        values.into_iter().filter_map(written).collect()
    }

    /// Why such a message is not written, if so. The mapping may lower a check, and then it is.
    pub(super) fn left_out(
        &self,
        message: &Message,
        is_second: bool,
        rules: &PlanRules,
    ) -> Option<&'static PlanCheck> {
        if message.index.is_none() || is_second {
            return Some(&MESSAGE_WITHOUT_INDEX);
        }
        let is_long = self.body.is_some_and(|body| body.len() > BODY);
        let has_long_attributes =
            self.attributes.as_ref().is_some_and(|attributes| attributes.len() > ATTRIBUTES);
        [
            (&MESSAGE_TOO_LONG, is_long),
            (&ATTRIBUTES_TOO_LONG, has_long_attributes),
            (&IDENTITY_TOO_LONG, self.author.chars().count() > AUTHOR),
            (&MEDIA_LEFT_BEHIND, !media(message).is_empty()),
        ]
        .into_iter()
        .find(|(check, found)| *found && !rules.checks.contains_key(check.code))
        .map(|(check, _)| check)
    }
}

/// The media of a message: Chat has one as an object, Conversations a list.
pub(super) fn media(message: &Message) -> Vec<Json> {
    let said = message.media.as_ref().and_then(|media| serde_json::from_str(&media.0).ok());
    match said.unwrap_or_default() {
        Json::Array(media) => media,
        Json::Null => Vec::new(),
        one => vec![one],
    }
}

/// Whether a message has attributes that are not JSON. Conversations refuses them, and they are left out.
pub(super) fn has_other_attributes(message: &Message) -> bool {
    let text = message.attributes.as_deref().unwrap_or_default();
    !text.trim().is_empty() && !is_json(text)
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn attributes(message: &Message) -> Option<Cow<'_, str>> {
    let own = message.attributes.as_deref().filter(|text| is_json(text));
    let media = media(message);
    if media.is_empty() {
        return own.map(Cow::Borrowed);
    }
    let mut with_media = match own.and_then(|text| serde_json::from_str(text).ok()) {
        Some(Json::Object(own)) => own,
        Some(Json::Null) | None => Map::new(),
        Some(other) => Map::from_iter([("attributes".to_owned(), other)]),
    };
    with_media.insert(MEDIA.to_owned(), media.into());
    Some(Cow::Owned(Json::Object(with_media).to_string()))
}
