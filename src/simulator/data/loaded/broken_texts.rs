//! Texts with half of a surrogate pair, as they were sent. Columns have U+FFFD in its place, and the view `issue` has the text's JSON.

use std::collections::HashMap;

use rusqlite::{Connection, Result};

/// The key and the JSON of a text.
type SentText = (Box<str>, Box<str>);

/// Those of values of the records themselves, by the record's SID; there are few.
#[derive(Debug)]
pub(super) struct BrokenTexts(HashMap<String, Vec<SentText>>);

impl BrokenTexts {
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        let sql =
            "SELECT subject, field, value FROM issue WHERE kind = 'broken_text' AND field NOT LIKE '%.%'";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut texts: HashMap<String, Vec<SentText>> = HashMap::new();
        while let Some(row) = rows.next()? {
            texts.entry(row.get(0)?).or_default().push((row.get(1)?, row.get(2)?));
        }
        Ok(Self(texts))
    }

    pub(super) fn of(&self, sid: &str) -> &[SentText] {
        self.0.get(sid).map_or(&[], Vec::as_slice)
    }
}
