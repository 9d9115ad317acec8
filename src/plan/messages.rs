//! What is written of a message, and what keeps one from being written: for planning, verifying, applying and showing alike.
//!
//! **Invariant:** what is filled in follows from the message and the operation's subject alone, so that it is the same each time.
//!
//! Why the files of a message become an attribute: a copy of a message without its media looks complete. Where the mapping has them
//! left behind, `chatferry_media` says which they were.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::check::{
    ATTRIBUTES_TOO_LONG, IDENTITY_TOO_LONG, MEDIA_LEFT_BEHIND, MEDIA_TOO_LARGE, MEDIA_TYPE_REFUSED,
    MESSAGE_TOO_LONG, MESSAGE_WITHOUT_INDEX, SEVERAL_MEDIA,
};
use super::equality;
use super::finding::PlanCheck;
use super::operation::JsonFields;
use crate::mapping::PlanRules;
use crate::model::media::{LARGEST_MEDIA, is_media_type};
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

/// The attribute that has the media that a message is copied without.
const MEDIA: &str = "chatferry_media";

/// The key of what an operation writes that has the media of a message.
pub(super) const MEDIA_KEY: &str = "media";

/// A message as the target should have it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MessageFields<'m> {
    pub(super) author: &'m str,
    pub(super) body: Option<&'m str>,
    pub(super) attributes: Option<Cow<'m, str>>,
    pub(super) created: Option<&'m Timestamp>,
    pub(super) updated: Option<&'m Timestamp>,
    /// The media that comes with it: a JSON list of one, with its SID in the source.
    pub(super) media: Option<String>,
}

impl<'m> MessageFields<'m> {
    /// Of a message of the source, whose author is called this in the target where that is another name.
    pub(super) fn of(message: &'m Message, author: Option<&'m str>, with_media: bool) -> Self {
        let own = message.from.as_deref().filter(|author| !author.is_empty());
        let mut left = media(message);
        let copied = left.first().filter(|media| with_media && can_be_copied(media)).map(of_target);
        if copied.is_some() {
            left.remove(0);
        }
        Self {
            author: author.or(own).unwrap_or(SYSTEM),
            body: message.body.as_deref(),
            attributes: attributes(message, left),
            created: message.date_created.as_ref(),
            updated: message.date_updated.as_ref(),
            media: copied.map(|media| Json::Array(vec![media]).to_string()),
        }
    }

    pub(super) fn json(self) -> JsonFields {
        let date = |date: Option<&Timestamp>| Json::from(date.map(ToString::to_string));
        let media = self.media.and_then(|media| serde_json::from_str(&media).ok());
        let values = [
            ("author", Json::from(self.author)),
            ("body", self.body.into()),
            ("attributes", self.attributes.map(Cow::into_owned).into()),
            ("date_created", date(self.created)),
            ("date_updated", date(self.updated)),
            (MEDIA_KEY, media.unwrap_or_default()),
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
        with_media: bool,
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
        ]
        .into_iter()
        .chain(media_checks(message, with_media))
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

/// What is found about the media of a message.
pub(super) fn media_checks(message: &Message, with_media: bool) -> [(&'static PlanCheck, bool); 4] {
    let media = media(message);
    let is = |found: fn(&Json) -> bool| with_media && media.iter().any(found);
    let can_be_fetched = with_media && media.iter().all(|media| sid(media).is_some());
    [
        (&MEDIA_TOO_LARGE, is(is_too_large)),
        (&MEDIA_TYPE_REFUSED, is(|media| content_type(media).is_none())),
        (&SEVERAL_MEDIA, with_media && media.len() > 1),
        (&MEDIA_LEFT_BEHIND, !media.is_empty() && !can_be_fetched),
    ]
}

fn is_too_large(media: &Json) -> bool {
    media["size"].as_u64().is_some_and(|size| size > LARGEST_MEDIA)
}

/// The SID by which a file is fetched.
fn sid(media: &Json) -> Option<&str> {
    media["sid"].as_str().filter(|sid| sid.starts_with("ME"))
}

/// The content type with which a file can be sent.
fn content_type(media: &Json) -> Option<&str> {
    media["content_type"].as_str().filter(|text| is_media_type(text))
}

fn can_be_copied(media: &Json) -> bool {
    sid(media).is_some() && content_type(media).is_some() && !is_too_large(media)
}

/// What of a file the target has too, and its SID in the source.
fn of_target(media: &Json) -> Json {
    let keys = ["sid", "size", "content_type", "filename"].into_iter();
    Json::Object(keys.map(|key| (key.to_owned(), media[key].clone())).collect())
}

/// How many bytes the file has that is copied with a message, if one is.
pub(super) fn copied_media(message: &Message) -> Option<u64> {
    let media = media(message);
    let copied = media.first().filter(|media| can_be_copied(media))?;
    Some(copied["size"].as_u64().unwrap_or_default())
}

/// A file that is copied with its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedMedia {
    /// `ME…` of the source.
    pub(crate) sid: String,
    /// In bytes.
    pub(crate) size: Option<u64>,
    pub(crate) content_type: String,
    pub(crate) filename: Option<String>,
}

impl PlannedMedia {
    /// Of what an operation writes.
    pub(crate) fn of(after: &JsonFields) -> Option<Self> {
        let media = after.get(MEDIA_KEY)?.as_array()?.first()?;
        Some(Self {
            sid: sid(media)?.to_owned(),
            size: media["size"].as_u64(),
            content_type: content_type(media)?.to_owned(),
            filename: media["filename"].as_str().filter(|name| !name.is_empty()).map(str::to_owned),
        })
    }
}

/// What is written of a message that is copied without its media: an attribute says which it had.
pub(crate) fn without_media(after: &JsonFields) -> JsonFields {
    let mut after = after.clone();
    let Some(Json::Array(mut left)) = after.shift_remove(MEDIA_KEY) else { return after };
    let attributes = after.get("attributes").and_then(Json::as_str);
    let own = attributes.and_then(|text| serde_json::from_str::<Json>(text).ok());
    // Others of it may be named there already.
    left.extend(own.as_ref().and_then(|own| own[MEDIA].as_array()).cloned().unwrap_or_default());
    let attributes = attributes_with(own, left);
    after.insert("attributes".to_owned(), attributes.into());
    after
}

/// Whether a message has attributes that are not JSON. Conversations refuses them, and they are left out.
pub(super) fn has_other_attributes(message: &Message) -> bool {
    let text = message.attributes.as_deref().unwrap_or_default();
    !text.trim().is_empty() && !is_json(text)
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn attributes(message: &Message, left: Vec<Json>) -> Option<Cow<'_, str>> {
    let own = message.attributes.as_deref().filter(|text| is_json(text));
    if left.is_empty() {
        return own.map(Cow::Borrowed);
    }
    let own = own.and_then(|text| serde_json::from_str(text).ok());
    Some(Cow::Owned(attributes_with(own, left)))
}

/// Attributes that say which media a message is without.
fn attributes_with(own: Option<Json>, left: Vec<Json>) -> String {
    let mut attributes = match own {
        Some(Json::Object(own)) => own,
        Some(Json::Null) | None => Map::new(),
        Some(other) => Map::from_iter([("attributes".to_owned(), other)]),
    };
    attributes.insert(MEDIA.to_owned(), left.into());
    Json::Object(attributes).to_string()
}
