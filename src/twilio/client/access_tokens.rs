//! The access tokens of an OAuth client: `POST /v2/token` with the grant `client_credentials` gives one, which signs requests for as
//! long as it says (docs/iam/oauth-apps).
//!
//! **Invariant:** one token is asked for at a time, and whoever needs it waits. It is renewed before it ends, and once when a request
//! is refused with it, since it may have been revoked.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, USER_AGENT};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::form_urlencoded::Serializer;

use super::USER_AGENT_VALUE;
use super::answer::NoAccessToken;
use crate::secret::{Origin, Secret};

/// A token is renewed so long before it ends, or after nine tenths of a short life.
const EARLY: Duration = Duration::from_mins(1);

/// The most bytes of an answer: tokens have one or two thousand.
const MOST_OF_ANSWER: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct AccessTokens {
    origin: Origin,
    client_id: String,
    client_secret: Secret,
    current: Mutex<Option<Arc<AccessToken>>>,
}

#[derive(Debug)]
pub(super) struct AccessToken {
    pub(super) token: Secret,
    renew_at: Instant,
}

/// What the OAuth endpoint answers.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds.
    expires_in: u64,
}

impl AccessTokens {
    pub(super) fn new(origin: Origin, client_id: String, client_secret: Secret) -> Self {
        Self { origin, client_id, client_secret, current: Mutex::new(None) }
    }

    /// The token that is good now.
    pub(super) async fn current(&self, http: &reqwest::Client) -> Result<Arc<AccessToken>, NoAccessToken> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| Instant::now() < token.renew_at) {
            return Ok(Arc::clone(token));
        }
        let asked = Instant::now();
        let granted = self.ask(http).await?;
        let life = Duration::from_secs(granted.expires_in);
        let renew_at = asked + life.saturating_sub(EARLY.min(life / 10));
        let token = Arc::new(AccessToken { token: Secret::new(granted.access_token), renew_at });
        *current = Some(Arc::clone(&token));
        Ok(token)
    }

    /// A request was refused with this token: it is not used again.
    pub(super) async fn refused(&self, token: &Arc<AccessToken>) {
        self.current.lock().await.take_if(|current| Arc::ptr_eq(current, token));
    }

    async fn ask(&self, http: &reqwest::Client) -> Result<Granted, NoAccessToken> {
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.client_secret.expose())
            .finish();
        let url = self.origin.join("/v2/token").map_err(|_no_url| NoAccessToken::default())?;
        let request = http
            .post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(USER_AGENT, USER_AGENT_VALUE)
            .body(form);
        let broken = |source: reqwest::Error| NoAccessToken {
            source: Some(source.without_url()),
            ..NoAccessToken::default()
        };
        let mut response = request.send().await.map_err(broken)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(broken)? {
            body.extend_from_slice(&piece);
            if body.len() > MOST_OF_ANSWER {
                break;
            }
        }
        let granted = status.is_success().then(|| serde_json::from_slice::<Granted>(&body).ok()).flatten();
        granted.ok_or_else(|| failure(status, body))
    }
}

/// An answer that has no token. What is in a success is not kept: it may hold one.
fn failure(status: StatusCode, body: Vec<u8>) -> NoAccessToken {
    let body = if status.is_success() { Bytes::new() } else { Bytes::from(body) };
    NoAccessToken { status: Some(status), body, source: None }
}
