//! Starts the server and stops it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::data::World;
use super::server::Server;
use super::timer::Timer;
use super::wire::{Cut, Wires};
use super::{Options, Stats, Truth};

/// The simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The port is taken or forbidden.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Bind {
        /// The port that was asked for.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// No thread for the timer.
    #[error("cannot start the timer thread")]
    Timer(#[source] std::io::Error),
    /// More users than the data can hold.
    #[error("{users} users are more than the simulator can hold ({limit})")]
    TooManyUsers {
        /// How many were asked for.
        users: u32,
        /// The highest number.
        limit: u32,
    },
}

/// The most users there can be: two bits of 32 hold the status of a membership.
const MOST_USERS: u32 = 1 << 30;

/// A simulator that is serving. It stops when dropped or [shut down](Self::shutdown).
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    server: Arc<Server>,
    task: Option<JoinHandle<std::io::Result<()>>>,
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
    let world = Arc::new(World::new(&options, &format!("http://{address}")));
    let timer = Timer::start().map_err(SimulatorError::Timer)?;
    let server = Arc::new(Server::new(options, world, timer));
    let service = Arc::clone(&server).router().into_make_service_with_connect_info::<Cut>();
    let stop = server.stop.clone();
    let serving =
        axum::serve(Wires(listener), service).with_graceful_shutdown(async move { stop.cancelled().await });
    let task = tokio::spawn(async move { serving.await });
    Ok(Running { address, server, task: Some(task) })
}

impl Running {
    /// Its origin: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `AC…`
    pub fn account_sid(&self) -> &str {
        &self.server.world.account.account_sid
    }

    /// The account's password.
    pub fn auth_token(&self) -> &str {
        &self.server.world.account.auth_token
    }

    /// `SK…`
    pub fn api_key(&self) -> &str {
        &self.server.world.account.api_key
    }

    /// The API key's password.
    pub fn api_secret(&self) -> &str {
        &self.server.world.account.api_secret
    }

    /// `IS…`, the one service there is.
    pub fn service_sid(&self) -> &str {
        &self.server.world.account.service_sid
    }

    /// What there is to be found.
    pub fn truth(&self) -> Arc<Truth> {
        Arc::new(Truth::new(Arc::clone(&self.server.world)))
    }

    /// What the server saw.
    pub fn stats(&self) -> Stats {
        self.server.recorder.stats()
    }

    /// Stops taking requests, lets those in flight end, and waits for that.
    pub async fn shutdown(mut self) {
        self.server.stop.cancel();
        if let Some(task) = self.task.take()
            && let Err(error) = task.await
        {
            tracing::debug!(%error, "the simulator's task ended badly");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.stop.cancel();
    }
}
