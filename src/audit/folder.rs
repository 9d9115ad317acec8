//! The folder itself: recognized, locked, listed; an audit begun, put in its place, removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::AuditError;
use super::name::AuditName;
use crate::model::ServiceSid;
use crate::storage::{self, Access, FileLock, LockError};

/// The file that says what the folder is of.
const MARKER: &str = "audit.json";

/// The file that is locked while an audit runs, where the folder itself cannot be.
const LOCK: &str = "audit.lock";

/// The newest complete audit.
const LATEST: &str = "latest";

/// The ending of a folder that is not complete.
pub(crate) const INCOMPLETE_ENDING: &str = ".incomplete";

/// The ending of a folder that is being removed.
const REMOVED_ENDING: &str = ".removed";

/// The format of the folder.
const FORMAT: u64 = 1;

/// What an empty folder may hold all the same: file systems put it there.
const NOT_OURS: [&str; 2] = ["lost+found", ".snapshot"];

/// What the folder is of.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    chatferry_audits: u64,
    /// The services; empty for all of the account.
    services: Vec<String>,
}

/// An audit that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listed {
    pub name: AuditName,
    /// Whether everything in it was written, and everything was received.
    pub is_complete: bool,
}

impl Listed {
    /// The name of its folder.
    pub(crate) fn folder(&self) -> String {
        if self.is_complete { self.name.to_string() } else { format!("{}{INCOMPLETE_ENDING}", self.name) }
    }
}

#[derive(Debug)]
pub(crate) struct AuditFolder {
    path: PathBuf,
    _lock: Option<FileLock>,
}

impl AuditFolder {
    /// Opens the folder to run an audit: makes it where it is not there, and locks it.
    pub(crate) fn open(path: &Path, services: &[ServiceSid]) -> Result<Self, AuditError> {
        let is_new = check(path, services)?;
        storage::create_folder(path, Access::of_results()).map_err(in_file(path))?;
        let lock = lock(path)?;
        let folder = Self { path: path.to_path_buf(), _lock: Some(lock) };
        if is_new {
            let services = services.iter().map(ToString::to_string).collect();
            let marker = serde_json::json!(Marker { chatferry_audits: FORMAT, services });
            let path = folder.path.join(MARKER);
            storage::write(&path, format!("{marker}\n").as_bytes(), Access::of_results())
                .map_err(in_file(&path))?;
        }
        Ok(folder)
    }

    /// Opens the folder to look at it. Nothing is made.
    pub(crate) fn look_at(path: &Path, services: &[ServiceSid]) -> Result<Self, AuditError> {
        check(path, services)?;
        Ok(Self { path: path.to_path_buf(), _lock: None })
    }

    pub(crate) fn path_of(&self, audit: &Listed) -> PathBuf {
        self.path.join(audit.folder())
    }

    /// The audits that are there, oldest first.
    pub(crate) fn list(&self) -> Result<Vec<Listed>, AuditError> {
        let mut found = Vec::new();
        for name in names(&self.path)? {
            let (text, is_complete) = match name.strip_suffix(INCOMPLETE_ENDING) {
                Some(text) => (text, false),
                None => (name.as_str(), true),
            };
            let Some(audit) = AuditName::parse(text) else { continue };
            // A link of that name is another one's.
            if fs::symlink_metadata(self.path.join(&name)).is_ok_and(|metadata| metadata.is_dir()) {
                found.push(Listed { name: audit, is_complete });
            }
        }
        found.sort_by_key(|audit| (audit.name, audit.is_complete));
        Ok(found)
    }

    /// The audit to begin now, which must be newer than all that are there.
    pub(crate) fn next(&self, now: AuditName) -> Result<Listed, AuditError> {
        match self.list()?.last() {
            Some(newest) if newest.name >= now => {
                Err(AuditError::ClockWentBackwards { path: self.path.clone(), newest: newest.name, now })
            }
            _ => Ok(Listed { name: now, is_complete: false }),
        }
    }

    /// The newest audit, if it can be resumed.
    pub(crate) fn unfinished(&self) -> Result<Option<Listed>, AuditError> {
        let newest = self.list()?.last().copied();
        Ok(newest.filter(|audit| !audit.is_complete && self.path_of(audit).join("snapshot.db").exists()))
    }

    /// Makes the folder of an audit that begins.
    pub(crate) fn begin(&self, audit: &Listed) -> Result<PathBuf, AuditError> {
        let path = self.path_of(audit);
        storage::create_folder(&path, Access::of_results()).map_err(in_file(&path))?;
        Ok(path)
    }

    /// Puts an audit in its place: from now on it is complete, and the latest.
    pub(crate) fn publish(&self, audit: &Listed) -> Result<Listed, AuditError> {
        let complete = Listed { is_complete: true, ..*audit };
        let (from, to) = (self.path_of(audit), self.path_of(&complete));
        sync(&from)?;
        storage::kill_point("audit");
        fs::rename(&from, &to).map_err(in_file(&to))?;
        storage::kill_point("audit");
        sync(&self.path)?;
        self.set_latest(&complete)?;
        Ok(complete)
    }

    /// Points `latest` to an audit: a link where the system has links, else a file with its name.
    fn set_latest(&self, audit: &Listed) -> Result<(), AuditError> {
        #[cfg(unix)]
        {
            let draft = self.path.join(format!("{LATEST}.new"));
            storage::remove(&draft).map_err(in_file(&draft))?;
            std::os::unix::fs::symlink(audit.folder(), &draft).map_err(in_file(&draft))?;
            let latest = self.path.join(LATEST);
            storage::kill_point("audit");
            fs::rename(&draft, &latest).map_err(in_file(&latest))?;
            sync(&self.path)
        }
        #[cfg(not(unix))]
        {
            let path = self.path.join(LATEST);
            let text = format!("{}\n", audit.folder());
            storage::write(&path, text.as_bytes(), Access::of_results()).map_err(in_file(&path))
        }
    }

    pub(crate) fn remove(&self, audit: &Listed) -> Result<(), AuditError> {
        let path = self.path_of(audit);
        let going = self.path.join(format!("{}{REMOVED_ENDING}", audit.folder()));
        storage::kill_point("audit");
        fs::rename(&path, &going).map_err(in_file(&path))?;
        storage::kill_point("audit");
        fs::remove_dir_all(&going).map_err(in_file(&going))
    }

    /// Removes what a removal that was killed left.
    pub(crate) fn sweep(&self) -> Result<(), AuditError> {
        for name in names(&self.path)? {
            let audit = name.strip_suffix(REMOVED_ENDING);
            let audit = audit.map(|name| name.strip_suffix(INCOMPLETE_ENDING).unwrap_or(name));
            let path = self.path.join(&name);
            if audit.and_then(AuditName::parse).is_some()
                && fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir())
            {
                fs::remove_dir_all(&path).map_err(in_file(&path))?;
            }
        }
        Ok(())
    }
}

/// Whether the folder is to be made into one of audits. Refuses one that holds something else, or audits of something else.
fn check(path: &Path, services: &[ServiceSid]) -> Result<bool, AuditError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(source) => return Err(AuditError::File { path: path.to_path_buf(), source }),
        Ok(metadata) if !metadata.is_dir() => {
            return Err(AuditError::NotAFolder { path: path.to_path_buf() });
        }
        Ok(_) => {}
    }
    let marker_path = path.join(MARKER);
    let text = match fs::read(&marker_path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let other = |name: &String| {
                !NOT_OURS.contains(&name.as_str()) && name != LOCK && !name.starts_with(".audit-")
            };
            return match names(path)?.into_iter().find(other) {
                Some(found) => Err(AuditError::SomethingElse { path: path.to_path_buf(), found }),
                None => Ok(true),
            };
        }
        Err(source) => return Err(AuditError::File { path: marker_path, source }),
    };
    let marker: Marker = serde_json::from_slice(&text)
        .map_err(|source| AuditError::Unreadable { path: marker_path.clone(), source })?;
    if marker.chatferry_audits != FORMAT {
        let found = marker.chatferry_audits;
        return Err(AuditError::OtherFormat { path: marker_path, found, known: FORMAT });
    }
    let sorted = |mut services: Vec<String>| {
        services.sort();
        services
    };
    let (found, asked) =
        (sorted(marker.services), sorted(services.iter().map(ToString::to_string).collect()));
    if found != asked {
        let said = |services: Vec<String>| {
            if services.is_empty() { "all services".to_owned() } else { services.join(", ") }
        };
        return Err(AuditError::OtherServices {
            path: path.to_path_buf(),
            found: said(found),
            asked: said(asked),
        });
    }
    Ok(false)
}

/// Takes the lock or says that another run has it; never waits. It ends with the process, however that ends.
fn lock(path: &Path) -> Result<FileLock, AuditError> {
    FileLock::of_folder(path, LOCK).map_err(|error| match error {
        LockError::System(source) => AuditError::File { path: path.to_path_buf(), source },
        LockError::Busy | LockError::SeveralNames(_) => AuditError::Running { path: path.to_path_buf() },
    })
}

/// The names in a folder, sorted; none in a folder that is not there. Names that are not text are not of an audit.
fn names(path: &Path) -> Result<Vec<String>, AuditError> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(in_file(path))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(in_file(path))?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn sync(folder: &Path) -> Result<(), AuditError> {
    storage::sync_folder(folder).map_err(in_file(folder))
}

fn in_file(path: &Path) -> impl FnOnce(io::Error) -> AuditError {
    let path = path.to_path_buf();
    move |source| AuditError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> AuditName {
        AuditName::parse(text).unwrap()
    }

    #[test]
    fn an_audit_is_incomplete_until_it_is_published() {
        let folder = tempfile::tempdir().unwrap();
        let audits = AuditFolder::open(&folder.path().join("audits"), &[]).unwrap();
        let one = audits.next(name("20261123T020000Z")).unwrap();
        audits.begin(&one).unwrap();
        assert_eq!(audits.list().unwrap(), [one]);
        assert!(!audits.path.join(LATEST).exists());
        assert_eq!(audits.unfinished().unwrap(), None, "nothing was read yet");
        fs::write(audits.path_of(&one).join("snapshot.db"), "rows").unwrap();
        assert_eq!(audits.unfinished().unwrap(), Some(one));
        let one = audits.publish(&one).unwrap();
        assert_eq!(audits.list().unwrap(), [one]);
        assert!(one.is_complete && audits.path.join("latest/snapshot.db").exists());
        assert!(matches!(audits.next(name("20261123T020000Z")), Err(AuditError::ClockWentBackwards { .. })));
        assert!(matches!(audits.next(name("20251123T020000Z")), Err(AuditError::ClockWentBackwards { .. })));

        let two = audits.next(name("20261124T020000Z")).unwrap();
        audits.begin(&two).unwrap();
        audits.remove(&one).unwrap();
        assert_eq!(audits.list().unwrap(), [two]);
        fs::create_dir(audits.path.join("20261101T020000Z.incomplete.removed")).unwrap();
        fs::create_dir(audits.path.join("mine.removed")).unwrap();
        audits.sweep().unwrap();
        assert!(!audits.path.join("20261101T020000Z.incomplete.removed").exists());
        assert!(audits.path.join("mine.removed").exists());
    }

    #[test]
    fn two_audits_do_not_run_in_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = AuditFolder::open(folder.path(), &[]).unwrap();
        assert!(matches!(AuditFolder::open(folder.path(), &[]), Err(AuditError::Running { .. })));
        drop(first);
        AuditFolder::open(folder.path(), &[]).unwrap();
    }

    #[test]
    fn a_folder_of_something_else_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |services: &[ServiceSid]| AuditFolder::open(folder.path(), services).unwrap_err();
        fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
        assert!(matches!(refused(&[]), AuditError::SomethingElse { .. }));
        assert_eq!(names(folder.path()).unwrap(), ["thesis.txt"]);
        assert!(matches!(
            AuditFolder::open(&folder.path().join("thesis.txt"), &[]),
            Err(AuditError::NotAFolder { .. })
        ));
        fs::remove_file(folder.path().join("thesis.txt")).unwrap();
        fs::create_dir(folder.path().join("lost+found")).unwrap();
        drop(AuditFolder::open(folder.path(), &[ServiceSid::from_digits(1)]).unwrap());
        assert!(matches!(refused(&[ServiceSid::from_digits(2)]), AuditError::OtherServices { .. }));
        assert!(matches!(refused(&[]), AuditError::OtherServices { .. }));
        fs::write(folder.path().join(MARKER), "{\"chatferry_audits\": 9, \"services\": []}").unwrap();
        assert!(matches!(refused(&[]), AuditError::OtherFormat { found: 9, .. }));
        fs::write(folder.path().join(MARKER), "{").unwrap();
        assert!(matches!(refused(&[]), AuditError::Unreadable { .. }));
    }
}
