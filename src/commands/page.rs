//! A page that a verb writes in addition to its result, and opening it with the program that the system has for it.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::PageArgs;
use crate::report::html::PageFileError;
use crate::storage::{Access, AtomicFile};

use super::CommandError;

/// A page that was asked for.
#[derive(Debug, Clone)]
pub(super) struct WantedPage {
    pub(super) path: PathBuf,
    open: bool,
}

impl WantedPage {
    /// The page of a verb that reads `taken`, if one was asked for. Says before any work whether it can have its name.
    pub(super) fn of(args: &PageArgs, taken: &[&Path]) -> Result<Option<Self>, PageFileError> {
        let Some(path) = args.report.clone() else { return Ok(None) };
        if path.extension().is_none_or(|ending| ending != "html") {
            return Err(PageFileError::Kind { path });
        }
        if taken.contains(&path.as_path()) {
            return Err(PageFileError::Taken { path });
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) || path.is_dir() {
            return Err(PageFileError::Folder { path });
        }
        Ok(Some(Self { path, open: args.open }))
    }

    pub(super) fn begin(&self) -> Result<PageDraft, PageFileError> {
        Ok(PageDraft { open: self.open, ..PageDraft::begin(&self.path)? })
    }

    /// Opens what was written, if that is wanted.
    pub(super) fn show(&self) {
        if self.open {
            open_in_browser(&self.path.display().to_string());
        }
    }

    /// Writes it at once.
    pub(super) fn write<E: Into<CommandError>>(
        &self,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), CommandError> {
        filled(self.begin()?, fill)
    }
}

/// A page in the making. It appears complete or not at all.
#[derive(Debug)]
pub(super) struct PageDraft {
    out: BufWriter<AtomicFile>,
    path: PathBuf,
    /// Whether it is opened once it is there.
    open: bool,
}

impl PageDraft {
    fn begin(path: &Path) -> Result<Self, PageFileError> {
        let path = path.to_path_buf();
        match AtomicFile::create(&path, Access::of_results()) {
            Ok(file) => Ok(Self { out: BufWriter::new(file), path, open: false }),
            Err(source) => Err(PageFileError::Write { path, source }),
        }
    }

    /// Puts the page in its place, and opens it if that is wanted.
    pub(super) fn commit(self) -> Result<(), PageFileError> {
        let Self { out, path, open } = self;
        let committed = out.into_inner().map_err(io::IntoInnerError::into_error).and_then(AtomicFile::commit);
        committed.map_err(|source| PageFileError::Write { path: path.clone(), source })?;
        if open {
            open_in_browser(&path.display().to_string());
        }
        Ok(())
    }
}

impl Write for PageDraft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a page that no one asked to have opened.
pub(super) fn write<E: Into<CommandError>>(
    page: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), CommandError> {
    filled(PageDraft::begin(page)?, fill)
}

fn filled<E: Into<CommandError>>(
    mut draft: PageDraft,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), CommandError> {
    fill(&mut draft).map_err(Into::into)?;
    Ok(draft.commit()?)
}

/// Asks the system to open it. Where that is not possible, a warning says so: what was made is there all the same.
pub(super) fn open_in_browser(address: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(program);
    command.arg(address);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(error) = command.spawn() {
        tracing::warn!(%error, program, "no browser can be opened: open the address yourself");
    }
}
