//! Who may read what the program writes, and who can read what it is given.
//!
//! **Invariant:** the mode is set on the open file after it was created, so that neither a wide nor a narrow umask changes it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// What results are written with.
///
/// **Why one for the process:** as with a umask, no stage decides it. It is set once, before anything is written.
static OF_RESULTS: OnceLock<Access> = OnceLock::new();

/// Who besides its owner may use a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// No one: 0600 and 0700. For everything that may hold personal data.
    Private,
    /// The group may read: 0640 and 0750.
    Group,
    /// Everyone may read: 0644 and 0755. For metrics, which another user collects.
    Public,
}

impl Access {
    /// The access of what may hold personal data: private, unless it was asked to be shared.
    pub(crate) fn of_results() -> Self {
        OF_RESULTS.get().copied().unwrap_or(Self::Private)
    }

    /// Shares what is written from now on with the group. Once for a process, before anything is written.
    pub(crate) fn share_results() {
        OF_RESULTS.get_or_init(|| Self::Group);
    }

    pub(super) fn file_mode(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::Group => 0o640,
            Self::Public => 0o644,
        }
    }

    pub(super) fn folder_mode(self) -> u32 {
        match self {
            Self::Private => 0o700,
            Self::Group => 0o750,
            Self::Public => 0o755,
        }
    }

    /// Gives an open file its mode. Systems without modes have their own rules for a user's folders.
    pub(super) fn apply(self, file: &File) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            file.set_permissions(std::fs::Permissions::from_mode(self.file_mode()))?;
        }
        #[cfg(not(unix))]
        let _ = (self.file_mode(), file);
        Ok(())
    }
}

/// What others can do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// Everyone on the machine can read it.
    Readable,
    /// Everyone on the machine can change it.
    Writable,
}

/// What others can do with a file, if anything. Nothing is said of a file that is not there, and on systems without modes.
pub(crate) fn exposure(path: &Path) -> Option<Exposure> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).ok()?.permissions().mode();
        if mode & 0o002 != 0 {
            return Some(Exposure::Writable);
        }
        (mode & 0o004 != 0).then_some(Exposure::Readable)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_exposed_by_what_others_can_do_with_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, expected) in [
            (0o600, None),
            (0o400, None),
            (0o640, None),
            (0o644, Some(Exposure::Readable)),
            (0o604, Some(Exposure::Readable)),
            (0o660, None),
            (0o662, Some(Exposure::Writable)),
            (0o666, Some(Exposure::Writable)),
        ] {
            file.as_file().set_permissions(std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(exposure(file.path()), expected, "{mode:o}");
        }
        assert_eq!(exposure(std::path::Path::new("not-there")), None);
    }
}
