//! Where a file is between its download and its upload: in memory while it is small, then in a temporary file.
//!
//! **Invariant:** what is held is bounded: a file that is larger than it should be is given up as soon as that is seen.
//!
//! Why the temporary file is read and written on the caller's thread: pieces of 64 KiB go to and come from the system's cache. The journal and the
//! network take longer.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::stream;
use sha2::{Digest, Sha256};

use crate::storage::hex;

/// Files up to this size stay in memory.
const SMALL: usize = 1 << 20;

/// What is read of a file at a time.
const PIECE: usize = 64 << 10;

/// A file on its way in.
#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    held: BytesMut,
    file: Option<File>,
    size: u64,
    hash: Sha256,
}

/// A file that was received to its end.
#[derive(Debug, Clone)]
pub(crate) struct SpooledFile {
    /// In bytes.
    pub(crate) size: u64,
    /// Of its bytes, in hexadecimal digits.
    pub(crate) sha256: String,
    content: SpoolContent,
}

#[derive(Debug, Clone)]
enum SpoolContent {
    Memory(Bytes),
    /// It has no name, and goes when it is dropped.
    File(Arc<File>),
}

impl Spool {
    /// One whose temporary file, if it needs one, is in this folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), held: BytesMut::new(), file: None, size: 0, hash: Sha256::new() }
    }

    /// Bytes so far.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.size += piece.len() as u64;
        self.hash.update(piece);
        if let Some(file) = &mut self.file {
            return file.write_all(piece);
        }
        self.held.extend_from_slice(piece);
        if self.held.len() > SMALL {
            let mut file = tempfile::tempfile_in(&self.folder)?;
            file.write_all(&std::mem::take(&mut self.held))?;
            self.file = Some(file);
        }
        Ok(())
    }

    pub(super) fn finish(self) -> SpooledFile {
        let content = match self.file {
            Some(file) => SpoolContent::File(Arc::new(file)),
            None => SpoolContent::Memory(self.held.freeze()),
        };
        SpooledFile { size: self.size, sha256: hex(&self.hash.finalize()), content }
    }
}

impl SpooledFile {
    /// Its bytes, from the first one. A file is read by one stream at a time.
    pub(crate) fn pieces(&self) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let content = self.content.clone();
        stream::try_unfold((content, 0), |(content, at)| async move {
            let piece = content.piece(at)?;
            let at = at + piece.len() as u64;
            Ok((!piece.is_empty()).then_some((piece, (content, at))))
        })
    }
}

impl SpoolContent {
    /// The piece that begins here; an empty one at the end.
    fn piece(&self, at: u64) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => {
                let from = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.slice(from..bytes.len().min(from + PIECE)))
            }
            Self::File(file) => {
                let mut file = file.as_ref();
                file.seek(SeekFrom::Start(at))?;
                let mut piece = Vec::with_capacity(PIECE);
                file.take(PIECE as u64).read_to_end(&mut piece)?;
                Ok(Bytes::from(piece))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    fn spooled(size: usize, folder: &Path) -> (Vec<u8>, SpooledFile) {
        let bytes: Vec<u8> = (0..size).map(|number| u8::try_from(number % 251).unwrap()).collect();
        let mut spool = Spool::new(folder);
        bytes.chunks(1_000).for_each(|piece| spool.write(piece).unwrap());
        (bytes, spool.finish())
    }

    #[tokio::test]
    async fn what_went_in_comes_out_as_often_as_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        for size in [0, 1, PIECE, SMALL, SMALL + 1, SMALL + 3 * PIECE] {
            let (bytes, file) = spooled(size, folder.path());
            assert_eq!((file.size, &file.sha256), (size as u64, &hex(&Sha256::digest(&bytes))));
            for _ in 0..2 {
                let pieces: Vec<Bytes> = file.pieces().try_collect().await.unwrap();
                assert!(
                    pieces.iter().all(|piece| piece.len() <= PIECE) && pieces.concat() == bytes,
                    "{size}"
                );
            }
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_that_is_full_is_an_error() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut spool = Spool { file: Some(full), ..Spool::new(Path::new("/")) };
        assert_eq!(spool.write(&[0; 1_000]).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_folder_that_takes_no_file_is_an_error_when_one_is_needed() {
        let mut spool = Spool::new(Path::new("/nowhere/at/all"));
        spool.write(&vec![0; SMALL]).unwrap();
        assert_eq!(spool.write(&[0]).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
