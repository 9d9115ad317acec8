//! Starts the server and stops it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::accounts::{self, ServedAccounts};
use super::data::loaded::{Lack, LoadError};
use super::data::media_store::MediaRecord;
use super::data::{Account, Origins, ServiceWorld, find_media, sid};
use super::drift::{self, DriftChange};
use super::media;
use super::server;
use super::state::SimulatorState;
use super::timer::Timer;
use super::wire::{CutSwitch, CuttableListener};
use super::writes::{self, Created, Write};
use super::{Options, Stats, Truth};

#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    #[error("cannot listen on 127.0.0.1:{port}")]
    Bind { port: u16, source: std::io::Error },
    #[error("cannot start the timer thread")]
    Timer(#[source] std::io::Error),
    #[error("{users} users are more than the simulator can hold ({limit})")]
    TooManyUsers { users: u32, limit: u32 },
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// The most users there can be: two bits of 32 hold the status of a membership.
const MOST_USERS: u32 = 1 << 30;

/// A simulator that is serving. It stops when dropped or [shut down](Self::shutdown).
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    server: Arc<SimulatorState>,
    /// Which service of the first account is there to be copied into.
    target: usize,
    lacks: Vec<Lack>,
    tasks: Vec<JoinHandle<io::Result<()>>>,
}

/// A media that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedMedia {
    pub sid: String,
    /// In bytes.
    pub size: u64,
    pub content_type: Option<String>,
    pub filename: Option<String>,
    /// Of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// `IM…`, the message that it belongs to.
    pub message_sid: Option<String>,
}

impl SimulatedMedia {
    fn of(record: &MediaRecord) -> Self {
        let halves = record.sha256();
        let (first, last) = halves.split_at(16);
        let digits = |half: &[u8]| half.iter().fold(0_u128, |digits, byte| digits << 8 | u128::from(*byte));
        Self {
            sid: sid::text("ME", record.digits),
            size: record.size,
            content_type: record.content_type.clone(),
            filename: record.filename.clone(),
            sha256: sid::text("", digits(first)) + &sid::text("", digits(last)),
            message_sid: record.message.map(|(_, message)| sid::text("IM", message)),
        }
    }
}

/// Makes the account and serves it on loopback, on the runtime of the caller.
pub async fn start(options: Options) -> Result<Running, SimulatorError> {
    if options.users > MOST_USERS {
        return Err(SimulatorError::TooManyUsers { users: options.users, limit: MOST_USERS });
    }
    let port = options.port;
    let bind_error = |source| SimulatorError::Bind { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(bind_error)?;
    let address = listener.local_addr().map_err(bind_error)?;
    let free = |source| SimulatorError::Bind { port: 0, source };
    let delivery = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(free)?;
    let media_origin = format!("http://{}", delivery.local_addr().map_err(free)?);
    let origins = Origins::new(&options, &format!("http://{address}"));
    let ServedAccounts { accounts, target, lacks } = accounts::of(&options, &origins)?;
    let timer = Timer::start(options.delays.clone()).map_err(SimulatorError::Timer)?;
    let server = Arc::new(SimulatorState::new(options, accounts, origins, timer, media_origin));
    let tasks = vec![
        serve(listener, server::router(Arc::clone(&server)), server.stop.clone()),
        serve(delivery, media::delivery(Arc::clone(&server)), server.stop.clone()),
    ];
    Ok(Running { address, server, target, lacks, tasks })
}

fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> JoinHandle<io::Result<()>> {
    let service = router.into_make_service_with_connect_info::<CutSwitch>();
    let serving = axum::serve(CuttableListener(listener), service)
        .with_graceful_shutdown(async move { stop.cancelled().await });
    tokio::spawn(async move { serving.await })
}

/// The second account, which sees nothing of the first one's services.
#[derive(Debug, Clone, Copy)]
pub struct OtherAccount<'a> {
    pub account_sid: &'a str,
    pub auth_token: &'a str,
    /// `IS…`, its one service, which is empty at first.
    pub service_sid: &'a str,
}

impl Running {
    /// Its origin: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn account(&self) -> &Account {
        &self.server.accounts[0]
    }

    fn world(&self) -> &Arc<ServiceWorld> {
        &self.account().services[0]
    }

    pub fn account_sid(&self) -> &str {
        &self.account().credentials.account_sid
    }

    pub fn auth_token(&self) -> &str {
        &self.account().credentials.auth_token
    }

    pub fn api_key(&self) -> &str {
        &self.account().credentials.api_key
    }

    pub fn api_secret(&self) -> &str {
        &self.account().credentials.api_secret
    }

    /// `OQ…`, the OAuth client of the account.
    pub fn client_id(&self) -> &str {
        &self.account().credentials.client_id
    }

    pub fn client_secret(&self) -> &str {
        &self.account().credentials.client_secret
    }

    /// How many access tokens were given out.
    pub fn access_tokens(&self) -> usize {
        self.server.access_tokens.count()
    }

    /// `IS…`, the service with the generated users and channels.
    pub fn service_sid(&self) -> &str {
        &self.world().account.service_sid
    }

    /// What the snapshots that are served do not have, and how that is answered.
    pub fn lacks(&self) -> &[Lack] {
        &self.lacks
    }

    /// `IS…`, a service of the same account to copy into: the target that was loaded, or one that has nothing but the roles of a new
    /// one at first.
    pub fn target_service_sid(&self) -> &str {
        &self.account().services[self.target].account.service_sid
    }

    /// Whether the services to copy into, of the same account and of the other one, were made for that: not loaded.
    pub fn has_empty_services(&self) -> [bool; 2] {
        let accounts = &self.server.accounts;
        [&accounts[0].services[self.target], &accounts[1].services[0]].map(|world| world.loaded.is_none())
    }

    /// An account of its own, with a service like the target service.
    pub fn other_account(&self) -> OtherAccount<'_> {
        let other = &self.server.accounts[1];
        OtherAccount {
            account_sid: &other.credentials.account_sid,
            auth_token: &other.credentials.auth_token,
            service_sid: &other.services[0].account.service_sid,
        }
    }

    /// What there is to be found in the generated service.
    pub fn truth(&self) -> Arc<Truth> {
        Arc::new(Truth::new(Arc::clone(self.world())))
    }

    /// What there is to be found in a service of any account.
    pub fn truth_of(&self, service_sid: &str) -> Option<Arc<Truth>> {
        let found = self.server.accounts.iter().find_map(|account| account.service(service_sid));
        found.map(|world| Arc::new(Truth::new(Arc::clone(world))))
    }

    /// A media of a service, with the digest of its bytes.
    pub fn media(&self, service_sid: &str, media_sid: &str) -> Option<SimulatedMedia> {
        let world = self.server.accounts.iter().find_map(|account| account.service(service_sid))?;
        let found = find_media(&world.view(), sid::digits("ME", media_sid)?)?;
        Some(SimulatedMedia::of(&found))
    }

    /// What was uploaded to a service, in the order of SIDs.
    pub fn uploads(&self, service_sid: &str) -> Vec<SimulatedMedia> {
        let world = self.server.accounts.iter().find_map(|account| account.service(service_sid));
        let uploads = world.map(|world| world.media.all_uploads()).unwrap_or_default();
        uploads.iter().map(|record| SimulatedMedia::of(record)).collect()
    }

    pub fn stats(&self) -> Stats {
        self.server.recorder.stats()
    }

    /// What was written, in the order it was dealt with.
    pub fn writes(&self) -> Vec<Write> {
        self.server.writes.all()
    }

    /// How often each thing was created, in all services.
    pub fn created(&self) -> Vec<Created> {
        writes::created(&self.server.accounts)
    }

    /// What was created more than once.
    pub fn created_more_than_once(&self) -> Vec<Created> {
        self.created().into_iter().filter(|created| created.times > 1).collect()
    }

    /// Changes a share (0.0 to 1.0) of the generated service, as the same round always does: memberships, users, channels and
    /// roles. Gives each row of Chat that came, went or has other values. No one should be reading meanwhile.
    pub fn drift(&self, round: u64, share: f64) -> Vec<DriftChange> {
        drift::pass(self.world(), round, share)
    }

    /// Stops taking requests, lets those in flight end, and waits for that.
    pub async fn shutdown(mut self) {
        self.server.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            if let Err(error) = task.await {
                tracing::debug!(%error, "a task of the simulator ended badly");
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.stop.cancel();
    }
}
