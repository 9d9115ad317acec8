//! The columns of a row one after the other. What a record cannot hold of them is gathered as it was sent.

use std::str::FromStr as _;

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Result, Row};

use super::broken_texts::BrokenTexts;
use crate::simulator::data::as_sent::{AsSent, ShownBy};
use crate::simulator::data::sid;

/// The texts that have the same key in both APIs.
const IN_BOTH: [&str; 5] = ["friendly_name", "unique_name", "attributes", "identity", "body"];

/// A row that is read column by column, in the order of the query.
#[derive(Debug)]
pub(super) struct RowFields<'r, 's> {
    row: &'r Row<'s>,
    at: usize,
    /// The API that the row was read from.
    pub(super) api: ShownBy,
    broken_texts: &'r BrokenTexts,
    /// What the record does not hold.
    pub(super) sent: AsSent,
}

impl<'r, 's> RowFields<'r, 's> {
    pub(super) fn new(row: &'r Row<'s>, api: ShownBy, broken_texts: &'r BrokenTexts) -> Self {
        Self { row, at: 0, api, broken_texts, sent: AsSent::default() }
    }

    fn value(&mut self) -> Result<ValueRef<'r>> {
        self.at += 1;
        self.row.get_ref(self.at - 1)
    }

    pub(super) fn text(&mut self) -> Result<Option<String>> {
        Ok(match self.value()? {
            ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        })
    }

    pub(super) fn number(&mut self) -> Result<Option<i64>> {
        Ok(match self.value()? {
            ValueRef::Integer(number) => Some(number),
            _ => None,
        })
    }

    /// The digits of a SID; none of another text.
    pub(super) fn digits(&mut self, prefix: &str) -> Result<Option<u128>> {
        Ok(match self.value()? {
            ValueRef::Text(bytes) => {
                std::str::from_utf8(bytes).ok().and_then(|text| sid::digits(prefix, text))
            }
            _ => None,
        })
    }

    /// A text that the description has as not null: null stays null.
    pub(super) fn required_text(&mut self, key: &str) -> Result<String> {
        let text = self.text()?;
        if text.is_none() {
            self.sent.add(ShownBy::Both, key, "null");
        }
        Ok(text.unwrap_or_default())
    }

    /// A count that only Chat gives.
    pub(super) fn count(&mut self, key: &str) -> Result<Option<i64>> {
        let count = self.number()?;
        if count.is_none() && self.api == ShownBy::Chat {
            self.sent.add(ShownBy::Chat, key, "null");
        }
        Ok(count)
    }

    /// A date that the description has as not null, in the usual form.
    pub(super) fn date(&mut self, key: &str) -> Result<Timestamp> {
        let date = self.optional_date([key; 2])?;
        if date.is_none() {
            self.sent.add(ShownBy::Both, key, "null");
        }
        Ok(date.unwrap_or_default())
    }

    /// A date that may be null, by its keys in Chat and in Conversations.
    pub(super) fn optional_date(&mut self, keys: [&str; 2]) -> Result<Option<Timestamp>> {
        let Some(text) = self.text()? else { return Ok(None) };
        let date = Timestamp::from_str(&text).ok();
        if date.is_none_or(|date| date.to_string() != text) {
            let json = json_string(&text);
            self.sent.add(ShownBy::Chat, keys[0], json.clone());
            self.sent.add(ShownBy::Conversations, keys[1], json);
        }
        Ok(Some(date.unwrap_or_default()))
    }

    /// Nested JSON, which the API that it is from shows as it was, if it shows it at all.
    pub(super) fn json(&mut self, of: ShownBy, key: &str) -> Result<Option<String>> {
        let json = self.text()?;
        if self.is_of(of) {
            self.sent.add(self.api, key, json.clone().unwrap_or_else(|| "null".to_owned()));
        }
        Ok(json)
    }

    /// A value of an enumeration; one that the simulator does not know is shown as it was.
    pub(super) fn choice(
        &mut self,
        of: ShownBy,
        key: &str,
        known: &[&'static str],
    ) -> Result<Option<&'static str>> {
        let text = self.text()?;
        let found = text.as_deref().and_then(|text| known.iter().find(|name| **name == text)).copied();
        if found.is_none() && self.is_of(of) {
            self.sent.add(self.api, key, text.map_or_else(|| "null".to_owned(), |text| json_string(&text)));
        }
        Ok(found)
    }

    /// A value as JSON, a flag as such; none where it is null.
    pub(super) fn as_json(&mut self, is_flag: bool) -> Result<Option<String>> {
        Ok(match self.value()? {
            ValueRef::Integer(number) if is_flag => Some((number != 0).to_string()),
            ValueRef::Integer(number) => Some(number.to_string()),
            ValueRef::Text(text) => Some(json_string(&String::from_utf8_lossy(text))),
            _ => None,
        })
    }

    /// Whether the API that the row is from has what these have.
    fn is_of(&self, of: ShownBy) -> bool {
        of == ShownBy::Both || of == self.api
    }

    /// The keys that no field has, and the texts of the row's SID, in the first column, that no text can hold.
    pub(super) fn rest(&mut self) -> Result<()> {
        self.extra()?;
        let ValueRef::Text(sid) = self.row.get_ref(0)? else { return Ok(()) };
        for (key, json) in self.broken_texts.of(&String::from_utf8_lossy(sid)) {
            let shown_by = if IN_BOTH.contains(&&**key) { ShownBy::Both } else { self.api };
            self.sent.add(shown_by, key, json.clone());
        }
        Ok(())
    }

    /// The keys that no field has.
    pub(super) fn extra(&mut self) -> Result<()> {
        if let Some(json) = self.text()? {
            self.sent.add_object(self.api, &json);
        }
        Ok(())
    }
}

pub(super) fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
