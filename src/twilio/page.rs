//! Following a list: the next page's path from `meta.next_page_url`, and lists that never end.
//!
//! **Invariant:** a `next_page_url` of the configured origin, or of Twilio's own hosts for the product, becomes a path on the
//! configured origin, path and query verbatim. Any other host is an error, and nothing is sent to it.

use url::{Position, Url, form_urlencoded};

use super::request::ApiRequest;
use crate::model::Api;
use crate::secret::Origin;

/// A list cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageError {
    /// `next_page_url` is no URL.
    #[error("the next page of {list} is not an absolute URL")]
    NotAUrl {
        /// The list's path.
        list: String,
        #[source]
        source: url::ParseError,
    },
    /// `next_page_url` is of a host that credentials are not sent to.
    #[error("the next page of {list} is at `{host}`, which is neither the configured origin nor Twilio's")]
    ForeignHost {
        /// The list's path.
        list: String,
        /// The host, with scheme and port.
        host: String,
    },
    /// The list comes back to a page that was read before.
    #[error("the list {list} repeats: its next page was read before")]
    Repeated {
        /// The list's path.
        list: String,
    },
    /// Page after page of the list brings rows that were there before, or none.
    #[error("the list {list} does not end: {pages} pages with {rows} rows bring nothing new")]
    NothingNew {
        /// The list's path.
        list: String,
        pages: u64,
        rows: u64,
    },
    /// The list has more rows than it can have.
    #[error(
        "the list {list} does not end: it has {rows} rows on {pages} pages so far and can have {most}; --max-list-rows takes more"
    )]
    TooManyRows {
        /// The list's path.
        list: String,
        rows: u64,
        pages: u64,
        most: u64,
    },
    /// A stored cursor is no path.
    #[error("the stored position in {list} is not a path")]
    NotAPath {
        /// What is being listed.
        list: String,
    },
}

impl PageError {
    /// Whether the list never ends, so that where it was given up is no place to resume it.
    pub(crate) fn is_endless(&self) -> bool {
        matches!(self, Self::Repeated { .. } | Self::NothingNew { .. } | Self::TooManyRows { .. })
    }
}

/// The path and query of the next page, to be asked of the configured origin.
pub(crate) fn next_path(
    api: Api,
    origin: &Origin,
    list: &str,
    next_page_url: &str,
) -> Result<String, PageError> {
    let url =
        Url::parse(next_page_url).map_err(|source| PageError::NotAUrl { list: list.to_owned(), source })?;
    if origin.contains(&url) || is_twilios(api, &url) {
        Ok(url[Position::BeforePath..Position::AfterQuery].to_owned())
    } else {
        Err(PageError::ForeignHost { list: list.to_owned(), host: url.origin().ascii_serialization() })
    }
}

/// Where the next page of a list would be asked for: the complete URL, without credentials. `None` where nothing would be sent. What
/// fuzzing and its replay give hostile addresses to.
pub fn next_address(api: Api, origin: &str, next_page_url: &str) -> Option<String> {
    let origin = Origin::parse(origin, false).ok()?;
    let path = next_path(api, &origin, "the list", next_page_url).ok()?;
    let request = ApiRequest::get_verbatim(api, &path)?;
    let url = origin.join(&request.path_and_query()).ok()?;
    (origin.contains(&url) && !request.has_dot_segment()).then(|| url.into())
}

/// Twilio's hosts are `{product}[.{edge}][.{region}].twilio.com`; Chat also answers as `ip-messaging`.
fn is_twilios(api: Api, url: &Url) -> bool {
    let products: &[&str] = match api {
        Api::Chat => &["chat", "ip-messaging"],
        Api::Conversations => &["conversations"],
    };
    let Some(labels) = url.host_str().and_then(|host| host.strip_suffix(".twilio.com")) else { return false };
    let mut labels = labels.split('.');
    let product = labels.next().is_some_and(|label| products.contains(&label));
    url.scheme() == "https" && url.port().is_none() && product && labels.count() <= 2
}

/// What distinguishes one page of a list from another. `Page` is a counter of the client's (FACTS: navigation is by token), so a
/// list that loops may count it on; the token is the position.
fn position(path_and_query: &str) -> String {
    let query = path_and_query.split_once('?').map_or("", |(_, query)| query);
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "PageToken");
    token.map_or_else(|| path_and_query.to_owned(), |(_, value)| value.into_owned())
}

/// Whether the page after this one is this one again.
pub(crate) fn is_same_page(current: &str, next: &str) -> bool {
    position(current) == position(next)
}

/// Notices that a list repeats, whatever the length of the loop, and holds one position only: the one kept last is
/// replaced after 1, 3, 7, 15… pages (Brent's cycle detection). A loop of `n` pages after `m` others is noticed within
/// `3 × max(n, m)` pages. A guard that starts in the middle of a list, as after a restart, notices the loop just as well.
#[derive(Debug, Clone, Default)]
pub(super) struct LoopGuard {
    kept: Option<String>,
    /// Pages since it was kept, and how many it is kept for.
    since: u64,
    span: u64,
}

impl LoopGuard {
    /// Takes the next page's path and query; an error if the list was there before.
    pub(super) fn advance(&mut self, list: &str, next: &str) -> Result<(), PageError> {
        let position = position(next);
        if self.kept.as_ref() == Some(&position) {
            return Err(PageError::Repeated { list: list.to_owned() });
        }
        self.since += 1;
        if self.since > self.span {
            self.kept = Some(position);
            self.since = 0;
            self.span = self.span.saturating_mul(2) | 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(api: Api, origin: &str, url: &str) -> Result<String, PageError> {
        next_path(api, &Origin::parse(origin, false).unwrap(), "/v2/Services", url)
    }

    #[test]
    fn twilios_own_hosts_are_re_based_verbatim() {
        let tail = "/v2/Services/IS1/Users?PageSize=100&Page=1&PageToken=PT%2Fa%20b";
        for host in [
            "https://chat.twilio.com",
            "https://ip-messaging.twilio.com",
            "https://chat.ie1.twilio.com",
            "https://chat.dublin.ie1.twilio.com",
            "https://CHAT.twilio.com:443",
            "http://127.0.0.1:4010",
        ] {
            let path = next(Api::Chat, "http://127.0.0.1:4010", &format!("{host}{tail}")).unwrap();
            assert_eq!(path, tail, "{host}");
        }
        let url = format!("https://conversations.twilio.com{tail}");
        assert_eq!(next(Api::Conversations, "https://conversations.twilio.com", &url).unwrap(), tail);
    }

    #[test]
    fn any_other_host_is_refused() {
        for host in [
            "https://chat.twilio.com.evil.example",
            "https://evil-chat.twilio.com",
            "https://evilchat.twilio.com",
            "https://chat.a.b.c.twilio.com",
            "https://conversations.twilio.com",
            "http://chat.twilio.com",
            "https://chat.twilio.com:8443",
            "https://chat.twilio.com@evil.example",
            "http://127.0.0.1:4011",
            "https://127.0.0.1:4010",
        ] {
            let error = next(Api::Chat, "http://127.0.0.1:4010", &format!("{host}/v2")).unwrap_err();
            assert!(matches!(error, PageError::ForeignHost { .. }), "{host}: {error}");
        }
        let error = next(Api::Chat, "https://chat.twilio.com", "/v2/Services").unwrap_err();
        assert!(matches!(error, PageError::NotAUrl { .. }));
    }

    #[test]
    fn the_same_token_is_the_same_page_whatever_the_counter_says() {
        assert!(is_same_page("/v2/U?Page=1&PageToken=PTa", "/v2/U?Page=2&PageToken=PTa"));
        assert!(!is_same_page("/v2/U?Page=1&PageToken=PTa", "/v2/U?Page=2&PageToken=PTb"));
        assert!(!is_same_page("/v2/U?PageSize=100", "/v2/U?Page=1&PageToken=PTa"));
        assert!(is_same_page("/v2/U?PageSize=100", "/v2/U?PageSize=100"));
    }

    #[test]
    fn every_loop_is_noticed_soon_and_no_list_without_one_is() {
        for tail in 0..40_u64 {
            for length in 1..40_u64 {
                let mut guard = LoopGuard::default();
                let page = |step: u64| if step < tail { step } else { tail + (step - tail) % length };
                let noticed = (0..1000)
                    .find(|step| guard.advance("x", &format!("/v2?PageToken=PT{}", page(*step))).is_err());
                let noticed = noticed.unwrap_or_else(|| panic!("tail {tail}, length {length}"));
                assert!(
                    noticed >= length && noticed <= 3 * tail.max(length) + 1,
                    "{tail} {length} {noticed}"
                );
            }
        }
        let mut guard = LoopGuard::default();
        assert!((0..5000).all(|step| guard.advance("x", &format!("/v2?PageToken=PT{step}")).is_ok()));
    }
}
