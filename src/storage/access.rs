//! Who may read what the program writes.
//!
//! **Invariant:** the mode is set on the open file after it was created, so that neither a wide nor a narrow umask changes it.

use std::fs::File;
use std::io;

/// Who besides its owner may use a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// No one: 0600 and 0700. For everything that may hold personal data.
    Private,
    /// The group may read and write: 0660 and 0770.
    #[cfg_attr(not(test), expect(dead_code, reason = "no setting asks for it yet"))]
    Group,
    /// Everyone may read: 0644 and 0755. For metrics, which another user collects.
    Public,
}

impl Access {
    pub(super) fn file_mode(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::Group => 0o660,
            Self::Public => 0o644,
        }
    }

    pub(super) fn folder_mode(self) -> u32 {
        match self {
            Self::Private => 0o700,
            Self::Group => 0o770,
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
