//! Which media an export has written: as lines for whoever uses the files, and for a run that resumes it.

use std::io::Write as _;
use std::path::Path;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

use super::place::MediaPlace;
use crate::export::error::ExportError;
use crate::storage::NumberSet;

/// Lines of a part, so that what is rewritten and held is bounded.
const LINES: usize = 1_000;

/// Files after which a part is written again. A killed run fetches no more than so many again.
const LINES_AT_A_TIME: usize = 16;

/// What a file is, and of which message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MediaEntry {
    /// `ME…`, and the file's name.
    pub(crate) sid: String,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) content_type: Option<String>,
    /// The name that its sender gave it.
    pub(crate) filename: Option<String>,
    /// Of its bytes, in hexadecimal digits.
    pub(crate) sha256: String,
    pub(crate) message_sid: String,
    pub(crate) channel_sid: String,
}

/// An export of media that is being written.
pub(crate) struct MediaExport {
    place: MediaPlace,
    done: NumberSet,
    /// The number of the part that is being written, from 1, its lines, and how many of them are not stored yet.
    part: u32,
    lines: Vec<String>,
    unsaved: usize,
}

impl MediaExport {
    /// Into a folder. One that holds other files is refused, unless forced.
    pub(crate) fn in_folder(folder: &Path, force: bool) -> Result<Self, ExportError> {
        Self::open(MediaPlace::folder(folder)?, force)
    }

    /// Below a prefix of a bucket. To be called within the program's runtime, which has several threads.
    pub(crate) fn in_store(url: &Url, force: bool) -> Result<Self, ExportError> {
        Self::open(MediaPlace::store(url)?, force)
    }

    fn open(place: MediaPlace, force: bool) -> Result<Self, ExportError> {
        let mut export = Self { place, done: NumberSet::default(), part: 1, lines: Vec::new(), unsaved: 0 };
        while let Some(text) = export.place.read(&part_name(export.part))? {
            export.lines.clear();
            for line in String::from_utf8_lossy(&text).lines() {
                let entry: Option<MediaEntry> = serde_json::from_str(line).ok();
                let Some(digits) = entry.as_ref().and_then(|entry| digits(&entry.sid)) else { continue };
                export.done.insert(digits).map_err(temporary)?;
                export.lines.push(line.to_owned());
            }
            if export.lines.len() < LINES {
                return Ok(export);
            }
            export.part += 1;
        }
        export.lines.clear();
        if export.part == 1 && !force {
            export.place.check_is_empty()?;
        }
        Ok(export)
    }

    /// Whether a file is there already.
    pub(crate) fn has(&self, sid: &str) -> Result<bool, ExportError> {
        match digits(sid) {
            Some(digits) => self.done.contains(digits).map_err(temporary),
            None => Ok(false),
        }
    }

    /// Writes a file from its pieces, and names it in the manifest.
    pub(crate) async fn add(
        &mut self,
        entry: &MediaEntry,
        pieces: impl futures_util::Stream<Item = std::io::Result<Bytes>>,
    ) -> Result<(), ExportError> {
        use futures_util::TryStreamExt as _;

        let mut file = self.place.create(&entry.sid)?;
        let mut pieces = std::pin::pin!(pieces);
        let failed = |place: &MediaPlace, source| place.failed(&entry.sid, source);
        while let Some(piece) = pieces.try_next().await.map_err(|source| failed(&self.place, source))? {
            file.write_all(&piece).map_err(|source| failed(&self.place, source))?;
        }
        self.place.publish(file, &entry.sid)?;
        if let Some(digits) = digits(&entry.sid) {
            self.done.insert(digits).map_err(temporary)?;
        }
        self.lines.push(serde_json::to_string(entry).expect("an entry is text and numbers"));
        self.unsaved += 1;
        if self.unsaved >= LINES_AT_A_TIME || self.lines.len() >= LINES {
            self.save()?;
        }
        Ok(())
    }

    /// Stores what the manifest has so far.
    pub(crate) fn save(&mut self) -> Result<(), ExportError> {
        if self.unsaved == 0 {
            return Ok(());
        }
        let text = self.lines.join("\n") + "\n";
        self.place.put(&part_name(self.part), text.as_bytes())?;
        self.unsaved = 0;
        if self.lines.len() >= LINES {
            self.lines.clear();
            self.part += 1;
        }
        Ok(())
    }
}

fn part_name(part: u32) -> String {
    format!("manifest-{part:05}.ndjson")
}

/// A SID as a number; none where it is not one, and could not be a file's name.
fn digits(sid: &str) -> Option<u128> {
    let digits = sid.strip_prefix("ME").filter(|digits| digits.len() == 32)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u128::from_str_radix(digits, 16).ok())?
}

fn temporary(error: crate::storage::StorageError) -> ExportError {
    ExportError::Temporary(error.into())
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn entry(number: u128) -> MediaEntry {
        MediaEntry {
            sid: format!("ME{number:032x}"),
            size: 3,
            content_type: Some("image/png".to_owned()),
            filename: None,
            sha256: "b078".to_owned(),
            message_sid: "IM1".to_owned(),
            channel_sid: "CH1".to_owned(),
        }
    }

    fn pieces(texts: &[&'static str]) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> + use<> {
        let pieces: Vec<_> = texts.iter().map(|text| Ok(Bytes::from_static(text.as_bytes()))).collect();
        stream::iter(pieces)
    }

    #[tokio::test]
    async fn what_a_run_has_written_the_next_one_knows_and_goes_on_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("media");
        let mut export = MediaExport::in_folder(&path, false).unwrap();
        for number in 0..1_005 {
            export.add(&entry(number), pieces(&["a", "bc"])).await.unwrap();
        }
        drop(export); // killed: the last lines were not stored
        let mut export = MediaExport::in_folder(&path, false).unwrap();
        assert!(export.has(&entry(999).sid).unwrap() && !export.has(&entry(1_004).sid).unwrap());
        for number in 1_000..1_010 {
            if !export.has(&entry(number).sid).unwrap() {
                export.add(&entry(number), pieces(&["abc"])).await.unwrap();
            }
        }
        export.save().unwrap();
        drop(export);
        let read = |part| std::fs::read_to_string(path.join(part_name(part))).unwrap();
        let lines =
            |part| read(part).lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>();
        let all: Vec<MediaEntry> = lines(1).into_iter().chain(lines(2)).collect();
        assert_eq!(all, (0..1_010).map(entry).collect::<Vec<_>>());
        assert_eq!(std::fs::read(path.join(entry(1_004).sid)).unwrap(), b"abc");
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1_010 + 2, "and nothing else");
    }

    #[tokio::test]
    async fn a_file_that_breaks_off_is_neither_there_nor_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut export = MediaExport::in_folder(folder.path(), false).unwrap();
        let broken =
            stream::iter([Ok(Bytes::from_static(b"a")), Err(std::io::ErrorKind::StorageFull.into())]);
        let error = export.add(&entry(1), broken).await.unwrap_err();
        assert!(crate::error::Advise::hint(&error).unwrap().contains("free some space"), "{error}");
        export.save().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_of_other_files_is_refused_and_a_name_is_a_sid() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("thesis.odt"), "years of work").unwrap();
        let refused = MediaExport::in_folder(folder.path(), false);
        assert!(matches!(refused, Err(ExportError::ForeignFiles { .. })));
        assert!(MediaExport::in_folder(folder.path(), true).is_ok());
        assert_eq!(digits("ME../../etc/passwd"), None);
        assert_eq!(digits(&format!("ME+{}", "0".repeat(31))), None);
        assert_eq!(digits(&entry(7).sid), Some(7));
    }
}
