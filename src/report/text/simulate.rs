//! The text of `simulate`: where it listens, and what to give a shell to use it.

use std::error::Error;

use crate::error::{Advise, Failure};
use crate::printable::Printable;

/// The simulator could not be served, for a reason of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SimulateError {
    /// `--faults` cannot be read: wrong usage.
    #[error("`--faults` cannot be used")]
    Faults(#[source] Box<dyn Error + Send + Sync>),
    /// It could not start: a port that is taken, or a size that is too large.
    #[error("the simulator could not start")]
    Start(#[source] Box<dyn Error + Send + Sync>),
}

impl Advise for SimulateError {
    fn status(&self) -> Failure {
        match self {
            Self::Faults(_) => Failure::Usage,
            Self::Start(_) => Failure::Failed,
        }
    }
}

/// A running simulator. Its credentials open it and nothing else.
#[derive(Debug, Clone)]
pub(crate) struct SimulatorAddress {
    pub(crate) url: String,
    pub(crate) account_sid: String,
    pub(crate) auth_token: String,
    pub(crate) service_sid: String,
    pub(crate) target_service_sid: String,
    pub(crate) other_service_sid: String,
    pub(crate) other_account_sid: String,
    pub(crate) other_auth_token: String,
}

/// The address, and lines for a shell.
pub(crate) fn listening(simulator: &SimulatorAddress) -> Printable {
    let SimulatorAddress { url, .. } = simulator;
    [
        format!("listening on {url}"),
        format!("export TWILIO_ACCOUNT_SID={}", simulator.account_sid),
        format!("export TWILIO_AUTH_TOKEN={}", simulator.auth_token),
        format!("export CHATFERRY_CHAT_URL={url}"),
        format!("export CHATFERRY_CONVERSATIONS_URL={url}"),
        format!("chatferry crawl --service {}", simulator.service_sid),
        format!("# an empty service in the same account: {}", simulator.target_service_sid),
        format!("# an empty service in another account: {}", simulator.other_service_sid),
        format!("# export CHATFERRY_TARGET_ACCOUNT_SID={}", simulator.other_account_sid),
        format!("# export CHATFERRY_TARGET_AUTH_TOKEN={}", simulator.other_auth_token),
    ]
    .into_iter()
    .collect()
}
