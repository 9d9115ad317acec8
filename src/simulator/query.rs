//! What a request asks for: decoded path segments and parameters.

use std::borrow::Cow;

use jiff::Timestamp;
use url::form_urlencoded;

use super::refusal::Refusal;

/// Parameters of a query or a form, in order; a name may come again.
#[derive(Debug, Default)]
pub(crate) struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).collect())
    }

    pub(crate) fn of(pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Self {
        Self(pairs)
    }

    /// The first of this name.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    pub(crate) fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    /// All but those whose name is to be left out.
    pub(crate) fn without(mut self, left_out: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|(name, _)| !left_out(name));
        self
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    /// The number of this name, if it is given.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u32>, Refusal> {
        let read = |text: &str| {
            text.parse().map_err(|_: std::num::ParseIntError| Refusal::bad_parameter(name, text))
        };
        self.first(name).map(read).transpose()
    }

    /// The moment of this name (ISO 8601), if it is given.
    pub(crate) fn moment(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let read = |text: &str| text.parse().map_err(|_: jiff::Error| Refusal::bad_parameter(name, text));
        self.first(name).map(read).transpose()
    }

    /// Those of this name as they stand in a URL, each followed by `&`.
    pub(crate) fn encoded(&self, name: &str) -> String {
        let mut serializer = form_urlencoded::Serializer::new(String::new());
        self.all(name).for_each(|value| {
            serializer.append_pair(name, value);
        });
        let mut text = serializer.finish();
        if !text.is_empty() {
            text.push('&');
        }
        text
    }
}

/// The segments of a path, percent-decoded each for itself. `.` and `..`, encoded or not, are taken away before, as web servers
/// and URL libraries do (WHATWG URL): no identity of that name can be reached by its path.
pub(crate) fn segments(path: &str) -> Vec<Cow<'_, str>> {
    let mut segments = Vec::new();
    for segment in path.trim_start_matches('/').split('/') {
        match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(decode(segment)),
        }
    }
    segments
}

fn decode(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    let bytes = segment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                decoded.push(byte);
                at += 3;
            }
            _ => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_keep_encoded_slashes_together() {
        assert_eq!(segments("/v2/a%2Fb%23c/%F0%9F%A6%8A%201/100%"), ["v2", "a/b#c", "🦊 1", "100%"]);
    }

    #[test]
    fn dots_are_taken_away_as_web_servers_do() {
        assert_eq!(segments("/v2/Users/../Channels"), ["v2", "Channels"]);
        assert_eq!(segments("/v2/Users/%2E%2e"), ["v2"]);
        assert_eq!(segments("/v2/Users/./US1"), ["v2", "Users", "US1"]);
        assert_eq!(segments("/v2/Users/..."), ["v2", "Users", "..."]);
    }

    #[test]
    fn parameters_may_come_again() {
        let parameters = Parameters::parse("Type=public&Type=private&PageSize=2");
        assert_eq!(parameters.all("Type").collect::<Vec<_>>(), ["public", "private"]);
        assert_eq!(parameters.first("PageSize"), Some("2"));
        assert_eq!(parameters.encoded("Type"), "Type=public&Type=private&");
        assert_eq!(parameters.encoded("Identity"), "");
    }
}
