//! From settings to a client: what the verbs that talk to Twilio have in common.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::crawl::CrawlOptions;
use crate::event::Events;
use crate::settings::ConnectionSettings;
use crate::source::SourceError;
use crate::twilio::throttle::Limits;
use crate::twilio::{Client, ClientError, ClientOptions, RequestError, RetryPolicy, Timeouts};

use super::CommandError;
use super::failure::Explained;
use crate::error::ExitStatus;

/// What to check when Twilio refuses.
pub(super) const REFUSED_HINT: &str = "check TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or with TWILIO_API_KEY and \
     TWILIO_API_SECRET: that they belong together, are not revoked, and that an API key is a Standard key (restricted keys \
     cannot read Programmable Chat)";

/// A client for the account of the settings. Reads the secret.
pub(super) fn client(
    settings: &ConnectionSettings,
    events: &Events,
    stop: &CancellationToken,
) -> Result<Arc<Client>, CommandError> {
    let options = ClientOptions {
        chat_origin: settings.chat.clone(),
        conversations_origin: settings.conversations.clone(),
        credentials: settings.read_credentials()?,
        limits: Limits {
            concurrency: settings.concurrency,
            requests_per_second: settings.rps.map_or(0, std::num::NonZeroU32::get),
            account_concurrency: Some(settings.account_concurrency),
        },
        timeouts: Timeouts::default(),
        retry: RetryPolicy { scale: settings.backoff_scale, ..RetryPolicy::default() },
        cancellation: stop.clone(),
        events: events.clone(),
        seed: crate::clock::seed(),
        now: crate::clock::now,
    };
    Ok(Arc::new(Client::new(options)?))
}

/// How a crawl over this connection runs.
pub(super) fn crawl_options(settings: &ConnectionSettings) -> CrawlOptions {
    CrawlOptions {
        concurrency: settings.concurrency,
        requests_per_second: settings.rps.map_or(0, std::num::NonZeroU32::get),
        max_duration: settings.max_duration,
    }
}

/// The exit status and the hint of a request that failed.
pub(super) fn judge(error: &RequestError) -> (ExitStatus, Option<String>) {
    if error.is_unauthorized() || error.is_forbidden() {
        (ExitStatus::Refused, Some(REFUSED_HINT.to_owned()))
    } else if error.is_cancelled() {
        (ExitStatus::Interrupted, None)
    } else {
        (ExitStatus::Failed, None)
    }
}

impl Explained for ClientError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Failed
    }
}

impl Explained for SourceError {
    fn exit_status(&self) -> ExitStatus {
        self.request().map_or(ExitStatus::Failed, |request| judge(request).0)
    }

    fn hint(&self) -> Option<String> {
        self.request().and_then(|request| judge(request).1)
    }
}
