//! The settings of the verbs that talk to Twilio.

use std::num::NonZeroU32;
use std::time::Duration;

use super::credentials::CredentialSettings;
use super::error::SettingsError;
use super::hosts;
use super::loader::Loader;
use super::provenance::Provenance;
use crate::cli::ConnectionArgs;
use crate::cli::setting::{DeclaredSetting, FlagGroup, Flags, declarations};
use crate::secret::{Credentials, Origin};

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
    /// Where an OAuth client asks for access tokens.
    pub oauth: Origin,
    /// The Media Content Service, which has the files of messages.
    pub media: Origin,
    /// Most requests in flight.
    pub concurrency: usize,
    /// Most requests per second; none is no limit.
    pub rps: Option<NonZeroU32>,
    /// Stay below this many requests in flight for the entire account.
    pub account_concurrency: u32,
    /// The most bytes of an answer.
    pub max_answer: usize,
    /// The most rows of a list; none is by what it is of.
    pub max_list_rows: Option<u64>,
    /// When to stop.
    pub max_duration: Option<Duration>,
    /// Waits between attempts are multiplied with this; 1 but in tests.
    pub backoff_scale: f64,
}

impl ConnectionSettings {
    pub fn load(loader: &Loader, args: &ConnectionArgs) -> Result<Self, SettingsError> {
        let flags = args.flags();
        let allow_http = loader.get(flags, &declarations::ALLOW_HTTP)?;
        let backoff_scale = loader.environment().get(BACKOFF_SCALE_VARIABLE)?;
        let concurrency = loader.get(flags, &declarations::CONCURRENCY)?;
        Ok(Self {
            credentials: CredentialSettings::of_source(loader, flags)?,
            chat: origin(loader, flags, &declarations::CHAT_URL, "chat", allow_http)?,
            conversations: origin(
                loader,
                flags,
                &declarations::CONVERSATIONS_URL,
                "conversations",
                allow_http,
            )?,
            oauth: origin(loader, flags, &declarations::OAUTH_URL, "oauth", allow_http)?,
            media: origin(loader, flags, &declarations::MEDIA_URL, "mcs", allow_http)?,
            concurrency: usize::try_from(concurrency).unwrap_or(usize::MAX),
            rps: NonZeroU32::new(loader.get(flags, &declarations::RPS)?),
            account_concurrency: loader.get(flags, &declarations::ACCOUNT_CONCURRENCY)?,
            max_answer: usize::try_from(loader.get(flags, &declarations::MAX_ANSWER)?).unwrap_or(usize::MAX)
                << 20,
            max_list_rows: loader.read(flags, &declarations::MAX_LIST_ROWS)?.map(u64::from),
            max_duration: loader.read(flags, &declarations::MAX_DURATION)?,
            backoff_scale: backoff_scale.and_then(|text| text.parse().ok()).unwrap_or(1.0),
        })
    }

    /// As the environment and the settings file have it, of a verb whose flags have none of it.
    pub(crate) fn of_environment(loader: &Loader) -> Result<Self, SettingsError> {
        Self::load(loader, &ConnectionArgs::default())
    }

    /// How to talk to the account that is written to: this one, unless `CHATFERRY_TARGET_ACCOUNT_SID` names another.
    pub fn of_target(&self, loader: &Loader) -> Result<Self, SettingsError> {
        let mut target = self.clone();
        if let Some(credentials) = CredentialSettings::of_target(loader)? {
            target.credentials = credentials;
        }
        Ok(target)
    }

    /// The credentials, complete and of the right shape. Reads the secret file or runs the secret command.
    pub fn read_credentials(&self) -> Result<Credentials, SettingsError> {
        Ok(self.credentials.read()?)
    }
}

/// The origin of an API: as given, or the host that region and edge choose.
fn origin(
    loader: &Loader,
    flags: &Flags,
    setting: &'static DeclaredSetting<String>,
    product: &str,
    allow_http: bool,
) -> Result<Origin, SettingsError> {
    if let Some(found) = loader.find(flags, &setting.declaration)? {
        let wrong = |source| SettingsError::Value { place: found.place.clone(), source };
        return Origin::parse(&found.text(), allow_http).map_err(|error| wrong(error.into()));
    }
    let region_place =
        loader.find(flags, &declarations::REGION.declaration)?.map(|found| found.place.clone());
    let region = loader.read(flags, &declarations::REGION)?;
    let edge = loader.read(flags, &declarations::EDGE)?;
    hosts::origin(product, edge.as_deref(), region.as_deref()).map_err(|error| SettingsError::Value {
        place: region_place.unwrap_or(Provenance::Derived("region and edge")),
        source: error,
    })
}
