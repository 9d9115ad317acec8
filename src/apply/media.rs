//! The media of a message: read from the source and uploaded to the target before the message is written.
//!
//! **Invariant:** a message is written with one media or with none. What was uploaded is in the journal before the message leaves, and a later run
//! looks it up and does not upload it again. An upload of unknown outcome, and one before the journal has it, may leave a file
//! that no message has.

use super::error::ApplyError;
use super::journal_handle::JournalHandle;
use super::resolved::{MessageMedia, ResolvedOperation};
use crate::model::media::is_media_type;
use crate::plan::{PlannedMedia, UnavailableMedia};
use crate::twilio::media::{MediaClient, MediaError, Unfetched};

/// Copies media from one service to another; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct MediaCopier {
    source: (MediaClient, String),
    target: (MediaClient, String),
    unavailable: UnavailableMedia,
}

/// The outcome of bringing the media of a message.
#[derive(Debug)]
pub(super) enum MediaStep {
    /// The message can be written.
    Ready,
    /// It cannot be had, and the message fails.
    Failed(String),
    /// It could not be had for a reason that is not its own. A later run takes it up.
    Left(String),
    Interrupted,
}

impl MediaCopier {
    /// Between these services.
    pub(crate) fn new(
        source: (MediaClient, String),
        target: (MediaClient, String),
        unavailable: UnavailableMedia,
    ) -> Self {
        Self { source, target, unavailable }
    }

    /// Brings the media of a message to the target, if it has one that is not there.
    pub(super) async fn bring(
        &self,
        resolved: &mut ResolvedOperation,
        journal: &JournalHandle,
    ) -> Result<MediaStep, ApplyError> {
        let Some(media) =
            resolved.media.as_mut().filter(|media| !media.is_ready && media.left_behind.is_none())
        else {
            return Ok(MediaStep::Ready);
        };
        let why = match self.copy(media, journal).await? {
            Ok(()) => return Ok(MediaStep::Ready),
            Err(MediaError::Unfetched(error)) => format!("media {}: {error}", media.planned.sid),
            Err(
                error @ (MediaError::Forbidden { .. } | MediaError::Spool { .. } | MediaError::Client(_)),
            ) => {
                return Err(ApplyError::Media(error.into()));
            }
            Err(MediaError::Interrupted) => return Ok(MediaStep::Interrupted),
            Err(error @ (MediaError::Request(_) | MediaError::NotReceived { .. })) => {
                return Ok(MediaStep::Left(format!("media {}: {error}", media.planned.sid)));
            }
        };
        match self.unavailable {
            UnavailableMedia::Fails => Ok(MediaStep::Failed(format!("media_unavailable: {why}"))),
            UnavailableMedia::LeftBehind => {
                resolved.leave_media_behind(why);
                Ok(MediaStep::Ready)
            }
        }
    }

    async fn copy(
        &self,
        media: &mut MessageMedia,
        journal: &JournalHandle,
    ) -> Result<Result<(), MediaError>, ApplyError> {
        let Some(_turn) = self.source.0.turn().await else { return Ok(Err(MediaError::Interrupted)) };
        if let Some(uploaded) = &media.uploaded {
            // Of an earlier run. Twilio does not say how long it keeps a file that no message has.
            let (client, service) = &self.target;
            match client.has(service, uploaded, media.planned.size).await {
                Ok(true) => {
                    media.is_ready = true;
                    return Ok(Ok(()));
                }
                Ok(false) => media.uploaded = None,
                Err(error) => return Ok(Err(error)),
            }
        }
        let (sid, sha256) = match self.transfer(&media.planned).await {
            Ok(transferred) => transferred,
            Err(error) => return Ok(Err(error)),
        };
        journal.uploaded(media.planned.sid.clone(), sid.clone()).await?;
        (media.uploaded, media.sha256, media.is_ready) = (Some(sid), Some(sha256), true);
        Ok(Ok(()))
    }

    /// Reads the file and uploads it. Gives its SID in the target and the SHA-256 of its bytes.
    async fn transfer(&self, planned: &PlannedMedia) -> Result<(String, String), MediaError> {
        let (client, service) = &self.source;
        let (record, file) = client.fetch(service, &planned.sid, planned.size).await?;
        let content_type = record.content_type.filter(|text| is_media_type(text));
        let content_type = content_type.as_deref().unwrap_or(&planned.content_type);
        let filename = record.filename.filter(|name| !name.is_empty());
        let filename = filename.as_ref().or(planned.filename.as_ref()).map(String::as_str);
        let (client, service) = &self.target;
        let uploaded = client.upload(service, &file, content_type, filename).await?;
        let sid = uploaded.sid.filter(|sid| sid.starts_with("ME"));
        let sid = sid.ok_or_else(|| Unfetched::OtherFile("without a SID of a media".to_owned()))?;
        Ok((sid, file.sha256))
    }
}
