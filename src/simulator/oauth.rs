//! `POST /v2/token` of oauth.twilio.com: access tokens for an account's OAuth client, which open Conversations and not Chat.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::data::account::AccountCredentials;
use super::draws::{DrawPurpose, Draws};
use super::query::Parameters;

/// The tokens that were given out.
#[derive(Debug)]
pub(crate) struct GrantedTokens {
    lifetime: Duration,
    /// How many requests a token is good for, whatever it says; none is any number.
    uses: Option<u32>,
    given: Mutex<HashMap<String, Given>>,
}

#[derive(Debug)]
struct Given {
    account: usize,
    ends: Instant,
    used: u32,
}

impl GrantedTokens {
    pub(crate) fn new(lifetime: Duration, uses: Option<u32>) -> Self {
        Self { lifetime, uses, given: Mutex::default() }
    }

    /// Answers a request for a token: status and body.
    pub(crate) fn grant<'a>(
        &self,
        form: &str,
        draws: Draws,
        mut accounts: impl Iterator<Item = &'a AccountCredentials>,
        now: Instant,
    ) -> (u16, String) {
        let form = Parameters::parse(form);
        let refusal = |status, error: &str| (status, json!({ "error": error }).to_string());
        if form.first("grant_type") != Some("client_credentials") {
            return refusal(400, "unsupported_grant_type");
        }
        let (id, secret) = (form.first("client_id"), form.first("client_secret"));
        let is_of = |account: &AccountCredentials| {
            id == Some(&account.client_id) && secret == Some(&account.client_secret)
        };
        let Some(account) = accounts.position(is_of) else { return refusal(401, "invalid_client") };
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let number = given.len() as u64;
        let token = format!("{:016x}{:016x}", draws.draw(DrawPurpose::AccessToken, number), number);
        given.insert(token.clone(), Given { account, ends: now + self.lifetime, used: 0 });
        let seconds = self.lifetime.as_secs();
        (200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": seconds }).to_string())
    }

    /// The number of the account that the value of a header is of, as long as its token is good.
    pub(crate) fn account(&self, authorization: &[u8], now: Instant) -> Option<usize> {
        let (scheme, token) = std::str::from_utf8(authorization).ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let given = given.get_mut(token)?;
        given.used += 1;
        (now < given.ends && self.uses.is_none_or(|uses| given.used <= uses)).then_some(given.account)
    }

    /// How many were given out.
    pub(crate) fn count(&self) -> usize {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
