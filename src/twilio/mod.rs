//! One request to one API of Twilio: built without I/O, paced, sent, tried again, and answered in the API's own terms.
//!
//! [`request`] describes a request as a value, [`client`] sends it; between them [`throttle`] decides when an attempt may
//! start and [`retry`] whether there is another one. [`chat`] and [`conversations`] are the requests that exist,
//! [`records`] the rows that they answer with, [`page`] follows a list. [`media`] are the files of messages.
//!
//! **Invariant:** credentials go to the configured origins only. URLs that an answer names are re-based on them or refused,
//! and redirects are not followed.
//!
//! **Invariant:** one wait per attempt. The rate, the concurrency and `Retry-After` are waited for only in [`client`].

pub(crate) mod chat;
pub(crate) mod client;
pub(crate) mod conversations;
pub(crate) mod error;
pub(crate) mod list_guard;
pub(crate) mod media;
pub(crate) mod options;
pub(crate) mod page;
pub(crate) mod records;
pub(crate) mod request;
pub(crate) mod retry;
pub(crate) mod surrogates;
#[cfg(test)]
pub(crate) mod test_server;
pub(crate) mod throttle;
pub(crate) mod wire;

pub(crate) use client::{Attempts, Client, Counters, OnceSent, Reply};
pub(crate) use error::{BodyError, REFUSED_HINT, RequestError, RequestErrorKind};
pub(crate) use list_guard::{ListGuard, ListSize};
pub(crate) use options::{ClientOptions, Timeouts};
pub(crate) use page::PageError;
pub(crate) use request::ApiRequest;
pub(crate) use retry::RetryPolicy;
