//! The text of `simulate`: where it listens, and what to give a shell to use it.

use std::error::Error;
use std::path::PathBuf;

use crate::error::{Advise, Failure};
use crate::printable::Printable;

/// The simulator could not be served, for a reason of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SimulateError {
    /// `--faults` cannot be read: wrong usage.
    #[error("`--faults` cannot be used")]
    Faults(#[source] Box<dyn Error + Send + Sync>),
    /// A snapshot of a crawl that goes on, or that was interrupted.
    #[error("the snapshot `{}` cannot be served: its crawl has not ended", path.display())]
    Unfinished { path: PathBuf },
    /// A snapshot that is none, or lacks what is needed.
    #[error("the snapshot cannot be served")]
    Load(#[source] Box<dyn Error + Send + Sync>),
    /// It could not start: a port that is taken, or a size that is too large.
    #[error("the simulator could not start")]
    Start(#[source] Box<dyn Error + Send + Sync>),
}

impl Advise for SimulateError {
    fn status(&self) -> Failure {
        match self {
            Self::Faults(_) | Self::Unfinished { .. } | Self::Load(_) => Failure::Usage,
            Self::Start(_) => Failure::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unfinished { .. } => Some("run its `chatferry crawl` again, which resumes it".to_owned()),
            Self::Load(_) => Some(
                "--load takes a snapshot of a crawl, and --target one that `plan` has read of its target, or a crawl of it with \
                 --source conversations"
                    .to_owned(),
            ),
            Self::Faults(_) | Self::Start(_) => None,
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
    /// Whether the services to copy into are empty ones: in the same account, in the other one.
    pub(crate) empty: [bool; 2],
}

/// The address, and lines for a shell.
pub(crate) fn listening(simulator: &SimulatorAddress) -> Printable {
    let SimulatorAddress { url, .. } = simulator;
    let [same, other] = simulator.empty.map(|empty| if empty { "an empty service" } else { "the target" });
    [
        format!("listening on {url}"),
        format!("export TWILIO_ACCOUNT_SID={}", simulator.account_sid),
        format!("export TWILIO_AUTH_TOKEN={}", simulator.auth_token),
        format!("export CHATFERRY_CHAT_URL={url}"),
        format!("export CHATFERRY_CONVERSATIONS_URL={url}"),
        format!("export CHATFERRY_MEDIA_URL={url}"),
        format!("chatferry crawl --service {}", simulator.service_sid),
        format!("# {same} in the same account: {}", simulator.target_service_sid),
        format!("# {other} in another account: {}", simulator.other_service_sid),
        format!("# export CHATFERRY_TARGET_ACCOUNT_SID={}", simulator.other_account_sid),
        format!("# export CHATFERRY_TARGET_AUTH_TOKEN={}", simulator.other_auth_token),
    ]
    .into_iter()
    .collect()
}

/// What a snapshot that is served does not have.
pub(crate) fn lack(lack: &str) -> Printable {
    Printable::from(format!("note: {lack}"))
}
