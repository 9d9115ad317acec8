//! What must not be printed: secrets, and origins that could have carried one.
//!
//! **Invariant:** a [`Secret`] has no `Display`, no `Serialize`, and a `Debug` that says nothing. Its text leaves through
//! [`Secret::expose`] alone, which one module (`twilio::client`) calls to sign a request.

use std::fmt;

use url::{Host, Url};
use zeroize::Zeroizing;

use crate::model::AccountSid;

/// An auth token or an API key's secret. Its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the secret's text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret's text, for the one request header that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// What signs the requests to one account.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account whose data is read or written.
    pub account_sid: AccountSid,
    pub signer: Signer,
}

/// How requests are signed.
#[derive(Debug, Clone)]
pub enum Signer {
    /// HTTP Basic authentication, as Twilio's "requests to Twilio" page gives it.
    Basic {
        /// The account's SID, or an API key's (`SK…`).
        username: String,
        /// The auth token, or the API key's secret.
        secret: Secret,
    },
    /// With access tokens that an OAuth app asks for (docs/iam/oauth-apps). Chat takes none.
    OAuthClient {
        /// `OQ…`.
        client_id: String,
        client_secret: Secret,
    },
}

impl Credentials {
    /// The account's own credentials.
    pub fn auth_token(account_sid: AccountSid, auth_token: Secret) -> Self {
        let signer = Signer::Basic { username: account_sid.to_string(), secret: auth_token };
        Self { account_sid, signer }
    }

    pub fn api_key(account_sid: AccountSid, api_key: String, api_secret: Secret) -> Self {
        Self { account_sid, signer: Signer::Basic { username: api_key, secret: api_secret } }
    }

    pub fn oauth_client(account_sid: AccountSid, client_id: String, client_secret: Secret) -> Self {
        Self { account_sid, signer: Signer::OAuthClient { client_id, client_secret } }
    }

    /// What kind of credentials these are, for messages.
    pub fn kind(&self) -> &'static str {
        match &self.signer {
            Signer::Basic { username, .. } if username.starts_with("SK") => "API key",
            Signer::Basic { .. } => "auth token",
            Signer::OAuthClient { .. } => "OAuth client",
        }
    }
}

/// The origin of an API: scheme, host and port. Credentials go there and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Url);

/// A text is not an origin that credentials may be sent to.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// Not a URL at all. The text is not repeated: it may hold a password.
    #[error("not a URL")]
    NotAUrl(#[source] url::ParseError),
    /// Neither `https` nor `http`.
    #[error("scheme `{scheme}` is not http or https")]
    Scheme { scheme: String },
    /// User name or password in the URL.
    #[error("a URL with a user name or password is not accepted: credentials come from the environment")]
    Credentials,
    /// More than an origin.
    #[error("`{origin}` must be given without path, query or fragment")]
    NotBare {
        /// The origin part.
        origin: String,
    },
    /// Plain HTTP to another machine.
    #[error(
        "plain http to `{host}` would send credentials in the clear; use https, or --allow-http if you must"
    )]
    PlainHttp { host: String },
}

impl Origin {
    /// Parses an origin such as `https://chat.twilio.com`. Plain HTTP is for loopback alone unless allowed.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(OriginError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OriginError::Scheme { scheme: url.scheme().to_owned() });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OriginError::Credentials);
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(OriginError::NotBare { origin: url.origin().ascii_serialization() });
        }
        if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
            return Err(OriginError::PlainHttp { host: url.host_str().unwrap_or_default().to_owned() });
        }
        Ok(Self(url))
    }

    /// Whether the origin is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The URL of a path and query below this origin. Both are taken verbatim.
    pub fn join(&self, path_and_query: &str) -> Result<Url, url::ParseError> {
        let origin = self.0.as_str().trim_end_matches('/');
        Url::parse(&format!("{origin}{path_and_query}"))
    }

    pub fn contains(&self, url: &Url) -> bool {
        url.origin() == self.0.origin()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints() {
        let credentials = Credentials::auth_token(AccountSid::from_digits(1), Secret::new("hunter2".into()));
        assert!(!format!("{credentials:?}").contains("hunter2"));
        let Signer::Basic { secret, .. } = credentials.signer else { panic!("a token is no OAuth client") };
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn an_origin_is_https_or_loopback_and_bare() {
        let parse = |text| Origin::parse(text, false);
        assert_eq!(parse("https://chat.twilio.com/").unwrap().to_string(), "https://chat.twilio.com");
        assert!(parse("http://127.0.0.1:8080").unwrap().is_loopback());
        assert!(parse("http://[::1]:8080").is_ok());
        assert!(matches!(parse("http://chat.twilio.com"), Err(OriginError::PlainHttp { .. })));
        assert!(Origin::parse("http://proxy.internal:3128", true).is_ok());
        assert!(matches!(parse("https://chat.twilio.com/v2"), Err(OriginError::NotBare { .. })));
        assert!(matches!(parse("https://u:p@chat.twilio.com"), Err(OriginError::Credentials)));
        assert!(matches!(parse("ftp://chat.twilio.com"), Err(OriginError::Scheme { .. })));
        assert!(matches!(parse("chat.twilio.com"), Err(OriginError::NotAUrl(_))));
    }

    #[test]
    fn joining_keeps_path_and_query_verbatim() {
        let origin = Origin::parse("http://127.0.0.1:9", false).unwrap();
        let url = origin.join("/v2/Services/IS1/Users?PageSize=100&PageToken=PT%2Fa").unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:9/v2/Services/IS1/Users?PageSize=100&PageToken=PT%2Fa");
        assert!(origin.contains(&url));
    }
}
