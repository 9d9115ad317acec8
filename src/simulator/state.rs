//! What all requests share: the accounts, the limits, the log of writes and the counts.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio_util::sync::CancellationToken;

use super::Options;
use super::auth::Accepted;
use super::data::{Account, Origins};
use super::draws::Draws;
use super::faults::AttemptFaults;
use super::limits::{RequestLimits, WriteWindows};
use super::media_links::LinkSigner;
use super::oauth::GrantedTokens;
use super::stats::Recorder;
use super::timer::Timer;
use super::writes::WriteLog;

#[derive(Debug)]
pub(crate) struct SimulatorState {
    pub(crate) options: Options,
    /// The first has the generated service.
    pub(crate) accounts: Vec<Account>,
    pub(crate) recorder: Recorder,
    pub(crate) stop: CancellationToken,
    pub(crate) writes: WriteLog,
    pub(super) links: LinkSigner,
    pub(super) write_limits: WriteWindows,
    pub(super) origins: Origins,
    pub(super) draws: Draws,
    pub(super) accepted: Accepted,
    pub(super) access_tokens: GrantedTokens,
    pub(super) limits: RequestLimits,
    pub(super) attempt_faults: AttemptFaults,
    pub(super) timer: Arc<Timer>,
    pub(super) numbers: AtomicU64,
}

impl SimulatorState {
    /// `media_origin` is where the bytes of media are given out.
    pub(crate) fn new(
        options: Options,
        accounts: Vec<Account>,
        origins: Origins,
        timer: Timer,
        media_origin: String,
    ) -> Self {
        let draws = Draws::new(options.seed);
        Self {
            recorder: Recorder::new(),
            writes: WriteLog::new(options.record_writes),
            links: LinkSigner::new(draws, &options.faults, media_origin, options.media_lifetime),
            write_limits: WriteWindows::new(options.write_rate),
            stop: CancellationToken::new(),
            accepted: Accepted::new(
                accounts.iter().map(|account| &account.credentials),
                options.load.is_some(),
            ),
            access_tokens: GrantedTokens::new(options.token_lifetime, options.token_uses),
            limits: RequestLimits::new(options.rate, options.max_concurrent),
            attempt_faults: AttemptFaults::new(options.faults.clone(), draws),
            timer: Arc::new(timer),
            origins,
            draws,
            numbers: AtomicU64::new(0),
            options,
            accounts,
        }
    }
}
