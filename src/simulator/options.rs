//! How to simulate.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::Faults;

/// What the simulated account is like and how its server behaves. The default is a small, friendly one
/// without limits.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// Everything about the account follows from it.
    pub seed: u64,
    pub users: u32,
    pub channels: u32,
    /// Memberships of a user, on average; some have none, some hundreds.
    pub memberships: u32,
    /// How long an answer takes, from the request's arrival: kept to about 0.1 ms, better than tokio's own
    /// timer.
    pub latency: Duration,
    /// How an answer waits for its moment, where not by a timer of the machine.
    pub delays: Option<Delays>,
    /// How long an access token of an OAuth client says it is good for.
    pub token_lifetime: Duration,
    /// How many requests it is good for, whatever it says.
    pub token_uses: Option<u32>,
    /// How long a temporary address of a media is good.
    pub media_lifetime: Duration,
    /// Requests a second (in any sliding second) above which 429 is answered.
    pub rate: Option<u32>,
    /// Requests in flight above which 429 is answered.
    pub max_concurrent: Option<u32>,
    /// Other requests in flight that `Twilio-Concurrent-Requests` pretends, as if the account's own app ran
    /// too.
    pub background_load: u32,
    /// Writes to one conversation, and to one service itself, in any sliding second above which 429 is answered.
    pub write_rate: Option<u32>,
    /// Whether writes are logged, what was created is counted, and the bytes of media that are uploaded are kept.
    pub record_writes: bool,
    /// `Retry-After` in seconds on a 429 of the limits.
    pub retry_after: Option<u32>,
    /// Whether URLs in answers are on Twilio's hosts, as in production, or on the simulator's own.
    pub production_urls: bool,
    /// Whether answers are compressed for clients that accept gzip.
    pub gzip: bool,
    /// What the generated service has in addition to what follows from the seed.
    pub world: WorldKind,
    pub write_clock: WriteClock,
    /// The limits of the generated service.
    pub source_limits: ServiceLimits,
    /// The limits of the target service in the same account.
    pub target_limits: ServiceLimits,
    pub faults: Faults,
    /// Snapshots to serve instead of what the seed gives.
    pub load: Option<Loaded>,
}

/// The snapshots whose data is served: finished ones of this version's format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The account and its services.
    pub source: PathBuf,
    /// What was read of the service that a plan writes to: of the same service as the source, of another one, or of another account.
    pub target: Option<PathBuf>,
}

type Delay = dyn Fn(Instant) -> BoxFuture<'static, ()> + Send + Sync;

/// A wait of the caller's, by the clock of the runtime that the simulator runs on.
#[derive(Clone)]
pub struct Delays(Arc<Delay>);

impl Delays {
    /// Waits with this, which ends at the moment that it is given.
    pub fn new(wait: impl Fn(Instant) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(wait))
    }

    pub(crate) async fn until(&self, moment: Instant) {
        (self.0)(moment).await;
    }
}

impl fmt::Debug for Delays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Delays").finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 1,
            users: 300,
            channels: 120,
            memberships: 12,
            latency: Duration::ZERO,
            delays: None,
            token_lifetime: Duration::from_hours(1),
            token_uses: None,
            media_lifetime: Duration::from_mins(5),
            rate: None,
            max_concurrent: None,
            background_load: 0,
            write_rate: None,
            record_writes: true,
            retry_after: None,
            production_urls: true,
            gzip: true,
            world: WorldKind::Plain,
            write_clock: WriteClock::Steps,
            source_limits: ServiceLimits { channel_members: 1_000, user_channels: 500 },
            target_limits: ServiceLimits::HIGHEST,
            faults: Faults::default(),
            load: None,
        }
    }
}

/// What the generated service has next to the objects that the seed gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorldKind {
    /// Nothing.
    Plain,
    /// One object of each kind that real accounts have and that changes what a migration may do: every state, participants of
    /// other networks, hostile texts, attributes and identities.
    Real,
}

/// When simulated writes happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteClock {
    /// From 2026-01-15 on, each a second after the one before, so that a test can expect their dates.
    Steps,
    /// When they happen; it was this moment when the simulator started.
    Started(jiff::Timestamp),
}

/// The limits of a Chat service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceLimits {
    pub channel_members: u32,
    pub user_channels: u32,
}

impl ServiceLimits {
    /// Those of a new service (`FetchService`, published example).
    pub const DEFAULT: Self = Self { channel_members: 100, user_channels: 250 };
    /// The highest that can be set.
    pub const HIGHEST: Self = Self { channel_members: 1_000, user_channels: 1_000 };
}
