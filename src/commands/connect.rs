//! From settings to a client: what the verbs that talk to Twilio have in common.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::crawl::CrawlOptions;
use crate::event::Events;
use crate::plan::RequestPace;
use crate::settings::ConnectionSettings;
use crate::twilio::throttle::Limits;
use crate::twilio::{Client, ClientOptions, RetryPolicy, Timeouts};

use super::CommandError;

/// A client for the account of the settings. Reads the secret.
pub(super) fn client(
    settings: &ConnectionSettings,
    events: &Events,
    stop: &CancellationToken,
) -> Result<Arc<Client>, CommandError> {
    let options = ClientOptions {
        chat_origin: settings.chat.clone(),
        conversations_origin: settings.conversations.clone(),
        oauth_origin: settings.oauth.clone(),
        media_origin: settings.media.clone(),
        credentials: settings.read_credentials()?,
        limits: Limits {
            concurrency: settings.concurrency,
            requests_per_second: settings.rps.map_or(0, std::num::NonZeroU32::get),
            account_concurrency: Some(settings.account_concurrency),
        },
        timeouts: Timeouts::default(),
        max_answer: settings.max_answer,
        max_list_rows: settings.max_list_rows,
        retry: RetryPolicy { scale: settings.backoff_scale, ..RetryPolicy::default() },
        cancellation: stop.clone(),
        events: events.clone(),
        seed: crate::clock::seed(),
        now: crate::clock::now,
    };
    Ok(Arc::new(Client::new(options)?))
}

/// How fast requests go over this connection, for an estimate.
pub(super) fn pace(settings: &ConnectionSettings) -> RequestPace {
    RequestPace {
        requests_per_second: settings.rps.map_or(0, std::num::NonZeroU32::get),
        concurrency: u32::try_from(settings.concurrency).unwrap_or(u32::MAX),
    }
}

/// How a crawl over this connection runs.
pub(super) fn crawl_options(settings: &ConnectionSettings) -> CrawlOptions {
    CrawlOptions {
        concurrency: settings.concurrency,
        requests_per_second: settings.rps.map_or(0, std::num::NonZeroU32::get),
        max_duration: settings.max_duration,
    }
}
