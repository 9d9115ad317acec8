//! Media: the files of messages, at Twilio's Media Content Service (MCS) and at the temporary addresses that it gives.
//!
//! MCS describes a file and takes new ones, with credentials, at its own origin. The bytes are at an address of another host that is
//! signed and good for some minutes; they are read into a spool ([`spool`]), and a new file is sent from one.
//!
//! **Invariant:** a temporary address gets no credentials. It is https (http where MCS itself is on this machine), its host is public, and where
//! it leads on to is not followed: an answer of Twilio's, or of who takes its place, cannot make this program read what only
//! this machine can reach ([`address`]).
//!
//! **Invariant:** a file is passed on only when it was received to its end with the size that it should have, and its SHA-256 is known.
//!
//! Why a spool and not a pipe: a download that breaks off, or has another size, would leave a broken file in the target, which nothing
//! removes; and where an upload has to be sent again, the address may have expired. A small file stays in memory, a large one is in a temporary
//! file of at most [`LARGEST_MEDIA`](crate::model::media::LARGEST_MEDIA) bytes, and no more than [`TRANSFERS`] are in flight at a time.

mod address;
mod client;
mod download;
mod error;
mod record;
mod spool;

use std::time::Duration;

pub(crate) use client::MediaClient;
pub(crate) use error::{MediaError, Unfetched};
pub(crate) use spool::SpooledFile;

/// The bytes a second below which a transfer is given up, on average.
const LEAST_SPEED: u64 = 32 << 10;

/// How long a transfer of so many bytes may take.
fn transfer_time(bytes: u64) -> Duration {
    Duration::from_mins(1) + Duration::from_secs(bytes / LEAST_SPEED)
}

/// The most files that are in flight at a time.
pub(crate) const TRANSFERS: usize = 4;
