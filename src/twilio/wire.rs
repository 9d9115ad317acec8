//! The JSON of both APIs as it is sent: pages and resources, read leniently and without copying. The rows of records come from
//! `model::table`; an API's other resources are declared in its own file, with [`resources`].
//!
//! **Invariant:** nothing that was sent is lost. A key that the published schema does not have, and a value of another type
//! than the published one, are returned with the row as [`Oddities`]; a row without its key is returned complete.
//!
//! **Invariant:** memory stays in proportion to the body. A page of more rows than any page has, or a row of more keys, would take many
//! times its size; it is refused.
//!
//! **Why two ways:** a page that is as published, which is nearly every one, is decoded in one pass into its types. Only where
//! that fails is it taken apart, row by row and then, for the rows that are odd, field by field.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::BodyError;
use super::surrogates::repaired;

/// A JSON string. It borrows from the body unless it holds escapes; `Option<Cow<str>>` would copy always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// Rows of a page, keys of an object and texts of a list that are read at most. Twilio's pages have 100 rows.
const MOST_ROWS: usize = 10_000;
const MOST_KEYS: usize = 1_000;
const MOST_TEXTS: usize = 10_000;

/// A list of no more than `MOST` items; a longer one is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bounded<T, const MOST: usize>(pub(crate) Vec<T>);

/// A list of texts.
pub(crate) type Texts<'a> = Bounded<Text<'a>, MOST_TEXTS>;

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Bounded<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T, const MOST: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for ListVisitor<T, MOST> {
            type Value = Bounded<T, MOST>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "a list of at most {MOST}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    if items.len() == MOST {
                        return Err(A::Error::custom("more items than are read"));
                    }
                    items.push(item);
                }
                Ok(Bounded(items))
            }
        }
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

/// A resource that a page can hold.
pub(crate) trait Wire<'a>: Deserialize<'a> {
    /// Reads the fields one by one.
    fn tolerant(fields: &mut Fields<'a>) -> Self;
    /// Whether it has what identifies it.
    fn has_key(&self) -> bool;
}

/// What a row had beyond its schema. Values are JSON text, as sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// Keys that the schema does not have.
    pub(crate) unknown: Vec<(String, String)>,
    /// Values of another type than the schema's.
    pub(crate) wrong_type: Vec<(String, String)>,
    /// Texts with half of a surrogate pair. The row has U+FFFD instead.
    pub(crate) broken_text: Vec<(String, String)>,
}

/// One row of a page.
#[derive(Debug)]
pub(crate) enum Row<'a, W> {
    /// As published, or nearly.
    Usable(W, Oddities),
    /// Without its key, or no object at all.
    Unusable(&'a RawValue),
}

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page<'a, W> {
    /// Its rows, in the order sent.
    pub(crate) rows: Vec<Row<'a, W>>,
    /// Where the next page is; `None` at the end of the list.
    pub(crate) next_page_url: Option<Text<'a>>,
    /// The page size that the server says it used.
    pub(crate) size: Option<u32>,
}

/// The fields of a row that is not as published.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    pairs: Vec<(Text<'a>, &'a RawValue)>,
    odd: Oddities,
}

impl<'a> Fields<'a> {
    /// Takes a field: `None` when it is missing, null, or of another type, which is noted. The last of equal keys counts. A text
    /// with half of a surrogate pair is repaired, and that is noted.
    pub(crate) fn take<T: FieldValue<'a>>(&mut self, key: &str) -> Option<T> {
        let position = self.pairs.iter().rposition(|(name, _)| name.0 == key)?;
        let (_, value) = self.pairs.remove(position);
        if let Ok(value) = serde_json::from_str::<Option<T>>(value.get()) {
            return value;
        }
        let sent = (key.to_owned(), value.get().to_owned());
        if let Cow::Owned(json) = repaired(value.get())
            && let Some(value) = T::from_repaired(&json)
        {
            self.odd.broken_text.push(sent);
            return Some(value);
        }
        self.odd.wrong_type.push(sent);
        None
    }
}

/// Keys that every resource has and that add nothing.
const ADDRESSES: [&str; 2] = ["url", "links"];

/// The part of `meta` that matters.
#[derive(Debug, Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default)]
    key: Option<Text<'a>>,
    /// Null at the end of the list. It is required: without it, whether there is another page is unknown.
    #[serde(borrow, deserialize_with = "present")]
    next_page_url: Option<Text<'a>>,
    #[serde(borrow, default)]
    page_size: Option<&'a RawValue>,
}

/// Makes a missing key an error, which serde otherwise takes for null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text<'de>>, D::Error> {
    Option::deserialize(deserializer)
}

impl<'a> Meta<'a> {
    fn page<W>(self, rows: Vec<Row<'a, W>>) -> Page<'a, W> {
        let size = self.page_size.and_then(|size| serde_json::from_str(size.get()).ok());
        Page { rows, next_page_url: self.next_page_url, size }
    }
}

/// Reads a page whose rows are under `key`, or under the key that the page itself names.
pub(crate) fn decode_page<'a, W: Wire<'a>>(body: &'a [u8], key: &str) -> Result<Page<'a, W>, BodyError> {
    const EXPECTED: &str = "a page of a list";
    let body = text(body)?;
    if let Some(page) = decode_published(body, key) {
        return Ok(page);
    }
    let Pairs(pairs) = serde_json::from_str(body).map_err(|source| not(EXPECTED, source))?;
    let find = |key: &str| pairs.iter().rfind(|(name, _)| name.0 == key).map(|(_, value)| *value);
    let unexpected = BodyError::Unexpected { expected: EXPECTED };
    let Some(meta) = find("meta") else { return Err(unexpected) };
    let meta: Meta<'a> = serde_json::from_str(meta.get()).map_err(|source| not(EXPECTED, source))?;
    let rows = meta.key.as_ref().and_then(|named| find(&named.0)).or_else(|| find(key));
    let Some(rows) = rows else { return Err(unexpected) };
    let rows: Bounded<&'a RawValue, MOST_ROWS> =
        serde_json::from_str(rows.get()).map_err(|source| not(EXPECTED, source))?;
    Ok(meta.page(rows.0.into_iter().map(decode_row).collect()))
}

/// Reads a single resource.
pub(crate) fn decode_one<'a, W: Wire<'a>>(body: &'a [u8]) -> Result<(W, Oddities), BodyError> {
    const EXPECTED: &str = "the resource asked for";
    let raw: &'a RawValue = serde_json::from_str(text(body)?).map_err(|source| not(EXPECTED, source))?;
    match decode_row(raw) {
        Row::Usable(row, oddities) => Ok((row, oddities)),
        Row::Unusable(_) => Err(BodyError::Unexpected { expected: EXPECTED }),
    }
}

/// A body as text, checked once rather than string by string.
fn text(body: &[u8]) -> Result<&str, BodyError> {
    std::str::from_utf8(body).map_err(|source| BodyError::NotJson(serde_json::Error::custom(source)))
}

fn not(expected: &'static str, source: serde_json::Error) -> BodyError {
    if source.is_data() { BodyError::Unexpected { expected } } else { BodyError::NotJson(source) }
}

fn decode_row<'a, W: Wire<'a>>(raw: &'a RawValue) -> Row<'a, W> {
    if let Ok(row) = serde_json::from_str::<W>(raw.get())
        && row.has_key()
    {
        return Row::Usable(row, Oddities::default());
    }
    let Ok(Pairs(pairs)) = serde_json::from_str(raw.get()) else { return Row::Unusable(raw) };
    let mut fields = Fields { pairs, odd: Oddities::default() };
    let row = W::tolerant(&mut fields);
    if !row.has_key() {
        return Row::Unusable(raw);
    }
    fields.pairs.retain(|(name, _)| !ADDRESSES.contains(&&*name.0));
    let unknown = fields.pairs.into_iter().map(|(name, value)| (name.0.into_owned(), value.get().to_owned()));
    Row::Usable(row, Oddities { unknown: unknown.collect(), ..fields.odd })
}

/// One pass over a page that is as published; `None` for any other.
fn decode_published<'a, W: Wire<'a>>(body: &'a str, key: &str) -> Option<Page<'a, W>> {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let (meta, rows) = Published { key, rows: PhantomData::<W> }.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    let is_published = meta.key.as_ref().is_some_and(|named| named.0 == key) && rows.iter().all(W::has_key);
    let usable = |row| Row::Usable(row, Oddities::default());
    is_published.then(|| meta.page(rows.into_iter().map(usable).collect()))
}

struct Published<'k, W> {
    key: &'k str,
    rows: PhantomData<W>,
}

impl<'de, W: Deserialize<'de>> DeserializeSeed<'de> for Published<'_, W> {
    type Value = (Meta<'de>, Vec<W>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, W: Deserialize<'de>> Visitor<'de> for Published<'_, W> {
    type Value = (Meta<'de>, Vec<W>);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a page of a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut meta, mut rows) = (None, None);
        while let Some(Text(name)) = map.next_key()? {
            if name == "meta" && meta.is_none() {
                meta = Some(map.next_value()?);
            } else if name == self.key && rows.is_none() {
                rows = Some(map.next_value::<Bounded<W, MOST_ROWS>>()?.0);
            } else {
                return Err(A::Error::custom("not as published"));
            }
        }
        meta.zip(rows).ok_or_else(|| A::Error::custom("not as published"))
    }
}

/// An object's keys and values, in the order sent, equal keys included.
struct Pairs<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    if pairs.len() == MOST_KEYS {
                        return Err(A::Error::custom("more keys than are read"));
                    }
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

/// A value that a field of a resource can have.
pub(crate) trait FieldValue<'a>: Deserialize<'a> {
    /// Reads a text that had to be repaired; `None` where the type holds no text.
    fn from_repaired(json: &str) -> Option<Self>;
}

impl<'a> FieldValue<'a> for Text<'a> {
    fn from_repaired(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok().map(|text| Self(Cow::Owned(text)))
    }
}

impl<'a> FieldValue<'a> for Texts<'a> {
    fn from_repaired(json: &str) -> Option<Self> {
        let texts: Bounded<String, MOST_TEXTS> = serde_json::from_str(json).ok()?;
        Some(Bounded(texts.0.into_iter().map(|text| Text(Cow::Owned(text))).collect()))
    }
}

macro_rules! without_text {
    ($($kind:ty),*) => {$(
        impl<'a> FieldValue<'a> for $kind {
            fn from_repaired(_: &str) -> Option<Self> {
                None
            }
        }
    )*};
}
without_text!(bool, i64, &'a RawValue);

/// The JSON type of a field, by its kind in `model::table`. `kept` and `ignored` are keys that are not fields.
macro_rules! wire_type {
    ($life:lifetime flag) => { bool };
    ($life:lifetime number) => { i64 };
    ($life:lifetime index) => { i64 };
    ($life:lifetime json) => { &$life serde_json::value::RawValue };
    ($life:lifetime media) => { &$life serde_json::value::RawValue };
    ($life:lifetime kept) => { &$life serde_json::value::RawValue };
    ($life:lifetime ignored) => { &$life serde_json::value::RawValue };
    ($life:lifetime permissions) => { $crate::twilio::wire::Texts<$life> };
    ($life:lifetime $text:tt) => { $crate::twilio::wire::Text<$life> };
}
pub(crate) use wire_type;

/// Whether a field that may be the key has a value.
macro_rules! has_key {
    (key $value:expr) => {
        $value.is_some()
    };
    ($place:ident $value:expr) => {
        true
    };
}
pub(crate) use has_key;

/// Makes wire types of fields (`place kind name = "key";`) and of other keys (`name: kind;`). A row without its `key`
/// field cannot be a record. Every field may be null or missing, `url` and `links` are passed over, any other key is unknown.
macro_rules! resources {
    ($($(#[$doc:meta])* $name:ident {
        $($place:ident $kind:tt $field:ident = $key:literal;)* $(@beside { $($beside:ident: $how:ident;)* })?
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[allow(clippy::struct_field_names, reason = "names are Twilio's")]
        pub(crate) struct $name<'a> {
            $(#[serde(borrow, rename = $key)] pub(crate) $field: Option<$crate::twilio::wire::wire_type!('a $kind)>,)*
            $($(#[serde(borrow)] pub(crate) $beside: Option<$crate::twilio::wire::wire_type!('a $how)>,)*)?
            #[serde(rename = "url")]
            _url: serde::de::IgnoredAny,
            #[serde(rename = "links")]
            _links: serde::de::IgnoredAny,
            #[serde(skip)]
            _body: std::marker::PhantomData<&'a ()>,
        }

        impl<'a> $crate::twilio::wire::Wire<'a> for $name<'a> {
            #[allow(unused_variables, reason = "Conversations has no field of an invite")]
            fn tolerant(fields: &mut $crate::twilio::wire::Fields<'a>) -> Self {
                Self {
                    $($field: fields.take($key),)*
                    $($($beside: fields.take(stringify!($beside)),)*)?
                    ..Self::default()
                }
            }
            fn has_key(&self) -> bool {
                true $(&& $crate::twilio::wire::has_key!($place self.$field))*
            }
        }
    )*};
}
pub(crate) use resources;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::records::chat::User;

    fn page(rows: &str) -> String {
        format!(
            r#"{{"meta": {{"page": 0, "page_size": 50, "first_page_url": "https://x/", "previous_page_url": null,
            "url": "https://x/", "next_page_url": null, "key": "users"}}, "users": {rows}}}"#
        )
    }

    fn users(body: &str) -> Page<'_, User<'_>> {
        decode_page(body.as_bytes(), "users").unwrap()
    }

    #[test]
    fn a_published_page_is_decoded_in_one_pass_and_borrows() {
        let body =
            page(r#"[{"sid": "US1", "identity": "j\u00f6rg", "url": "https://x/", "links": {"a": "b"}}]"#);
        let page = decode_published::<User<'_>>(&body, "users").expect("as published");
        assert_eq!(page.size, Some(50));
        let Row::Usable(user, oddities) = &page.rows[0] else { panic!("usable") };
        assert!(matches!(user.sid, Some(Text(Cow::Borrowed("US1")))));
        assert_eq!(user.identity.as_ref().unwrap().0, "jörg");
        assert_eq!((user.is_online, oddities), (None, &Oddities::default()));
    }

    #[test]
    fn an_odd_row_keeps_what_it_said_and_spoils_no_other() {
        let body = page(
            r#"[{"sid": "US1", "is_online": "yes", "color": {"r" : 1e2}, "joined_channels_count": 3, "url": 7},
               {"sid": "US2", "links": null}, {"identity": "no-one"}, 17, {"sid": 5}, {"sid": "US3", "sid": "US4"}]"#,
        );
        assert!(decode_published::<User<'_>>(&body, "users").is_none());
        let page = users(&body);
        let Row::Usable(user, oddities) = &page.rows[0] else { panic!("usable") };
        assert_eq!((user.is_online, user.joined_channels_count), (None, Some(3)));
        assert_eq!(oddities.wrong_type, [("is_online".to_owned(), r#""yes""#.to_owned())]);
        assert_eq!(oddities.unknown, [("color".to_owned(), r#"{"r" : 1e2}"#.to_owned())]);
        assert!(matches!(&page.rows[1], Row::Usable(_, oddities) if *oddities == Oddities::default()));
        for (row, text) in [(2, r#"{"identity": "no-one"}"#), (3, "17"), (4, r#"{"sid": 5}"#)] {
            assert!(matches!(page.rows[row], Row::Unusable(raw) if raw.get() == text));
        }
        let Row::Usable(user, oddities) = &page.rows[5] else { panic!("usable") };
        assert_eq!(user.sid.as_ref().unwrap().0, "US4");
        assert_eq!(oddities.unknown, [("sid".to_owned(), r#""US3""#.to_owned())]);
    }

    #[test]
    fn the_envelope_may_name_another_key_and_say_more() {
        let body = r#"{"meta": {"key": "people", "next_page_url": "https://x/2", "page_size": "?", "new": 1},
            "people": [{"sid": "US1"}], "other": []}"#;
        let page = users(body);
        assert_eq!((page.rows.len(), page.size), (1, None));
        assert_eq!(page.next_page_url.unwrap().0, "https://x/2");
        let body = r#"{"users": [], "meta": {"next_page_url": null}}"#;
        assert!(users(body).rows.is_empty());
    }

    #[test]
    fn half_of_an_emoji_costs_half_of_an_emoji() {
        let body = page(r#"[{"sid": "US1", "friendly_name": "Ada \ud83d", "identity": "\ud83d\ude00"}]"#);
        let page = users(&body);
        let Row::Usable(user, oddities) = &page.rows[0] else { panic!("usable") };
        assert_eq!(user.friendly_name.as_ref().unwrap().0, "Ada \u{fffd}");
        assert_eq!(user.identity.as_ref().unwrap().0, "😀");
        let broken = vec![("friendly_name".to_owned(), r#""Ada \ud83d""#.to_owned())];
        assert_eq!(*oddities, Oddities { broken_text: broken, ..Oddities::default() });
    }

    #[test]
    fn a_body_that_is_no_text_is_no_page() {
        let mut body = page(r#"[{"sid": "US1", "friendly_name": "Ada?"}]"#).into_bytes();
        let at = body.iter().rposition(|byte| *byte == b'?').unwrap();
        body[at] = 0xff;
        assert!(matches!(decode_page::<User<'_>>(&body, "users"), Err(BodyError::NotJson(_))));
        assert!(matches!(
            decode_one::<User<'_>>(b"{\"sid\": \"US1\", \"identity\": \"\xff\"}"),
            Err(BodyError::NotJson(_))
        ));
    }

    #[test]
    fn a_page_takes_no_more_memory_than_its_rows_are_worth() {
        let most = page(&format!("[{}]", vec![r#"{"sid": "US1"}"#; MOST_ROWS].join(",")));
        assert_eq!(users(&most).rows.len(), MOST_ROWS);
        for row in ["{}", "1", r#"{"sid": "US1"}"#] {
            let body = page(&format!("[{}]", vec![row; MOST_ROWS + 1].join(",")));
            let refused = decode_page::<User<'_>>(body.as_bytes(), "users").unwrap_err();
            assert!(matches!(refused, BodyError::Unexpected { .. }), "{row}: {refused}");
        }
        let keys = vec![r#""a": 1"#; MOST_KEYS].join(",");
        let body = page(&format!(r#"[{{"sid": "US1", {keys}}}]"#));
        assert!(matches!(users(&body).rows[0], Row::Unusable(_)), "kept as it came");
        let envelope = format!(r#"{{{keys}, "meta": {{"next_page_url": null}}, "users": []}}"#);
        assert!(decode_page::<User<'_>>(envelope.as_bytes(), "users").is_err());
    }

    #[test]
    fn values_may_be_nested_as_deep_as_they_like() {
        for nested in [
            "[".repeat(1_000_000) + &"]".repeat(1_000_000),
            r#"{"a":"#.repeat(300_000) + "1" + &"}".repeat(300_000),
        ] {
            let body = page(&format!(
                r#"[{{"sid": "US1", "new": {nested}}}, {{"sid": "US2", "friendly_name": {nested}}}, {nested}]"#
            ));
            let page = users(&body);
            let odd = |row: usize| match &page.rows[row] {
                Row::Usable(_, oddities) => oddities,
                Row::Unusable(_) => panic!("usable"),
            };
            assert_eq!(odd(0).unknown, [("new".to_owned(), nested.clone())]);
            assert_eq!(odd(1).wrong_type, [("friendly_name".to_owned(), nested.clone())]);
            assert!(matches!(page.rows[2], Row::Unusable(_)));
        }
    }

    #[test]
    fn what_is_no_page_is_refused() {
        let whole = page("[]");
        for (end, _) in whole.char_indices() {
            let cut = decode_page::<User<'_>>(&whole.as_bytes()[..end], "users");
            assert!(matches!(cut, Err(BodyError::NotJson(_))), "cut at {end}");
        }
        for body in [
            "{}",
            "[]",
            r#"{"users": []}"#,
            r#"{"meta": {"key": "users"}, "users": []}"#,
            r#"{"meta": {"key": "users", "next_page_url": 7}, "users": []}"#,
            r#"{"meta": {"key": "users", "next_page_url": null}, "users": {}}"#,
            r#"{"meta": {"key": "users", "next_page_url": null}}"#,
        ] {
            let error = decode_page::<User<'_>>(body.as_bytes(), "users").unwrap_err();
            assert!(matches!(error, BodyError::Unexpected { .. }), "{body}: {error}");
        }
        assert!(matches!(decode_page::<User<'_>>(b"<html>", "users"), Err(BodyError::NotJson(_))));
        assert!(matches!(decode_one::<User<'_>>(b"{}"), Err(BodyError::Unexpected { .. })));
    }
}
