//! Writing a file so that it appears complete or not at all.
//!
//! **Invariant:** the bytes are synced before the rename and the folder after it, wherever folders can be synced.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::access::Access;
use super::path::{parent, resolve};

/// A file in the making, under a temporary name in its own folder. Dropped without [`commit`](Self::commit), it leaves nothing.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    draft: NamedTempFile,
    target: PathBuf,
}

impl AtomicFile {
    /// Symbolic links are followed, so that the file they lead to is replaced and not the link.
    pub(crate) fn create(target: &Path, access: Access) -> io::Result<Self> {
        let target = resolve(target)?;
        let draft = draft_in(parent(&target), ".chatferry-", ".tmp", access)?;
        Ok(Self { draft, target })
    }

    /// Replaces whatever has the name now.
    pub(crate) fn commit(self) -> io::Result<()> {
        self.draft.as_file().sync_all()?;
        self.draft.persist(&self.target).map_err(|error| error.error)?;
        sync_folder(parent(&self.target))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.draft.as_file_mut().write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.as_file_mut().flush()
    }
}

pub(crate) fn write(target: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let mut file = AtomicFile::create(target, access)?;
    file.write_all(bytes)?;
    file.commit()
}

/// Creates or empties a file that is written as a stream is: what was written of it can be seen.
pub(crate) fn create_file(path: &Path, access: Access) -> io::Result<File> {
    let file = File::create(path)?;
    access.apply(&file)?;
    Ok(file)
}

/// A temporary file in a folder, with the mode that it keeps when it gets its name.
pub(crate) fn draft_in(
    folder: &Path,
    prefix: &str,
    suffix: &str,
    access: Access,
) -> io::Result<NamedTempFile> {
    let draft = tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile_in(folder)?;
    access.apply(draft.as_file())?;
    Ok(draft)
}

/// Creates a folder and those above it that do not exist. Folders that exist keep their mode.
pub(crate) fn create_folder(path: &Path, access: Access) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Ok(()),
        Ok(_) => return Err(io::ErrorKind::NotADirectory.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    create_folder(parent(path), access)?;
    match fs::create_dir(path) {
        // Another process created it meanwhile.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
        created => created?,
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(access.folder_mode()))?;
    }
    #[cfg(not(unix))]
    let _ = access.folder_mode();
    Ok(())
}

/// Makes renames in a folder durable. Only Unix lets a folder be synced.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Removes a file; one that does not exist is removed already.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_complete_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("page.html");
        fs::write(&target, "old").unwrap();
        let mut file = AtomicFile::create(&target, Access::Private).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the draft is gone");
        write(&target, b"new", Access::Private).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }

    #[cfg(unix)]
    #[test]
    fn modes_are_what_was_asked_for_and_links_stay_links() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        let folder = tempfile::tempdir().unwrap();
        let cases =
            [(Access::Private, 0o600, 0o700), (Access::Group, 0o640, 0o750), (Access::Public, 0o644, 0o755)];
        for (access, file_mode, folder_mode) in cases {
            let below = folder.path().join(format!("{access:?}/export"));
            create_folder(&below, access).unwrap();
            write(&below.join("users.csv"), b"sid", access).unwrap();
            assert_eq!(mode(&below.join("users.csv")), file_mode);
            assert_eq!([mode(&below), mode(below.parent().unwrap())], [folder_mode; 2]);
        }
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("Private/export/users.csv", &link).unwrap();
        write(&link, b"changed", Access::Private).unwrap();
        assert_eq!(fs::read(folder.path().join("Private/export/users.csv")).unwrap(), b"changed");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
