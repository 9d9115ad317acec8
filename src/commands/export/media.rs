//! `export --media`: reads the files of the snapshot's messages and writes each under its SID.

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::error::ExitStatus;
use crate::export::{ExportError, MediaEntry, MediaExport};
use crate::model::{Entity, Message};
use crate::plan::binding::{self, AccountUse};
use crate::report::text::export::{MediaReport, MissingMedia};
use crate::settings::{ConnectionSettings, ExportDestination, MediaExportSettings};
use crate::snapshot::{Snapshot, Walk, WalkOrder, With};
use crate::twilio::media::{MediaClient, MediaError, SpooledFile, TRANSFERS};

use super::super::{CommandError, Context, Outcome, connect};

/// Files that are named in the summary, of those that could not be had.
const NAMED: usize = 20;

/// A file that is to be written, and what came of reading it.
type ReadMedia = (MediaEntry, Result<SpooledFile, MediaError>);

pub(super) async fn run(settings: &MediaExportSettings, context: &mut Context) -> Outcome {
    let snapshot = Snapshot::open(&settings.snapshot).map_err(ExportError::from)?;
    let info = snapshot.info().map_err(ExportError::from)?;
    if !info.include.contains(&Entity::Message) {
        let (record, flag) = ("media".to_owned(), "messages".to_owned());
        return Err(ExportError::NotCrawled { record, entity: "messages", flag }.into());
    }
    let connection = ConnectionSettings::of_environment(&context.settings)?;
    let given = connection.read_credentials()?.account_sid.to_string();
    binding::check_account(&settings.snapshot, &info.account_sid.to_string(), AccountUse::Source, &given)?;
    let out = settings.out.of_snapshot(&info.account_sid, &info.services, &info.started)?;
    let export = match &out {
        ExportDestination::Folder(folder) => MediaExport::in_folder(folder, settings.force)?,
        ExportDestination::Store(url) => MediaExport::in_store(url, settings.force)?,
        ExportDestination::Database(_) => return Err(ExportError::NotInDatabase { what: "media" }.into()),
        ExportDestination::Stream => return Err(ExportError::MediaInStream.into()),
    };
    let (stop, progress) = (context.interrupt.token(), context.progress());
    let client = MediaClient::new(connect::client(&connection, &progress.events(), &stop)?)?;
    for service in &info.services {
        client.check_access(&service.to_string()).await?;
    }
    let mut run =
        MediaRun { client, export, stop, pending: FuturesOrdered::new(), report: MediaReport::default() };
    let written = run.walk(&snapshot);
    // What was written is named, however the run ends.
    let saved = run.export.save();
    progress.finish();
    let ended = written.map(|()| saved)?;
    ended?;
    let status = match (run.stop.is_cancelled(), &run.report) {
        (true, _) => ExitStatus::Interrupted,
        (_, report) if report.not_received > 0 => ExitStatus::Incomplete,
        (_, report) if report.missing > 0 => ExitStatus::Findings,
        _ => ExitStatus::Done,
    };
    context.conclude(&run.report, run.report.text())?;
    Ok(status)
}

/// A run, with the files that are in flight.
struct MediaRun {
    client: MediaClient,
    export: MediaExport,
    stop: CancellationToken,
    pending: FuturesOrdered<BoxFuture<'static, ReadMedia>>,
    report: MediaReport,
}

impl MediaRun {
    /// Reads the messages in order, a few files ahead of what is written.
    fn walk(&mut self, snapshot: &Snapshot) -> Result<(), CommandError> {
        let walk = Walk { entity: Entity::Message, order: WalkOrder::ByChannel, with: With::default() };
        let walked = snapshot.walk::<WalkEnd>(&walk, |row| {
            if self.stop.is_cancelled() {
                return Err(WalkEnd::Interrupted);
            }
            let (Some(message), service) = (row.message, row.service) else { return Ok(()) };
            for entry in entries(message) {
                if self.export.has(&entry.sid).map_err(CommandError::from)? {
                    self.report.kept += 1;
                    continue;
                }
                self.pending.push_back(fetch(self.client.clone(), service.sid.to_string(), entry));
                if self.pending.len() >= TRANSFERS {
                    self.write_next()?;
                }
            }
            Ok(())
        });
        match walked {
            Ok(()) => {}
            Err(WalkEnd::Interrupted) => return Ok(()),
            Err(WalkEnd::Failed(error)) => return Err(*error),
        }
        while !self.pending.is_empty() {
            match self.write_next() {
                Err(WalkEnd::Failed(error)) => return Err(*error),
                Err(WalkEnd::Interrupted) => return Ok(()),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Waits for the next file and writes it. The program's runtime has other threads meanwhile.
    fn write_next(&mut self) -> Result<(), WalkEnd> {
        let Self { pending, export, report, .. } = self;
        let written = async {
            let Some((entry, fetched)) = pending.next().await else { return Ok(()) };
            match fetched {
                Ok(file) => {
                    let entry = MediaEntry { size: file.size, sha256: file.sha256.clone(), ..entry };
                    export.add(&entry, file.pieces()).await.map_err(CommandError::from)?;
                    report.files += 1;
                    report.bytes += file.size;
                    Ok(())
                }
                Err(MediaError::Interrupted) => Err(WalkEnd::Interrupted),
                Err(
                    error @ (MediaError::Unfetched(_)
                    | MediaError::NotReceived { .. }
                    | MediaError::Request(_)),
                ) => {
                    report.missing += 1;
                    report.not_received += u64::from(!matches!(error, MediaError::Unfetched(_)));
                    if report.missing_files.len() < NAMED {
                        let MediaEntry { sid, message_sid, .. } = entry;
                        report.missing_files.push(MissingMedia {
                            sid,
                            message_sid,
                            reason: error.to_string(),
                        });
                    }
                    Ok(())
                }
                Err(error) => Err(CommandError::from(error).into()),
            }
        };
        tokio::task::block_in_place(|| Handle::current().block_on(written))
    }
}

/// Why the walk over messages ended before the last one.
enum WalkEnd {
    Interrupted,
    Failed(Box<CommandError>),
}

impl From<CommandError> for WalkEnd {
    fn from(error: CommandError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<crate::snapshot::SnapshotError> for WalkEnd {
    fn from(error: crate::snapshot::SnapshotError) -> Self {
        CommandError::from(ExportError::from(error)).into()
    }
}

/// The files of a message, as it names them.
fn entries(message: &Message) -> Vec<MediaEntry> {
    let media = message.media.as_ref().and_then(|media| serde_json::from_str(&media.0).ok());
    let media = match media.unwrap_or_default() {
        serde_json::Value::Array(media) => media,
        one => vec![one],
    };
    let entry = |media: &serde_json::Value| {
        let text = |key: &str| media[key].as_str().map(str::to_owned);
        Some(MediaEntry {
            sid: text("sid")?,
            size: media["size"].as_u64().unwrap_or_default(),
            content_type: text("content_type"),
            filename: text("filename"),
            sha256: String::new(),
            message_sid: message.sid.to_string(),
            channel_sid: message.channel_sid.to_string(),
        })
    };
    media.iter().filter_map(entry).collect()
}

fn fetch(client: MediaClient, service: String, entry: MediaEntry) -> BoxFuture<'static, ReadMedia> {
    Box::pin(async move {
        let size = Some(entry.size).filter(|size| *size > 0);
        match client.fetch(&service, &entry.sid, size).await {
            Ok((record, file)) => {
                let content_type = record.content_type.or(entry.content_type);
                let filename = record.filename.or(entry.filename);
                (MediaEntry { content_type, filename, ..entry }, Ok(file))
            }
            Err(error) => (entry, Err(error)),
        }
    })
}
