//! The settings of the verbs that talk to Twilio.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::cli::ConnectionArgs;
use crate::secret::{Credentials, Origin};

use super::credentials::CredentialSettings;
use super::error::SettingsError;
use super::flags::Flags;
use super::keys::{self, Key};
use super::loader::Loader;
use super::place::Place;
use super::{hosts, parse};

/// More requests in flight than any account is allowed; a larger number is a slip.
const MOST_CONCURRENCY: u32 = 1_000;
/// More requests per second than any account is allowed.
const MOST_RPS: u32 = 10_000;
/// A hidden variable for tests of the binary: waits between attempts are multiplied with it.
const BACKOFF_SCALE_VARIABLE: &str = "CHATFERRY_TEST_BACKOFF_SCALE";

/// Which hosts, with which credentials, how politely and for how long.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// Where the credentials come from. The secret itself is read when it is needed.
    pub credentials: CredentialSettings,
    /// The Chat API.
    pub chat: Origin,
    /// The Conversations API.
    pub conversations: Origin,
    /// Most requests in flight.
    pub concurrency: usize,
    /// Most requests per second; none is no limit.
    pub rps: Option<NonZeroU32>,
    /// Stay below this many requests in flight for the account as a whole.
    pub account_concurrency: u32,
    /// When to stop.
    pub max_duration: Option<Duration>,
    /// Waits between attempts are multiplied with this; 1 but in tests.
    pub backoff_scale: f64,
}

impl ConnectionSettings {
    /// The credentials, complete and of the right shape. Reads the secret file or runs the secret command.
    pub fn read_credentials(&self) -> Result<Credentials, SettingsError> {
        Ok(self.credentials.read()?)
    }
}

impl Loader {
    /// The settings of a verb that talks to Twilio.
    pub fn connection(&self, args: &ConnectionArgs) -> Result<ConnectionSettings, SettingsError> {
        let flags = Flags::from(args);
        let allow_http = self.read_or_default(&flags, &keys::ALLOW_HTTP, parse::switch)?;
        let region = self.read(&flags, &keys::REGION, hosts::label)?;
        let edge = self.read(&flags, &keys::EDGE, hosts::label)?;
        let origin = |key: &'static Key, product| -> Result<Origin, SettingsError> {
            match self.read(&flags, key, |text| Ok(Origin::parse(text, allow_http)?))? {
                Some(origin) => Ok(origin),
                None => hosts::origin(product, edge.as_deref(), region.as_deref()).map_err(|error| {
                    SettingsError::Value { place: Place::Derived("region and edge"), source: error.into() }
                }),
            }
        };
        let number = |key, bounds| self.read_or_default(&flags, key, |text| parse::number(text, bounds));
        let concurrency = number(&keys::CONCURRENCY, 1..=MOST_CONCURRENCY)?;
        let backoff_scale = self.environment.get(BACKOFF_SCALE_VARIABLE)?;
        Ok(ConnectionSettings {
            credentials: self.credentials(&flags)?,
            chat: origin(&keys::CHAT_URL, "chat")?,
            conversations: origin(&keys::CONVERSATIONS_URL, "conversations")?,
            concurrency: usize::try_from(concurrency).unwrap_or(usize::MAX),
            rps: NonZeroU32::new(number(&keys::RPS, 0..=MOST_RPS)?),
            account_concurrency: number(&keys::ACCOUNT_CONCURRENCY, 1..=1_000_000)?,
            max_duration: self.read(&flags, &keys::MAX_DURATION, parse::duration)?,
            backoff_scale: backoff_scale.and_then(|text| text.parse().ok()).unwrap_or(1.0),
        })
    }
}
