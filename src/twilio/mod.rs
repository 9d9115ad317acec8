//! One request to one API of Twilio: built without I/O, paced, sent, tried again, and answered in the API's own terms.
//!
//! [`request`] describes a request as a value, [`client`] sends it; between them [`throttle`] decides when an attempt may
//! start and [`retry`] whether there is another one. [`chat`] and [`conversations`] are the requests that exist, [`page`]
//! follows a list.
//!
//! **Invariant:** credentials go to the configured origins only. URLs that an answer names are re-based on them or refused,
//! and redirects are not followed.
//!
//! **Invariant:** one wait per attempt. The rate, the concurrency and `Retry-After` are waited for in [`client`] alone.

pub mod chat;
pub mod client;
pub mod conversations;
pub mod error;
pub mod options;
pub mod page;
pub mod request;
pub mod retry;
#[cfg(test)]
pub(crate) mod test_server;
pub mod throttle;
pub(crate) mod wire;

pub use client::{Client, Counters, Reply};
pub use error::{BodyError, ClientError, RequestError, RequestErrorKind};
pub use options::{ClientOptions, Timeouts};
pub use page::{LoopGuard, PageError};
pub use request::{Api, ApiRequest, Method};
pub use retry::RetryPolicy;
