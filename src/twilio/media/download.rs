//! Reads the bytes behind a temporary address into a spool: without credentials, and without going where the address leads on to.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use tokio::time::{Instant, timeout_at};

use super::address::{BadAddress, NotPublic, PublicResolver, TemporaryAddress};
use super::error::{MediaError, Unfetched};
use super::spool::{Spool, SpooledFile};
use super::{LEAST_SPEED, transfer_time};
use crate::clock;
use crate::model::media::LARGEST_MEDIA;
use crate::secret::Origin;
use crate::twilio::error::ClientError;
use crate::twilio::options::Timeouts;

/// Reads files from temporary addresses.
#[derive(Debug, Clone)]
pub(super) struct Downloader {
    http: reqwest::Client,
    mcs: Origin,
}

/// How an attempt ended that gave no file.
#[derive(Debug)]
pub(super) enum DownloadFailure {
    /// Another attempt, with a new address, may fare better.
    Passing(String),
    /// No attempt will.
    Final(Box<MediaError>),
}

impl From<MediaError> for DownloadFailure {
    fn from(error: MediaError) -> Self {
        Self::Final(error.into())
    }
}

impl From<Unfetched> for DownloadFailure {
    fn from(error: Unfetched) -> Self {
        MediaError::from(error).into()
    }
}

impl Downloader {
    pub(super) fn new(mcs: Origin, timeouts: Timeouts) -> Result<Self, ClientError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .gzip(false)
            .connect_timeout(timeouts.connect)
            .read_timeout(timeouts.read);
        builder = if mcs.is_loopback() {
            builder.no_proxy()
        } else {
            builder.https_only(true).dns_resolver(Arc::new(PublicResolver::of_environment()))
        };
        Ok(Self { http: builder.build().map_err(ClientError)?, mcs })
    }

    /// One attempt. Where the size is known, the file has to have it.
    pub(super) async fn read(
        &self,
        address: Option<&str>,
        size: Option<u64>,
        folder: &Path,
    ) -> Result<SpooledFile, DownloadFailure> {
        let address = address.ok_or(BadAddress::NotAUrl);
        let address = address.and_then(|text| TemporaryAddress::parse(text, &self.mcs));
        let url = address.map_err(Unfetched::Address)?.into_url();
        let _at_work = clock::at_work();
        let mut response = match self.http.get(url).send().await {
            Ok(response) => response,
            Err(error) => return Err(failed(error)),
        };
        let status = response.status();
        if status.is_redirection() {
            return Err(Unfetched::Redirect.into());
        }
        match status.as_u16() {
            200 => {}
            404 | 410 => return Err(Unfetched::Gone.into()),
            // An address that has expired is refused.
            403 | 408 | 429 | 500.. => {
                return Err(DownloadFailure::Passing(format!("its temporary address answers {status}")));
            }
            status => return Err(Unfetched::Status { status }.into()),
        }
        let stated = response.headers().get(CONTENT_LENGTH);
        let stated = stated.and_then(|text| text.to_str().ok()).and_then(|text| text.parse::<u64>().ok());
        let expected = size.or(stated);
        check_size(size, stated)?;
        let mut deadline = Instant::now() + transfer_time(0);
        let mut spool = Spool::new(folder);
        loop {
            let Ok(piece) = timeout_at(deadline, response.chunk()).await else {
                return Err(DownloadFailure::Passing("the bytes came too slowly".to_owned()));
            };
            let Some(piece) = piece.map_err(failed)? else { break };
            spool.write(&piece).map_err(|source| spool_error(folder, source))?;
            if spool.size() > LARGEST_MEDIA {
                return Err(Unfetched::TooLarge { most: LARGEST_MEDIA }.into());
            }
            check_most(expected, spool.size())?;
            deadline += Duration::from_nanos(piece.len() as u64 * 1_000_000_000 / LEAST_SPEED);
        }
        let file = spool.finish();
        match expected {
            // Without a size of its own in the answer, an end that came early cannot be told from another size.
            Some(expected) if expected != file.size && stated.is_none() => {
                Err(DownloadFailure::Passing(format!("{} of {expected} bytes came", file.size)))
            }
            Some(expected) if expected != file.size => {
                Err(Unfetched::OtherSize { expected, found: file.size }.into())
            }
            _ => Ok(file),
        }
    }
}

fn check_size(expected: Option<u64>, stated: Option<u64>) -> Result<(), Unfetched> {
    match (expected, stated) {
        (Some(expected), Some(found)) if expected != found => Err(Unfetched::OtherSize { expected, found }),
        (_, Some(found)) if found > LARGEST_MEDIA => Err(Unfetched::TooLarge { most: LARGEST_MEDIA }),
        _ => Ok(()),
    }
}

fn check_most(expected: Option<u64>, found: u64) -> Result<(), Unfetched> {
    match expected {
        Some(expected) if found > expected => Err(Unfetched::OtherSize { expected, found }),
        _ => Ok(()),
    }
}

fn spool_error(folder: &Path, source: std::io::Error) -> MediaError {
    MediaError::Spool { folder: folder.display().to_string(), source }
}

/// What a connection ended with. The address is left out: whoever has it can read the file.
fn failed(error: reqwest::Error) -> DownloadFailure {
    let error = error.without_url();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        let is_final = error.is::<NotPublic>() || error.to_string().contains("invalid peer certificate");
        if is_final {
            return Unfetched::Untrusted(error.to_string()).into();
        }
        cause = error.source();
    }
    DownloadFailure::Passing(last_cause(&error))
}

/// The innermost cause says most.
fn last_cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_is_another_one_is_seen_before_and_while_it_is_read() {
        assert!(check_size(Some(5), Some(5)).is_ok() && check_size(None, None).is_ok());
        assert!(matches!(check_size(Some(5), Some(6)), Err(Unfetched::OtherSize { expected: 5, found: 6 })));
        assert!(matches!(check_size(None, Some(LARGEST_MEDIA + 1)), Err(Unfetched::TooLarge { .. })));
        assert!(check_most(Some(5), 5).is_ok());
        assert!(matches!(check_most(Some(5), 6), Err(Unfetched::OtherSize { expected: 5, found: 6 })));
    }

    #[test]
    fn a_transfer_has_a_minute_and_more_for_its_size() {
        assert_eq!(transfer_time(0), Duration::from_mins(1));
        assert!(transfer_time(LARGEST_MEDIA) > Duration::from_hours(1));
    }
}
