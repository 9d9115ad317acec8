//! Paths: symbolic links resolved, names next to a file, and which file a name leads to.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Links that are followed for a file that does not exist yet.
const MOST_LINKS: usize = 40;

/// The path without symbolic links. The file itself need not exist; its folder must.
pub(crate) fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        match fs::canonicalize(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            resolved => return resolved,
        }
        if let Ok(target) = fs::read_link(&path) {
            path = parent(&path).join(target);
            continue;
        }
        let name = path.file_name().ok_or(io::ErrorKind::NotFound)?;
        return Ok(fs::canonicalize(parent(&path))?.join(name));
    }
    Err(io::Error::other("too many symbolic links"))
}

/// The folder of a file; `.` for a bare name.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path with something added to its name: `snapshot.db` and `-wal` give `snapshot.db-wal`.
pub(crate) fn with_suffix(path: &Path, suffix: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether the name still leads to the file that was opened by it.
pub(super) fn leads_to(path: &Path, file: &File) -> io::Result<bool> {
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        found => found?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let opened = file.metadata()?;
        Ok(found.dev() == opened.dev() && found.ino() == opened.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = (found, file);
        Ok(true)
    }
}

/// How many names a file has; one where the system does not say.
pub(super) fn names_of(path: &Path) -> io::Result<u64> {
    let metadata = fs::metadata(path)?;
    #[cfg(unix)]
    let names = std::os::unix::fs::MetadataExt::nlink(&metadata);
    #[cfg(not(unix))]
    let names = {
        let _ = metadata;
        1
    };
    Ok(names)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_to_a_file_that_does_not_exist_yet() {
        let folder = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(real.join("data")).unwrap();
        std::os::unix::fs::symlink("data/snapshot.db", real.join("current.db")).unwrap();
        assert_eq!(resolve(&real.join("current.db")).unwrap(), real.join("data/snapshot.db"));
        std::os::unix::fs::symlink("loop.db", real.join("loop.db")).unwrap();
        assert!(resolve(&real.join("loop.db")).is_err());
        assert!(resolve(&real.join("nowhere/snapshot.db")).is_err());
    }
}
