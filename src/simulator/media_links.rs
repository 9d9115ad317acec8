//! Temporary addresses: signed, and good for some minutes.

use std::time::Duration;

use tokio::time::Instant;

use super::data::media_store::low;
use super::data::sid;
use super::draws::{DrawPurpose, Draws, text};
use super::faults::{Fault, Faults};
use super::query::Parameters;

/// Where the fault `media-private` leads: an address that no public host has.
const PRIVATE: &str = "https://10.11.12.13";

/// Makes temporary addresses, and knows its own again.
#[derive(Debug)]
pub(crate) struct LinkSigner {
    draws: Draws,
    faults: Faults,
    /// Where the bytes are given out: `http://127.0.0.1:PORT`.
    origin: String,
    lifetime: Duration,
    started: Instant,
}

/// Why an address opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadLink {
    Forged,
    Expired,
}

impl LinkSigner {
    pub(crate) fn new(draws: Draws, faults: &Faults, origin: String, lifetime: Duration) -> Self {
        Self { draws, faults: faults.clone(), origin, lifetime, started: Instant::now() }
    }

    /// The address of a media from now on.
    pub(crate) fn link(&self, service: &str, digits: u128, now: Instant) -> String {
        let expires = (now + self.lifetime).saturating_duration_since(self.started).as_secs();
        let is_private = self.faults.hits(self.draws, Fault::MediaPrivate, low(digits));
        let origin = if is_private { PRIVATE } else { &self.origin };
        let (media, signature) = (sid::text("ME", digits), self.signature(service, digits, expires));
        format!("{origin}/{service}/{media}?Expires={expires}&Signature={signature:016x}")
    }

    /// Whether an address is one of its own and still good.
    pub(crate) fn check(
        &self,
        service: &str,
        digits: u128,
        query: &Parameters<'_>,
        now: Instant,
    ) -> Result<(), BadLink> {
        let expires = query.first("Expires").and_then(|text| text.parse().ok()).ok_or(BadLink::Forged)?;
        let signature = format!("{:016x}", self.signature(service, digits, expires));
        if query.first("Signature") != Some(&signature) {
            return Err(BadLink::Forged);
        }
        let age = now.saturating_duration_since(self.started).as_secs();
        if age > expires { Err(BadLink::Expired) } else { Ok(()) }
    }

    /// Whether the address leads on to a private one instead of giving the bytes.
    pub(crate) fn redirect(&self, digits: u128) -> Option<String> {
        let is_redirected = self.faults.hits(self.draws, Fault::MediaRedirect, low(digits));
        is_redirected.then(|| format!("{PRIVATE}/latest/meta-data"))
    }

    fn signature(&self, service: &str, digits: u128, expires: u64) -> u64 {
        self.draws.draw2(DrawPurpose::Media, text(service) ^ low(digits) ^ low(digits >> 64), expires)
    }
}
