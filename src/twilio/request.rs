//! A request as a plain value: which API, method, path, query and form. Nothing here does I/O.
//!
//! **Invariant:** every path segment is percent-encoded on its own, so no identity or name can change the path. `.` and `..`
//! have no encoding that keeps them; the client refuses a path with one.

use std::fmt;

use url::form_urlencoded;

use crate::model::Api;

/// The methods that these APIs have. There is no PUT or PATCH: updates are POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Reads.
    Get,
    /// Creates and updates.
    Post,
    /// Deletes. Sent only for an undo plan, and only for what a journal proves was created.
    Delete,
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        })
    }
}

/// One request. `Display` gives its identity for messages: `GET /v2/Services/IS…/Users`, without query or form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiRequest {
    api: Api,
    method: Method,
    path: String,
    query: String,
    form: Option<String>,
    idempotent: bool,
    webhooks: Option<bool>,
    /// It is for the Media Content Service, which is no part of an API.
    of_media: bool,
}

impl ApiRequest {
    /// A GET of the path that these segments make. Segments are given bare and are encoded here.
    pub(crate) fn get<S: AsRef<str>>(api: Api, segments: impl IntoIterator<Item = S>) -> Self {
        Self {
            api,
            method: Method::Get,
            path: path_of(segments),
            query: String::new(),
            form: None,
            idempotent: true,
            webhooks: None,
            of_media: false,
        }
    }

    /// A POST of a form. It is not repeated after an unknown outcome.
    pub(crate) fn post<S: AsRef<str>>(api: Api, segments: impl IntoIterator<Item = S>) -> Self {
        Self {
            api,
            method: Method::Post,
            path: path_of(segments),
            query: String::new(),
            form: Some(String::new()),
            idempotent: false,
            webhooks: Some(false),
            of_media: false,
        }
    }

    /// A DELETE. It is not repeated after an unknown outcome: the caller looks first.
    pub(crate) fn delete<S: AsRef<str>>(api: Api, segments: impl IntoIterator<Item = S>) -> Self {
        Self { method: Method::Delete, form: None, ..Self::post(api, segments) }
    }

    /// A GET of a path and query that the API itself gave, verbatim; `None` when it is no path.
    pub(crate) fn get_verbatim(api: Api, path_and_query: &str) -> Option<Self> {
        let is_path = path_and_query.starts_with('/')
            && !path_and_query.bytes().any(|byte| byte.is_ascii_control() || byte == b'#' || byte == b' ');
        if !is_path {
            return None;
        }
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        Some(Self {
            api,
            method: Method::Get,
            path: path.to_owned(),
            query: query.to_owned(),
            form: None,
            idempotent: true,
            webhooks: None,
            of_media: false,
        })
    }

    /// With one more query parameter. The same name may be given again: the APIs take lists that way.
    #[must_use]
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        append_pair(&mut self.query, name, value);
        self
    }

    /// With the size of its pages: as asked for, but no larger than the list permits.
    #[must_use]
    pub(crate) fn page_size(self, wanted: Option<u32>, largest: u32) -> Self {
        self.query("PageSize", &wanted.unwrap_or(largest).clamp(1, largest).to_string())
    }

    /// With one more form field.
    #[must_use]
    pub(crate) fn form(mut self, name: &str, value: &str) -> Self {
        append_pair(self.form.get_or_insert_default(), name, value);
        self
    }

    /// Declares that it may be sent again after an unknown outcome: performing it twice does no harm.
    #[must_use]
    pub(crate) fn repeatable(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Sent to the Media Content Service.
    #[must_use]
    pub(crate) fn of_media(mut self) -> Self {
        self.of_media = true;
        self
    }

    /// Of a write whose body is none of a form.
    #[must_use]
    pub(crate) fn without_form(mut self) -> Self {
        self.form = None;
        self
    }

    /// Says whether the write fires webhooks: `X-Twilio-Webhook-Enabled`; `None` where the API does not take that header.
    #[must_use]
    pub(crate) fn webhooks(mut self, enabled: Option<bool>) -> Self {
        self.webhooks = enabled;
        self
    }

    /// What it says in `X-Twilio-Webhook-Enabled`, if anything.
    pub(crate) fn webhooks_enabled(&self) -> Option<bool> {
        self.webhooks
    }

    /// The product that it is for.
    pub(crate) fn api(&self) -> Api {
        self.api
    }

    /// Whether it is for the Media Content Service.
    pub(crate) fn is_of_media(&self) -> bool {
        self.of_media
    }

    pub(crate) fn method(&self) -> Method {
        self.method
    }

    /// Its path, encoded.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Its path and query, encoded.
    pub(crate) fn path_and_query(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    /// Its form as `application/x-www-form-urlencoded`; `None` for a GET.
    pub(crate) fn form_body(&self) -> Option<&str> {
        self.form.as_deref()
    }

    /// Whether it may be sent again when its outcome is unknown.
    pub(crate) fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Whether a segment of the path is `.` or `..`, which every URL parser takes for a direction, even as `%2E`. Such a path
    /// would be another one than was meant, so the client does not send it.
    pub(super) fn has_dot_segment(&self) -> bool {
        self.path.split('/').any(|segment| {
            let dots = segment.replace("%2e", ".").replace("%2E", ".");
            dots == "." || dots == ".."
        })
    }

    /// Whether the query has a parameter of this name.
    pub(crate) fn has_query(&self, name: &str) -> bool {
        form_urlencoded::parse(self.query.as_bytes()).any(|(key, _)| key == name)
    }
}

impl fmt::Display for ApiRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

fn append_pair(pairs: &mut String, name: &str, value: &str) {
    let start = std::mem::take(pairs);
    *pairs = form_urlencoded::Serializer::new(start).append_pair(name, value).finish();
}

fn path_of<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        push_segment(&mut path, segment.as_ref());
    }
    path
}

/// Encodes all but RFC 3986's unreserved characters. Twilio's identities may hold any of the others (twilio-node#409). A segment
/// `.` or `..` cannot be encoded: see [`ApiRequest::has_dot_segment`].
fn push_segment(path: &mut String, segment: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            path.push(char::from(byte));
        } else {
            path.push('%');
            path.push(char::from(HEX[usize::from(byte >> 4)]));
            path.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_encoded_one_by_one() {
        let request = ApiRequest::get(Api::Chat, ["v2", "Users", "a/b?c#d é+@%"]);
        assert_eq!(request.path(), "/v2/Users/a%2Fb%3Fc%23d%20%C3%A9%2B%40%25");
        assert_eq!(request.to_string(), "GET /v2/Users/a%2Fb%3Fc%23d%20%C3%A9%2B%40%25");
    }

    #[test]
    fn query_and_form_are_encoded_and_may_repeat() {
        let request = ApiRequest::get(Api::Chat, ["v2"]).query("Type", "public").query("Type", "a&b=c");
        assert_eq!(request.path_and_query(), "/v2?Type=public&Type=a%26b%3Dc");
        assert!(request.has_query("Type") && !request.has_query("Page"));
        assert!(request.is_idempotent());
        let request = ApiRequest::post(Api::Conversations, ["v1"]).form("FriendlyName", "ä b");
        assert_eq!(request.form_body(), Some("FriendlyName=%C3%A4+b"));
        assert_eq!(request.path_and_query(), "/v1");
        assert!(!request.is_idempotent() && request.clone().repeatable().is_idempotent());
        assert_eq!(request.webhooks_enabled(), Some(false));
        let request = ApiRequest::delete(Api::Conversations, ["v1", "Users", "a/b"]).webhooks(Some(true));
        assert_eq!(request.to_string(), "DELETE /v1/Users/a%2Fb");
        assert_eq!((request.form_body(), request.is_idempotent()), (None, false));
        assert_eq!(request.webhooks_enabled(), Some(true));
    }

    #[test]
    fn a_verbatim_path_is_kept_and_anything_else_refused() {
        let text = "/v2/Services/IS1/Users?PageSize=100&PageToken=PT%2Fa";
        let request = ApiRequest::get_verbatim(Api::Chat, text).unwrap();
        assert_eq!(request.path_and_query(), text);
        assert_eq!(request.to_string(), "GET /v2/Services/IS1/Users");
        for text in
            ["", "@evil.example/v2", "v2/Services", "/v2#x", "/v2\r\nHost: x", "https://chat.twilio.com/"]
        {
            assert_eq!(ApiRequest::get_verbatim(Api::Chat, text), None, "{text}");
        }
    }
}
