//! What is odd about one row, gathered while its fields are converted; for both APIs.
//!
//! **Invariant:** a row without oddities allocates nothing here.

use std::borrow::Cow;
use std::str::FromStr;

use serde_json::value::RawValue;

use super::legible::{json_string, legible};
use crate::model::{
    AccountSid, Api, ChannelSid, Entity, Extra, Issue, IssueKind, JsonText, OpenEnum, ServiceSid, Sid,
    SidKind, Timestamp, UserSid,
};
use crate::twilio::surrogates::repaired;
use crate::twilio::wire::{Oddities, Row, Text, Texts};

/// What was asked for: the parents that every row should name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) api: Api,
    pub(super) account: &'a AccountSid,
    /// `None` for the list of services.
    pub(super) service: Option<&'a ServiceSid>,
    /// The user or channel whose list it is, if it is of one.
    pub(super) user: Option<&'a UserSid>,
    pub(super) channel: Option<&'a ChannelSid>,
}

/// The oddities of a row so far. Values are JSON text.
#[derive(Debug, Default)]
pub(super) struct Notes {
    found: Vec<(String, IssueKind, String)>,
    extra: Vec<(String, String)>,
}

impl Notes {
    /// Begins with what decoding found.
    pub(super) fn new(oddities: Oddities) -> Self {
        let mut notes = Self::default();
        for (key, value) in oddities.unknown {
            notes.keep(key, IssueKind::UnknownKey, value);
        }
        for (key, value) in oddities.wrong_type {
            notes.keep(key, IssueKind::WrongType, value);
        }
        for (key, value) in oddities.broken_text {
            notes.found.push((key, IssueKind::BrokenText, value));
        }
        notes
    }

    /// Notes a value that has no field, and keeps it.
    fn keep(&mut self, field: String, kind: IssueKind, value: String) {
        self.extra.push((field.clone(), value.clone()));
        self.found.push((field, kind, value));
    }

    /// Takes what decoding a resource within the record found. The record has the complete resource in a field of its own.
    pub(super) fn add_within(&mut self, within: &str, oddities: Oddities) {
        let unknown = oddities.unknown.into_iter().map(|pair| (IssueKind::UnknownKey, pair));
        let wrong_type = oddities.wrong_type.into_iter().map(|pair| (IssueKind::WrongType, pair));
        let broken_text = oddities.broken_text.into_iter().map(|pair| (IssueKind::BrokenText, pair));
        for (kind, (key, value)) in unknown.chain(wrong_type).chain(broken_text) {
            self.found.push((format!("{within}.{key}"), kind, value));
        }
    }

    /// Keeps what the API publishes and the model has no field for. It is nothing odd.
    pub(super) fn keep_published(&mut self, field: &str, value: Option<&RawValue>) {
        if let Some(value) = value {
            self.extra.push((field.to_owned(), value.get().to_owned()));
        }
    }

    /// Notes a value that its field holds.
    pub(super) fn note(&mut self, field: &str, kind: IssueKind, text: &str) {
        self.found.push((field.to_owned(), kind, json_string(text)));
    }

    /// A SID. One that does not fit its pattern is kept as it is.
    pub(super) fn sid<K: SidKind>(&mut self, field: &str, text: Option<Text<'_>>) -> Option<Sid<K>> {
        let text = text?.0;
        let sid = Sid::from_wire(&text);
        // Upper-case digits fit the published pattern, but are not how the model holds a number.
        if sid.is_verbatim() && Sid::<K>::from_str(&text).is_err() {
            self.note(field, IssueKind::MalformedSid, &text);
        }
        Some(sid)
    }

    /// The SID of a parent that the row may do without. Another one than the one asked for is kept.
    pub(super) fn parent<K: SidKind>(
        &mut self,
        field: &str,
        text: Option<Text<'_>>,
        asked: Option<&Sid<K>>,
    ) -> Option<Sid<K>> {
        let sid = self.sid(field, text)?;
        if let Some(asked) = asked
            && !is_same(&sid, asked)
        {
            self.note(field, IssueKind::OtherParent, &sid.to_string());
        }
        Some(sid)
    }

    /// The SID of a parent that is part of the row's key: the one asked for, if one was. Another one is kept as an issue.
    pub(super) fn key_parent<K: SidKind>(
        &mut self,
        field: &str,
        text: Option<Text<'_>>,
        asked: Option<&Sid<K>>,
    ) -> Option<Sid<K>> {
        let Some(asked) = asked else { return self.sid(field, text) };
        if let Some(text) = text {
            let sid = Sid::from_wire(&text.0);
            if !is_same(&sid, asked) {
                self.keep(field.to_owned(), IssueKind::OtherParent, json_string(&text.0));
            }
        }
        Some(asked.clone())
    }

    /// A value of an enumeration. One that the API does not publish is kept.
    pub(super) fn choice<T: OpenEnum>(&mut self, field: &str, text: Option<Text<'_>>, api: Api) -> Option<T> {
        let text = text?.0;
        let value = T::from_wire(&text);
        if !value.is_known(api) {
            self.note(field, IssueKind::UnknownValue, &text);
        }
        Some(value)
    }

    /// A list of texts of which these are known. Others are kept.
    pub(super) fn known_texts(
        &mut self,
        field: &str,
        texts: Option<Texts<'_>>,
        known: &[&str],
    ) -> Option<Vec<String>> {
        let texts = texts?.0;
        for text in &texts {
            if known.binary_search(&&*text.0).is_err() {
                self.note(field, IssueKind::UnknownValue, &text.0);
            }
        }
        Some(texts.into_iter().map(|text| text.0.into_owned()).collect())
    }

    /// A nested value whose shape is Twilio's business. What its texts have of half a surrogate pair is replaced.
    pub(super) fn json(&mut self, field: &str, value: Option<&RawValue>) -> Option<JsonText> {
        let sent = value?.get();
        let json = repaired(sent);
        if let Cow::Owned(_) = json {
            self.found.push((field.to_owned(), IssueKind::BrokenText, sent.to_owned()));
        }
        Some(JsonText(legible(&json).into()))
    }

    /// Ends the row. `subject` names it in its issues.
    pub(super) fn finish(
        self,
        entity: Entity,
        subject: impl FnOnce() -> String,
        issues: &mut Vec<Issue>,
    ) -> Extra {
        if !self.found.is_empty() {
            let subject = subject();
            issues.extend(self.found.into_iter().map(|(field, kind, value)| Issue {
                entity,
                subject: subject.clone(),
                field,
                kind,
                value,
            }));
        }
        object(&self.extra)
    }
}

/// Twilio's SIDs name the same thing in either case; the model distinguishes verbatim texts.
pub(super) fn is_same<K: SidKind>(sent: &Sid<K>, asked: &Sid<K>) -> bool {
    sent == asked || sent.to_string().eq_ignore_ascii_case(&asked.to_string())
}

/// A JSON object of keys and JSON texts; `None` without any.
pub(super) fn object(pairs: &[(String, String)]) -> Extra {
    if pairs.is_empty() {
        return None;
    }
    let members: Vec<_> =
        pairs.iter().map(|(key, value)| format!("{}:{}", json_string(key), legible(value))).collect();
    Some(JsonText(format!("{{{}}}", members.join(",")).into()))
}

/// Converts the rows of a page.
pub(super) fn rows<W, M>(
    rows: Vec<Row<'_, W>>,
    entity: Entity,
    issues: &mut Vec<Issue>,
    convert: impl Fn(W, Oddities, &mut Vec<Issue>) -> Option<M>,
) -> Vec<M> {
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        match row {
            Row::Usable(row, oddities) => records.extend(convert(row, oddities, issues)),
            Row::Unusable(row) => issues.push(unusable(entity, row)),
        }
    }
    records
}

/// A row that cannot be a record.
fn unusable(entity: Entity, row: &RawValue) -> Issue {
    Issue {
        entity,
        subject: String::new(),
        field: String::new(),
        kind: IssueKind::Unusable,
        value: row.get().to_owned(),
    }
}

pub(super) fn owned(text: Option<Text<'_>>) -> Option<String> {
    text.map(|text| text.0.into_owned())
}

/// A point in time.
pub(super) fn time(text: Option<Text<'_>>) -> Option<Timestamp> {
    text.map(|text| Timestamp::from_wire(&text.0))
}
