//! Reads a file from the media of one service, and sends one to those of another.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::download::{DownloadFailure, Downloader};
use super::error::{MediaError, Unfetched};
use super::record::{self, MediaSummary};
use super::spool::SpooledFile;
use super::{TRANSFERS, transfer_time};
use crate::model::media::LARGEST_MEDIA;
use crate::twilio::client::{Client, UploadBody};
use crate::twilio::error::{BodyError, RequestError};
use crate::twilio::request::ApiRequest;

/// Attempts at the bytes of a file, each with an address of its own.
const ATTEMPTS: u32 = 6;

/// The wait after the first attempt that failed, doubled each time; the client's retry policy scales it.
const PAUSE: Duration = Duration::from_millis(500);

/// No file has this SID. Who is asked for it says whether it may be asked.
const NO_FILE: &str = "ME00000000000000000000000000000000";

/// The files of one account's services.
#[derive(Debug, Clone)]
pub(crate) struct MediaClient {
    client: Arc<Client>,
    downloader: Downloader,
    /// Where temporary files are.
    folder: PathBuf,
    turns: Arc<Semaphore>,
}

impl MediaClient {
    pub(crate) fn new(client: Arc<Client>) -> Result<Self, MediaError> {
        let (origin, timeouts) = (client.media_origin().clone(), client.timeouts());
        Ok(Self {
            downloader: Downloader::new(origin, timeouts).map_err(MediaError::Client)?,
            client,
            folder: std::env::temp_dir(),
            turns: Arc::new(Semaphore::new(TRANSFERS)),
        })
    }

    /// Whether the credentials may use the media of a service. It asks for a file that no one has.
    pub(crate) async fn check_access(&self, service: &str) -> Result<(), MediaError> {
        match self.send(service, &record::fetch(service, NO_FILE)).await {
            // However it is refused, the credentials were not.
            Ok(_) | Err(MediaError::Unfetched(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether a service has a file, of this size if that is known.
    pub(crate) async fn has(
        &self,
        service: &str,
        media: &str,
        size: Option<u64>,
    ) -> Result<bool, MediaError> {
        match self.send(service, &record::fetch(service, media)).await {
            Ok(record) => Ok(size.is_none() || record.size == size),
            Err(MediaError::Unfetched(Unfetched::Gone)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads a file of a service, which should have this size.
    pub(crate) async fn fetch(
        &self,
        service: &str,
        media: &str,
        size: Option<u64>,
    ) -> Result<(MediaSummary, SpooledFile), MediaError> {
        let request = record::fetch(service, media);
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                let pause = PAUSE.saturating_mul(1 << (attempt - 1)).mul_f64(self.client.wait_scale());
                self.client.unless_ending(sleep(pause)).await.ok_or(MediaError::Interrupted)?;
            }
            let record = self.send(service, &request).await?;
            if let (Some(expected), Some(found)) = (size, record.size)
                && expected != found
            {
                return Err(Unfetched::OtherSize { expected, found }.into());
            }
            let address = record.links.as_ref().and_then(|links| links.content_direct_temporary.as_deref());
            let size = size.or(record.size).filter(|size| *size <= LARGEST_MEDIA);
            let reading = self.downloader.read(address, size, &self.folder);
            let read = self.client.unless_ending(reading).await.ok_or(MediaError::Interrupted)?;
            match read {
                Ok(file) => return Ok((record, file)),
                Err(DownloadFailure::Passing(why)) => last = why,
                Err(DownloadFailure::Final(error)) => return Err(*error),
            }
        }
        Err(MediaError::NotReceived { why: last })
    }

    /// Sends a file to a service. Gives what Twilio has of it now.
    ///
    /// After an unknown outcome it is sent again, so that there may be a file that no message has.
    pub(crate) async fn upload(
        &self,
        service: &str,
        file: &SpooledFile,
        content_type: &str,
        filename: Option<&str>,
    ) -> Result<MediaSummary, MediaError> {
        let request = record::upload(service, filename);
        let body = || reqwest::Body::wrap_stream(file.pieces());
        let time = transfer_time(file.size);
        let content = UploadBody { content_type, length: file.size, time, body: &body };
        let sent = self.client.upload(&request, &content, read).await;
        let record = sent.map_err(|error| self.judged(service, error))?.body;
        if record.size.is_some_and(|size| size != file.size) {
            let found = record.size.unwrap_or_default();
            return Err(Unfetched::OtherFile(format!("with {found} bytes, not {}", file.size)).into());
        }
        Ok(record)
    }

    /// A turn among the files that are in flight.
    pub(crate) async fn turn(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        self.client.unless_ending(turn).await.and_then(Result::ok)
    }

    async fn send(&self, service: &str, request: &ApiRequest) -> Result<MediaSummary, MediaError> {
        let sent = self.client.send_parsed(request, read).await;
        sent.map(|reply| reply.body).map_err(|error| self.judged(service, error))
    }

    /// What a failed request means: of the file, or of all.
    fn judged(&self, service: &str, error: RequestError) -> MediaError {
        if error.is_cancelled() {
            return MediaError::Interrupted;
        }
        if error.is_unauthorized() || error.is_forbidden() {
            return MediaError::Forbidden {
                account: self.client.account_sid().to_string(),
                service: service.to_owned(),
                source: error.into(),
            };
        }
        match error.status {
            Some(404 | 410) if error.sender.is_none() => Unfetched::Gone.into(),
            Some(400..=499) if error.sender.is_none() && error.status != Some(429) => {
                Unfetched::Refused(error.into()).into()
            }
            _ => MediaError::Request(error.into()),
        }
    }
}

fn read(body: &bytes::Bytes) -> Result<MediaSummary, BodyError> {
    let record: MediaSummary = serde_json::from_slice(body).map_err(BodyError::NotJson)?;
    if record.sid.is_none() {
        return Err(BodyError::Unexpected { expected: "the record of a file, with its SID" });
    }
    Ok(record)
}
